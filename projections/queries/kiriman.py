"""Kiriman: the batches that a desa pushed, and those that were not taken."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    BigInteger,
    Connection,
    Text,
    func,
    literal,
    select,
    text,
    tuple_,
)

from projections import sql
from projections.history import upto
from projections.queries.catatan import TABLES

_SQL = sql.load("projections.queries", "kiriman.sql")
_GAPS = 10
"""From so many of the newest gaps it is told how often a village is heard."""


@dataclass(frozen=True)
class Kiriman:
    """A batch in a log; `changes` are its lines, `bytes` their length.

    `disputed` when it may be a thief's (PROTOCOL section 9).
    """

    position: int
    chain: str
    number: int
    changes: int
    bytes: int
    received_at: datetime
    disputed: bool


@dataclass(frozen=True)
class Refusal:
    """A batch that was not taken; `authentic` when its signature was right.

    `faults` is how many of its lines are named as faulty.
    """

    id: UUID
    refused_at: datetime
    code: str
    message: str
    chain: str | None
    number: int | None
    authentic: bool
    faults: int


@dataclass(frozen=True)
class Fault:
    """A line for which a batch was refused; `code` says why, the rest is empty if unknown.

    `member` is what of the line is missing or wrong.
    """

    line: int
    code: str
    entity: str
    id: str
    member: str


@dataclass(frozen=True)
class Said:
    """What a batch made of a record.

    `line` is the last of its lines about it that could be used, None if none could; `known` is
    whether the record stood there before, `same` whether it stands there as before.
    """

    line: int | None
    known: bool
    same: bool


@dataclass(frozen=True)
class Newest:
    """A batch among those of several villages."""

    kode_desa: str
    nama: str
    position: int
    changes: int
    chain: str
    received_at: datetime


@dataclass(frozen=True)
class Rhythm:
    """How often a village is heard, and what came in the last thirty days.

    Attributes:
        usual: days from one day with a batch or an upload to the next, the median of the newest
            ten; None before there are two such days in two years.
        since: days since the last of them; None if there is none in two years.
        batches, changes, refusals: of thirty days; refused ones had a valid signature.
    """

    kode_desa: str
    usual: int | None
    since: int | None
    batches: int
    changes: int
    refusals: int

    @property
    def late(self) -> int:
        """By how many days it is longer silent than it mostly is."""
        if self.usual is None or self.since is None:
            return 0
        return max(0, self.since - self.usual)


def batches(
    tx: Connection,
    kode_desa: str,
    before: int | None = None,
    limit: int = 50,
) -> list[Kiriman]:
    """The batches of a log before a position, newest first."""
    facts = {"kode_desa": kode_desa, "before": upto(before), "limit": limit}
    return [Kiriman(**row) for row in tx.execute(_SQL["batches"], facts).mappings()]


def refusals(tx: Connection, kode_desa: str, limit: int = 20) -> list[Refusal]:
    """The newest batches of a desa that were not taken."""
    facts = {"kode_desa": kode_desa, "limit": limit}
    return [Refusal(**row) for row in tx.execute(_SQL["refusals"], facts).mappings()]


def refusal(tx: Connection, kode_desa: str, id_: UUID) -> Refusal | None:
    """One batch of a desa that was not taken."""
    facts = {"kode_desa": kode_desa, "id": id_}
    row = tx.execute(_SQL["refusal"], facts).mappings().first()
    return Refusal(**row) if row else None


def faults(
    tx: Connection, kode_desa: str, refused: UUID, offset: int = 0, limit: int = 200
) -> list[Fault]:
    """The lines for which a batch was refused, in their order."""
    facts = {"kode_desa": kode_desa, "id": refused, "offset": offset, "limit": limit}
    return [Fault(**row) for row in tx.execute(_SQL["faults"], facts).mappings()]


def said(
    tx: Connection, kode_desa: str, position: int, entity: str, ids: Sequence[str]
) -> dict[str, Said]:
    """What a batch made of these records of an entity, by id; of what nobody knows nothing."""
    table = TABLES.get(entity)
    if table is None:
        return {}
    rows = tx.execute(
        text(_SQL["said"].text.format(table=table.fullname)),
        {"kode_desa": kode_desa, "batch": position, "ids": list(ids)},
    )
    return {row.id: Said(row.line, row.known, row.same) for row in rows}


def lines(
    tx: Connection, kode_desa: str, entity: str, stated: Sequence[tuple[str, int]]
) -> dict[str, int]:
    """The line by which each record (id, batch) was stated in that batch, by id."""
    table = TABLES.get(entity)
    if table is None:
        return {}
    wanted = select(
        func.unnest(literal([id_ for id_, _ in stated], ARRAY(Text()))),
        func.unnest(literal([batch for _, batch in stated], ARRAY(BigInteger()))),
    )
    query = select(table.c.id, table.c.line).where(
        table.c.kode_desa == kode_desa,
        tuple_(table.c.id, table.c.from_batch).in_(wanted),
    )
    return {row.id: row.line for row in tx.execute(query)}


def newest(tx: Connection, scope: str, limit: int = 8) -> list[Newest]:
    """The newest batches of the villages in a scope."""
    facts = {"scope": scope, "below": f"{scope}.%", "limit": limit}
    return [Newest(**row) for row in tx.execute(_SQL["newest"], facts).mappings()]


def rhythm(tx: Connection, scope: str, now: datetime, zone: str) -> dict[str, Rhythm]:
    """How often each village of a scope is heard, by code; days are those of a time zone."""
    facts = {"scope": scope, "below": f"{scope}.%", "now": now, "zone": zone, "gaps": _GAPS}
    rows = tx.execute(_SQL["rhythm"], facts).mappings()
    return {row["kode_desa"]: Rhythm(**row) for row in rows}
