"""Whose request it is: the bearer token, which says the desa. What a form says does not."""

from flask import g, request

from api.context import services
from ledger import Token

_SCHEME = "bearer"


def bearer() -> Token:
    """The token of this request, or raise TokenRefusedError."""
    if "token" not in g:
        g.token = services().tokens.verify(bearer_text())
    token: Token = g.token
    return token


def bearer_text() -> str:
    """What stands behind `Authorization: Bearer`; empty when nothing does."""
    scheme, _, text = request.headers.get("Authorization", "").partition(" ")
    return text if scheme.lower() == _SCHEME else ""
