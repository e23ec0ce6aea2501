"""Streams of bytes, as far as they are asked: read from, written to, counted on the way."""

from collections.abc import Callable
from hashlib import sha256
from typing import Protocol


class Readable(Protocol):
    """Something to read from."""

    def read(self, size: int, /) -> bytes:
        """At most `size` bytes; none at its end."""


class Writable(Protocol):
    """Something to write to."""

    def write(self, data: bytes, /) -> int:
        """Take bytes; gives how many."""


class Counted:
    """Takes what goes by: its SHA-256, and its length."""

    def __init__(self, progress: Callable[[int], None] = lambda _: None) -> None:
        self._progress = progress
        self._digest = sha256()
        self.length = 0

    @property
    def digest(self) -> str:
        """In hexadecimal."""
        return self._digest.hexdigest()

    def write(self, data: bytes) -> int:
        """Take bytes that go nowhere else."""
        self._digest.update(data)
        self.length += len(data)
        self._progress(len(data))
        return len(data)


class Reading(Counted):
    """What is read from a stream, counted."""

    def __init__(self, stream: Readable, progress: Callable[[int], None] = lambda _: None) -> None:
        super().__init__(progress)
        self._stream = stream

    def read(self, size: int = -1) -> bytes:
        """As the stream."""
        data = self._stream.read(size)
        super().write(data)
        return data


class Writing(Counted):
    """What is written to a stream, counted."""

    def __init__(self, stream: Writable, progress: Callable[[int], None] = lambda _: None) -> None:
        super().__init__(progress)
        self._stream = stream

    def write(self, data: bytes) -> int:
        """As the stream."""
        taken = self._stream.write(data)
        super().write(data[:taken])
        return taken
