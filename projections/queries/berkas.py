"""Files that records refer to and that have not come."""

from typing import Final

from sqlalchemy import CompoundSelect, Connection, column, exists, func, select, table, union

from ledger.catalogue import ENTITIES
from ledger.catalogue.fields import FileReference
from projections.history import valid_at
from projections.queries.catatan import TABLES

FIELDS: Final = [
    TABLES[name].c[field.name]
    for name, entity in ENTITIES.items()
    if name in TABLES
    for field in entity.fields
    if isinstance(field.kind, FileReference)
]
"""The columns of read models that refer to files."""
_PREFIX: Final = "sha256:"
_SENT: Final = table("blob", column("kode_desa"), column("sha256"), schema="ledger")


def missing(tx: Connection, kode_desa: str, most: int) -> tuple[int, list[str]]:
    """How many files the records of a desa refer to now that it has not sent; the first of them.

    As SHA-256 in hexadecimal, in order.
    """
    named = _named(kode_desa).subquery()
    sent = exists().where(_SENT.c.kode_desa == kode_desa, _SENT.c.sha256 == named.c.sha256)
    query = select(named.c.sha256, func.count().over().label("total")).where(~sent)
    rows = tx.execute(query.order_by(named.c.sha256).limit(most)).all()
    return (rows[0].total if rows else 0), [it.sha256 for it in rows]


def _named(kode_desa: str) -> CompoundSelect[tuple[str]]:
    """The files that records refer to, each once."""
    return union(
        *(
            select(func.substr(it, len(_PREFIX) + 1).label("sha256")).where(
                it.table.c.kode_desa == kode_desa,
                it.startswith(_PREFIX),
                valid_at(it.table, None),
            )
            for it in FIELDS
        )
    )
