"""Checkpoints and proofs: out, and strictly in."""

import base64
import contextlib
import hashlib
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import nacl.signing
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ledger.checkpoint import Checkpoint, Cosigner, CosignerKey, TlogProof
from ledger.errors import NoteError, ProofError
from ledger.keys import SigningKey, VerifierKey
from ledger.merkle import leaf_hash
from ledger.note import Note, Signature

VECTORS = Path(__file__).parents[1] / "vectors"
CHECKPOINTS = json.loads((VECTORS / "tlog-checkpoint" / "parse.json").read_text())
PROOFS = json.loads((VECTORS / "tlog-proof" / "cases.json").read_text())
KEY = SigningKey("kecamatan.example/53.06.14.2001", bytes(32))


@pytest.mark.parametrize(
    "case",
    CHECKPOINTS["reject_body"] + CHECKPOINTS["rfc_rule_extra_reject"],
    ids=lambda case: case["name"],
)
def test_checkpoint_to_reject(case: dict[str, Any]) -> None:
    with pytest.raises(NoteError):
        Checkpoint.from_text(case["body"])


@pytest.mark.parametrize("case", PROOFS["marshal"], ids=lambda case: case["name"])
def test_proof_to_write(case: dict[str, Any]) -> None:
    extra = base64.b64decode(case["extra"]) if case.get("extra") else None
    hashes = tuple(map(base64.b64decode, case["hashes"]))
    proof = TlogProof(case["index"], hashes, case["checkpoint"].encode(), extra)
    assert proof.to_text() == case["want"]
    assert TlogProof.from_text(case["want"]) == proof


@pytest.mark.parametrize("case", PROOFS["reject"], ids=lambda case: case["name"])
def test_proof_to_reject(case: dict[str, Any]) -> None:
    with pytest.raises(NoteError):
        TlogProof.from_text(case["proof"])


def signed(size: int, root: bytes, key: SigningKey = KEY) -> bytes:
    return key.sign(Checkpoint(KEY.name, size, root).to_text()).to_bytes()


def test_a_checkpoint_is_read_back() -> None:
    checkpoint = Checkpoint("kecamatan.example/53.06.14.2001", 3, bytes(32))
    assert Checkpoint.from_text(checkpoint.to_text()) == checkpoint


def test_a_proof_verifies_its_leaf() -> None:
    proof = TlogProof(0, (), signed(1, leaf_hash(b"leaf")))
    assert proof.verify(b"leaf", KEY.verifier).size == 1


def test_a_proof_of_another_leaf_does_not() -> None:
    with pytest.raises(ProofError):
        TlogProof(0, (), signed(1, leaf_hash(b"leaf"))).verify(b"another", KEY.verifier)


def test_a_checkpoint_signed_by_another_key_is_refused() -> None:
    forger = SigningKey(KEY.name, b"\1" * 32)
    with pytest.raises(ProofError):
        TlogProof(0, (), signed(1, leaf_hash(b"leaf"), forger)).verify(b"leaf", KEY.verifier)


def test_a_checkpoint_of_another_log_is_refused() -> None:
    other = SigningKey("kecamatan.example/53.06.14.2002", bytes(32))
    with pytest.raises(ProofError):
        TlogProof(0, (), signed(1, leaf_hash(b"leaf"))).verify(b"leaf", other.verifier)


# --- extension lines and cosignatures ------------------------------------------------------------

WITNESS = Cosigner("kabupaten.example/saksi", b"\7" * 32)
TEXT = Checkpoint(KEY.name, 3, bytes(32)).to_text()
AT = datetime(2026, 11, 23, 8, 15, tzinfo=UTC)


def cosigned(text: str = TEXT, at: datetime = AT) -> Note:
    return Note(text, (*KEY.sign(text).signatures, WITNESS.cosign(text, at)))


def test_extension_lines_of_others_are_read_and_written_back() -> None:
    text = TEXT + "a line of theirs\nanother\n"
    checkpoint = Checkpoint.from_text(text)
    assert checkpoint.extensions == ("a line of theirs", "another")
    assert checkpoint.to_text() == text


@pytest.mark.parametrize("text", [TEXT + "\n", TEXT + "\nx\n", TEXT + "x", TEXT[1:] * 2 + "\n"])
def test_extension_lines_are_lines_that_say_something(text: str) -> None:
    with pytest.raises(NoteError):
        Checkpoint.from_text(text)


def test_a_cosignature_is_the_one_of_the_specification() -> None:
    """Made again by libsodium, from the words of tlog-cosignature, and byte for byte equal."""
    moment = int(AT.timestamp())
    message = f"cosignature/v1\ntime {moment}\n{TEXT}".encode()
    signature = nacl.signing.SigningKey(b"\7" * 32).sign(message).signature
    name, public = WITNESS.name.encode(), WITNESS.verifier.public
    key_id = hashlib.sha256(name + b"\n\x04" + public).digest()[:4]
    value = base64.b64encode(key_id + moment.to_bytes(8, "big") + signature).decode()
    assert WITNESS.cosign(TEXT, AT).to_line() == f"— {WITNESS.name} {value}"


def test_a_cosignature_is_verified_and_says_when() -> None:
    note = Note.from_bytes(cosigned().to_bytes())
    assert WITNESS.verifier.signed(note)
    assert WITNESS.verifier.cosigned_at(note) == int(AT.timestamp())


def test_the_newest_of_several_cosignatures_counts() -> None:
    later = WITNESS.cosign(TEXT, AT + timedelta(days=1))
    note = cosigned()
    both = Note(TEXT, (later, *note.signatures))
    assert WITNESS.verifier.cosigned_at(both) == int(AT.timestamp()) + 86_400


def test_a_cosignature_covers_extension_lines_and_time() -> None:
    line = WITNESS.cosign(TEXT, AT)
    extended = Note(TEXT + "more\n", (line,))
    assert WITNESS.verifier.cosigned_at(extended) is None
    moved = bytearray(line.value)
    moved[7] ^= 1
    assert WITNESS.verifier.cosigned_at(Note(TEXT, (replace(line, value=bytes(moved)),))) is None


@pytest.mark.parametrize("moment", [0, 1 << 63, (1 << 64) - 1])
def test_times_that_are_none(moment: int) -> None:
    message = f"cosignature/v1\ntime {moment}\n{TEXT}".encode()
    value = moment.to_bytes(8, "big") + WITNESS.sign_bytes(message)
    line = Signature(WITNESS.name, WITNESS.verifier.key_id, value)
    assert WITNESS.verifier.cosigned_at(Note(TEXT, (line,))) is None


def test_a_checkpoint_is_not_cosigned_by_a_plain_signature() -> None:
    """Not even by the same key: the two kinds have different ids and texts."""
    plain = SigningKey(WITNESS.name, WITNESS.seed)
    assert WITNESS.verifier.cosigned_at(plain.sign(TEXT)) is None
    assert not plain.verifier.signed(Note(TEXT, (WITNESS.cosign(TEXT, AT),)))
    with pytest.raises(NoteError):
        CosignerKey.from_vkey(plain.verifier.to_vkey())


def test_a_witness_key_is_read_back() -> None:
    vkey = WITNESS.verifier.to_vkey()
    assert CosignerKey.from_vkey(vkey) == WITNESS.verifier
    with pytest.raises(NoteError):
        VerifierKey.from_vkey(vkey)


def test_a_witness_key_is_not_shown() -> None:
    assert "seed=…" in repr(WITNESS)


@given(st.text(max_size=200) | st.builds("{}\n{}\n{}\n{}".format, *[st.text(max_size=50)] * 4))
@example(TEXT)
def test_any_text_is_a_checkpoint_in_its_one_spelling_or_none(text: str) -> None:
    try:
        checkpoint = Checkpoint.from_text(text)
    except NoteError:
        return
    assert checkpoint.to_text() == text


PROOF = TlogProof(5, (bytes(32), b"\1" * 32), signed(9, bytes(32)), b"x").to_text()


@given(st.text(max_size=300) | st.tuples(st.integers(0, 400), st.characters()))
@example(PROOF)
def test_any_text_is_a_proof_in_its_one_spelling_or_none(text: str | tuple[int, str]) -> None:
    """Random texts, and a proof with one character changed."""
    if isinstance(text, tuple):
        at, other = text
        text = PROOF[:at] + other + PROOF[at + 1 :]
    try:
        proof = TlogProof.from_text(text)
    except NoteError:
        return
    assert proof.to_text() == text
    with contextlib.suppress(NoteError, ProofError):
        proof.verify(b"leaf", KEY.verifier)


@given(st.binary(max_size=120))
def test_any_value_of_a_signature_is_looked_at(value: bytes) -> None:
    line = Signature(WITNESS.name, WITNESS.verifier.key_id, value)
    assert WITNESS.verifier.cosigned_at(Note(TEXT, (line,))) is None


@given(st.text(max_size=80) | st.builds("{}+{}+{}".format, *[st.text(max_size=50)] * 3))
@example(WITNESS.verifier.to_vkey())
@example(KEY.verifier.to_vkey())
@example("\ud800+00000000+" + base64.b64encode(b"\1" + bytes(32)).decode())
def test_any_text_is_a_vkey_in_its_one_spelling_or_none(text: str) -> None:
    for kind in (VerifierKey, CosignerKey):
        try:
            key = kind.from_vkey(text)
        except NoteError:
            continue
        assert key.to_vkey() == text


def test_the_vkey_of_a_witness_that_runs() -> None:
    """From transparency-dev/formats, note/note_cosigv1_test.go (BSD)."""
    vkey = "remora.n621.de+da77ade7+BOvN63jn/bLvkieywe8R6UYAtVtNbZpXh34x7onlmtw2"
    assert CosignerKey.from_vkey(vkey).to_vkey() == vkey
