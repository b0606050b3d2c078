"""`shards/manifest.json`: which token files there are, what they hold, and what made them."""

from collections.abc import Mapping
from pathlib import Path

from corpusforge.config import Frozen, parse
from corpusforge.errors import InputError
from corpusforge.storage.files import fingerprint, read_json
from corpusforge.tokenizer.tokenizer import Tokenizer

FORMAT = 1


class ShardEntry(Frozen):
    """One `<split>/<source>/<name>.bin` and the `.docs.arrow` beside it."""

    name: str  # 00000: the number of the document file that its documents come from
    num_tokens: int
    num_documents: int
    checksum: str  # xxh3-128 of the .bin
    index_checksum: str  # xxh3-128 of the .docs.arrow


class SourceEntry(Frozen):
    """One source's share of a split."""

    weight: float  # of a token of this source, beside a token of another
    num_documents: int
    num_tokens: int  # end-of-document ids included
    num_bytes: int  # of text, in UTF-8
    shards: tuple[ShardEntry, ...]


class TokenizerEntry(Frozen):
    """What reading ids needs to know of the tokenizer that wrote them."""

    type: str
    fingerprint: str
    vocab_size: int
    end_of_document: int


def describe_tokenizer(tokenizer: Tokenizer) -> TokenizerEntry:
    """A tokenizer as manifests name it."""
    return TokenizerEntry(
        type=tokenizer.type,
        fingerprint=tokenizer.fingerprint,
        vocab_size=tokenizer.vocab_size,
        end_of_document=tokenizer.end_of_document,
    )


class ShardManifest(Frozen):
    """The whole of a shard directory. `splits` goes from split to source to entry."""

    format: int = FORMAT
    fingerprint: str  # of the tokens: equal fingerprints, equal shards
    tokenizer: TokenizerEntry
    splits: dict[str, dict[str, SourceEntry]]


def shard_manifest(
    tokenizer: TokenizerEntry, splits: Mapping[str, Mapping[str, SourceEntry]]
) -> ShardManifest:
    """The manifest of shards that stand; its fingerprint is that of their tokens alone."""
    tokens = {
        split: {name: [shard.checksum for shard in entry.shards] for name, entry in sources.items()}
        for split, sources in splits.items()
    }
    return ShardManifest(
        fingerprint=fingerprint("shards", tokenizer.fingerprint, tokens),
        tokenizer=tokenizer,
        splits={split: dict(sources) for split, sources in splits.items()},
    )


def read_manifest(directory: Path) -> ShardManifest:
    """Read the manifest of a shard directory.

    Raises:
        InputError: there is none, or it is of another format.
    """
    path = directory / "manifest.json"
    if not path.is_file():
        raise InputError(
            "no shards here",
            where=str(directory),
            expected="a directory with manifest.json, as `corpusforge tokenize` writes it",
            do="build the corpus first, or name its shards directory",
        )
    tree = read_json(path)
    if not isinstance(tree, dict) or tree.get("format") != FORMAT:
        raise InputError(
            "shards of a format this version does not read",
            where=str(path),
            got=f"format {tree.get('format') if isinstance(tree, dict) else tree!r}",
            expected=f"format {FORMAT}",
        )
    return parse(tree, ShardManifest, where=str(path))
