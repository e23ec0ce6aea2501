"""`opendk-ledger demo`: a kecamatan of three villages, filled as villages fill one.

Everything goes the real way: the villages have their own keys and sender folders, push signed
batches over HTTP, and verify each receipt; a fourth, small one uploads with a token, and the
office decides and answers. Only the office's clock is at the day on which each thing would have
come (`past`). What is there already is found again, so a second run starts in seconds, and one
that was cut off goes on (`filling`).
"""

import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import replace
from datetime import date
from pathlib import Path
from types import FrameType
from typing import Final, NoReturn

import click
import urllib3

from api.context import Services
from cli.demo import past, unsigned
from cli.demo.figures import state_figures
from cli.demo.filling import fill, folder_of, go_on, sender_state
from cli.demo.names import KABUPATEN, KECAMATAN, KODE_KECAMATAN
from cli.demo.village import Village, kecamatan
from cli.opening import now, open_office
from cli.sender import create_state
from cli.serve import PortError, check_port
from ledger import LedgerError, telemetry
from ledger.settings import Settings
from projections import status

ORIGIN: Final = "demo.opendk-ledger.example"
UNTIL: Final = date(2026, 11, 20)
"""The last day of the villages' two years: fixed, so that every demonstration is the same."""
PASSWORD: Final = "demo-saja-ya"  # noqa: S105  # on loopback, and printed for all to see
ACCOUNTS: Final = (
    ("admin", "Agnes Lamak", "administrator", KODE_KECAMATAN),
    ("camat", "Yohanes Kelen", "camat", KODE_KECAMATAN),
    ("staf", "Maria Tukan", "staf", KODE_KECAMATAN),
    ("auditor", "Petrus Balun", "auditor", KODE_KECAMATAN),
    ("operator", "Theresia Koten", "operator", f"{KODE_KECAMATAN}.2001"),
)
_LABEL: Final = "sekdes-1"
_PATIENCE_S: Final = 60.0


class DemoError(LedgerError):
    """The demonstration cannot go on."""

    code = "demo"


@click.command()
@click.option(
    "--folder",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("demo-data"),
    show_default=True,
    help="Tempat data contoh.",
)
@click.option(
    "--port",
    type=click.IntRange(1, 65_515),
    help="Porta web; bila terpakai, dicari yang berikutnya.",
)
@click.option(
    "--orang",
    type=click.IntRange(50, 100_000),
    default=3_000,
    show_default=True,
    help="Penduduk setiap desa.",
)
@click.option(
    "--bulan",
    type=click.IntRange(1, 120),
    default=24,
    show_default=True,
    help="Bulan kehidupan yang dikirim.",
)
@click.option("--sekali", is_flag=True, help="Berhenti setelah terisi.")
@click.pass_obj
def demo(
    settings: Settings, folder: Path, port: int | None, orang: int, bulan: int, *, sekali: bool
) -> None:
    """Menjalankan kecamatan contoh: tiga desa rekaan, terisi lewat kiriman bertanda tangan.

    Desa keempat, yang kecil, masih mengunggah dari OpenSID dengan token. Basis data dan kuncinya
    dibuat di folder contoh; semua orang di dalamnya rekaan. Dijalankan lagi, yang sudah ada
    dipakai.
    """
    begun = time.monotonic()
    signal.signal(signal.SIGTERM, _stop)
    # That a batch is refused is part of it.
    telemetry.configure("WARNING")
    settings = replace(
        settings,
        data=folder,
        database_url=None,
        origin=ORIGIN,
        kode=KODE_KECAMATAN,
        nama=f"Kecamatan {KECAMATAN}",
        kabupaten=f"Kabupaten {KABUPATEN}",
        zone="Asia/Makassar",
        port=_free_port(settings.host, port or settings.port),
    )
    villages = kecamatan(seed=1, until=UNTIL, people=orang, months=bulan)
    with ExitStack() as stack:
        first_day = min(push.on for village in villages for push in village.pushes())
        clock = past.Clock(first_day, past.last_day(now()) - UNTIL)
        services = stack.enter_context(open_office(settings, clock))
        go_on(services, clock)
        _register(services, villages)
        with past.serving(services, settings.host) as past_address:
            fill(services, villages, UNTIL, past_address, clock)
        state_figures(services, [*(it.kode for it in villages), unsigned.KODE], UNTIL)
        serving = stack.enter_context(_serving(settings))
        address = f"http://{settings.host}:{settings.port}"
        _follow(services)
        seconds = time.monotonic() - begun
        _tell(f"{address}/", seconds)
        if not sekali:
            with suppress(KeyboardInterrupt):
                serving.wait()


def _stop(_signal: int, _frame: FrameType | None) -> NoReturn:
    raise SystemExit(0)


def _free_port(host: str, first: int) -> int:
    for port in range(first, first + 20):
        with suppress(PortError):
            check_port(host, port)
            return port
    raise DemoError(f"Tidak ada porta bebas mulai {first}; sebutkan --port.")


# --- the office's side ---------------------------------------------------------------------------


def _register(services: Services, villages: list[Village]) -> None:
    """Desa, keys and accounts, unless they are there."""
    known = {it.kode_desa for it in services.registry.desa()}
    for village in villages:
        if village.kode not in known:
            services.registry.add_desa(village.kode, village.nama)
        create_state(folder_of(services, village.kode), village.kode, _LABEL)
        with sender_state(services, village) as state:
            enrolled = {it.verifier.name for it in services.registry.keys(village.kode)}
            if state.key.name not in enrolled:
                services.registry.enrol(village.kode, state.key.verifier.to_vkey())
    if unsigned.KODE not in known:
        services.registry.add_desa(unsigned.KODE, unsigned.NAMA)
    known = {it.username for it in services.accounts.all()}
    for username, nama, role, scope in ACCOUNTS:
        if username not in known:
            services.accounts.add(username, nama, role, scope, PASSWORD)


@contextmanager
def _serving(settings: Settings) -> Iterator[subprocess.Popen[bytes]]:
    """A `serve` of this office in a process of its own, answering."""
    command = [sys.executable, "-m", "cli", "serve", "--diam"]
    process = subprocess.Popen(command, env=settings.to_env())  # noqa: S603  # ourselves
    try:
        _wait_for(process, f"http://{settings.host}:{settings.port}/readyz")
        yield process
    finally:
        process.terminate()
        process.wait()


def _wait_for(process: subprocess.Popen[bytes], address: str) -> None:
    deadline = time.monotonic() + _PATIENCE_S
    while process.poll() is None and time.monotonic() < deadline:
        try:
            if urllib3.request("GET", address, retries=False, timeout=5).status == 200:  # noqa: PLR2004
                return
        except urllib3.exceptions.HTTPError:
            time.sleep(0.1)
    raise DemoError("Web tidak mau menyala; pesan di atas menyebut sebabnya.")


def _follow(services: Services) -> None:
    """Wait until the read models know everything that was pushed."""
    deadline = time.monotonic() + _PATIENCE_S
    while time.monotonic() < deadline:
        with services.databases.reader.connect() as tx:
            if not any(it.behind for it in status(tx)):
                return
        time.sleep(0.1)
    raise DemoError("Worker tidak mengikuti log; lihat: opendk-ledger projections status.")


def _tell(address: str, seconds: float) -> None:
    click.echo()
    click.secho(f"Kecamatan {KECAMATAN} siap dalam {seconds:.0f} detik:  {address}", bold=True)
    click.echo(f"Masuk dengan salah satu nama ini, kata sandi  {PASSWORD}")
    for username, nama, role, scope in ACCOUNTS:
        click.echo(f"  {username:<10} {nama:<16} {role:<13} melihat {scope}")
    click.echo("Ctrl-C untuk berhenti.")
