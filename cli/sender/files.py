"""Files that are there whole or not at all, also after the power went off.

Whoever writes here holds the folder's lock. Everything is the desa's own: readable by its owner
only, unless told otherwise.
"""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from cli.sender.errors import StateBusyError, StateUnusableError
from ledger import durable
from ledger.os_errors import reason

_PRIVATE = 0o600
_FLAGS = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW
"""A stick may hold a link where we write."""


def write(path: Path, data: bytes, mode: int = _PRIVATE) -> None:
    """Put `data` at `path`; after a crash there is the old file or the new one, never a part.

    Raises:
        StateUnusableError: disk full, no permission, …
    """
    part = path.with_name(f".{path.name}.part")
    with _explained(path), _discarding(part):
        descriptor = os.open(part, _FLAGS, mode)
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        _replace(part, path)


def move(source: Path, target: Path) -> None:
    """Move a file within the folder, in one step."""
    with _explained(target):
        _replace(source, target)
        durable.sync(source.parent)


def remove(path: Path) -> None:
    """Remove a file, if it is there."""
    with _explained(path):
        path.unlink(missing_ok=True)


def make_folder(path: Path, mode: int = 0o700) -> None:
    """Make a folder that only its owner can look into, unless it is there."""
    with _explained(path):
        path.mkdir(mode=mode, parents=True, exist_ok=True)
        durable.sync(path.parent)


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Hold the folder alone; the lock goes with the process, however that ends.

    Raises:
        StateBusyError: somebody else holds it.
        StateUnusableError: the folder cannot be written.
    """
    with _explained(folder):
        descriptor = os.open(folder / "lock", os.O_RDWR | os.O_CREAT, _PRIVATE)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise StateBusyError(folder) from None
        yield
    finally:
        os.close(descriptor)


def _replace(source: Path, target: Path) -> None:
    source.replace(target)
    durable.sync(target.parent)


@contextmanager
def _explained(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise StateUnusableError(path, reason(error)) from None


@contextmanager
def _discarding(part: Path) -> Iterator[None]:
    """Leave no part of a file behind on a disk that is full."""
    try:
        yield
    except OSError:
        with suppress(OSError):
            part.unlink(missing_ok=True)
        raise
