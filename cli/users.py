"""`opendk-ledger user`: who may log in, from the machine itself.

Where the pages ask for an administrator, here it is enough to be on the machine: the way back in
when nobody can log in any more.
"""

import json
from dataclasses import asdict

import click

from cli.opening import open_office
from ledger import ROLES
from ledger.errors import AccountUnknownError
from ledger.settings import Settings

_ROLE = click.Choice(ROLES)


@click.group()
def user() -> None:
    """Mengatur siapa yang boleh masuk."""


@user.command()
@click.argument("username")
@click.option("--nama", default="", help="Nama lengkap; bila kosong, sama dengan USERNAME.")
@click.option(
    "--peran", type=_ROLE, default="staf", show_default=True, help="Apa yang boleh dilakukan."
)
@click.option("--cakupan", help="Kode wilayah yang boleh dilihat; bila kosong, seluruh kecamatan.")
@click.password_option("--kata-sandi", prompt="Kata sandi", help="Bila tidak diisi, ditanyakan.")
@click.pass_obj
def add(
    settings: Settings,
    username: str,
    nama: str,
    peran: str,
    cakupan: str | None,
    kata_sandi: str,
) -> None:
    """Menambah pengguna USERNAME."""
    with open_office(settings) as services:
        scope = cakupan or services.ledger.office.kode
        added = services.accounts.add(username, nama, peran, scope, kata_sandi)
    click.echo(f"Pengguna {added.username} ({added.role}, {added.scope}) ditambahkan.")


@user.command("list")
@click.option("--json", "as_json", is_flag=True, help="Keluaran JSON.")
@click.pass_obj
def list_(settings: Settings, *, as_json: bool) -> None:
    """Menampilkan pengguna."""
    with open_office(settings) as services:
        accounts = services.accounts.all()
    if as_json:
        rows = [
            {
                "username": it.username,
                "nama": it.nama,
                "peran": it.role,
                "cakupan": it.scope,
                "aktif": it.active,
                "totp": it.totp,
            }
            for it in accounts
        ]
        click.echo(json.dumps(rows, ensure_ascii=False, indent=2))
        return
    for it in accounts:
        off = "" if it.active else "  (nonaktif)"
        click.echo(f"{it.username}  {it.role}  {it.scope}  {it.nama}{off}")


@user.command()
@click.argument("username")
@click.option("--sekali", is_flag=True, help="Buat kata sandi sekali pakai dan tampilkan.")
@click.option("--kata-sandi", help="Bila tidak diisi, ditanyakan.")
@click.pass_obj
def passwd(settings: Settings, username: str, kata_sandi: str | None, *, sekali: bool) -> None:
    """Mengganti kata sandi USERNAME; ia dikeluarkan dari semua perangkat."""
    if not sekali and kata_sandi is None:
        kata_sandi = click.prompt("Kata sandi", hide_input=True, confirmation_prompt=True)
    with open_office(settings) as services:
        if sekali:
            made = services.accounts.one_time(username)
            click.echo(f"Kata sandi sekali pakai untuk {username}: {made}")
            return
        services.accounts.set_password(username, kata_sandi or "")
    click.echo(f"Kata sandi {username} diganti.")


@user.command()
@click.argument("username")
@click.option("--nama", help="Nama lengkap.")
@click.option("--peran", type=_ROLE, help="Apa yang boleh dilakukan.")
@click.option("--cakupan", help="Kode wilayah yang boleh dilihat.")
@click.pass_obj
def change(
    settings: Settings, username: str, nama: str | None, peran: str | None, cakupan: str | None
) -> None:
    """Mengubah nama, peran, atau cakupan USERNAME."""
    with open_office(settings) as services:
        found = services.accounts.get(username)
        if found is None:
            raise AccountUnknownError(username)
        changed = services.accounts.change(
            username, nama or found.nama, peran or found.role, cakupan or found.scope
        )
    click.echo(f"Pengguna {changed.username} ({changed.role}, {changed.scope}) diubah.")


@user.command()
@click.argument("username")
@click.pass_obj
def deactivate(settings: Settings, username: str) -> None:
    """Menonaktifkan USERNAME, dan mengeluarkannya dari semua perangkat."""
    with open_office(settings) as services:
        services.accounts.deactivate(username)
    click.echo(f"Pengguna {username} dinonaktifkan.")


@user.command()
@click.argument("username")
@click.pass_obj
def reactivate(settings: Settings, username: str) -> None:
    """Mengaktifkan lagi USERNAME, dengan kata sandinya yang dulu."""
    with open_office(settings) as services:
        services.accounts.reactivate(username)
    click.echo(f"Pengguna {username} diaktifkan.")


@user.command()
@click.argument("username")
@click.pass_obj
def totp(settings: Settings, username: str) -> None:
    """Melepas kode TOTP USERNAME, bila telepon dan kode pemulihannya hilang."""
    with open_office(settings) as services:
        services.second_factor.remove(username, None)
    click.echo(f"Kode TOTP {username} dilepas.")


@user.command()
@click.argument("username", required=False)
@click.option("--jumlah", default=20, show_default=True, help="Berapa yang terbaru.")
@click.option("--json", "as_json", is_flag=True, help="Keluaran JSON.")
@click.pass_obj
def logins(settings: Settings, username: str | None, jumlah: int, *, as_json: bool) -> None:
    """Menampilkan siapa yang masuk atau mencoba masuk, semua atau USERNAME saja."""
    with open_office(settings) as services:
        found = services.log_ins.history(username, jumlah)
    if as_json:
        click.echo(json.dumps([asdict(it) for it in found], default=str, indent=2))
        return
    for it in found:
        who = it.username or "-"
        click.echo(f"{it.at:%Y-%m-%d %H:%M} UTC  {who}  {it.outcome}  {it.door}  {it.address}")
