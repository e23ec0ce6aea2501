"""A batch of a bundle, taken apart: the note, the manifest, and lines of which some are hashes.

It differs from a batch that arrives (`ledger.batch`): a line may have been replaced by its hash,
so that neither its length nor its grammar can be looked at. [pure]
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property

from ledger.batch import Change, Manifest, read_change, split_lines
from ledger.bundle.form import hash_of, is_hashed
from ledger.errors import ManifestError, NoteError
from ledger.merkle import leaf_hash
from ledger.note import Note


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
            note = Note.from_bytes(self.note)
        except NoteError as error:
            raise ManifestError(error.what) from None
        manifest = Manifest.from_text(note.text)
        if [it.name for it in note.signatures] != [manifest.chain]:
            raise ManifestError("bukan tepat satu tanda tangan, dari kunci rantai ini")
        return note, manifest

    @cached_property
    def lines(self) -> list[bytes]:
        """The lines without their newlines."""
        return split_lines(self.body)

    @property
    def hashes(self) -> list[bytes | None]:
        """The leaf hash of each line; None for a hash that is not written rightly."""
        return [hash_of(line) for line in self.lines]

    def changes(self) -> Iterator[tuple[int, Change]]:
        """The whole lines, read, each with its number; they must have been verified."""
        for number, line in enumerate(self.lines, start=1):
            if not is_hashed(line):
                yield number, read_change(line)
