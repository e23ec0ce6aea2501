"""A log's tree as it grows: the root at every size, from the leaves in order.

32 bytes a batch are kept, since a manifest may have seen any earlier size. [pure]
"""

from ledger.merkle import EMPTY_ROOT, node_hash


class GrowingTree:
    """An RFC 6962 tree; after a leaf that is not to be had it has no roots any more."""

    def __init__(self) -> None:
        self._frontier: list[tuple[int, bytes]] = []
        self._roots: list[bytes] = [EMPTY_ROOT]
        self.broken = False

    @property
    def size(self) -> int:
        """How many leaves it has."""
        return len(self._roots) - 1

    def add(self, leaf: bytes | None) -> None:
        """Add a leaf's hash; None for one that is not to be had."""
        if leaf is None or self.broken:
            self.broken = True
            return
        level = 0
        while self._frontier and self._frontier[-1][0] == level:
            leaf = node_hash(self._frontier.pop()[1], leaf)
            level += 1
        self._frontier.append((level, leaf))
        root = self._frontier[-1][1]
        for _, left in reversed(self._frontier[:-1]):
            root = node_hash(left, root)
        self._roots.append(root)

    def root(self, size: int) -> bytes | None:
        """The root at a size that it had; None for another."""
        return self._roots[size] if 0 <= size < len(self._roots) else None
