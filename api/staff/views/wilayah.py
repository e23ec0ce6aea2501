"""Wilayah administratif of a village: its dusun, RW and RT, and who lives there."""

from typing import Any

from flask import Response, abort, render_template, request, url_for
from werkzeug.wrappers import Response as WerkzeugResponse

from api import format as fmt
from api.auth import needs
from api.context import services
from api.export import Cell, Sheet, download, wanted
from api.permissions import Need
from api.staff import menu
from api.staff.views import bnba
from api.staff.views.frame import (
    AsOf,
    as_of_request,
    blueprint,
    kept_link,
    today,
    village_of,
)
from api.staff.views.numbers import Links
from api.staff.views.rincian import NO_PAGE, NUMBERS, Span, narrowed, rows_page, subject
from api.staff.views.shown import notes, office_name
from projections.queries.desa import Village
from projections.queries.statistik import Count, Place
from projections.queries.statistik_wilayah import Where, Wilayah, rows
from projections.queries.statistik_wilayah import wilayah as wilayah_of

_COLUMNS = ("Dusun", "RW", "RT", "Kepala", "Keluarga", "Laki-laki", "Perempuan", "Penduduk")

menu.village(
    "staff.wilayah",
    "Wilayah administratif",
    "gedung",
    order=35,
    also=("staff.rincian_wilayah",),
)


@blueprint.get("/desa/<kode>/wilayah")
@needs(Need.PEOPLE)
def wilayah(kode: str) -> str | Response:
    """The places of a village as of a batch, with the names of their heads."""
    with services().databases.reader.connect() as tx:
        village = village_of(tx, kode)
        as_of = as_of_request(tx, village, ["wilayah", "penduduk"])
        found = wilayah_of(tx, Place(kode, as_of.batch))
    if format_ := wanted():
        about = notes(office_name(), f"Desa {village.nama}", as_of.words, today(as_of))
        return download(_sheet(found, kode, about), format_)
    return render_template(
        "wilayah.html",
        village=village,
        as_of=as_of,
        wilayah=found,
        links=Links("staff.rincian_wilayah", kode=kode, **as_of.said),
        link=lambda **changed: kept_link("staff.wilayah", kode=kode, **changed),
    )


@blueprint.get("/desa/<kode>/wilayah/rincian")
@needs(Need.PEOPLE)
def rincian_wilayah(kode: str) -> str | Response:
    """The people whom a number of the places counts."""
    where = _asked()
    with services().databases.reader.connect() as tx:
        village, as_of, listing = _listing(tx, kode, where)
        door = bnba.door(listing, narrowed("staff.buka_wilayah", kode=kode, **NO_PAGE))
        span = Span.asked(door)
        found, total = rows(
            tx,
            Place(kode, as_of.batch),
            where,
            limit=span.limit,
            offset=span.offset,
        )
    day = today(as_of)
    return rows_page(
        "Wilayah administratif",
        _said(where),
        total,
        span,
        door,
        file=f"rincian-wilayah-{kode}",
        about=notes(office_name(), f"Desa {village.nama}", as_of.words, day),
        village=village,
        as_of=as_of,
        found=found,
        unit="keluarga menurut kepalanya" if where.heads else "orang",
        day_of_ages=day,
        past=as_of.said,
        back=url_for("staff.wilayah", kode=kode, **as_of.said),
        link=lambda **changed: narrowed("staff.rincian_wilayah", kode=kode, **changed),
    )


@blueprint.post("/desa/<kode>/bnba/wilayah")
@needs(Need.PROTECTED)
def buka_wilayah(kode: str) -> WerkzeugResponse:
    """Open whom a number of the places counts, by name, for a reason."""
    where = _asked()
    with services().databases.reader.connect() as tx:
        _, as_of, listing = _listing(tx, kode, where)

        def everybody() -> list[bnba.Subject]:
            found, _ = rows(tx, Place(kode, as_of.batch), where, limit=bnba.ENOUGH)
            return [subject(it, None) for it in found]

        return bnba.answer(listing, everybody, narrowed("staff.rincian_wilayah", kode=kode))


def _listing(tx: Any, kode: str, where: Where) -> tuple[Village, AsOf, bnba.Listing]:  # noqa: ANN401  # a connection
    """The village as of a batch, and the list of those whom a number of its places counts."""
    village = village_of(tx, kode)
    as_of = as_of_request(tx, village, ["wilayah", "penduduk"])
    heads = ["kepala keluarga"] if where.heads else []
    said = ["Wilayah administratif", *_said(where), *heads, as_of.words]
    return village, as_of, bnba.Listing("penduduk", [kode], [where, as_of.said], said, NUMBERS)


def _asked() -> Where:
    """Whom the address asks for; names that it leaves out are any, empty ones none."""
    dusun, rw, rt = (request.args.get(name) for name in ("dusun", "rw", "rt"))
    sex = request.args.get("sex")
    if sex not in {None, "1", "2"}:
        abort(404)
    return Where(dusun, rw, rt, int(sex) if sex else None, "kepala" in request.args)


def _said(where: Where) -> list[str]:
    """What narrows the list, in words."""
    names = (("dusun", where.dusun), ("RW", where.rw), ("RT", where.rt))
    said = [
        f"{name} {fmt.visible(it)}" if it else f"tanpa {name}"
        for name, it in names
        if it is not None
    ]
    return [*said, *([{1: "laki-laki", 2: "perempuan"}[where.sex]] if where.sex else [])]


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
