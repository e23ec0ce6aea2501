"""`opendk-ledger serve`: web, API and worker in one, on an embedded database by default.

The first process holds the database, keeps a worker running beside it, and is gunicorn's master.
Stopping it (Ctrl-C, SIGTERM) lets requests and the batch in hand finish, then stops them all.
"""

import errno
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from types import FrameType
from typing import Any

import click
import structlog
from gunicorn.app.base import BaseApplication

from api.app import create_app
from cli.opening import open_office, open_services
from ledger import LedgerError, telemetry
from ledger.os_errors import reason
from ledger.settings import Settings

THREADS = 32
"""Threads of a web process: a village on a slow line holds one for as long as it uploads."""
_RESTART_AFTER_S = 2.0
_LOOK_S = 0.1
_logger = structlog.get_logger(__name__)


class Web(BaseApplication):
    """gunicorn, told by us instead of by its own files and flags."""

    def __init__(self, settings: Settings, when_ready: Callable[[], None] | None = None) -> None:
        self._settings = settings
        self._when_ready = when_ready
        self._stack = ExitStack()
        super().__init__()

    def load_config(self) -> None:
        """Threads for slow lines, time for long ones, and no log of addresses' queries."""
        settings = self._settings
        options: dict[str, Any] = {
            "bind": f"{settings.host}:{settings.port}",
            "workers": settings.workers,
            "worker_class": "gthread",
            "threads": THREADS,
            "timeout": 120,
            "graceful_timeout": 60,
            "keepalive": 5,
            "loglevel": "warning",
            "control_socket_disable": True,
        }
        options["when_ready"] = self._ready
        # A terminal's Ctrl-C comes to every process; it is the master that ends the others.
        options["post_worker_init"] = lambda _worker: signal.signal(signal.SIGINT, signal.SIG_IGN)
        for name, value in options.items():
            self.cfg.set(name, value)

    def _ready(self, _server: object) -> None:
        signal.signal(signal.SIGINT, _stop_gently)
        if self._when_ready is not None:
            self._when_ready()

    def load(self) -> Any:  # noqa: ANN401  # a WSGI application
        """The application, made in each web process: connections do not survive a fork."""
        telemetry.configure()
        return create_app(self._stack.enter_context(open_services(self._settings)))

    def close(self) -> None:
        """Close what `load` opened, in a web process that ends."""
        self._stack.close()


def _stop_gently(_signal: int, _frame: FrameType | None) -> None:
    """Let requests finish, which gunicorn does not on Ctrl-C; at the second one, do not wait."""
    signal.signal(signal.SIGINT, lambda *_: os.kill(os.getpid(), signal.SIGQUIT))
    os.kill(os.getpid(), signal.SIGTERM)


@contextmanager
def running_worker(settings: Settings) -> Iterator[None]:
    """A worker in a process of its own, started again should it die."""
    stopping = threading.Event()
    # One thread owns the process: whoever stops it cannot meet the one that starts it again.
    keeper = threading.Thread(
        target=_keep, args=(settings, stopping), name="worker-keeper", daemon=True
    )
    keeper.start()
    try:
        yield
    finally:
        stopping.set()
        keeper.join()


def _keep(settings: Settings, stopping: threading.Event) -> None:
    command = [sys.executable, "-m", "cli", "worker", "--ikut-induk"]
    while True:
        # Apart from the terminal, whose Ctrl-C is ours to hand on; it ends with us, however we do.
        running = subprocess.Popen(  # noqa: S603  # ourselves
            command, env=settings.to_env(), start_new_session=True
        )
        while (code := running.poll()) is None:
            if stopping.wait(_LOOK_S):
                running.terminate()
                running.wait()
                return
        _logger.error("worker died", exit_code=code)
        if stopping.wait(_RESTART_AFTER_S):
            return


def run(settings: Settings, when_ready: Callable[[], None] | None = None) -> None:
    """Serve until told to stop; `settings.database_url` answers."""
    master = os.getpid()
    web = Web(settings, when_ready)
    try:
        web.run()
    finally:
        # A web process that ends comes by here too, on its copy of the master's stack: what the
        # master opened, the worker for one, is not its to close.
        if os.getpid() != master:
            web.close()
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(0)


class PortError(LedgerError):
    """The address at which the web is to listen cannot be had."""

    code = "port"

    def __init__(self, host: str, port: int, why: str) -> None:
        super().__init__(
            f"Web tidak dapat mendengarkan di {host}:{port}: {why}. Pilih yang lain dengan --host "
            "dan --port (LEDGER_HOST, LEDGER_PORT)."
        )


def check_port(host: str, port: int) -> None:
    """See that the web can listen there, before anything is begun.

    Raises:
        PortError: it cannot.
    """
    try:
        family, kind, proto, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        with socket.socket(family, kind, proto) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
    except socket.gaierror:
        raise PortError(host, port, "alamatnya tidak dikenal") from None
    except OSError as error:
        used = error.errno == errno.EADDRINUSE
        why = "sudah dipakai program lain" if used else reason(error)
        raise PortError(host, port, why) from None


@click.command()
@click.option("--host", help="Alamat tempat web mendengarkan. [LEDGER_HOST]")
@click.option("--port", type=int, help="Porta web. [LEDGER_PORT]")
@click.option("--tanpa-worker", is_flag=True, help="Worker dijalankan sendiri di tempat lain.")
@click.option("--diam", is_flag=True, help="Tidak menampilkan alamatnya.")
@click.pass_obj
def serve(
    settings: Settings, host: str | None, port: int | None, *, tanpa_worker: bool, diam: bool
) -> None:
    """Menjalankan web, API, dan worker sekaligus."""
    settings = settings.overridden(host=host, port=port)
    check_port(settings.host, settings.port)
    with ExitStack() as stack:
        services = stack.enter_context(open_office(settings))
        running = services.settings
        services.databases.dispose()
        if not tanpa_worker:
            stack.enter_context(running_worker(running))
        run(running, None if diam else lambda: _tell(settings))


def _tell(settings: Settings) -> None:
    where = "DATABASE_URL" if settings.database_url else f"bawaan, di {settings.data}"
    click.echo(f"Basis data {where}.", err=True)
    click.echo(
        f"Siap di http://{settings.host}:{settings.port}/  Ctrl-C untuk berhenti.", err=True
    )
