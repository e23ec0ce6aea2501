"""`opendk-ledger worker`: lets the projections follow the logs, until stopped.

Rows that another version of a projection made are built anew first thing, beside those that serve;
the other projections go on meanwhile. Scheduled work is done beside, by one worker of all.
"""

import gc
import os
import signal
import threading
import time
from types import FrameType

import click
import structlog

from api.context import Services
from cli.opening import now, open_services, running_database
from ledger.database import Databases, migrate
from ledger.settings import Settings
from projections import JOBS, PROJECTIONS, Schedule, Watched, Worker, everything, renew

_WATCH_S = 1.0
_logger = structlog.get_logger(__name__)


def work(services: Services) -> None:
    """Follow the logs until SIGTERM or SIGINT; what is in hand is finished first."""
    databases = services.databases
    worker = Worker(databases.projector, PROJECTIONS, now)
    schedule = Schedule(databases.ingest, JOBS, watched(services))

    def stop(_signal: int, _frame: FrameType | None) -> None:
        worker.stop()

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    # A daemon: when it is told to stop, what was begun is thrown away by the next attempt.
    threading.Thread(target=_renew, args=(databases,), name="renewal", daemon=True).start()
    schedule.start()
    try:
        worker.run()
    finally:
        schedule.stop()


def watched(services: Services) -> Watched:
    """What scheduled work is done with."""
    return Watched(
        access=services.access,
        scrub=services.scrub,
        scrub_days=services.settings.scrub_days,
        transparency=services.transparency,
        witnesses=services.witnesses,
        sessions=services.sessions,
        codes=services.registry.desa_keys,
        backups=services.backups,
        backup_to=services.settings.backup,
        backup_keep=services.settings.backup_keep,
        reader=services.databases.reader,
        now=services.now,
        stopping=threading.Event(),
    )


def _renew(databases: Databases) -> None:
    try:
        if renew(databases, everything, now):
            _logger.info("read models of a new version serve")
    except Exception:
        # The old rows go on serving, and the next start tries again.
        _logger.exception("read models of a new version could not be built")


def stop_with_parent() -> None:
    """Stop this process when the one that started it is gone, however it went."""
    parent = os.getppid()

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(_WATCH_S)
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=watch, name="parent-watch", daemon=True).start()


@click.command()
@click.option("--ikut-induk", is_flag=True, hidden=True)
@click.pass_obj
def worker(settings: Settings, *, ikut_induk: bool) -> None:
    """Menjalankan worker: membangun tabel dari log. Boleh lebih dari satu sekaligus."""
    if ikut_induk:
        stop_with_parent()
    with running_database(settings) as running:
        migrate(running.database_url or "")
        with open_services(running) as services:
            # What is there by now stays: the collector, which thousands of changes call again and
            # again, need not look through it each time (a tenth of the time of 10,000 changes).
            gc.freeze()
            work(services)
