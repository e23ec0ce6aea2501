"""Lets projections follow the logs: exactly once, whatever crashes.

Work is a desa. Whoever has the locks of its position rows reads the batches that follow, applies
them to all the projections that stand there, and moves their positions, in one transaction: so
what several read models say of a desa is of the same batch. If that fails, each projection is
tried by itself, batch by batch: up to the batch that it fails at, which is tried again later and
later, then parked with the error; the others go on.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby

import structlog
from sqlalchemy import Connection, Engine

from ledger import LedgerError, read_entries
from projections import sql
from projections.opened import Opened, reading_ahead
from projections.projection import Projection

PAGE = 10_000
"""Changes that one transaction applies, more or less: it ends with a batch."""
MOST_ATTEMPTS = 6
_FEW_BATCHES = 16
_SQL = sql.load("projections", "runner.sql")
_logger = structlog.get_logger(__name__)


class NotAppliedError(LedgerError):
    """A rebuild met a batch that could not be applied; the error says nothing of what it holds."""

    code = "not-applied"

    def __init__(self, kode_desa: str, what: str) -> None:
        super().__init__(f"Log {kode_desa}: {what}. Tabel lama tetap dipakai.")
        self.kode_desa = kode_desa


@dataclass(frozen=True)
class Behind:
    """A desa whose log goes on beyond some projections.

    `failed` are those among them whose next batch has failed before; with `new`, some have not
    begun.
    """

    kode_desa: str
    failed: tuple[str, ...]
    new: bool


class Runner:
    """Runs projections on the engine of the projector's role; `now` is the clock.

    Several share the work. `turn`, from 0 up to 1, is where among the desa this one begins: those
    that begin apart seldom meet.
    """

    def __init__(
        self,
        engine: Engine,
        projections: Sequence[Projection],
        now: Callable[[], datetime],
        *,
        turn: float = 0,
    ) -> None:
        self._engine = engine
        self._projections = {it.name: it for it in projections}
        self._now = now
        self._turn = turn

    def behind(self) -> list[Behind]:
        """The desa that have batches to follow, and may be tried now."""
        with self._engine.begin() as tx:
            rows = tx.execute(_SQL["behind"], self._wanted()).all()
        found = [Behind(row.kode_desa, tuple(row.failed), row.new) for row in rows]
        first = int(self._turn * len(found))
        return found[first:] + found[:first]

    def run_once(self) -> int:
        """Apply one page of everything that is behind; gives the number of batches applied.

        A batch counts once for each projection that it was applied to.
        """
        behind = self.behind()
        # Who has one desa alone to follow has somebody waiting, and a core that nobody uses; with
        # several, cores are for those who share the work.
        ahead = len(behind) == 1
        return sum(self.advance(it, ahead=ahead) for it in behind)

    def catch_up(self) -> None:
        """Go on until nothing is behind that may be tried now."""
        while self.run_once():
            pass

    def advance(self, behind: Behind, *, ahead: bool = False) -> int:
        """Apply one page, unless somebody else is at it; gives the number of batches applied.

        With `ahead`, its batches are read while the database works.
        """
        kode_desa = behind.kode_desa
        names = [it for it in self._projections if it not in behind.failed]
        alone: Iterable[str] = behind.failed
        applied = 0
        try:
            if behind.new:
                # In a transaction of its own: whoever came second would wait for the first page.
                with self._engine.begin() as tx:
                    tx.execute(_SQL["begin"], {**self._wanted(), "kode_desa": kode_desa})
            with self._engine.begin() as tx:
                at = self._claim(tx, kode_desa, names)
                applied = _count(self._apply(tx, kode_desa, at, _page, ahead=ahead))
        except Exception:  # noqa: BLE001  # whatever it is, each is then tried by itself
            alone = [*names, *behind.failed]
        return applied + sum(self._advance_alone(kode_desa, it) for it in alone)

    def rebuild(self, kode_desa: str, progress: Callable[[int], None]) -> None:
        """Forget the rows of one desa and follow its log anew, in one transaction.

        Until it commits, whoever reads sees the old rows. `progress` is told the batches applied.

        Raises:
            NotAppliedError: a batch could not be applied; the old rows stay.
        """
        with self._engine.begin() as tx:
            facts = {**self._wanted(), "kode_desa": kode_desa}
            tx.execute(_SQL["begin"], facts)
            tx.execute(_SQL["take"], facts)
            for projection in self._projections.values():
                for table in projection.tables:
                    tx.execute(table.delete().where(table.c.kode_desa == kode_desa))
            at = dict.fromkeys(self._projections, 0)
            self._move(tx, kode_desa, at)
            try:
                while moved := self._apply(tx, kode_desa, at, _page):
                    at |= {name: end for name, (_, end) in moved.items()}
                    progress(_count(moved))
            except Exception as error:
                raise NotAppliedError(kode_desa, _said(error, min(at.values()))) from error

    def _claim(self, tx: Connection, kode_desa: str, names: Sequence[str]) -> dict[str, int]:
        """Where projections stand that have batches to follow, of those that nobody else has."""
        facts = {**self._wanted(), "kode_desa": kode_desa, "names": names}
        return {row.projection: row.position for row in tx.execute(_SQL["claim"], facts)}

    def _apply(
        self,
        tx: Connection,
        kode_desa: str,
        at: Mapping[str, int],
        read: Callable[[Connection, str, int], Sequence[Opened]],
        *,
        ahead: bool = False,
    ) -> dict[str, tuple[int, int]]:
        """Apply what `read` gives next to projections that are locked; gives who moved from where.

        Those that stand at the same batch share it, and who leads is before who follows.
        """
        moved: dict[str, tuple[int, int]] = {}

        def order(name: str) -> tuple[int, bool]:
            return at[name], self._projections[name].follows is not None

        for position, names in groupby(sorted(at, key=order), key=lambda it: at[it]):
            page = read(tx, kode_desa, position)
            with reading_ahead(page) if ahead else nullcontext():
                for name in names:
                    projection = self._projections[name]
                    entries = page
                    if projection.follows is not None:
                        reached = _reached(tx, kode_desa, projection.follows, at, moved)
                        entries = [it for it in page if it.position <= reached]
                    if entries:
                        projection.apply(tx, entries)
                        moved[name] = position, entries[-1].position
        self._move(tx, kode_desa, {name: end for name, (_, end) in moved.items()})
        return moved

    def _move(self, tx: Connection, kode_desa: str, to: Mapping[str, int]) -> None:
        if not to:
            return
        facts = {
            "kode_desa": kode_desa,
            "projections": list(to),
            "positions": list(to.values()),
            "versions": [self._projections[it].version for it in to],
            "now": self._now(),
        }
        tx.execute(_SQL["move"], facts)

    def _advance_alone(self, kode_desa: str, name: str) -> int:
        """Apply a few batches to one projection; what is wrong with one is noted there."""
        position = applied = 0
        try:
            for _ in range(_FEW_BATCHES):
                with self._engine.begin() as tx:
                    at = self._claim(tx, kode_desa, [name])
                    position = at.get(name, 0)
                    moved = self._apply(tx, kode_desa, at, _next)
                if not moved:
                    break
                applied += _count(moved)
        except Exception as error:  # noqa: BLE001  # whatever it is, the others go on
            self._failed(kode_desa, name, position + 1, error)
        return applied

    def _failed(self, kode_desa: str, name: str, batch: int, error: Exception) -> None:
        """Note a failure at a batch."""
        what = _said(error, batch - 1)
        now = self._now()
        key = {"kode_desa": kode_desa, "projection": name}
        with self._engine.begin() as tx:
            attempts = tx.execute(_SQL["attempts"], key).scalar_one() + 1
            given_up = attempts >= MOST_ATTEMPTS
            facts = {
                "attempts": attempts,
                "retry_at": now + timedelta(seconds=2**attempts),
                "parked_at": now if given_up else None,
                "error": what,
            }
            tx.execute(_SQL["fail"], {**key, **facts})
        log = _logger.error if given_up else _logger.warning
        log(
            "projection failed",
            projection=name,
            kode_desa=kode_desa,
            batch=batch,
            error=type(error).__name__,
            parked=given_up,
        )

    def _wanted(self) -> dict[str, object]:
        projections = self._projections.values()
        return {
            "projections": [it.name for it in projections],
            "leaders": [it.follows for it in projections],
            "versions": [it.version for it in projections],
            "now": self._now(),
        }


def _count(moved: Mapping[str, tuple[int, int]]) -> int:
    return sum(end - begin for begin, end in moved.values())


def _reached(
    tx: Connection,
    kode_desa: str,
    leader: str,
    at: Mapping[str, int],
    moved: Mapping[str, tuple[int, int]],
) -> int:
    """How far a projection is that another one follows."""
    if leader in moved:
        return moved[leader][1]
    if leader in at:
        return at[leader]
    facts = {"kode_desa": kode_desa, "projection": leader}
    return int(tx.execute(_SQL["reached"], facts).scalar_one())


def _said(error: Exception, position: int) -> str:
    """What failed after a batch. The error's own text may hold what a village stated."""
    return f"{type(error).__name__} setelah kiriman ke-{position}"


def _page(tx: Connection, kode_desa: str, position: int) -> Sequence[Opened]:
    """The next batches, until they make a page."""
    page: list[Opened] = []
    changes = 0
    while changes < PAGE:
        entries = read_entries(tx, kode_desa, position, _FEW_BATCHES)
        for entry in entries:
            page.append(Opened.of(entry))
            position = entry.position
            changes += entry.manifest.count
            if changes >= PAGE:
                break
        if len(entries) < _FEW_BATCHES:
            break
    return page


def _next(tx: Connection, kode_desa: str, position: int) -> Sequence[Opened]:
    """The next batch alone."""
    return [Opened.of(it) for it in read_entries(tx, kode_desa, position, 1)]
