"""Create a source from its configuration. Only the module of that kind of source is imported."""

from importlib import import_module

from corpusforge.config import AnySource
from corpusforge.sources.source import Source


def open_source(config: AnySource) -> Source:
    """Return the source that a configuration describes, without reading its input."""
    module, name = config.reader.split(":")
    source: Source = getattr(import_module(module), name)(config)
    return source
