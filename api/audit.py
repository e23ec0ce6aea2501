"""/v1/audit: histories, differences, proofs and bundles, for auditors (PROTOCOL section 12).

What a GET answers holds no protected value: fields are masked as on pages, lines of proofs and
bundles are hashes. Whole lines are asked for by POST, with a purpose and a reason in the body,
since an address is logged everywhere; the access log has the entry before anything is sent.
"""

from collections.abc import Iterator
from typing import Any, ClassVar, Final

from flask import Response, stream_with_context
from flask.views import MethodView
from flask_smorest import Blueprint, abort

from api import format as fmt
from api.auth import known_account, needs
from api.context import services
from api.errors import describe
from api.permissions import Need
from api.schemas import (
    AuditBundleQuerySchema,
    AuditBundleReasonSchema,
    AuditDiffQuerySchema,
    AuditDiffSchema,
    AuditHistorySchema,
    AuditLogsSchema,
    AuditProofSchema,
    AuditReasonSchema,
    AuditRecordQuerySchema,
)
from ledger import (
    Account,
    ChangeProof,
    FieldDifference,
    PositionUnknownError,
    difference,
    history,
)
from ledger.catalogue import ENTITIES
from ledger.catalogue.fields import Nik, NoKk

blueprint = Blueprint(
    "audit",
    __name__,
    url_prefix="/v1/audit",
    description="Riwayat, beda, bukti, dan berkas audit, untuk auditor dan camat",
)
_EVERYTHING: Final = ("semua kolom",)
"""What the access log is told of lines that are shown whole."""
_GUARD: Final = [needs(Need.AUDIT, basic=True)]
_STATUSES: Final = (400, 401, 403, 404, 422, 429)
_DOC: Final[dict[str, Any]] = {
    "responses": {str(status): describe(status) for status in _STATUSES},
    "security": [{"basic": []}],
}
_ZIP: Final = {"type": "string", "format": "binary"}


@blueprint.route("/logs")
class Logs(MethodView):
    """The logs in scope."""

    decorators: ClassVar = _GUARD

    @blueprint.doc(**_DOC)
    @blueprint.response(200, AuditLogsSchema)
    def get(self) -> dict[str, Any]:
        """Sampai mana setiap log, dengan checkpoint dan rantainya."""
        account, ledger = known_account(), services().ledger
        heads = [
            (it.nama, ledger.head(it.kode_desa))
            for it in services().registry.desa()
            if account.sees(it.kode_desa)
        ]
        return {
            "items": [
                {
                    "kode_desa": head.kode_desa,
                    "nama": nama,
                    "size": head.size,
                    "root": head.root.hex(),
                    "checkpoint": head.checkpoint,
                    "chains": [
                        {"chain": it.chain, "number": it.number, "position": it.position}
                        for it in head.chains
                    ],
                }
                for nama, head in heads
            ],
        }


@blueprint.route("/desa/<kode>/history")
class History(MethodView):
    """The history of a record."""

    decorators: ClassVar = _GUARD

    @blueprint.doc(**_DOC)
    @blueprint.arguments(AuditRecordQuerySchema, location="query")
    @blueprint.response(200, AuditHistorySchema)
    def get(self, query: dict[str, Any], kode: str) -> dict[str, Any]:
        """Setiap pernyataan tentang satu catatan, dengan yang diubahnya, kolom per kolom."""
        exports = services().exports
        entity, id_ = query["entity"], query["id"]
        batches = exports.batches(kode)(0, exports.size(kode))
        return {
            "items": [
                {
                    "position": it.position,
                    "line": it.line,
                    "chain": it.chain,
                    "number": it.number,
                    "signed_at": it.signed_at,
                    "at": it.at,
                    "kind": it.kind,
                    "derived": it.derived,
                    "differences": [_shown(entity, field) for field in it.differences],
                }
                for it in history(batches, entity, id_)
            ],
        }


@blueprint.route("/desa/<kode>/diff")
class Diff(MethodView):
    """The difference between two positions of a log."""

    decorators: ClassVar = _GUARD

    @blueprint.doc(**_DOC)
    @blueprint.arguments(AuditDiffQuerySchema, location="query")
    @blueprint.response(200, AuditDiffSchema)
    def get(self, query: dict[str, Any], kode: str) -> dict[str, Any]:
        """Catatan yang ditambahkan, diubah, atau dihapus antara dua kiriman."""
        exports = services().exports
        size = exports.size(kode)
        first, last = query["dari"], query.get("sampai", size)
        if last > size:
            raise PositionUnknownError(kode, last)
        if first > last:
            abort(422, messages={"query": {"dari": ["Tidak boleh sesudah sampai."]}})
        found = difference(exports.batches(kode), first, last)
        return {
            "dari": first,
            "sampai": last,
            "total": len(found.records),
            "hidden": found.hidden,
            "items": [
                {
                    "entity": it.entity,
                    "id": it.id,
                    "kind": it.kind,
                    "position": it.position,
                    "line": it.line,
                    "differences": [_shown(it.entity, field) for field in it.differences],
                }
                for it in found.records[: query["batas"]]
            ],
        }


@blueprint.route("/desa/<kode>/batches/<int:position>/lines/<int:line>/proof")
class Proof(MethodView):
    """The proof of one change."""

    decorators: ClassVar = _GUARD

    @blueprint.doc(**_DOC)
    @blueprint.response(200, AuditProofSchema)
    def get(self, kode: str, position: int, line: int) -> dict[str, Any]:
        """Bukti satu perubahan; barisnya sebagai hash."""
        return _proof(services().exports.prove(kode, position, line, whole=False))

    @blueprint.doc(**_DOC)
    @blueprint.arguments(AuditReasonSchema)
    @blueprint.response(200, AuditProofSchema)
    def post(self, why: dict[str, str], kode: str, position: int, line: int) -> dict[str, Any]:
        """Bukti satu perubahan dengan barisnya, untuk tujuan dan alasan yang dicatat."""
        proof = services().exports.prove(kode, position, line, whole=True)
        account = known_account()
        where = f"kiriman {position} baris {line}"
        services().access.open_list(
            account, {kode: 1}, "perubahan", _EVERYTHING, where, (why["tujuan"], why["alasan"])
        )
        return _proof(proof)


@blueprint.route("/bundle")
class Bundle(MethodView):
    """Bundles."""

    decorators: ClassVar = _GUARD

    @blueprint.doc(**_DOC)
    @blueprint.arguments(AuditBundleQuerySchema, location="query")
    @blueprint.response(200, _ZIP, content_type="application/zip")
    def get(self, query: dict[str, Any]) -> Response:
        """Berkas audit tanpa data pribadi: setiap baris sebagai hash."""
        return _sent(_bundle(known_account(), query, whole=False))

    @blueprint.doc(**_DOC)
    @blueprint.arguments(AuditBundleReasonSchema)
    @blueprint.response(200, _ZIP, content_type="application/zip")
    def post(self, asked: dict[str, Any]) -> Response:
        """Berkas audit utuh, untuk tujuan dan alasan yang dicatat."""
        account = known_account()
        chunks = _bundle(account, asked, whole=True)
        why = (asked["tujuan"], asked["alasan"])
        access = services().access
        if "entity" in asked:
            access.open(account, asked["desa"], asked["entity"], asked["id"], _EVERYTHING, why)
        else:
            counts = services().exports.changes(_codes(account, asked))
            access.open_list(account, counts, "log", _EVERYTHING, "berkas audit", why)
        return _sent(chunks)


@blueprint.after_request
def uncached(response: Response) -> Response:
    """What was asked for a reason is for whoever gave it."""
    response.headers["Cache-Control"] = "no-store"
    return response


def _bundle(account: Account, asked: dict[str, Any], *, whole: bool) -> Iterator[bytes]:
    codes = _codes(account, asked)
    if "entity" not in asked:
        everything = account.sees(services().ledger.office.kode) and "desa" not in asked
        return services().exports.logs(None if everything else codes, whole=whole)
    return services().exports.record(asked["desa"], asked["entity"], asked["id"], whole=whole)


def _codes(account: Account, asked: dict[str, Any]) -> list[str]:
    """The desa that are asked for, of those in scope; 404 when there are none."""
    scope = asked.get("desa") or account.scope
    found = [
        it.kode_desa
        for it in services().registry.desa()
        if account.sees(it.kode_desa) and f"{it.kode_desa}.".startswith(f"{scope}.")
    ]
    if not found or ("entity" in asked and found != [scope]):
        abort(404)
    return found


def _sent(chunks: Iterator[bytes]) -> Response:
    headers = {"Content-Disposition": 'attachment; filename="audit.zip"'}
    return Response(stream_with_context(chunks), mimetype="application/zip", headers=headers)


def _proof(proof: ChangeProof) -> dict[str, Any]:
    return {name: getattr(proof, name) for name in proof.__struct_fields__}


def _shown(entity: str, it: FieldDifference) -> dict[str, Any]:
    return {
        "name": it.name,
        "before": _value(entity, it.name, it.before),
        "after": _value(entity, it.name, it.after),
    }


def _value(entity: str, name: str, value: Any) -> Any:  # noqa: ANN401  # whatever was stated
    """A value as pages show it; what the catalogue does not know might be anything."""
    if value is None:
        return None
    kind = ENTITIES.get(entity)
    field = kind.by_name.get(name) if kind else None
    if field is None or fmt.is_hidden(field):
        return fmt.HIDDEN
    return fmt.masked(str(value)) if isinstance(field.kind, Nik | NoKk) else value
