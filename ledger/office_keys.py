"""The office's own keys: each hands over to the next (PROTOCOL section 9).

A new seed is durable in the key folder before anybody hears of its key; the acts that name it,
the rows that look it up, and in the case of the gateway the keys of every desa it is opened for,
are written in one transaction. From its commit on every process that signs uses the new key,
since each looks at the rows first.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from sqlalchemy import Connection, Engine

from ledger import store
from ledger.admission import RegisteredKey
from ledger.batch import Draft
from ledger.desa_keys import key_act
from ledger.errors import KeyFileError, OfficeKeyError
from ledger.key_copy import copy_keys
from ledger.key_note import KeyNote
from ledger.keys import SigningKey, VerifierKey
from ledger.log import Ledger
from ledger.office import GATEWAY, KANTOR, LOG, ROLES, KnownKey, file_of
from ledger.store import Head


@dataclass(frozen=True)
class OfficeKey:
    """A key of the office's own: its role, its place among those, and whether it still signs."""

    role: str
    number: int
    verifier: VerifierKey
    signs: bool


class OfficeKeys:
    """The office's own keys. `engine` connects as the ingest role."""

    def __init__(self, engine: Engine, ledger: Ledger, now: Callable[[], datetime]) -> None:
        self._engine = engine
        self._ledger = ledger
        self._now = now

    def listed(self) -> list[OfficeKey]:
        """Every key of the office's own, by role, the oldest first."""
        office = self._ledger.office
        with self._engine.begin() as tx:
            known = store.read_office_keys(tx, office.kode)
        return [self._named(it) for role in ROLES for it in known if it.role == role]

    def copy(self, folder: Path) -> Path:
        """Copy the key files into a folder of their own below another; gives it.

        Raises:
            KeyFileError: the keys cannot be read, or the folder cannot be written.
        """
        office = self._ledger.office
        if office.keyring.folder is None:
            raise KeyFileError("kunci kantor ini tidak disimpan dalam folder")
        public = {file_of(it.role, it.number): it.verifier.to_vkey() for it in self.listed()}
        return copy_keys(office.keyring.folder, folder, public, kode=office.kode, now=self._now())

    def rotate(self, role: str) -> OfficeKey:
        """Let a new key take the place of the role's newest.

        The old log key signs beside the new one until `discard`; the others end here.

        Raises:
            OfficeKeyError: no such role.
            KeyFileError: the key folder cannot be written.
        """
        if role not in ROLES:
            raise OfficeKeyError(f"tidak ada kunci kantor bernama {role}")
        office = self._ledger.office
        with self._engine.begin() as tx:
            # Desa before the office, as everybody who holds both takes them.
            heads = self._opened(tx) if role == GATEWAY else []
            store.lock_head(tx, office.kode)
            known = store.read_office_keys(tx, office.kode)
            office.adopt(known)
            before = max((it for it in known if it.role == role), key=lambda it: it.number)
            old = self._signing(before)
            number = before.number + 1
            new = SigningKey(office.key_name(role, number), office.keyring.make(role, number))
            acts, note = (
                (self._open_gateway(tx, heads, old, new), "")
                if role == GATEWAY
                else self._name(role, old, new)
            )
            if acts:
                # Still signed by the office's key that is valid until here.
                self._ledger.record(tx, acts)
            if role != LOG:
                store.write_office_key(tx, office.kode, replace(before, signs=False))
            fresh = KnownKey(role, number, new.verifier.public, note)
            store.write_office_key(tx, office.kode, fresh)
        # --- the point of no return: from here on every process signs with the new key ---
        return self._named(fresh)

    def discard(self) -> list[OfficeKey]:
        """Let no log key but the newest sign, and remove the seeds of those that sign no more.

        Whoever has not followed by then still can: `head` keeps the notes.
        """
        office = self._ledger.office
        with self._engine.begin() as tx:
            store.lock_head(tx, office.kode)
            known = store.read_office_keys(tx, office.kode)
            newest = max(it.number for it in known if it.role == LOG)
            older = [it for it in known if it.role == LOG and it.number < newest and it.signs]
            for it in older:
                store.write_office_key(tx, office.kode, replace(it, signs=False))
            office.adopt(store.read_office_keys(tx, office.kode))
        for it in known:
            # The first gateway key stays: tokens are made with its secret.
            if it.role != GATEWAY and (it in older or not it.signs):
                office.keyring.forget(it.role, it.number)
        return [self._named(replace(it, signs=False)) for it in older]

    # --- acts -----------------------------------------------------------------------------------

    def _name(self, role: str, old: SigningKey, new: SigningKey) -> tuple[list[Draft], str]:
        """The act that names the office's new key, and the note in it."""
        office = self._ledger.office
        note = self._handed_over(office.kode, old, new)
        member = "kunci_log" if role == LOG else "kunci_kantor"
        facts = {
            **self._ledger.named_keys(),
            member: new.verifier.to_vkey(),
            "bukti": [note],
        }
        return [Draft(KANTOR, office.kode, "put", self._now(), facts)], note

    def _open_gateway(
        self, tx: Connection, heads: list[Head], old: SigningKey, new: SigningKey
    ) -> list[Draft]:
        """For each desa that the gateway is open for: the old key ends, the new one begins."""
        acts = []
        for at in heads:
            position = at.size + 1
            note = self._handed_over(at.kode_desa, old, new)
            (before,) = (
                it for it in store.read_keys(tx, at.kode_desa) if it.verifier.name == old.name
            )
            ended = replace(before, end=position, ended="rotasi", end_note=note)
            begun = RegisteredKey(new.verifier, position, how="rotasi", note=note)
            store.change_key(tx, at.kode_desa, ended)
            store.add_key(tx, at.kode_desa, begun)
            acts += [
                key_act(at.kode_desa, it, "rotasi", note, self._now()) for it in (ended, begun)
            ]
        return acts

    def _handed_over(self, kode: str, old: SigningKey, new: SigningKey) -> str:
        log = self._ledger.office.log_name(kode)
        said = KeyNote(log, "rotate", new.verifier, self._now(), old=old.verifier)
        return said.signed(old, new).to_bytes().decode()

    def _opened(self, tx: Connection) -> list[Head]:
        """The heads, locked, of the desa that the gateway's key is valid for."""
        heads = []
        for kode_desa in sorted(store.read_sizes(tx)):
            at = self._ledger.lock(tx, kode_desa)
            if any(
                it.verifier.name.startswith("server/") and it.end is None
                for it in store.read_keys(tx, kode_desa)
            ):
                heads.append(at)
        return heads

    # --- keys -----------------------------------------------------------------------------------

    def _signing(self, known: KnownKey) -> SigningKey:
        office = self._ledger.office
        name = office.key_name(known.role, known.number)
        return SigningKey(name, office.keyring.seed(known.role, known.number))

    def _named(self, known: KnownKey) -> OfficeKey:
        name = self._ledger.office.key_name(known.role, known.number)
        return OfficeKey(known.role, known.number, VerifierKey(name, known.public), known.signs)
