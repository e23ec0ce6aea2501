"""A bundle opened to be looked into: its logs, span by span.

What is read here must have been verified (`verify`): nothing is checked but that it can be read.
[pure]
"""

from collections.abc import Iterator
from pathlib import Path
from typing import IO, Self

from ledger.bundle.batches import Stored
from ledger.bundle.container import LARGEST_BATCH, Container
from ledger.bundle.form import (
    DECLARATION,
    LARGEST_DECLARATION,
    Declaration,
    DeclaredLog,
    batch_name,
    checkpoint_name,
)
from ledger.bundle.office import OfficeState
from ledger.bundle.proof import ChangeProof, paths
from ledger.checkpoint import Checkpoint, TlogProof
from ledger.errors import BundleError, NoteError
from ledger.note import Note

_SMALL = 1024 * 1024


class OpenBundle:
    """A bundle's logs; `declared` is what it says of itself."""

    def __init__(self, file: Path | IO[bytes]) -> None:
        """Open it.

        Raises:
            BundleError: not a bundle.
        """
        self._container = Container(file)
        self.declared = Declaration.from_bytes(
            self._container.read(DECLARATION, LARGEST_DECLARATION)
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._container.close()

    def log(self, kode: str) -> DeclaredLog:
        """A log of the bundle, or raise BundleError."""
        for it in self.declared.logs:
            if it.kode == kode:
                return it
        raise BundleError(f"tidak memuat log {kode}")

    def span(self, kode: str, after: int, upto: int) -> Iterator[Stored]:
        """The batches that follow a position, up to and including another, in order.

        Raises:
            BundleError: a log or batch that is not there.
        """
        log = self.log(kode)
        here = range(1, log.size + 1) if log.positions is None else log.positions
        for position in here:
            if after < position <= upto:
                data = self._container.read(batch_name(kode, position), LARGEST_BATCH)
                yield Stored.from_bytes(position, data)

    def prove(self, kode: str, position: int, line: int) -> ChangeProof:
        """The proof of one change, from a bundle of whole logs.

        Raises:
            BundleError: no such change, or not the whole log.
        """
        log = self.log(kode)
        if log.positions is not None:
            raise BundleError("memuat log ini hanya sebagian")
        leaves = []
        found = None
        for batch in self.span(kode, 0, log.size):
            leaves.append(batch.leaf)
            found = batch if batch.position == position else found
        if found is None or not 1 <= line <= len(found.lines):
            raise BundleError(f"tidak memuat kiriman {position} baris {line} dari {kode}")
        try:
            note = Note.from_bytes(self._container.read(checkpoint_name(kode), _SMALL))
            Checkpoint.from_text(note.text)
        except NoteError as error:
            raise BundleError(f"checkpoint {kode} {error.what}") from None
        proof = TlogProof(position - 1, paths(leaves, position - 1), note.to_bytes())
        return ChangeProof.made(found, line, proof, self._vkey(kode, found.read()[1].chain))

    def _vkey(self, kode: str, chain: str) -> str:
        """The key of a chain, as the office's log has it."""
        office = self.declared.office
        state = OfficeState(f"{self.declared.origin}/{office}")
        for batch in self.span(office, 0, self.log(office).size):
            for number, change in batch.changes():
                state.apply(change, batch.position, number, lambda *_, **__: None)
        if kode == office and state.office_key is not None:
            return state.office_key.to_vkey()
        key = state.keys.get((kode, chain))
        if key is None:
            raise BundleError(f"tidak memuat pendaftaran kunci {chain}")
        return key.verifier.to_vkey()
