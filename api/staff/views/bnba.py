"""Lists of people by name, with whole numbers, for a reason: what offices call BNBA.

Whoever may open a record may open a list of them as it is narrowed now, up to `MOST_LISTED`: who
receives an aid, or whom a number counts. Each record in it has its entry in the access log before
anything is shown. For as long as a record would be, the list is then whole on one page, and in its
files. What the session remembers is this list and no other; whom it shows is what the log says
that was opened, so that who is in the list since then stays masked.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from flask import abort, flash, redirect, request
from werkzeug.wrappers import Response

from api import format as fmt
from api.auth import known_account
from api.context import services
from api.staff import opened
from api.staff.views.frame import PER_PAGE, ROLE_NAMES
from ledger import MOST_LISTED, PURPOSES, Access, Listed, OpenedList
from ledger.catalogue import Field
from ledger.catalogue.fields import Nik, NoKk
from ledger.errors import AccessReasonError, AccessTooManyError

Subject = tuple[str, str, str]
"""A record that a row of a list shows: its desa, entity and id."""
ENOUGH: Final = MOST_LISTED + 1
"""Rows by which it is known that a list is too long to be opened."""
_UNTOLD: Final = "terlindungi, jadi tidak disebut yang mana"


@dataclass(frozen=True)
class Listing:
    """A list of people as its address asks for it.

    Attributes:
        entity: what it lists.
        where: the desa that it is of.
        narrowed: what makes it this list and no other: how it is narrowed, as of when.
        said: the same in words, which the access log keeps: nobody's name, nobody's number.
        fields: what opening it shows.
        withheld: fields that it tells of by whom it lists, so that closed it names nobody.
        of_each: what the log says of each record in it.
    """

    entity: str
    where: Sequence[str]
    narrowed: Sequence[object]
    said: Sequence[str]
    fields: Sequence[Field]
    withheld: Sequence[Field] = ()
    of_each: Sequence[Field] = ()

    @property
    def name(self) -> str:
        """The list, for the session."""
        return repr((self.entity, tuple(self.where), tuple(self.narrowed)))

    def listed(self, rows: Iterable[Subject]) -> Listed:
        """The list as the access log keeps it, with who is in it."""
        records: dict[str, dict[tuple[str, str], None]] = {}
        # By id: the order of a list would tell of whom it lists.
        for kode_desa, entity, id_ in sorted(rows, key=lambda it: (len(it[2]), it)):
            records.setdefault(kode_desa, {})[entity, id_] = None
        said = [_UNTOLD] if self.withheld else self.said
        fields = tuple(it.name for it in (*self.fields, *self.withheld))
        of_each = tuple(it.name for it in self.of_each or self.fields)
        return Listed(self.entity, " · ".join(said), fields, of_each, records)


@dataclass(frozen=True)
class Door:
    """How a list stands to whoever looks at it; `action` is where its form goes.

    `until` is until when it is open, None if it is not.
    """

    action: str
    may_open: bool
    until: datetime | None = None
    opened: OpenedList = field(default_factory=OpenedList)

    @property
    def entry(self) -> Access:
        """Who opened it, and why; of a list that is open."""
        return self.opened.entries[0]

    @property
    def people(self) -> int:
        """How many records were opened."""
        return len(self.opened.records)

    @property
    def per_page(self) -> int:
        """How many rows a page has; one that is open has all of them, as it would be printed."""
        return MOST_LISTED if self.until else PER_PAGE

    def holds(self, kode_desa: str, entity: str, id_: str | None) -> bool:
        """Whether a record is open as part of the list."""
        return (kode_desa, entity, id_) in self.opened.records

    def notes(self) -> list[str]:
        """What a file of it says above its table."""
        if self.until is None:
            return []
        moment = fmt.moments(services().settings.zone)
        it = self.entry
        who = f"{fmt.visible(it.username)} ({ROLE_NAMES.get(it.role)}), {moment(it.at)}"
        why = f"{PURPOSES[it.purpose]}: {fmt.visible(it.reason)}"
        return [f"NIK dan No. KK utuh, dibuka dan dicatat atas nama {who}", f"Tujuan: {why}"]

    def file(self, name: str) -> str:
        """What a file of it is called: nobody should take one that is open for another."""
        return f"{name}-bnba" if self.until else name


def numbers_of(fields: Iterable[Field]) -> list[Field]:
    """Those of some fields that are numbers of people or families."""
    return [it for it in fields if isinstance(it.kind, Nik | NoKk)]


def door(listing: Listing, action: str) -> Door:
    """What the page of a list needs to open it and to close it, and who is open in it."""
    if not _may_open(listing):
        return Door(action, may_open=False)
    until = opened.kept(listing.name)
    if until is None:
        return Door(action, may_open=True)
    account, access = known_account(), services().access
    found = access.opened(account, listing.entity, listing.where, until)
    return Door(action, may_open=True, until=until if found.entries else None, opened=found)


def answer(listing: Listing, rows: Callable[[], Iterable[Subject]], back: str) -> Response:
    """Open a list to this session for a while, for a stated reason, or close it again.

    `rows` are all that it has, or ENOUGH of them. Who is in it is kept before anything is shown.
    """
    if not _may_open(listing):
        abort(403)
    answered = redirect(back)
    if "tutup" in request.form:
        opened.drop(listing.name)
        return answered
    why = (request.form.get("tujuan", ""), request.form.get("alasan", ""))
    try:
        if len(found := list(rows())) > MOST_LISTED:
            raise AccessTooManyError(MOST_LISTED)  # noqa: TRY301  # the answer is the same
        entries = services().access.open_people(known_account(), listing.listed(found), why)
    except (AccessReasonError, AccessTooManyError) as error:
        flash(str(error))
        return answered
    for it in entries:
        if it.until is not None:
            opened.keep(listing.name, it.until)
    return answered


def _may_open(listing: Listing) -> bool:
    return bool(listing.where) and all(map(opened.may_open, listing.where))
