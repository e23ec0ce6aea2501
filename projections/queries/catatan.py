"""Records of any entity that has a read model of its own."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from sqlalchemy import Connection, func, select

from projections import tables
from projections.history import valid_at

TABLES: Final = {
    table.name: table
    for table in tables.metadata.sorted_tables
    if "from_batch" in table.c and "line" in table.c
}
"""The read models with history, by entity."""
_NAMES: Final = ("nama", "judul", "kartu_nama", "no_kk")
"""What a record is called by, the first that its entity has."""


def record(
    tx: Connection, entity: str, kode_desa: str, id_: str, as_of: int | None = None
) -> Mapping[str, Any] | None:
    """One record as of a batch: column → value; None when it is not there, or has no table."""
    table = TABLES.get(entity)
    if table is None:
        return None
    query = select(table).where(
        table.c.kode_desa == kode_desa,
        table.c.id == id_,
        valid_at(table, as_of),
    )
    row = tx.execute(query).mappings().first()
    return dict(row) if row else None


def names(tx: Connection, entity: str, kode_desa: str, ids: Sequence[str]) -> dict[str, str]:
    """What the records of these ids are called now; those without a name are not there."""
    table = TABLES.get(entity)
    column = next((it for it in _NAMES if table is not None and it in table.c), None)
    if table is None or column is None:
        return {}
    query = select(table.c.id, table.c[column]).where(
        table.c.kode_desa == kode_desa,
        table.c.id == func.any(list(ids)),
        table.c[column].is_not(None),
        valid_at(table, None),
    )
    return {row.id: row[1] for row in tx.execute(query)}
