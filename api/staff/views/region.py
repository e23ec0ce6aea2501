"""A region as of a day: several desa together, each as of its newest batch of that day."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from flask import abort, request

from api.context import services
from api.staff.views.frame import SHOWN, Said, day_asked, scope, this_day
from projections.queries import dasbor as dasbor_queries
from projections.queries import statistik as statistik_queries
from projections.queries.statistik import Place


@dataclass(frozen=True)
class Region:
    """The desa of a prefix that the account may see, as of the end of a day.

    `per` is None for the present; `first` is the day of the region's first batch, None before it.
    `missed` is whether the address names a day that cannot be shown.
    """

    kode: str
    places: Sequence[Place]
    per: date | None
    today: date
    first: date | None
    missed: bool = False

    @property
    def day(self) -> date:
        """The day that ages are counted on."""
        return self.per or self.today

    @property
    def said(self) -> Said:
        """What an address says that leads to the same day, also of one of the desa.

        Not its batch: ages are of the day here and there.
        """
        return {"tanggal": self.per.isoformat() if self.per else None}

    @property
    def days(self) -> int:
        """How many days the region's history spans."""
        return (self.today - self.first).days if self.first else 0


def region_of(tx: Any, read_models: Collection[str] = SHOWN) -> Region:  # noqa: ANN401  # a connection
    """The region that the address names by `wilayah`, as of the day it names by `tanggal`.

    Each desa is as of a batch that all of these read models know, from which the page is made.

    Without them: all that the account may see, as it is now. A region that the account may not
    see is not there; a day that is none, or to come, is the present.
    """
    whole = scope()
    kode = request.args.get("wilayah", "") or whole
    if kode != whole and not kode.startswith(f"{whole}."):
        abort(404)
    begun = dasbor_queries.begun(tx, kode)
    first = services().day_of(begun) if begun else None
    per = named_day("tanggal", first)
    before = services().end_of(per) if per else None
    places = statistik_queries.places(tx, kode, before, read_models)
    asked = request.args.get("tanggal", "")
    missed = asked not in {"", (per or this_day()).isoformat()}
    return Region(kode, places, per, this_day(), first, missed)


def named_day(name: str, first: date | None) -> date | None:
    """A day of the past that the address names; None for any other."""
    day = day_asked(name)
    if day is None or first is None or first >= this_day():
        return None
    return max(day, first)
