"""The rules of a witness: recorded exchanges of another one, and requests in one spelling."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ledger.checkpoint import Checkpoint
from ledger.errors import (
    CheckpointUnsignedError,
    InconsistentError,
    OldSizeError,
    WitnessError,
    WitnessRequestError,
)
from ledger.keys import SigningKey, VerifierKey
from ledger.merkle import EMPTY_ROOT, leaf_hash, node_hash
from ledger.note import Note
from ledger.witness import NEVER_COSIGNED, CosignRequest, Tree, consider

VECTORS = Path(__file__).parents[1] / "vectors" / "tlog-witness"
RECORDED = json.loads((VECTORS / "litewitness.json").read_text())
STATUS = {"witness-request": 400, "checkpoint-unsigned": 403, "old-size": 409, "inconsistent": 422}
KEY = SigningKey("lain.example/53.06.15", bytes(32))
A, B = leaf_hash(b"a"), leaf_hash(b"b")


def answers(exchanges: list[dict[str, Any]], key: VerifierKey) -> list[tuple[int, str]]:
    """Our status of every exchange, in order, of a witness that knows one log; a 409's body."""
    last, statuses = NEVER_COSIGNED, []
    for exchange in exchanges:
        try:
            request = CosignRequest.from_bytes(exchange["request"].encode())
            known = request.checkpoint().origin == exchange.get("origin", key.name)
            last = consider(request, [key] if known else [], last)
            statuses.append((200, ""))
        except WitnessError as error:
            body = f'body == "{error.size}\\n"' if isinstance(error, OldSizeError) else ""
            statuses.append((STATUS[error.code], body))
    return statuses


def recorded(exchanges: list[dict[str, Any]]) -> list[tuple[int, str]]:
    return [(it["status"], it["asserts"][0] if it["status"] == 409 else "") for it in exchanges]


def test_the_exchanges_of_litewitness() -> None:
    """Its 403 for a log that it does not know is 404 in the specification, and in `cosigning`."""
    key = VerifierKey(RECORDED["log_origin"], bytes.fromhex(RECORDED["log_public_key_hex"]))
    exchanges = RECORDED["exchanges"]
    assert len(exchanges) == 9
    assert answers(exchanges, key) == recorded(exchanges)


def test_the_exchange_of_the_go_checksum_database() -> None:
    """A log whose key bears another name than its checkpoints."""
    key = VerifierKey.from_vkey(RECORDED["sumdb_vkey"])
    (exchange,) = RECORDED["sumdb_exchanges"]
    exchange = {**exchange, "origin": "go.sum database tree"}
    assert answers([exchange], key) == recorded([exchange])


def request(size: int, root: bytes, old: int = 0, proof: tuple[bytes, ...] = ()) -> CosignRequest:
    return CosignRequest(old, proof, KEY.sign(Checkpoint(KEY.name, size, root).to_text()))


def test_growth_is_remembered() -> None:
    one = consider(request(1, A), [KEY.verifier], NEVER_COSIGNED)
    assert one == Tree(1, A)
    two = consider(request(2, node_hash(A, B), 1, (B,)), [KEY.verifier], one)
    assert two == Tree(2, node_hash(A, B))
    again = consider(request(2, node_hash(A, B), 2), [KEY.verifier], two)
    assert again == two


@pytest.mark.parametrize(
    ("asked", "last"),
    [
        (request(0, A), NEVER_COSIGNED),
        (request(1, A, 0, (B,)), NEVER_COSIGNED),
        (request(2, node_hash(A, B), 1), Tree(1, A)),
        (request(2, node_hash(A, B), 1, (A,)), Tree(1, A)),
        (request(2, node_hash(B, A), 1, (B,)), Tree(1, A)),
        (request(1, A, 1, (B,)), Tree(1, A)),
    ],
)
def test_what_does_not_extend(asked: CosignRequest, last: Tree) -> None:
    with pytest.raises(InconsistentError):
        consider(asked, [KEY.verifier], last)


def test_two_trees_of_one_size_are_a_proof() -> None:
    with pytest.raises(InconsistentError) as caught:
        consider(request(1, B, 1), [KEY.verifier], Tree(1, A))
    assert caught.value.proven


def test_a_shorter_tree_is_no_step() -> None:
    with pytest.raises(OldSizeError):
        consider(request(1, A, 1), [KEY.verifier], Tree(2, node_hash(A, B)))
    with pytest.raises(WitnessRequestError):
        consider(request(1, A, 2), [KEY.verifier], Tree(2, node_hash(A, B)))


def test_the_empty_tree_may_be_cosigned() -> None:
    assert consider(request(0, EMPTY_ROOT), [KEY.verifier], NEVER_COSIGNED) == NEVER_COSIGNED


GOOD = request(2, node_hash(A, B), 1, (B,)).to_bytes()


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"old 1\n",
        b"old 01\n\n" + GOOD.partition(b"\n\n")[2],
        b"old -1\n\n" + GOOD.partition(b"\n\n")[2],
        b"OLD 1\n\n" + GOOD.partition(b"\n\n")[2],
        b"old  1\n\n" + GOOD.partition(b"\n\n")[2],
        b"old 1\r\n\n" + GOOD.partition(b"\n\n")[2],
        b"old 1\nAAAA\n\n" + GOOD.partition(b"\n\n")[2],
        b"old 1\n" + b"47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n" * 64 + GOOD[6:],
    ],
)
def test_what_is_no_request(data: bytes) -> None:
    with pytest.raises(WitnessRequestError):
        CosignRequest.from_bytes(data)


@pytest.mark.parametrize("data", [GOOD[:-1], GOOD + b"\n", GOOD.replace("—".encode(), b"-")])
def test_a_checkpoint_that_nobody_signed(data: bytes) -> None:
    with pytest.raises(CheckpointUnsignedError):
        CosignRequest.from_bytes(data)


def test_a_note_that_is_no_checkpoint() -> None:
    note = CosignRequest(0, (), KEY.sign("halo\n"))
    with pytest.raises(WitnessRequestError):
        consider(note, [KEY.verifier], NEVER_COSIGNED)


@given(st.binary(max_size=200) | st.tuples(st.integers(0, len(GOOD) - 1), st.binary(max_size=2)))
@example(GOOD)
def test_any_bytes_are_a_request_in_its_one_spelling_or_none(
    data: bytes | tuple[int, bytes],
) -> None:
    """Random bytes, and a good request with a byte replaced."""
    if isinstance(data, tuple):
        at, other = data
        data = GOOD[:at] + other + GOOD[at + 1 :]
    try:
        read = CosignRequest.from_bytes(data)
    except WitnessError:
        return
    assert read.to_bytes() == data
    try:
        tree = consider(read, [KEY.verifier], Tree(1, A))
    except WitnessError:
        return
    assert Note.from_bytes(GOOD.partition(b"\n\n")[2]).text == read.note.text
    assert tree.size == 2
