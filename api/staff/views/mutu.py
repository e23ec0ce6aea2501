"""Data quality: what seems wrong with a village's statements, for it to mend in OpenSID."""

from collections.abc import Sequence
from datetime import date
from typing import Any, Final

from flask import Response, abort, render_template, request

from api import format as fmt
from api.auth import may, needs
from api.context import services
from api.export import Cell, Sheet, download, wanted
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
from api.staff.views.shown import office_name
from ledger.catalogue import ENTITIES
from projections.queries import catatan as catatan_queries
from projections.queries import mutu as mutu_queries
from projections.queries.desa import Village
from projections.queries.mutu import KindCount

SEVERITIES: Final = {"severe": "berat", "warning": "peringatan", "notice": "catatan"}
_MOST_EXPORTED: Final = 100_000
"""Records of one kind of finding in a file."""

menu.village("staff.mutu", "Mutu data", "hati", order=50, also=("staff.satu_mutu",))


@blueprint.get("/desa/<kode>/mutu")
@needs(Need.FIGURES)
def mutu(kode: str) -> str | Response:
    """What seems wrong with a village's statements, kind by kind; as a file, record by record."""
    with services().databases.reader.connect() as tx:
        village = village_of(tx, kode)
        as_of = as_of_request(tx, village)
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
def satu_mutu(kode: str, entity: str, code: str) -> str:
    """The records of one kind of finding."""
    field, after = request.args.get("kolom", ""), request.args.get("setelah", "")
    with services().databases.reader.connect() as tx:
        village = village_of(tx, kode)
        as_of = as_of_request(tx, village)
        kind = KindCount("", entity, code, field, 0, "")
        found = mutu_queries.records(
            tx, kode, kind, as_of=as_of.batch, on=today(as_of), after=after, limit=PER_PAGE
        )
        names = catatan_queries.names(tx, entity, kode, [it.id for it in found])
    if not found:
        abort(404)
    return render_template(
        "satu_mutu.html",
        village=village,
        as_of=as_of,
        found=found,
        sentence=mutu_queries.sentence(code),
        names=names,
        severities=SEVERITIES,
        more=found[-1].id if len(found) == PER_PAGE else None,
        field=field,
    )


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
               "Kiriman ke-"]  # fmt: skip
    rows: list[list[Cell]] = []
    for kind in kinds:
        found = mutu_queries.records(tx, kode, kind, as_of=batch, on=on, limit=_MOST_EXPORTED)
        names = catatan_queries.names(tx, kind.entity, kode, [it.id for it in found])
        known = ENTITIES[kind.entity].by_name if kind.entity in ENTITIES else {}
        field = known.get(kind.field)
        rows += [
            [title(it.entity), it.id, names.get(it.id), field.label if field else None,
             it.message, SEVERITIES[it.severity], it.code, it.from_batch]
            for it in found
        ]  # fmt: skip
    about = [
        office_name(),
        f"Desa {village.nama} ({kode}), keadaan per kiriman ke-{batch}, {fmt.day(on)}",
        "Yang memperbaiki adalah desa, di OpenSID; kiriman berikutnya menghapus temuannya.",
    ]
    return Sheet(f"mutu-{kode}", "Mutu data", columns, rows, about)
