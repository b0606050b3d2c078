"""Near-duplicates: shingles, signatures, candidate pairs, verified edges, clusters, survivors."""
