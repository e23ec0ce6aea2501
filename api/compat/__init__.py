"""OpenDK's `/api/v1`, for every OpenSID as it is installed today.

An operator changes one address and one token, and everything arrives: what OpenSID sends is
translated and appended to the desa's log by the gateway (`ledger.Gateway`); nothing here decides
what is true. CONTRACT.md says for each address what it did, what it does now, and why.

A room that can be torn out: when no desa needs it any more, delete the folder and one line in
`api.app`.
"""

from flask import Flask

from api.compat import auth, letters, messages, reports, uploads
from api.compat.paths import Slashes

__all__ = ["BLUEPRINTS", "install"]

BLUEPRINTS = (
    auth.blueprint,
    uploads.blueprint,
    reports.blueprint,
    messages.blueprint,
    letters.blueprint,
)


def install(app: Flask) -> None:
    """Open the old addresses on an application."""
    for blueprint in BLUEPRINTS:
        app.register_blueprint(blueprint)
    app.wsgi_app = Slashes(app.wsgi_app)  # type: ignore[method-assign]  # as Flask documents it
