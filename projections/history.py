"""Rows that are valid from a batch up to another.

A record's statements, in the order of the log, become rows: each is opened by the batch that
states it and closed by the next batch that says something else, or that deletes it. Of several
statements in one batch the last one counts. The present is `to_batch IS NULL`; as of batch N is
`from_batch <= N` and not closed by then.

Statements that cannot be used (`None`) end the row before: what the desa says now is not that any
more, and showing the old row as the present would claim that it is.
"""

from collections.abc import Callable, Iterator, Sequence

import msgspec
from sqlalchemy import ColumnElement, Connection, Table, and_, or_, text

from projections.copying import Row, copy_rows
from projections.opened import Line, Opened
from projections.tables import NEWEST

Values = tuple[object, ...]
"""A row's values, in the order of the table's columns after those of HISTORY."""
Read = Callable[[Opened, Line], Values | None]
"""Reads a put: the row's values, or None when it cannot be used."""


class Statement(msgspec.Struct, frozen=True, gc=False):
    """The last change of a record in a batch, not read yet, and the batch that follows it.

    Not a dataclass: a replay makes thousands, which the collector need not look through.
    """

    entry: Opened
    line: Line
    end: int | None


def upto(batch: int | None) -> int:
    """A batch for SQL that takes rows up to it: a number beyond all of them for the present.

    0 is no present: nothing had come before the first batch.
    """
    return NEWEST if batch is None else batch


def valid_at(table: Table, batch: int | None) -> ColumnElement[bool]:
    """The condition that a row is valid as of a batch; of the present for None."""
    if batch is None:
        return table.c.to_batch.is_(None)
    return and_(
        table.c.from_batch <= batch,
        or_(table.c.to_batch.is_(None), table.c.to_batch > batch),
    )


def extend(
    tx: Connection, table: Table, entity: str, entries: Sequence[Opened], read: Read
) -> None:
    """Close and open rows so that the table knows the entries, which are newer than its rows."""
    kode_desa = entries[0].kode_desa
    said, ends = _statements(entries, entity)
    # Before a log's first batch there are no rows to look for.
    if ends and entries[0].position > 1:
        _close(tx, table, kode_desa, ends)
    if said:
        copy_rows(tx, table, _rows(kode_desa, said, read))


def _statements(entries: Sequence[Opened], entity: str) -> tuple[list[Statement], dict[str, int]]:
    """What each batch says last of each record, in order; and where each record's past ends."""
    said = []
    ends: dict[str, int] = {}
    # Backwards, so that each statement meets the one that ends it.
    for entry in reversed(entries):
        last = {line.change.id: line for line in entry.stated(entity)}
        for id_, line in reversed(last.items()):
            said.append(Statement(entry, line, ends.get(id_)))
            ends[id_] = entry.position
    said.reverse()
    return said, ends


def _rows(kode_desa: str, said: Sequence[Statement], read: Read) -> Iterator[Row]:
    for it in said:
        number, change = it.line
        values = read(it.entry, it.line) if change.op == "put" else None
        if values is not None:
            yield kode_desa, change.id, it.entry.position, it.end, number, *values


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
