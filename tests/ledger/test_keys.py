"""Keys against vectors made by others, and against libsodium."""

import json
from pathlib import Path

import nacl.exceptions
import nacl.signing
import pytest

from ledger.errors import NoteError
from ledger.keys import LOW_ORDER, SigningKey, VerifierKey

VECTORS = Path(__file__).parents[1] / "vectors"
EDGES = json.loads((VECTORS / "cctv-ed25519" / "ed25519vectors.json").read_text())
WYCHEPROOF = json.loads((VECTORS / "wycheproof" / "ed25519_test.json").read_text())


def libsodium_verifies(public: bytes, message: bytes, signature: bytes) -> bool:
    try:
        nacl.signing.VerifyKey(public).verify(message, signature)
    except nacl.exceptions.BadSignatureError:
        return False
    return True


def test_we_agree_with_libsodium_on_every_edge_case() -> None:
    """OpenSSL alone takes 165 of these 914 that libsodium, and so PHP, refuses."""
    ours, theirs = [], []
    for case in EDGES:
        public, signature = bytes.fromhex(case["key"]), bytes.fromhex(case["sig"])
        message = case["msg"].encode()
        ours.append(VerifierKey("k", public).verifies(message, signature))
        theirs.append(libsodium_verifies(public, message, signature))
    assert len(EDGES) == 914
    assert ours == theirs


def test_wycheproof() -> None:
    for group in WYCHEPROOF["testGroups"]:
        public = bytes.fromhex(group["publicKey"]["pk"])
        for case in group["tests"]:
            message, signature = bytes.fromhex(case["msg"]), bytes.fromhex(case["sig"])
            verified = VerifierKey("k", public).verifies(message, signature)
            assert verified is (case["result"] == "valid"), case["comment"]


def test_fourteen_encodings_are_of_low_order() -> None:
    assert len(LOW_ORDER) == 14
    assert all(VerifierKey("k", public).weak for public in LOW_ORDER)


def test_a_vkey_is_read_back() -> None:
    key = SigningKey("desa/53.06.14.2001/kades", bytes(32)).verifier
    assert VerifierKey.from_vkey(key.to_vkey()) == key


@pytest.mark.parametrize("name", ["", "dua kata", "a+b", "a\n"])
def test_names_that_notes_cannot_carry(name: str) -> None:
    with pytest.raises(NoteError):
        VerifierKey(name, bytes(32))


def test_a_fingerprint_can_be_read_aloud() -> None:
    groups = SigningKey("k", bytes(32)).verifier.fingerprint.split(" ")
    assert [len(group) for group in groups] == [4] * 8


def test_a_secret_does_not_show_in_its_repr() -> None:
    assert "\\x07" not in repr(SigningKey("k", b"\x07" * 32))
