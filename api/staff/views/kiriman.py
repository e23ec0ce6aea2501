"""The batches of a village."""

from typing import Final
from uuid import UUID

from flask import abort, render_template, request, url_for

from api.auth import needs
from api.context import services
from api.permissions import Need
from api.staff import menu
from api.staff.views.frame import PER_PAGE, blueprint, number_told, page_asked, village_of
from ledger import LINE_FAULTS, MAX_FAULTS, Note, read_entry, read_redactions
from projections.queries import kiriman as kiriman_queries
from projections.queries import redaksi as redaksi_queries

LINES_PER_PAGE: Final = 200

menu.village(
    "staff.kiriman",
    "Kiriman masuk",
    "kotak",
    order=60,
    also=("staff.satu_kiriman", "staff.satu_penolakan"),
)


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
    before = number_told(request.args.get("sebelum", ""))
    with services().databases.reader.connect() as tx:
        village = village_of(tx, kode)
        batches = kiriman_queries.batches(tx, kode, before, PER_PAGE)
        refusals = kiriman_queries.refusals(tx, kode)
        returned = redaksi_queries.returned(tx, kode)
    keys = services().registry.desa_keys
    return render_template(
        "kiriman.html",
        village=village,
        batches=batches,
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
    receipt = services().ledger.receipt(kode, position)
    manifest = entry.manifest
    keys = {it.verifier.name: it for it in services().registry.keys(kode)}
    key = keys.get(manifest.chain)
    note = Note.from_bytes(entry.note)
    said = dict(entry.numbered())
    pages = max(1, -(-manifest.count // LINES_PER_PAGE))
    page = page_asked(pages)
    first = (page - 1) * LINES_PER_PAGE + 1
    lines = range(first, min(first + LINES_PER_PAGE, manifest.count + 1))
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
        changes=[(line, said.get(line)) for line in lines],
        redacted=manifest.count - len(said),
        erased=erased,
        page=page,
        pages=pages,
    )


@blueprint.get("/desa/<kode>/kiriman/ditolak/<uuid:id_>")
@needs(Need.RECEIVED)
def satu_penolakan(kode: str, id_: UUID) -> str:
    """A batch that was not taken: why, and each line that is to blame."""
    with services().databases.reader.connect() as tx:
        village = village_of(tx, kode)
        refused = kiriman_queries.refusal(tx, kode, id_) or abort(404)
        pages = max(1, -(-refused.faults // LINES_PER_PAGE))
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
