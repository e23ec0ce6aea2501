"""What became of a record: each version that a batch stated, and what it changed."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, select

from ledger.catalogue import ENTITIES, Field
from projections.queries.catatan import TABLES


@dataclass(frozen=True)
class Difference:
    """A field that a version states otherwise than the one before."""

    field: Field
    before: Any
    after: Any


@dataclass(frozen=True)
class Version:
    """What a batch stated of a record, until another batch did.

    Attributes:
        first: whether the record was not there before: new, or come back.
        ended: the batch that deleted it, when none follows directly.
    """

    from_batch: int
    to_batch: int | None
    line: int
    first: bool
    ended: int | None
    differences: Sequence[Difference]


def versions(tx: Connection, entity: str, kode_desa: str, id_: str) -> list[Version]:
    """Every version of a record, oldest first; empty for one that was never there."""
    table = TABLES[entity]
    query = (
        select(table)
        .where(table.c.kode_desa == kode_desa, table.c.id == id_)
        .order_by(table.c.from_batch)
    )
    rows = list(tx.execute(query).mappings())
    stated = tuple(it for it in ENTITIES[entity].fields if it.name in table.c and it.name != "id")
    found = []
    for index, row in enumerate(rows):
        before = rows[index - 1] if index else None
        after = rows[index + 1] if index + 1 < len(rows) else None
        follows = before is not None and before["to_batch"] == row["from_batch"]
        goes_on = after is not None and after["from_batch"] == row["to_batch"]
        differences = [
            Difference(it, before[it.name] if before and follows else None, row[it.name])
            for it in stated
            if row[it.name] != (before[it.name] if before and follows else None)
        ]
        found.append(
            Version(
                from_batch=row["from_batch"],
                to_batch=row["to_batch"],
                line=row["line"],
                first=not follows,
                ended=None if goes_on else row["to_batch"],
                differences=differences,
            ),
        )
    return found
