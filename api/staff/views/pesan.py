"""Messages between a village and the office."""

from collections.abc import Iterable

from flask import abort, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from api.auth import check_scope, current_account, login_required
from api.context import services
from api.staff.views.frame import blueprint, may_act, village_of
from ledger import Message
from ledger.errors import ConversationUnknownError, MessageRefusedError


@blueprint.get("/desa/<kode>/pesan")
@login_required
def pesan(kode: str) -> str:
    """The conversations of a village, the newest first."""
    with services().databases.reader.connect() as tx:
        village = village_of(tx, kode)
    found = _conversations(services().messages.after(kode))
    return render_template("pesan.html", village=village, conversations=found)


@blueprint.post("/desa/<kode>/pesan")
@login_required
def tulis_pesan(kode: str) -> Response:
    """Write to a village: a new conversation, or an answer."""
    check_scope(kode)
    account = current_account()
    if account is None or not may_act():
        abort(403)
    conversation = request.form.get("percakapan", type=int)
    try:
        made = services().messages.from_office(
            kode,
            account,
            request.form.get("isi", ""),
            judul=request.form.get("judul", ""),
            conversation=conversation,
        )
    except (MessageRefusedError, ConversationUnknownError) as error:
        flash(str(error))
        return redirect(url_for("staff.pesan", kode=kode))
    flash("Pesan tersimpan; desa menerimanya saat OpenSID-nya dibuka.")
    return redirect(url_for("staff.pesan", kode=kode, _anchor=f"p{made.conversation}"))


def _conversations(messages: Iterable[Message]) -> list[list[Message]]:
    """Messages by conversation; that with the newest message first."""
    found: dict[int, list[Message]] = {}
    for it in messages:
        found.setdefault(it.conversation, []).append(it)
    return sorted(found.values(), key=lambda them: them[-1].number, reverse=True)
