"""/log/{kode} and /add-checkpoint: what anybody may read of the logs, and our word as a witness.

Static in all but name: a full tile never changes, so caches keep it for ever; the checkpoint is
asked for anew each time. No log-in and no cookies: there is nothing here about a person
(PROTOCOL section 10).
"""

import gzip
from typing import Final

from flask import Blueprint, Response, request

from api.auth import needs
from api.context import services
from api.errors import STATUS
from api.permissions import Need
from ledger import OldSizeError, WitnessError

FOR_EVER: Final = "public, max-age=31536000, immutable"
FOR_A_WHILE: Final = "public, max-age=60"
"""A partial tile does not change either, but nobody asks for it once the log has grown."""
_TEXT: Final = "text/plain; charset=utf-8"
_TILE: Final = "application/octet-stream"
_SIZE: Final = "text/x.tlog.size"

blueprint = Blueprint("transparency", __name__)


@blueprint.get("/log/<kode>/checkpoint")
@needs(Need.PUBLIC)
def checkpoint(kode: str) -> Response:
    """The newest checkpoint of a log, with the cosignatures that there are for it."""
    return _checkpoint(services().transparency.checkpoint(kode).to_bytes())


@blueprint.get("/log/<kode>/checkpoint/disaksikan")
@needs(Need.PUBLIC)
def witnessed(kode: str) -> Response:
    """The newest checkpoint of a log that a witness has cosigned."""
    note = services().transparency.witnessed(kode)
    if note is None:
        return Response("Log ini belum disaksikan siapa pun.\n", 404, content_type=_TEXT)
    return _checkpoint(note.to_bytes())


@blueprint.get("/log/<kode>/tile/<path:path>")
@needs(Need.PUBLIC)
def tile(kode: str, path: str) -> Response:
    """A tile of hashes or of entries."""
    served = services().transparency.tile(kode, f"tile/{path}")
    response = _open(Response(served.data, content_type=_TILE))
    response.headers["Cache-Control"] = FOR_EVER if served.full else FOR_A_WHILE
    if served.entries:  # hashes do not compress
        response.vary.add("Accept-Encoding")
        if request.accept_encodings.quality("gzip") > 0:
            response.set_data(gzip.compress(served.data, mtime=0))
            response.headers["Content-Encoding"] = "gzip"
    return response


@blueprint.post("/add-checkpoint")
@needs(Need.PUBLIC)
def add_checkpoint() -> Response:
    """The request of another office's log for our cosignature (C2SP tlog-witness)."""
    try:
        line = services().witness.cosign(request.get_data())
    except OldSizeError as error:
        return Response(f"{error.size}\n", STATUS[error.code], content_type=_SIZE)
    except WitnessError as error:
        return Response(f"{error}\n", STATUS[error.code], content_type=_TEXT)
    return Response(line, content_type=_TEXT)


@blueprint.get("/witness/<origin_hash>/checkpoint")
@needs(Need.PUBLIC)
def cosigned(origin_hash: str) -> Response:
    """The checkpoint of another office's log that we cosigned last, with our cosignature."""
    try:
        note = services().witness.cosigned(origin_hash)
    except WitnessError as error:
        return Response(f"{error}\n", STATUS[error.code], content_type=_TEXT)
    return _checkpoint(note)


def _checkpoint(note: bytes) -> Response:
    response = _open(Response(note, content_type=_TEXT))
    response.headers["Cache-Control"] = "no-cache"
    response.add_etag()
    response.make_conditional(request)
    return response


def _open(response: Response) -> Response:
    """Readable from the pages of others, such as a monitor's."""
    response.headers["Access-Control-Allow-Origin"] = "*"
    return response
