"""Files that are there whole or not at all, also after a power cut.

They are for their owner alone, unless another mode is asked for.
"""

import os
import re
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

_DRAFT = re.compile(r"\..{1,16}\.[0-9a-f]{8}")


def create(path: Path, mode: int = 0o600) -> IO[bytes]:
    """A new file to write; on the disk when somebody syncs it.

    Raises:
        FileExistsError: there is one of this name.
    """
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb")


@contextmanager
def synced(path: Path, mode: int = 0o600) -> Iterator[IO[bytes]]:
    """A new file to write; its bytes are on the disk when this ends, its name when `sync` does.

    After an error there is none.
    """
    with create(path, mode) as file:
        try:
            yield file
            file.flush()
            os.fsync(file.fileno())
        except BaseException:
            path.unlink(missing_ok=True)
            raise


@contextmanager
def replaced(path: Path, mode: int = 0o600) -> Iterator[IO[bytes]]:
    """What is to be at `path`: after a crash there is what was, or all of this."""
    draft = path.with_name(f".{path.name[:16]}.{secrets.token_hex(4)}")
    try:
        with synced(draft, mode) as file:
            yield file
        draft.replace(path)
        sync(path.parent)
    finally:
        draft.unlink(missing_ok=True)


def sweep(folder: Path, begin: str) -> None:
    """Remove drafts of files whose names begin so: whoever wrote them was killed."""
    for path in list(folder.glob(f".{begin}*")):
        if _DRAFT.fullmatch(path.name):
            path.unlink(missing_ok=True)


def sync(folder: Path) -> None:
    """Make a folder's names durable: a rename is not, until its folder is written."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
