"""How far each projection has followed each log: to be looked at, and to be waited for."""

import time
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import Connection, Engine

from ledger import DesaUnknownError, LedgerError, PositionUnknownError
from projections import sql
from projections.projection import Projection

WAIT_S: Final = 5.0
"""How long who asks for a batch waits for it: longer than a worker needs for most."""
_LOOK_S: Final = 0.05
_SQL = sql.load("projections", "positions.sql")


class NotFollowedError(LedgerError):
    """A batch that is in the log and not in the read models yet."""

    code = "not-followed"
    stands = "dan masih diolah; coba lagi sebentar."

    def __init__(self, kode_desa: str, batch: int, reached: int) -> None:
        super().__init__(f"Kiriman ke-{batch} dari desa {kode_desa} sudah diterima {self.stands}")
        self.kode_desa = kode_desa
        self.batch = batch
        self.reached = reached


class ParkedError(NotFollowedError):
    """A batch that a read model was given up at: waiting brings it no nearer."""

    code = "parked"
    stands = (
        "tetapi tidak diolah: pengolahannya berhenti karena kesalahan program. Administrator "
        "melihat sebabnya di halaman Operasi."
    )


@dataclass(frozen=True)
class Status:
    """How far a projection has followed a desa's log.

    `state` is live, behind, outdated, retrying or parked. Outdated rows were made by another
    version of the projection: they serve, unchanged, until all are built anew. `waiting_since` is
    when the oldest batch came that is not in the rows.
    """

    projection: str
    kode_desa: str
    head: int
    position: int
    applied_at: datetime | None
    attempts: int
    parked_at: datetime | None
    error: str | None
    outdated: bool
    waiting_since: datetime | None

    @property
    def behind(self) -> int:
        """Batches that are not in the rows yet."""
        return self.head - self.position

    @property
    def state(self) -> str:
        """One word for it."""
        if self.parked_at:
            return "parked"
        if self.attempts:
            return "retrying"
        if self.outdated:
            return "outdated"
        return "behind" if self.behind else "live"

    def lag_s(self, now: datetime) -> float:
        """For how long the rows have not been what the log says; 0 when they are."""
        if self.waiting_since is None:
            return 0.0
        return max(0.0, (now - self.waiting_since).total_seconds())


def status(tx: Connection, projections: Sequence[Projection]) -> list[Status]:
    """How far every projection has followed every desa's log, by projection and desa."""
    return [Status(**row) for row in tx.execute(_SQL["status"], _wanted(projections)).mappings()]


def outdated(tx: Connection, projections: Sequence[Projection]) -> bool:
    """Whether any rows that serve were made by another version of their projection."""
    return bool(tx.execute(_SQL["outdated"], _wanted(projections)).scalar_one())


def retry(tx: Connection, projection: str | None = None, kode_desa: str | None = None) -> int:
    """Let what failed, parked or not, be tried again at once; gives how many there were."""
    facts = {"projection": projection, "kode_desa": kode_desa}
    return tx.execute(_SQL["retry"], facts).rowcount


def wait_for(
    engine: Engine,
    kode_desa: str,
    batch: int,
    names: Collection[str],
    within_s: float = WAIT_S,
) -> None:
    """Return when the projections of these names know a batch: at once, if they do.

    Whoever wrote reads then what was written. The engine is a reader's; no connection is held
    while this waits.

    Raises:
        DesaUnknownError: no such log.
        PositionUnknownError: the log has no such batch.
        NotFollowedError: they do not know it in time.
        ParkedError: one that does not know it was given up, and will not.
    """
    deadline = time.monotonic() + within_s
    facts = {"kode_desa": kode_desa, "projections": list(names), "batch": batch}
    while True:
        with engine.connect() as tx:
            row = tx.execute(_SQL["standing"], facts).first()
        if row is None:
            raise DesaUnknownError(kode_desa)
        if batch > row.size:
            raise PositionUnknownError(kode_desa, batch)
        if row.position >= batch:
            return
        if row.parked:
            raise ParkedError(kode_desa, batch, row.position)
        if time.monotonic() >= deadline:
            raise NotFollowedError(kode_desa, batch, row.position)
        time.sleep(_LOOK_S)


def _wanted(projections: Sequence[Projection]) -> dict[str, object]:
    return {
        "projections": [it.name for it in projections],
        "versions": [it.version for it in projections],
    }
