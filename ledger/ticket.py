"""Tickets: a desa's computer shows who it is, for a few minutes (PROTOCOL section 14).

    opendk-ledger/ticket/v1
    log kecamatan-contoh.go.id/53.06.14.2001
    until 2026-11-26T08:30:00Z

    — desa/53.06.14.2001/sekdes-1 J7Gj2…

What a desa states is signed line by line; a ticket is for what is no statement: to bring a file,
and to ask for the office's answers. [pure]
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from ledger.admission import RegisteredKey
from ledger.batch import LOG_NAME
from ledger.errors import (
    KeyForeignError,
    KeyNotValidError,
    KeyUnknownError,
    NoteError,
    SignatureError,
    TicketError,
    WrongLogError,
)
from ledger.keys import SigningKey
from ledger.note import Note

FORMAT: Final = "opendk-ledger/ticket/v1"
MAX_BYTES: Final = 1024
LONGEST: Final = timedelta(minutes=15)
"""How far ahead `until` may lie: whoever finds a ticket later has found nothing."""
_TIME: Final = "%Y-%m-%dT%H:%M:%SZ"
_LINES: Final = 4
"""With the empty one after the last newline."""


@dataclass(frozen=True)
class Ticket:
    """What is signed: for which log, `<host>/<kode>`, and until when, by the office's clock."""

    log: str
    until: datetime

    def to_text(self) -> str:
        """The ticket in its one spelling, with its last newline."""
        until = self.until.astimezone(UTC).strftime(_TIME)
        return f"{FORMAT}\nlog {self.log}\nuntil {until}\n"

    @classmethod
    def from_text(cls, text: str) -> "Ticket":
        """Read a ticket's text, or raise TicketError; it writes back as the same text."""
        lines = text.split("\n")
        if len(lines) != _LINES or lines[0] != FORMAT:
            raise TicketError(f"bukan {FORMAT}")
        log, until = lines[1].removeprefix("log "), lines[2].removeprefix("until ")
        if not LOG_NAME.fullmatch(log):
            raise TicketError("baris log bukan <host>/<kode>")
        try:
            read = cls(log, datetime.strptime(until, _TIME).replace(tzinfo=UTC))
        except ValueError:
            raise TicketError("baris until bukan waktu UTC") from None
        if read.to_text() != text:
            raise TicketError("ada lebih dari satu ejaan")
        return read

    def signed(self, key: SigningKey) -> Note:
        """The ticket, signed."""
        return key.sign(self.to_text())


def admit_ticket(
    data: bytes, log: str, keys: Sequence[RegisteredKey], position: int, now: datetime
) -> RegisteredKey:
    """The key that a ticket is of, where `position` is the log's next.

    Raises:
        TicketError: it is none, in its one spelling, or its time is over, or too far ahead.
        RefusalError: another log's, or not signed by a key of the desa that is valid now.
    """
    try:
        note = Note.from_bytes(data, MAX_BYTES)
    except NoteError as error:
        raise TicketError(str(error)) from None
    said = Ticket.from_text(note.text)
    if said.log != log:
        raise WrongLogError(log)
    if len(note.signatures) != 1:
        raise TicketError("tidak tepat satu tanda tangan")
    name = note.signatures[0].name
    if not name.startswith(f"desa/{log.partition('/')[2]}/"):
        raise KeyForeignError(name)
    key = next((it for it in keys if it.verifier.name == name), None)
    if key is None:
        raise KeyUnknownError(name)
    if not key.verifier.signed(note):
        raise SignatureError(name)
    if not key.valid_at(position):
        raise KeyNotValidError(name, position)
    if not now < said.until <= now + LONGEST:
        raise TicketError(
            "waktunya sudah lewat, atau lebih dari 15 menit lagi; jam kantor di Date"
        )
    return key
