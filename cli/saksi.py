"""`opendk-ledger saksi`: who witnesses our logs, whose logs we witness, and anchors."""

import json

import click

from cli.asking import confirm
from cli.opening import open_office
from ledger import (
    Asked,
    CosignerKey,
    KnownWitness,
    NoteError,
    VerifierKey,
    WitnessedLog,
    WitnessUnknownError,
)
from ledger.settings import Settings

_ALARM = 3
"""The exit code of a verification that failed."""
_TOLD = {
    "cosigned": "disaksikan",
    "unwatched": "tidak disaksikan di sana: minta kantornya menjalankan saksi amati",
    "unreachable": "tidak menjawab, dicoba lagi nanti",
    "refused": "DITOLAK: saksi tidak mengakui lanjutan riwayat log ini, atau kuncinya",
    "ahead": "GAWAT: saksi pernah melihat log ini lebih panjang; ada yang hilang di sini",
    "forged": "GAWAT: jawaban tidak ditandatangani kunci saksi itu",
}


@click.group()
def saksi() -> None:
    """Saksi log kantor ini, dan log kantor lain yang disaksikannya.

    Saksi menandatangani checkpoint hanya bila log terbukti bertambah, tidak berubah. Dengan saksi,
    log yang dipendekkan atau dicabangkan ketahuan siapa pun.
    """


@saksi.command()
@click.pass_obj
def kunci(settings: Settings) -> None:
    """Menampilkan kunci saksi dan kunci log kantor ini, untuk diberikan kepada kantor lain."""
    with open_office(settings) as services:
        office = services.ledger.office
        own, key = office.log_key(office.kode).verifier, services.witness.key
        desa = [office.log_key(it.kode_desa).verifier for it in services.registry.desa()]
    click.echo("Kunci saksi kantor ini. Kantor lain yang mau disaksikan menjalankan saksi add:")
    click.echo(f"  {key.to_vkey()}")
    click.echo(f"  sidik jari {key.fingerprint}")
    click.echo("Kunci log kantor ini. Kantor yang mau menjadi saksinya menjalankan saksi amati:")
    click.echo(f"  {own.to_vkey()}")
    click.echo(f"  sidik jari {own.fingerprint}")
    if desa:
        click.echo("Log desa boleh disaksikan juga; kuncinya sama, namanya lain:")
    for verifier in desa:
        click.echo(f"  {verifier.to_vkey()}")


@saksi.command()
@click.argument("vkey")
@click.argument("url")
@click.option("--yakin", is_flag=True, help="Sidik jari sudah dicocokkan; jangan bertanya.")
@click.pass_obj
def add(settings: Settings, vkey: str, url: str, *, yakin: bool) -> None:
    """Meminta saksi berkunci VKEY di alamat URL menyaksikan log kantor ini."""
    try:
        key = CosignerKey.from_vkey(vkey.strip())
    except NoteError as error:
        raise click.BadParameter(f"bukan kunci saksi: {error}", param_hint="VKEY") from None
    _compare(key, yakin=yakin)
    with open_office(settings) as services:
        added = services.witnesses.add(vkey, url)
    click.echo(f"{added.name} menjadi saksi log kantor ini. Minta sekarang dengan: saksi minta")


@saksi.command()
@click.argument("vkey")
@click.option("--yakin", is_flag=True, help="Sidik jari sudah dicocokkan; jangan bertanya.")
@click.pass_obj
def amati(settings: Settings, vkey: str, *, yakin: bool) -> None:
    """Menjadi saksi log kantor lain, yang berkunci VKEY."""
    try:
        key = VerifierKey.from_vkey(vkey.strip())
    except NoteError as error:
        raise click.BadParameter(f"bukan kunci log: {error}", param_hint="VKEY") from None
    _compare(key, yakin=yakin)
    with open_office(settings) as services:
        log = services.witness.watch(vkey)
        own = services.witness.key
    click.echo(f"Log {log.origin} disaksikan kantor ini mulai sekarang.")
    click.echo("Kantornya perlu kunci saksi ini, dan alamat kantor ini:")
    click.echo(f"  {own.to_vkey()}")


@saksi.command()
@click.argument("nama")
@click.pass_obj
def hapus(settings: Settings, nama: str) -> None:
    """Berhenti meminta saksi NAMA, atau berhenti menyaksikan log NAMA."""
    with open_office(settings) as services:
        try:
            services.witnesses.remove(nama)
            click.echo(f"{nama} tidak lagi diminta menyaksikan.")
        except WitnessUnknownError:
            services.witness.unwatch(nama)
            click.echo(f"Log {nama} tidak lagi disaksikan kantor ini.")


@saksi.command("list")
@click.option("--json", "as_json", is_flag=True, help="Keluaran JSON.")
@click.pass_obj
def list_(settings: Settings, *, as_json: bool) -> None:
    """Menampilkan saksi kantor ini, dan log yang disaksikannya."""
    with open_office(settings) as services:
        witnesses, logs = services.witnesses.all(), services.witness.logs()
    if as_json:
        rows = {
            "saksi": [_witness(it) for it in witnesses],
            "disaksikan": [_log(it) for it in logs],
        }
        click.echo(json.dumps(rows, ensure_ascii=False, indent=2))
        return
    click.echo("Saksi kantor ini:" if witnesses else "Kantor ini belum mempunyai saksi.")
    for witness in witnesses:
        click.echo(f"  {witness.name}  {witness.url}")
        for kode, size in witness.sizes.items():
            click.echo(f"      {kode}  sampai kiriman ke-{size}")
    click.echo("Log yang disaksikan:" if logs else "Kantor ini belum menyaksikan log lain.")
    for log in logs:
        state = f"sampai ukuran {log.tree.size}" if log.note else "belum pernah diminta"
        forked = "  BERCABANG, lihat --json" if log.rival else ""
        click.echo(f"  {log.origin}  {state}{forked}")


@saksi.command()
@click.option("--json", "as_json", is_flag=True, help="Keluaran JSON.")
@click.pass_context
def minta(ctx: click.Context, *, as_json: bool) -> None:
    """Meminta semua saksi menandatangani checkpoint terbaru; worker melakukannya setiap jam.

    Kode keluar 3 bila ada saksi yang menolak.
    """
    with open_office(ctx.obj) as services:
        asked = services.witnesses.ask()
    if as_json:
        click.echo(json.dumps([_asked(it) for it in asked], indent=2))
    elif not asked:
        click.echo("Tidak ada checkpoint baru untuk disaksikan.")
    else:
        for it in asked:
            click.echo(f"{it.witness}  {it.kode_desa} ukuran {it.size}: {_TOLD[it.outcome]}")
    if any(it.alarming for it in asked):
        ctx.exit(_ALARM)


@saksi.command()
@click.pass_obj
def jangkar(settings: Settings) -> None:
    """Mencatat sampai mana log setiap desa dalam log kantor; worker melakukannya setiap hari."""
    with open_office(settings) as services:
        anchored = services.transparency.anchor()
        kode = services.ledger.office.kode
        note = services.transparency.checkpoint(kode).to_bytes().decode()
    for it in anchored:
        click.echo(f"{it.kode_desa}  sampai kiriman ke-{it.size}")
    click.echo("" if anchored else "Tidak ada log desa yang bertambah sejak jangkar terakhir.\n")
    click.echo(note, nl=False)


def _compare(key: VerifierKey, *, yakin: bool) -> None:
    if not yakin:
        click.echo(f"Sidik jari kunci {key.name}: {key.fingerprint}")
        confirm("Sama dengan yang dibacakan petugas kantor itu?")


def _witness(it: KnownWitness) -> dict[str, object]:
    return {"nama": it.name, "vkey": it.key.to_vkey(), "url": it.url, "sampai": it.sizes}


def _log(it: WitnessedLog) -> dict[str, object]:
    return {
        "log": it.origin,
        "kunci": [key.to_vkey() for key in it.keys],
        "ukuran": it.tree.size,
        "disaksikan": it.cosigned_at.isoformat() if it.cosigned_at else None,
        "checkpoint": it.note.decode() if it.note else None,
        "tandingan": it.rival.decode() if it.rival else None,
    }


def _asked(it: Asked) -> dict[str, object]:
    return {
        "saksi": it.witness,
        "kode": it.kode_desa,
        "ukuran": it.size,
        "hasil": it.outcome,
        "rincian": it.detail,
    }
