"""`opendk-ledger audit`: bundles made, verified and looked into.

All but `export` work on a bundle alone, on any computer, without an office or a database.
"""

import csv
import io
import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import resources
from pathlib import Path
from typing import IO, Any

import click

from cli.opening import open_office
from ledger import (
    BundleError,
    Exports,
    FieldDifference,
    NoteError,
    OpenBundle,
    Report,
    Trust,
    difference,
    dotted,
    durable,
    history,
    verify_bundle,
    verify_change,
)
from ledger.catalogue import ENTITIES
from ledger.os_errors import reason
from ledger.settings import Settings
from projections import RECORD_TABLES, replayed

MOST_SHOWN = 50
"""Faults that are shown to people; `--json` has them all."""
FAULTY = 3
_FILE = click.Path(path_type=Path, exists=True, dir_okay=False)
_KINDS = {
    "added": "ditambahkan",
    "changed": "diubah",
    "removed": "dihapus",
    "same": "dinyatakan ulang",
}


@click.group()
def audit() -> None:
    """Mengekspor, memeriksa, dan membaca berkas audit."""


@audit.command()
@click.option("--desa", "codes", multiple=True, help="Hanya desa ini; boleh berulang.")
@click.option(
    "--catatan",
    nargs=2,
    metavar="JENIS ID",
    help="Hanya kiriman yang menyentuh catatan ini, dari satu --desa.",
)
@click.option("--hash", "hashed", is_flag=True, help="Tanpa data pribadi: hash setiap baris.")
@click.option("-o", "--keluaran", required=True, type=click.Path(path_type=Path, dir_okay=False))
@click.pass_obj
def export(
    settings: Settings,
    codes: tuple[str, ...],
    catatan: tuple[str, str] | None,
    keluaran: Path,
    *,
    hashed: bool,
) -> None:
    """Membuat berkas audit: log desa (atau semua desa) dan log kantor."""
    if catatan and len(codes) != 1:
        raise click.UsageError("--catatan memerlukan tepat satu --desa.")
    if catatan and catatan[0] not in ENTITIES:
        known = ", ".join(sorted(ENTITIES))
        raise click.BadParameter(
            f"{catatan[0]} bukan salah satu dari {known}", param_hint="--catatan"
        )
    desa = [dotted(it) for it in codes]
    with open_office(settings) as services:
        exports = Exports(services.databases.reader, services.ledger.office, services.now)
        chunks = (
            exports.record(desa[0], *catatan, whole=not hashed)
            if catatan
            else exports.logs(desa or None, whole=not hashed)
        )
        with _writing(keluaran) as file:
            for chunk in chunks:
                file.write(chunk)
    click.echo(f"{keluaran}: {keluaran.stat().st_size} bita.")


@contextmanager
def _writing(path: Path) -> Iterator[IO[bytes]]:
    """A file that is there whole, or not at all."""
    try:
        with durable.replaced(path) as file:
            yield file
    except OSError as error:
        raise click.BadParameter(f"{path}: {reason(error)}", param_hint="-o") from None


def _see_lines(bundle: OpenBundle) -> None:
    """What is asked is about lines, which a bundle of hashes does not show."""
    if bundle.declared.lines != "whole":
        raise BundleError("hanya memuat hash setiap baris; minta yang dibuat tanpa --hash")


@audit.command()
@click.argument("berkas", type=_FILE)
@click.option(
    "--policy",
    required=True,
    type=_FILE,
    help="Kebijakan milik auditor (C2SP tlog-policy), bukan dari server.",
)
@click.option(
    "--lama",
    multiple=True,
    type=_FILE,
    help="Checkpoint, .tlog-proof, atau tanda terima yang pernah disimpan; boleh berulang.",
)
@click.option("--json", "as_json", is_flag=True, help="Keluaran JSON, dengan semua kesalahan.")
@click.pass_context
def verify(
    ctx: click.Context, berkas: Path, policy: Path, lama: tuple[Path, ...], *, as_json: bool
) -> None:
    """Memeriksa BERKAS audit, atau bukti satu perubahan; kode keluar 3 bila ada yang salah."""
    try:
        trust = Trust.from_bytes(policy.read_bytes())
    except NoteError as error:
        raise click.BadParameter(str(error), param_hint="--policy") from None
    report = _verified(berkas, trust, lama)
    if as_json:
        click.echo(json.dumps(report.to_json(), ensure_ascii=False, indent=2))
    else:
        _show(report)
    ctx.exit(0 if report.sound else FAULTY)


def _verified(berkas: Path, trust: Trust, lama: tuple[Path, ...]) -> Report:
    with berkas.open("rb") as file:
        if file.read(1) == b"{":
            if lama:
                raise click.UsageError("--lama tidak berlaku untuk bukti satu perubahan.")
            return verify_change(berkas.read_bytes(), trust)
    kept = [(it.name, it.read_bytes()) for it in lama]
    with click.progressbar(
        range(0),
        length=_count(berkas),
        label="Memeriksa kiriman",
        file=sys.stderr,
        hidden=not sys.stderr.isatty(),
    ) as bar:
        return verify_bundle(berkas, trust, kept, bar.update)


def _count(berkas: Path) -> int | None:
    """How many batches a bundle says that it has; None when it does not."""
    try:
        with OpenBundle(berkas) as bundle:
            logs = bundle.declared.logs
            return sum(it.size if it.positions is None else len(it.positions) for it in logs)
    except Exception:  # noqa: BLE001  # a bar is no reason to fail; the verification will say why
        return None


def _show(report: Report) -> None:
    for fault in report.faults[:MOST_SHOWN]:
        click.echo(f"SALAH    {fault.place}: {fault.message} [{fault.code}]")
    more = len(report.faults) + report.more_faults - MOST_SHOWN
    if more > 0:
        click.echo(f"         … dan {more} lagi; --json menampilkan semuanya.")
    for remark in report.remarks:
        click.echo(f"catatan  {remark}")
    for log in report.logs:
        parts = [f"{log.batches} kiriman", f"{log.changes} baris"]
        if log.redacted:
            parts.append(f"{log.redacted} dihapus secara sah")
        if log.hidden > log.redacted:
            parts.append(f"{log.hidden - log.redacted} hanya hash")
        click.echo(f"{log.kode}  {', '.join(parts)}; akar {log.root or '?'}")
    count = len(report.faults) + report.more_faults
    click.echo(f"{count} kesalahan." if count else "Tidak ada kesalahan.")


@audit.command("history")
@click.argument("berkas", type=_FILE)
@click.argument("kode")
@click.argument("jenis")
@click.argument("id_", metavar="ID")
@click.option("--json", "as_json", is_flag=True, help="Keluaran JSON.")
def history_(berkas: Path, kode: str, jenis: str, id_: str, *, as_json: bool) -> None:
    """Riwayat satu catatan dari BERKAS yang sudah diperiksa: setiap perubahan, kolom per kolom."""
    kode = dotted(kode)
    with OpenBundle(berkas) as bundle:
        _see_lines(bundle)
        found = list(history(bundle.span(kode, 0, bundle.log(kode).size), jenis, id_))
    if as_json:
        rows = [
            {
                "position": it.position,
                "line": it.line,
                "chain": it.chain,
                "number": it.number,
                "signed_at": it.signed_at.isoformat(),
                "at": it.at.isoformat(),
                "kind": it.kind,
                "derived": it.derived,
                "differences": [_field(field) for field in it.differences],
            }
            for it in found
        ]
        click.echo(json.dumps(rows, ensure_ascii=False, indent=2))
        return
    if not found:
        click.echo("Berkas ini tidak memuat pernyataan tentang catatan itu.")
    for it in found:
        click.echo(
            f"kiriman {it.position} baris {it.line}  {it.at.isoformat()}  {_KINDS[it.kind]}"
            f"  ({it.chain} nomor {it.number})"
        )
        _show_fields(it.differences)


@audit.command()
@click.argument("berkas", type=_FILE)
@click.argument("kode")
@click.argument("dari", type=click.IntRange(0))
@click.argument("sampai", type=click.IntRange(0))
@click.option("--json", "as_json", is_flag=True, help="Keluaran JSON.")
def diff(berkas: Path, kode: str, dari: int, sampai: int, *, as_json: bool) -> None:
    """Beda keadaan desa KODE antara kiriman DARI (0: sebelum semuanya) dan SAMPAI."""
    if dari > sampai:
        raise click.UsageError("DARI tidak boleh sesudah SAMPAI.")
    kode = dotted(kode)
    with OpenBundle(berkas) as bundle:

        def span(after: int, upto: int) -> Iterator[Any]:
            return bundle.span(kode, after, upto)

        if sampai > bundle.log(kode).size:
            raise click.UsageError(f"Log ini hanya sampai kiriman {bundle.log(kode).size}.")
        found = difference(span, dari, sampai)
    if as_json:
        rows = [
            {
                "entity": it.entity,
                "id": it.id,
                "kind": it.kind,
                "position": it.position,
                "line": it.line,
                "differences": [_field(field) for field in it.differences],
            }
            for it in found.records
        ]
        told = {"records": rows, "hidden": found.hidden}
        click.echo(json.dumps(told, ensure_ascii=False, indent=2))
        return
    for it in found.records:
        click.echo(f"{it.entity} {it.id}  {_KINDS[it.kind]}  (kiriman {it.position})")
        _show_fields(it.differences)
    click.echo(f"{len(found.records)} catatan berbeda.")
    if found.hidden:
        click.echo(f"{found.hidden} baris hanya berupa hash dan tidak dapat dibandingkan.")


@audit.command()
@click.argument("berkas", type=_FILE)
@click.argument("kode")
@click.argument("posisi", type=click.IntRange(1))
@click.argument("baris", type=click.IntRange(1))
@click.option("-o", "--keluaran", type=click.File("wb", lazy=False), default="-")
def proof(berkas: Path, kode: str, posisi: int, baris: int, keluaran: IO[bytes]) -> None:
    """Bukti satu perubahan: BARIS dari kiriman POSISI desa KODE, sebagai JSON kecil.

    `audit verify` memeriksanya, tanpa berkas ini.
    """
    with OpenBundle(berkas) as bundle:
        keluaran.write(bundle.prove(dotted(kode), posisi, baris).to_bytes())


@audit.command()
@click.argument("berkas", type=_FILE)
@click.argument("kode")
@click.argument("tabel", type=click.Choice(sorted(RECORD_TABLES)))
@click.option("--per", type=click.IntRange(0), help="Keadaan per kiriman ini; bawaan: terbaru.")
@click.option("--format", "form", type=click.Choice(["csv", "json"]), default="csv")
@click.option("-o", "--keluaran", type=click.Path(path_type=Path, dir_okay=False))
def replay(
    berkas: Path, kode: str, tabel: str, per: int | None, form: str, keluaran: Path | None
) -> None:
    """Menyusun ulang TABEL desa KODE dari BERKAS saja, tanpa basis data.

    Hasilnya sama dengan tabel yang dibaca halaman pada kiriman itu.
    """
    kode = dotted(kode)
    with OpenBundle(berkas) as bundle:
        _see_lines(bundle)
        size = bundle.log(kode).size
        upto = size if per is None else per
        if upto > size:
            raise click.UsageError(f"Log ini hanya sampai kiriman {size}.")
        changes = ((it.position, it.changes()) for it in bundle.span(kode, 0, upto))
        columns, rows = replayed(tabel, kode, changes)
    text = io.StringIO(newline="")
    if form == "json":
        found = [dict(zip(columns, row, strict=True)) for row in rows]
        json.dump(found, text, ensure_ascii=False, indent=1, default=str)
        text.write("\n")
    else:
        writer = csv.writer(text)
        writer.writerow(columns)
        writer.writerows([_cell(it) for it in row] for row in rows)
    if keluaran is None:
        click.echo(text.getvalue(), nl=False)
    else:
        with _writing(keluaran) as file:
            file.write(text.getvalue().encode())


@audit.command()
def verifier() -> None:
    """Menampilkan pemeriksa satu berkas: `opendk-ledger audit verifier > periksa.py`."""
    source = resources.files("ledger.bundle").joinpath("periksa.py").read_text("utf-8")
    click.echo(source, nl=False)


def _cell(value: object) -> object:
    return json.dumps(value, ensure_ascii=False) if isinstance(value, list | dict) else value


def _field(it: FieldDifference) -> dict[str, object]:
    return {"name": it.name, "before": it.before, "after": it.after}


def _show_fields(differences: tuple[FieldDifference, ...]) -> None:
    for it in differences:
        click.echo(f"    {it.name}: {_text(it.before)} → {_text(it.after)}")


def _text(value: object) -> str:
    return "-" if value is None else json.dumps(value, ensure_ascii=False)
