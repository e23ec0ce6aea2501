"""Messages between a village and the office."""

from collections.abc import Iterable

from flask import abort, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from api.auth import known_account, needs
from api.context import services
from api.permissions import Need
from api.staff import menu
from api.staff.views.frame import blueprint, number_told, village_of
from ledger import Message
from ledger.errors import ConversationUnknownError, MessageRefusedError

menu.village("staff.pesan", "Pesan", "surat", order=80)


@blueprint.get("/desa/<kode>/pesan")
@needs(Need.MESSAGES)
def pesan(kode: str) -> str:
    """The conversations of a village, the newest first."""
    with services().databases.reader.connect() as tx:
        village = village_of(tx, kode)
    found = _conversations(services().messages.after(kode))
    return render_template("pesan.html", village=village, conversations=found)


@blueprint.post("/desa/<kode>/pesan")
@needs(Need.WRITE)
def tulis_pesan(kode: str) -> Response:
    """Write to a village: a new conversation, or an answer."""
    account = known_account()
    answered = request.form.get("percakapan", "")
    conversation = number_told(answered)
    if answered and conversation is None:
        abort(400)
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
