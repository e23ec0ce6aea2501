"""Files for their owner alone that are there whole or not at all, also after a power cut."""

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO


def create(path: Path) -> IO[bytes]:
    """A new file to write, of mode 0600; on the disk when somebody syncs it.

    Raises:
        FileExistsError: there is one of this name.
    """
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb")


@contextmanager
def synced(path: Path) -> Iterator[IO[bytes]]:
    """A new file to write; its bytes are on the disk when this ends, its name when `sync` does.

    After an error there is none.
    """
    with create(path) as file:
        try:
            yield file
            file.flush()
            os.fsync(file.fileno())
        except BaseException:
            path.unlink(missing_ok=True)
            raise


@contextmanager
def replaced(path: Path) -> Iterator[IO[bytes]]:
    """What is to be at `path`: after a crash there is what was, or all of this."""
    draft = path.with_name(f".{path.name[:16]}.{secrets.token_hex(4)}")
    try:
        with synced(draft) as file:
            yield file
        draft.replace(path)
        sync(path.parent)
    finally:
        draft.unlink(missing_ok=True)


def sync(folder: Path) -> None:
    """Make a folder's names durable: a rename is not, until its folder is written."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
