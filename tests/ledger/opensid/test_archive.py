"""The ZIP: what is looked at, what is not, and what is too much."""

import struct
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ledger.opensid import (
    ExportDamagedError,
    ExportError,
    ExportLimits,
    ExportSheetError,
    ExportTooLargeError,
    ExportUnreadableError,
    NotAnExportError,
    read_export,
)
from tests.ledger.opensid.workbooks import export_of, packed, sheet, xlsx, zipped

XLSX = export_of({})
ZIP = zipped(XLSX)


def test_the_workbook_alone_is_taken_too() -> None:
    assert read_export(XLSX).records == read_export(ZIP).records


def test_a_path_is_read_as_its_bytes_are(tmp_path: Path) -> None:
    path = tmp_path / "penduduk.zip"
    path.write_bytes(ZIP)
    assert read_export(path) == read_export(ZIP)


def test_photos_are_named() -> None:
    data = zipped(XLSX, **{"kecil_1.jpg": b"", "kecil_2.PNG": b"", "catatan.txt": b""})
    assert read_export(data).photos == ("kecil_1.jpg", "kecil_2.PNG")


@pytest.mark.parametrize("name", ["../x.jpg", "/x.jpg", "a/x.jpg", "a\\x.jpg", "C:x.jpg"])
def test_names_with_a_path_are_not_looked_at(name: str) -> None:
    assert read_export(zipped(XLSX, **{name: b""})).photos == ()


@pytest.mark.parametrize("name", ["../penduduk.xlsx", "/penduduk.xlsx", "a/penduduk.xlsx"])
def test_a_workbook_with_a_path_is_none(name: str) -> None:
    with pytest.raises(ExportSheetError, match="tidak memuat XLSX"):
        read_export(packed({name: XLSX}))


def test_two_workbooks_are_one_too_many() -> None:
    with pytest.raises(ExportSheetError, match="2 tabel"):
        read_export(packed({"a.xlsx": XLSX, "b.xlsx": XLSX}))


@pytest.mark.parametrize("data", [b"", b"bukan zip", b"PK\x03\x04", b"PK\x05\x06" + b"\xff" * 18])
def test_what_is_no_zip_is_told(data: bytes) -> None:
    with pytest.raises(NotAnExportError):
        read_export(data)


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(ExportUnreadableError):
        read_export(tmp_path / "tidak-ada.zip")


def test_a_folder_is_no_file(tmp_path: Path) -> None:
    with pytest.raises(ExportUnreadableError):
        read_export(tmp_path)


def test_a_damaged_workbook_is_told() -> None:
    with pytest.raises(NotAnExportError):
        read_export(packed({"a.xlsx": b"PK rusak"}))


def test_altered_bytes_are_noticed() -> None:
    at = ZIP.index(XLSX[40:60]) if XLSX[40:60] in ZIP else len(ZIP) // 3
    altered = ZIP[:at] + bytes([ZIP[at] ^ 0xFF]) + ZIP[at + 1 :]
    with pytest.raises(ExportError):
        read_export(altered)


def test_an_encrypted_workbook_is_told() -> None:
    flags = struct.pack("<H", 1)
    local, central = ZIP.index(b"PK\x03\x04") + 6, ZIP.index(b"PK\x01\x02") + 8
    data = ZIP[:local] + flags + ZIP[local + 2 : central] + flags + ZIP[central + 2 :]
    with pytest.raises(ExportDamagedError):
        read_export(data)


@pytest.mark.parametrize("number", [12, 14, 97])
def test_packings_that_opensid_does_not_use_are_refused(number: int) -> None:
    method = struct.pack("<H", number)
    local, central = ZIP.index(b"PK\x03\x04") + 8, ZIP.index(b"PK\x01\x02") + 10
    data = ZIP[:local] + method + ZIP[local + 2 : central] + method + ZIP[central + 2 :]
    with pytest.raises(ExportDamagedError):
        read_export(data)


def test_too_many_members_are_too_much() -> None:
    data = zipped(XLSX, **{f"{number}.jpg": b"" for number in range(5)})
    with pytest.raises(ExportTooLargeError, match="jumlah berkas"):
        read_export(data, limits=ExportLimits(members=5))


def test_reading_of_a_workbook_stops_at_the_limit() -> None:
    data = packed({"a.xlsx": b"\0" * 3_000_000})
    assert len(data) < 10_000
    with pytest.raises(ExportTooLargeError, match="xlsx"):
        read_export(data, limits=ExportLimits(workbook=1_000_000))


def test_reading_of_a_sheet_stops_at_the_limit() -> None:
    data = xlsx(sheet([]) + " " * 3_000_000)
    assert len(data) < 10_000
    with pytest.raises(ExportTooLargeError, match="sheet1"):
        read_export(data, limits=ExportLimits(part=1_000_000))


def test_reading_of_strings_stops_at_the_limit() -> None:
    data = xlsx(sheet([]), sharedStrings="<sst/>" + " " * 3_000_000)
    with pytest.raises(ExportTooLargeError, match="sharedStrings"):
        read_export(data, limits=ExportLimits(part=1_000_000))


def test_a_member_larger_than_it_says_is_not_believed() -> None:
    size = struct.pack("<I", len(XLSX))
    at = ZIP.rindex(size, 0, ZIP.index(b"PK\x05\x06"))
    data = ZIP[:at] + struct.pack("<I", 100) + ZIP[at + 4 :]
    with pytest.raises(ExportError):
        read_export(data)


@settings(max_examples=300)
@given(st.integers(0, len(ZIP) - 1), st.integers(1, 255))
def test_whatever_is_altered_is_read_as_before_or_told(at: int, by: int) -> None:
    altered = ZIP[:at] + bytes([ZIP[at] ^ by]) + ZIP[at + 1 :]
    try:
        export = read_export(altered)
    except ExportError:
        return
    assert export.records == read_export(ZIP).records
