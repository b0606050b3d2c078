"""Data sets from the Hugging Face hub or from local directories, streamed by `datasets`."""

import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa

from corpusforge.config import HuggingfaceSource
from corpusforge.errors import InputError
from corpusforge.sources.columns import ColumnDocuments
from corpusforge.sources.inputs import public_name
from corpusforge.sources.source import Unit
from corpusforge.storage.documents import Reject
from corpusforge.storage.files import file_checksum, fingerprint

_BATCH_ROWS = 1000
_WAIT_SECONDS = 10


class HuggingfaceDocuments:
    """The documents of one split of a data set. The split is one stream, so one unit."""

    def __init__(self, config: HuggingfaceSource) -> None:
        self._config = config
        self._directory = _local(config.dataset)
        local_or_hub = config.dataset if self._directory is None else self._directory.name
        # Part of ids, so it must not contain a path of this machine.
        self._name = "/".join(filter(None, (local_or_hub, config.subset, config.split)))
        self._documents = ColumnDocuments(config, self._name)

    def plan(self, part_bytes: int) -> tuple[list[Unit], list[Reject]]:
        config = self._config
        if self._directory is None:
            revision = _hub_revision(config.dataset, config.revision)
            unit = Unit({"revision": revision}, fingerprint(self._name, revision), 0)
        else:
            files = _data_files(self._directory)
            sums = [(name, file_checksum(path)) for name, path in files.items()]
            num_bytes = sum(path.stat().st_size for path in files.values())
            unit = Unit({"revision": None}, fingerprint(self._name, sums), num_bytes)
        stream = self._open(unit)
        if stream.features is not None:
            self._documents.check(stream.features.arrow_schema, config.dataset)
        return [unit], []

    def read(self, unit: Unit) -> Iterator[pa.RecordBatch | Reject]:
        last_row = self._config.max_rows or sys.maxsize
        row = 1
        for table in self._tables(unit):
            if row == 1:
                self._documents.check(table.schema, self._config.dataset)
            for batch in table.slice(0, last_row + 1 - row).to_batches():
                yield from self._documents.read(batch, row)
                row += len(batch)
            if row > last_row:
                return

    def _open(self, unit: Unit) -> Any:
        """Return the data set as an `IterableDataset`."""
        os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
        import datasets

        config = self._config
        try:
            if self._directory is not None and _is_saved(self._directory):
                saved = datasets.load_from_disk(str(self._directory))
                if isinstance(saved, datasets.DatasetDict):
                    saved = saved[config.split]
                return saved.to_iterable_dataset()
            return datasets.load_dataset(
                config.dataset if self._directory is None else str(self._directory),
                config.subset,
                split=config.split,
                revision=unit.spec["revision"],
                streaming=True,
            )
        except Exception as error:
            raise self._unusable(error) from error

    def _tables(self, unit: Unit) -> Iterator[pa.Table]:
        stream = self._open(unit).with_format("arrow")
        try:
            yield from stream.iter(_BATCH_ROWS)
        except Exception as error:
            raise self._unusable(error) from error

    def _unusable(self, error: Exception) -> InputError:
        # The library does not wrap the exceptions of its readers and its HTTP client.
        return InputError(
            "a data set cannot be read",
            where=f"{self._config.dataset}, split {self._config.split}",
            got=f"{type(error).__name__}: {error}",
            expected="a data set that the installed `datasets` library can stream",
        )


def _local(dataset: str) -> Path | None:
    """Return the directory of a local data set, or None for a name on the hub."""
    path = Path(os.path.abspath(os.path.expanduser(dataset)))
    if path.is_dir():
        return path
    if dataset.startswith((".", "~", os.sep)):
        raise InputError(
            "there is no such directory",
            where=dataset,
            expected="a directory of data files, or a name on the hub such as owner/data",
        )
    return None


def _data_files(directory: Path) -> dict[str, Path]:
    """Return the files of a local data set by relative name. `datasets` skips hidden files."""
    files = {path.relative_to(directory): path for path in directory.rglob("*") if path.is_file()}
    return {
        public_name(str(name)): path
        for name, path in sorted(files.items())
        if not any(step.startswith(".") for step in name.parts)
    }


def _is_saved(directory: Path) -> bool:
    """Whether a directory was written by `save_to_disk`."""
    return any((directory / name).is_file() for name in ("state.json", "dataset_dict.json"))


def _hub_revision(dataset: str, revision: str | None) -> str:
    """Return the current commit of a data set.

    The hub is asked once, because `datasets` retries slowly if the hub cannot be reached.

    Raises:
        InputError: the hub cannot be reached, or does not have the data set.
    """
    from huggingface_hub import HfApi

    try:
        info = HfApi().dataset_info(dataset, revision=revision, timeout=_WAIT_SECONDS)
    except Exception as error:
        raise InputError(
            "cannot get the data set from the Hugging Face hub",
            where=dataset if revision is None else f"{dataset} at {revision}",
            got=f"{type(error).__name__}: {str(error).splitlines()[0]}",
            expected="a connection to the hub, and a data set that you can access",
            do="check the name and the network (HF_HUB_OFFLINE, HF_ENDPOINT, HF_TOKEN), or "
            "download the data set and give its directory",
        ) from error
    return str(info.sha)
