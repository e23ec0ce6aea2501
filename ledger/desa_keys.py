"""The keys of desa: let in, handed over, ended, disputed (PROTOCOL section 9).

Each of these is an entry of the office's own log and a row that looks it up, written in one
transaction that holds the desa's lock: so a key is valid for an interval of positions, and no
batch slips in between. What a note may do is decided by `key_note`; whether a code is right, and
what waits for the office to decide, here.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID, uuid4

import structlog
from sqlalchemy import Connection, Engine, delete, insert, select, update

from ledger import store
from ledger.admission import RegisteredKey
from ledger.batch import Draft
from ledger.enrolment import code_hash, new_code, proves
from ledger.errors import (
    EnrolCodeError,
    KeyEndedError,
    KeyMissingError,
    KeyRefusedError,
    KeySuspicionError,
    NoteError,
    RefusalError,
)
from ledger.key_note import KeyNote, admit_key_note, check_free, read_key_note
from ledger.keys import VerifierKey
from ledger.log import Ledger
from ledger.note import Note
from ledger.store import Head
from ledger.tables import enrolment
from ledger.ticket import admit_ticket

LIFETIME: Final = timedelta(days=7)
"""How long a code may be used: long enough for a letter to a village without a road."""
KEPT: Final = timedelta(days=30)
"""How long a code that expired is remembered: who sends it late is told so."""
_LABEL = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")
_logger = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Code:
    """A one-time code as the office knows it, and the key that used it, if one did."""

    kode_desa: str
    id: UUID
    issued_at: datetime
    expires_at: datetime
    tries: int
    verifier: VerifierKey | None
    note: str
    received_at: datetime | None
    decided_at: datetime | None
    accepted: bool

    @property
    def waiting(self) -> bool:
        """Whether a key came with it that nobody has decided on."""
        return self.verifier is not None and self.decided_at is None

    def fault_at(self, moment: datetime) -> str | None:
        """Why it lets no further key in, as EnrolCodeError says it."""
        if self.verifier is not None:
            return "used"
        return "expired" if moment >= self.expires_at else None


@dataclass(frozen=True)
class KeyState:
    """What became of a key note: `state` is `waiting`, `rejected`, `valid` or `ended`."""

    kode_desa: str
    verifier: VerifierKey
    state: str
    first: int | None = None
    end: int | None = None

    @classmethod
    def of(cls, kode_desa: str, key: RegisteredKey) -> "KeyState":
        """That of a registered key."""
        state = "valid" if key.end is None else "ended"
        return cls(kode_desa, key.verifier, state, key.first, key.end)


class DesaKeys:
    """The keys of an office's desa. `engine` connects as the ingest role."""

    def __init__(self, engine: Engine, ledger: Ledger, now: Callable[[], datetime]) -> None:
        self._engine = engine
        self._ledger = ledger
        self._now = now

    def of(self, kode_desa: str) -> list[RegisteredKey]:
        """Every key of a desa, by name."""
        with self._engine.begin() as tx:
            return store.read_keys(tx, kode_desa)

    def admit(self, kode_desa: str, ticket: bytes) -> RegisteredKey:
        """The key of a desa that a ticket is of.

        Raises:
            DesaUnknownError: no such desa.
            RefusalError: it opens nothing, as `admit_ticket` says.
        """
        with self._engine.begin() as tx:
            at = self._ledger.registered(tx, kode_desa)
            keys = store.read_keys(tx, kode_desa)
        log = self._ledger.office.log_name(kode_desa)
        return admit_ticket(ticket, log, keys, at.size + 1, self._now())

    def undecided(self) -> list[Code]:
        """The codes of all desa with which a key came that nobody has decided on."""
        query = select(enrolment.c.kode_desa).where(
            enrolment.c.vkey != "", enrolment.c.decided_at.is_(None)
        )
        with self._engine.begin() as tx:
            desa = sorted(set(tx.execute(query).scalars()))
            return [code for it in desa for code, _ in _codes(tx, it) if code.waiting]

    # --- by the office alone --------------------------------------------------------------------

    def enrol(self, kode_desa: str, vkey: str) -> RegisteredKey:
        """Register a desa's key, valid from the next position of its log on.

        Whoever calls this has compared the fingerprint with the desa.

        Raises:
            DesaUnknownError: no such desa.
            KeyRefusedError: no vkey, of another desa, or of low order.
            KeyExistsError: its name or the key itself is registered.
        """
        try:
            verifier = VerifierKey.from_vkey(vkey.strip())
        except NoteError as error:
            raise KeyRefusedError(str(error)) from None
        if not re.fullmatch(
            rf"desa/{re.escape(kode_desa)}/[a-z0-9][a-z0-9-]{{0,39}}", verifier.name
        ):
            raise KeyRefusedError(f"namanya harus desa/{kode_desa}/… (huruf kecil, angka, -)")
        if verifier.weak:
            raise KeyRefusedError("kunci lemah (low order)")
        with self._engine.begin() as tx:
            at = self._ledger.lock(tx, kode_desa)
            return self._begin(tx, at, RegisteredKey(verifier, at.size + 1))

    def revoke(self, kode_desa: str, name: str, suspected: int | None = None) -> RegisteredKey:
        """End a key from the next position of the log on; what it signed before stays verified.

        `suspected` is the first position from which its batches may be a thief's; it may also be
        told later, of a key that has ended. `name` may be the label alone.

        Raises:
            DesaUnknownError, KeyMissingError: no such desa or key.
            KeyEndedError: it has ended, and nothing new is said of it.
            KeySuspicionError: it signed no batch from there on.
        """
        with self._engine.begin() as tx:
            at = self._ledger.lock(tx, kode_desa)
            key = self._find(tx, kode_desa, name)
            if key.end is not None and suspected is None:
                raise KeyEndedError(key.verifier.name, key.end)
            if suspected is not None and not key.first <= suspected <= at.size:
                raise KeySuspicionError(
                    key.verifier.name, f"kiriman ke-{suspected} bukan dari masa berlakunya"
                )
            if key.end is None:
                key = replace(key, end=at.size + 1, ended="kantor")
            if suspected is not None:
                key = replace(key, suspected=suspected, acknowledged=False)
            return self._change(tx, kode_desa, key, "kantor")

    def acknowledge(self, kode_desa: str, name: str) -> RegisteredKey:
        """Note that the desa says that the disputed batches of a key are its own.

        Raises:
            DesaUnknownError, KeyMissingError: no such desa or key.
            KeySuspicionError: nobody suspects it.
        """
        with self._engine.begin() as tx:
            self._ledger.lock(tx, kode_desa)
            key = self._find(tx, kode_desa, name)
            if key.suspected is None:
                raise KeySuspicionError(key.verifier.name, "tidak ada yang dicurigai")
            return self._change(tx, kode_desa, replace(key, acknowledged=True), "kantor")

    # --- one-time codes -------------------------------------------------------------------------

    def issue_code(self, kode_desa: str, lifetime: timedelta = LIFETIME) -> tuple[str, Code]:
        """Make a code for one key of a desa; the text is told this once.

        Raises:
            DesaUnknownError: no such desa.
        """
        text, at = new_code(), self._now()
        code = Code(kode_desa, uuid4(), at, at + lifetime, 0, None, "", None, None, accepted=False)
        with self._engine.begin() as tx:
            self._ledger.lock(tx, kode_desa)
            tx.execute(
                insert(enrolment).values(
                    kode_desa=kode_desa,
                    id=code.id,
                    code_hash=code_hash(text),
                    issued_at=code.issued_at,
                    expires_at=code.expires_at,
                    tries=0,
                    vkey="",
                    note="",
                    accepted=False,
                ),
            )
        return text, code

    def codes(self, kode_desa: str) -> list[Code]:
        """Every code of a desa, the newest first."""
        with self._engine.begin() as tx:
            return [code for code, _ in _codes(tx, kode_desa)]

    def sweep(self) -> int:
        """Delete the codes that nobody used and that expired long ago; gives how many."""
        since = self._now() - KEPT
        spent = delete(enrolment).where(enrolment.c.vkey == "", enrolment.c.expires_at < since)
        with self._engine.begin() as tx:
            return tx.execute(spent).rowcount

    def accept(self, kode_desa: str, name: str) -> RegisteredKey:
        """Register a key that waits; whoever calls this has compared the fingerprint.

        Raises:
            DesaUnknownError, KeyMissingError: no such desa, or no such key waits.
            KeyExistsError: its name or the key itself was registered meanwhile.
        """
        with self._engine.begin() as tx:
            at = self._ledger.lock(tx, kode_desa)
            code, verifier = self._decide(tx, kode_desa, name, accepted=True)
            key = RegisteredKey(verifier, at.size + 1, how="kode", note=code.note)
            return self._begin(tx, at, key)

    def reject(self, kode_desa: str, name: str) -> VerifierKey:
        """Let a key that waits be none; its code is spent.

        Raises:
            DesaUnknownError, KeyMissingError: no such desa, or no such key waits.
        """
        with self._engine.begin() as tx:
            self._ledger.lock(tx, kode_desa)
            return self._decide(tx, kode_desa, name, accepted=False)[1]

    # --- by notes -------------------------------------------------------------------------------

    def receive(self, kode_desa: str, data: bytes) -> KeyState:
        """Do what a key note of the desa says; the same note again gives the state of things.

        Raises:
            DesaUnknownError: no such desa.
            RefusalError, KeyExistsError: the first rule of PROTOCOL section 9 that it breaks.
        """
        note = None
        try:
            note, said = read_key_note(data)
            with self._engine.begin() as tx:
                at = self._ledger.lock(tx, kode_desa)
                return self._known(tx, at, data.decode()) or self._received(tx, at, note, said)
        except RefusalError as refusal:
            self._keep(kode_desa, refusal, note)
            raise

    def _known(self, tx: Connection, at: Head, text: str) -> KeyState | None:
        """What became of this note, if it came before."""
        for key in store.read_keys(tx, at.kode_desa):
            if text in {key.note, key.end_note}:
                told = KeyNote.from_text(text.partition("\n\n")[0] + "\n").key
                if key.verifier == told:
                    return KeyState.of(at.kode_desa, key)
        for code, _ in _codes(tx, at.kode_desa):
            if code.note == text and code.verifier is not None:
                state = "rejected" if code.decided_at else "waiting"
                return KeyState(at.kode_desa, code.verifier, state)
        return None

    def _received(self, tx: Connection, at: Head, note: Note, said: KeyNote) -> KeyState:
        kode_desa, position = at.kode_desa, at.size + 1
        keys = store.read_keys(tx, kode_desa)
        text = note.to_bytes().decode()
        log = self._ledger.office.log_name(kode_desa)
        ended = admit_key_note(note, said, log, keys, position)
        if said.code is not None:
            self._wait(tx, kode_desa, said, said.code, text)
            return KeyState(kode_desa, said.key, "waiting")
        if ended is None:  # unreachable: whatever is no enrolment ends a key
            raise KeyMissingError(kode_desa, said.key.name)
        how = "rotasi" if said.act == "rotate" else "desa"
        ended = replace(ended, end=position, ended=how, end_note=text)
        if said.act == "revoke":
            return KeyState.of(kode_desa, self._change(tx, kode_desa, ended, how, text))
        begun = RegisteredKey(said.key, position, how=how, note=text)
        # One batch of the office's log: nobody can see the one without the other.
        store.change_key(tx, kode_desa, ended)
        store.add_key(tx, kode_desa, begun)
        acts = [key_act(kode_desa, it, how, text, self._now()) for it in (ended, begun)]
        self._ledger.record(tx, acts)
        return KeyState.of(kode_desa, begun)

    def _wait(
        self, tx: Connection, kode_desa: str, said: KeyNote, proof: bytes, text: str
    ) -> None:
        now = self._now()
        codes = _codes(tx, kode_desa)
        found = next((code for code, hash_ in codes if proves(proof, hash_, said.key)), None)
        if found is None:
            raise EnrolCodeError("unknown")
        if fault := found.fault_at(now):
            raise EnrolCodeError(fault)
        tx.execute(
            update(enrolment)
            .where(enrolment.c.kode_desa == kode_desa, enrolment.c.id == found.id)
            .values(vkey=said.key.to_vkey(), note=text, received_at=now),
        )

    def _keep(self, kode_desa: str, refusal: RefusalError, note: Note | None) -> None:
        """Keep a refusal, for desa and staff to see; a wrong code also counts as a try.

        However many there are, the right one is still taken: 80 bits are not guessed, and anybody
        could end a village's code by trying.
        """
        with self._engine.begin() as tx:
            self._ledger.lock(tx, kode_desa)
            if isinstance(refusal, EnrolCodeError) and refusal.reason == "unknown":
                tx.execute(
                    update(enrolment)
                    .where(
                        enrolment.c.kode_desa == kode_desa,
                        enrolment.c.vkey == "",
                        enrolment.c.expires_at > self._now(),
                    )
                    .values(tries=enrolment.c.tries + 1),
                )
            store.keep_refusal(tx, kode_desa, refusal, note, None, self._now())
        _logger.info("key note refused", kode_desa=kode_desa, code=refusal.code)

    # --- rows and acts --------------------------------------------------------------------------

    def _begin(self, tx: Connection, at: Head, key: RegisteredKey) -> RegisteredKey:
        check_free(key.verifier, store.read_keys(tx, at.kode_desa))
        store.add_key(tx, at.kode_desa, key)
        act = key_act(at.kode_desa, key, key.how, key.note, self._now())
        self._ledger.record(tx, [act])
        return key

    def _change(
        self, tx: Connection, kode_desa: str, key: RegisteredKey, how: str, note: str = ""
    ) -> RegisteredKey:
        store.change_key(tx, kode_desa, key)
        self._ledger.record(tx, [key_act(kode_desa, key, how, note, self._now())])
        return key

    def _find(self, tx: Connection, kode_desa: str, name: str) -> RegisteredKey:
        """A key of the desa's own, by its name or label."""
        wanted = {name, f"desa/{kode_desa}/{name}"}
        for key in store.read_keys(tx, kode_desa):
            # What the office signs for a desa is not the desa's: its key is handed over as one.
            if key.verifier.name in wanted and key.verifier.name.startswith("desa/"):
                return key
        raise KeyMissingError(kode_desa, name)

    def _decide(
        self, tx: Connection, kode_desa: str, name: str, *, accepted: bool
    ) -> tuple[Code, VerifierKey]:
        wanted = {name, f"desa/{kode_desa}/{name}"}
        for code, _ in _codes(tx, kode_desa):
            if code.waiting and code.verifier and code.verifier.name in wanted:
                tx.execute(
                    update(enrolment)
                    .where(enrolment.c.kode_desa == kode_desa, enrolment.c.id == code.id)
                    .values(decided_at=self._now(), accepted=accepted),
                )
                return code, code.verifier
        raise KeyMissingError(kode_desa, name)


def key_act(kode_desa: str, key: RegisteredKey, how: str, note: str, at: datetime) -> Draft:
    """The office's act that says what a key of a desa has become, and by what."""
    facts: dict[str, Any] = {
        "kode_desa": kode_desa,
        "vkey": key.verifier.to_vkey(),
        "mulai": key.first,
    }
    if key.end is not None:
        facts["sampai"] = key.end
    facts["cara"] = how
    if key.suspected is not None:
        facts |= {"curiga_sejak": key.suspected, "diakui": key.acknowledged}
    if note:
        facts["bukti"] = note
    return Draft("kunci_desa", key.verifier.name, "put", at, facts)


def _codes(tx: Connection, kode_desa: str) -> list[tuple[Code, bytes]]:
    """The codes of a desa with their hashes, the newest first."""
    query = select(enrolment).where(enrolment.c.kode_desa == kode_desa)
    query = query.order_by(enrolment.c.issued_at.desc(), enrolment.c.id)
    return [(_code(row), row["code_hash"]) for row in tx.execute(query).mappings()]


def _code(row: Any) -> Code:  # noqa: ANN401  # a row's mapping
    names = ("kode_desa", "id", "issued_at", "expires_at", "tries", "note", "received_at")
    facts = {name: row[name] for name in (*names, "decided_at", "accepted")}
    return Code(**facts, verifier=VerifierKey.from_vkey(row["vkey"]) if row["vkey"] else None)
