"""/v1/desa/{kode}/keys: key notes in, and who may sign where (PROTOCOL section 9)."""

from typing import Any, ClassVar, Final

from flask import Response, request
from flask.views import MethodView
from flask_smorest import Blueprint

from api.auth import needs
from api.context import services
from api.errors import describe
from api.permissions import Need
from api.schemas import KeysSchema, KeyStateSchema
from ledger import KeyState, RegisteredKey

blueprint = Blueprint(
    "keys",
    __name__,
    url_prefix="/v1/desa/<kode>",
    description="Kunci desa: mendaftar, berganti, mencabut",
)

_NOTE_BODY: Final[dict[str, Any]] = {
    "required": True,
    "description": "Surat kunci (PROTOCOL bagian 9)",
    "content": {"text/plain": {"schema": {"type": "string"}}},
}
_REFUSED: Final = {str(status): describe(status) for status in (403, 404, 409, 413, 422)}


@blueprint.route("/keys")
class Keys(MethodView):
    """The keys of a desa."""

    decorators: ClassVar = [needs(Need.SIGNATURE)]

    @blueprint.doc(requestBody=_NOTE_BODY, responses=_REFUSED)
    @blueprint.response(200, KeyStateSchema)
    @blueprint.alt_response(202, schema=KeyStateSchema, description="Menunggu kecamatan")
    def post(self, kode: str) -> tuple[dict[str, Any], int]:
        """Menyampaikan surat kunci; tanda tangan di dalamnya adalah otentikasinya."""
        state = services().registry.desa_keys.receive(kode, request.get_data())
        return _state(state), 202 if state.state == "waiting" else 200

    @blueprint.doc(responses={"404": describe(404)})
    @blueprint.response(200, KeysSchema)
    def get(self, kode: str) -> dict[str, Any]:
        """Semua kunci desa dan masa berlakunya, untuk siapa pun yang memeriksa."""
        registry = services().registry
        registry.get_desa(kode)
        return {"items": [_key(kode, it) for it in registry.keys(kode)]}


@blueprint.after_request
def uncached(response: Response) -> Response:
    """Who may sign is true until somebody decides otherwise."""
    response.headers["Cache-Control"] = "no-store"
    return response


def _state(state: KeyState) -> dict[str, Any]:
    return {
        "kode_desa": state.kode_desa,
        "name": state.verifier.name,
        "vkey": state.verifier.to_vkey(),
        "fingerprint": state.verifier.fingerprint,
        "state": state.state,
        "first": state.first,
        "end": state.end,
    }


def _key(kode_desa: str, key: RegisteredKey) -> dict[str, Any]:
    return {
        **_state(KeyState.of(kode_desa, key)),
        "how": key.how,
        "suspected": key.suspected,
        "acknowledged": key.acknowledged,
        "note": key.note,
    }
