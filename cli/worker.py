"""`opendk-ledger worker`: lets the projections follow the logs, until stopped."""

import os
import signal
import threading
import time
from types import FrameType

import click

from cli.opening import now, running_database
from ledger.database import migrate, open_databases
from ledger.settings import Settings
from projections import PROJECTIONS, Worker

_WATCH_S = 1.0


def work(settings: Settings) -> None:
    """Follow the logs until SIGTERM or SIGINT; the batch in hand is finished first."""
    databases = open_databases(settings.database_url or "")
    worker = Worker(databases.projector, PROJECTIONS, now)

    def stop(_signal: int, _frame: FrameType | None) -> None:
        worker.stop()

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    try:
        worker.run()
    finally:
        databases.dispose()


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
        work(running)
