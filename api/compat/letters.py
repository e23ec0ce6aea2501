"""Letters to be signed by the camat (CONTRACT.md, section 7)."""

from html import escape
from typing import Any, Final

from flask import Blueprint, Response, request, send_file

from api.auth import needs
from api.compat.answers import Dialect, answer, sentence
from api.compat.bearer import bearer
from api.compat.received import Keeping, Received, take
from api.context import services
from api.permissions import Need
from ledger import (
    DIAJUKAN,
    DICABUT,
    DIKEMBALIKAN,
    DIPERIKSA_SEKRETARIS,
    DITANDATANGANI,
    DITOLAK,
    MENUNGGU_CAMAT,
    MENUNGGU_TTE,
)
from ledger.opensid import Submission
from ledger.opensid.documents import read_letter
from projections.queries import surat as surat_queries

blueprint = Blueprint("compat_letters", __name__, url_prefix="/api/v1/surat")
_REFUSED: Final = 6
STANDS: Final = {
    DIAJUKAN: 1,
    DIPERIKSA_SEKRETARIS: 2,
    MENUNGGU_CAMAT: 3,
    MENUNGGU_TTE: 4,
    DITANDATANGANI: 5,
    DIKEMBALIKAN: _REFUSED,
    DITOLAK: _REFUSED,
    DICABUT: _REFUSED,
}
"""`log_verifikasi`: where a letter stands. OpenSID offers 5 for download, and knows of no return:
all that is beyond 5 it calls "Ditolak", and shows `keterangan`."""
SAID: Final = {
    DIKEMBALIKAN: "Dikembalikan untuk diperbaiki, kirim lagi dengan nomor yang sama: ",
    DITOLAK: "Ditolak: ",
    DICABUT: "Sudah ditandatangani, lalu dicabut: ",
}


def refused(message: str, status: int) -> tuple[dict[str, Any], int]:
    """An error by its HTTP status: OpenSID shows the whole body, and takes any 200 for sent."""
    return {"success": False, "message": message}, 422 if status >= 500 else status  # noqa: PLR2004


Dialect(refused).install(blueprint)


@blueprint.get("")
@needs(Need.TOKEN)
def letters() -> Response:
    """The letters that the desa sent, and where each stands."""
    token = bearer()
    with services().databases.reader.connect() as tx:
        found = surat_queries.letters(tx, token.kode_desa)
    rows = [
        {
            "nomor": it.nomor,
            "file": None,
            "nama": it.nama,
            "nama_penduduk": it.nama_penduduk,
            "nik": it.nik,
            "penduduk": {"nama": it.nama_penduduk},
            "pengurus_id": None,
            "pengurus": {"nama": it.camat or "Camat"},
            "log_verifikasi": STANDS[it.state],
            "keterangan": SAID[it.state] + escape(it.reason) if it.state in SAID else None,
        }
        for it in found
    ]
    return answer({"success": True, "message": "Daftar Surat", "data": rows})


@blueprint.post("/kirim")
@needs(Need.TOKEN)
def send() -> Response:
    """A letter, as PDF."""

    def read(received: Received, keeping: Keeping) -> Submission:
        file = received.file().read()
        return read_letter(request.form, file, received.kode_desa, keeping.pdf)

    outcome = take(Received.begun("surat/kirim", "surat"), read)
    if outcome.refusal:
        return answer(*refused(sentence(outcome), 422))
    nomor = request.form["nomor"]
    body = {"success": True, "message": "Surat Berhasil Dikirim!", "data": {"nomor": nomor}}
    return answer(body, 201)


@blueprint.get("/download")
@needs(Need.TOKEN)
def download() -> Response:
    """The PDF of a letter of the desa: as it was signed, or as the desa sent it."""
    token = bearer()
    nomor = request.args.get("nomor", "")
    with services().databases.reader.connect() as tx:
        letter = surat_queries.letter(tx, token.kode_desa, nomor)
        if letter is None and (meant := surat_queries.spelled(tx, token.kode_desa, nomor)):
            letter = surat_queries.letter(tx, token.kode_desa, meant)
    found = services().blobs.open(token.kode_desa, letter.served) if letter else None
    if found is None:
        return answer(*refused("Surat dengan nomor ini tidak ada.", 404))
    blob, path = found
    return send_file(path, mimetype=blob.type, download_name="surat.pdf")
