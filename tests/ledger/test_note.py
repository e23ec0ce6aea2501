"""Signed notes and vkeys against the published vectors, and the one spelling."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.errors import NoteError
from ledger.keys import SigningKey, VerifierKey
from ledger.note import Note, from_base64, to_base64

VECTORS = Path(__file__).parents[1] / "vectors" / "signed-note"
OPEN = json.loads((VECTORS / "open.json").read_text())
SIGN = json.loads((VECTORS / "sign.json").read_text())
KEY = SigningKey("desa/53.06.14.2001/kades", bytes(range(32)))


def opened_by(data: bytes, vkeys: list[str]) -> list[str]:
    """The names whose signature is right; NoteError as signed-note demands it."""
    note = Note.from_bytes(data)
    names = []
    for key in map(VerifierKey.from_vkey, vkeys):
        claimed = [it for it in note.signatures if (it.name, it.key_id) == (key.name, key.key_id)]
        if claimed and not key.signed(note):
            raise NoteError("tanda tangan salah")
        if claimed:
            names.append(key.name)
    if not names:
        raise NoteError("tidak ada tanda tangan yang dikenal")
    return names


@pytest.mark.parametrize("case", OPEN["cases"], ids=lambda case: case["name"])
def test_open_vector(case: dict[str, Any]) -> None:
    data = case["note"].encode() if "note" in case else bytes.fromhex(case["note_hex"])
    if case["expect"] == "ok":
        names = opened_by(data, case["vkeys"])
        assert set(names) == set(case["verified_key_names"])
    else:
        with pytest.raises(NoteError):
            opened_by(data, case["vkeys"])


def test_sign_vector() -> None:
    name, _, encoded = SIGN["skey"].removeprefix("PRIVATE+KEY+").split("+", 2)
    key = SigningKey(name, from_base64(encoded)[1:])
    assert key.sign(SIGN["text"]).to_bytes() == SIGN["signed"].encode()


def bad_vkeys() -> set[str]:
    """Those of the vectors, and by their rule: every part of a good one, every byte off by one."""
    bad = set(OPEN["bad_vkeys"])
    for good in {vkey for case in OPEN["cases"] for vkey in case["vkeys"]}:
        spans = ((begin, end) for end in range(len(good) + 1) for begin in range(end))
        bad |= {good[begin:end] for begin, end in spans} - {good}
        bad |= {good[:it] + chr(ord(good[it]) + 1) + good[it + 1 :] for it in range(len(good))}
    return bad


def test_bad_vkeys() -> None:
    for vkey in bad_vkeys():
        with pytest.raises(NoteError):
            VerifierKey.from_vkey(vkey)


@given(st.binary(max_size=300))
def test_any_bytes_are_a_note_in_their_one_spelling_or_none(data: bytes) -> None:
    try:
        note = Note.from_bytes(data)
    except NoteError:
        return
    assert note.to_bytes() == data


@given(st.text(st.characters(exclude_categories=["Cc", "Cs"]), min_size=1), st.data())
def test_a_flipped_byte_is_noticed(text: str, data: st.DataObject) -> None:
    signed = KEY.sign(text + "\n").to_bytes()
    index = data.draw(st.integers(0, len(signed) - 1))
    flipped = bytearray(signed)
    flipped[index] ^= data.draw(st.integers(1, 255))
    try:
        note = Note.from_bytes(bytes(flipped))
    except NoteError:
        return
    assert not KEY.verifier.signed(note)


def test_base64_has_one_spelling() -> None:
    assert from_base64("AA==") == b"\0"
    for other in ("AB==", "AA=", "AA", " AA==", "AA==\n", "A-=="):
        with pytest.raises(NoteError):
            from_base64(other)


@given(st.binary(max_size=64))
def test_base64_round_trip(data: bytes) -> None:
    assert from_base64(to_base64(data)) == data
