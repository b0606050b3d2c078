"""Facts: what is true of a document by itself, in one file per fact."""
