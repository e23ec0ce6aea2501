"""How a request came: by which address, and whether by HTTPS.

In front of the program stands a proxy that ends TLS and says so in X-Forwarded-For and -Proto. It
is believed when it asks from one of the networks of `LEDGER_PROXIES`, this machine by default;
from anybody else these headers are what a visitor made up.
"""

from collections.abc import Iterable
from ipaddress import ip_address, ip_network
from typing import TYPE_CHECKING, Any

from flask import Flask, has_request_context, request
from flask.sessions import SecureCookieSessionInterface
from werkzeug.middleware.proxy_fix import ProxyFix

from api.context import services

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication


class Forwarded:
    """The application, told the visitor's address by proxies that are believed."""

    def __init__(self, app: "WSGIApplication", proxies: Iterable[str]) -> None:
        self._app = app
        self._behind = ProxyFix(app, x_for=1, x_proto=1)
        self._proxies = [ip_network(it) for it in proxies]

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:  # noqa: ANN401  # WSGI's
        """Serve a request."""
        app = self._behind if self._believed(environ.get("REMOTE_ADDR", "")) else self._app
        return app(environ, start_response)

    def _believed(self, address: str) -> bool:
        try:
            found = ip_address(address)
        except ValueError:
            return False
        return any(found in it for it in self._proxies)


def is_secure() -> bool:
    """Whether the visitor came by HTTPS: the proxy says so, or the settings do."""
    return has_request_context() and (services().settings.tls or request.is_secure)


class Cookie(SecureCookieSessionInterface):
    """The one cookie: by HTTPS it is `Secure`, and of this host alone (`__Host-`)."""

    def get_cookie_name(self, app: Flask) -> str:
        """Its name."""
        name = super().get_cookie_name(app)
        return f"__Host-{name}" if is_secure() else name

    def get_cookie_secure(self, app: Flask) -> bool:
        """Whether it is for HTTPS only."""
        return is_secure()
