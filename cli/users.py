"""`opendk-ledger user`: who may log in."""

import json

import click

from cli.opening import open_office
from ledger import ROLES
from ledger.settings import Settings


@click.group()
def user() -> None:
    """Mengatur siapa yang boleh masuk."""


@user.command()
@click.argument("username")
@click.option("--nama", default="", help="Nama lengkap; bila kosong, sama dengan USERNAME.")
@click.option(
    "--peran",
    type=click.Choice(ROLES),
    default="staf",
    show_default=True,
    help="Apa yang boleh dilakukan.",
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
            {"username": it.username, "nama": it.nama, "peran": it.role, "cakupan": it.scope}
            for it in accounts
        ]
        click.echo(json.dumps(rows, ensure_ascii=False, indent=2))
        return
    for it in accounts:
        click.echo(f"{it.username}  {it.role}  {it.scope}  {it.nama}")
