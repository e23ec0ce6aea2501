"""Sessions: who is logged in where.

A browser holds a random text and nothing else; here is its hash, and what it stands for. A session
ends by log-out, by whoever owns the account, by an administrator, after a while without use, or
after a day's work; whatever ends it counts at the next request, in every web process.
"""

import ipaddress
import re
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any, Final

from sqlalchemy import Connection, Engine, and_, delete, insert, not_, select, update

from ledger.tables import session

UNFINISHED: Final = timedelta(minutes=10)
"""How long a log-in may wait for its second factor."""
_LOOKED_AT: Final = timedelta(seconds=30)
"""Use is noted down at most this often."""
_BROWSERS: Final = (
    ("Edge", re.compile(r"Edg(?:e|A|iOS)?/(\d+)")),
    ("Opera", re.compile(r"OPR/(\d+)")),
    ("Firefox", re.compile(r"(?:Firefox|FxiOS)/(\d+)")),
    ("Chrome", re.compile(r"(?:Chrome|CriOS)/(\d+)")),
    ("Safari", re.compile(r"Version/(\d+)[.\d]* .*Safari/")),
)
_SYSTEMS: Final = (
    ("Android", "Android"),
    ("iPhone", "iOS"),
    ("iPad", "iOS"),
    ("Windows", "Windows"),
    ("Mac OS X", "macOS"),
    ("Linux", "Linux"),
)


@dataclass(frozen=True)
class Visitor:
    """From where somebody asks: a network and a browser, no more exact than is of use."""

    address: str
    agent: str

    @classmethod
    def of(cls, address: str, agent: str) -> "Visitor":
        """From an IP address and a User-Agent: `203.0.113.0/24` and `Firefox 140, Windows`."""
        return cls(_network(address), _shortened(agent))


NOBODY: Final = Visitor("", "")


def _network(address: str) -> str:
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return ""
    if isinstance(found, ipaddress.IPv6Address) and found.ipv4_mapped:
        found = found.ipv4_mapped
    bits = 24 if found.version == 4 else 48  # noqa: PLR2004  # IP versions
    return str(ipaddress.ip_network((found, bits), strict=False))


def _shortened(agent: str) -> str:
    browser = next(
        (f"{name} {hit[1]}" for name, shape in _BROWSERS if (hit := shape.search(agent))), ""
    )
    system = next((name for word, name in _SYSTEMS if word in agent), "")
    known = ", ".join(it for it in (browser, system) if it)
    return known or re.sub(r"[^ -~]", "", agent)[:40]


@dataclass(frozen=True)
class Session:
    """A session that lives; `id` names it on pages, and opens nothing.

    `role` is the account's at log-in. One that is not `complete` waits for the second factor.
    """

    id: str
    username: str
    role: str
    complete: bool
    created_at: datetime
    seen_at: datetime
    address: str
    agent: str


def end_sessions(tx: Connection, username: str, at: datetime, *, but: str | None = None) -> None:
    """End every session of an account, except that of one text."""
    ended = update(session).where(session.c.username == username, session.c.ended_at.is_(None))
    if but is not None:
        ended = ended.where(session.c.hash != _hash(but))
    tx.execute(ended.values(ended_at=at))


class Sessions:
    """The sessions of an office. `engine` connects as the ingest role.

    `idle` is the time without use after which a session ends, `longest` the time after which it
    ends in any case.
    """

    def __init__(
        self,
        engine: Engine,
        now: Callable[[], datetime],
        *,
        idle: timedelta,
        longest: timedelta,
    ) -> None:
        self._engine = engine
        self._now = now
        self._idle = idle
        self._longest = longest

    def begin(self, username: str, role: str, visitor: Visitor, *, complete: bool = True) -> str:
        """Begin a session; the text that opens it is told this once."""
        text, at = secrets.token_urlsafe(32), self._now()
        with self._engine.begin() as tx:
            tx.execute(
                insert(session).values(
                    hash=_hash(text),
                    username=username,
                    role=role,
                    complete=complete,
                    created_at=at,
                    seen_at=at,
                    address=visitor.address,
                    agent=visitor.agent,
                )
            )
        return text

    def find(self, text: str) -> Session | None:
        """The session that a text opens, if it still lives; being asked for is use."""
        at = self._now()
        with self._engine.begin() as tx:
            query = select(session).where(session.c.hash == _hash(text), *self._living(at))
            row = tx.execute(query).mappings().first()
            if row is None:
                return None
            if at - row["seen_at"] > _LOOKED_AT:
                tx.execute(update(session).where(session.c.hash == row["hash"]).values(seen_at=at))
        found = _session(row)
        if not found.complete and at - found.created_at > UNFINISHED:
            return None
        return found

    def end(self, text: str) -> None:
        """Log out."""
        ended = update(session).where(session.c.hash == _hash(text), session.c.ended_at.is_(None))
        with self._engine.begin() as tx:
            tx.execute(ended.values(ended_at=self._now()))

    def end_one(self, username: str, id_: str) -> None:
        """End a session of an account by its name; one that is none makes no difference."""
        at = self._now()
        found = next((it for it in self._rows(username, at) if _id(it["hash"]) == id_), None)
        if found is None:
            return
        with self._engine.begin() as tx:
            tx.execute(update(session).where(session.c.hash == found["hash"]).values(ended_at=at))

    def end_all(self, username: str, *, but: str | None = None) -> None:
        """End every session of an account, except that of one text."""
        with self._engine.begin() as tx:
            end_sessions(tx, username, self._now(), but=but)

    def sweep(self) -> int:
        """Delete the sessions that have ended, however; gives how many."""
        at = self._now()
        with self._engine.begin() as tx:
            return tx.execute(delete(session).where(not_(and_(*self._living(at))))).rowcount

    def of(self, username: str) -> list[Session]:
        """The sessions of an account that live, the newest first."""
        return [_session(row) for row in self._rows(username, self._now())]

    def named(self, text: str) -> str:
        """The `id` of the session that a text opens."""
        return _id(_hash(text))

    def _rows(self, username: str, at: datetime) -> list[Any]:
        query = select(session).where(
            session.c.username == username, session.c.complete, *self._living(at)
        )
        with self._engine.begin() as tx:
            return list(tx.execute(query.order_by(session.c.created_at.desc())).mappings())

    def _living(self, at: datetime) -> tuple[Any, ...]:
        return (
            session.c.ended_at.is_(None),
            session.c.seen_at > at - self._idle,
            session.c.created_at > at - self._longest,
        )


def _hash(text: str) -> bytes:
    return sha256(text.encode()).digest()


def _id(hash_: bytes) -> str:
    return hash_[:8].hex()


def _session(row: Any) -> Session:  # noqa: ANN401  # a row's mapping
    names = ("username", "role", "complete", "created_at", "seen_at", "address", "agent")
    return Session(_id(row["hash"]), *(row[name] for name in names))
