"""What OpenSID uploads as tables, and who a desa is (CONTRACT.md, section 4)."""

from datetime import timedelta
from typing import Final

from flask import Blueprint, Response

from api.auth import needs
from api.compat.answers import (
    Dialect,
    answer,
    by_status,
    danger,
    deletions_sentence,
    sentence,
    success,
    told,
)
from api.compat.bearer import bearer
from api.compat.received import Keeping, Received, take
from api.context import services
from api.permissions import Need
from ledger import Outcome
from ledger.opensid import ExportLimits, Submission, read_export
from ledger.opensid.documents import read_deletions, read_identity
from ledger.opensid.forms import (
    DOKUMENTASI_PEMBANGUNAN,
    PEMBANGUNAN,
    PENDUDUK,
    PESERTA_BANTUAN,
    PROGRAM_BANTUAN,
    Form,
)

LIMITS: Final = ExportLimits(
    members=50_000,
    workbook=64 * 1024 * 1024,
    part=256 * 1024 * 1024,
    directory=8 * 1024 * 1024,
)
"""Tighter than on a desa's own computer: here anybody's file comes in."""
ONE_CLICK: Final = timedelta(hours=1)
"""OpenSID sends the list of deletions right after the dump; longer ago was another click."""

NOT_ARRIVED: Final = "Data penduduk tidak sampai bersama daftar hapusnya; kirim sekali lagi."

blueprint = Blueprint("compat_uploads", __name__, url_prefix="/api/v1")
Dialect(by_status).install(blueprint)


def _table(endpoint: str, form: Form) -> Outcome:
    """Take a table, in a ZIP with its pictures."""

    def read(received: Received, keeping: Keeping) -> Submission:
        export = read_export(
            received.file(), received.kode_desa, LIMITS, forms=[form], keep=keeping.picture
        )
        return Submission.from_export(export)

    return take(Received.begun(endpoint, form.entity, whole=form.full), read)


@blueprint.post("/penduduk/storedata")
@needs(Need.TOKEN)
def penduduk() -> Response:
    """All people of the desa. OpenSID ignores this answer; it is told again by `hapus`."""
    return told(_table("penduduk/storedata", PENDUDUK))


@blueprint.post("/penduduk")
@needs(Need.TOKEN)
def hapus() -> Response:
    """The people who were deleted, ever; the answer tells of the dump before it as well."""
    token = bearer()
    dump = services().gateway.newest_whole(token.kode_desa, "penduduk")

    def read(received: Received, _: Keeping) -> Submission:
        return read_deletions(received.json(), received.kode_desa)

    outcome = take(Received.begun("penduduk", "penduduk"), read)
    words = deletions_sentence(outcome)
    if dump is None or dump.received_at < services().now() - ONE_CLICK:
        return danger(f"{NOT_ARRIVED} {words}".rstrip())
    wrong = dump.refusal or outcome.refusal
    return (danger if wrong else success)(f"{sentence(dump)} {words}".rstrip())


@blueprint.post("/identitas-desa")
@needs(Need.TOKEN)
def identitas() -> Response:
    """Who the desa is: what it calls itself, its website and its border."""

    def read(received: Received, _: Keeping) -> Submission:
        return read_identity(received.form(), received.kode_desa)

    return told(take(Received.begun("identitas-desa", "desa"), read))


@blueprint.post("/program-bantuan")
@needs(Need.TOKEN)
def program_bantuan() -> Response:
    """All aid programmes."""
    return told(_table("program-bantuan", PROGRAM_BANTUAN))


@blueprint.post("/program-bantuan/peserta")
@needs(Need.TOKEN)
def peserta_bantuan() -> Response:
    """All who take part in them."""
    return told(_table("program-bantuan/peserta", PESERTA_BANTUAN))


@blueprint.post("/pembangunan")
@needs(Need.TOKEN)
def pembangunan() -> Response:
    """Some public works: a page of a hundred, or what changed."""
    return told(_table("pembangunan", PEMBANGUNAN))


@blueprint.post("/pembangunan/dokumentasi")
@needs(Need.TOKEN)
def dokumentasi() -> Response:
    """Some photos of their progress."""
    return told(_table("pembangunan/dokumentasi", DOKUMENTASI_PEMBANGUNAN))


@blueprint.get("/test")
@needs(Need.TOKEN)
def test() -> Response:
    """Whether address and token are right."""
    return _connected()


@blueprint.post("/penduduk/test")
@needs(Need.TOKEN)
def test_penduduk() -> Response:
    """The same, where OpenDK had it as well."""
    return _connected()


def _connected() -> Response:
    token = bearer()
    return success(f"Terhubung sebagai desa {token.kode_desa}.")


@blueprint.route("/<path:rest>", methods=["GET", "POST", "PUT", "PATCH", "DELETE"])
@needs(Need.TOKEN)
def unknown(rest: str) -> Response:  # noqa: ARG001  # whatever it is
    """Everything else."""
    body = {"status": "danger", "message": "Alamat ini tidak dikenal OpenDK Ledger."}
    return answer(body, 404)
