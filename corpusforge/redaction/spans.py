"""The column of the facts that redact: the spans of each text, in bytes."""

import pyarrow as pa

LINE_SPAN = pa.struct(
    [pa.field("start", pa.int64(), nullable=False), pa.field("end", pa.int64(), nullable=False)]
)
SECRET_SPAN = pa.struct([*LINE_SPAN, pa.field("kind", pa.string(), nullable=False)])


def spans_schema(span: pa.DataType) -> pa.Schema:
    return pa.schema([pa.field("spans", pa.list_(span), nullable=False)])
