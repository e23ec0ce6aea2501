"""Sealed files: whoever has the identity can open them (age-encryption.org/v1, by `pyrage`).

What seals needs only recipients, `age1…`, which are public; the identity that opens is made once
and kept elsewhere. Any other program for age makes such keys, and opens such files, as well.
"""

import errno
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from io import BufferedIOBase
from pathlib import Path
from typing import TYPE_CHECKING, Final, TypeVar

import pyrage
from pyrage.x25519 import Identity, Recipient

from ledger import durable
from ledger.errors import LedgerError
from ledger.os_errors import reason
from ledger.streams import Readable, Writable

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer

SUFFIX: Final = ".age"
_BEGINS: Final = "AGE-SECRET-KEY-"
_MOST_BYTES: Final = 64 * 1024
"""Of a file with identities; each is 74."""


_A = TypeVar("_A")
_B = TypeVar("_B")


class AgeError(LedgerError):
    """A key that is none, or a file that it does not open."""

    code = "age"

    def __init__(self, why: str) -> None:
        super().__init__(f"Kunci pembuka: {why}.")


def is_recipient(word: str) -> bool:
    """Whether a word is what files can be sealed for."""
    try:
        Recipient.from_str(word)
    except pyrage.RecipientError:
        return False
    return True


def make_identity(folder: Path, kode: str, now: datetime) -> tuple[Path, str]:
    """Make an identity in a file of its own in a folder; gives that and the recipient.

    Raises:
        AgeError: the folder cannot be written.
    """
    made, at = Identity.generate(), now.astimezone(UTC)
    path = folder / f"{kode}-pembuka-{at:%Y%m%dT%H%M%SZ}.txt"
    said = (
        f"# Kunci pembuka cadangan kantor {kode}, dibuat {at:%Y-%m-%d}. Simpan di luar komputer\n"
        "# kantor, juga tercetak: tanpa kunci ini cadangannya tidak dapat dibuka siapa pun.\n"
        f"# public key: {made.to_public()}\n"
        f"{made}\n"
    )
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if path.exists():
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(path))
        with durable.replaced(path) as file:
            file.write(said.encode())
    except OSError as error:
        raise AgeError(f"{error.filename or folder}: {reason(error)}") from error
    return path, str(made.to_public())


class Identities:
    """What opens sealed files: the keys of one file, as `age-keygen` writes it."""

    def __init__(self, keys: Sequence[Identity]) -> None:
        self._keys = list(keys)

    @classmethod
    def read(cls, path: Path) -> "Identities":
        """The keys of a file; lines that begin with # are remarks.

        Raises:
            AgeError: unreadable, or none in it.
        """
        try:
            with path.open("rb") as file:
                lines = file.read(_MOST_BYTES).decode("ascii").splitlines()
            words = [it.strip() for it in lines if it.strip().startswith(_BEGINS)]
            keys = [Identity.from_str(it) for it in words]
        except OSError as error:
            raise AgeError(f"{path}: {reason(error)}") from error
        except (UnicodeDecodeError, pyrage.IdentityError):
            keys = []
        if not keys:
            raise AgeError(f"{path} tidak memuat kunci pembuka ({_BEGINS}…)")
        return cls(keys)

    def open_for(self, recipients: Sequence[str]) -> bool:
        """Whether a file that was sealed for these can be opened."""
        return any(str(it.to_public()) in recipients for it in self._keys)

    def open(self, source: Readable, target: Writable) -> None:
        """Write what a sealed file holds. What was written is of no use after an error.

        Raises:
            AgeError: it was sealed for somebody else, changed, or cut off.
        """
        with _errors(source, target) as both:
            pyrage.decrypt_io(both, both, self._keys)


def seal(source: Readable, target: Writable, recipients: Sequence[str]) -> None:
    """Write what a stream holds so that the recipients alone can open it."""
    with _errors(source, target) as both:
        pyrage.encrypt_io(both, both, [Recipient.from_str(it) for it in recipients])


class _Kept(BufferedIOBase):
    """What went wrong in a stream: the library that asked it only keeps the words."""

    def __init__(self, source: Readable, target: Writable) -> None:
        super().__init__()
        self._source = source
        self._target = target
        self.raised: BaseException | None = None

    def read(self, size: int | None = -1, /) -> bytes:
        return self._tried(self._source.read, -1 if size is None else size)

    def write(self, data: "ReadableBuffer", /) -> int:
        return self._tried(self._target.write, bytes(data))

    def flush(self) -> None:
        """Nothing: whoever made the streams ends them."""

    def _tried(self, do: Callable[[_A], _B], given: _A) -> _B:
        try:
            return do(given)
        except BaseException as error:
            self.raised = error
            raise


@contextmanager
def _errors(source: Readable, target: Writable) -> Iterator[_Kept]:
    both, wrong = _Kept(source, target), None
    try:
        yield both
    except (OSError, pyrage.EncryptError, pyrage.DecryptError) as error:
        wrong = error
    # Also when all seemed well: of what fails as it lets go of its buffer, the library is silent.
    if both.raised is not None:
        raise both.raised from None
    if wrong is not None:
        raise AgeError("berkas tersandi rusak, terpotong, atau untuk kunci lain") from wrong
