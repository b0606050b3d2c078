"""Token files of other tools: export shards to them, import shards from them."""
