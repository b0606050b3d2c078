"""Credentials in texts: what they look like, where they stand, and what takes their place."""
