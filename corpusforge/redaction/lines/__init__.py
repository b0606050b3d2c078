"""Lines that many documents repeat: found across the corpus, cut out of what is tokenized."""
