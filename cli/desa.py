"""`opendk-ledger desa`: which villages may push, with which keys and tokens."""

import json
from typing import Any

import click

from cli.opening import open_office
from ledger import NoteError, Token, VerifierKey, dotted
from ledger.settings import Settings


@click.group()
def desa() -> None:
    """Mendaftarkan desa, kuncinya, dan tokennya."""


@desa.command()
@click.argument("kode")
@click.argument("nama")
@click.pass_obj
def add(settings: Settings, kode: str, nama: str) -> None:
    """Mendaftarkan desa KODE (53.06.14.2001) bernama NAMA, dan memulai log-nya."""
    with open_office(settings) as services:
        added = services.registry.add_desa(kode, nama)
        log_key = services.ledger.office.log_key(added.kode_desa).verifier
    click.echo(f"Desa {added.nama} ({added.kode_desa}) terdaftar.")
    click.echo("Kunci kecamatan untuk desa ini, dipakai pada push pertama:")
    click.echo(f"  {log_key.to_vkey()}")


@desa.command("list")
@click.option("--json", "as_json", is_flag=True, help="Keluaran JSON.")
@click.pass_obj
def list_(settings: Settings, *, as_json: bool) -> None:
    """Menampilkan desa yang terdaftar, kuncinya, dan sampai mana log-nya."""
    with open_office(settings) as services:
        rows: list[dict[str, Any]] = [
            {
                "kode_desa": it.kode_desa,
                "nama": it.nama,
                "kiriman": services.ledger.head(it.kode_desa).size,
                "kunci": [
                    {
                        "nama": key.verifier.name,
                        "sidik_jari": key.verifier.fingerprint,
                        "mulai": key.first,
                        "sampai": key.end,
                    }
                    for key in services.registry.keys(it.kode_desa)
                ],
                "kunci_kecamatan": services.ledger.office.log_key(it.kode_desa).verifier.to_vkey(),
            }
            for it in services.registry.desa()
        ]
    if as_json:
        click.echo(json.dumps(rows, ensure_ascii=False, indent=2))
        return
    if not rows:
        click.echo("Belum ada desa. Daftarkan dengan: opendk-ledger desa add KODE NAMA")
    for row in rows:
        click.echo(f"{row['kode_desa']}  {row['nama']}  ({row['kiriman']} kiriman)")
        click.echo(f"    kunci kecamatan  {row['kunci_kecamatan']}")
        for key in row["kunci"]:
            click.echo(f"    {key['nama']}  {key['sidik_jari']}")


@desa.command()
@click.argument("kode")
@click.argument("vkey")
@click.option("--yakin", is_flag=True, help="Sidik jari sudah dicocokkan; jangan bertanya.")
@click.pass_obj
def enrol(settings: Settings, kode: str, vkey: str, *, yakin: bool) -> None:
    """Mendaftarkan kunci VKEY milik desa KODE, setelah sidik jarinya dicocokkan.

    VKEY ditampilkan oleh `opendk-ledger push` di komputer desa.
    """
    fingerprint = _fingerprint(vkey)
    if not yakin:
        click.echo(f"Sidik jari kunci: {fingerprint}")
        click.confirm("Sama dengan yang dibacakan operator desa?", abort=True)
    with open_office(settings) as services:
        registered = services.registry.enrol(dotted(kode), vkey)
        log_key = services.ledger.office.log_key(dotted(kode)).verifier
    click.echo(
        f"Kunci {registered.verifier.name} berlaku mulai kiriman ke-{registered.first}.",
    )
    click.echo("Kunci kecamatan, untuk dipakai desa pada push pertama:")
    click.echo(f"  {log_key.to_vkey()}")


@desa.command()
@click.argument("kode")
@click.option("--untuk", default="OpenSID", show_default=True, help="Keterangan: milik siapa.")
@click.option("--daftar", is_flag=True, help="Menampilkan token desa ini, bukan membuat.")
@click.option("--cabut", metavar="ID", help="Mencabut token ber-ID ini; berlaku seketika.")
@click.option("--json", "as_json", is_flag=True, help="Keluaran JSON.")
@click.pass_obj
def token(
    settings: Settings, kode: str, untuk: str, cabut: str | None, *, daftar: bool, as_json: bool
) -> None:
    """Membuat token agar OpenSID desa KODE dapat mengirim seperti ke OpenDK.

    Tempelkan token di OpenSID: Sinkronisasi, tab Key, bersama alamat server ini; pengguna dan
    kata sandi di sana boleh diisi apa saja. Token hanya ditampilkan sekali ini.
    """
    kode = dotted(kode)
    with open_office(settings) as services:
        tokens = services.tokens
        if cabut:
            revoked = tokens.revoke(kode, cabut)
            click.echo(f"Token {revoked.id} ({revoked.label}) tidak berlaku lagi.")
            return
        if daftar:
            services.registry.get_desa(kode)
            _show_tokens(tokens.of(kode), as_json=as_json)
            return
        text, made = tokens.issue(kode, untuk)
    if as_json:
        click.echo(json.dumps({"id": made.id, "token": text}))
        return
    click.echo(f"Token {made.id} untuk desa {kode} ({made.label}), hanya ditampilkan sekali ini:")
    click.echo(text)


def _show_tokens(found: list[Token], *, as_json: bool) -> None:
    rows = [
        {
            "id": it.id,
            "untuk": it.label,
            "dibuat": it.issued_at.isoformat(),
            "dicabut": it.revoked_at.isoformat() if it.revoked_at else None,
        }
        for it in found
    ]
    if as_json:
        click.echo(json.dumps(rows, ensure_ascii=False, indent=2))
        return
    if not rows:
        click.echo("Desa ini belum mempunyai token.")
    for row in rows:
        state = f"dicabut {row['dicabut']}" if row["dicabut"] else "berlaku"
        click.echo(f"{row['id']}  {row['untuk']}  dibuat {row['dibuat']}  {state}")


def _fingerprint(vkey: str) -> str:
    """The fingerprint of a vkey, or an error of usage."""
    try:
        return VerifierKey.from_vkey(vkey.strip()).fingerprint
    except NoteError as error:
        raise click.BadParameter(f"bukan kunci (vkey): {error}", param_hint="VKEY") from None
