"""Log-in, in one step or two, and log-out."""

from typing import Any

from flask import redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from api.auth import (
    current_account,
    log_in,
    log_out,
    needs,
    safe_target,
    unfinished_account,
    visitor,
)
from api.context import services
from api.errors import STATUS
from api.permissions import Need
from api.staff.views.frame import blueprint
from ledger.errors import LogInError


@blueprint.route("/masuk", methods=["GET", "POST"])
@needs(Need.PUBLIC)
def masuk() -> Any:  # noqa: ANN401  # a page or a redirect
    """Log in by name and password."""
    target = safe_target(request.values.get("ke"))
    if request.method == "GET":
        return redirect(target) if current_account() else _log_in_page(target)
    username = request.form.get("username", "").strip()
    password = request.form.get("password", "")
    try:
        account = services().log_ins.password(username, password, visitor())
    except LogInError as error:
        return _log_in_page(target, username, str(error)), STATUS[error.code]
    log_in(account, complete=not account.totp)
    return redirect(url_for("staff.masuk_kode", ke=target) if account.totp else target)


@blueprint.route("/masuk/kode", methods=["GET", "POST"])
@needs(Need.PUBLIC)
def masuk_kode() -> Any:  # noqa: ANN401  # a page or a redirect
    """The second step, for an account with a second factor."""
    target = safe_target(request.values.get("ke"))
    account = unfinished_account()
    if account is None:
        return redirect(url_for("staff.masuk", ke=target))
    if request.method == "GET":
        return render_template("masuk_kode.html", target=target, why="")
    try:
        services().log_ins.code(account, request.form.get("kode", ""), visitor())
    except LogInError as error:
        page = render_template("masuk_kode.html", target=target, why=str(error))
        return page, STATUS[error.code]
    log_in(account)
    return redirect(target)


def _log_in_page(target: str, username: str = "", why: str = "") -> str:
    return render_template("masuk.html", target=target, username=username, why=why)


@blueprint.post("/keluar")
@needs(Need.OWN)
def keluar() -> Response:
    """Log out."""
    log_out()
    return redirect(url_for("staff.masuk"))
