"""Which records this session may see unmasked, and until when; and who saw them before.

A record is opened for a stated reason and a bounded time; the entry in the access log is written
first (`ledger.access`). So is a list, which `views.bnba` opens. The session remembers what it
opened. Whether the account still may is asked again each time, since roles and scopes change.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any, Final

from flask import session

from api.auth import current_account, may
from api.context import services
from api.permissions import Need
from ledger import Access, may_read, may_unmask
from projections.queries import akses as akses_queries

_KEY: Final = "buka"
_DIGITS: Final = 32
_MOST: Final = 20
"""A session is a cookie, which has little room: of what was opened before, the oldest go."""


@dataclass(frozen=True)
class Door:
    """How a record stands to whoever looks at its page, which is `back`.

    `until` is until when it is open, None if it is not; `seen` who opened it, None for those who
    may not know.
    """

    kode_desa: str
    entity: str
    id: str
    back: str
    until: datetime | None
    may_open: bool
    seen: list[Access] | None


def door(tx: Any, kode_desa: str, entity: str, id_: str, back: str) -> Door:  # noqa: ANN401  # a connection
    """What the page of a record needs to open it, to close it, and to say who did."""
    return Door(
        kode_desa,
        entity,
        id_,
        back,
        until(kode_desa, entity, id_),
        may_open(kode_desa),
        seen(tx, kode_desa, entity, id_) if may_know(kode_desa) else None,
    )


def may_know(kode_desa: str) -> bool:
    """Whether the account may read who opened records of a desa."""
    account = current_account()
    return account is not None and may(Need.SEEN) and may_read(account, kode_desa)


def seen(tx: Any, kode_desa: str, entity: str, id_: str) -> list[Access]:  # noqa: ANN401
    """Who opened a record, the newest first; a person's also through records that tell of them.

    Which those are is told to nobody who may not see people.
    """
    records = [(entity, id_)]
    if entity == "penduduk" and may(Need.PEOPLE):
        records += akses_queries.telling(tx, kode_desa, id_)
    return services().access.of_records(kode_desa, records)


def may_open(kode_desa: str) -> bool:
    """Whether the account may open records of a desa, with a reason."""
    account = current_account()
    return account is not None and may(Need.PROTECTED) and may_unmask(account, kode_desa)


def remember(entry: Access) -> None:
    """Let this session see what an entry of the access log says that it sees."""
    if entry.until is not None:
        keep(_record(entry.kode_desa, entry.entity, entry.id), entry.until)


def until(kode_desa: str, entity: str, id_: str) -> datetime | None:
    """Until when a record is open to this session; None when it is not."""
    return kept(_record(kode_desa, entity, id_)) if may_open(kode_desa) else None


def forget(kode_desa: str, entity: str, id_: str) -> None:
    """Mask a record again before its time."""
    drop(_record(kode_desa, entity, id_))


def keep(what: str, until: datetime) -> None:
    """Let this session have something open until a moment."""
    newest = sorted({**_kept(), _name(what): int(until.timestamp())}.items(), key=lambda it: it[1])
    session[_KEY] = dict(newest[-_MOST:])


def kept(what: str) -> datetime | None:
    """Until when this session has something open; None when it has not."""
    ends = _kept().get(_name(what))
    if not isinstance(ends, int) or ends <= services().now().timestamp():
        return None
    return datetime.fromtimestamp(ends, UTC)


def drop(what: str) -> None:
    """Let this session have something open no longer."""
    session[_KEY] = {name: ends for name, ends in _kept().items() if name != _name(what)}


def _kept() -> dict[str, Any]:
    return dict(session.get(_KEY, {}))


def _record(kode_desa: str, entity: str, id_: str) -> str:
    return f"{kode_desa}/{entity}/{id_}"


def _name(what: str) -> str:
    # As long for everything: a letter's number fills a cookie sooner than a person's.
    return sha256(what.encode()).hexdigest()[:_DIGITS]
