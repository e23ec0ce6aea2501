"""Rows that are valid from a batch up to another.

A record's statements, in the order of the log, become rows: each is opened by the batch that
states it and closed by the next batch that says something else, or that deletes it. Of several
statements in one batch the last one counts. The present is `to_batch IS NULL`; as of batch N is
`from_batch <= N` and not closed by then.

Statements that cannot be used (`None`) end the row before: what the desa says now is not that any
more, and showing the old row as the present would claim that it is.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, Connection, Table, and_, or_, text

from ledger import Change, Entry

Values = tuple[object, ...]
"""A row's values, in the order of the table's columns after those of HISTORY."""


@dataclass(frozen=True, slots=True)
class Statement:
    """What a batch says of a record at its end: the row's values, or None when it has none."""

    id: str
    batch: int
    line: int
    values: Values | None


def valid_at(table: Table, batch: int | None) -> ColumnElement[bool]:
    """The condition that a row is valid as of a batch; of the present for None."""
    if batch is None:
        return table.c.to_batch.is_(None)
    return and_(
        table.c.from_batch <= batch,
        or_(table.c.to_batch.is_(None), table.c.to_batch > batch),
    )


def statements(
    entries: Sequence[Entry],
    entity: str,
    read: Callable[[Change, int], Values | None],
) -> Iterator[Statement]:
    """The last statement of each batch about each record of an entity, in the order of the log.

    `read` gives a row's values for a put and its line, or None when it cannot be used.
    """
    for entry in entries:
        last: dict[str, tuple[int, Change]] = {}
        for line, change in enumerate(entry.changes(), start=1):
            if change.entity == entity:
                last[change.id] = line, change
        for id_, (line, change) in last.items():
            values = read(change, line) if change.op == "put" else None
            yield Statement(id_, entry.position, line, values)


def extend(tx: Connection, table: Table, kode_desa: str, said: Sequence[Statement]) -> None:
    """Close and open rows so that the table knows the statements; all are newer than its rows."""
    ends: dict[str, int] = {}
    rows = []
    # Backwards, so that each statement meets the one that ends it.
    for statement in reversed(said):
        if statement.values is not None:
            rows.append((statement, ends.get(statement.id)))
        ends[statement.id] = statement.batch
    if ends:
        _close(tx, table, kode_desa, ends)
    if rows:
        _open(tx, table, kode_desa, reversed(rows))


def clear(tx: Connection, table: Table, kode_desa: str) -> None:
    """Forget everything about a desa."""
    tx.execute(table.delete().where(table.c.kode_desa == kode_desa))


def _close(tx: Connection, table: Table, kode_desa: str, ends: dict[str, int]) -> None:
    """End the present rows of records, each with the first batch that says something else."""
    tx.execute(
        text(f"""
            UPDATE {table.fullname} AS present
            SET to_batch = said.batch
            FROM unnest(CAST(:ids AS text[]), CAST(:batches AS bigint[])) AS said (id, batch)
            WHERE present.kode_desa = :kode_desa
                AND present.id = said.id
                AND present.to_batch IS NULL
        """),  # noqa: S608  # our own table's name
        {"kode_desa": kode_desa, "ids": list(ends), "batches": list(ends.values())},
    )


def _open(
    tx: Connection,
    table: Table,
    kode_desa: str,
    rows: Iterator[tuple[Statement, int | None]],
) -> None:
    columns = ", ".join(f'"{column.name}"' for column in table.columns)
    lines = [
        "\t".join(
            map(
                _copied,
                (kode_desa, said.id, said.batch, end, said.line, *(said.values or ())),
            ),
        )
        for said, end in rows
    ]
    lines.append("")
    driver = tx.connection.driver_connection
    if driver is None:
        raise RuntimeError("a connection in a transaction has a driver")
    with (
        driver.cursor() as cursor,
        cursor.copy(f"COPY {table.fullname} ({columns}) FROM STDIN") as copy,
    ):
        copy.write("\n".join(lines).encode())


def _copied(value: Any) -> str:  # noqa: ANN401  # whatever the catalogue reads
    """A value as COPY's text format wants it."""
    if value is None:
        return "\\N"
    kind = type(value)
    if kind is str:
        if "\\" in value or "\n" in value or "\t" in value or "\r" in value:
            return _escaped(value)
        return value  # type: ignore[no-any-return]
    if kind is int:
        return str(value)
    if kind is bool:
        return "t" if value else "f"
    if kind in (date, datetime, Decimal, float):
        return str(value)
    return _escaped(msgspec.json.encode(value).decode())


def _escaped(value: str) -> str:
    return (
        value.replace("\\", "\\\\").replace("\n", "\\n").replace("\t", "\\t").replace("\r", "\\r")
    )
