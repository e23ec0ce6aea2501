"""Key notes: one spelling, the right signatures, and what may be done by them."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.admission import RegisteredKey
from ledger.enrolment import code_hash, code_proof
from ledger.errors import (
    KeyExistsError,
    KeyForeignError,
    KeyNoteError,
    KeyNotValidError,
    KeyUnknownError,
    KeyWeakError,
    LedgerError,
    SignatureError,
    WrongLogError,
)
from ledger.key_note import MAX_BYTES, KeyNote, admit_key_note, follow, read_key_note
from ledger.keys import LOW_ORDER, SigningKey, VerifierKey
from ledger.note import Note

LOG = "kecamatan.example/53.06.14.2001"
OFFICE_LOG = "kecamatan.example/53.06.14"
NOW = datetime(2026, 11, 23, 8, 15, tzinfo=UTC)
OLD = SigningKey("desa/53.06.14.2001/sekdes-1", b"1" * 32)
NEW = SigningKey("desa/53.06.14.2001/sekdes-2", b"2" * 32)
OTHER = SigningKey("desa/53.06.14.2001/kades", b"3" * 32)
FOREIGN = SigningKey("desa/53.06.14.2002/sekdes-1", b"4" * 32)
PROOF = code_proof(code_hash("7KQ2-M4XN-0TCB-V9EH"), NEW.verifier)

ENROL = KeyNote(LOG, "enrol", NEW.verifier, NOW, code=PROOF)
ROTATE = KeyNote(LOG, "rotate", NEW.verifier, NOW, old=OLD.verifier)
REVOKE = KeyNote(LOG, "revoke", OLD.verifier, NOW)
KEYS = [RegisteredKey(OLD.verifier, 1), RegisteredKey(OTHER.verifier, 3)]


def admit(said: KeyNote, *signers: SigningKey, keys: Any = KEYS, at: int = 5) -> Any:
    note, read = read_key_note(said.signed(*signers).to_bytes())
    return admit_key_note(note, read, LOG, keys, at)


# --- the text ------------------------------------------------------------------------------------


def test_the_text_is_that_of_the_protocol() -> None:
    assert ROTATE.to_text() == (
        "opendk-ledger/key/v1\n"
        "log kecamatan.example/53.06.14.2001\n"
        "act rotate\n"
        f"key {NEW.verifier.to_vkey()}\n"
        f"old {OLD.verifier.to_vkey()}\n"
        "time 2026-11-23T08:15:00Z\n"
    )


names = st.from_regex(r"\Adesa/53\.06\.14\.2001/[a-z0-9][a-z0-9-]{0,20}\Z")
keys = st.builds(VerifierKey, names, st.binary(min_size=32, max_size=32))
moments = st.datetimes(
    datetime(2000, 1, 1),  # noqa: DTZ001  # hypothesis adds the zone
    datetime(2999, 1, 1),  # noqa: DTZ001
    timezones=st.just(UTC),
).map(lambda it: it.replace(microsecond=0))
notes = st.one_of(
    st.builds(
        KeyNote,
        st.just(LOG),
        st.just("enrol"),
        keys,
        moments,
        code=st.binary(min_size=32, max_size=32),
    ),
    st.builds(KeyNote, st.just(LOG), st.just("rotate"), keys, moments, old=keys),
    st.builds(KeyNote, st.just(LOG), st.just("revoke"), keys, moments),
)


@given(notes)
def test_what_is_written_is_read_back(note: KeyNote) -> None:
    assert KeyNote.from_text(note.to_text()) == note


@given(notes, st.data())
def test_a_text_that_was_changed_anywhere_reads_otherwise_or_not_at_all(
    note: KeyNote, data: st.DataObject
) -> None:
    text = note.to_text()
    at = data.draw(st.integers(0, len(text) - 1))
    other = text[:at] + data.draw(st.characters(codec="utf-8")) + text[at + 1 :]
    try:
        read = KeyNote.from_text(other)
    except KeyNoteError:
        return
    assert read.to_text() == other
    assert (read == note) is (other == text)


@given(st.binary(max_size=400) | st.text(max_size=400).map(str.encode))
def test_no_bytes_do_harm(data: bytes) -> None:
    with pytest.raises(KeyNoteError):
        read_key_note(data)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("key/v1", "key/v2"),
        ("rotate", "rotasi"),
        ("rotate", "enrol"),
        ("rotate", "revoke"),
        ("log k", "log  k"),
        ("example/", "example"),
        ("08:15:00Z", "8:15:00Z"),
        ("08:15:00Z", "08:15:00+00:00"),
        ("00Z\n", "00Z\n\n"),
        ("00Z\n", "00Z\nmemo x\n"),
        ("00Z\n", "00Z"),
        ("rotate\n", "rotate\r\n"),
        ("key desa/", "key Desa/"),
        ("sekdes-2+", "sekdes-3+"),
        (f"log {LOG}\n", ""),
        ("act rotate\n", ""),
        (f"key {NEW.verifier.to_vkey()}\n", ""),
        (f"old {OLD.verifier.to_vkey()}\n", ""),
        ("time 2026-11-23T08:15:00Z\n", ""),
    ],
)
def test_any_other_spelling_is_none(old: str, new: str) -> None:
    assert ROTATE.to_text().count(old) == 1
    with pytest.raises(KeyNoteError):
        KeyNote.from_text(ROTATE.to_text().replace(old, new))


def test_a_note_beyond_the_limit_is_not_looked_at() -> None:
    with pytest.raises(KeyNoteError, match="lebih panjang"):
        read_key_note(b"x" * (MAX_BYTES + 1))


# --- signatures ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("said", "signers"),
    [
        (ENROL, (OLD,)),
        (ENROL, (NEW, OLD)),
        (ENROL, (NEW, NEW)),
        (ROTATE, (OLD,)),
        (ROTATE, (NEW,)),
        (ROTATE, (NEW, OLD)),
        (ROTATE, (OLD, NEW, OTHER)),
        (REVOKE, (OLD, OTHER)),
    ],
)
def test_signatures_are_exactly_those_that_the_act_wants(
    said: KeyNote, signers: tuple[SigningKey, ...]
) -> None:
    with pytest.raises(KeyNoteError, match="ditandatangani"):
        read_key_note(said.signed(*signers).to_bytes())


@pytest.mark.parametrize(
    ("said", "signers"), [(ENROL, (NEW,)), (ROTATE, (OLD, NEW)), (REVOKE, (OLD,))]
)
@pytest.mark.parametrize("which", [0, -1])
def test_a_signature_over_another_text_is_none(
    said: KeyNote, signers: tuple[SigningKey, ...], which: int
) -> None:
    right = said.signed(*signers)
    wrong = replace(said, time=NOW.replace(year=2027)).signed(*signers).signatures[which]
    mixed = [*right.signatures]
    mixed[which] = wrong
    note, read = read_key_note(Note(right.text, tuple(mixed)).to_bytes())
    with pytest.raises(SignatureError):
        admit_key_note(note, read, LOG, KEYS, 5)


# --- what may be done ----------------------------------------------------------------------------


def test_a_new_key_may_introduce_itself() -> None:
    assert admit(ENROL, NEW) is None


def test_a_key_hands_over_and_ends() -> None:
    assert admit(ROTATE, OLD, NEW) == KEYS[0]


@pytest.mark.parametrize("signer", [OLD, OTHER])
def test_any_valid_key_of_the_desa_may_end_a_key(signer: SigningKey) -> None:
    assert admit(REVOKE, signer) == KEYS[0]


ENDED = [RegisteredKey(OLD.verifier, 1, 4), RegisteredKey(OTHER.verifier, 3)]


@pytest.mark.parametrize(
    ("said", "signers", "keys", "refusal"),
    [
        (replace(ENROL, log="lain.example/53.06.14.2001"), (NEW,), KEYS, WrongLogError),
        (replace(ENROL, log="kecamatan.example/53.06.14.2002"), (NEW,), KEYS, WrongLogError),
        (replace(ENROL, key=FOREIGN.verifier), (FOREIGN,), KEYS, KeyForeignError),
        (replace(ROTATE, old=FOREIGN.verifier), (FOREIGN, NEW), KEYS, KeyForeignError),
        (ENROL, (NEW,), [RegisteredKey(NEW.verifier, 1)], KeyExistsError),
        (ENROL, (NEW,), [RegisteredKey(NEW.verifier, 1, 2)], KeyExistsError),
        (ROTATE, (OLD, NEW), [], KeyUnknownError),
        (ROTATE, (OLD, NEW), ENDED, KeyNotValidError),
        (ROTATE, (OLD, NEW), [*KEYS, RegisteredKey(NEW.verifier, 2)], KeyExistsError),
        (replace(ROTATE, key=OLD.verifier), (OLD, OLD), KEYS, KeyExistsError),
        (REVOKE, (OTHER,), [KEYS[1]], KeyUnknownError),
        (REVOKE, (OTHER,), [KEYS[0]], KeyUnknownError),
        (REVOKE, (OTHER,), ENDED, KeyNotValidError),
        (REVOKE, (OLD,), ENDED, KeyNotValidError),
    ],
)
def test_what_a_note_cannot_do(
    said: KeyNote,
    signers: tuple[SigningKey, ...],
    keys: list[RegisteredKey],
    refusal: type[LedgerError],
) -> None:
    with pytest.raises(refusal):
        admit(said, *signers, keys=keys)


def test_the_same_key_under_another_name_is_taken() -> None:
    again = SigningKey("desa/53.06.14.2001/lain", OLD.seed)
    with pytest.raises(KeyExistsError, match="sekdes-1"):
        admit(replace(ENROL, key=again.verifier), again)


def test_a_stranger_that_took_a_keys_name_cannot_end_it() -> None:
    thief = SigningKey(OTHER.name, b"9" * 32)
    with pytest.raises(SignatureError):
        admit(REVOKE, thief)


def test_a_key_of_low_order_is_not_let_in() -> None:
    weak = VerifierKey(NEW.name, min(LOW_ORDER))
    said = replace(ENROL, key=weak)
    forged = replace(NEW.sign(said.to_text()).signatures[0], key_id=weak.key_id)
    with pytest.raises(KeyWeakError):
        admit_key_note(Note(said.to_text(), (forged,)), said, LOG, KEYS, 5)


# --- a log key that handed over ------------------------------------------------------------------

FIRST, SECOND, THIRD = (SigningKey(OFFICE_LOG, bytes([it]) * 32) for it in (5, 6, 7))
PINNED = VerifierKey(LOG, FIRST.verifier.public)


def handed_over(old: SigningKey, new: SigningKey, log: str = OFFICE_LOG) -> str:
    said = KeyNote(log, "rotate", new.verifier, NOW, old=old.verifier)
    return said.signed(old, new).to_bytes().decode()


def test_whoever_slept_through_two_rotations_follows_both() -> None:
    notes = [handed_over(FIRST, SECOND), handed_over(SECOND, THIRD)]
    assert follow(PINNED, notes) == (VerifierKey(LOG, THIRD.verifier.public), tuple(notes))
    second = VerifierKey(LOG, SECOND.verifier.public)
    assert follow(second, notes) == (VerifierKey(LOG, THIRD.verifier.public), (notes[1],))


def test_without_a_note_of_the_pinned_key_it_stays_pinned() -> None:
    assert follow(PINNED, []) == (PINNED, ())
    assert follow(PINNED, [handed_over(SECOND, THIRD)]) == (PINNED, ())


def test_a_handing_over_that_the_pinned_key_did_not_sign_is_refused() -> None:
    said = KeyNote(OFFICE_LOG, "rotate", SECOND.verifier, NOW, old=FIRST.verifier)
    forged = said.signed(SECOND, SECOND)
    lines = (replace(forged.signatures[0], key_id=FIRST.verifier.key_id), forged.signatures[1])
    text = Note(said.to_text(), lines).to_bytes().decode()
    with pytest.raises(SignatureError):
        follow(PINNED, [text])


@pytest.mark.parametrize("log", ["lain.example/53.06.14", "kecamatan.example/53.06.15"])
def test_the_handing_over_of_another_office_is_refused(log: str) -> None:
    first, second = (SigningKey(log, it.seed) for it in (FIRST, SECOND))
    with pytest.raises(KeyNoteError, match="kantor lain"):
        follow(PINNED, [handed_over(first, second, log)])
