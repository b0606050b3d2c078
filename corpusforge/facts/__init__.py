"""What is true of a document whatever the configuration: a document file in, columns out."""
