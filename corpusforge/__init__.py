"""Raw data to licence-clean, deduplicated, traceable token shards."""

__version__ = "0.1.0"
