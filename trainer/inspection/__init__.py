"""What a person asks of a run, or of one not yet started."""
