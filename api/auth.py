"""Who is asking: log-in, log-out, and what an account may see.

The cookie holds a random text and nothing of the account; session, role and scope are looked up in
the database at each request, so that a change of them counts at once, in every web process. What
guessing costs is the ledger's (`ledger.LogIns`).
"""

import re
from collections.abc import Callable
from functools import wraps
from typing import Any, Final, ParamSpec, TypeVar

from flask import abort, g, redirect, request, session, url_for
from werkzeug.datastructures import WWWAuthenticate
from werkzeug.exceptions import Unauthorized
from werkzeug.wrappers import Response

from api.context import services
from api.permissions import OPEN, Need, allowed
from ledger import PROGRAM, Account, Visitor
from ledger.errors import LogInPausedError, LogInRefusedError

P = ParamSpec("P")
R = TypeVar("R")
_NEED: Final = "need"
_BASIC: Final = WWWAuthenticate("basic", {"realm": "OpenDK Ledger"})
_TEXT: Final = "sesi"
_DECEIVING: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\\\u2028\u2029]")


def visitor() -> Visitor:
    """From where this request comes, no more exact than is of use."""
    return Visitor.of(request.remote_addr or "", request.user_agent.string)


def log_in(account: Account, *, complete: bool = True) -> None:
    """Begin a session; whatever the one before held is gone.

    One that is not complete opens nothing but the question for the second factor.
    """
    log_out()
    sessions = services().sessions
    begun = sessions.begin(account.username, account.role, visitor(), complete=complete)
    session.permanent = True
    session[_TEXT] = begun


def log_out() -> None:
    """End the session."""
    if text := session_text():
        services().sessions.end(text)
    session.clear()
    g.pop("account", None)


def session_text() -> str | None:
    """What the cookie of this request holds to open its session."""
    text = session.get(_TEXT)
    return text if isinstance(text, str) else None


def current_account() -> Account | None:
    """The account of this request, if it is logged in and may still be used."""
    if "account" not in g:
        g.account = _session_account(complete=True)
    account: Account | None = g.account
    return account


def unfinished_account() -> Account | None:
    """The account whose password was right, and whose second factor is awaited."""
    return _session_account(complete=False)


def _session_account(*, complete: bool) -> Account | None:
    text = session_text()
    found = services().sessions.find(text) if text else None
    if found is None or found.complete is not complete:
        return None
    account = services().accounts.get(found.username)
    return account if account and account.active else None


def owed(account: Account) -> str | None:
    """The endpoint where an account has something to do before anything else."""
    if account.once_until:
        return "staff.kata_sandi"
    if account.role in services().settings.totp and not account.totp:
        return "staff.totp"
    return None


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
            if need is not Need.OWN and (first := owed(account)):
                return abort(403) if basic else redirect(url_for(first))
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
    if (
        given is not None
        and given.type == "basic"
        and given.username
        and given.password
        and "\0" not in given.username
    ):
        log_ins = services().log_ins
        try:
            return log_ins.password(given.username, given.password, visitor(), PROGRAM)
        except LogInPausedError:
            abort(429)
        except LogInRefusedError:
            pass
    raise Unauthorized(www_authenticate=_BASIC)


def check_scope(kode_desa: str) -> None:
    """End the request as for a page that is not there, unless the account may see the desa."""
    account = current_account()
    if account is None or not account.sees(kode_desa):
        abort(404)


def safe_target(target: str | None) -> str:
    """Where to go after log-in: a path of ours, never another site.

    Browsers drop tabs and line ends out of an address, and take a backslash for a slash: what has
    any is nobody's path of ours.
    """
    target = target or ""
    ours = target.startswith("/") and not target.startswith("//")
    return target if ours and not _DECEIVING.search(target) else url_for("staff.dasbor")
