"""Tickets: one spelling, one log, one desa's valid key, and a few minutes."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.admission import RegisteredKey
from ledger.errors import RefusalError, TicketError
from ledger.keys import SigningKey
from ledger.note import Note
from ledger.ticket import LONGEST, Ticket, admit_ticket

LOG = "kecamatan.example/53.06.14.2001"
NOW = datetime(2026, 11, 26, 8, 15, tzinfo=UTC)
KEY = SigningKey("desa/53.06.14.2001/sekdes-1", bytes(range(32)))
THEIRS = SigningKey("desa/53.06.14.2002/sekdes-1", bytes(range(1, 33)))
GOOD = Ticket(LOG, NOW + timedelta(minutes=10))
KEYS = [RegisteredKey(KEY.verifier, first=3, end=9)]


def admitted(data: bytes, position: int = 5, now: datetime = NOW) -> RegisteredKey:
    return admit_ticket(data, LOG, KEYS, position, now)


def test_a_ticket_of_a_valid_key_opens() -> None:
    assert admitted(GOOD.signed(KEY).to_bytes()) is KEYS[0]


@given(st.integers(0, 7_000_000_000))
def test_it_has_one_spelling(second: int) -> None:
    said = Ticket(LOG, datetime.fromtimestamp(second, UTC))
    assert Ticket.from_text(said.to_text()) == said


@given(st.binary(max_size=300) | st.text(max_size=200).map(str.encode))
def test_nothing_else_is_a_ticket(data: bytes) -> None:
    with pytest.raises(RefusalError):
        admitted(data)


TEXT = GOOD.to_text()
REFUSED = {
    "ticket": [
        TEXT.replace("/v1", "/v2"),
        TEXT.replace("log ", "log  "),
        TEXT.replace("until", "sampai"),
        TEXT.replace("08:25:00Z", "8:25:00Z"),
        TEXT.replace("08:25:00Z", "08:25:00+00:00"),
        TEXT + "lagi x\n",
        TEXT.replace("log kec", "log KEC"),
        replace(GOOD, until=NOW).to_text(),
        replace(GOOD, until=NOW - timedelta(seconds=1)).to_text(),
        replace(GOOD, until=NOW + LONGEST + timedelta(seconds=1)).to_text(),
    ],
    "wrong-log": [TEXT.replace("2001", "2002"), TEXT.replace("kecamatan.", "lain.")],
}


@pytest.mark.parametrize(
    ("code", "text"), [(code, it) for code in REFUSED for it in REFUSED[code]]
)
def test_what_is_wrong_is_told(code: str, text: str) -> None:
    with pytest.raises(RefusalError) as caught:
        admitted(KEY.sign(text).to_bytes())
    assert caught.value.code == code


def test_who_signs_is_a_key_of_the_desa_that_is_valid_now() -> None:
    other = SigningKey(KEY.verifier.name, bytes(32))
    unknown = SigningKey("desa/53.06.14.2001/sekdes-2", bytes(range(32)))
    twice = Note(TEXT, KEY.sign(TEXT).signatures + unknown.sign(TEXT).signatures)
    for note, position, code in (
        (GOOD.signed(THEIRS), 5, "key-foreign"),
        (GOOD.signed(unknown), 5, "key-unknown"),
        (GOOD.signed(other), 5, "signature"),
        (GOOD.signed(KEY), 2, "key-not-valid"),
        (GOOD.signed(KEY), 9, "key-not-valid"),
        (twice, 5, "ticket"),
    ):
        with pytest.raises(RefusalError) as caught:
            admitted(note.to_bytes(), position)
        assert caught.value.code == code


def test_its_signature_is_of_no_other_text() -> None:
    note = GOOD.signed(KEY)
    later = replace(GOOD, until=GOOD.until + timedelta(minutes=1))
    with pytest.raises(RefusalError) as caught:
        admitted(Note(later.to_text(), note.signatures).to_bytes())
    assert caught.value.code == "signature"
    with pytest.raises(TicketError, match="lebih panjang"):
        admitted(note.to_bytes() + b"x" * 2000)
