"""Near-duplicates: shingles, signatures, candidates, verified edges, clusters, survivors."""
