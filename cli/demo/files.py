"""Photos and documents of the demonstration, drawn and set here: small, and nobody's.

A photo is a PNG of a road or a house of which so much is done; a document is a PDF of one page.
[pure]
"""

import struct
import zlib
from collections.abc import Sequence
from typing import Final

_Colour = tuple[int, int, int]
_WIDTH, _HEIGHT, _HORIZON = 480, 320, 130
_WHOLE: Final = 100
_GRASS: Final = (96, 140, 72)
_EARTH: Final = (150, 112, 78)
_CONCRETE: Final = (176, 176, 170)
_WALL: Final = (226, 218, 196)
_ROOF: Final = (168, 74, 58)
_DOOR: Final = (104, 74, 52)

_A4: Final = "0 0 595 842"
_LEFT, _TOP, _LEADING = 72, 770, 20
_HEAD_PT, _TEXT_PT = 14, 11


# --- photos --------------------------------------------------------------------------------------


def road(percent: int) -> bytes:
    """A photo of a village road, concrete from here to as far as it is done."""
    rows = _land()
    for y in range(_HORIZON, _HEIGHT):
        near = (y - _HORIZON) / (_HEIGHT - _HORIZON)
        done = near > 1 - percent / _WHOLE
        middle, half = round(_WIDTH / 2 + 60 * (1 - near) ** 2), round(6 + 130 * near)
        colour = _shaded(_CONCRETE if done else _EARTH, 0.8 + near / 4)
        _paint(rows[y], middle - half, middle + half, colour)
    return _png(rows)


def house(percent: int) -> bytes:
    """A photo of a house, its walls as high as it is done; the roof comes at the end."""
    rows = _land()
    left, right, bottom, eaves = 120, 360, 262, 150
    for y in range(bottom, bottom + 8):
        _paint(rows[y], left - 14, right + 14, _EARTH)
    for y in range(bottom - (bottom - eaves) * percent // _WHOLE, bottom):
        _paint(rows[y], left, right, _shaded(_WALL, 0.84 + (bottom - y) / 700))
        if y > bottom - 78:
            _paint(rows[y], 218, 262, _DOOR)
    if percent == _WHOLE:
        for y in range(eaves - 60, eaves):
            rise = 2 * (eaves - y)
            _paint(rows[y], left - 24 + rise, right + 24 - rise, _ROOF)
    return _png(rows)


def _land() -> list[bytearray]:
    """Sky above grass."""
    rows = []
    for y in range(_HEIGHT):
        if y < _HORIZON:
            colour = _shaded((134, 178, 214), 0.9 + 0.25 * y / _HORIZON)
        else:
            colour = _shaded(_GRASS, 0.75 + 0.4 * (y - _HORIZON) / (_HEIGHT - _HORIZON))
        rows.append(bytearray(bytes(colour) * _WIDTH))
    return rows


def _paint(row: bytearray, first: int, end: int, colour: _Colour) -> None:
    first, end = max(0, first), min(_WIDTH, end)
    if first < end:
        row[3 * first : 3 * end] = bytes(colour) * (end - first)


def _shaded(colour: _Colour, light: float) -> _Colour:
    red, green, blue = (min(255, round(it * light)) for it in colour)
    return red, green, blue


def _png(rows: Sequence[bytes | bytearray]) -> bytes:
    """Rows of RGB as a PNG file (ISO/IEC 15948): no filter, no interlace."""
    header = struct.pack(">IIBBBBB", _WIDTH, len(rows), 8, 2, 0, 0, 0)
    pixels = zlib.compress(b"".join(b"\0" + row for row in rows), 9)
    parts = ((b"IHDR", header), (b"IDAT", pixels), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
        for name, data in parts
    )


# --- documents -----------------------------------------------------------------------------------


def document(title: str, lines: Sequence[str]) -> bytes:
    """A PDF of one page (ISO 32000-1): a title, and lines below it."""
    text = [f"BT /F1 {_HEAD_PT} Tf {_LEFT} {_TOP} Td {_LEADING} TL {_string(title)} Tj T*"]
    text += [f"/F1 {_TEXT_PT} Tf T*", *(f"{_string(it)} Tj T*" for it in lines), "ET"]
    page = "\n".join(text).encode("cp1252", "replace")
    objects = (
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        f"<< /Type /Page /Parent 2 0 R /MediaBox [{_A4}] /Contents 4 0 R "
        "/Resources << /Font << /F1 5 0 R >> >> >>".encode(),
        f"<< /Length {len(page)} >>\nstream\n".encode() + page + b"\nendstream",
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>",
    )
    file, places = b"%PDF-1.4\n", []
    for number, it in enumerate(objects, start=1):
        places.append(len(file))
        file += f"{number} 0 obj\n".encode() + it + b"\nendobj\n"
    table = "".join(f"{place:010d} 00000 n \n" for place in places)
    count = len(objects) + 1
    return (
        file
        + (
            f"xref\n0 {count}\n0000000000 65535 f \n{table}"
            f"trailer\n<< /Size {count} /Root 1 0 R >>\nstartxref\n{len(file)}\n%%EOF\n"
        ).encode()
    )


def _string(text: str) -> str:
    """A text as a PDF writes it."""
    escaped = text.replace("\\", r"\\").replace("(", r"\(").replace(")", r"\)")
    return f"({escaped})"
