"""What a model is worth: held-out loss, problems solved, baselines beside them."""
