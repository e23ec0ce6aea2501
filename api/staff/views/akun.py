"""One's own account: password, second factor, where one is logged in, and who tried."""

from typing import Any, Final

import segno
from flask import flash, redirect, render_template, request, url_for
from markupsafe import Markup
from werkzeug.wrappers import Response

from api.auth import known_account, log_out, needs, owed, session_text, visitor
from api.context import services
from api.errors import STATUS
from api.permissions import Need
from api.staff.views.frame import blueprint
from ledger import DONE, NO_NAME, OPENSID, PROGRAM, SHORTEST_PASSWORD, WRONG_CODE, WRONG_PASSWORD
from ledger.errors import CodeRefusedError, LogInError, PasswordRefusedError

OUTCOMES: Final = {
    DONE: "masuk",
    WRONG_PASSWORD: "kata sandi salah",
    WRONG_CODE: "kode salah",
    NO_NAME: "nama tidak dikenal",
}
DOORS: Final = {PROGRAM: "program", OPENSID: "OpenSID"}
HISTORY: Final = 20


@blueprint.get("/akun")
@needs(Need.OWN)
def akun() -> str:
    """The account, its sessions and its log-ins."""
    account, sessions = known_account(), services().sessions
    return render_template(
        "akun.html",
        sessions=sessions.of(account.username),
        here=sessions.named(session_text() or ""),
        log_ins=services().log_ins.history(account.username, HISTORY),
        outcomes=OUTCOMES,
        doors=DOORS,
        codes_left=services().second_factor.codes_left(account.username),
        required=account.role in services().settings.totp,
    )


@blueprint.route("/akun/kata-sandi", methods=["GET", "POST"])
@needs(Need.OWN)
def kata_sandi() -> Any:  # noqa: ANN401  # a page or a redirect
    """Change the password; every other session ends."""
    if request.method == "GET":
        return _password_page({})
    account = known_account()
    old, new, again = (request.form.get(it, "") for it in ("lama", "baru", "ulang"))
    if new != again:
        return _password_page({"ulang": "Tidak sama dengan kata sandi baru."}), 422
    if new == old:
        return _password_page({"baru": "Kata sandi baru harus lain dari yang lama."}), 422
    try:
        services().log_ins.confirm(account, old, visitor())
        services().accounts.set_password(account.username, new, session=session_text())
    except LogInError as error:
        return _password_page({"lama": str(error)}), STATUS[error.code]
    except PasswordRefusedError as error:
        return _password_page({"baru": f"{error.why.capitalize()}."}), 422
    flash("Kata sandi diganti. Perangkat lain sudah dikeluarkan.")
    return redirect(url_for("staff.akun"))


def _password_page(errors: dict[str, str]) -> str:
    account = known_account()
    once = account.once_until is not None
    return render_template("kata_sandi.html", errors=errors, once=once, shortest=SHORTEST_PASSWORD)


@blueprint.route("/akun/totp", methods=["GET", "POST"])
@needs(Need.OWN)
def totp() -> Any:  # noqa: ANN401  # a page or a redirect
    """Put a second factor on: a picture for the telephone, confirmed by its first code."""
    account, second_factor = known_account(), services().second_factor
    if account.totp:
        return redirect(url_for("staff.akun"))
    if request.method == "GET":
        return _totp_page(second_factor.draft(account.username), {})
    draft = request.form.get("rahasia", "")
    try:
        codes = second_factor.confirm(account, draft, request.form.get("kode", ""))
    except CodeRefusedError as error:
        draft = draft if _is_draft(account.username, draft) else ""
        draft = draft or second_factor.draft(account.username)
        return _totp_page(draft, {"kode": str(error)}), 422
    return render_template("kode_pemulihan.html", codes=codes)


def _is_draft(username: str, draft: str) -> bool:
    try:
        services().second_factor.secret(username, draft)
    except CodeRefusedError:
        return False
    return True


def _totp_page(draft: str, errors: dict[str, str]) -> str:
    account, second_factor = known_account(), services().second_factor
    settings = services().settings
    address = second_factor.address(account.username, draft, settings.nama or settings.origin)
    picture = segno.make(address, error="m").svg_inline(
        scale=5, border=4, omitsize=True, svgclass="qr", lineclass=None
    )
    return render_template(
        "totp.html",
        draft=draft,
        # Black squares of segno's making; the address in them is none of the visitor's text.
        picture=Markup(picture),  # noqa: S704
        secret=second_factor.secret(account.username, draft),
        errors=errors,
        must=owed(account) == "staff.totp",
    )


@blueprint.post("/akun/totp/lepas")
@needs(Need.OWN)
def lepas_totp() -> Response:
    """Take the second factor off again, by the password."""
    account = known_account()
    try:
        services().log_ins.confirm(account, request.form.get("lama", ""), visitor())
    except LogInError as error:
        flash(str(error))
        return redirect(url_for("staff.akun"))
    services().second_factor.remove(account.username, account)
    flash("Kode TOTP dilepas.")
    return redirect(url_for("staff.akun"))


@blueprint.post("/akun/totp/kode-pemulihan")
@needs(Need.OWN)
def kode_pemulihan() -> Any:  # noqa: ANN401  # a page or a redirect
    """Ten other recovery codes, by the password."""
    account = known_account()
    try:
        services().log_ins.confirm(account, request.form.get("lama", ""), visitor())
    except LogInError as error:
        flash(str(error))
        return redirect(url_for("staff.akun"))
    if not account.totp:
        return redirect(url_for("staff.totp"))
    codes = services().second_factor.renew_codes(account)
    return render_template("kode_pemulihan.html", codes=codes)


@blueprint.post("/akun/sesi")
@needs(Need.OWN)
def akhiri_sesi() -> Response:
    """End one session of one's own."""
    services().sessions.end_one(known_account().username, request.form.get("sesi", ""))
    flash("Perangkat itu sudah dikeluarkan.")
    return redirect(url_for("staff.akun"))


@blueprint.post("/akun/keluar-semua")
@needs(Need.OWN)
def keluar_semua() -> Response:
    """Log out everywhere, here too."""
    services().sessions.end_all(known_account().username)
    log_out()
    return redirect(url_for("staff.masuk"))
