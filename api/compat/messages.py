"""Messages between desa and office (CONTRACT.md, section 6)."""

from collections.abc import Iterable
from datetime import UTC, datetime
from html import escape
from typing import Any

from flask import Blueprint, Response, request

from api.auth import needs
from api.compat.answers import Dialect, answer
from api.compat.bearer import bearer
from api.compat.received import Received
from api.context import services
from api.permissions import Need
from ledger import DESA, Message
from ledger.opensid.documents import read_message

blueprint = Blueprint("compat_messages", __name__, url_prefix="/api/v1/pesan")
_LARGEST = 2**63 - 1


def refused(message: str, _: int) -> tuple[dict[str, Any], int]:
    """200 with a false `status`: OpenSID shows the message of that, and of nothing else."""
    return {"status": False, "message": message}, 200


Dialect(refused).install(blueprint)


@blueprint.post("")
@needs(Need.TOKEN)
def send() -> Response:
    """A message of the desa: a new conversation, or an answer in one of its own."""
    received = Received.begun("pesan", "pesan")
    stated = read_message(received.form(), received.kode_desa)
    services().messages.from_desa(received.upload, stated, received.evidence)
    return answer({"status": True, "message": "Berhasil mengirim pesan"})


@blueprint.post("/getpesan")
@needs(Need.TOKEN)
def after() -> Response:
    """The conversations that have something newer than the message the desa has."""
    token = bearer()
    known = Received.begun("pesan/getpesan", "pesan").form().get("id")
    messages = services().messages.after(token.kode_desa, _number(known))
    return answer({"status": True, "data": _conversations(messages)})


@blueprint.get("/detail")
@needs(Need.TOKEN)
def detail() -> Response:
    """One conversation of the desa, whole."""
    token = bearer()
    wanted = _number(request.args.get("id"))
    messages = [
        it for it in services().messages.after(token.kode_desa) if it.conversation == wanted
    ]
    found = _conversations(messages)
    return answer({"status": True, "data": found[0] if found else None})


def _number(value: object) -> int:
    text = str(value)
    return min(int(text), _LARGEST) if text.isascii() and text.isdecimal() else 0


def _conversations(messages: Iterable[Message]) -> list[dict[str, Any]]:
    """Conversations with their messages, as OpenSID stores them."""
    found: dict[int, dict[str, Any]] = {}
    for it in messages:
        begun = found.setdefault(
            it.conversation,
            {
                "id": it.conversation,
                "das_data_desa_id": it.kode_desa,
                "judul": it.judul,
                "jenis": "Pesan Masuk" if it.pengirim == DESA else "Pesan Keluar",
                "sudah_dibaca": 0,
                "diarsipkan": 0,
                "created_at": _moment(it.sent_at),
                "updated_at": _moment(it.sent_at),
                "detail_pesan": [],
            },
        )
        begun["updated_at"] = _moment(it.sent_at)
        begun["detail_pesan"].append(
            {
                "id": it.number,
                "pesan_id": it.conversation,
                "text": _markup(it),
                "pengirim": it.pengirim,
                "nama_pengirim": it.nama_pengirim,
                "created_at": _moment(it.sent_at),
                "updated_at": _moment(it.sent_at),
            },
        )
    return list(found.values())


def _markup(of: Message) -> str:
    """OpenSID shows a text as HTML: its own as it wrote it, ours made into some."""
    return of.isi if of.pengirim == DESA else escape(of.isi).replace("\n", "<br>")


def _moment(at: datetime) -> str:
    """As Laravel writes it."""
    return f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%S.%fZ}"
