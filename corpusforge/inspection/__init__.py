"""What a person asks of a finished corpus."""
