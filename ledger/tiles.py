"""A log as tiles: small files that never change, from which anybody computes any proof.

    tile/0/003            hashes of the leaves 768 … 1023
    tile/1/000.p/4        the hashes of the first four full tiles of level 0
    tile/entries/003.p/12 the first twelve entries from number 768 on

A tile holds 256 hashes side by side, each that of a full tile below it; the last tile of a level
is partial, and says how wide it is. The hashes are those that the log stores anyway (`merkle`);
the entries are the signed manifests, which hold no personal data. Paths are read in one spelling;
who serves them is `api`'s business. [pure]

Source: c2sp.org/tlog-tiles.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from ledger.checkpoint import to_number
from ledger.errors import NoteError
from ledger.merkle import Node

HEIGHT = 8
WIDTH = 1 << HEIGHT
MOST_LEVEL = 63
_LONGEST_ENTRY = 0xFFFF
_PATH = re.compile(
    r"tile/(?P<level>[0-9]{1,2}|entries)/(?P<index>[x0-9/]+)(\.p/(?P<width>[0-9]+))?"
)
_ELEMENTS = re.compile(r"(x[0-9]{3}/){0,5}[0-9]{3}")
"""At most 18 digits: no log that a bigint counts has more tiles."""


@dataclass(frozen=True)
class _Row:
    """The `width` things from number `index * 256` on, at a level."""

    index: int
    width: int = WIDTH

    @property
    def full(self) -> bool:
        """Whether it will never have another width."""
        return self.width == WIDTH

    @property
    def begin(self) -> int:
        """The number of its first thing, of those at its level."""
        return self.index * WIDTH

    @property
    def _place(self) -> str:
        digits = f"{self.index:03d}"
        digits = digits.zfill(-(-len(digits) // 3) * 3)
        *above, last = (digits[at : at + 3] for at in range(0, len(digits), 3))
        path = "".join(f"x{it}/" for it in above) + last
        return path if self.full else f"{path}.p/{self.width}"


@dataclass(frozen=True)
class Tile(_Row):
    """Hashes at a level of the tree, side by side."""

    level: int = 0

    @property
    def path(self) -> str:
        """Where it is served, below the log's address."""
        return f"tile/{self.level}/{self._place}"

    def nodes(self) -> list[Node]:
        """The full subtrees whose hashes it holds, from left to right."""
        level = self.level * HEIGHT
        return [Node(level, self.begin + at) for at in range(self.width)]

    def within(self, size: int) -> bool:
        """Whether a log of this size has it."""
        return self.begin + self.width <= size >> (self.level * HEIGHT)


@dataclass(frozen=True)
class EntryBundle(_Row):
    """Entries of the log, one after the other, each with its length before it."""

    @property
    def path(self) -> str:
        """Where it is served, below the log's address."""
        return f"tile/entries/{self._place}"

    def within(self, size: int) -> bool:
        """Whether a log of this size has it."""
        return self.begin + self.width <= size

    @staticmethod
    def to_bytes(entries: Iterable[bytes]) -> bytes:
        """The bundle of these entries."""
        return b"".join(_sized(entry) for entry in entries)


def parse_path(path: str) -> Tile | EntryBundle:
    """The tile or the bundle of a path, `tile/…`, or raise NoteError."""
    found = _PATH.fullmatch(path)
    if not found or not _ELEMENTS.fullmatch(found["index"]):
        raise NoteError("bukan alamat ubin")
    index = int(found["index"].replace("x", "").replace("/", ""))
    width = WIDTH if found["width"] is None else to_number(found["width"])
    if found["width"] is not None and not 0 < width < WIDTH:
        raise NoteError("lebar ubin tidak sesuai")
    level = found["level"]
    read = EntryBundle(index, width) if level == "entries" else Tile(index, width, int(level))
    if read.path != path or (isinstance(read, Tile) and read.level > MOST_LEVEL):
        raise NoteError("ada lebih dari satu ejaan")
    return read


def _sized(entry: bytes) -> bytes:
    if len(entry) > _LONGEST_ENTRY:  # a manifest is at most 8 KiB
        raise NoteError("isi log terlalu panjang untuk ubin")
    return len(entry).to_bytes(2, "big") + entry
