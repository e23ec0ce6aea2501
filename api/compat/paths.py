"""Addresses as OpenSID makes them: with a slash too many, when the setting ends with one."""

import re
from collections.abc import Callable, Iterable
from typing import Any

_OURS = re.compile(r"/{2,}(?=api/v1(?:/|$))")


class Slashes:
    """Takes the slashes in front of `api/v1` for one.

    Flask would answer with a redirect, which OpenSID's cURL follows without the body.
    """

    def __init__(self, application: Callable[..., Iterable[bytes]]) -> None:
        self._application = application

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:  # noqa: ANN401  # WSGI
        """Pass the request on."""
        environ["PATH_INFO"] = _OURS.sub("/", environ.get("PATH_INFO", ""), count=1)
        return self._application(environ, start_response)
