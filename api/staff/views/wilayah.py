"""Wilayah administratif of a village: its dusun, RW and RT, and who lives there."""

from flask import Response, render_template

from api.auth import needs
from api.context import services
from api.export import Cell, Sheet, download, wanted
from api.permissions import Need
from api.staff import menu
from api.staff.views.frame import as_of_request, blueprint, today, village_of
from api.staff.views.region import region_link
from api.staff.views.shown import notes, office_name
from projections.queries.statistik import Count, Place
from projections.queries.statistik_wilayah import Wilayah
from projections.queries.statistik_wilayah import wilayah as wilayah_of

_COLUMNS = ("Dusun", "RW", "RT", "Kepala", "Keluarga", "Laki-laki", "Perempuan", "Penduduk")

menu.village("staff.wilayah", "Wilayah administratif", "gedung", order=35)


@blueprint.get("/desa/<kode>/wilayah")
@needs(Need.PEOPLE)
def wilayah(kode: str) -> str | Response:
    """The places of a village as of a batch, with the names of their heads."""
    with services().databases.reader.connect() as tx:
        village = village_of(tx, kode)
        as_of = as_of_request(tx, village)
        found = wilayah_of(tx, Place(kode, as_of.batch))
    if format_ := wanted():
        about = notes(
            office_name(), f"Desa {village.nama}", f"kiriman ke-{as_of.batch}", today(as_of)
        )
        return download(_sheet(found, kode, about), format_)
    return render_template(
        "wilayah.html",
        village=village,
        as_of=as_of,
        wilayah=found,
        link=lambda **changed: region_link("staff.wilayah", kode=kode, **changed),
    )


def _sheet(found: Wilayah, kode: str, about: list[str]) -> Sheet:
    rows: list[list[Cell]] = []
    for dusun in found.dusun:
        of_dusun = _people(dusun.people)
        rows.append([dusun.nama, None, None, dusun.kepala, dusun.keluarga, *of_dusun])
        rows += [
            [dusun.nama, it.rw, it.rt, it.kepala, it.keluarga, *_people(it.people)]
            for it in dusun.rts
        ]
    rows.append(["JUMLAH", found.rw, found.rt, None, found.keluarga, *_people(found.people)])
    return Sheet(f"wilayah-{kode}", "Wilayah Administratif", _COLUMNS, rows, about)


def _people(count: Count) -> list[Cell]:
    return [count.laki_laki, count.perempuan, count.jumlah]
