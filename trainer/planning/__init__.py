"""What a training run takes, before it starts: memory, arithmetic and time."""
