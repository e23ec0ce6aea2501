"""Bodies of requests: unpacked as they are read, and read to their end.

Whoever reads asks for so many bytes and gets no more, however much the body would become: a
decompression bomb is never unpacked further than somebody wants to read.
"""

import zlib
from typing import IO, Final

import zstandard
from flask import request

from api.errors import CorruptEncodingError, EncodingError
from ledger import Source

_CHUNK: Final = 64 * 1024
_LARGEST_WINDOW: Final = 8 * 1024 * 1024
"""Of a zstd frame, as RFC 8878 recommends; a frame may ask for as much memory as that."""
_GZIP: Final = 16 + zlib.MAX_WBITS


class Gzip:
    """A gzip body, one or several members."""

    def __init__(self, packed: IO[bytes]) -> None:
        self._packed = packed
        self._member = zlib.decompressobj(_GZIP)
        self._ahead = b""

    def read(self, size: int, /) -> bytes:
        """At most `size` unpacked bytes; none at the end.

        Raises:
            CorruptEncodingError: not gzip, or cut off.
        """
        while True:
            if not self._ahead:
                self._ahead = self._packed.read(_CHUNK)
                if not self._ahead:
                    if not self._member.eof:
                        raise CorruptEncodingError("gzip")
                    return b""
            if self._member.eof:
                self._member = zlib.decompressobj(_GZIP)
            try:
                unpacked = self._member.decompress(self._ahead, size)
            except zlib.error:
                raise CorruptEncodingError("gzip") from None
            self._ahead = self._member.unconsumed_tail or self._member.unused_data
            if unpacked:
                return unpacked


class Zstd:
    """A zstd body of one frame."""

    def __init__(self, packed: IO[bytes]) -> None:
        unpacker = zstandard.ZstdDecompressor(max_window_size=_LARGEST_WINDOW)
        self._reader = unpacker.stream_reader(packed, read_size=_CHUNK)

    def read(self, size: int, /) -> bytes:
        """At most `size` unpacked bytes; none at the end.

        Raises:
            CorruptEncodingError: not zstd, or a window too large.
        """
        try:
            return self._reader.read(size)
        except zstandard.ZstdError:
            raise CorruptEncodingError("zstd") from None


def decoded(body: IO[bytes], encoding: str) -> Source:
    """The body as it was before its Content-Encoding, or raise EncodingError."""
    match encoding.strip().lower():
        case "" | "identity":
            return body
        case "gzip" | "x-gzip":
            return Gzip(body)
        case "zstd":
            return Zstd(body)
        case _:
            raise EncodingError(encoding)


def drain(most: int) -> None:
    """Read what is left of the body, within limits.

    A client that still sends when its body is refused early would not hear the answer.
    """
    while most > 0 and (chunk := request.stream.read(min(_CHUNK, most))):
        most -= len(chunk)
