"""Unmasking one record for a reason, and who did so: the access log. Lists are `bnba`'s."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime, time
from typing import Final

from flask import Response as Page
from flask import abort, flash, redirect, render_template, request, stream_with_context, url_for
from werkzeug.wrappers import Response

from api import format as fmt
from api.auth import known_account, may, needs, safe_target
from api.context import services
from api.export import csv_line
from api.permissions import Need
from api.staff import menu, opened
from api.staff.views.frame import PER_PAGE, blueprint, page_asked, pages_of, scope, village_of
from api.staff.views.terkait import fields_of
from ledger import Access, Wanted
from ledger.catalogue import ENTITIES
from ledger.errors import AccessReasonError
from projections.queries import catatan as catatan_queries
from projections.queries import desa as desa_queries

menu.office("staff.akses", "Akses data", "kunci", order=75)

_CSV_PAGE: Final = 1_000
_COLUMNS: Final = (
    "desa", "nomor", "waktu", "pengguna", "peran", "catatan", "id", "jumlah", "kolom", "saringan",
    "tujuan", "alasan",
)  # fmt: skip


@blueprint.post("/desa/<kode>/buka/<entity>/<path:id_>")
@needs(Need.PROTECTED)
def buka(kode: str, entity: str, id_: str) -> Response:
    """Open one record to this session for a while, for a stated reason, which is kept first."""
    with services().databases.reader.connect() as tx:
        village_of(tx, kode)
        if not catatan_queries.is_known(tx, entity, kode, id_):
            abort(404)
    fields = [it.name for it in fields_of(entity) if fmt.is_masked(it)]
    if not fields:
        abort(404)
    if not opened.may_open(kode):
        abort(403)
    back = redirect(safe_target(request.form.get("kembali")))
    if "tutup" in request.form:
        opened.forget(kode, entity, id_)
        return back
    why = (request.form.get("tujuan", ""), request.form.get("alasan", ""))
    try:
        entry = services().access.open(known_account(), kode, entity, id_, fields, why)
    except AccessReasonError as error:
        flash(str(error))
        return back
    opened.remember(entry)
    return back


@blueprint.get("/desa/<kode>/akses/<entity>/<path:id_>")
@needs(Need.SEEN)
def akses_catatan(kode: str, entity: str, id_: str) -> str:
    """Who saw what is protected of one record: what a person has a right to know."""
    if entity not in ENTITIES:
        abort(404)
    if not opened.may_know(kode):
        abort(403)
    with services().databases.reader.connect() as tx:
        village = village_of(tx, kode)
        entries = opened.seen(tx, kode, entity, id_)
    return render_template(
        "akses_catatan.html",
        village=village,
        entity=entity,
        id=id_,
        entries=entries,
        tells=tells,
        labels=_labels,
    )


@blueprint.get("/desa/<kode>/akses/daftar/<int:number>")
@needs(Need.SEEN)
def akses_daftar(kode: str, number: int) -> str:
    """Who was in a list that somebody opened by name.

    Not to whoever sees nobody; nor where it is itself protected who is in it: each of them has the
    entry on a page of their own.
    """
    if not opened.may_know(kode):
        abort(403)
    with services().databases.reader.connect() as tx:
        village = village_of(tx, kode)
        entry, among = services().access.listed(kode, number) or abort(404)
        named = not tells(entry)
        among = among if named and may(Need.PEOPLE) else []
        names = {
            (entity, id_): fmt.called(name)
            for entity in {it.entity for it in among}
            for id_, name in catatan_queries.names(
                tx, entity, kode, [it.id for it in among if it.entity == entity]
            ).items()
        }
    return render_template(
        "akses_daftar.html",
        village=village,
        entry=entry,
        named=named,
        among=among,
        names=names,
        labels=_labels,
    )


@blueprint.get("/akses")
@needs(Need.SEEN)
def akses() -> str:
    """Who saw whose unmasked data: by desa, viewer and time."""
    wanted, chosen = _wanted()
    page = page_asked(100_000)
    total = services().access.count(wanted)
    with services().databases.reader.connect() as tx:
        villages = {it.kode_desa: it.nama for it in desa_queries.villages(tx, scope())}
    return render_template(
        "akses.html",
        entries=services().access.all(wanted, offset=(page - 1) * PER_PAGE, limit=PER_PAGE),
        total=total,
        page=page,
        pages=pages_of(total),
        villages=villages,
        viewers=services().access.viewers(scope()),
        chosen=chosen,
        labels=_labels,
        link=lambda **changed: url_for("staff.akses", **{**chosen, **changed}),
    )


@blueprint.get("/akses.csv")
@needs(Need.SEEN)
def akses_csv() -> Page:
    """The same as a table for a spreadsheet."""
    wanted, _ = _wanted()
    headers = {"Content-Disposition": 'attachment; filename="akses.csv"'}
    body = stream_with_context(_csv(wanted))
    return Page(body, mimetype="text/csv", headers=headers)


def _csv(wanted: Wanted) -> Iterator[str]:
    yield "\ufeff" + csv_line(_COLUMNS)
    # What is written while it is read would move the pages.
    fixed = replace(wanted, before=wanted.before or services().now())
    offset = 0
    while entries := services().access.all(fixed, offset=offset, limit=_CSV_PAGE):
        for it in entries:
            yield csv_line(
                (
                    it.kode_desa, str(it.number), it.at.isoformat(), it.username, it.role,
                    it.entity, it.id, str(it.people), " ".join(it.fields), it.query, it.purpose,
                    it.reason,
                ),
            )  # fmt: skip
        offset += len(entries)


def _wanted() -> tuple[Wanted, dict[str, str]]:
    """What the address narrows the log by, read and as it stands there."""
    names = ("desa", "pengguna", "dari", "sampai")
    chosen = {name: value for name in names if (value := request.args.get(name, "").strip())}
    account = known_account()
    where = chosen.get("desa", account.scope)
    if not account.sees(where):
        abort(404)
    first, last = _day(chosen.get("dari")), _day(chosen.get("sampai"))
    since = datetime.combine(first, time(), services().zone) if first else None
    before = services().end_of(last) if last else None
    return Wanted(where, chosen.get("pengguna"), since, before), chosen


def _day(text: str | None) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        abort(404)


def tells(entry: Access) -> bool:
    """Whether it is protected who is in a list: more than their numbers was opened by it."""
    known = ENTITIES[entry.entity].by_name if entry.entity in ENTITIES else {}
    return any(it in known and fmt.is_hidden(known[it]) for it in entry.fields)


def _labels(entry: Access) -> str:
    """The fields of an entry as pages call them."""
    known = ENTITIES[entry.entity].by_name if entry.entity in ENTITIES else {}
    return ", ".join(known[it].label if it in known else it for it in entry.fields)
