"""What came by the old protocol: uploads, what was left out of them, and deletions that wait."""

from typing import Final
from uuid import UUID

from flask import abort, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from api import format as fmt
from api.auth import check_scope, current_account, login_required
from api.context import services
from api.staff.views.frame import PER_PAGE, blueprint, may_act, village_of
from ledger import MANY, Account
from ledger.errors import WaitingGoneError
from projections.queries import catatan as catatan_queries

REASONS: Final = {
    True: "Lebih banyak dari yang wajar hilang sekaligus; mungkin unggahannya terpotong.",
    False: "Ada baris yang tidak terbaca; yang hilang mungkin ada di baris itu.",
}


@blueprint.get("/desa/<kode>/unggahan")
@login_required
def unggahan(kode: str) -> str:
    """The newest uploads of a village, and the deletions that wait."""
    with services().databases.reader.connect() as tx:
        village = village_of(tx, kode)
        waiting = services().gateway.waiting(kode)
        names = {it.entity: catatan_queries.names(tx, it.entity, kode, it.ids) for it in waiting}
    return render_template(
        "unggahan.html",
        village=village,
        uploads=services().gateway.uploads(kode, PER_PAGE),
        waiting=waiting,
        names=names,
        reason=lambda it: REASONS[it.reason == MANY],
    )


@blueprint.get("/desa/<kode>/unggahan/<uuid:id_>")
@login_required
def satu_unggahan(kode: str, id_: UUID) -> str:
    """One upload, with the rows that were left out."""
    with services().databases.reader.connect() as tx:
        village = village_of(tx, kode)
    found = services().gateway.get(kode, id_) or abort(404)
    return render_template("satu_unggahan.html", village=village, it=found)


@blueprint.post("/desa/<kode>/unggahan/penghapusan")
@login_required
def putuskan(kode: str) -> Response:
    """Confirm or dismiss the deletions that wait since an upload: an act of the office."""
    check_scope(kode)
    account = _acting()
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


def _acting() -> Account:
    account = current_account()
    return account if account and may_act() else abort(403)
