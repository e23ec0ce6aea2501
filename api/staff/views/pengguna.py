"""Who may log in, for an administrator: each act is an entry of the office's log.

An administrator acts on the accounts of their own scope; others are not there.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final

from flask import abort, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from api.auth import known_account, needs
from api.context import services
from api.errors import STATUS
from api.permissions import Need
from api.staff import menu
from api.staff.views.akun import DOORS, HISTORY, OUTCOMES
from api.staff.views.frame import ROLE_NAMES, blueprint
from ledger import ONCE, Account
from ledger.errors import (
    AccountExistsError,
    AccountRefusedError,
    AccountUnknownError,
    LastAdministratorError,
)

menu.office(
    "staff.pengguna",
    "Pengguna",
    "kunci",
    order=90,
    also=("staff.satu_pengguna", "staff.pengguna_baru", "staff.ubah_pengguna"),
)


@blueprint.get("/pengguna")
@needs(Need.USERS)
def pengguna() -> str:
    """The accounts of the administrator's scope, and the newest log-ins."""
    mine = known_account()
    accounts = [it for it in services().accounts.all() if mine.sees(it.scope)]
    names = {it.username for it in accounts}
    whole = mine.scope == services().ledger.office.kode
    tried = services().log_ins.history(None, 10 * HISTORY)
    return render_template(
        "pengguna.html",
        accounts=accounts,
        log_ins=[it for it in tried if it.username in names or (whole and not it.username)][
            :HISTORY
        ],
        outcomes=OUTCOMES,
        doors=DOORS,
    )


@blueprint.route("/pengguna/baru", methods=["GET", "POST"])
@needs(Need.USERS)
def pengguna_baru() -> Any:  # noqa: ANN401  # a page, with a status when refused
    """Make an account; its one-time password is shown on this answer and never again."""
    mine = known_account()
    form = {
        it: request.form.get(it, "").strip() for it in ("username", "nama", "peran", "cakupan")
    }
    if request.method == "GET":
        form["peran"], form["cakupan"] = "staf", mine.scope
        return _new_page(form, {})
    try:
        made, password = services().accounts.invite(
            form["username"], form["nama"], form["peran"], form["cakupan"], by=mine
        )
    except AccountRefusedError as error:
        return _new_page(form, {error.field: f"{error.why.capitalize()}."}), 422
    except AccountExistsError as error:
        return _new_page(form, {"username": str(error)}), STATUS[error.code]
    return _told(made, password)


def _new_page(form: Mapping[str, str], errors: Mapping[str, str]) -> str:
    return render_template("pengguna_baru.html", form=form, errors=errors, roles=ROLE_NAMES)


def _told(account: Account, password: str) -> str:
    return render_template("sekali.html", it=account, password=password, days=ONCE.days)


@blueprint.get("/pengguna/<username>")
@needs(Need.USERS)
def satu_pengguna(username: str) -> str:
    """One account: what may be changed, its sessions and its log-ins."""
    return _page(_seen(username), {})


@blueprint.post("/pengguna/<username>")
@needs(Need.USERS)
def ubah_pengguna(username: str) -> Any:  # noqa: ANN401  # a page or a redirect
    """Change name, role and scope."""
    found = _seen(username)
    nama, peran, cakupan = (
        request.form.get(it, "").strip() for it in ("nama", "peran", "cakupan")
    )
    try:
        services().accounts.change(username, nama, peran, cakupan, by=known_account())
    except AccountRefusedError as error:
        return _page(found, {error.field: f"{error.why.capitalize()}."}), 422
    except LastAdministratorError as error:
        return _page(found, {"peran": str(error)}), STATUS[error.code]
    flash("Perubahan disimpan.")
    return redirect(url_for("staff.satu_pengguna", username=username))


def _page(found: Account, errors: Mapping[str, str]) -> str:
    return render_template(
        "satu_pengguna.html",
        it=found,
        form=request.form,
        errors=errors,
        roles=ROLE_NAMES,
        sessions=services().sessions.of(found.username),
        log_ins=services().log_ins.history(found.username, HISTORY),
        outcomes=OUTCOMES,
        doors=DOORS,
    )


def _seen(username: str) -> Account:
    """An account of the administrator's scope; any other is not there."""
    found = services().accounts.get(username)
    return found if found and known_account().sees(found.scope) else abort(404)


def _off(username: str, by: Account) -> str:
    services().accounts.deactivate(username, by=by)
    return "Pengguna dinonaktifkan, dan dikeluarkan dari semua perangkat."


def _on(username: str, by: Account) -> str:
    services().accounts.reactivate(username, by=by)
    return "Pengguna diaktifkan lagi, dengan kata sandinya yang dulu."


def _without_totp(username: str, by: Account) -> str:
    services().second_factor.remove(username, by)
    return "Kode TOTP dilepas; pengguna dapat memasangnya lagi."


def _out(username: str, by: Account) -> str:  # noqa: ARG001  # one signature for all acts
    services().sessions.end_all(username)
    return "Pengguna dikeluarkan dari semua perangkat."


_ACTS: Final[Mapping[str, Callable[[str, Account], str]]] = {
    "nonaktif": _off,
    "aktif": _on,
    "lepas-totp": _without_totp,
    "keluarkan": _out,
}


@blueprint.post("/pengguna/<username>/<tindakan>")
@needs(Need.USERS)
def tindak_pengguna(username: str, tindakan: str) -> Any:  # noqa: ANN401  # a page or a redirect
    """Do something to an account."""
    found, mine = _seen(username), known_account()
    if tindakan == "kata-sandi":
        return _told(found, services().accounts.one_time(username, by=mine))
    act = _ACTS.get(tindakan) or abort(404)
    try:
        flash(act(username, mine))
    except (LastAdministratorError, AccountUnknownError) as error:
        flash(str(error))
    return _back(username)


def _back(username: str) -> Response:
    return redirect(url_for("staff.satu_pengguna", username=username))
