"""`opendk-ledger redact`: erases a person from the logs, on an order of two people.

First it shows what would go and what would stay; only `--lakukan` does it.
"""

import json
from collections.abc import Sequence
from dataclasses import asdict

import click

from api.context import Services
from cli.opening import now, open_office
from ledger import Order, Plan, RedactionRefusedError, Wish, dotted
from ledger.database import compact
from ledger.settings import Settings
from projections import PROJECTIONS, forget


class RecordName(click.ParamType[tuple[str, str]]):
    """A record as `entity:id`."""

    name = "entity:id"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[str, str]:
        """The entity and the id."""
        entity, parted, id_ = str(value).partition(":")
        if not (entity and parted and id_):
            self.fail("ditulis seperti penduduk:8272", param, ctx)
        return entity, id_


@click.command()
@click.argument("kode")
@click.argument("entity")
@click.argument("ids", metavar="ID...", nargs=-1, required=True)
@click.option(
    "--juga",
    type=RecordName(),
    multiple=True,
    help="Catatan lain yang ikut dihapus seluruhnya; boleh berulang.",
)
@click.option(
    "--sebutan", is_flag=True, help="Juga versi lama catatan orang lain yang menyebut orang ini."
)
@click.option("--alasan", default="", help="Mengapa dihapus, tanpa nama dan NIK.")
@click.option("--dasar", default="", help="Dasar hukumnya; tampil di halaman.")
@click.option("--nomor", default="", help="Nomor surat perintahnya.")
@click.option("--oleh", default="", help="Siapa yang melaksanakan.")
@click.option("--disetujui", default="", help="Orang kedua, yang menyetujui.")
@click.option("--lakukan", is_flag=True, help="Laksanakan; tanpa ini hanya ditampilkan.")
@click.option(
    "--tanpa-padatkan", is_flag=True, help="Jangan menulis ulang berkas tabel sesudahnya."
)
@click.option("--json", "as_json", is_flag=True, help="Keluaran JSON.")
@click.pass_obj
def redact(
    settings: Settings,
    kode: str,
    entity: str,
    ids: Sequence[str],
    juga: Sequence[tuple[str, str]],
    alasan: str,
    dasar: str,
    nomor: str,
    oleh: str,
    disetujui: str,
    *,
    sebutan: bool,
    lakukan: bool,
    tanpa_padatkan: bool,
    as_json: bool,
) -> None:
    """Menghapus catatan ENTITY ber-ID dari log desa KODE, misalnya penduduk 8271.

    Baris tentang orang itu diganti hash-nya; akar, tanda tangan, dan tanda terima tetap cocok.
    Perintah ini mula-mula hanya menampilkan apa yang akan dihapus dan apa yang tetap menyebut
    orang itu. Dengan --lakukan, --alasan, --dasar, --nomor, --oleh, dan --disetujui wajib diisi.
    Tidak dapat dibatalkan.
    """
    order = Order(alasan, dasar, nomor, oleh, disetujui)
    if lakukan and not all(vars(order).values()):
        raise click.UsageError(
            "--lakukan memerlukan --alasan, --dasar, --nomor, --oleh, dan --disetujui."
        )
    wishes = [
        Wish(dotted(kode), entity, it, frozenset(juga), sebutan) for it in dict.fromkeys(ids)
    ]
    with open_office(settings) as services:
        redactions = services.redactions
        # All of them are looked for before anybody is erased.
        plans = [redactions.plan(it) for it in wishes]
        if lakukan:
            plans = _redacted(services, wishes, order)
            if not tanpa_padatkan:
                click.echo("Menulis ulang berkas tabel …", err=True)
                compact(services.databases.owner)
        old = services.backups.listed(settings.backup) if settings.backup else []
    if as_json:
        click.echo(json.dumps([_told(it) for it in plans], ensure_ascii=False, indent=2))
        return
    for it in plans:
        _show(it, done=lakukan)
    if not lakukan:
        click.echo("Belum ada yang dihapus. Laksanakan dengan --lakukan.")
        return
    click.echo("Selesai. Cadangan yang dibuat sebelum ini masih memuatnya.")
    for backup in old:
        click.echo(f"  {backup.path}")
    if old:
        click.echo("  Buat yang baru (opendk-ledger backup), lalu hapus folder-folder itu.")
    click.echo(
        "Bila desa masih menyatakannya, ia muncul lagi pada kiriman berikutnya: "
        "mintalah desa menghapusnya dari OpenSID."
    )


def _redacted(services: Services, wishes: Sequence[Wish], order: Order) -> list[Plan]:
    """Erase them, one after the other; what the tables said of them they forget."""
    plans: list[Plan] = []
    erased = True
    try:
        for it in wishes:
            plans.append(services.redactions.redact(it, order))  # noqa: PERF401  # until one fails
    except RedactionRefusedError:
        erased = bool(plans)
        raise
    finally:
        # After any other failure, too: it may have come when the lines were gone already.
        if erased:
            click.echo("Membangun ulang tabel desa …", err=True)
            forget(services.databases.projector, PROJECTIONS, now)
    return plans


def _show(plan: Plan, *, done: bool) -> None:
    word = "Dihapus" if done else "Akan dihapus"
    click.echo(f"{plan.entity} {plan.id}, desa {plan.kode_desa}")
    click.echo(f"  {word}: {len(plan.lines)} baris")
    for it in plan.lines:
        click.echo(f"    kiriman ke-{it.position} baris {it.line}  {it.entity} {it.id}")
    click.echo(f"  {word}: {len(plan.files)} foto atau berkas, {len(plan.evidence)} unggahan")
    if plan.mentions:
        click.echo("  PERINGATAN, tetap menyebut orang ini:")
    for mention in plan.mentions:
        log = "" if mention.log == plan.kode_desa else "log kantor, "
        how = (
            "versi lama, --sebutan menghapusnya"
            if mention.superseded
            else f"--juga {mention.entity}:{mention.id} menghapus seluruh catatan itu"
        )
        click.echo(
            f"    {log}kiriman ke-{mention.position} baris {mention.line}  "
            f"{mention.entity} {mention.id} ({', '.join(mention.members)}): {how}"
        )
    for elsewhere in plan.elsewhere:
        click.echo(
            f"  PERINGATAN, NIK-nya ada dalam {elsewhere.lines} baris desa {elsewhere.kode_desa}: "
            "jalankan perintah ini untuk desa itu."
        )
    for digest in plan.unread:
        click.echo(f"  PERINGATAN, unggahan {digest[:16]} tidak dapat diperiksa isinya.")


def _told(plan: Plan) -> dict[str, object]:
    """A plan as JSON: hashes in hexadecimal."""
    lines = [{**asdict(it), "hash": it.hash.hex()} for it in plan.lines]
    mentions = [{**asdict(it), "hash": it.hash.hex()} for it in plan.mentions]
    return {**asdict(plan), "lines": lines, "mentions": mentions}
