"""What the office decides on letters that villages sent to be signed.

A decision never touches what the desa stated: it is an act of the office's own log, which says
who decided what and why about which version of which letter, down to the SHA-256 of the PDF; the
table looks it up, and both are written in one transaction. A signed PDF is kept beside the
original, with a hash of its own. What the desa should know, it is also written as a message.

Whether a certificate's signature in a PDF is valid is not judged here: its holder, the certificate
and the service that issued it are outside of the office's control.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final
from uuid import uuid4

import msgspec
from sqlalchemy import Connection, Engine, insert, select

from ledger import store
from ledger.access import holds_number
from ledger.accounts import Account
from ledger.batch import Change, Draft
from ledger.blobs import PDF, PREFIX, Blobs, media_type
from ledger.errors import LetterGoneError, LetterRefusedError
from ledger.letter_rules import (
    CABUT,
    ELEKTRONIK,
    KEMBALIKAN,
    TANDATANGANI,
    TOLAK,
    WAYS,
    WITH_REASON,
    Act,
    LetterRules,
)
from ledger.log import Ledger
from ledger.messages import Messages
from ledger.tables import letter_act

ENTITY: Final = "keputusan_surat"
"""What decisions are called in the office's log."""
MOST_SIGNED: Final = 10 * 1024 * 1024
"""Bytes of a signed PDF: a scan may be larger than what the desa sent."""
LEAST_REASON: Final = 10
LONGEST_REASON: Final = 500
_SIGNATURE: Final = b"/ByteRange"
"""What every signature in a PDF says (ISO 32000-1, section 12.8.1)."""
_AGAIN: Final = "Kirim lagi berkas yang sudah diperbaiki dengan nomor yang sama."
_TOLD: Final = {
    KEMBALIKAN: ("dikembalikan", f"dikembalikan untuk diperbaiki: {{reason}}\n{_AGAIN}"),
    TOLAK: ("ditolak", "ditolak: {reason}"),
    TANDATANGANI: ("sudah ditandatangani", "sudah ditandatangani; berkasnya dapat diunduh."),
    CABUT: ("dicabut", "dicabut: {reason}"),
}
"""How the title and the text of the message go on, after the letter's number, by act."""


@dataclass(frozen=True)
class LetterVersion:
    """A letter as a desa states it: its number, and its PDF's SHA-256 in hexadecimal.

    `position` is the batch of the desa's log with which it became so.
    """

    kode_desa: str
    nomor: str
    sha256: str
    position: int


class Letters:
    """The office's decisions on letters. `engine` connects as the ingest role."""

    def __init__(
        self,
        engine: Engine,
        ledger: Ledger,
        blobs: Blobs,
        messages: Messages,
        rules: LetterRules,
        now: Callable[[], datetime],
    ) -> None:
        self._engine = engine
        self._ledger = ledger
        self._blobs = blobs
        self._messages = messages
        self.rules = rules
        self._now = now

    def decide(
        self, letter: LetterVersion, act: str, account: Account, reason: str, *, known: int
    ) -> Act:
        """Decide on a version of a letter; `known` is how far whoever decides knows the log.

        When this returns it is durable, and the desa has a message if it should know.

        Raises:
            DesaUnknownError: no such desa.
            LetterGoneError: the desa has stated something else meanwhile.
            LetterRefusedError: not from where it stands, not by this account, or without a reason.
        """
        if act == TANDATANGANI:
            raise LetterRefusedError("lampirkan berkas yang sudah ditandatangani")
        return self._decide(letter, act, account, reason, known, b"", "")

    def sign(
        self, letter: LetterVersion, data: bytes, way: str, account: Account, *, known: int
    ) -> Act:
        """Keep the PDF of an approved letter as it was signed; `way` is of WAYS.

        Raises:
            DesaUnknownError, LetterGoneError: as for `decide`.
            LetterRefusedError: it is not approved, or the file cannot be what it is said to be.
        """
        if way not in WAYS:
            raise LetterRefusedError("pilih cara penandatanganannya")
        if media_type(data) != PDF:
            raise LetterRefusedError("berkas yang dilampirkan bukan PDF")
        if len(data) > MOST_SIGNED:
            raise LetterRefusedError(f"berkas melebihi {MOST_SIGNED // 1024 // 1024} MiB")
        if way == ELEKTRONIK and _SIGNATURE not in data:
            raise LetterRefusedError("PDF ini tidak memuat tanda tangan elektronik")
        return self._decide(letter, TANDATANGANI, account, "", known, data, way)

    def _decide(
        self,
        letter: LetterVersion,
        act: str,
        account: Account,
        reason: str,
        known: int,
        data: bytes,
        way: str,
    ) -> Act:
        reason = _checked(act, reason)
        kode_desa = letter.kode_desa
        with self._engine.begin() as tx:
            at = self._ledger.lock(tx, kode_desa)
            said = self._standing(tx, letter, known, at.size)
            before = [it for it in _acts(tx, kode_desa, letter.nomor) if _is_of(it, letter)]
            state = self.rules.next_state(act, before, account.username, account.role)
            if self._blobs.open(kode_desa, PREFIX + letter.sha256) is None:
                raise LetterRefusedError("berkas PDF-nya belum diterima")
            signed = self._kept(tx, letter, data) if data else ""
            made = Act(
                kode_desa,
                uuid4(),
                letter.nomor,
                letter.position,
                letter.sha256,
                act,
                state,
                account.username,
                account.nama,
                account.role,
                reason,
                signed,
                way,
                self._now(),
                0,
            )
            position = self._ledger.record(tx, [_draft(made)])
            made = replace(made, office_position=position)
            tx.execute(insert(letter_act).values(vars(made)))
            self._tell(tx, made, str(said.get("nama") or "Surat"), account)
        return made

    def _kept(self, tx: Connection, letter: LetterVersion, data: bytes) -> str:
        kept = self._blobs.keep(data, PDF)
        if kept.sha256 == letter.sha256:
            raise LetterRefusedError("berkas ini sama persis dengan yang diajukan desa")
        self._blobs.belong(tx, letter.kode_desa, [kept], self._now())
        return kept.sha256

    def _standing(
        self, tx: Connection, letter: LetterVersion, known: int, size: int
    ) -> dict[str, object]:
        """What the log states of the letter, if that is still this version."""
        if not 0 < letter.position <= known <= size:
            raise LetterGoneError
        told = _stated(store.read_entry(tx, letter.kode_desa, letter.position), letter.nomor)
        if not told or told[-1] is None or told[-1].get("berkas") != PREFIX + letter.sha256:
            raise LetterGoneError
        for entry in store.read_entries(tx, letter.kode_desa, known, size - known):
            if any(it != told[-1] for it in _stated(entry, letter.nomor)):
                raise LetterGoneError
        return told[-1]

    def _tell(self, tx: Connection, made: Act, jenis: str, account: Account) -> None:
        if (told := _TOLD.get(made.act)) is None:
            return
        begins, goes_on = told
        isi = f"{jenis} nomor {made.nomor} {goes_on.format(reason=made.reason)}"
        judul = f"Surat {made.nomor} {begins}"
        self._messages.write(tx, made.kode_desa, account, isi, judul=judul)

    def acts(self, kode_desa: str, nomor: str) -> list[Act]:
        """Every decision on a letter, of all its versions, in order."""
        with self._engine.begin() as tx:
            return _acts(tx, kode_desa, nomor)


def _is_of(it: Act, letter: LetterVersion) -> bool:
    return (it.position, it.sha256) == (letter.position, letter.sha256)


def _acts(tx: Connection, kode_desa: str, nomor: str) -> list[Act]:
    query = (
        select(letter_act)
        .where(letter_act.c.kode_desa == kode_desa, letter_act.c.nomor == nomor)
        .order_by(letter_act.c.office_position)
    )
    return [Act(**row) for row in tx.execute(query).mappings()]


def _stated(entry: store.Entry, nomor: str) -> list[dict[str, object] | None]:
    """What a batch says of a letter, in order; None for a deletion."""
    return [_data(it) for it in entry.changes() if (it.entity, it.id) == ("surat", nomor)]


def _data(change: Change) -> dict[str, object] | None:
    if not isinstance(change.data, msgspec.Raw):
        return None
    value = msgspec.json.decode(change.data)
    return value if isinstance(value, dict) else None


def _checked(act: str, reason: str) -> str:
    """A reason, or a note, as it is kept."""
    reason = " ".join(reason.replace("\0", "").split())
    if len(reason) > LONGEST_REASON or (act in WITH_REASON and len(reason) < LEAST_REASON):
        raise LetterRefusedError(
            f"tuliskan alasannya, {LEAST_REASON} sampai {LONGEST_REASON} huruf"
        )
    if holds_number(reason):
        raise LetterRefusedError("jangan menulis NIK atau nomor KK di dalamnya")
    return reason


def _draft(made: Act) -> Draft:
    facts: dict[str, object] = {
        "kode_desa": made.kode_desa,
        "nomor": made.nomor,
        "kiriman": made.position,
        "sha256": made.sha256,
        "keputusan": made.act,
        "keadaan": made.state,
        "oleh": made.username,
        "peran": made.role,
        "alasan": made.reason,
    }
    if made.signed:
        facts |= {"berkas": made.signed, "cara": made.way}
    return Draft(ENTITY, str(made.id), "put", made.at, facts)
