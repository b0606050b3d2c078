"""What a run is between two steps, how it is kept, and how it goes on."""
