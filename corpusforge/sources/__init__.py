"""Where raw data comes from: each module turns one kind of input into batches of documents."""
