"""Columns of a table become columns of documents without a Python object for any text."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from corpusforge.errors import InputError
from corpusforge.sources.decoding import decode
from corpusforge.sources.records import RecordKeys, empty_id, null_value, plain_json
from corpusforge.sources.refusal import Refused
from corpusforge.storage.documents import SOURCE_COLUMNS, DocumentBuilder, Reject


@dataclass(frozen=True)
class ColumnDocuments:
    """Reads the batches of one table; `name` is its path, by which its rows are known."""

    keys: RecordKeys
    name: str

    def check(self, schema: pa.Schema, where: str) -> None:
        """Hold a table's columns against the configuration.

        Raises:
            InputError: a column is not there, or is of a type that does not fit.
        """
        keys = self.keys
        content, fits_content = keys.text, _is_text
        if keys.messages is not None:
            content, fits_content = keys.messages, _fits_messages
        for key, fits in (
            (content, fits_content),
            (keys.id, _fits_id),
            (keys.license, _fits_license),
        ):
            if key is None:
                continue
            if key not in schema.names:
                raise InputError(
                    f'there is no column "{key}"',
                    where=where,
                    got=f"columns {', '.join(schema.names)}",
                    do="name the right one in the source's configuration",
                )
            kind = schema.field(key).type
            if not fits(kind):
                raise InputError(
                    f'the column "{key}" is of another type', where=where, got=str(kind)
                )

    def read(self, batch: pa.RecordBatch, first_row: int) -> Iterator[pa.RecordBatch | Reject]:
        """The documents of a batch whose first row is the table's `first_row`, from 1."""
        rows = pa.array(range(first_row, first_row + len(batch)), pa.int64())
        if self.keys.messages is not None:
            yield from self._dialogues(batch, rows)
            return
        raw = _as_bytes(batch.column(self.keys.text))
        rest = _without_views(batch.drop_columns([self.keys.text]))
        missing = raw.is_null()
        yield from self._set_aside(rows, missing, null_value("text", self.keys.text))
        oversized = pc.greater(pc.binary_length(raw), self.keys.max_text_bytes)
        yield from self._set_aside(rows, oversized, Refused("oversized"))
        kept = pc.invert(pc.or_kleene(missing, oversized))
        rows, raw, rest = _filtered(kept, rows, raw, rest)

        try:
            text = raw.cast(pa.string())
        except pa.ArrowInvalid:
            text, rejects = self._decoded(raw, rows)
            yield from rejects
        # What could not be decoded is null, and its reject is given.
        blank = pc.or_(pc.equal(pc.binary_length(text), 0), pc.utf8_is_space(text))
        yield from self._set_aside(rows, blank, Refused("empty"))
        kept = pc.invert(pc.fill_null(blank, True))
        if self.keys.id is not None:
            ids = _as_strings(rest.column(self.keys.id))
            for unnamed, refused in (
                (ids.is_null(), null_value("id", self.keys.id)),
                (pc.fill_null(pc.equal(ids, ""), False), empty_id(self.keys.id)),
            ):
                yield from self._set_aside(rows, pc.and_(kept, unnamed), refused)
                kept = pc.and_not(kept, unnamed)
        rows, text, rest = _filtered(kept, rows, text, rest)
        if len(rows):
            yield self._documents(rows, text, rest)

    def _documents(self, rows: pa.Array, text: pa.Array, rest: pa.RecordBatch) -> pa.RecordBatch:
        keys = self.keys
        nulls = pa.nulls(len(rows), pa.string())
        if keys.id is not None:
            ids = _as_strings(rest.column(keys.id))
        else:
            ids = pc.binary_join_element_wise(self.name, rows.cast(pa.string()), ":")
        license = nulls if keys.license is None else self._licenses(rest.column(keys.license))
        columns = {
            "id": ids,
            "text": text,
            "messages": nulls,
            "path": pa.repeat(pa.scalar(self.name), len(rows)),
            "repository": nulls,
            "license": license,
            "language": nulls,
            "meta": _meta(rest, {keys.id, keys.license}),
        }
        return pa.RecordBatch.from_arrays(
            [columns[name] for name in SOURCE_COLUMNS], names=list(SOURCE_COLUMNS)
        )

    def _dialogues(
        self, batch: pa.RecordBatch, rows: pa.Array
    ) -> Iterator[pa.RecordBatch | Reject]:
        builder = DocumentBuilder()
        for row, record in zip(rows.to_pylist(), batch.to_pylist(), strict=True):
            try:
                id, fields = self.keys.row(record)
            except Refused as refused:
                yield refused.at(self.name, row)
                continue
            if full := builder.add(id or f"{self.name}:{row}", **fields, path=self.name):
                yield full
        if last := builder.flush():
            yield last

    def _licenses(self, column: pa.Array) -> pa.Array:
        """Names, or lists of names as JSON, as `records` has them."""
        if not pa.types.is_nested(column.type):
            return _as_strings(column)
        names = ([name for name in names or () if name] for names in column.to_pylist())
        return pa.array(map(self.keys.declared, names), pa.string())

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
    # What is UTF-8 is taken as it is, as it would be in a batch without foreign rows.
    try:
        return data.decode()
    except UnicodeDecodeError:
        return decode(data)


def _filtered(mask: pa.Array, *columns: Any) -> tuple[Any, ...]:
    """The rows that the mask keeps; usually all of them, and nothing is copied."""
    return columns if pc.all(mask).as_py() else tuple(column.filter(mask) for column in columns)


def _without_views(batch: pa.RecordBatch) -> pa.RecordBatch:
    """Arrow cannot filter string views yet."""
    for index, field in enumerate(batch.schema):
        if field.type == pa.string_view():
            batch = batch.set_column(index, field.name, batch.column(index).cast(pa.string()))
    return batch


def _as_bytes(column: pa.Array) -> pa.Array:
    if pa.types.is_dictionary(column.type):
        column = column.dictionary_decode()
    return column.cast(pa.large_binary())


def _as_strings(column: pa.Array) -> pa.Array:
    if pa.types.is_dictionary(column.type):
        column = column.dictionary_decode()
    return column.cast(pa.string())


def _meta(batch: pa.RecordBatch, used: set[str | None]) -> pa.Array:
    """The other columns as JSON, a row each; bytes, such as images, have no place in it."""
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
