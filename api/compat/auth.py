"""Log-in for a token (CONTRACT.md, section 2).

The button for it in OpenSID runs in the operator's browser, from OpenSID's own site, hence CORS.
"""

from typing import Any

from flask import Blueprint, Response, request

from api.auth import needs, visitor
from api.compat.answers import Dialect, answer
from api.compat.bearer import bearer
from api.context import services
from api.permissions import Need
from ledger import OPENSID, Account, Token, dotted
from ledger.errors import (
    KodeError,
    LogInPausedError,
    LogInRefusedError,
    LogInWebOnlyError,
)

blueprint = Blueprint("compat_auth", __name__, url_prefix="/api/v1/auth")
_MOST = 16 * 1024
_CORS = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Allow-Methods": "GET, POST, OPTIONS",
    "Access-Control-Allow-Headers": "Accept, Authorization, Content-Type, X-Requested-With",
    # Asked for when OpenSID is on the internet and the office in a network of its own.
    "Access-Control-Allow-Private-Network": "true",
    "Access-Control-Max-Age": "86400",
}


def refused(message: str, status: int) -> tuple[dict[str, Any], int]:
    """By HTTP status: OpenSID's dialog says "Gagal terhubung" for all but 200."""
    return {"message": message}, 422 if status >= 500 else status  # noqa: PLR2004


Dialect(refused).install(blueprint)


@blueprint.after_request
def from_anywhere(response: Response) -> Response:
    """No cookie counts here, so any site may ask."""
    response.headers.update(_CORS)
    return response


@blueprint.post("/login")
@needs(Need.TOKEN)
def login() -> Response:
    """A token for a desa's user, by name and password."""
    request.max_content_length = _MOST
    form = request.get_json(silent=True) if request.is_json else request.form.to_dict()
    form = form if isinstance(form, dict) else {}
    username, password = (str(form.get(name) or "").strip() for name in ("email", "password"))
    if not username or not password:
        return answer(*refused("Isi nama pengguna dan kata sandi.", 422))
    try:
        account = services().log_ins.password(username, password, visitor(), OPENSID)
    except LogInPausedError as error:
        return answer(*refused(str(error), 429))
    except LogInRefusedError:
        return answer(*refused("Pengguna tidak dikenali", 401))
    except LogInWebOnlyError as error:
        return answer(*refused(f"Akses tidak diizinkan. {error}", 422))
    kode_desa = _desa_of(account)
    if kode_desa is None:
        return answer(*refused("Akses tidak diizinkan: bukan pengguna sebuah desa.", 422))
    return _granted(*services().tokens.issue(kode_desa, f"log-in {account.username}"))


def _desa_of(account: Account) -> str | None:
    """The one desa that the account is of; None for staff of the office."""
    try:
        return dotted(account.scope)
    except KodeError:
        return None


def _granted(text: str, token: Token) -> Response:
    seconds = int((token.expires_at - token.issued_at).total_seconds())
    return answer({"access_token": text, "token_type": "Bearer", "expires_in": seconds})


@blueprint.post("/logout")
@needs(Need.TOKEN)
def logout() -> Response:
    """Revoke the token that is shown, and no other."""
    token = bearer()
    services().tokens.revoke(token.kode_desa, token.id)
    return answer({"message": "Successfully logged out"})


@blueprint.post("/refresh")
@needs(Need.TOKEN)
def refresh() -> Response:
    """Another token for the same desa; the one that is shown is none any more."""
    token = bearer()
    granted = services().tokens.issue(token.kode_desa, token.label)
    services().tokens.revoke(token.kode_desa, token.id)
    return _granted(*granted)


@blueprint.get("/me")
@needs(Need.TOKEN)
def me() -> Response:
    """Whose token it is."""
    token = bearer()
    desa = services().registry.get_desa(token.kode_desa)
    return answer(
        {
            "user": {
                "id": token.id,
                "name": token.label,
                "desa": desa.kode_desa,
                "nama_desa": desa.nama,
            }
        }
    )
