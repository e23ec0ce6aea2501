"""The tree against RFC 6962's own numbers, the vectors of transparency-dev, and itself."""

import base64
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.errors import ProofError
from ledger.merkle import (
    EMPTY_ROOT,
    Node,
    Range,
    append,
    completed,
    consistency_ranges,
    full_subtrees,
    inclusion_ranges,
    leaf_hash,
    leaves_root,
    range_hash,
    verify_consistency,
    verify_inclusion,
)

VECTORS = Path(__file__).parents[1] / "vectors"
REFERENCE = json.loads((VECTORS / "rfc6962-reference" / "tree8.json").read_text())


# Stricter than the vectors' author: a root that is no SHA-256 hash proves nothing, equal or not.
NOT_A_HASH = "sizes-are-equal-one-and-proof-is-empty"


def cases(kind: str) -> list[Path]:
    paths = sorted((VECTORS / "transparency-dev-merkle" / kind).rglob("*.json"))
    assert len(paths) == 98
    return [path for path in paths if path.stem != NOT_A_HASH]


def grown(size: int) -> tuple[list[bytes], dict[Node, bytes]]:
    leaves = [leaf_hash(str(index).encode()) for index in range(size)]
    stored: dict[Node, bytes] = {}
    for index, leaf in enumerate(leaves):
        stored |= append(index, leaf, stored)
    return leaves, stored


def test_roots_are_those_of_the_reference() -> None:
    leaves = [leaf_hash(bytes.fromhex(leaf)) for leaf in REFERENCE["leaf_inputs_hex"]]
    roots = [leaves_root(leaves[:size]).hex() for size in range(len(leaves) + 1)]
    assert roots == REFERENCE["root_by_size_hex"]


def decoded(case: dict[str, Any], *names: str) -> list[bytes]:
    return [base64.b64decode(case[name] or "") for name in names]


@pytest.mark.parametrize("path", cases("inclusion"), ids=lambda path: "/".join(path.parts[-3:]))
def test_inclusion_vector(path: Path) -> None:
    case = json.loads(path.read_text())
    root, leaf = decoded(case, "root", "leafHash")
    proof = [base64.b64decode(step) for step in case["proof"] or []]
    arguments = (leaf, case["leafIdx"], case["treeSize"], proof, root)
    if case["wantErr"]:
        with pytest.raises(ProofError):
            verify_inclusion(*arguments)
    else:
        verify_inclusion(*arguments)


@pytest.mark.parametrize("path", cases("consistency"), ids=lambda path: "/".join(path.parts[-3:]))
def test_consistency_vector(path: Path) -> None:
    case = json.loads(path.read_text())
    old_root, new_root = decoded(case, "root1", "root2")
    proof = [base64.b64decode(step) for step in case["proof"] or []]
    arguments = (case["size1"], case["size2"], old_root, new_root, proof)
    if case["wantErr"]:
        with pytest.raises(ProofError):
            verify_consistency(*arguments)
    else:
        verify_consistency(*arguments)


@pytest.mark.parametrize("size", [0, 1, 2, 3, 7, 8, 9, 31, 64, 100])
def test_stored_nodes_give_the_root_of_every_size(size: int) -> None:
    leaves, stored = grown(size)
    for earlier in range(size + 1):
        assert range_hash(Range(0, earlier), stored) == leaves_root(leaves[:earlier])


def test_each_leaf_completes_each_full_subtree_once() -> None:
    nodes = [node for index in range(64) for node in completed(index)]
    assert sorted(nodes) == sorted(
        Node(level, it) for level in range(7) for it in range(64 >> level)
    )
    assert all(node.end == index + 1 for index in range(64) for node in completed(index))


@given(st.integers(1, 300), st.data())
def test_every_proof_verifies_and_no_other_leaf_does(size: int, data: st.DataObject) -> None:
    leaves, stored = grown(size)
    root = leaves_root(leaves)
    index = data.draw(st.integers(0, size - 1))
    proof = [range_hash(span, stored) for span in inclusion_ranges(index, size)]
    verify_inclusion(leaves[index], index, size, proof, root)
    with pytest.raises(ProofError):
        verify_inclusion(leaf_hash(b"another"), index, size, proof, root)
    old = data.draw(st.integers(0, size))
    steps = [range_hash(span, stored) for span in consistency_ranges(old, size)]
    verify_consistency(old, size, leaves_root(leaves[:old]), root, steps)


def test_an_empty_log_begins_every_log_and_needs_no_proof() -> None:
    verify_consistency(0, 0, EMPTY_ROOT, EMPTY_ROOT, [])
    verify_consistency(0, 3, EMPTY_ROOT, leaf_hash(b"x"), [])


def test_a_log_cannot_shrink() -> None:
    with pytest.raises(ProofError):
        consistency_ranges(3, 2)
    with pytest.raises(ProofError):
        inclusion_ranges(3, 3)


def test_a_range_falls_into_few_subtrees() -> None:
    assert full_subtrees(Range(0, 7)) == [Node(2, 0), Node(1, 2), Node(0, 6)]
