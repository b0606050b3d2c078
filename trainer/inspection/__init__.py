"""What a person asks of a training run: curves, batches as text, and where they come from."""
