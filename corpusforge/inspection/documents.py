"""What questions about one document of a corpus have in common: its manifest and its absence."""

from corpusforge.errors import InputError, RunError
from corpusforge.storage.layout import Layout
from corpusforge.storage.manifest import Manifest, load_manifest


def require_verdicts(layout: Layout, stage: str) -> Manifest:
    """Return the manifest of a verdict stage.

    Raises:
        RunError: the stage has not been run.
    """
    manifest = load_manifest(layout.manifest(stage))
    if manifest is None:
        raise RunError(
            f"the {stage} stage has not been run",
            where=str(layout.root),
            do=f"run `corpusforge {stage}` or `corpusforge build` first",
        )
    return manifest


def unknown_document(layout: Layout, id: str) -> InputError:
    """Return the error for an id that no document of the corpus has."""
    return InputError(
        "there is no such document",
        where=str(layout.root),
        got=id,
        expected="an id of the corpus: <source>:<path or row>",
        do="find ids by text with `corpusforge inspect`; look up ids of another corpus there",
    )
