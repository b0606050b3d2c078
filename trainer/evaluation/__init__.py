"""Evaluation of a model: held-out loss, n-gram baselines, problems solved, tasks of lm-eval."""
