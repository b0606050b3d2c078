"""Turn columns of a table into columns of documents, without a Python object for any text."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from corpusforge.config import RowSource
from corpusforge.errors import InputError
from corpusforge.sources.decoding import decode
from corpusforge.sources.records import (
    declared_license,
    empty_id,
    null_value,
    plain_json,
    read_record,
)
from corpusforge.sources.refusal import Refused
from corpusforge.sources.source import Document, in_batches
from corpusforge.storage.documents import SOURCE_COLUMNS, Reject


@dataclass(frozen=True)
class ColumnDocuments:
    """Reads the batches of one table."""

    config: RowSource
    name: str  # the path of the documents; a row without an id is `<name>:<row>`

    def check(self, schema: pa.Schema, where: str) -> None:
        """Test that a table has the configured columns.

        Raises:
            InputError: a column is missing or has the wrong type.
        """
        config = self.config
        content, fits_content = config.text_key, _is_text
        if config.messages_key is not None:
            content, fits_content = config.messages_key, _fits_messages
        for key, fits in (
            (content, fits_content),
            (config.id_key, _fits_id),
            (config.license_key, _fits_license),
        ):
            if key is None:
                continue
            if key not in schema.names:
                raise InputError(
                    f'there is no column "{key}"',
                    where=where,
                    got=f"columns {', '.join(schema.names)}",
                    do="name another column in the source's configuration",
                )
            kind = schema.field(key).type
            if not fits(kind):
                raise InputError(
                    f'the column "{key}" has the wrong type', where=where, got=str(kind)
                )

    def read(self, batch: pa.RecordBatch, first_row: int) -> Iterator[pa.RecordBatch | Reject]:
        """Yield the documents of a batch that starts at row `first_row` of the table, from 1."""
        if self.config.messages_key is not None:
            yield from self._dialogues(batch, first_row)
            return
        rows = pa.array(range(first_row, first_row + len(batch)), pa.int64())
        raw = _as_strings(batch.column(self.config.text_key), pa.large_binary())
        rest = _without_views(batch.drop_columns([self.config.text_key]))
        missing = raw.is_null()
        yield from self._set_aside(rows, missing, null_value("text", self.config.text_key))
        oversized = pc.greater(pc.binary_length(raw), self.config.max_document_bytes)
        yield from self._set_aside(rows, oversized, Refused("oversized"))
        kept = pc.invert(pc.or_kleene(missing, oversized))
        rows, raw, rest = _filtered(kept, rows, raw, rest)

        try:
            text = raw.cast(pa.string())
        except pa.ArrowInvalid:
            text, rejects = self._decoded(raw, rows)
            yield from rejects
        # Rows that cannot be decoded are null, and have been rejected above.
        blank = pc.or_(pc.equal(pc.binary_length(text), 0), pc.utf8_is_space(text))
        yield from self._set_aside(rows, blank, Refused("empty"))
        kept = pc.invert(pc.fill_null(blank, True))
        if self.config.id_key is not None:
            ids = _as_strings(rest.column(self.config.id_key))
            for unnamed, refused in (
                (ids.is_null(), null_value("id", self.config.id_key)),
                (pc.fill_null(pc.equal(ids, ""), False), empty_id(self.config.id_key)),
            ):
                yield from self._set_aside(rows, pc.and_(kept, unnamed), refused)
                kept = pc.and_not(kept, unnamed)
        rows, text, rest = _filtered(kept, rows, text, rest)
        if len(rows):
            yield self._documents(rows, text, rest)

    def _documents(self, rows: pa.Array, text: pa.Array, rest: pa.RecordBatch) -> pa.RecordBatch:
        config = self.config
        columns = dict.fromkeys(SOURCE_COLUMNS, pa.nulls(len(rows), pa.string()))
        columns["text"] = text
        columns["path"] = pa.repeat(pa.scalar(self.name), len(rows))
        columns["meta"] = _meta(rest, {config.id_key, config.license_key})
        if config.id_key is not None:
            columns["id"] = _as_strings(rest.column(config.id_key))
        else:
            columns["id"] = pc.binary_join_element_wise(self.name, rows.cast(pa.string()), ":")
        if config.license_key is not None:
            columns["license"] = self._licenses(rest.column(config.license_key))
        return pa.RecordBatch.from_pydict(columns)

    @in_batches
    def _dialogues(self, batch: pa.RecordBatch, first_row: int) -> Iterator[Document | Reject]:
        for row, record in enumerate(batch.to_pylist(), first_row):
            try:
                yield read_record(record, self.config, self.name, row)
            except Refused as refused:
                yield refused.at(self.name, row)

    def _licenses(self, column: pa.Array) -> pa.Array:
        """Return licence names, with lists of names as JSON, see `declared_license`."""
        if not pa.types.is_nested(column.type):
            return _as_strings(column)
        names = ([name for name in names or () if name] for names in column.to_pylist())
        declared = [declared_license(some, self.config.license_list) for some in names]
        return pa.array(declared, pa.string())

    def _decoded(self, raw: pa.Array, rows: pa.Array) -> tuple[pa.Array, list[Reject]]:
        texts: list[str | None] = []
        rejects: list[Reject] = []
        for row, data in zip(rows.to_pylist(), raw.to_pylist(), strict=True):
            try:
                texts.append(_text(data))
            except Refused as refused:
                texts.append(None)
                rejects.append(refused.at(self.name, row))
        return pa.array(texts, pa.string()), rejects

    def _set_aside(self, rows: pa.Array, mask: pa.Array, refused: Refused) -> Iterator[Reject]:
        for row in rows.filter(mask).to_pylist():
            yield refused.at(self.name, row)


def _text(data: bytes) -> str:
    # Do not change valid UTF-8, so that a text does not depend on the other rows of its batch.
    try:
        return data.decode()
    except UnicodeDecodeError:
        return decode(data)


def _filtered(mask: pa.Array, *columns: Any) -> tuple[Any, ...]:
    """Return the rows that the mask keeps. If it keeps all of them, nothing is copied."""
    return columns if pc.all(mask).as_py() else tuple(column.filter(mask) for column in columns)


def _without_views(batch: pa.RecordBatch) -> pa.RecordBatch:
    """Return the batch with string views as strings: Arrow cannot filter string views yet."""
    for index, field in enumerate(batch.schema):
        if field.type == pa.string_view():
            batch = batch.set_column(index, field.name, batch.column(index).cast(pa.string()))
    return batch


def _as_strings(column: pa.Array, kind: pa.DataType = pa.string()) -> pa.Array:  # noqa: B008
    if pa.types.is_dictionary(column.type):
        column = column.dictionary_decode()
    return column.cast(kind)


def _meta(batch: pa.RecordBatch, used: set[str | None]) -> pa.Array:
    """Return each row's unused columns as JSON, without binary columns such as images."""
    names = [
        field.name
        for field in batch.schema
        if field.name not in used and not _is_binary(field.type)
    ]
    if not names:
        return pa.nulls(len(batch), pa.string())
    return pa.array(map(plain_json, batch.select(names).to_pylist()), pa.string())


def _is_text(kind: pa.DataType) -> bool:
    if pa.types.is_dictionary(kind):
        kind = kind.value_type
    return kind in (pa.string(), pa.large_string(), pa.string_view()) or _is_binary(kind)


def _is_binary(kind: pa.DataType) -> bool:
    return kind in (pa.binary(), pa.large_binary(), pa.binary_view())


def _is_list(kind: pa.DataType) -> bool:
    return bool(pa.types.is_list(kind) or pa.types.is_large_list(kind))


def _fits_messages(kind: pa.DataType) -> bool:
    return _is_text(kind) or _is_list(kind)


def _fits_id(kind: pa.DataType) -> bool:
    return _is_text(kind) or bool(pa.types.is_integer(kind))


def _fits_license(kind: pa.DataType) -> bool:
    return _is_text(kind) or (_is_list(kind) and _is_text(kind.value_type))
