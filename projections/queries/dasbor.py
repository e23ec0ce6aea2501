"""The dashboard's figures: several desa side by side and together, each as of a batch."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from projections import sql
from projections.queries.statistik import Place, facts_of

_SQL = sql.load("projections.queries", "dasbor.sql")
Ring = Sequence[tuple[float, float]]
"""Points (latitude, longitude) in degrees."""


@dataclass(frozen=True)
class Figures:
    """A desa's living people, and its families with a living head."""

    kode_desa: str
    penduduk: int
    laki_laki: int
    perempuan: int
    keluarga: int


@dataclass(frozen=True)
class Evidence:
    """What figures were made from.

    `signed` of the `batches` were signed by a desa, the others by the office for one; `flows` are
    people by what brought (or, below zero, took) them, as the monthly account names it.
    """

    batches: int
    changes: int
    desa: int
    signed: int
    chains: int
    flows: Mapping[str, int]


def figures(tx: Connection, where: Sequence[Place]) -> dict[str, Figures]:
    """The figures of each desa, by code."""
    rows = tx.execute(_SQL["figures"], facts_of(where)).mappings()
    return {row["kode_desa"]: Figures(**row) for row in rows}


def borders(tx: Connection, where: Sequence[Place]) -> dict[str, list[Ring]]:
    """The borders of those desa that stated theirs, by code: rings of points."""
    rows = tx.execute(_SQL["borders"], facts_of(where))
    return {row.kode_desa: [[(lat, lng) for lat, lng in it] for it in row.path] for row in rows}


def evidence(tx: Connection, where: Sequence[Place]) -> Evidence:
    """What the figures of these desa were made from."""
    row = tx.execute(_SQL["evidence"], facts_of(where)).one()
    flows = {it.jenis: int(it.jumlah) for it in tx.execute(_SQL["flows"], facts_of(where))}
    return Evidence(row.batches, row.changes, row.desa, row.signed, row.chains, flows)


def begun(tx: Connection, scope: str) -> datetime | None:
    """When the first batch of a scope came; None before it."""
    facts = {"scope": scope, "below": f"{scope}.%"}
    begun_at: datetime | None = tx.execute(_SQL["begun"], facts).scalar()
    return begun_at
