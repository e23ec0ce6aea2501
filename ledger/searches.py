"""Searches for a NIK or KK number, which is masked on every page (PROTOCOL section 13.1).

Who types a number from a card finds its owner at once, and the access log says so: what is found
tells that the number is theirs. Numbers that are nobody's are counted, so that nobody learns one
by trying what could follow the digits that pages show: after some of them each costs a pause, and
an entry in the access log of every desa that was looked through.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Final

from sqlalchemy import Engine, update

from ledger.access import AccessLog
from ledger.accounts import Account
from ledger.errors import SearchPausedError
from ledger.patience import Patience, count
from ledger.tables import attempt

MISSES: Final = Patience(20, 300.0, timedelta(hours=8))
"""As many as nobody types wrongly in a working day."""
Found = Mapping[str, Sequence[tuple[str, str]]]
"""By desa: the ids of the people whose number it is, each with the field that holds it."""


class Searches:
    """The searches of an office. `engine` connects as the ingest role."""

    def __init__(self, engine: Engine, access: AccessLog, now: Callable[[], datetime]) -> None:
        self._engine = engine
        self._access = access
        self._now = now

    def number(self, account: Account, where: Sequence[str], look: Callable[[], Found]) -> None:
        """Let an account look for a number in some desa; when this returns, it may see who it is.

        Raises:
            SearchPausedError: too many numbers were nobody's; nothing was looked at.
        """
        key, at = _key(account), self._now()
        with self._engine.begin() as tx:
            counted = count(tx, [(key, MISSES)], at)
            if counted.wait_s > 0:
                # Raised within the transaction: who asks too early is not counted for it.
                raise SearchPausedError(counted.wait_s)
        if not any((found := look()).values()):
            if counted.failures >= MISSES.free:
                self._access.sought(account, where, counted.failures)
            return
        with self._engine.begin() as tx:
            values = {"failures": attempt.c.failures - 1, "until": at}
            tx.execute(update(attempt).where(attempt.c.key == key).values(values))
        for kode_desa, people in found.items():
            self._access.found(account, kode_desa, people)


def _key(account: Account) -> str:
    said = sha256(f"opendk-ledger/search/v1\n{account.username}".encode()).hexdigest()
    return f"pencarian {said[:32]}"
