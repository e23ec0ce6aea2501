"""Log-ins: where a name and a password are asked for, and what is kept of that.

Whoever guesses waits, longer each time, up to some minutes and never for ever. What counts is kept
in the database, for all web processes: by name, and more patiently by network, since one address
may be a whole office's. Nobody can keep an account's owner out by guessing: for a network from
which the account was used lately, only what comes from there counts.

Every log-in that was tried is kept, and never changed. A name that is no account's is not: people
type their password there.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Final
from uuid import uuid4

from sqlalchemy import Connection, Engine, delete, insert, select, update

from ledger.accounts import Account, Accounts
from ledger.errors import LogInPausedError, LogInRefusedError, LogInWebOnlyError
from ledger.patience import Patience, count
from ledger.second_factor import SecondFactor
from ledger.sessions import Visitor
from ledger.tables import attempt, log_in

DONE: Final = "masuk"
WRONG_PASSWORD: Final = "kata-sandi"  # noqa: S105  # a word of the history
WRONG_CODE: Final = "kode"
NO_NAME: Final = "nama"
WEB: Final = "web"
PROGRAM: Final = "program"
OPENSID: Final = "opensid"
"""The doors: pages, /v1 with HTTP Basic, and the old protocol's log-in."""
_KNOWN: Final = timedelta(days=30)
_SWEPT: Final = timedelta(days=1)
_NOTED: Final = timedelta(hours=1)
"""A program sends its password with every request: that it did is noted once in this time."""


BY_NAME: Final = Patience(5, 300.0)
BY_NETWORK: Final = Patience(30, 60.0)


@dataclass(frozen=True)
class LogIn:
    """A log-in that was tried; `username` is None for a name that is no account's."""

    at: datetime
    username: str | None
    outcome: str
    door: str
    address: str
    agent: str


class LogIns:
    """The log-ins of an office. `engine` connects as the ingest role."""

    def __init__(
        self,
        engine: Engine,
        accounts: Accounts,
        second_factor: SecondFactor,
        now: Callable[[], datetime],
    ) -> None:
        self._engine = engine
        self._accounts = accounts
        self._second_factor = second_factor
        self._now = now

    def password(self, username: str, password: str, visitor: Visitor, door: str = WEB) -> Account:
        """The account of this name and password; one with a second factor is not in yet.

        Raises:
            LogInPausedError: too many failures; nothing was looked at.
            LogInRefusedError: no such name, not its password, or the account is switched off.
            LogInWebOnlyError: the account has to pass by the web pages, and this is another door.
        """
        self._count(username, visitor)
        account = self._accounts.verify(username, password)
        if account is None:
            known = self._accounts.get(username)
            self._keep(known, WRONG_PASSWORD if known else NO_NAME, visitor, door)
            raise LogInRefusedError
        if door != WEB and (account.totp or account.once_until):
            self._forgive(username, visitor)
            raise LogInWebOnlyError
        if not account.totp:
            self._done(account, visitor, door)
        return account

    def code(self, account: Account, code: str, visitor: Visitor) -> None:
        """Take the second factor of an account whose password was right.

        Raises:
            LogInPausedError: too many failures; nothing was looked at.
            LogInRefusedError: not a code that is good now.
        """
        self._count(account.username, visitor)
        if not self._second_factor.check(account.username, code):
            self._keep(account, WRONG_CODE, visitor, WEB)
            raise LogInRefusedError
        self._done(account, visitor, WEB)

    def confirm(self, account: Account, password: str, visitor: Visitor) -> None:
        """Ask somebody who is logged in for the password again.

        Raises:
            LogInPausedError, LogInRefusedError: as at log-in.
        """
        self._count(account.username, visitor)
        if self._accounts.verify(account.username, password) is None:
            self._keep(account, WRONG_PASSWORD, visitor, WEB)
            raise LogInRefusedError
        self._forgive(account.username, visitor)

    def history(self, username: str | None, limit: int) -> list[LogIn]:
        """The newest log-ins of an account, or of all and of nobody."""
        query = select(log_in).order_by(log_in.c.at.desc()).limit(limit)
        if username is not None:
            query = query.where(log_in.c.username == username)
        names = ("at", "username", "outcome", "door", "address", "agent")
        with self._engine.begin() as tx:
            return [LogIn(*(row[name] for name in names)) for row in tx.execute(query).mappings()]

    # --- what it costs to guess ------------------------------------------------------------------

    def _count(self, username: str, visitor: Visitor) -> None:
        """Count a failure before it is one."""
        at = self._now()
        with self._engine.begin() as tx:
            kept = self._kept(tx, username, visitor, at)
            if (wait := count(tx, kept, at).wait_s) > 0:
                # Raised within the transaction: who asks too early is not counted for it.
                raise LogInPausedError(wait)

    def _forgive(self, username: str, visitor: Visitor) -> None:
        with self._engine.begin() as tx:
            at = self._now()
            own = [_name(username), _pair(username, visitor)]
            tx.execute(delete(attempt).where(attempt.c.key.in_(own)))
            # The network is forgiven what was counted for this log-in, not what others did.
            tx.execute(
                update(attempt)
                .where(attempt.c.key == _place(visitor), attempt.c.failures > 0)
                .values(failures=attempt.c.failures - 1)
            )
            tx.execute(delete(attempt).where(attempt.c.counted_at < at - _SWEPT))

    def _kept(
        self, tx: Connection, username: str, visitor: Visitor, at: datetime
    ) -> Sequence[tuple[str, Patience]]:
        """What counts for this log-in, in one order for all, so that nobody waits in a circle."""
        lately = select(log_in.c.id).where(
            log_in.c.username == username,
            log_in.c.address == visitor.address,
            log_in.c.outcome == DONE,
            log_in.c.at > at - _KNOWN,
        )
        known = visitor.address and tx.execute(lately.limit(1)).first()
        own = _pair(username, visitor) if known else _name(username)
        return sorted([(own, BY_NAME), (_place(visitor), BY_NETWORK)], key=lambda it: it[0])

    # --- what is kept ----------------------------------------------------------------------------

    def _done(self, account: Account, visitor: Visitor, door: str) -> None:
        self._forgive(account.username, visitor)
        if door == PROGRAM and self._noted(account, visitor):
            return
        self._keep(account, DONE, visitor, door)

    def _noted(self, account: Account, visitor: Visitor) -> bool:
        query = select(log_in.c.id).where(
            log_in.c.username == account.username,
            log_in.c.door == PROGRAM,
            log_in.c.outcome == DONE,
            log_in.c.address == visitor.address,
            log_in.c.at > self._now() - _NOTED,
        )
        with self._engine.begin() as tx:
            return tx.execute(query.limit(1)).first() is not None

    def _keep(self, account: Account | None, outcome: str, visitor: Visitor, door: str) -> None:
        kept = insert(log_in).values(
            id=uuid4(),
            at=self._now(),
            username=account.username if account else None,
            outcome=outcome,
            door=door,
            address=visitor.address,
            agent=visitor.agent,
        )
        with self._engine.begin() as tx:
            tx.execute(kept)


def _name(username: str) -> str:
    return f"nama {_short(username)}"


def _pair(username: str, visitor: Visitor) -> str:
    return f"nama {_short(username)} dari {visitor.address}"


def _place(visitor: Visitor) -> str:
    return f"dari {visitor.address}"


def _short(username: str) -> str:
    # What is typed may be a password in the wrong place.
    return sha256(f"opendk-ledger/attempt/v1\n{username}".encode()).hexdigest()[:32]
