"""The batches of a village."""

from typing import Final

from flask import render_template, request

from api.auth import login_required
from api.context import services
from api.staff.views.frame import PER_PAGE, blueprint, village_of
from ledger import Note, read_entry
from projections.queries import kiriman as kiriman_queries

LINES_PER_PAGE: Final = 200


@blueprint.get("/desa/<kode>/kiriman")
@login_required
def kiriman(kode: str) -> str:
    """The batches of a village, and those that were refused."""
    before = request.args.get("sebelum", type=int)
    with services().databases.reader.connect() as tx:
        village = village_of(tx, kode)
        batches = kiriman_queries.batches(tx, kode, before, PER_PAGE)
        refusals = kiriman_queries.refusals(tx, kode)
    return render_template(
        "kiriman.html", village=village, batches=batches, refusals=refusals, before=before
    )


@blueprint.get("/desa/<kode>/kiriman/<int:position>")
@login_required
def satu_kiriman(kode: str, position: int) -> str:
    """One batch: what was signed, checked now from its bytes, and its changes."""
    page = max(1, request.args.get("hal", 1, type=int))
    with services().databases.reader.connect() as tx:
        village = village_of(tx, kode)
        entry = read_entry(tx, kode, position)
    receipt = services().ledger.receipt(kode, position)
    keys = {it.verifier.name: it.verifier for it in services().registry.keys(kode)}
    key = keys.get(entry.manifest.chain)
    note = Note.from_bytes(entry.note)
    changes = list(enumerate(entry.changes(), start=1))
    pages = max(1, -(-len(changes) // LINES_PER_PAGE))
    return render_template(
        "satu_kiriman.html",
        village=village,
        entry=entry,
        manifest=entry.manifest,
        text=entry.note.decode(),
        key=key,
        signed=key is not None and key.signed(note),
        intact=entry.intact,
        receipt=receipt,
        changes=changes[(page - 1) * LINES_PER_PAGE : page * LINES_PER_PAGE],
        page=min(page, pages),
        pages=pages,
    )
