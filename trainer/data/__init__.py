"""Training data: windows of tokens from the shards, in an exact order."""
