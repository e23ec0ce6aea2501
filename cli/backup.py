"""`opendk-ledger backup` and `restore`: the office carried away, and put back on another machine.

A backup has what cannot be made again, and not the keys; those are copied apart. A restore writes
only into what is empty, checks before it begins and after it ended, and says what it found.
"""

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import click

from api.format import size
from cli.opening import open_office, open_services, running_database
from ledger import (
    RESTORING,
    Backup,
    BackupError,
    Blobs,
    Damage,
    Identities,
    OfficeKeys,
    OpenedBackup,
    differing,
    lacking_keys,
    open_to_others,
    place_keys,
    read_standing,
    restore_database,
)
from ledger.database import migrate, open_databases, prepare
from ledger.errors import KeyFileError, OfficeMismatchError
from ledger.settings import Settings, SettingsError
from ledger.streams import Writing

FAILED: Final = 3
_FOLDER = click.Path(path_type=Path, file_okay=False)
_FILE = click.Path(path_type=Path, dir_okay=False)


@contextmanager
def _bar(length: int, label: str) -> Iterator[Callable[[int], None]]:
    with click.progressbar(
        length=max(length, 1), label=label, file=sys.stderr, hidden=not sys.stderr.isatty()
    ) as bar:
        yield bar.update


@click.command()
@click.argument("folder", type=_FOLDER, required=False)
@click.option(
    "--kunci",
    type=_FOLDER,
    help="Salin kunci kantor ke folder ini, yang harus di luar folder cadangan.",
)
@click.option("--json", "as_json", is_flag=True, help="Keluaran JSON.")
@click.pass_obj
def backup(settings: Settings, folder: Path | None, kunci: Path | None, *, as_json: bool) -> None:
    """Membuat cadangan log dan berkas di dalam FOLDER, dengan nama menurut waktunya.

    Kunci kantor tidak ikut: simpan salinannya di tempat lain dengan --kunci. Tanpa FOLDER dipakai
    LEDGER_BACKUP; dengan --kunci saja hanya kuncinya yang disalin.
    """
    target = folder or (None if kunci else settings.backup)
    if target is None and kunci is None:
        raise click.UsageError("Sebutkan FOLDER, atau isi LEDGER_BACKUP.")
    keys = settings.data / "keys"
    if not keys.exists():
        raise BackupError(f"kantor ini belum pernah dijalankan, {keys} tidak ada")
    if kunci is not None:
        for it in (target, settings.backup):
            if it is not None and inside(kunci, it):
                raise KeyFileError(f"{kunci} ada di dalam folder cadangan {it}; pisahkan keduanya")
    made = copied = None
    with open_office(settings) as services:
        if target is not None:
            with _bar(services.scrub.size(), "Mencadangkan") as update:
                made = services.backups.make(target, update)
        if kunci is not None:
            office_keys = OfficeKeys(services.databases.ingest, services.ledger, services.now)
            copied = office_keys.copy(kunci)
    if as_json:
        told = {**(_told(made) if made else {}), **({"keys": str(copied)} if copied else {})}
        click.echo(json.dumps(told, indent=2))
        return
    if made:
        _show(made)
        if not made.recipients:
            click.echo("Isinya tidak tersandi; lihat: opendk-ledger kantor kunci-cadangan --help.")
        if not copied:
            click.echo("Kunci kantor tidak di dalamnya; salin sekali ke tempat lain: --kunci.")
    if copied:
        click.echo(f"Kunci kantor disalin ke {copied}.")
        if open_to_others(copied):
            click.echo("  PERHATIAN: terbaca siapa pun di media itu; simpan di lemari terkunci.")


def inside(path: Path, folder: Path) -> bool:
    """Whether one of two folders is in the other."""
    one, other = path.resolve(), folder.resolve()
    return one == other or other in one.parents or one in other.parents


def _told(it: Backup) -> dict[str, object]:
    """A backup as JSON."""
    return {
        "path": str(it.path),
        "taken_at": it.taken_at.isoformat(),
        "bytes": it.bytes,
        "files": it.blobs,
        "missing": list(it.missing),
        "recipients": list(it.recipients),
        "logs": [{"kode": at.kode, "size": at.size, "root": at.root.hex()} for at in it.logs],
    }


def _show(it: Backup) -> None:
    click.echo(f"Cadangan {it.path}")
    click.echo(f"  keadaan per {it.taken_at:%Y-%m-%d %H:%M:%S} UTC, {size(it.bytes)}")
    click.echo(f"  {len(it.logs)} log, {it.batches} kiriman, {it.blobs} berkas")
    for recipient in it.recipients:
        click.echo(f"  tersandi untuk {recipient}")
    if it.missing:
        click.echo(f"  PERHATIAN: {len(it.missing)} berkas hilang atau rusak saat dicadangkan.")


@dataclass(frozen=True)
class Restored:
    """What a restore found afterwards."""

    rows: int
    damages: list[Damage]
    differing: list[str]

    @property
    def sound(self) -> bool:
        """Whether everything is as the backup says."""
        return not self.damages and not self.differing


@click.command()
@click.argument("folder", type=_FOLDER)
@click.option("--kunci", type=_FOLDER, help="Salinan kunci kantor yang dipasang lebih dahulu.")
@click.option("--pembuka", type=_FILE, help="Berkas kunci pembuka cadangan yang tersandi.")
@click.option("--periksa", is_flag=True, help="Hanya memeriksa cadangannya; tidak memulihkan.")
@click.option("--json", "as_json", is_flag=True, help="Keluaran JSON.")
@click.pass_obj
def restore(
    settings: Settings,
    folder: Path,
    kunci: Path | None,
    pembuka: Path | None,
    *,
    periksa: bool,
    as_json: bool,
) -> None:
    """Memulihkan cadangan FOLDER ke folder data dan basis data yang masih kosong.

    Cadangan yang rusak atau tidak selesai ditolak sebelum apa pun ditulis. Sesudahnya semuanya
    dibaca ulang dan dibandingkan. Kode keluar 3 bila ada yang rusak atau berbeda.

    Memeriksa cadangan yang tersandi tidak memerlukan kunci pembukanya; dengan --pembuka isinya
    dibuka dan dibaca juga.
    """
    found = Backup.open(folder)
    identities = Identities.read(pembuka) if pembuka else None
    with _bar(found.bytes, "Memeriksa cadangan") as update:
        found.check(update)
    if periksa:
        _look_through(found, identities, as_json=as_json)
        return
    opened = found.unlock(identities)
    _check_office(settings, found)
    settings.data.mkdir(mode=0o711, parents=True, exist_ok=True)
    keys = settings.data / "keys"
    if kunci is not None:
        place_keys(kunci, keys)
    if lacking := lacking_keys(keys):
        raise KeyFileError(
            f"{keys} tidak memuat {', '.join(lacking)}; pasang salinan kunci kantor dengan --kunci"
        )
    with running_database(settings) as running:
        result = _restore(running, opened)
    if as_json:
        told = {
            **_told(found),
            "rows": result.rows,
            "damages": [str(it) for it in result.damages],
            "differing": result.differing,
        }
        click.echo(json.dumps(told, indent=2))
    else:
        _show_result(found, result)
    if not result.sound:
        sys.exit(FAILED)


def _look_through(found: Backup, identities: Identities | None, *, as_json: bool) -> None:
    """Say that a backup is whole; and, with a key to it, that it can be opened."""
    if identities is not None:
        opened = found.unlock(identities)
        with _bar(found.bytes, "Membuka cadangan") as update:
            opened.check(update)
    if as_json:
        click.echo(json.dumps(_told(found), indent=2))
        return
    _show(found)
    click.echo("  utuh: setiap bita sama dengan yang ditulis.")
    if found.recipients:
        said = "dapat dibuka" if identities else "tidak dibuka: kunci pembuka tidak diberikan"
        click.echo(f"  {said}.")


def _check_office(settings: Settings, found: Backup) -> None:
    if not settings.origin or not settings.kode:
        raise SettingsError(
            f"LEDGER_ORIGIN dan LEDGER_KODE belum diisi; cadangan ini milik {found.origin} "
            f"dengan kode {found.kode}"
        )
    theirs, ours = f"{found.origin}/{found.kode}", f"{settings.origin}/{settings.kode}"
    if theirs != ours:
        raise OfficeMismatchError(theirs, ours)


def _restore(settings: Settings, opened: OpenedBackup) -> Restored:
    found, begun = opened.backup, settings.data / RESTORING
    databases = open_databases(settings.database_url or "")
    try:
        prepare(databases.owner)
        if not restore_database(opened, databases.owner, settings.pg_bindir, begun):
            click.echo("Basis data sudah memuat isi cadangan ini; dilanjutkan.", err=True)
        blobs = Blobs(settings.data / "blobs", databases.ingest)
        with _bar(found.blob_bytes, "Memulihkan berkas") as update:
            for digest in opened.files():
                with blobs.put_back(digest) as file:
                    opened.read_file(digest, Writing(file, update))
    finally:
        databases.dispose()
    migrate(settings.database_url or "")
    with open_services(settings) as services:
        services.ledger.found()
        with _bar(services.scrub.size(), "Memeriksa") as update:
            done = services.scrub.everything(None, update)
        with services.databases.owner.connect() as tx:
            others = differing(read_standing(tx), found)
        services.ledger.note_restored(found.taken_at, {it.kode: it.size for it in found.logs})
    begun.unlink(missing_ok=True)
    return Restored(done.rows, done.damages, others)


def _show_result(found: Backup, result: Restored) -> None:
    _show(found)
    for it in result.damages:
        click.echo(f"RUSAK  {it}")
    for kode in result.differing:
        click.echo(f"RUSAK  {kode}: log tidak berdiri di tempat yang disebut cadangan")
    if result.sound:
        click.echo(
            f"Dipulihkan: {result.rows} catatan dan berkas dibaca ulang, semuanya utuh, dan "
            "setiap log berdiri tepat di tempat yang disebut cadangan."
        )
    else:
        click.echo("Dipulihkan, tetapi tidak utuh: lihat di atas. Cari cadangan yang lain.")
    click.echo(AFTERWARDS.format(at=f"{found.taken_at:%Y-%m-%d %H:%M} UTC"))


AFTERWARDS: Final = """\
Yang terjadi sesudah {at} tidak ada di sini. Langkah berikutnya:
  - opendk-ledger serve: tabel dibangun ulang dari log, dan semua orang masuk lagi.
  - Desa yang menandatangani sendiri memperhatikannya pada pengiriman berikutnya dan mengirim ulang
    yang hilang. Bila ditolak dengan kode history atau fork, atau bukti tandingan disimpan: simpan
    kedua checkpoint, catat dalam berita acara, dan terbitkan kode baru (desa enrol KODE).
  - Desa tanpa kunci: mintalah mengirim semua datanya sekali lagi dari OpenSID.
  - Ulangi keputusan kantor sesudah saat itu: kunci yang dicabut, token, pengguna, pergantian
    kunci, dan terutama penghapusan orang (redact) menurut surat perintahnya.
  - Saksi, dan akar yang tercetak sesudah saat itu, tidak cocok dengan log kantor yang baru;
    pemulihan ini tercatat di dalamnya. Simpan cadangan ini sebagai bukti.
  - Di komputer lama jangan jalankan apa pun lagi: dua kantor dengan satu kunci bercabang."""
