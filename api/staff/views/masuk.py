"""Log-in and log-out."""

from typing import Any

from flask import redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from api.auth import attempts, current_account, log_in, log_out, needs, safe_target
from api.context import services
from api.permissions import Need
from api.staff.views.frame import blueprint


@blueprint.route("/masuk", methods=["GET", "POST"])
@needs(Need.PUBLIC)
def masuk() -> Any:  # noqa: ANN401  # a page or a redirect
    """Log in."""
    target = safe_target(request.values.get("ke"))
    if request.method == "GET":
        return redirect(target) if current_account() else _log_in_page(target)
    username = request.form.get("username", "").strip()
    pause = attempts.pause_s(username)
    if pause > 0:
        why = f"Terlalu banyak percobaan; coba lagi dalam {pause:.0f} detik."
        return _log_in_page(target, username, why), 429
    account = services().accounts.verify(username, request.form.get("password", ""))
    if account is None:
        attempts.failed(username)
        return _log_in_page(target, username, "Nama pengguna atau kata sandi salah."), 401
    attempts.succeeded(username)
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
