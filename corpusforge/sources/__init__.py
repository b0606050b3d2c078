"""Sources of raw data. Each module turns one kind of input into batches of documents."""
