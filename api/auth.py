"""Who is asking: log-in, log-out, and what an account may see.

The session is a signed cookie that holds the account's name; role and scope are looked up at each
request, so that a change of them counts at once. Failed log-ins are slowed down per name, in this
process only: with several web processes the delay is that much weaker.
"""

import threading
import time
from collections.abc import Callable
from functools import wraps
from typing import Any, Final, ParamSpec, TypeVar

from flask import abort, g, redirect, request, session, url_for
from werkzeug.datastructures import WWWAuthenticate
from werkzeug.exceptions import Unauthorized
from werkzeug.wrappers import Response

from api.context import services
from api.permissions import OPEN, Need, allowed
from ledger import Account

P = ParamSpec("P")
R = TypeVar("R")
_NEED: Final = "need"
_BASIC: Final = WWWAuthenticate("basic", {"realm": "OpenDK Ledger"})
_FREE_TRIES = 5
_LONGEST_PAUSE_S = 300.0


class Attempts:
    """Failed log-ins by name: after five, each costs twice the pause of the one before."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._failures: dict[str, tuple[int, float]] = {}

    def pause_s(self, name: str) -> float:
        """How long this name has to wait before it may try again."""
        with self._lock:
            _, until = self._failures.get(name, (0, 0.0))
            return max(0.0, until - self._clock())

    def failed(self, name: str) -> None:
        """Count a failure."""
        with self._lock:
            count = self._failures.get(name, (0, 0.0))[0] + 1
            pause = min(2.0 ** (count - _FREE_TRIES), _LONGEST_PAUSE_S)
            until = self._clock() + (pause if count >= _FREE_TRIES else 0.0)
            self._failures[name] = count, until

    def succeeded(self, name: str) -> None:
        """Forget the failures."""
        with self._lock:
            self._failures.pop(name, None)


attempts = Attempts()
"""Of this process, at every door where a password is asked for."""


def log_in(account: Account) -> None:
    """Begin a session; whatever the one before held is gone."""
    session.clear()
    session.permanent = True
    session["username"] = account.username


def log_out() -> None:
    """End the session."""
    session.clear()


def current_account() -> Account | None:
    """The account of this request, if it is logged in and still exists."""
    if "account" not in g:
        username = session.get("username")
        g.account = services().accounts.get(username) if username else None
    account: Account | None = g.account
    return account


def known_account() -> Account:
    """The account of this request, in a view that needs one."""
    return current_account() or abort(401)


def needs(
    need: Need, *, basic: bool = False
) -> Callable[[Callable[P, R]], Callable[P, R | Response]]:
    """Declare what a view needs, and let nobody else in.

    Whoever is not logged in is led to the log-in page and back; a desa (`kode` in the address)
    outside of the account's scope is not there; what the role may not do is refused. With `basic`
    the view is for programs: they may send name and password, and are told 401.
    """

    def declare(view: Callable[P, R]) -> Callable[P, R | Response]:
        @wraps(view)
        def guarded(*args: P.args, **kwargs: P.kwargs) -> R | Response:
            if need in OPEN:
                return view(*args, **kwargs)
            account = current_account()
            if account is None and basic:
                account = g.account = _basic_account()
            if account is None:
                back = request.full_path.rstrip("?") if request.method == "GET" else None
                return redirect(url_for("staff.masuk", ke=back))
            kode = kwargs.get("kode")
            if isinstance(kode, str) and not account.sees(kode):
                abort(404)
            if not allowed(account.role, need):
                abort(403)
            return view(*args, **kwargs)

        guarded.__dict__[_NEED] = need
        return guarded

    return declare


def need_of(view: Callable[..., Any]) -> Need | None:
    """What a view has declared to need; None for one that declared nothing."""
    return getattr(view, _NEED, None)


login_required = needs(Need.FIGURES)
"""For a page that every role may open."""


def may(need: Need) -> bool:
    """Whether the account of this request may do what a view needs."""
    account = current_account()
    return account is not None and allowed(account.role, need)


def _basic_account() -> Account:
    """Who sends name and password, or 401; 429 for whoever guesses."""
    given = request.authorization
    if given is not None and given.type == "basic" and given.username and given.password:
        if attempts.pause_s(given.username) > 0:
            abort(429)
        if account := services().accounts.verify(given.username, given.password):
            attempts.succeeded(given.username)
            return account
        attempts.failed(given.username)
    raise Unauthorized(www_authenticate=_BASIC)


def check_scope(kode_desa: str) -> None:
    """End the request as for a page that is not there, unless the account may see the desa."""
    account = current_account()
    if account is None or not account.sees(kode_desa):
        abort(404)


def safe_target(target: str | None) -> str:
    """Where to go after log-in: a path of ours, never another site."""
    if target and target.startswith("/") and not target.startswith(("//", "/\\")):
        return target
    return url_for("staff.dasbor")
