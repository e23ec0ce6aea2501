"""`opendk-ledger projections`: how far the read models are, and building them anew."""

import json
import sys
from dataclasses import asdict

import click

from cli.opening import now, open_office
from ledger import DesaUnknownError, dotted
from ledger.settings import Settings
from projections import (
    PROJECTIONS,
    Difference,
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


@click.group()
def projections() -> None:
    """Melihat dan membangun ulang tabel yang dibaca halaman."""


@projections.command("status")
@click.option("--json", "as_json", is_flag=True, help="Keluaran JSON.")
@click.pass_obj
def status_(settings: Settings, *, as_json: bool) -> None:
    """Menampilkan sampai mana setiap proyeksi mengikuti log setiap desa."""
    with open_office(settings) as services, services.databases.reader.connect() as tx:
        found = status(tx)
    if as_json:
        rows = [{**asdict(it), "behind": it.behind, "state": it.state} for it in found]
        click.echo(json.dumps(rows, default=str, indent=2))
        return
    if not found:
        click.echo("Belum ada desa.")
    for it in found:
        line = f"{it.projection:<24} {it.kode_desa}  {it.position}/{it.head}  {STATES[it.state]}"
        click.echo(f"{line}  {it.error}" if it.error else line)


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
    yang lama, membandingkan keduanya, lalu beralih sekaligus.
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
        with click.progressbar(
            length=total,
            label="Membangun ulang",
            file=sys.stderr,
            hidden=not sys.stderr.isatty(),
        ) as bar:
            if semua and kode is None:
                differences = rebuild_beside(
                    databases, everything, now, processes=max(1, proses), progress=bar.update
                )
            else:
                rebuild(databases.projector, chosen, list(logs), now, bar.update)
    for it in differences:
        click.echo(f"Berbeda dari sebelumnya: {it.table}, {it.before} baris menjadi {it.after}.")
    click.echo(f"Selesai: {total} kiriman diterapkan.")


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
