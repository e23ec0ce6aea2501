"""Witnesses: who has cosigned which of the office's logs and when, and whom the office witnesses.

What is here is public besides (`/log/…`), but told by who looks after it: a witness that has
fallen behind, or a log that nobody has seen, is what an auditor asks about first.
"""

from typing import Final

from flask import render_template

from api.auth import known_account, needs
from api.context import services
from api.permissions import Need
from api.staff import menu
from api.staff.views.frame import blueprint
from ledger import Cosigned, Standing, read_jobs
from projections.queries import desa as desa_queries

_JOB: Final = "saksi"
_SHOWN: Final = 50

menu.office("staff.saksi", "Saksi", "perisai", order=75)


@blueprint.get("/saksi")
@needs(Need.WITNESSED)
def saksi() -> str:
    """The office's witnesses, how far each has seen each log, and the logs it witnesses."""
    found = services()
    account = known_account()
    office = found.ledger.office.kode
    with found.databases.reader.connect() as tx:
        names = desa_queries.names(tx, account.scope)
        job = next((it for it in read_jobs(tx) if it.name == _JOB), None)
    logs = [it for it in found.transparency.logs() if it.kode_desa in {office, *names}]
    witnesses = found.witnesses.all()
    newest = {(it.kode_desa, it.witness): it for it in found.witnesses.newest()}
    seen = {it.kode_desa: _largest(it, newest) for it in logs}
    recent = [it for it in found.witnesses.cosigned(_SHOWN) if it.kode_desa in {office, *names}]
    return render_template(
        "saksi.html",
        office_kode=office,
        names=names,
        logs=logs,
        witnesses=witnesses,
        newest=newest,
        seen=seen,
        whole=sum(seen[it.kode_desa] == it.size for it in logs),
        last=max((it.at for it in newest.values()), default=None),
        recent=recent,
        watched=found.witness.logs(),
        own=found.witness.key,
        job=job,
    )


def _largest(log: Standing, newest: dict[tuple[str, str], Cosigned]) -> int:
    """How much of a log any witness has seen."""
    return max((it.size for (kode, _), it in newest.items() if kode == log.kode_desa), default=0)
