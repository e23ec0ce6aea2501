"""COPY of rows into a table: the fast way in.

A row as a JSON array is nearly a line of CSV whose escape is the backslash: texts are quoted,
numbers and `null` are bare. msgspec writes a row of seventy columns as JSON in a microsecond,
where any other way of spelling it takes five; so that is what is sent. Rows that JSON would spell
otherwise, for a control character or a list, are written out one by one.

Rows are sent as they come: while the next are made, the server works on those it has.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import islice
from typing import TypeVar

import msgspec
from sqlalchemy import Connection, Table, func
from sqlalchemy.dialects.postgresql import JSONB

SCHEMA = "projections_schema"
"""Execution option of a connection: the schema that rows go to instead of the tables' own."""
_CHUNK = 500
_CSV = "(FORMAT csv, NULL 'null', ESCAPE E'\\\\')"
_OTHER_ESCAPE = re.compile(rb'\\[^"\\]')
_encoder = msgspec.json.Encoder()

Row = tuple[object, ...]
_T = TypeVar("_T")


def copy_rows(tx: Connection, table: Table, rows: Iterable[Row]) -> None:
    """COPY rows, of all columns in their order, into a table, in the transaction.

    Values are None, or what PostgreSQL reads from the way JSON writes them: texts, numbers,
    booleans, dates and times; lists and dicts for jsonb.
    """
    driver = tx.connection.driver_connection
    if driver is None:
        raise RuntimeError("a connection in a transaction has a driver")
    columns = ", ".join(f'"{column.name}"' for column in table.columns)
    nested = any(isinstance(column.type, JSONB) for column in table.columns)
    coming = iter(rows)
    with (
        driver.cursor() as cursor,
        cursor.copy(f"COPY {_name(tx, table)} ({columns}) FROM STDIN {_CSV}") as copy,
    ):
        while chunk := list(islice(coming, _CHUNK)):
            copy.write((None if nested else _as_json(chunk)) or _one_by_one(chunk))


def write_changed(
    tx: Connection,
    table: Table,
    kode_desa: str,
    before: Mapping[str, _T],
    now: Mapping[str, _T],
    values: Callable[[_T], Row],
) -> None:
    """Bring the rows of a desa from what was before to what is now: id → what its row says.

    The table has `kode_desa`, `id`, and then `values`. Mostly nothing of it has changed.
    """
    changed = sorted(it for it in before.keys() | now.keys() if before.get(it) != now.get(it))
    if not changed:
        return
    gone = [it for it in changed if it in before]
    if gone:
        tx.execute(
            table.delete().where(table.c.kode_desa == kode_desa, table.c.id == func.any(gone))
        )
    copy_rows(tx, table, ((kode_desa, it, *values(now[it])) for it in changed if it in now))


def _name(tx: Connection, table: Table) -> str:
    """The table, or the one that is built beside it: what `beside` does for statements."""
    schema = tx.get_execution_options().get(SCHEMA)
    return f"{schema}.{table.name}" if schema else table.fullname


def _as_json(rows: Sequence[Row]) -> bytes | None:
    """The rows as JSON and so as CSV, or None when one of them would not be the same."""
    text = _encoder.encode_lines(rows)
    if b"\\" in text and _OTHER_ESCAPE.search(text.replace(b"\\\\", b"")):
        return None
    # A line end within a text would be escaped, so these are the ends of rows and nothing else.
    return text[1:-2].replace(b"]\n[", b"\n") + b"\n"


def _one_by_one(rows: Sequence[Row]) -> bytes:
    return b"".join(b",".join(map(_spelled, row)) + b"\n" for row in rows)


def _spelled(value: object) -> bytes:
    if isinstance(value, list | dict):
        value = _encoder.encode(value).decode()
    if isinstance(value, str):
        return b'"' + value.replace("\\", "\\\\").replace('"', '\\"').encode() + b'"'
    return _encoder.encode(value)
