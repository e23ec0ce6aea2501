"""`opendk-ledger desa`: which villages may push, with which keys and tokens."""

import json
from typing import Any
from zoneinfo import ZoneInfo

import click

from api.context import Services
from cli.asking import confirm
from cli.opening import open_office
from ledger import (
    Code,
    KeyMissingError,
    NoteError,
    RegisteredKey,
    Token,
    VerifierKey,
    dotted,
)
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
@click.argument("vkey", required=False)
@click.option("--terima", metavar="NAMA", help="Menerima kunci yang menunggu.")
@click.option("--tolak", metavar="NAMA", help="Menolak kunci yang menunggu; kodenya hangus.")
@click.option("--yakin", is_flag=True, help="Sidik jari sudah dicocokkan; jangan bertanya.")
@click.option("--json", "as_json", is_flag=True, help="Keluaran JSON, saat membuat kode.")
@click.pass_obj
def enrol(
    settings: Settings,
    kode: str,
    vkey: str | None,
    terima: str | None,
    tolak: str | None,
    *,
    yakin: bool,
    as_json: bool,
) -> None:
    """Mendaftarkan kunci desa KODE.

    Tanpa VKEY dibuatkan kode sekali pakai: operator desa memakainya dengan `opendk-ledger push
    --kode`, lalu kuncinya menunggu sampai diterima di sini (--terima), setelah sidik jarinya
    dicocokkan. Dengan VKEY, seperti ditampilkan `opendk-ledger push`, kunci langsung terdaftar.
    """
    kode = dotted(kode)
    if sum(it is not None for it in (vkey, terima, tolak)) > 1:
        raise click.UsageError("Pilih satu: VKEY, --terima, atau --tolak.")
    if vkey is not None:
        _compare(_fingerprint(vkey), sure=yakin)
    with open_office(settings) as services:
        keys = services.registry.desa_keys
        if tolak is not None:
            click.echo(f"Kunci {keys.reject(kode, tolak).name} ditolak.")
            return
        if terima is None and vkey is None:
            _issue_code(services, kode, as_json=as_json)
            return
        if terima is not None:
            _compare(_waiting(keys.codes(kode), kode, terima).fingerprint, sure=yakin)
            registered = keys.accept(kode, terima)
        else:
            registered = keys.enrol(kode, str(vkey))
        log_key = services.ledger.office.log_key(kode).verifier
    click.echo(
        f"Kunci {registered.verifier.name} berlaku mulai kiriman ke-{registered.first}.",
    )
    if vkey is not None:
        click.echo("Kunci kecamatan, untuk dipakai desa pada push pertama:")
        click.echo(f"  {log_key.to_vkey()}")


def _issue_code(services: Services, kode: str, *, as_json: bool) -> None:
    text, code = services.registry.desa_keys.issue_code(kode)
    log_key = services.ledger.office.log_key(kode).verifier.to_vkey()
    if as_json:
        facts = {"kode": text, "sampai": code.expires_at.isoformat(), "kunci_kecamatan": log_key}
        click.echo(json.dumps(facts))
        return
    until = code.expires_at.astimezone(ZoneInfo(services.settings.zone))
    click.echo(f"Kode pendaftaran untuk satu kunci desa {kode}, hanya ditampilkan sekali ini:")
    click.echo(f"  {text}")
    click.echo(f"Berlaku sampai {until:%d-%m-%Y %H:%M}. Di komputer desa:")
    click.echo(
        f"  opendk-ledger push --state FOLDER --desa {kode} --url ALAMAT --kode {text} \\\n"
        f"      --kunci-kecamatan {log_key}"
    )
    click.echo("Setelah itu cocokkan sidik jarinya dengan operator desa, lalu:")
    click.echo(f"  opendk-ledger desa enrol {kode} --terima NAMA")


def _waiting(codes: list[Code], kode: str, name: str) -> VerifierKey:
    """The key of this name or label that waits."""
    wanted = {name, f"desa/{kode}/{name}"}
    for code in codes:
        if code.waiting and code.verifier and code.verifier.name in wanted:
            return code.verifier
    raise KeyMissingError(kode, name)


def _compare(fingerprint: str, *, sure: bool) -> None:
    if not sure:
        click.echo(f"Sidik jari kunci: {fingerprint}")
        confirm("Sama dengan yang dibacakan operator desa?")


@desa.command()
@click.argument("kode")
@click.argument("tindakan", type=click.Choice(["cabut", "akui"]), required=False)
@click.argument("nama", required=False)
@click.option(
    "--curiga-sejak",
    type=click.IntRange(min=1),
    metavar="N",
    help="Kiriman kunci ini mulai ke-N diragukan, sampai diakui desa.",
)
@click.option("--json", "as_json", is_flag=True, help="Keluaran JSON.")
@click.pass_obj
def keys(
    settings: Settings,
    kode: str,
    tindakan: str | None,
    nama: str | None,
    curiga_sejak: int | None,
    *,
    as_json: bool,
) -> None:
    """Menampilkan kunci desa KODE; `cabut NAMA` mengakhiri satu, `akui NAMA` mengakui kirimannya.

    Kunci yang dicabut tetap memeriksa apa yang ditandatanganinya sebelum itu.
    """
    kode = dotted(kode)
    if tindakan and not nama:
        raise click.UsageError("Sebutkan NAMA kuncinya.")
    with open_office(settings) as services:
        desa_keys = services.registry.desa_keys
        if tindakan == "cabut":
            ended = desa_keys.revoke(kode, str(nama), curiga_sejak)
            click.echo(f"Kunci {ended.verifier.name} tidak berlaku mulai kiriman ke-{ended.end}.")
            if ended.suspected:
                click.echo(f"Kirimannya mulai ke-{ended.suspected} diragukan sampai diakui desa.")
        elif tindakan == "akui":
            settled = desa_keys.acknowledge(kode, str(nama))
            click.echo(
                f"Kiriman kunci {settled.verifier.name} mulai ke-{settled.suspected} diakui desa."
            )
        else:
            services.registry.get_desa(kode)
            _show_keys(desa_keys.of(kode), desa_keys.codes(kode), as_json=as_json)


def _show_keys(registered: list[RegisteredKey], codes: list[Code], *, as_json: bool) -> None:
    rows: list[dict[str, Any]] = [
        {
            "nama": it.verifier.name,
            "sidik_jari": it.verifier.fingerprint,
            "keadaan": "berlaku" if it.end is None else "berakhir",
            "mulai": it.first,
            "sampai": it.end,
            "cara": it.how,
            "curiga_sejak": it.suspected,
            "diakui": it.acknowledged,
        }
        for it in registered
    ]
    rows += [
        {
            "nama": it.verifier.name,
            "sidik_jari": it.verifier.fingerprint,
            "keadaan": "menunggu",
            "mulai": None,
            "sampai": None,
            "cara": "kode",
            "curiga_sejak": None,
            "diakui": False,
        }
        for it in codes
        if it.waiting and it.verifier
    ]
    if as_json:
        click.echo(json.dumps(rows, ensure_ascii=False, indent=2))
        return
    if not rows:
        click.echo("Desa ini belum mempunyai kunci.")
    for code in codes:
        if code.tries and code.verifier is None:
            until = f"{code.expires_at:%Y-%m-%d}"
            click.echo(
                f"Kode pendaftaran (sampai {until}): {code.tries} kali dicoba dengan salah."
            )
    for row in rows:
        click.echo(f"{row['nama']}  {row['sidik_jari']}")
        click.echo(f"    {_span(row)}")


def _span(row: dict[str, Any]) -> str:
    if row["keadaan"] == "menunggu":
        return "menunggu diterima"
    until = f" sampai sebelum ke-{row['sampai']}" if row["sampai"] else ""
    text = f"{row['keadaan']}, kiriman ke-{row['mulai']}{until}, didaftarkan lewat {row['cara']}"
    if row["curiga_sejak"]:
        state = "diakui" if row["diakui"] else "diragukan"
        text += f"; kirimannya mulai ke-{row['curiga_sejak']} {state}"
    return text


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
