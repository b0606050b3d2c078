"""Measurements anyone can repeat; `make bench` runs them."""
