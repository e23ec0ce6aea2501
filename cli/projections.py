"""`opendk-ledger projections`: how far the read models are, and building them anew."""

import json
import signal
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import datetime
from types import FrameType
from typing import Final

import click

from cli.opening import now, open_office
from ledger import DesaUnknownError, dotted
from ledger.settings import Settings
from projections import (
    PROJECTIONS,
    Building,
    Difference,
    Status,
    building,
    everything,
    named,
    rebuild,
    rebuild_beside,
    retry,
    sizes,
    status,
)

STATES = {
    "live": "terkini",
    "behind": "tertinggal",
    "outdated": "versi lama",
    "retrying": "mengulang",
    "parked": "DIHENTIKAN",
}
_TELL_EVERY_S: Final = 5.0
_MINUTE_S, _HOUR_S, _DAY_S = 60, 3600, 86_400


@click.group()
def projections() -> None:
    """Melihat dan membangun ulang tabel yang dibaca halaman."""


@projections.command("status")
@click.argument("name", required=False)
@click.option("--desa", "kode", help="Hanya desa ini.")
@click.option("--semua", is_flag=True, help="Juga yang terkini, satu per satu.")
@click.option("--json", "as_json", is_flag=True, help="Keluaran JSON.")
@click.pass_obj
def status_(
    settings: Settings, name: str | None, kode: str | None, *, semua: bool, as_json: bool
) -> None:
    """Menampilkan sampai mana setiap proyeksi mengikuti log setiap desa.

    Yang terkini hanya dihitung, kecuali dengan --semua; NAME dan --desa mempersempit. Terlambat
    adalah lamanya kiriman tertua yang belum diolah sudah menunggu. Kode keluar 1 kalau ada yang
    dihentikan.
    """
    chosen = named(name).name if name else None
    with open_office(settings) as services:
        desa = services.registry.get_desa(dotted(kode)).kode_desa if kode else None
        with services.databases.reader.connect() as tx:
            found = [
                it
                for it in status(tx)
                if chosen in {None, it.projection} and desa in {None, it.kode_desa}
            ]
            going_on = building(tx)
    at = now()
    if as_json:
        rows = [
            {**asdict(it), "behind": it.behind, "state": it.state, "lag_s": it.lag_s(at)}
            for it in found
        ]
        click.echo(json.dumps(rows, default=str, indent=2))
    else:
        _tell(found, going_on, at, all_=semua)
    if any(it.state == "parked" for it in found):
        sys.exit(1)


def _tell(found: list[Status], going_on: Building | None, at: datetime, *, all_: bool) -> None:
    if going_on is not None:
        share = going_on.done * 100 // (going_on.total or 1)
        click.echo(f"Sedang dibangun ulang: {share}% ({going_on.done}/{going_on.total} kiriman).")
    if not found:
        click.echo("Belum ada desa.")
        return
    states = Counter(it.state for it in found)
    counts = ", ".join(f"{states[it]} {word}" for it, word in STATES.items() if states[it])
    desa = len({it.kode_desa for it in found})
    click.echo(f"{len(found) // desa} proyeksi, {desa} desa: {counts}.")
    shown = [it for it in found if all_ or it.state != "live"]
    for it in shown:
        line = (
            f"{it.projection:<24} {it.kode_desa}  {f'{it.position}/{it.head}':>9}  "
            f"{STATES[it.state]:<10}"
        )
        if it.behind:
            line += f"  terlambat {duration(it.lag_s(at))}"
        click.echo(f"{line}  {it.error}" if it.error else line.rstrip())
    if states["parked"]:
        click.echo("Setelah penyebabnya diperbaiki: opendk-ledger projections retry")


def duration(seconds: float) -> str:
    """A length of time in words, in its two largest units."""
    whole = round(seconds)
    if whole < _MINUTE_S:
        return f"{whole} detik"
    if whole < _HOUR_S:
        return f"{whole // _MINUTE_S} menit {whole % _MINUTE_S} detik"
    if whole < _DAY_S:
        return f"{whole // _HOUR_S} jam {whole % _HOUR_S // _MINUTE_S} menit"
    return f"{whole // _DAY_S} hari {whole % _DAY_S // _HOUR_S} jam"


@projections.command("rebuild")
@click.argument("name", required=False)
@click.option("--all", "semua", is_flag=True, help="Semua proyeksi.")
@click.option("--desa", "kode", help="Hanya desa ini.")
@click.option("--proses", default=2, show_default=True, help="Banyaknya proses, untuk --all.")
@click.pass_obj
def rebuild_(
    settings: Settings, name: str | None, kode: str | None, proses: int, *, semua: bool
) -> None:
    """Membangun ulang proyeksi NAME dari log, atau semuanya dengan --all.

    Halaman tetap memakai tabel lama sampai selesai. --all membangun semua tabel baru di samping
    yang lama, membandingkan keduanya, lalu beralih sekaligus. Dihentikan di tengah (Ctrl-C,
    SIGTERM; kode keluar 130), tabel lama tetap dipakai.
    """
    if bool(name) is semua:
        raise click.UsageError("Sebutkan satu NAME, atau --all.")
    chosen = PROJECTIONS if semua else (named(str(name)),)
    differences: list[Difference] = []
    with open_office(settings) as services:
        databases = services.databases
        logs = sizes(databases.projector)
        if kode is not None:
            if dotted(kode) not in logs:
                raise DesaUnknownError(dotted(kode))
            logs = {dotted(kode): logs[dotted(kode)]}
        total = len(chosen) * sum(logs.values())
        try:
            with _stoppable(), _progress(total) as progress:
                if semua and kode is None:
                    differences = rebuild_beside(
                        databases, everything, now, processes=max(1, proses), progress=progress
                    )
                else:
                    rebuild(databases.projector, chosen, list(logs), now, progress)
        except KeyboardInterrupt:
            click.echo("Dihentikan; tabel lama tetap dipakai.", err=True)
            sys.exit(130)
    for it in differences:
        click.echo(f"Berbeda dari sebelumnya: {it.table}, {it.before} baris menjadi {it.after}.")
    click.echo(f"Selesai: {total} kiriman diterapkan.")


@contextmanager
def _stoppable() -> Iterator[None]:
    """SIGTERM is as Ctrl-C meanwhile."""

    def stop(_signal: int, _frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, stop)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


@contextmanager
def _progress(total: int) -> Iterator[Callable[[int], None]]:
    """What tells how far it is and how long it will take: a bar, or a line now and then."""
    if sys.stderr.isatty():
        with click.progressbar(length=total, label="Membangun ulang", file=sys.stderr) as bar:
            yield bar.update
        return
    begun = told = time.monotonic()
    done = 0

    def tell(more: int) -> None:
        nonlocal done, told
        done += more
        at = time.monotonic()
        if not done or at - told < _TELL_EVERY_S:
            return
        told = at
        left = duration((at - begun) / done * (total - done))
        click.echo(f"{done}/{total} kiriman ({done * 100 // total}%), sisa {left}", err=True)

    yield tell


@projections.command("retry")
@click.argument("name", required=False)
@click.option("--desa", "kode", help="Hanya desa ini.")
@click.pass_obj
def retry_(settings: Settings, name: str | None, kode: str | None) -> None:
    """Mencoba lagi proyeksi yang gagal atau dihentikan: NAME saja, atau semua."""
    chosen = named(name).name if name else None
    with open_office(settings) as services:
        kode_desa = services.registry.get_desa(dotted(kode)).kode_desa if kode else None
        with services.databases.projector.begin() as tx:
            count = retry(tx, chosen, kode_desa)
    click.echo(f"{count} pekerjaan dicoba lagi." if count else "Tidak ada yang gagal.")
