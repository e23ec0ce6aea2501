"""Which records this session may see unmasked, and until when.

A record is opened for a stated reason and a bounded time; the entry in the access log is written
first (`ledger.access`). The session remembers what it opened. Whether the account still may is
asked again each time, since roles and scopes change.
"""

from datetime import UTC, datetime
from typing import Final

from flask import session

from api.auth import current_account, may
from api.context import services
from api.permissions import Need
from ledger import Access, may_unmask

_KEY: Final = "buka"
_MOST: Final = 20
"""A session is a cookie, which has little room: of what was opened before, the oldest go."""


def may_open(kode_desa: str) -> bool:
    """Whether the account may open records of a desa, with a reason."""
    account = current_account()
    return account is not None and may(Need.PROTECTED) and may_unmask(account, kode_desa)


def remember(entry: Access) -> None:
    """Let this session see what an entry of the access log says that it sees."""
    if entry.until is None:
        return
    kept = dict(session.get(_KEY, {}))
    kept[_name(entry.kode_desa, entry.entity, entry.id)] = int(entry.until.timestamp())
    newest = sorted(kept.items(), key=lambda it: it[1])[-_MOST:]
    session[_KEY] = dict(newest)


def until(kode_desa: str, entity: str, id_: str) -> datetime | None:
    """Until when a record is open to this session; None when it is not."""
    if not may_open(kode_desa):
        return None
    ends = session.get(_KEY, {}).get(_name(kode_desa, entity, id_))
    if not isinstance(ends, int) or ends <= services().now().timestamp():
        return None
    return datetime.fromtimestamp(ends, UTC)


def forget(kode_desa: str, entity: str, id_: str) -> None:
    """Mask a record again before its time."""
    kept = dict(session.get(_KEY, {}))
    kept.pop(_name(kode_desa, entity, id_), None)
    session[_KEY] = kept


def _name(kode_desa: str, entity: str, id_: str) -> str:
    return f"{kode_desa}/{entity}/{id_}"
