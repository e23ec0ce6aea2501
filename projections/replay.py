"""A record table made anew from changes alone, without a database.

An auditor who has a bundle rebuilds what pages read, as of any batch, and compares: the same
reading of statements (`records`), the same rule that the last one counts (`history`).
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ledger import Change
from projections.records import RecordProjection

Changes = Iterable[tuple[int, Iterable[tuple[int, Change]]]]
"""Batches in order: position, and changes with their line numbers."""


def replay(
    projection: RecordProjection, kode_desa: str, batches: Changes
) -> tuple[Sequence[str], list[tuple[Any, ...]]]:
    """The columns and rows of the table after these batches, by id as numbers are ordered.

    A statement that cannot be used ends the row before, as it does in the table.
    """
    rows: dict[str, tuple[Any, ...]] = {}
    for position, changes in batches:
        for line, change in changes:
            if change.entity != projection.name:
                continue
            rows.pop(change.id, None)
            values = projection.read(kode_desa, change)
            if values is not None:
                rows[change.id] = (kode_desa, change.id, position, line, *values)
    columns = ("kode_desa", "id", "from_batch", "line", *projection.columns)
    ordered = sorted(rows.items(), key=lambda it: (len(it[0]), it[0]))
    return columns, [row for _, row in ordered]


def by_table(projections: Iterable[object]) -> Mapping[str, RecordProjection]:
    """The projections that are an entity's records, by name."""
    return {it.name: it for it in projections if isinstance(it, RecordProjection)}
