"""The model: its configuration, its parameter budget and the decoder itself."""
