"""Redaction: repeated lines are cut, and secrets replaced, when documents are tokenized."""
