"""The menu: pages register themselves, and each account sees those that it may open.

    menu.office("staff.operasi", "Operasi", "gerigi", order=80)
    menu.village("staff.keluarga", "Keluarga", "keluarga", order=20, also=("staff.satu_keluarga",))

What a page needs is not said again here: the view that stands behind the endpoint has declared it.
An address of the office has no parameters; one of a village takes `kode`.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from flask import current_app, request

from api.auth import current_account, need_of
from api.permissions import allowed


@dataclass(frozen=True)
class Item:
    """A line of the menu; `also` are the endpoints of the pages beneath it.

    `badge` counts what waits behind it, to be shown beside its words; 0 is not.
    """

    endpoint: str
    words: str
    icon: str
    order: int
    also: tuple[str, ...] = ()
    badge: Callable[[], int] = lambda: 0

    @property
    def current(self) -> bool:
        """Whether the page that is shown is this one or beneath it."""
        return request.endpoint == self.endpoint or request.endpoint in self.also


_OFFICE: dict[str, Item] = {}
_VILLAGE: dict[str, Item] = {}


def office(
    endpoint: str,
    words: str,
    icon: str,
    *,
    order: int,
    also: tuple[str, ...] = (),
    badge: Callable[[], int] = lambda: 0,
) -> None:
    """Register a page of the whole office.

    The orders in use: Dasbor 10, Pemberitahuan 12, Cari 15, Desa 20, Statistik 30,
    Data kecamatan 37, Laporan 40,
    Kiriman 50, Surat 55, Mutu data 60, Audit 70, Saksi 75, Operasi 80, Pengguna 90.
    """
    _OFFICE[endpoint] = Item(endpoint, words, icon, order, also, badge)


def village(
    endpoint: str, words: str, icon: str, *, order: int, also: tuple[str, ...] = ()
) -> None:
    """Register a page of one village; it is offered on every page of that village."""
    _VILLAGE[endpoint] = Item(endpoint, words, icon, order, also)


def office_items() -> list[Item]:
    """The pages of the office that the account may open, in order."""
    return _offered(_OFFICE.values())


def village_items() -> list[Item]:
    """The pages of a village that the account may open, in order."""
    return _offered(_VILLAGE.values())


def current_item() -> Item | None:
    """The line of the menu under which the page that is shown stands."""
    return next((it for it in (*_VILLAGE.values(), *_OFFICE.values()) if it.current), None)


def _offered(items: Iterable[Item]) -> list[Item]:
    account = current_account()
    if account is None:
        return []
    views = current_app.view_functions
    found = [
        it
        for it in items
        if it.endpoint in views
        and (need := need_of(views[it.endpoint])) is not None
        and allowed(account.role, need)
    ]
    return sorted(found, key=lambda it: it.order)
