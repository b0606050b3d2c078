"""Documents that an opt-out names are dropped, with the entry as the reason."""

import pyarrow as pa
import pytest

from corpusforge.errors import ConfigError
from corpusforge.licensing.optout import parse_opt_out

ROWS = pa.table(
    {
        "id": ["s:1", "s:2", "s:3", "s:4", "s:5", "s:6"],
        "path": ["a.py", "x/b.py", "c.py", "d.py", None, "f.py"],
        "repository": ["r", None, "github.com/Ada/r", "q", None, None],
        "content_hash": pa.array([bytes([n]) * 16 for n in range(6)], pa.binary(16)),
    }
)


def test_every_kind_of_entry_names_documents() -> None:
    """Repositories, owners, globs of paths, ids and hashes of texts."""
    entries = ["repository r", "owner ada", "path x/**", "id s:4", f"hash {'04' * 16}"]
    assert parse_opt_out(entries).reasons(ROWS).to_pylist() == [
        "opted out: repository r",
        "opted out: path x/**",
        "opted out: owner ada",
        "opted out: id s:4",
        f"opted out: hash {'04' * 16}",
        None,
    ]


@pytest.mark.parametrize("line", ["everything", "id", "who me", "hash 123"])
def test_an_entry_that_cannot_be_read_is_an_error(line: str) -> None:
    """A mistyped one would leave nobody out."""
    with pytest.raises(ConfigError, match="an opt-out that cannot be read"):
        parse_opt_out([line])
