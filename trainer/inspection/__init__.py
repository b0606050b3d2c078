"""Inspection of a training run: curves, batches as text, and the documents behind a step."""
