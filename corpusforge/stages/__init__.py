"""Verdicts over facts, by the configuration: keep a document or not, and why not."""
