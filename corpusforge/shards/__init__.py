"""Token shards: written, read, looked into and verified."""
