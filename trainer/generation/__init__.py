"""Text from a model: prompts, sampling, stop strings."""
