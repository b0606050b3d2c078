"""Kinds of conversation: what the user wants, and how the assistant answers it."""
