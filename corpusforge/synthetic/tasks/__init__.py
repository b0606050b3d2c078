"""Tasks: what the user asks for, and how the assistant answers."""
