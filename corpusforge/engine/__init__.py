"""How the steps of a command run: its context, the ritual of a step, executors, progress."""
