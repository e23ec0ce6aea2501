"""The Merkle tree of RFC 6962: leaves, roots, and proofs of inclusion and consistency.

A tree here is a set of *stored nodes*. Leaf i completes every full subtree that ends with it; the
hashes of these, from the leaf upwards, are what one append adds (`completed`). Any root or proof
of any size up to now is made from O(log n) such nodes, so nobody keeps a node table and nobody
rehashes leaves. Where the nodes are kept is the caller's business; [pure].

Source: RFC 6962 section 2.1; verification after RFC 9162 sections 2.1.3.2 and 2.1.4.2.
"""

from collections.abc import Iterable, Mapping, Sequence
from hashlib import sha256
from typing import NamedTuple

from ledger.errors import ProofError

HASH_SIZE = 32
EMPTY_ROOT = sha256(b"").digest()


class Node(NamedTuple):
    """A full subtree: the 2**level leaves from number offset * 2**level on."""

    level: int
    offset: int

    @property
    def end(self) -> int:
        """How many leaves the tree has when this subtree is complete."""
        return (self.offset + 1) << self.level


class Range(NamedTuple):
    """The leaves begin, begin + 1, … end - 1, as RFC 6962 writes D[begin:end]."""

    begin: int
    end: int


def leaf_hash(leaf: bytes) -> bytes:
    """The hash of a leaf's bytes, 32 bytes."""
    return sha256(b"\x00" + leaf).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """The hash of an inner node, 32 bytes."""
    return sha256(b"\x01" + left + right).digest()


def leaves_root(hashes: Iterable[bytes]) -> bytes:
    """The root over leaf hashes that are all at hand, such as those of a batch's lines."""
    row = list(hashes)
    if not row:
        return EMPTY_ROOT
    while len(row) > 1:
        # An odd one out goes up as it is: the same tree as RFC 6962's recursive split.
        odd = row[len(row) & ~1 :]
        row = [sha256(b"\x01" + a + b).digest() for a, b in zip(row[::2], row[1::2], strict=False)]
        row += odd
    return row[0]


def completed(index: int) -> list[Node]:
    """The full subtrees that leaf `index` completes, from the leaf itself upwards."""
    nodes = [Node(0, index)]
    while index & 1:
        index >>= 1
        nodes.append(Node(len(nodes), index))
    return nodes


def full_subtrees(span: Range) -> list[Node]:
    """The full subtrees that `span` falls into, from left to right.

    `span` is one of RFC 6962's: it begins at a multiple of a power of two not below its length.
    """
    nodes = []
    begin, end = span
    while begin < end:
        level = (end - begin).bit_length() - 1
        nodes.append(Node(level, begin >> level))
        begin += 1 << level
    return nodes


def range_hash(span: Range, stored: Mapping[Node, bytes]) -> bytes:
    """The RFC 6962 hash of a range, from the stored nodes that `full_subtrees` names."""
    hashes = [stored[node] for node in full_subtrees(span)]
    if not hashes:
        return EMPTY_ROOT
    result = hashes.pop()
    while hashes:
        result = node_hash(hashes.pop(), result)
    return result


def append(index: int, leaf: bytes, stored: Mapping[Node, bytes]) -> dict[Node, bytes]:
    """The nodes that leaf number `index` (its hash) adds; needs the frontier of that size."""
    added: dict[Node, bytes] = {}
    result = leaf
    for node in completed(index):
        if node.level:
            result = node_hash(stored[Node(node.level - 1, 2 * node.offset)], result)
        added[node] = result
    return added


def inclusion_ranges(index: int, size: int) -> list[Range]:
    """The ranges whose hashes prove that leaf `index` is in the tree of `size`, leaf upwards."""
    if not 0 <= index < size:
        raise ProofError(f"daun {index} tidak ada dalam pohon berukuran {size}")
    ranges: list[Range] = []
    begin, end = 0, size
    while end - begin > 1:
        middle = begin + _split(end - begin)
        if index < middle:
            ranges.append(Range(middle, end))
            end = middle
        else:
            ranges.append(Range(begin, middle))
            begin = middle
    return ranges[::-1]


def consistency_ranges(old: int, new: int) -> list[Range]:
    """The ranges whose hashes prove that the tree of `old` leaves begins that of `new`."""
    if not 0 <= old <= new:
        raise ProofError(f"pohon berukuran {new} tidak memuat pohon berukuran {old}")
    if old in (0, new):
        return []
    ranges: list[Range] = []
    begin, end = 0, new
    while end != old:
        middle = begin + _split(end - begin)
        if old <= middle:
            ranges.append(Range(middle, end))
            end = middle
        else:
            ranges.append(Range(begin, middle))
            begin = middle
    if begin:
        ranges.append(Range(begin, end))
    return ranges[::-1]


def verify_inclusion(
    leaf: bytes,
    index: int,
    size: int,
    proof: Sequence[bytes],
    root: bytes,
) -> None:
    """Check that the leaf (its hash) stands at `index` under `root`, or raise ProofError."""
    _check_lengths(leaf, root, *proof)
    if not 0 <= index < size:
        raise ProofError(f"daun {index} tidak ada dalam pohon berukuran {size}")
    node, last = index, size - 1
    result = leaf
    for step in proof:
        if last == 0:
            raise ProofError("terlalu panjang")
        if node & 1 or node == last:
            result = node_hash(step, result)
            while not node & 1 and node:
                node >>= 1
                last >>= 1
        else:
            result = node_hash(result, step)
        node >>= 1
        last >>= 1
    if last:
        raise ProofError("terlalu pendek")
    if result != root:
        raise ProofError("akar yang dihitung berbeda")


def verify_consistency(
    old: int,
    new: int,
    old_root: bytes,
    new_root: bytes,
    proof: Sequence[bytes],
) -> None:
    """Check that the tree of `new` leaves extends that of `old`, or raise ProofError."""
    _check_lengths(old_root, new_root, *proof)
    if not 0 <= old <= new:
        raise ProofError(f"pohon berukuran {new} tidak memuat pohon berukuran {old}")
    if old in (0, new):
        expected = EMPTY_ROOT if old == 0 else new_root
        if proof or old_root != expected:
            raise ProofError("pohon yang sama atau kosong harus berakar sama")
        return
    steps = list(proof)
    if old & (old - 1) == 0:
        # The old tree is itself a node of the new one, so the proof leaves it out.
        steps.insert(0, old_root)
    if not steps:
        raise ProofError("terlalu pendek")
    node, last = old - 1, new - 1
    while node & 1:
        node >>= 1
        last >>= 1
    first = second = steps[0]
    for step in steps[1:]:
        if last == 0:
            raise ProofError("terlalu panjang")
        if node & 1 or node == last:
            first = node_hash(step, first)
            second = node_hash(step, second)
            while not node & 1 and node:
                node >>= 1
                last >>= 1
        else:
            second = node_hash(second, step)
        node >>= 1
        last >>= 1
    if last:
        raise ProofError("terlalu pendek")
    if first != old_root:
        raise ProofError("akar lama yang dihitung berbeda")
    if second != new_root:
        raise ProofError("akar baru yang dihitung berbeda")


def _split(size: int) -> int:
    """The largest power of two below `size` (RFC 6962's k)."""
    return 1 << ((size - 1).bit_length() - 1)


def _check_lengths(*hashes: bytes) -> None:
    if any(len(value) != HASH_SIZE for value in hashes):
        raise ProofError(f"sebuah hash tidak sepanjang {HASH_SIZE} bita")
