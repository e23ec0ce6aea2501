"""Data quality: what seems wrong with a village's statements, for it to mend in OpenSID."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from typing import Any, Final

from flask import Response, abort, render_template, request

from api import format as fmt
from api.auth import may, needs
from api.context import services
from api.export import MOST_EXPORTED, Cell, Sheet, download, wanted
from api.permissions import Need
from api.staff import menu
from api.staff.views.frame import (
    PER_PAGE,
    as_of_request,
    blueprint,
    kept_link,
    title,
    today,
    village_of,
)
from api.staff.views.nama_catatan import address
from api.staff.views.region import region_of
from api.staff.views.shown import office_name
from ledger.catalogue import ENTITIES
from projections.queries import catatan as catatan_queries
from projections.queries import desa as desa_queries
from projections.queries import kiriman as kiriman_queries
from projections.queries import mutu as mutu_queries
from projections.queries.desa import Village
from projections.queries.mutu import KindCount, RecordFinding

SEVERITIES: Final = {"severe": "berat", "warning": "peringatan", "notice": "catatan"}
WITHOUT_ACROSS: Final = (
    "Belum termasuk temuan yang baru tampak dari beberapa catatan, misalnya NIK ganda; semuanya "
    "ada di halaman tiap desa."
)
WITH_ACROSS: Final = (
    "Termasuk temuan yang baru tampak dari beberapa catatan, misalnya NIK ganda: jumlahnya sama "
    "dengan di halaman tiap desa."
)
"""What the counts of all desa together leave out, unless they are asked for."""

menu.office("staff.mutu_wilayah", "Mutu data", "hati", order=60)
menu.village("staff.mutu", "Mutu data", "hati", order=50, also=("staff.satu_mutu",))


@blueprint.get("/desa/<kode>/mutu")
@needs(Need.FIGURES)
def mutu(kode: str) -> str | Response:
    """What seems wrong with a village's statements, kind by kind; as a file, record by record."""
    with services().databases.reader.connect() as tx:
        village = village_of(tx, kode)
        as_of = as_of_request(tx, village, mutu_queries.READ_MODELS)
        kinds = [
            *mutu_queries.kinds(tx, kode, as_of.batch),
            *mutu_queries.across(tx, kode, today(as_of), as_of.batch),
        ]
        kinds.sort(key=lambda it: list(SEVERITIES).index(it.severity))
        if format_ := wanted():
            if not may(Need.PEOPLE):
                abort(403)
            return download(_sheet(tx, village, kinds, as_of.batch, today(as_of)), format_)
    return render_template(
        "mutu.html",
        village=village,
        as_of=as_of,
        kinds=kinds,
        severities=SEVERITIES,
        link=lambda **changed: kept_link("staff.mutu", kode=kode, **changed),
    )


@blueprint.get("/desa/<kode>/mutu/<entity>/<code>")
@needs(Need.PEOPLE)
def satu_mutu(kode: str, entity: str, code: str) -> str | Response:
    """The records of one kind of finding, on the page or as a file."""
    field, after = request.args.get("kolom", ""), request.args.get("setelah", "")
    with services().databases.reader.connect() as tx:
        village = village_of(tx, kode)
        as_of = as_of_request(tx, village, mutu_queries.READ_MODELS)
        kind = mutu_queries.kind(tx, kode, entity, code, field) or abort(404)
        if format_ := wanted():
            sheet = _sheet(tx, village, [kind], as_of.batch, today(as_of))
            name, title_ = f"{sheet.name}-{entity}-{code}", f"{sheet.title}: {kind.message}"
            return download(replace(sheet, name=name, title=title_), format_)
        found = mutu_queries.records(
            tx, kode, kind, as_of=as_of.batch, on=today(as_of), after=after, limit=PER_PAGE
        )
        names = catatan_queries.names(tx, entity, kode, [it.id for it in found])
        lines = _lines(tx, kode, entity, found)
    return render_template(
        "satu_mutu.html",
        village=village,
        as_of=as_of,
        kind=kind,
        found=found,
        sentence=mutu_queries.sentence(code),
        names=names,
        lines=lines,
        severities=SEVERITIES,
        after=after,
        more=found[-1].id if len(found) == PER_PAGE else None,
        address=lambda it: address(entity, {"kode_desa": kode, "id": it.id}, as_of.said),
        link=lambda **changed: kept_link(
            "staff.satu_mutu", kode=kode, entity=entity, code=code, **changed
        ),
    )


@blueprint.get("/mutu")
@needs(Need.FIGURES)
def mutu_wilayah() -> str | Response:
    """How many findings each desa of the account's scope has, by severity.

    Those between records are counted when they are asked for by `antar`: they are looked for desa
    by desa, which takes a second and more for a whole kecamatan, where a page takes a tenth of it.
    """
    across = bool(request.args.get("antar"))
    with services().databases.reader.connect() as tx:
        region = region_of(tx, ["mutu"])
        names = desa_queries.names(tx, region.kode)
        counts = mutu_queries.by_desa(tx, region.places)
        if across:
            for place in region.places:
                if place.batch:
                    for it in mutu_queries.across(tx, place.kode_desa, region.day, place.batch):
                        counts[place.kode_desa][it.severity] += it.jumlah
    said = WITH_ACROSS if across else WITHOUT_ACROSS
    totals = {it: sum(of[it] for of in counts.values()) for it in SEVERITIES}
    if format_ := wanted():
        columns = ["Kode desa", "Desa", *(it.capitalize() for it in SEVERITIES.values()), "Jumlah"]
        rows: list[list[Cell]] = [
            [kode, names[kode], *of.values(), sum(of.values())] for kode, of in counts.items()
        ]
        rows.append([region.kode, "JUMLAH", *totals.values(), sum(totals.values())])
        about = [office_name(), f"Keadaan per {fmt.day(region.day)}", said]
        return download(Sheet(f"mutu-{region.kode}", "Mutu data", columns, rows, about), format_)
    return render_template(
        "mutu_wilayah.html",
        region=region,
        names=names,
        counts=counts,
        totals=totals,
        severities=SEVERITIES,
        across=across,
        said=said,
        link=lambda **changed: kept_link("staff.mutu_wilayah", **changed),
    )


def _lines(
    tx: Any,  # noqa: ANN401  # a connection
    kode: str,
    entity: str,
    found: Sequence[RecordFinding],
) -> dict[str, int]:
    """In which line of its batch each finding was stated, by the record's id."""
    return kiriman_queries.lines(tx, kode, entity, [(it.id, it.from_batch) for it in found])


def _sheet(
    tx: Any,  # noqa: ANN401  # a connection
    village: Village,
    kinds: Sequence[KindCount],
    batch: int,
    on: date,
) -> Sheet:
    """Every record that a finding points at, as the village finds it in its OpenSID."""
    kode = village.kode_desa
    columns = ["Jenis catatan", "ID di OpenSID", "Nama", "Kolom", "Temuan", "Tingkat", "Kode",
               "Kiriman ke-", "Baris ke-"]  # fmt: skip
    rows: list[list[Cell]] = []
    for kind in kinds:
        found = mutu_queries.records(tx, kode, kind, as_of=batch, on=on, limit=MOST_EXPORTED)
        names = catatan_queries.names(tx, kind.entity, kode, [it.id for it in found])
        lines = _lines(tx, kode, kind.entity, found)
        known = ENTITIES[kind.entity].by_name if kind.entity in ENTITIES else {}
        rows += [
            [title(it.entity), it.id, names.get(it.id),
             known[it.field].label if it.field in known else None,
             it.message, SEVERITIES[it.severity], it.code, it.from_batch, lines.get(it.id)]
            for it in found
        ]  # fmt: skip
    about = [
        office_name(),
        f"Desa {village.nama} ({kode}), keadaan per kiriman ke-{batch}, {fmt.day(on)}",
        "Yang memperbaiki adalah desa, di OpenSID; kiriman berikutnya menghapus temuannya.",
    ]
    return Sheet(f"mutu-{kode}", "Mutu data", columns, rows, about)
