"""What a step is fed: windows of shards, in an exact order."""
