"""The past is kept while clicking on: a link leads to the same batch or day, unless it names one.

A page of a village says by `per` or `tanggal`, one of the office by `tanggal`, as of when it is;
from a village as of a batch the office is as of the day on which that came. Which part of the
office is looked at (`wilayah`) is kept in the same way.
"""

from datetime import date
from typing import Any

from flask import g, request

from api.auth import current_account
from api.context import services
from api.staff.views.frame import AsOf, as_of_named, blueprint, day_asked, today
from projections.queries import desa as desa_queries

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
    """Of a village's page, whether or not that is as of a batch itself."""
    kode, account = (request.view_args or {}).get("kode", ""), current_account()
    if "as_of" not in g:
        if account is None or not account.sees(kode):
            return None
        with services().databases.reader.connect() as tx:
            if desa_queries.village(tx, kode) is None:
                return None
            as_of_named(tx, kode)
    as_of: AsOf = g.as_of
    return today(as_of) if as_of.past else None
