"""Documents as they are tokenized: without repeated lines, and with marks in place of secrets."""
