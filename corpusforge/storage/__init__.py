"""Every path and every file of a run."""
