"""The state of a run between two steps: how it is saved, and how a run resumes from it."""
