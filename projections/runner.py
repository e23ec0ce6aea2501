"""Lets projections follow the logs: exactly once, whatever crashes.

Work is (projection, desa). Whoever has the lock of its position row reads the batches that
follow, applies them, and moves the position, in one transaction. What fails is tried again later
and later, then parked with its error; other desa go on.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from sqlalchemy import Connection, Engine

from ledger import Entry, read_entries
from projections import sql
from projections.projection import Projection

PAGE = 10_000
"""Changes that one transaction applies, more or less: it ends with a batch."""
MOST_ATTEMPTS = 6
_FEW_BATCHES = 16
_SQL = sql.load("projections", "runner.sql")
_logger = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Work:
    """One projection of one desa."""

    projection: str
    kode_desa: str


class Runner:
    """Runs projections on the engine of the projector's role; `now` is the clock."""

    def __init__(
        self,
        engine: Engine,
        projections: Sequence[Projection],
        now: Callable[[], datetime],
    ) -> None:
        self._engine = engine
        self._projections = {it.name: it for it in projections}
        self._now = now

    def behind(self) -> list[Work]:
        """What has batches to follow and may be tried now."""
        facts = {
            "projections": list(self._projections),
            "leaders": [it.follows for it in self._projections.values()],
            "versions": [it.version for it in self._projections.values()],
            "now": self._now(),
        }
        with self._engine.begin() as tx:
            rows = tx.execute(_SQL["behind"], facts).all()
        return [Work(row.projection, row.kode_desa) for row in rows]

    def run_once(self) -> int:
        """Apply one page of everything that is behind; gives the number of batches applied."""
        return sum(self.advance(work) for work in self.behind())

    def catch_up(self) -> None:
        """Go on until nothing is behind that may be tried now."""
        while self.run_once():
            pass

    def advance(self, work: Work) -> int:
        """Apply one page, unless somebody else is at it; gives the number of batches applied."""
        begun = 0
        try:
            with self._engine.begin() as tx:
                row = tx.execute(_SQL["claim"], self._key(work)).first()
                if row is not None:
                    begun = row.position
                    return self._apply_page(tx, work, begun)
            # In a transaction of its own: whoever came second would wait for the first page.
            with self._engine.begin() as tx:
                new = tx.execute(_SQL["begin"], self._key(work)).rowcount
            return self.advance(work) if new else 0
        except Exception as error:  # noqa: BLE001  # whatever it is, the others go on
            self._failed(work, begun + 1, error)
            return 0

    def rebuild(self, work: Work, progress: Callable[[int], None]) -> None:
        """Forget the rows of one desa and follow its log anew, in one transaction.

        Until it commits, whoever reads sees the old rows. `progress` is told the batches applied.
        """
        with self._engine.begin() as tx:
            tx.execute(_SQL["begin"], self._key(work))
            tx.execute(_SQL["take"], self._key(work))
            for table in self._projections[work.projection].tables:
                tx.execute(table.delete().where(table.c.kode_desa == work.kode_desa))
            position = 0
            while applied := self._apply_page(tx, work, position):
                position += applied
                progress(applied)
            if position == 0:
                tx.execute(_SQL["move"], {**self._key(work), "position": 0, "now": self._now()})

    def _apply_page(self, tx: Connection, work: Work, position: int) -> int:
        projection = self._projections[work.projection]
        entries = list(_page(tx, work.kode_desa, position))
        if projection.follows is not None:
            leader = {"kode_desa": work.kode_desa, "projection": projection.follows}
            reached = tx.execute(_SQL["reached"], leader).scalar_one()
            entries = [it for it in entries if it.position <= reached]
        if not entries:
            return 0
        projection.apply(tx, entries)
        moved = {"position": entries[-1].position, "now": self._now()}
        tx.execute(_SQL["move"], {**self._key(work), **moved})
        return len(entries)

    def _failed(self, work: Work, batch: int, error: Exception) -> None:
        """Note a failure; the error's own text may hold what a village stated, so not that."""
        what = f"{type(error).__name__} setelah kiriman ke-{batch - 1}"
        now = self._now()
        with self._engine.begin() as tx:
            tx.execute(_SQL["begin"], self._key(work))
            attempts = tx.execute(_SQL["attempts"], self._key(work)).scalar_one() + 1
            given_up = attempts >= MOST_ATTEMPTS
            facts = {
                "attempts": attempts,
                "retry_at": now + timedelta(seconds=2**attempts),
                "parked_at": now if given_up else None,
                "error": what,
            }
            tx.execute(_SQL["fail"], {**self._key(work), **facts})
        log = _logger.error if given_up else _logger.warning
        log(
            "projection failed",
            projection=work.projection,
            kode_desa=work.kode_desa,
            batch=batch,
            error=type(error).__name__,
            parked=given_up,
        )

    def _key(self, work: Work) -> dict[str, object]:
        version = self._projections[work.projection].version
        return {"kode_desa": work.kode_desa, "projection": work.projection, "version": version}


def retry(tx: Connection, projection: str | None = None, kode_desa: str | None = None) -> int:
    """Let what failed, parked or not, be tried again at once; gives how many there were."""
    facts = {"projection": projection, "kode_desa": kode_desa}
    return tx.execute(_SQL["retry"], facts).rowcount


def _page(tx: Connection, kode_desa: str, position: int) -> Iterator[Entry]:
    """The next batches, until they make a page."""
    changes = 0
    while changes < PAGE:
        entries = read_entries(tx, kode_desa, position, _FEW_BATCHES)
        for entry in entries:
            yield entry
            position = entry.position
            changes += entry.manifest.count
            if changes >= PAGE:
                return
        if len(entries) < _FEW_BATCHES:
            return


@dataclass(frozen=True)
class Status:
    """How far a projection has followed a desa's log.

    `state` is live, behind, outdated, retrying or parked. Outdated rows were made by another
    version of the projection: they serve, unchanged, until all are built anew.
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


def status(tx: Connection, projections: Sequence[Projection]) -> list[Status]:
    """How far every projection has followed every desa's log, by projection and desa."""
    return [Status(**row) for row in tx.execute(_SQL["status"], _wanted(projections)).mappings()]


def outdated(tx: Connection, projections: Sequence[Projection]) -> bool:
    """Whether any rows that serve were made by another version of their projection."""
    return bool(tx.execute(_SQL["outdated"], _wanted(projections)).scalar_one())


def _wanted(projections: Sequence[Projection]) -> dict[str, object]:
    return {
        "projections": [it.name for it in projections],
        "versions": [it.version for it in projections],
    }
