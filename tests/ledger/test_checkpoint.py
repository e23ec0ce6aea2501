"""Checkpoints and proofs: out, and strictly in."""

import base64
import json
from pathlib import Path
from typing import Any

import pytest

from ledger.checkpoint import Checkpoint, TlogProof
from ledger.errors import NoteError, ProofError
from ledger.keys import SigningKey
from ledger.merkle import leaf_hash

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
