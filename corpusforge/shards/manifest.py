"""`shards/manifest.json`: the shards of each split and source, and the tokenizer of their ids."""

from collections.abc import Mapping
from pathlib import Path

from corpusforge.config import Frozen, parse
from corpusforge.errors import InputError
from corpusforge.storage.files import fingerprint, read_json
from corpusforge.tokenizer.tokenizer import Tokenizer

FORMAT = 1


class ShardEntry(Frozen):
    """A token file `<split>/<source>/<name>.bin` and its document index, `<name>.docs.arrow`."""

    name: str  # number of the document file that its documents come from, such as 00000
    num_tokens: int
    num_documents: int
    checksum: str  # xxh3-128 of the .bin
    index_checksum: str  # xxh3-128 of the .docs.arrow


class SourceEntry(Frozen):
    """The shards of one source in one split."""

    weight: float  # of a token of this source, relative to tokens of other sources
    num_documents: int
    num_tokens: int  # including end-of-document ids
    num_bytes: int  # of text, in UTF-8
    shards: tuple[ShardEntry, ...]


class TokenizerEntry(Frozen):
    """The parts of a tokenizer that reading its ids needs."""

    type: str
    fingerprint: str
    vocab_size: int
    end_of_document: int


def describe_tokenizer(tokenizer: Tokenizer) -> TokenizerEntry:
    """The manifest entry of a tokenizer."""
    return TokenizerEntry.model_validate(tokenizer, from_attributes=True)


class ShardManifest(Frozen):
    """The contents of a shard directory. `splits` maps split → source → entry."""

    format: int = FORMAT
    fingerprint: str  # of tokenizer and tokens; shards with equal fingerprints have equal tokens
    tokenizer: TokenizerEntry
    splits: dict[str, dict[str, SourceEntry]]


def shard_manifest(
    tokenizer: TokenizerEntry, splits: Mapping[str, Mapping[str, SourceEntry]]
) -> ShardManifest:
    """Build the manifest of written shards, with the fingerprint of their tokens."""
    checksums = {
        split: {name: [shard.checksum for shard in entry.shards] for name, entry in sources.items()}
        for split, sources in splits.items()
    }
    return ShardManifest(
        fingerprint=fingerprint("shards", tokenizer.fingerprint, checksums),
        tokenizer=tokenizer,
        splits={split: dict(sources) for split, sources in splits.items()},
    )


def load_shard_manifest(directory: Path) -> ShardManifest:
    """Load the manifest of a shard directory.

    Raises:
        InputError: there is none, or this version cannot read its format.
    """
    path = directory / "manifest.json"
    if not path.is_file():
        raise InputError(
            "there are no shards here",
            where=str(directory),
            expected="a directory with the manifest.json that `corpusforge tokenize` writes",
            do="build the corpus first, or name its shards directory",
        )
    tree = read_json(path)
    if not isinstance(tree, dict) or tree.get("format") != FORMAT:
        raise InputError(
            "this version cannot read the format of these shards",
            where=str(path),
            got=f"format {tree.get('format') if isinstance(tree, dict) else tree!r}",
            expected=f"format {FORMAT}",
        )
    return parse(tree, ShardManifest, where=str(path))
