"""Token shards: written, read and searched."""
