"""The demonstration's photos and documents are what they say they are."""

import re
import struct
import zlib
from collections.abc import Callable

import pytest

from cli.demo import files
from ledger import PDF, media_type

DRAWN = [files.road, files.house]


def chunks(data: bytes) -> list[tuple[bytes, bytes]]:
    """The chunks of a PNG, each with the sum that it says."""
    found, at = [], 8
    while at < len(data):
        (length,) = struct.unpack(">I", data[at : at + 4])
        name, content = data[at + 4 : at + 8], data[at + 8 : at + 8 + length]
        assert struct.unpack(">I", data[at + 8 + length : at + 12 + length]) == (
            zlib.crc32(name + content),
        )
        found.append((name, content))
        at += 12 + length
    return found


@pytest.mark.parametrize("draw", DRAWN)
@pytest.mark.parametrize("percent", [0, 1, 50, 99, 100])
def test_a_photo_is_a_whole_picture(draw: Callable[[int], bytes], percent: int) -> None:
    data = draw(percent)
    assert media_type(data) == "image/png"
    assert len(data) < 10_000
    (_, header), (_, pixels), (end, _) = chunks(data)
    width, height = struct.unpack(">II", header[:8])
    assert len(zlib.decompress(pixels)) == height * (1 + 3 * width)
    assert end == b"IEND"


@pytest.mark.parametrize("draw", DRAWN)
def test_progress_is_seen(draw: Callable[[int], bytes]) -> None:
    assert len({draw(percent) for percent in (0, 40, 65, 100)}) == 4


def test_a_document_says_where_its_parts_are() -> None:
    data = files.document("Laporan (contoh) \\ satu", ["Baris \u2013 pertama", ""])
    assert media_type(data) == PDF
    place = int(data.rsplit(b"startxref\n", 1)[1].split()[0])
    assert data[place:].startswith(b"xref\n0 6\n")
    for number, at in enumerate(re.findall(rb"(\d{10}) 00000 n ", data), start=1):
        assert data[int(at) :].startswith(b"%d 0 obj\n" % number)
    (length,) = re.findall(rb"/Length (\d+)", data)
    stream = data.split(b"stream\n", 1)[1][: int(length)]
    assert stream.endswith(b"ET")
    assert rb"(Laporan \(contoh\) \\ satu) Tj" in stream
    assert b"(Baris \x96 pertama) Tj" in stream
