"""What all pages share: the blueprint, what templates may use, and a village as of a batch."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from flask import Blueprint, abort, current_app, g, request, url_for
from markupsafe import Markup, escape

from api import format as fmt
from api.auth import check_scope, current_account, may, need_of
from api.context import FIRST_DAY, Services, services
from api.permissions import Need
from api.staff import cetak, menu
from api.staff.jangkar import paper_anchor
from ledger import MOST_LISTED, PURPOSES, SEARCH
from ledger.catalogue import ENTITIES, TABLES
from projections import LATE_DAYS, wait_for
from projections.queries import desa as desa_queries
from projections.queries import statistik as statistik_queries
from projections.queries.desa import Village
from projections.queries.statistik import Place

blueprint = Blueprint("staff", __name__)
PER_PAGE: Final = 50
_DIGITS: Final = len(str(2**63 - 1))
"""Of the largest number that is stored; what has so many is none."""
"""No office is older, and ages are counted back from a day: what is asked of before is no day."""
PAGE_WAIT_S: Final = 2.0
"""How long a page waits for a batch that its address names."""
SHOWN: Final = ("penduduk", "statistik")
"""The read models by which it is known how far a village is, on pages that are of nothing else."""
_SEARCHED: Final = "Pencarian dengan nomor"
ROLE_NAMES: Final = {
    "administrator": "Administrator",
    "camat": "Camat",
    "staf": "Staf kecamatan",
    "auditor": "Auditor",
    "operator": "Operator desa",
}
"""The roles as pages call them."""


def globals_of(services: Services) -> dict[str, Any]:
    """What every template may use."""
    settings = services.settings
    return {
        "moment": fmt.moments(settings.zone),
        "number": fmt.number,
        "signed": fmt.signed,
        "day": fmt.day,
        "month_name": fmt.month,
        "percent": fmt.percent,
        "decimal": fmt.decimal,
        "masked": fmt.masked,
        "digits": fmt.digits,
        "shown": fmt.shown,
        "visible": fmt.visible,
        "called": fmt.called,
        "plain": fmt.plain,
        "is_hidden": fmt.is_hidden,
        "label": lambda table, code: TABLES[table].label(code),
        "office": settings.nama or f"Kecamatan {settings.kode}",
        "kabupaten": settings.kabupaten,
        "account": current_account,
        "state": state_of,
        "title": title,
        "may_act": may_act,
        "may": lambda need: may(Need(need)),
        "role": ROLE_NAMES.get,
        "purposes": PURPOSES,
        "most_listed": MOST_LISTED,
        "purpose": lambda code: PURPOSES.get(code, _SEARCHED if code == SEARCH else code),
        "menu": menu,
        "paper_anchor": paper_anchor,
        "letterhead": cetak.letterhead,
        "printed": cetak.printed,
        "link_to": link_to,
    }


def link_to(words: str, endpoint: str, **values: object) -> Markup:
    """The words, as a link if the account may open the page behind it."""
    need = need_of(current_app.view_functions[endpoint])
    if need is None or not may(need):
        return escape(words)
    href = url_for(endpoint, **values)  # type: ignore[arg-type]  # Flask types what it keeps itself
    return Markup('<a href="{}">{}</a>').format(href, words)


def title(entity: str) -> str:
    """What a kind of record is called; the name of one that nobody knows."""
    return ENTITIES[entity].title if entity in ENTITIES else fmt.visible(entity)


def pages_of(total: int, per: int = PER_PAGE) -> int:
    """How many pages so many rows fill; nothing fills one, too."""
    return max(1, -(-total // per))


def page_asked(most: int) -> int:
    """The page that the address names by `hal`, at most this one; the first if it names none."""
    return max(1, min(number_told(request.args.get("hal", "")) or 1, most))


def number_told(text: str) -> int | None:
    """The whole number that a form or an address says, if it is one that could be stored."""
    told = text.isdecimal() and text.isascii() and len(text) < _DIGITS
    return int(text) if told else None


def kept_asked(*, empty: bool = False) -> dict[str, Any]:
    """What the address says beyond its path, for links that keep it; `empty` values too.

    Not what would be in the path already, and nothing that `url_for` takes for itself.
    """
    own = {"endpoint", *(request.view_args or {})}
    return {
        name: values
        for name, them in request.args.lists()
        if name not in own
        and not name.startswith("_")
        and (values := [it for it in them if it or empty])
    }


def kept_link(endpoint: str, **changed: object) -> str:
    """A link that keeps what the address says, but for what it changes; None takes it away."""
    merged: dict[str, Any] = {**kept_asked(), **changed}
    return url_for(endpoint, **merged)


def desa_asked(known: Collection[str]) -> str:
    """The desa that the address names by `desa`; empty if it names none. Others are not there."""
    chosen = request.args.get("desa", "")
    if chosen and chosen not in known:
        abort(404)
    return chosen


def scope() -> str:
    """The prefix of what the account may see."""
    account = current_account()
    return account.scope if account else abort(404)


def may_act() -> bool:
    """Whether the account may do what is the office's to do: decide, and write to a desa."""
    return may(Need.WRITE)


@dataclass(frozen=True)
class State:
    """How a village stands, in words and as a colour's class; `page` says more."""

    words: str
    css: str
    page: str = "staff.kiriman"


def state_of(village: Village) -> State:
    """How a village stands."""
    if village.parked:
        return State("pengolahan berhenti", "t")
    if village.refusals:
        return State(f"{village.refusals} kiriman ditolak", "t")
    if village.upload_refused:
        return State("unggahan ditolak", "t", "staff.unggahan")
    if village.waiting:
        return State(f"{village.waiting} menunggu dihapus", "l", "staff.unggahan")
    if village.heard_at is None:
        return State("belum pernah mengirim", "l")
    if village.behind:
        return State(f"{village.behind} kiriman sedang diolah", "l")
    silent = (services().now() - village.heard_at).days
    return State(f"terlambat {silent} hari", "l") if silent > LATE_DAYS else State("terkini", "s")


Said = Mapping[str, Any]
"""What an address says of the past, by name: `per` a batch, or `tanggal` a day."""


@dataclass(frozen=True)
class AsOf:
    """The batch as of which a page shows a village.

    `per` is None for the present, 0 before the first batch; `at` is when the batch had come, with
    all before it; `newest` is the newest that the read models know. `missed` is whether the
    address names a batch or a day that there is none of. `day` is the day of the past that it
    names instead, whose newest batch this is: what depends on the day is of that day, and not of
    the one on which the batch came.
    """

    per: int | None
    at: datetime | None
    newest: int
    missed: bool = False
    day: date | None = None

    @property
    def batch(self) -> int:
        """The batch's position; 0 before the first."""
        return self.newest if self.per is None else self.per

    @property
    def past(self) -> bool:
        """Whether this is not the present."""
        return self.per is not None

    @property
    def said(self) -> Said:
        """What an address says that leads to the same; of the present, that it names no batch."""
        return {"tanggal": self.day.isoformat()} if self.day else {"per": self.per}

    @property
    def words(self) -> str:
        """As of when it is, in words."""
        batch = f"kiriman ke-{self.batch}"
        return f"{fmt.day(self.day)} ({batch})" if self.day else batch

    @property
    def stamp(self) -> str:
        """As of when it is, in the name of a file."""
        return self.day.isoformat() if self.day else f"kiriman-{self.batch}"


def village_of(tx: Any, kode: str) -> Village:  # noqa: ANN401  # a connection
    """A village that the account may see; any other is not there."""
    check_scope(kode)
    return desa_queries.village(tx, kode) or abort(404)


def _batch_asked(largest: int) -> int | None:
    """The batch that the address names by `per`, if it is one that could be."""
    text = request.args.get("per", "").strip()
    told = text.isdecimal() and text.isascii() and len(text) <= len(str(largest))
    return int(text) if told else None


def day_asked(name: str = "tanggal") -> date | None:
    """The day of the past that the address names, if it does."""
    try:
        day = date.fromisoformat(request.args.get(name, ""))
    except ValueError:
        return None
    return day if FIRST_DAY <= day < this_day() else None


def this_day() -> date:
    """Today, where the office is."""
    return services().today()


def as_of_request(
    tx: Any,  # noqa: ANN401  # a connection
    village: Village,
    read_models: Collection[str] = SHOWN,
) -> AsOf:
    """The batch as of which a page is that is made from these read models (`as_of_named`).

    If the address names one that has just come, they are waited for.

    Raises:
        NotFollowedError: they do not know it in time.
    """
    kode, per = village.kode_desa, _batch_asked(village.size) or 0
    # Looked at here first: waiting takes a second connection, which a page mostly need not have.
    if 0 < per <= village.size and _newest(tx, kode, read_models) < per:
        wait_for(services().databases.reader, kode, per, read_models, PAGE_WAIT_S)
    return as_of_named(tx, kode, read_models)


def as_of_named(tx: Any, kode: str, read_models: Collection[str] = SHOWN) -> AsOf:  # noqa: ANN401
    """The batch that the address names by `per`, or by `tanggal` as the newest of a day.

    It is none that one of these read models does not know: a page that is made from them claims
    no more than it shows. It is kept for links that lead away from the village (`past`).
    """
    newest = _newest(tx, kode, read_models)
    per, missed, day = None, False, None
    if request.args.get("per", "").strip():
        per = _batch_asked(newest)
        missed = per is None or not 0 < per <= newest
        per = None if missed or per == newest else per
    elif day := day_asked():
        per = _newest(tx, kode, read_models, services().end_of(day))
    else:
        missed = request.args.get("tanggal", "") not in {"", this_day().isoformat()}
    batch = newest if per is None else per
    at = statistik_queries.came_at(tx, Place(kode, batch))
    found = g.as_of = AsOf(per, at, newest, missed, day)
    return found


def _newest(
    tx: Any,  # noqa: ANN401  # a connection
    kode: str,
    read_models: Collection[str],
    before: datetime | None = None,
) -> int:
    """The newest batch of a village that all of these read models know, of before a moment."""
    (place,) = statistik_queries.places(tx, kode, before, read_models)
    return place.batch


def today(as_of: AsOf) -> date:
    """The day on which the village stands as the page shows it."""
    if as_of.day:
        return as_of.day
    return services().day_of(as_of.at if as_of.past and as_of.at else services().now())
