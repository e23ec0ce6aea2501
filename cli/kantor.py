"""`opendk-ledger kantor`: the office's own keys, and how one follows another."""

import json
from pathlib import Path

import click

from cli.asking import confirm
from cli.backup import inside
from cli.opening import now, open_office
from ledger import AgeError, OfficeKeys, make_identity
from ledger.settings import Settings, SettingsError

_SIGNS = {
    "log": "checkpoint setiap log",
    "kantor": "tindakan kantor",
    "gateway": "kiriman OpenSID tanpa kunci",
}


@click.group()
def kantor() -> None:
    """Kunci kantor sendiri: menampilkan dan menggantinya."""


@kantor.command()
@click.option("--json", "as_json", is_flag=True, help="Keluaran JSON.")
@click.pass_obj
def kunci(settings: Settings, *, as_json: bool) -> None:
    """Menampilkan kunci kantor, sidik jarinya, dan mana yang masih menandatangani.

    Baris terakhir tiap kunci adalah vkey-nya; yang dari kunci log ditulis auditor dalam
    kebijakannya, sesudah kata `log`, setelah sidik jarinya dicocokkan.
    """
    with open_office(settings) as services:
        found = OfficeKeys(services.databases.ingest, services.ledger, services.now).listed()
    if as_json:
        rows = [
            {
                "peran": it.role,
                "nomor": it.number,
                "vkey": it.verifier.to_vkey(),
                "sidik_jari": it.verifier.fingerprint,
                "berlaku": it.signs,
            }
            for it in found
        ]
        click.echo(json.dumps(rows, indent=2))
        return
    for it in found:
        state = "menandatangani" if it.signs else "tidak lagi menandatangani"
        click.echo(f"{it.role} ke-{it.number}  {it.verifier.fingerprint}")
        click.echo(f"    {it.verifier.name}, {state} {_SIGNS[it.role]}")
        click.echo(f"    {it.verifier.to_vkey()}")


@kantor.command("kunci-cadangan")
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False))
@click.pass_obj
def kunci_cadangan(settings: Settings, folder: Path) -> None:
    """Membuat kunci pembuka cadangan di FOLDER, di luar komputer ini: media atau lemari lain.

    Komputer kantor hanya mengetahui pasangannya (LEDGER_BACKUP_AGE), yang menyandi dan tidak
    dapat membuka. Siapa pun yang menemukan cadangan tersandi tidak dapat membacanya tanpa kunci
    ini, juga kantor sendiri: simpan dua salinan, satu di antaranya tercetak.
    """
    if not settings.kode:
        raise SettingsError("LEDGER_KODE belum diisi")
    for it in (settings.data, settings.backup):
        if it is not None and inside(folder, it):
            raise AgeError(f"{folder} ada di dalam {it}; simpan di tempat lain")
    path, recipient = make_identity(folder, settings.kode, now())
    click.echo(f"Kunci pembuka ditulis ke {path}; cetak juga, dan simpan keduanya terpisah.")
    click.echo("Isi pengaturan ini, lalu mulai ulang; cadangan berikutnya tersandi:")
    click.echo(f"  LEDGER_BACKUP_AGE={','.join([*settings.backup_age, recipient])}")


@kantor.command("ganti-kunci")
@click.argument("peran", type=click.Choice(list(_SIGNS)))
@click.option("--yakin", is_flag=True, help="Jangan bertanya.")
@click.pass_obj
def ganti_kunci(settings: Settings, peran: str, *, yakin: bool) -> None:
    """Mengganti kunci kantor PERAN dengan yang baru, ditandatangani keduanya.

    Yang sedang melayani langsung memakai kunci baru. Kunci log yang lama tetap ikut
    menandatangani sampai `kantor buang-kunci-lama`, agar desa sempat mengikuti. Buat cadangan
    folder keys sesudahnya.
    """
    if not yakin:
        confirm(f"Ganti kunci {peran} ({_SIGNS[peran]})?")
    with open_office(settings) as services:
        new = OfficeKeys(services.databases.ingest, services.ledger, services.now).rotate(peran)
    click.echo(f"Kunci {peran} kini yang ke-{new.number}: {new.verifier.name}")
    click.echo(f"  sidik jari {new.verifier.fingerprint}")
    click.echo("Buat cadangan folder keys sekarang.")


@kantor.command("buang-kunci-lama")
@click.option("--yakin", is_flag=True, help="Jangan bertanya.")
@click.pass_obj
def buang_kunci_lama(settings: Settings, *, yakin: bool) -> None:
    """Menghentikan kunci log yang lama; sejak itu hanya yang terbaru menandatangani.

    Desa yang belum mengirim sejak pergantian tetap dapat mengikuti dari suratnya.
    """
    if not yakin:
        confirm("Buang kunci log yang lama untuk selamanya?")
    with open_office(settings) as services:
        gone = OfficeKeys(services.databases.ingest, services.ledger, services.now).discard()
    if not gone:
        click.echo("Tidak ada kunci log lama yang masih menandatangani.")
    for it in gone:
        click.echo(f"Kunci log ke-{it.number} ({it.verifier.fingerprint}) dibuang.")
