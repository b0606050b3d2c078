"""Token files of other tools: shards go there, and theirs come here."""
