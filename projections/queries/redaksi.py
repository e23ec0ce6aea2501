"""Redactions: which records were erased, on what ground, and which of them came back."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from projections import sql
from projections.queries import catatan

_SQL = sql.load("projections.queries", "redaksi.sql")


@dataclass(frozen=True)
class Erased:
    """A record that was redacted; `id` is all that is known of it."""

    kode_desa: str
    entity: str
    id: str
    redacted_at: datetime
    dasar_hukum: str


@dataclass(frozen=True)
class Returned:
    """A record that was redacted and that the desa stated again, in this batch and line."""

    erased: Erased
    batch: int
    line: int


def records(tx: Connection, desa: Sequence[str], entity: str | None = None) -> list[Erased]:
    """The redacted records of some desa, by desa, entity and id."""
    facts = {"desa": list(desa), "entity": entity, "id": None}
    return [Erased(**row) for row in tx.execute(_SQL["records"], facts).mappings()]


def record(tx: Connection, kode_desa: str, entity: str, id_: str) -> Erased | None:
    """One record, if it was redacted."""
    facts = {"desa": [kode_desa], "entity": entity, "id": id_}
    row = tx.execute(_SQL["records"], facts).mappings().first()
    return Erased(**row) if row else None


def returned(tx: Connection, kode_desa: str) -> list[Returned]:
    """The redacted records of a desa that it states all the same."""
    found = []
    for it in records(tx, [kode_desa]):
        row = catatan.record(tx, it.entity, kode_desa, it.id)
        if row is not None:
            found.append(Returned(it, row["from_batch"], row["line"]))
    return found
