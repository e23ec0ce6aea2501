"""Data quality: what seems wrong with a village's statements, as of any batch."""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import Connection

from projections import sql

_SQL = sql.load("projections.queries", "mutu.sql")
_NEWEST = 2**63 - 1


@dataclass(frozen=True)
class KindCount:
    """A kind of finding about a field of an entity, how many there are, and one sentence of it.

    `field` is empty for findings about a record as a whole.
    """

    severity: str
    entity: str
    code: str
    field: str
    jumlah: int
    message: str


@dataclass(frozen=True)
class RecordFinding:
    """A finding about one record, since the batch that stated it so."""

    entity: str
    id: str
    field: str
    code: str
    severity: str
    message: str
    from_batch: int


@dataclass(frozen=True)
class Point:
    """How many findings of each severity there were after a batch."""

    batch: int
    counts: Mapping[str, int]


def kinds(tx: Connection, kode_desa: str, as_of: int | None = None) -> list[KindCount]:
    """The kinds of finding that a village has, the severest and the most first."""
    facts = {"kode_desa": kode_desa, "batch": as_of or _NEWEST}
    return [KindCount(**row) for row in tx.execute(_SQL["kinds"], facts).mappings()]


def records(
    tx: Connection,
    kode_desa: str,
    kind: KindCount,
    *,
    as_of: int | None = None,
    after: str = "",
    limit: int = 50,
) -> list[RecordFinding]:
    """The records of one kind, by id; `after` is the last id of the page before."""
    facts = {
        "kode_desa": kode_desa,
        "entity": kind.entity,
        "code": kind.code,
        "field": kind.field,
        "batch": as_of or _NEWEST,
        "after": after,
        "limit": limit,
    }
    return [RecordFinding(**row) for row in tx.execute(_SQL["records"], facts).mappings()]


def trend(tx: Connection, kode_desa: str, as_of: int | None = None) -> list[Point]:
    """How many findings there were after each batch that changed that."""
    facts = {"kode_desa": kode_desa, "batch": as_of or _NEWEST}
    points: dict[int, dict[str, int]] = {}
    counts: dict[str, int] = {}
    for row in tx.execute(_SQL["trend"], facts):
        counts = {**counts, row.severity: int(row.jumlah)}
        points[row.batch] = counts
    return [Point(batch, it) for batch, it in points.items()]


def sharing_nik(tx: Connection, kode_desa: str, as_of: int | None = None) -> list[list[str]]:
    """The ids of living people who share a NIK, group by group."""
    facts = {"kode_desa": kode_desa, "batch": as_of or _NEWEST}
    return [list(row.ids) for row in tx.execute(_SQL["shared_nik"], facts)]


def headless(tx: Connection, kode_desa: str, as_of: int | None = None) -> list[list[str]]:
    """The ids of the living people of families without a living head, family by family."""
    facts = {"kode_desa": kode_desa, "batch": as_of or _NEWEST}
    return [list(row.ids) for row in tx.execute(_SQL["headless"], facts)]
