"""Families of small Python programs; each composes programs whose description is true of them."""
