"""From a source's configuration to the source; what a kind of source needs is imported with it."""

from corpusforge.config import (
    AnySource,
    CodeSource,
    HuggingfaceSource,
    JsonlSource,
    ParquetSource,
    PythonEnvironmentSource,
    SyntheticSource,
    TextSource,
)
from corpusforge.sources.source import Source


def open_source(config: AnySource) -> Source:
    """The source that a configuration describes; nothing is read yet."""
    match config:
        case JsonlSource():
            from corpusforge.sources.jsonl import JsonlDocuments

            return JsonlDocuments(config)
        case ParquetSource():
            from corpusforge.sources.parquet import ParquetDocuments

            return ParquetDocuments(config)
        case HuggingfaceSource():
            from corpusforge.sources.huggingface import HuggingfaceDocuments

            return HuggingfaceDocuments(config)
        case CodeSource():
            from corpusforge.sources.code import CodeDocuments

            return CodeDocuments(config)
        case PythonEnvironmentSource():
            from corpusforge.sources.python_environment import PythonEnvironmentDocuments

            return PythonEnvironmentDocuments(config)
        case TextSource():
            from corpusforge.sources.text import TextDocuments

            return TextDocuments(config)
        case SyntheticSource():
            from corpusforge.sources.synthetic import SyntheticDialogues

            return SyntheticDialogues(config)
