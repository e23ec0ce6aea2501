"""Reports as PDF (CONTRACT.md, section 5)."""

from typing import Any

from flask import Blueprint, Response

from api.auth import needs
from api.compat.answers import Dialect, answer, sentence, success
from api.compat.received import Keeping, Received, take
from api.permissions import Need
from ledger.opensid import Submission
from ledger.opensid.documents import read_reports

blueprint = Blueprint("compat_reports", __name__, url_prefix="/api/v1")


def refused(message: str, _: int) -> tuple[dict[str, Any], int]:
    """422 without `errors`: the one answer after which OpenSID does not mark a report as sent."""
    return {"status": "danger", "message": message}, 422


Dialect(refused).install(blueprint)


def _reports(endpoint: str, jenis: str) -> Response:
    def read(received: Received, keeping: Keeping) -> Submission:
        return read_reports(received.json(), jenis, received.kode_desa, keeping.pdf)

    outcome = take(Received.begun(endpoint, "laporan"), read)
    nothing = not (outcome.new or outcome.changed or outcome.unchanged)
    if outcome.refusal or nothing:
        return answer(*refused(sentence(outcome), 422))
    return success(sentence(outcome))


@blueprint.post("/laporan-apbdes")
@needs(Need.TOKEN)
def apbdes() -> Response:
    """Reports of the budget, by semester."""
    return _reports("laporan-apbdes", "laporan_apbdes")


@blueprint.post("/laporan-penduduk")
@needs(Need.TOKEN)
def penduduk() -> Response:
    """Reports of the population, by month."""
    return _reports("laporan-penduduk", "laporan_penduduk")
