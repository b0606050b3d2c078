"""Python programs with a description that is true of them; `catalog.py` draws one."""
