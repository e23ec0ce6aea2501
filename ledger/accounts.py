"""Who may log in: names, roles, scopes and passwords.

That an account was made is an entry of the office's log; its password's hash never is, since a
log keeps what it holds for ever.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import Engine, insert, select, update

from ledger.batch import Draft
from ledger.errors import AccountExistsError, AccountRefusedError
from ledger.log import Ledger
from ledger.tables import account

ROLES = ("administrator", "camat", "staf", "auditor", "operator")
MIN_PASSWORD = 10
_USERNAME = re.compile(r"[a-z][a-z0-9._@-]{1,63}")
"""A plain name, or an address of e-mail: OpenSID asks its operator for one."""
_SCOPE = re.compile(r"[0-9]{2}(\.[0-9]{2}){0,2}|[0-9]{2}(\.[0-9]{2}){2}\.[0-9]{4}")


@dataclass(frozen=True)
class Account:
    """A person who may log in; `scope` is the prefix of the codes that they may see."""

    username: str
    nama: str
    role: str
    scope: str

    def sees(self, kode_desa: str) -> bool:
        """Whether the desa is in scope; a prefix ends where a part of a code does."""
        return kode_desa == self.scope or kode_desa.startswith(f"{self.scope}.")


class Accounts:
    """The accounts of an office. `engine` connects as the ingest role."""

    def __init__(self, engine: Engine, ledger: Ledger, now: Callable[[], datetime]) -> None:
        self._engine = engine
        self._ledger = ledger
        self._now = now
        self._hasher = PasswordHasher()
        # Verified when a name is unknown, so that the answer takes as long as for one that is.
        self._nobody = self._hasher.hash("nobody")

    def add(self, username: str, nama: str, role: str, scope: str, password: str) -> Account:
        """Make an account.

        Raises:
            AccountRefusedError: a name, role, scope or password that will not do.
            AccountExistsError: the name is taken.
        """
        if not _USERNAME.fullmatch(username):
            raise AccountRefusedError(
                "nama pengguna terdiri dari huruf kecil, angka, titik, - _ @"
            )
        if role not in ROLES:
            raise AccountRefusedError(f"peran adalah salah satu dari {', '.join(ROLES)}")
        office = self._ledger.office
        if not _SCOPE.fullmatch(scope) or not f"{scope}.".startswith(f"{office.kode}."):
            raise AccountRefusedError(f"cakupan adalah kode wilayah di dalam {office.kode}")
        made = Account(username, " ".join(nama.split()) or username, role, scope)
        hashed = self._hashed(password)
        with self._engine.begin() as tx:
            facts = {"nama": made.nama, "peran": role, "cakupan": scope}
            at = self._now()
            self._ledger.record(tx, [Draft("pengguna", username, "put", at, facts)])
            # The office's log is locked by now: nobody else makes this account meanwhile.
            taken = select(account.c.username).where(account.c.username == username)
            if tx.execute(taken).first():
                raise AccountExistsError(username)
            tx.execute(
                insert(account).values(
                    username=username,
                    nama=made.nama,
                    role=role,
                    scope=scope,
                    password_hash=hashed,
                    created_at=at,
                ),
            )
        return made

    def verify(self, username: str, password: str) -> Account | None:
        """The account, if the password is its own."""
        with self._engine.begin() as tx:
            query = select(account).where(account.c.username == username)
            row = tx.execute(query).mappings().first()
        try:
            self._hasher.verify(row["password_hash"] if row else self._nobody, password)
        except (VerificationError, InvalidHashError):
            return None
        if row is None:
            return None
        if self._hasher.check_needs_rehash(row["password_hash"]):
            self._rehash(username, password)
        return Account(row["username"], row["nama"], row["role"], row["scope"])

    def get(self, username: str) -> Account | None:
        """The account of this name, if there is one."""
        return next((it for it in self.all() if it.username == username), None)

    def all(self) -> list[Account]:
        """Every account, by name."""
        columns = (account.c.username, account.c.nama, account.c.role, account.c.scope)
        with self._engine.begin() as tx:
            rows = tx.execute(select(*columns).order_by(account.c.username)).mappings()
            return [Account(**row) for row in rows]

    def _hashed(self, password: str) -> str:
        if len(password) < MIN_PASSWORD:
            raise AccountRefusedError(f"kata sandi paling sedikit {MIN_PASSWORD} karakter")
        return self._hasher.hash(password)

    def _rehash(self, username: str, password: str) -> None:
        with self._engine.begin() as tx:
            tx.execute(
                update(account)
                .where(account.c.username == username)
                .values(password_hash=self._hasher.hash(password)),
            )
