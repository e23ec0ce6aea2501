"""The second factor: codes of an application on the telephone (TOTP, RFC 6238), for who wants it.

The secret is kept sealed with the office's web key, so that a copy of the database makes no codes;
should that key be lost, an administrator takes the second factor off. A code is good once: what
was accepted is remembered by its time step, and nothing up to it is accepted again. Ten recovery
codes, of which only hashes are kept, stand in for a lost telephone.
"""

from collections.abc import Callable
from datetime import datetime
from hashlib import sha256
from hmac import compare_digest
from typing import Final

import pyotp
from sqlalchemy import Connection, Engine, Update, delete, func, insert, select, update

from ledger.accounts import Account, Accounts
from ledger.errors import CodeRefusedError
from ledger.log import Ledger
from ledger.passwords import made_up
from ledger.seal import Seals
from ledger.sessions import end_sessions
from ledger.tables import account, recovery

CODES: Final = 10
STEP_S: Final = 30
_DRIFT = 1
"""Steps by which a telephone's clock may be wrong, either way."""


class SecondFactor:
    """The second factors of an office. `engine` connects as the ingest role."""

    def __init__(
        self, engine: Engine, ledger: Ledger, accounts: Accounts, now: Callable[[], datetime]
    ) -> None:
        self._engine = engine
        self._accounts = accounts
        self._now = now
        self._seal = Seals(ledger.office.keyring.web).of("totp")

    def draft(self, username: str) -> str:
        """A secret for an account, sealed; it counts for nothing until it is confirmed."""
        return self._seal.seal(f"{username} {pyotp.random_base32()}")

    def secret(self, username: str, draft: str) -> str:
        """The secret of a draft, to be typed or shown, or raise CodeRefusedError."""
        name, _, secret = (self._seal.open(draft) or "").partition(" ")
        if name != username or not secret:
            raise CodeRefusedError
        return secret

    def address(self, username: str, draft: str, issuer: str) -> str:
        """The `otpauth://` address that an application takes from a picture."""
        made = pyotp.TOTP(self.secret(username, draft))
        return made.provisioning_uri(name=username, issuer_name=issuer)

    def confirm(self, of: Account, draft: str, code: str) -> list[str]:
        """Put the second factor on, which a code of it proves; gives the recovery codes.

        Raises:
            CodeRefusedError: not a code of this secret now, or the draft is none.
        """
        secret = self.secret(of.username, draft)
        step = self._step(secret, code)
        if step is None:
            raise CodeRefusedError
        with self._engine.begin() as tx:
            self._accounts.act(tx, of, "kode TOTP dipasang", of)
            values = {"totp": self._seal.seal(secret), "totp_step": step}
            tx.execute(_of(of.username).values(values))
            return self._new_codes(tx, of.username)

    def check(self, username: str, code: str) -> bool:
        """Whether this is a code that is good now, or a recovery code; it is none afterwards."""
        with self._engine.begin() as tx:
            query = select(account.c.totp).where(account.c.username == username)
            sealed = tx.execute(query.with_for_update()).scalar()
            secret = self._seal.open(sealed) if sealed else None
            step = self._step(secret, code) if secret else None
            if step is not None:
                # Only ever forward: who looked over a shoulder, and is quick, comes too late.
                used = _of(username).where(account.c.totp_step < step).values(totp_step=step)
                return tx.execute(used).rowcount == 1
            spent = (
                update(recovery)
                .where(recovery.c.username == username, recovery.c.hash == _hash(username, code))
                .where(recovery.c.used_at.is_(None))
                .values(used_at=self._now())
            )
            return tx.execute(spent).rowcount == 1

    def codes_left(self, username: str) -> int:
        """How many recovery codes are not used."""
        query = select(func.count()).where(
            recovery.c.username == username, recovery.c.used_at.is_(None)
        )
        with self._engine.begin() as tx:
            return int(tx.execute(query).scalar_one())

    def renew_codes(self, of: Account) -> list[str]:
        """Ten other recovery codes; those before are none any more."""
        with self._engine.begin() as tx:
            self._accounts.act(tx, of, "kode pemulihan diganti", of)
            return self._new_codes(tx, of.username)

    def remove(self, username: str, by: Account | None) -> None:
        """Take the second factor off; whoever is logged in as this account is logged out.

        Raises:
            AccountUnknownError: no such account, or outside of what `by` may see.
        """
        with self._engine.begin() as tx:
            found = self._accounts.locked(tx, username, by)
            self._accounts.act(tx, found, "kode TOTP dilepas", by)
            tx.execute(_of(username).values(totp=None))
            tx.execute(delete(recovery).where(recovery.c.username == username))
            if by is None or by.username != username:
                end_sessions(tx, username, self._now())

    def _step(self, secret: str, code: str) -> int | None:
        """The time step whose code this is, around now."""
        made, given = pyotp.TOTP(secret, interval=STEP_S), "".join(code.split())
        now = int(self._now().timestamp()) // STEP_S
        steps = range(now - _DRIFT, now + _DRIFT + 1)
        if not (given.isascii() and given.isdecimal()):
            return None
        return next((it for it in steps if compare_digest(made.generate_otp(it), given)), None)

    def _new_codes(self, tx: Connection, username: str) -> list[str]:
        tx.execute(delete(recovery).where(recovery.c.username == username))
        codes = [made_up() for _ in range(CODES)]
        rows = [{"username": username, "hash": _hash(username, it)} for it in codes]
        tx.execute(insert(recovery), rows)
        return codes


def _of(username: str) -> Update:
    return update(account).where(account.c.username == username)


def _hash(username: str, code: str) -> bytes:
    # 79 random bits: a plain hash of them is no easier to turn than a slow one.
    plain = "".join(code.lower().split()).replace("-", "")
    return sha256(f"{username}\n{plain}".encode()).digest()
