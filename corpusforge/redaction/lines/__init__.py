"""Lines that many documents repeat, which are cut when tokenizing."""
