"""The past is kept while clicking on: a link leads to the same batch or day, unless it names one.

A page of a village says by `per`, one of the office by `tanggal`, as of when it is; from a village
as of a batch the office is as of the day on which that came. Which part of the office is looked
at (`wilayah`) is kept in the same way.
"""

from datetime import date
from typing import Any

from flask import g, request

from api.auth import current_account
from api.context import services
from api.staff.views.frame import batch_asked, blueprint, day_asked
from ledger import read_entry
from projections.queries import statistik as statistik_queries

_NAMED = frozenset({"per", "tanggal"})


@blueprint.url_defaults
def keep_past(endpoint: str, values: dict[str, Any]) -> None:  # noqa: ARG001  # Flask's
    """What the address says of when and where, in links that say nothing of it themselves."""
    if request.blueprint != blueprint.name:
        return
    kode = values.get("kode")
    if kode is None and "wilayah" not in values and (wilayah := request.args.get("wilayah")):
        values["wilayah"] = wilayah
    if _NAMED & values.keys() or not _NAMED & request.args.keys():
        return
    if kode is not None and kode == (request.view_args or {}).get("kode"):
        values |= {name: it for name in _NAMED if (it := request.args.get(name))}
    else:
        values["tanggal"] = _day()


def _day() -> date | None:
    """The day of the past that the page shows."""
    if "day" not in g:
        g.day = _day_of_batch() if "per" in request.args else day_asked()
    day: date | None = g.day
    return day


def _day_of_batch() -> date | None:
    kode, account = (request.view_args or {}).get("kode", ""), current_account()
    if account is None or not account.sees(kode):
        return None
    with services().databases.reader.connect() as tx:
        newest = max((it.batch for it in statistik_queries.places(tx, kode)), default=0)
        per = batch_asked(newest)
        if per is None or not 0 < per < newest:
            return None
        at = read_entry(tx, kode, per).received_at
    return at.astimezone(services().zone).date()
