"""From token shards to a checkpoint, and from a checkpoint to text."""
