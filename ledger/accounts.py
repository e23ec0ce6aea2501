"""Who may log in: names, roles, scopes and passwords.

That an account was made or changed, by whom, is an entry of the office's log; its password's hash
never is, since a log keeps what it holds for ever. `by` is the administrator who does it, who acts
within their own scope; None is whoever may run commands on the machine.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import Connection, Engine, insert, select, update

from ledger.batch import Draft
from ledger.errors import (
    AccountExistsError,
    AccountRefusedError,
    AccountUnknownError,
    LastAdministratorError,
)
from ledger.log import Ledger
from ledger.passwords import check_password, made_up
from ledger.sessions import end_sessions
from ledger.tables import account

ADMINISTRATOR: Final = "administrator"
OPERATOR: Final = "operator"
ROLES = (ADMINISTRATOR, "camat", "staf", "auditor", OPERATOR)
ONCE: Final = timedelta(days=7)
"""How long a one-time password waits for its owner."""
_LONGEST_NAME = 100
_USERNAME = re.compile(r"[a-z][a-z0-9._@-]{1,63}")
"""A plain name, or an address of e-mail: OpenSID asks its operator for one."""
_SCOPE = re.compile(r"[0-9]{2}(\.[0-9]{2}){0,2}|[0-9]{2}(\.[0-9]{2}){2}\.[0-9]{4}")
_DESA = re.compile(r"[0-9]{2}(\.[0-9]{2}){2}\.[0-9]{4}")


@dataclass(frozen=True)
class Account:
    """A person who may log in; `scope` is the prefix of the codes that they may see.

    Attributes:
        active: it can be used; an account is switched off, never deleted.
        once_until: the password is a one-time one, good until then and to be changed first.
        totp: log-in asks for a second factor.
    """

    username: str
    nama: str
    role: str
    scope: str
    active: bool = True
    once_until: datetime | None = None
    totp: bool = False

    def sees(self, kode_desa: str) -> bool:
        """Whether the desa is in scope; a prefix ends where a part of a code does."""
        return kode_desa == self.scope or kode_desa.startswith(f"{self.scope}.")


class Accounts:
    """The accounts of an office. `engine` connects as the ingest role.

    `hasher` says what guessing a password costs; passwords that another one hashed are hashed anew
    when their owners log in.
    """

    def __init__(
        self,
        engine: Engine,
        ledger: Ledger,
        now: Callable[[], datetime],
        hasher: PasswordHasher | None = None,
    ) -> None:
        self._engine = engine
        self._ledger = ledger
        self._now = now
        self._hasher = hasher or PasswordHasher()
        # Verified when a name is unknown, so that the answer takes as long as for one that is.
        self._nobody = self._hasher.hash("nobody")

    # --- acts of an administrator ----------------------------------------------------------------

    def add(
        self,
        username: str,
        nama: str,
        role: str,
        scope: str,
        password: str,
        *,
        by: Account | None = None,
    ) -> Account:
        """Make an account with a password that its owner knows.

        Raises:
            AccountRefusedError: a name, role, scope or password that will not do.
            AccountExistsError: the name is taken.
        """
        _check_name(username)
        check_password(password, username)
        return self._add(username, nama, role, scope, password, None, by)

    def invite(
        self, username: str, nama: str, role: str, scope: str, *, by: Account | None = None
    ) -> tuple[Account, str]:
        """Make an account with a one-time password, which is told this once.

        Raises:
            AccountRefusedError, AccountExistsError: as `add`.
        """
        password = made_up()
        until = self._now() + ONCE
        return self._add(username, nama, role, scope, password, until, by), password

    def _add(
        self,
        username: str,
        nama: str,
        role: str,
        scope: str,
        password: str,
        once_until: datetime | None,
        by: Account | None,
    ) -> Account:
        _check_name(username)
        made = self._checked(Account(username, nama, role, scope, once_until=once_until), by)
        hashed = self._hasher.hash(password)
        with self._engine.begin() as tx:
            self.act(tx, made, "ditambahkan", by)
            # The office's log is locked by now: nobody else makes this account meanwhile.
            if self._read(tx, username):
                raise AccountExistsError(username)
            tx.execute(
                insert(account).values(
                    username=username,
                    nama=made.nama,
                    role=role,
                    scope=scope,
                    password_hash=hashed,
                    created_at=self._now(),
                    once_until=once_until,
                ),
            )
        return made

    def change(
        self, username: str, nama: str, role: str, scope: str, *, by: Account | None = None
    ) -> Account:
        """Give an account another name, role or scope, which counts at its next request.

        Raises:
            AccountUnknownError: no such account, or outside of what `by` may see.
            AccountRefusedError: a role or scope that will not do.
            LastAdministratorError: nobody would be left who may do this.
        """
        with self._engine.begin() as tx:
            found = self.locked(tx, username, by)
            changed = self._checked(replace(found, nama=nama, role=role, scope=scope), by)
            self._settle(tx, found, changed, "diubah", by)
        return changed

    def deactivate(self, username: str, *, by: Account | None = None) -> None:
        """Switch an account off; whoever is logged in with it is logged out.

        Raises:
            AccountUnknownError, LastAdministratorError: as `change`.
        """
        with self._engine.begin() as tx:
            found = self.locked(tx, username, by)
            self._settle(tx, found, replace(found, active=False), "dinonaktifkan", by)
            end_sessions(tx, username, self._now())

    def reactivate(self, username: str, *, by: Account | None = None) -> None:
        """Switch an account on again, with the password it had.

        Raises:
            AccountUnknownError: no such account, or outside of what `by` may see.
        """
        with self._engine.begin() as tx:
            found = self.locked(tx, username, by)
            self._settle(tx, found, replace(found, active=True), "diaktifkan", by)

    def one_time(self, username: str, *, by: Account | None = None) -> str:
        """Give an account a one-time password, told this once; its sessions end.

        Raises:
            AccountUnknownError: no such account, or outside of what `by` may see.
        """
        password = made_up()
        hashed, at = self._hasher.hash(password), self._now()
        with self._engine.begin() as tx:
            found = self.locked(tx, username, by)
            self.act(tx, found, "kata sandi sekali pakai", by)
            values = {"password_hash": hashed, "once_until": at + ONCE}
            tx.execute(update(account).where(account.c.username == username).values(values))
            end_sessions(tx, username, at)
        return password

    def set_password(self, username: str, password: str, *, session: str | None = None) -> None:
        """Change a password to one its owner chose; all sessions end but the one named.

        Raises:
            AccountUnknownError: no such account.
            PasswordRefusedError: a password that will not do.
        """
        check_password(password, username)
        hashed = self._hasher.hash(password)
        with self._engine.begin() as tx:
            found = self.locked(tx, username, None)
            self.act(tx, found, "kata sandi diganti", found if session else None)
            values = {"password_hash": hashed, "once_until": None}
            tx.execute(update(account).where(account.c.username == username).values(values))
            end_sessions(tx, username, self._now(), but=session)

    # --- within a transaction --------------------------------------------------------------------

    def locked(self, tx: Connection, username: str, by: Account | None) -> Account:
        """An account that `by` may act on, locked until `tx` ends.

        Raises:
            AccountUnknownError: no such account, or outside of what `by` may see.
        """
        found = self._read(tx, username, lock=True)
        if found is None or (by is not None and not by.sees(found.scope)):
            raise AccountUnknownError(username)
        return found

    def act(self, tx: Connection, of: Account, what: str, by: Account | None) -> None:
        """Enter in the office's log what was done to an account, and how it stands then."""
        facts = {
            "nama": of.nama,
            "peran": of.role,
            "cakupan": of.scope,
            "aktif": of.active,
            "tindakan": what,
            "oleh": by.username if by else None,
        }
        self._ledger.record(tx, [Draft("pengguna", of.username, "put", self._now(), facts)])

    def _settle(
        self, tx: Connection, found: Account, changed: Account, what: str, by: Account | None
    ) -> None:
        self.act(tx, changed, what, by)
        # The office's log is locked by now: two administrators cannot remove each other here.
        administers = changed.role == ADMINISTRATOR and changed.active
        if found.role == ADMINISTRATOR and found.active and not administers:
            others = select(account.c.username).where(
                account.c.role == ADMINISTRATOR,
                account.c.active,
                account.c.username != found.username,
            )
            if tx.execute(others.limit(1)).first() is None:
                raise LastAdministratorError
        tx.execute(
            update(account)
            .where(account.c.username == found.username)
            .values(
                nama=changed.nama, role=changed.role, scope=changed.scope, active=changed.active
            )
        )

    def _checked(self, wanted: Account, by: Account | None) -> Account:
        if wanted.role not in ROLES:
            raise AccountRefusedError(f"peran adalah salah satu dari {', '.join(ROLES)}", "peran")
        office, scope = self._ledger.office, wanted.scope
        if not _SCOPE.fullmatch(scope) or not f"{scope}.".startswith(f"{office.kode}."):
            raise AccountRefusedError(
                f"cakupan adalah kode wilayah di dalam {office.kode}", "cakupan"
            )
        if wanted.role == OPERATOR and not _DESA.fullmatch(scope):
            raise AccountRefusedError("cakupan seorang operator adalah kode satu desa", "cakupan")
        if by is not None and not by.sees(scope):
            raise AccountRefusedError(
                f"cakupan adalah kode wilayah di dalam {by.scope}", "cakupan"
            )
        nama = " ".join(wanted.nama.split())[:_LONGEST_NAME]
        return replace(wanted, nama=nama or wanted.username)

    # --- what is looked up -----------------------------------------------------------------------

    def verify(self, username: str, password: str) -> Account | None:
        """The account, if the password is its own and it may be used."""
        with self._engine.begin() as tx:
            query = select(account).where(account.c.username == username)
            row = tx.execute(query).mappings().first()
        try:
            self._hasher.verify(row["password_hash"] if row else self._nobody, password)
        except (VerificationError, InvalidHashError):
            return None
        if row is None:
            return None
        found = _account(row)
        if not found.active or (found.once_until and found.once_until < self._now()):
            return None
        if self._hasher.check_needs_rehash(row["password_hash"]):
            self._rehash(username, password)
        return found

    def get(self, username: str) -> Account | None:
        """The account of this name, if there is one."""
        with self._engine.begin() as tx:
            return self._read(tx, username)

    def all(self) -> list[Account]:
        """Every account, by name."""
        with self._engine.begin() as tx:
            rows = tx.execute(select(account).order_by(account.c.username)).mappings()
            return [_account(row) for row in rows]

    def _read(self, tx: Connection, username: str, *, lock: bool = False) -> Account | None:
        query = select(account).where(account.c.username == username)
        row = tx.execute(query.with_for_update() if lock else query).mappings().first()
        return _account(row) if row else None

    def _rehash(self, username: str, password: str) -> None:
        with self._engine.begin() as tx:
            tx.execute(
                update(account)
                .where(account.c.username == username)
                .values(password_hash=self._hasher.hash(password)),
            )


def _check_name(username: str) -> None:
    if not _USERNAME.fullmatch(username):
        raise AccountRefusedError(
            "nama pengguna terdiri dari huruf kecil, angka, titik, - _ @", "username"
        )


def _account(row: Any) -> Account:  # noqa: ANN401  # a row's mapping
    names = ("username", "nama", "role", "scope", "active", "once_until")
    facts: dict[str, Any] = {name: row[name] for name in names}
    return Account(**facts, totp=row["totp"] is not None)
