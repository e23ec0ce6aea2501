"""Scheduled work: what is done at its time, whether anybody asks or not.

`JOBS` is the whole of it, one line a job. The schedule runs inside the worker. Of several workers
one leads, by an advisory lock; that is a hint, which spares the others their looking. What makes
each job run once is that it is claimed in the database, where its last run, its result and its
next time are kept. A job that fails is logged, shown and tried again; it stops neither the others
nor the worker.
"""

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

import structlog
from apscheduler.schedulers.background import BackgroundScheduler
from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import DBAPIError

from ledger import (
    AccessLog,
    BackupError,
    Backups,
    DesaKeys,
    Jobs,
    LedgerError,
    Scrub,
    Sessions,
    StoppedError,
    Transparency,
    Witnesses,
)
from projections.queries.desa import Village, all_villages

LOOK: Final = timedelta(seconds=10)
"""How often a job is looked at, whether it is due."""
LATE_DAYS: Final = 14
"""A village that is silent for longer is late."""
_LEADER: Final = 0x0DD1ED0E
BACKUP_EVERY: Final = timedelta(hours=23, minutes=30)
"""How old the newest backup is when the next is made: it is looked at every hour."""
_SCRUB_EVERY: Final = timedelta(minutes=10)
_LEAST_BYTES: Final = 1 << 20
_logger = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Watched:
    """What the jobs work with. `reader` connects as the reader's role, `now` is the clock."""

    access: AccessLog
    scrub: Scrub
    scrub_days: int
    transparency: Transparency
    witnesses: Witnesses
    sessions: Sessions
    codes: DesaKeys
    backups: Backups
    backup_to: Path | None
    backup_keep: int
    reader: Engine
    now: Callable[[], datetime]
    stopping: threading.Event


@dataclass(frozen=True)
class Job:
    """Work that is due again and again.

    `run` does it and says in a sentence what came of it, naming nobody.
    """

    name: str
    title: str
    every: timedelta
    run: Callable[[Watched], str]


def scrub(watched: Watched) -> str:
    """Read on in what is stored, as much as makes the whole of it in so many days."""
    runs = watched.scrub_days * (timedelta(days=1) // _SCRUB_EVERY)
    budget = watched.scrub.size() // max(runs, 1) + _LEAST_BYTES
    done = watched.scrub.run(budget, stopping=watched.stopping.is_set)
    read = f"{done.rows} catatan dan berkas dibaca ulang ({done.bytes} bita)"
    return f"{read}, {len(done.damages)} KERUSAKAN" if done.damages else f"{read}, semua utuh"


def anchor_access(watched: Watched) -> str:
    """Put the roots of the access log into the office's log."""
    count = watched.access.anchor()
    return f"catatan akses {count} desa dijangkarkan" if count else "tidak ada akses baru"


def anchor_logs(watched: Watched) -> str:
    """Put into the office's log how far every desa's log is."""
    anchored = watched.transparency.anchor()
    return f"log {len(anchored)} desa dijangkarkan" if anchored else "tidak ada log yang bertambah"


def ask_witnesses(watched: Watched) -> str:
    """Let the witnesses cosign what grew; one that does not is told, and asked again next time."""
    asked = watched.witnesses.ask()
    cosigned = sum(it.outcome == "cosigned" for it in asked)
    told = f"{cosigned} checkpoint disaksikan"
    unreachable = {it.witness for it in asked if it.outcome == "unreachable"}
    if unreachable:
        told += f", {len(unreachable)} saksi tidak menjawab"
    alarming = {it.kode_desa for it in asked if it.alarming}
    return f"{told}, DITOLAK: {', '.join(sorted(alarming))}" if alarming else told


def notice_silence(watched: Watched) -> str:
    """Say which villages have not been heard for long."""
    with watched.reader.connect() as tx:
        late = silent(all_villages(tx), watched.now())
    if not late:
        return f"semua desa terdengar dalam {LATE_DAYS} hari terakhir"
    return f"{len(late)} desa belum terdengar: {', '.join(it.kode_desa for it in late)}"


def clean(watched: Watched) -> str:
    """Delete what has had its time: sessions that ended, one-time codes that nobody used."""
    sessions, codes = watched.sessions.sweep(), watched.codes.sweep()
    if not sessions and not codes:
        return "tidak ada yang kedaluwarsa"
    return f"{sessions} sesi dan {codes} kode pendaftaran kedaluwarsa dihapus"


def back_up(watched: Watched) -> str:
    """Make the day's backup, unless somebody did; throw away the oldest."""
    folder = watched.backup_to
    if folder is None:
        return "tidak diatur (LEDGER_BACKUP)"
    if not folder.is_dir():
        # Not made: where a disk is to be that is not there, the files would fill this one.
        raise BackupError(f"folder {folder} tidak ada")
    newest = next(iter(watched.backups.listed(folder)), None)
    if newest and watched.now() - newest.taken_at < BACKUP_EVERY:
        return f"yang terbaru {newest.path.name}"
    try:
        made = watched.backups.make(folder, stopping=watched.stopping.is_set)
    except StoppedError:
        return "dihentikan bersama worker"
    gone = watched.backups.prune(folder, watched.backup_keep)
    told = f"{made.path.name}: {made.batches} kiriman, {made.blobs} berkas"
    if made.missing:
        told += f", {len(made.missing)} berkas HILANG"
    return f"{told}; {len(gone)} yang lama dibuang" if gone else told


def silent(villages: Sequence[Village], now: datetime) -> list[Village]:
    """The villages that are late, also those that were never heard."""
    since = now - timedelta(days=LATE_DAYS)
    return [it for it in villages if it.heard_at is None or it.heard_at < since]


JOBS: Final = (
    Job("scrub", "Memeriksa ulang yang tersimpan", _SCRUB_EVERY, scrub),
    Job("jangkar-akses", "Menjangkarkan catatan akses", timedelta(hours=6), anchor_access),
    Job("jangkar-log", "Menjangkarkan log desa", timedelta(days=1), anchor_logs),
    Job("saksi", "Meminta kesaksian", timedelta(hours=1), ask_witnesses),
    Job("cadangan", "Membuat cadangan", timedelta(hours=1), back_up),
    Job("bersih", "Menghapus sesi dan kode kedaluwarsa", timedelta(hours=6), clean),
    Job("desa-diam", "Mencari desa yang diam", timedelta(hours=1), notice_silence),
)


class Schedule:
    """Runs jobs in threads of its own, between `start` and `stop`. `engine` connects as ingest."""

    def __init__(self, engine: Engine, jobs: Sequence[Job], watched: Watched) -> None:
        self._jobs = jobs
        self._watched = watched
        self._register = Jobs(engine)
        self._leader = _Leader(engine)
        self._scheduler = BackgroundScheduler(timezone=UTC)

    def start(self) -> None:
        """Begin to look what is due."""
        for job in self._jobs:
            self._scheduler.add_job(
                self.turn,
                "interval",
                args=[job],
                id=job.name,
                seconds=LOOK.total_seconds(),
                next_run_time=datetime.now(UTC),  # noqa: TID251  # the scheduler's own clock
                # A look that comes late or while the job runs is not made up for.
                coalesce=True,
                max_instances=1,
                misfire_grace_time=None,
            )
        self._scheduler.start()

    def stop(self) -> None:
        """Let the jobs in hand finish, which are told to; begin no more."""
        self._watched.stopping.set()
        if self._scheduler.running:
            self._scheduler.shutdown(wait=True)
        self._leader.close()

    def turn(self, job: Job) -> bool:
        """Run a job if we lead and it is due; gives whether it ran."""
        try:
            now = self._watched.now()
            if self._watched.stopping.is_set() or not self._leader.leads():
                return False
            if not self._register.claim(job.name, job.every, now):
                return False
            self._run(job)
        except DBAPIError as error:
            _logger.warning("schedule without database", job=job.name, error=type(error).__name__)
            return False
        return True

    def _run(self, job: Job) -> None:
        try:
            result = job.run(self._watched)
        except LedgerError as error:
            # Its sentence names nobody, and says what to do.
            _logger.error("job failed", job=job.name, code=error.code)  # noqa: TRY400
            self._register.failed(job.name, str(error), self._watched.now())
        except Exception as error:
            # Whatever it is, the others go on; the error's text may hold what a village stated.
            _logger.exception("job failed", job=job.name)
            self._register.failed(job.name, type(error).__name__, self._watched.now())
        else:
            self._register.done(job.name, result, self._watched.now())


class _Leader:
    """The lock of whoever leads, held by a connection of its own for as long as that lives."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._lock = threading.Lock()
        self._connection: Connection | None = None

    def leads(self) -> bool:
        """Whether we lead, or may from now on."""
        with self._lock:
            if self._connection is not None:
                if self._alive(self._connection):
                    return True
                self._drop()
            connection = self._engine.connect()
            got = connection.execute(
                text("SELECT pg_try_advisory_lock(:key)"), {"key": _LEADER}
            ).scalar_one()
            connection.commit()
            if not got:
                connection.close()
                return False
            self._connection = connection
            return True

    def close(self) -> None:
        """Let somebody else lead."""
        with self._lock:
            self._drop()

    def _drop(self) -> None:
        if self._connection is not None:
            # Not back into the pool: it holds the lock.
            self._connection.invalidate()
            self._connection.close()
            self._connection = None

    @staticmethod
    def _alive(connection: Connection) -> bool:
        try:
            connection.execute(text("SELECT 1"))
            connection.commit()
        except DBAPIError:
            return False
        return True
