"""An id is found by the id index, or by a scan without it."""

import shutil
from pathlib import Path

import numpy as np
import pytest

from corpusforge.errors import InputError
from corpusforge.inspection.verify_shards import verify_shards
from corpusforge.shards import lookup
from corpusforge.shards.id_index import read_id_index
from corpusforge.shards.index import map_arrow_file, write_arrow_file
from corpusforge.shards.lookup import Lookup
from corpusforge.shards.reader import ShardSet
from corpusforge.storage.layout import Layout


def id_indexes(layout: Layout) -> list[Path]:
    return sorted(layout.shards.glob("*/*/ids.arrow"))


def numbers(layout: Layout) -> dict[str, int]:
    """The number of each train document, looked up by id."""
    found = Lookup(ShardSet(layout.shards), "train")
    ids = [found.document(number).id for number in range(found.num_documents)]
    return {id: found.by_id(id).number for id in ids}


def test_every_id_leads_to_its_document(shard_run: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In all sources, and without a scan."""
    monkeypatch.delattr(lookup.pc, "index")
    found = numbers(Layout(shard_run))
    assert list(found.values()) == list(range(len(found)))
    assert len(found) > 40


@pytest.mark.parametrize("id", ["", "code:f", "code:f999", "chat:d", "zzz", "\U0010ffff"])
def test_an_unknown_id_is_an_error(shard_run: Path, id: str) -> None:
    with pytest.raises(InputError, match="no such document"):
        Lookup(ShardSet(Layout(shard_run).shards), "train").by_id(id)


@pytest.mark.parametrize("damage", ["missing", "empty", "of others"])
def test_without_its_index_an_id_is_scanned_for(damaged_run: Layout, damage: str) -> None:
    before = numbers(damaged_run)
    for path in id_indexes(damaged_run):
        if damage == "missing":
            path.unlink()
        elif damage == "empty":
            path.write_bytes(b"")
        else:
            other = damaged_run.shards / "validation" / path.parent.name / path.name
            if other != path:
                path.unlink()
                shutil.copyfile(other, path)
    assert numbers(damaged_run) == before


def test_a_wrong_id_index_is_found(damaged_run: Layout) -> None:
    assert list(verify_shards(ShardSet(damaged_run.shards))) == []
    path = damaged_run.shards / "train" / "code" / "ids.arrow"
    table = map_arrow_file(path)
    order = table["document"].to_numpy()
    path.unlink()
    write_arrow_file(path, table.set_column(0, table.field(0), [order[::-1].copy()]))
    (problem,) = verify_shards(ShardSet(damaged_run.shards))
    assert problem.where == str(path)


def test_ids_are_sorted_by_bytes(damaged_run: Layout) -> None:
    """Ids are sorted by bytes: upper case before lower case, ASCII before the rest."""
    shards = ShardSet(damaged_run.shards)
    entry = shards.sources("train")["code"]
    order = read_id_index(shards.id_index_path("train", "code"), entry.shards)
    assert order is not None
    found = Lookup(shards, "train", "code")
    ids = [found.document(int(number)).id for number in order]
    assert ids == sorted(ids, key=str.encode)
    assert np.array_equal(np.sort(order), np.arange(found.num_documents))
