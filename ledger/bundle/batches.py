"""A batch of a bundle, taken apart: the note, the manifest, and lines of which some are hashes.

It differs from a batch that arrives (`ledger.batch`): a line may have been replaced by its hash,
so that neither its length nor its grammar can be looked at. [pure]
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import Final

from ledger.batch import (
    LARGEST,
    Change,
    Manifest,
    numbered_changes,
    redacted_hash,
    redacted_line,
    split_lines,
)
from ledger.errors import ManifestError, NoteError
from ledger.merkle import leaf_hash
from ledger.note import Note

_HASHED: Final = b'{"_h":"'


@dataclass(frozen=True)
class Stored:
    """A batch as it stands at a position of a log: the bytes of its note and of its body."""

    position: int
    note: bytes
    body: bytes = field(repr=False)

    @classmethod
    def from_bytes(cls, position: int, data: bytes) -> "Stored":
        """Part a batch file where its note ends; a file without an end is all note."""
        first = data.find(b"\n\n")
        second = data.find(b"\n\n", first + 2) if first >= 0 else -1
        if second < 0:
            return cls(position, data, b"")
        return cls(position, data[: second + 1], data[second + 2 :])

    def to_bytes(self) -> bytes:
        """The batch file."""
        return self.note + b"\n" + self.body

    @cached_property
    def leaf(self) -> bytes:
        """The hash of the leaf that it is in its log."""
        return leaf_hash(self.note)

    def read(self) -> tuple[Note, Manifest]:
        """What was signed, and by which key.

        Raises:
            ManifestError: not a manifest in its one spelling.
        """
        try:
            note = Note.from_bytes(self.note, LARGEST.manifest)
        except NoteError as error:
            raise ManifestError(error.what) from None
        manifest = Manifest.from_text(note.text)
        if [it.name for it in note.signatures] != [manifest.chain]:
            raise ManifestError("bukan tepat satu tanda tangan, dari kunci rantai ini")
        return note, manifest

    @property
    def ended(self) -> int:
        """How many lines end, counted without parting them: they may be more than memory holds."""
        return self.body.count(b"\n")

    @property
    def first_line(self) -> bytes:
        """The line that a log's first batch is founded on."""
        return self.body.partition(b"\n")[0]

    @property
    def any_hashed(self) -> bool:
        """Whether a line means to be a hash, so that the length is not what was signed."""
        return is_hashed(self.body) or b"\n" + _HASHED in self.body

    @cached_property
    def lines(self) -> list[bytes]:
        """The lines without their newlines."""
        return split_lines(self.body)

    def changes(self) -> Iterator[tuple[int, Change]]:
        """The whole lines, read, each with its number; they must have been verified."""
        return numbered_changes(self.lines)


def is_hashed(line: bytes) -> bool:
    """Whether a line means to be the hash of another, redacted or not shown."""
    return line.startswith(_HASHED)


def hash_of(line: bytes) -> bytes | None:
    """The leaf hash of a line, whole or hashed; None for a hash that is not written rightly."""
    return redacted_hash(line) if is_hashed(line) else leaf_hash(line)


def hidden(line: bytes) -> bytes:
    """What stands in the place of a line that is not to be shown."""
    return line if is_hashed(line) else redacted_line(leaf_hash(line))
