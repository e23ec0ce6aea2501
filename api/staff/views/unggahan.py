"""What came by the old protocol: uploads, what was left out of them, and deletions that wait."""

from typing import Final
from uuid import UUID

from flask import abort, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from api import format as fmt
from api.auth import known_account, may, needs
from api.context import services
from api.permissions import Need
from api.staff import menu
from api.staff.views.frame import PER_PAGE, blueprint, village_of
from ledger import MANY, read_redactions
from ledger.errors import WaitingGoneError
from projections.queries import catatan as catatan_queries

REASONS: Final = {
    True: "Lebih banyak dari yang wajar hilang sekaligus; mungkin unggahannya terpotong.",
    False: "Ada baris yang tidak terbaca; yang hilang mungkin ada di baris itu.",
}

menu.village(
    "staff.unggahan", "Unggahan OpenSID", "unduh", order=70, also=("staff.satu_unggahan",)
)


@blueprint.get("/desa/<kode>/unggahan")
@needs(Need.RECEIVED)
def unggahan(kode: str) -> str:
    """The newest uploads of a village, and the deletions that wait."""
    with services().databases.reader.connect() as tx:
        village = village_of(tx, kode)
        waiting = services().gateway.waiting(kode)
        names = {
            it.entity: catatan_queries.names(tx, it.entity, kode, it.ids)
            for it in waiting
            if may(Need.PEOPLE)
        }
    return render_template(
        "unggahan.html",
        village=village,
        uploads=services().gateway.uploads(kode, PER_PAGE),
        waiting=waiting,
        names=names,
        reason=lambda it: REASONS[it.reason == MANY],
    )


@blueprint.get("/desa/<kode>/unggahan/<uuid:id_>")
@needs(Need.RECEIVED)
def satu_unggahan(kode: str, id_: UUID) -> str:
    """One upload, with the rows that were left out."""
    with services().databases.reader.connect() as tx:
        village = village_of(tx, kode)
        found = services().gateway.get(kode, id_) or abort(404)
        redacted = read_redactions(tx, kode) if found.erased else []
    erased = next((it for it in redacted if it.id == found.erased), None)
    return render_template("satu_unggahan.html", village=village, it=found, erased=erased)


@blueprint.post("/desa/<kode>/unggahan/penghapusan")
@needs(Need.DECIDE)
def putuskan(kode: str) -> Response:
    """Confirm or dismiss the deletions that wait since an upload: an act of the office."""
    account = known_account()
    gateway = services().gateway
    entity = request.form.get("entitas", "")
    try:
        upload = UUID(request.form.get("unggahan", ""))
        if request.form.get("keputusan") == "setuju":
            deleted = gateway.confirm(kode, entity, upload, account)
            flash(f"{fmt.number(deleted)} catatan dihapus, dan keputusannya dicatat.")
        else:
            gateway.dismiss(kode, entity, upload, account)
            flash("Tidak ada yang dihapus, dan keputusannya dicatat.")
    except WaitingGoneError as error:
        flash(str(error))
    except ValueError:
        abort(400)
    return redirect(url_for("staff.unggahan", kode=kode))
