"""/v1/desa/{kode}: batches in, receipts out (PROTOCOL section 6)."""

from typing import Any, ClassVar, Final

from flask import Response, request
from flask.views import MethodView
from flask_smorest import Blueprint

from api.auth import needs
from api.context import services
from api.decoding import decoded, drain
from api.errors import describe
from api.permissions import Need
from api.receipts import told_appended, told_hash, told_receipt
from api.schemas import AppendedSchema, HeadSchema, ReceiptQuerySchema, ReceiptSchema
from ledger import LogHead

blueprint = Blueprint(
    "ingest",
    __name__,
    url_prefix="/v1/desa/<kode>",
    description="Kiriman desa: batch masuk, tanda terima keluar",
)

_BATCH_BODY: Final[dict[str, Any]] = {
    "required": True,
    "description": "Batch (PROTOCOL bagian 2); boleh dimampatkan dengan gzip atau zstd",
    "content": {"text/plain": {"schema": {"type": "string"}}},
}
_REFUSED: Final = {str(status): describe(status) for status in (400, 403, 404, 409, 413, 415, 422)}
_UNKNOWN: Final = {"404": describe(404)}
_WRONG_QUERY: Final = {**_UNKNOWN, "422": describe(422)}


@blueprint.route("/batches")
class Batches(MethodView):
    """The batches of a desa's log."""

    decorators: ClassVar = [needs(Need.SIGNATURE)]

    @blueprint.doc(requestBody=_BATCH_BODY, responses=_REFUSED)
    @blueprint.response(201, AppendedSchema)
    @blueprint.alt_response(200, schema=AppendedSchema, description="Sudah ada dalam log")
    def post(self, kode: str) -> tuple[dict[str, Any], int, dict[str, str]]:
        """Menambahkan satu batch ke log desa; tanda tangannya adalah otentikasinya."""
        ledger = services().ledger
        limits = ledger.limits
        # Packed, a batch may be a little longer than unpacked.
        most = 2 * (limits.body + limits.manifest)
        request.max_content_length = most
        try:
            source = decoded(request.stream, request.headers.get("Content-Encoding", ""))
            appended = ledger.append(kode, source)
        finally:
            drain(most)
        status = 200 if appended.replayed else 201
        headers = {"Idempotency-Replayed": "true"} if appended.replayed else {}
        return told_appended(appended), status, headers


@blueprint.route("/head")
class Head(MethodView):
    """Where a log stands."""

    decorators: ClassVar = [needs(Need.PUBLIC)]

    @blueprint.doc(responses=_UNKNOWN)
    @blueprint.response(200, HeadSchema)
    def get(self, kode: str) -> dict[str, Any]:
        """Sampai mana log desa dan setiap rantainya."""
        return _head(services().ledger.head(kode))


@blueprint.route("/batches/<int:position>/receipt")
class Receipts(MethodView):
    """Receipts of batches that are in the log."""

    decorators: ClassVar = [needs(Need.PUBLIC)]

    @blueprint.doc(responses=_WRONG_QUERY)
    @blueprint.arguments(ReceiptQuerySchema, location="query")
    @blueprint.response(200, ReceiptSchema)
    def get(self, query: dict[str, int], kode: str, position: int) -> dict[str, Any]:
        """Tanda terima sekali lagi, dari checkpoint terkini."""
        return told_receipt(services().ledger.receipt(kode, position, query.get("seen")))


@blueprint.after_request
def uncached(response: Response) -> Response:
    """Where a log stands is true for a moment only."""
    response.headers["Cache-Control"] = "no-store"
    return response


def _head(head: LogHead) -> dict[str, Any]:
    return {
        "kode_desa": head.kode_desa,
        "origin": head.origin,
        "size": head.size,
        "root": told_hash(head.root),
        "checkpoint": head.checkpoint,
        "chains": [
            {
                "chain": it.chain,
                "number": it.number,
                "manifest": told_hash(it.hash),
                "position": it.position,
            }
            for it in head.chains
        ],
        "rotations": list(head.rotations),
    }
