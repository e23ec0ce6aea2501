"""Errors as answers: one table, and problem+json (RFC 9457) for programs.

A code of the ledger has one HTTP status. `detail` is the ledger's own sentence, `code` is for
programs to decide by, and the error's facts stand beside them.
"""

from http import HTTPStatus
from typing import Any, Final

import structlog
from flask import Response, json, request
from werkzeug.exceptions import HTTPException

from ledger import LedgerError, RefusalError

STATUS: Final[dict[str, int]] = {
    "batch-too-large": 413,
    "content-encoding": 415,
    "corrupt-encoding": 400,
    "manifest-grammar": 422,
    "wrong-log": 422,
    "key-unknown": 403,
    "key-foreign": 403,
    "key-weak": 403,
    "key-not-valid": 403,
    "signature": 403,
    "key-note-grammar": 422,
    "key-waiting": 403,
    "key-exists": 409,
    "enrol-code": 403,
    "ticket": 401,
    "file-too-large": 413,
    "file-type": 422,
    "file-hash": 422,
    "file-unknown": 404,
    "cursor": 422,
    "fork": 409,
    "gap": 409,
    "history": 409,
    "bytes-mismatch": 422,
    "count-mismatch": 422,
    "root-mismatch": 422,
    "line-too-long": 422,
    "line-utf8": 422,
    "line-json": 422,
    "line-deep": 422,
    "line-duplicate-member": 422,
    "line-salt": 422,
    "line-members": 422,
    "desa-unknown": 404,
    "position-unknown": 404,
    "record-unknown": 404,
    "tile-unknown": 404,
    "witness-request": 400,
    "log-unwatched": 404,
    "checkpoint-unsigned": 403,
    "old-size": 409,
    "inconsistent": 422,
    "access-refused": 403,
    "access-reason": 422,
    "access-too-many": 422,
    "search-paused": 429,
    "figure-refused": 422,
    "figure-gone": 409,
    "figure-file": 422,
    "account-exists": 409,
    "account-refused": 422,
    "account-unknown": 404,
    "last-administrator": 409,
    "password-refused": 422,
    "totp-code": 422,
    "log-in-refused": 401,
    "log-in-paused": 429,
    "log-in-web-only": 403,
    "not-followed": 503,
    "parked": 503,
    "database-unreachable": 503,
    "database-full": 503,
}
"""The HTTP status of every code that a request can meet."""

_FOR_PEOPLE: Final = frozenset({"parked"})
"""Codes of what passes only when somebody has mended it: there is no time after which to retry."""

SENTENCES: Final[dict[int, str]] = {
    400: "Permintaan tidak dapat dibaca.",
    401: "Masuk dahulu.",
    403: "Peran Anda tidak boleh membuka halaman ini.",
    404: "Alamat ini tidak ada.",
    405: "Cara meminta ini tidak berlaku untuk alamat ini.",
    413: "Permintaan terlalu besar.",
    415: "Jenis isi permintaan tidak didukung.",
    422: "Isi permintaan tidak sesuai.",
    429: "Terlalu banyak permintaan; tunggu sebentar.",
    500: "Terjadi kesalahan di server; kesalahan sudah dicatat.",
    503: "Layanan sedang tidak tersedia; coba lagi nanti.",
}
"""What people are told of a status that no code of ours explains."""

_logger = structlog.get_logger(__name__)


class EncodingError(RefusalError):
    """A Content-Encoding that the ledger does not read."""

    code = "content-encoding"

    def __init__(self, encoding: str) -> None:
        super().__init__("Content-Encoding hanya boleh gzip, zstd, atau tanpa pemampatan.")
        self.encoding = encoding


class CorruptEncodingError(RefusalError):
    """A compressed body that cannot be unpacked."""

    code = "corrupt-encoding"

    def __init__(self, encoding: str) -> None:
        super().__init__(f"Isi kiriman yang dimampatkan ({encoding}) rusak.")
        self.encoding = encoding


def problem(status: int, code: str, detail: str, **facts: object) -> Response:
    """A problem+json answer."""
    body: dict[str, object] = {
        "type": f"urn:opendk-ledger:{code}",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": detail,
        "code": code,
        **facts,
    }
    return Response(json.dumps(body), status, mimetype="application/problem+json")


def ledger_problem(error: LedgerError) -> Response:
    """The answer to an error of the ledger."""
    facts = error.facts if isinstance(error, RefusalError) else {}
    response = problem(STATUS[error.code], error.code, str(error), **facts)
    if response.status_code == HTTPStatus.SERVICE_UNAVAILABLE and error.code not in _FOR_PEOPLE:
        response.headers["Retry-After"] = "5"
    return response


def http_problem(error: HTTPException) -> Response:
    """The answer to an error of HTTP itself; its headers (Allow, …) are kept."""
    status = error.code or 500
    code = HTTPStatus(status).phrase.lower().replace(" ", "-").replace("'", "")
    sentence = SENTENCES.get(status, error.description or "")
    # What marshmallow finds wrong with a query.
    found = (getattr(error, "data", None) or {}).get("messages")
    response = problem(status, code, sentence, **({"errors": found} if found else {}))
    for name, value in error.get_headers():
        if name.lower() not in {"content-type", "content-length"}:
            response.headers.add(name, value)
    return response


def log_failure(error: BaseException) -> None:
    """Keep what went wrong, without what was sent."""
    _logger.error(
        "request failed",
        method=request.method,
        endpoint=request.endpoint,
        error=type(error).__name__,
        exc_info=error,
    )


def describe(status: int) -> dict[str, Any]:
    """A problem answer, for the OpenAPI description."""
    return {
        "description": HTTPStatus(status).phrase,
        "content": {
            "application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}},
        },
    }
