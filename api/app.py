"""The application: /v1 for programs, pages for staff, on one opened office."""

import json
import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any, Final

from flask import Flask, Response, abort, jsonify, render_template, request
from flask_compress import Compress
from flask_smorest import Api
from flask_wtf.csrf import CSRFError, CSRFProtect
from werkzeug.exceptions import HTTPException
from werkzeug.routing import IntegerConverter, Map

from api import audit, compat, context, data, desa, errors, ingest, keys, transparency
from api.arrival import Cookie, Forwarded, is_secure
from api.auth import current_account, needs
from api.context import Services
from api.errors import http_problem, ledger_problem, log_failure, problem
from api.metrics import CONTENT_TYPE, exposition
from api.permissions import Need
from api.schemas import ProblemSchema
from api.staff import views
from ledger import MOST_FILE, MOST_SIGNED, LedgerError
from ledger.database import OUTAGES, outage

CSP: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "font-src 'self'; connect-src 'self'; form-action 'self'; frame-ancestors 'none'; "
    "base-uri 'none'; manifest-src 'self'"
)
"""Nothing from elsewhere, nothing inline."""
PERMISSIONS: Final = ", ".join(
    f"{it}=()" for it in ("camera", "microphone", "geolocation", "payment", "usb", "serial")
)
"""Of what a browser can do beyond showing pages, nothing."""

_UNSAID: Final = re.compile(r"[\x00\ud800-\udfff]")
_READ: Final = frozenset({"staff", "audit", "data"})
"""Whose bodies are forms of ours, or JSON that we describe."""
FILES: Final = {
    "staff.tandatangani": MOST_SIGNED + 64 * 1024,
    "staff.baca_tabel": MOST_FILE + 64 * 1024,
    "staff.catat_tabel": MOST_FILE,
}
"""Pages that take a file, or what was read of one, and bytes of the most that they take."""


class Storable(IntegerConverter):
    """A number in an address, if it is one that could be stored; any other is not there."""

    def __init__(self, map: Map) -> None:  # noqa: A002  # as werkzeug calls it
        super().__init__(map, max=2**63 - 1)


class ProblemApi(Api):
    """flask-smorest, answering with problem+json and saying so in its description."""

    ERROR_SCHEMA = ProblemSchema

    def handle_http_exception(self, error: HTTPException) -> Any:  # noqa: ANN401
        """HTTP's own errors, and what marshmallow finds wrong with a query."""
        return http_problem(error)


def create_app(services: Services) -> Flask:
    """The application, for gunicorn or a test client."""
    app = Flask("api", static_folder="staff/static", template_folder="staff/templates")
    app.config.update(
        SECRET_KEY=services.ledger.office.keyring.web,
        SESSION_COOKIE_NAME="opendk",
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        PERMANENT_SESSION_LIFETIME=timedelta(hours=services.settings.longest),
        MAX_CONTENT_LENGTH=64 * 1024,
        WTF_CSRF_TIME_LIMIT=None,
        COMPRESS_MIMETYPES=[
            "text/html",
            "text/css",
            "application/json",
            "image/svg+xml",
            "text/javascript",
        ],
        API_TITLE="OpenDK Ledger",
        API_VERSION="v1",
        OPENAPI_VERSION="3.1.0",
        API_SPEC_OPTIONS={
            "info": {
                "description": "Buku besar data desa. Tata tulis kiriman: ledger/PROTOCOL.md.",
                "license": {"name": "GPL-3.0-only"},
            },
        },
    )
    app.session_interface = Cookie()
    app.url_map.converters["int"] = Storable
    context.install(app, services)
    api = ProblemApi(app)
    api.register_blueprint(ingest.blueprint)
    api.register_blueprint(keys.blueprint)
    api.register_blueprint(desa.blueprint)
    api.register_blueprint(data.blueprint)
    api.register_blueprint(audit.blueprint)
    api.spec.components.security_scheme("basic", {"type": "http", "scheme": "basic"})
    api.spec.components.security_scheme("ticket", {"type": "http", "scheme": desa.SCHEME})
    # Before the form is looked into, which is read whole for its token.
    app.before_request(_let_files_in)
    csrf = CSRFProtect(app)
    # A batch is authenticated by its signature, and so is a key note; there is no cookie to ride
    # on.
    csrf.exempt(ingest.blueprint)
    csrf.exempt(keys.blueprint)
    # Nor does a browser hold a ticket.
    csrf.exempt(desa.blueprint)
    # Nor with another office's checkpoint.
    csrf.exempt(transparency.blueprint)
    # Programs send name and password; no other site's page sends JSON, or our cookie with it.
    csrf.exempt(audit.blueprint)
    # Nor is there one with a token.
    for blueprint in compat.BLUEPRINTS:
        csrf.exempt(blueprint)
    Compress(app)
    app.after_request(_close_stream)
    app.register_blueprint(views.blueprint)
    app.register_blueprint(transparency.blueprint)
    compat.install(app)
    app.jinja_env.globals.update(views.globals_of(services))
    _register_errors(app)
    _register_operations(app, api)
    app.before_request(_refuse_unsaid)
    app.after_request(_secure)
    # Outermost: all that is inside knows who asks.
    outermost = Forwarded(app.wsgi_app, services.settings.proxies)
    app.wsgi_app = outermost  # type: ignore[method-assign]  # as Flask documents it
    return app


def _register_errors(app: Flask) -> None:
    def for_programs() -> bool:
        return request.path.startswith(("/v1/", "/log/", "/witness/", "/add-checkpoint"))

    @app.errorhandler(LedgerError)
    def refused(error: LedgerError) -> Any:  # noqa: ANN401
        if for_programs():
            return ledger_problem(error)
        return page(errors.STATUS.get(error.code, 500), str(error))

    def out_of_order(error: Exception) -> Any:  # noqa: ANN401
        log_failure(error)
        return refused(outage(error))

    for kind in OUTAGES:
        app.register_error_handler(kind, out_of_order)

    @app.errorhandler(CSRFError)
    def forged(_: CSRFError) -> Any:  # noqa: ANN401
        return page(400, "Halaman ini sudah kedaluwarsa; muat ulang lalu coba lagi.")

    @app.errorhandler(HTTPException)
    def wrong(error: HTTPException) -> Any:  # noqa: ANN401
        if for_programs():
            return http_problem(error)
        status = error.code or 500
        response = page(status, errors.SENTENCES.get(status, "Permintaan tidak dapat dilayani."))
        return response if status >= 400 else error  # noqa: PLR2004  # redirects are no errors

    @app.errorhandler(Exception)
    def failed(error: Exception) -> Any:  # noqa: ANN401
        log_failure(error)
        if for_programs():
            return problem(500, "internal-server-error", errors.SENTENCES[500])
        return page(500, errors.SENTENCES[500])

    def page(status: int, sentence: str) -> tuple[str, int]:
        return render_template("galat.html", status=status, sentence=sentence), status


def _register_operations(app: Flask, api: Api) -> None:
    @app.get("/openapi.json")
    @needs(Need.PUBLIC)
    def openapi() -> Response:
        return jsonify(api.spec.to_dict())

    @app.get("/docs")
    @needs(Need.PUBLIC)
    def docs() -> str:
        return render_template("docs.html", spec=api.spec.to_dict())

    @app.get("/healthz")
    @needs(Need.PUBLIC)
    def healthz() -> Response:
        """The process answers."""
        return Response("ok\n", mimetype="text/plain")

    @app.get("/metrics")
    @needs(Need.PUBLIC)
    def metrics() -> Response:
        """How the logs stand and how far the projections are, for Prometheus."""
        found = context.services()
        return Response(exposition(found.databases, found.now()), mimetype=CONTENT_TYPE)

    @app.get("/readyz")
    @needs(Need.PUBLIC)
    def readyz() -> Response:
        """The database answers too."""
        with context.services().databases.reader.connect():
            return Response("ok\n", mimetype="text/plain")


def _let_files_in() -> None:
    """Let whoever is logged in send more to a page that takes a file."""
    most = FILES.get(request.endpoint or "")
    if most and current_account() is not None:
        request.max_content_length = most


def _refuse_unsaid() -> None:
    """Refuse what is no text: NUL, and halves of characters.

    Nothing has a name with them in it, and no database can be asked for one. What OpenSID and the
    desa's programs send is kept as it came, and read by rules of its own.
    """
    said = (it for pair in request.args.items(multi=True) for it in pair)
    if any(_UNSAID.search(it) for it in (request.path, *said)):
        abort(404)
    if request.blueprint in _READ and any(_UNSAID.search(it) for it in _body()):
        abort(400)


def _body() -> Iterator[str]:
    """Every text in a form or a JSON body."""
    if request.is_json and (body := request.get_data()):
        yield from _texts(body)
    for pair in request.form.items(multi=True):
        yield from pair
    for name, file in request.files.items(multi=True):
        yield from (name, file.filename or "")


def _texts(body: bytes) -> Iterator[str]:
    try:
        rest = [json.loads(body)]
    except (ValueError, RecursionError):
        abort(400)
    while rest:
        it = rest.pop()
        if isinstance(it, str):
            yield it
        elif isinstance(it, dict):
            rest += [*it, *it.values()]
        elif isinstance(it, list):
            rest += it


def _close_stream(response: Response) -> Response:
    """Close a streamed body with its response, before `Compress` puts its own in front of it."""
    close = getattr(response.response, "close", None)
    if close is not None:
        response.call_on_close(close)
    return response


def _secure(response: Response) -> Response:
    response.headers.setdefault("Content-Security-Policy", CSP)
    response.headers.setdefault("X-Content-Type-Options", "nosniff")
    response.headers.setdefault("Referrer-Policy", "same-origin")
    response.headers.setdefault("Permissions-Policy", PERMISSIONS)
    response.headers.setdefault("Cross-Origin-Opener-Policy", "same-origin")
    if request.blueprint == "staff":
        response.headers.setdefault("Cross-Origin-Resource-Policy", "same-origin")
    if is_secure():
        response.headers.setdefault("Strict-Transport-Security", "max-age=31536000")
    if request.endpoint != "static":
        # Pages hold what villages stated about people; no cache in between keeps them.
        response.headers.setdefault("Cache-Control", "no-store")
    return response
