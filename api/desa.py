"""/v1/desa/{kode}: files in, files and answers out, by ticket (PROTOCOL section 14)."""

import base64
import binascii
import sys
from typing import Any, ClassVar, Final

from flask import Response, request, send_file
from flask.views import MethodView
from flask_smorest import Blueprint

from api.auth import needs
from api.context import services
from api.decoding import drain
from api.errors import describe
from api.permissions import Need
from api.schemas import (
    AskedBlobsSchema,
    BlobSchema,
    InboxQuerySchema,
    InboxSchema,
    LackingSchema,
    MissingSchema,
)
from ledger import Blob, Read, RegisteredKey
from ledger.errors import FileUnknownError, TicketError
from projections.queries import berkas as berkas_queries

SCHEME: Final = "ticket"
_MOST_NAMED: Final = 1_000
_LONGEST_TICKET: Final = 2_000

blueprint = Blueprint(
    "desa",
    __name__,
    url_prefix="/v1/desa/<kode>",
    description="Berkas desa, dan jawaban kecamatan; dengan tiket yang ditandatangani kunci desa",
)

_TICKET: Final[dict[str, Any]] = {"security": [{"ticket": []}]}
_REFUSED: Final = {str(status): describe(status) for status in (401, 403, 404, 422)}
_FILE: Final = {"content": {"application/octet-stream": {"schema": {"format": "binary"}}}}
_FILE_BODY: Final[dict[str, Any]] = {"required": True, "description": "Isi berkas", **_FILE}


def _bearer(kode: str) -> RegisteredKey:
    """The key of the desa whose ticket the request shows."""
    scheme, _, told = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != SCHEME or len(told) > _LONGEST_TICKET:
        raise TicketError("sertakan Authorization: Ticket …")
    try:
        ticket = base64.b64decode(told.strip(), validate=True)
    except (binascii.Error, ValueError):
        raise TicketError("bukan base64") from None
    return services().registry.desa_keys.admit(kode, ticket)


@blueprint.route("/blobs")
class Blobs(MethodView):
    """Which files of a desa are here."""

    decorators: ClassVar = [needs(Need.SIGNATURE)]

    @blueprint.doc(**_TICKET, responses=_REFUSED)
    @blueprint.response(200, MissingSchema)
    def get(self, kode: str) -> dict[str, Any]:
        """Berkas yang disebut catatan desa sekarang, tetapi belum sampai."""
        _bearer(kode)
        with services().databases.reader.connect() as tx:
            total, missing = berkas_queries.missing(tx, kode, _MOST_NAMED)
        return {"total": total, "missing": missing}

    @blueprint.doc(**_TICKET, responses=_REFUSED)
    @blueprint.arguments(AskedBlobsSchema)
    @blueprint.response(200, LackingSchema)
    def post(self, asked: dict[str, list[str]], kode: str) -> dict[str, Any]:
        """Yang belum sampai, dari berkas yang disebutkan."""
        _bearer(kode)
        return {"missing": services().blobs.lacking(kode, asked["sha256"])}


@blueprint.route("/blobs/<sha256>")
class OneBlob(MethodView):
    """A photo or PDF, named by its hash."""

    decorators: ClassVar = [needs(Need.SIGNATURE)]

    @blueprint.doc(**_TICKET, requestBody=_FILE_BODY, responses={**_REFUSED, "413": describe(413)})
    @blueprint.response(201, BlobSchema)
    @blueprint.alt_response(200, schema=BlobSchema, description="Sudah ada")
    def put(self, kode: str, sha256: str) -> tuple[Blob, int]:
        """Membawa sebuah berkas; boleh diulang, sebelum atau sesudah kiriman yang menyebutnya."""
        found = services()
        most = found.settings.max_file
        # No more than that is read, whatever comes.
        request.max_content_length = sys.maxsize
        try:
            _bearer(kode)
            taken, new = found.blobs.take(kode, sha256, request.stream, most=most, at=found.now())
        finally:
            drain(most)
        return taken, 201 if new else 200

    @blueprint.doc(**_TICKET, responses=_REFUSED)
    @blueprint.response(200, content_type="application/octet-stream")
    def get(self, kode: str, sha256: str) -> Response:
        """Mengambil berkas milik desa sendiri, juga surat yang sudah ditandatangani."""
        _bearer(kode)
        found = services().blobs.open(kode, f"sha256:{sha256}")
        if found is None:
            raise FileUnknownError(kode)
        return send_file(found[1], mimetype="application/octet-stream", max_age=0)


@blueprint.route("/inbox")
class Inbox(MethodView):
    """What the office has to say to a desa."""

    decorators: ClassVar = [needs(Need.SIGNATURE)]

    @blueprint.doc(**_TICKET, responses=_REFUSED)
    @blueprint.arguments(InboxQuerySchema, location="query")
    @blueprint.response(200, InboxSchema)
    def get(self, query: dict[str, str], kode: str) -> dict[str, Any]:
        """Pesan, keputusan atas surat, dan kiriman yang ditolak, sesudah penanda `after`."""
        _bearer(kode)
        read = Read.from_text(query["after"]) if "after" in query else Read()
        items, now_read = services().inbox.after(kode, read)
        return {"items": items, "next": now_read.to_text()}


@blueprint.after_request
def uncached(response: Response) -> Response:
    """Nothing of it is for anybody else."""
    response.headers["Cache-Control"] = "no-store"
    if response.status_code == 401:  # noqa: PLR2004  # as HTTP wants it said
        response.headers["WWW-Authenticate"] = "Ticket"
    return response
