"""Scheduled work as it is kept: the last run of each job, and when the next one is due.

Whoever claims a job first runs it; everybody else finds it claimed. So each runs once, however
many workers there are, and is due at its time also when all of them were started anew. What the
jobs are is the business of whoever runs them.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Connection, Engine, select, update
from sqlalchemy.dialects.postgresql import insert

from ledger.tables import job

RETRY: Final = timedelta(minutes=15)
"""When a job that failed is due again, unless its own time is earlier."""


@dataclass(frozen=True)
class JobState:
    """How a job stands; `ok` is None while its first run lasts."""

    name: str
    begun_at: datetime
    ended_at: datetime | None
    ok: bool | None
    result: str
    failures: int
    next_at: datetime

    @property
    def running(self) -> bool:
        """Whether it was begun and has not ended: it runs, or its worker died of it."""
        return self.ended_at is None or self.ended_at < self.begun_at


class Jobs:
    """The register of scheduled work. `engine` connects as the ingest role."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def claim(self, name: str, every: timedelta, at: datetime) -> bool:
        """Take a job that is due at this time; whoever asks second is given nothing."""
        row = insert(job).values(name=name, begun_at=at, next_at=at + every)
        query = row.on_conflict_do_update(
            index_elements=[job.c.name],
            set_={"begun_at": at, "next_at": at + every},
            where=job.c.next_at <= at,
        ).returning(job.c.name)
        with self._engine.begin() as tx:
            return tx.execute(query).first() is not None

    def done(self, name: str, result: str, at: datetime) -> None:
        """Keep that a run ended well, and what it says."""
        values = {"ended_at": at, "ok": True, "result": result, "failures": 0}
        with self._engine.begin() as tx:
            tx.execute(update(job).where(job.c.name == name).values(values))

    def failed(self, name: str, result: str, at: datetime) -> None:
        """Keep that a run failed; it is tried again soon."""
        with self._engine.begin() as tx:
            tx.execute(
                update(job)
                .where(job.c.name == name)
                .values(
                    ended_at=at,
                    ok=False,
                    result=result,
                    failures=job.c.failures + 1,
                    next_at=job.c.next_at,
                ),
            )
            soon = at + RETRY
            late = (job.c.name == name, job.c.next_at > soon)
            tx.execute(update(job).where(*late).values(next_at=soon))


def read_jobs(tx: Connection) -> list[JobState]:
    """Every job that was ever begun, by name."""
    return [JobState(**row) for row in tx.execute(select(job).order_by(job.c.name)).mappings()]
