"""Estimates of a training run before it starts: memory, arithmetic and time."""
