"""Who is asking: log-in, log-out, and what an account may see.

The session is a signed cookie that holds the account's name; role and scope are looked up at each
request, so that a change of them counts at once. Failed log-ins are slowed down per name, in this
process only: with several web processes the delay is that much weaker.
"""

import threading
import time
from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

from flask import abort, g, redirect, request, session, url_for
from werkzeug.wrappers import Response

from api.context import services
from ledger import Account

P = ParamSpec("P")
R = TypeVar("R")
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


def login_required(view: Callable[P, R]) -> Callable[P, R | Response]:
    """Only for who is logged in; others are led to the log-in page and back."""

    @wraps(view)
    def guarded(*args: P.args, **kwargs: P.kwargs) -> R | Response:
        if current_account() is None:
            return redirect(url_for("staff.masuk", ke=request.full_path.rstrip("?")))
        return view(*args, **kwargs)

    return guarded


def check_scope(kode_desa: str) -> None:
    """End the request as for a page that is not there, unless the account may see the desa."""
    account = current_account()
    if account is None or not account.sees(kode_desa):
        abort(404)


def safe_target(target: str | None) -> str:
    """Where to go after log-in: a path of ours, never another site."""
    if target and target.startswith("/") and not target.startswith(("//", "/\\")):
        return target
    return url_for("staff.desa")
