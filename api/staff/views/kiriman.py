"""The batches of a village."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from flask import abort, render_template, request, url_for

from api import format as fmt
from api.auth import needs
from api.context import services
from api.permissions import Need
from api.staff import menu
from api.staff.views.frame import (
    PER_PAGE,
    blueprint,
    number_told,
    page_asked,
    pages_of,
    village_of,
)
from api.staff.views.mutu import SEVERITIES
from api.staff.views.nama_catatan import address
from ledger import LINE_FAULTS, MAX_FAULTS, Change, Note, read_entry, read_redactions
from projections.queries import kiriman as kiriman_queries
from projections.queries import mutu as mutu_queries
from projections.queries import redaksi as redaksi_queries
from projections.queries.kiriman import Said

LINES_PER_PAGE: Final = 200
_UPLOAD: Final = "upload"
"""The entity of a line that says from which upload the others of its batch come."""

menu.village(
    "staff.kiriman",
    "Kiriman masuk",
    "kotak",
    order=60,
    also=("staff.satu_kiriman", "staff.satu_penolakan"),
)


@dataclass(frozen=True)
class Row:
    """A line of a batch: what it says, in words too, and where its record's page is, if any.

    `change` is None for a line that was redacted.
    """

    line: int
    change: Change | None
    words: str = ""
    href: str | None = None


@blueprint.app_template_global()
def row_address(kode: str, position: int, line: int) -> str:
    """Where a line of a batch stands: on which page of it, and at which row there."""
    page = (line - 1) // LINES_PER_PAGE + 1
    return url_for(
        "staff.satu_kiriman", kode=kode, position=position, hal=page, _anchor=f"baris-{line}"
    )


@blueprint.get("/desa/<kode>/kiriman")
@needs(Need.RECEIVED)
def kiriman(kode: str) -> str:
    """The batches of a village, and those that were refused."""
    before = number_told(request.args.get("sebelum", "")) or None
    with services().databases.reader.connect() as tx:
        village = village_of(tx, kode)
        batches = kiriman_queries.batches(tx, kode, before, PER_PAGE)
        refusals = kiriman_queries.refusals(tx, kode)
        returned = redaksi_queries.returned(tx, kode)
        brought = mutu_queries.brought(tx, kode, [it.position for it in batches])
    keys = services().registry.desa_keys
    return render_template(
        "kiriman.html",
        village=village,
        batches=batches,
        brought=brought,
        refusals=refusals,
        returned=returned,
        before=before,
        keys=keys.of(kode),
        waiting=[code.verifier for code in keys.codes(kode) if code.waiting],
    )


@blueprint.get("/desa/<kode>/kiriman/<int:position>")
@needs(Need.PEOPLE)
def satu_kiriman(kode: str, position: int) -> str:
    """One batch: what was signed, checked now from its bytes, and its changes."""
    with services().databases.reader.connect() as tx:
        village = village_of(tx, kode)
        entry = read_entry(tx, kode, position)
        erased = {it.line: it for it in read_redactions(tx, kode, position=position)}
        told = dict(entry.numbered())
        pages = pages_of(entry.manifest.count, LINES_PER_PAGE)
        page = page_asked(pages)
        first = (page - 1) * LINES_PER_PAGE + 1
        last = min(page * LINES_PER_PAGE, entry.manifest.count)
        rows = _rows(tx, kode, position, [(it, told.get(it)) for it in range(first, last + 1)])
        findings = mutu_queries.changed(tx, kode, position)
    receipt = services().ledger.receipt(kode, position)
    manifest = entry.manifest
    keys = {it.verifier.name: it for it in services().registry.keys(kode)}
    key = keys.get(manifest.chain)
    note = Note.from_bytes(entry.note)
    return render_template(
        "satu_kiriman.html",
        village=village,
        entry=entry,
        manifest=manifest,
        text=entry.note.decode(),
        key=key,
        signed=key is not None and key.verifier.signed(note) and key.valid_at(position),
        disputed=key is not None and key.disputed_at(position),
        intact=entry.intact,
        receipt=receipt,
        rows=rows,
        findings=findings,
        severities=SEVERITIES,
        redacted=manifest.count - len(told),
        erased=erased,
        page=page,
        pages=pages,
    )


def _rows(
    tx: Any,  # noqa: ANN401  # a connection
    kode: str,
    position: int,
    lines: Sequence[tuple[int, Change | None]],
) -> list[Row]:
    """The lines of a batch, each with what it made of its record."""
    ids: dict[str, set[str]] = defaultdict(set)
    for _, change in lines:
        if change is not None:
            ids[change.entity].add(change.id)
    said = {
        entity: kiriman_queries.said(tx, kode, position, entity, sorted(them))
        for entity, them in ids.items()
    }
    rows = []
    for line, change in lines:
        if change is None:
            rows.append(Row(line, None))
            continue
        of_record = said[change.entity].get(change.id)
        href = None
        if change.entity == _UPLOAD:
            href = url_for("staff.satu_unggahan", kode=kode, id_=change.id)
        elif of_record is not None:
            record = {"kode_desa": kode, "id": change.id}
            href = address(change.entity, record, {"per": position})
        rows.append(Row(line, change, _words(line, change, of_record), href))
    return rows


def _words(line: int, change: Change, said: Said | None) -> str:
    """What a line does to its record; no more than that it states one if that is not known."""
    if change.op == "delete":
        return "menghapus"
    if said is None or said.line is None:
        return "menyatakan isi"
    if said.line != line:
        return f"menyatakan isi, disusul baris {fmt.number(said.line)}"
    if not said.known:
        return "baru"
    return "dinyatakan lagi tanpa perubahan" if said.same else "mengubah"


@blueprint.get("/desa/<kode>/kiriman/ditolak/<uuid:id_>")
@needs(Need.RECEIVED)
def satu_penolakan(kode: str, id_: UUID) -> str:
    """A batch that was not taken: why, and each line that is to blame."""
    with services().databases.reader.connect() as tx:
        village = village_of(tx, kode)
        refused = kiriman_queries.refusal(tx, kode, id_) or abort(404)
        pages = pages_of(refused.faults, LINES_PER_PAGE)
        page = page_asked(pages)
        first = (page - 1) * LINES_PER_PAGE
        faults = kiriman_queries.faults(tx, kode, id_, first, LINES_PER_PAGE)
    return render_template(
        "satu_penolakan.html",
        village=village,
        it=refused,
        faults=faults,
        reasons=LINE_FAULTS,
        more=refused.faults == MAX_FAULTS,
        page=page,
        pages=pages,
    )
