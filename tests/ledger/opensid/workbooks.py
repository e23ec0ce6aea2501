"""Makes exports as OpenSID does (and as it never would), for what no recorded one holds."""

import io
import zipfile
from collections.abc import Mapping, Sequence
from xml.sax.saxutils import escape

from tests.ledger.opensid.independent import HEADER

KODE_DESA = "52.03.04.2001"
COLUMNS = HEADER.split()
PERSON = {"id": "1", "nama": "SITI", "desa_id": KODE_DESA}


def letters(index: int) -> str:
    """0 → A, 25 → Z, 26 → AA."""
    tens, ones = divmod(index, 26)
    return (chr(64 + tens) if tens else "") + chr(65 + ones)


def row_xml(number: int, texts: Sequence[str]) -> str:
    """A row of inline strings; blank cells are omitted."""
    cells = "".join(
        f'<c r="{letters(at)}{number}" s="0" t="inlineStr"><is><t>{escape(text)}</t></is></c>'
        for at, text in enumerate(texts)
        if text
    )
    return f'<row r="{number}" spans="1:42" customHeight="0">{cells}</row>'


def sheet(people: Sequence[Mapping[str, str]], columns: Sequence[str] = COLUMNS) -> str:
    rows = [row_xml(1, columns)]
    rows += [
        row_xml(number, [person.get(column, "") for column in columns])
        for number, person in enumerate(people, start=2)
    ]
    return (
        '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
        '<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">'
        f"<sheetData>{''.join(rows)}</sheetData></worksheet>"
    )


def packed(members: Mapping[str, str | bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return buffer.getvalue()


def xlsx(sheet_xml: str, **more: str) -> bytes:
    return packed(
        {
            "xl/workbook.xml": "<workbook/>",
            "xl/worksheets/sheet1.xml": sheet_xml,
            **{f"xl/{name}.xml": text for name, text in more.items()},
        },
    )


def export_of(*people: Mapping[str, str]) -> bytes:
    """An XLSX of these people; what they do not say is as in PERSON."""
    return xlsx(sheet([{**PERSON, **person} for person in people]))


def zipped(workbook: bytes, **more: bytes) -> bytes:
    """The ZIP around it."""
    return packed({**more, "penduduk_23_11_2026_opendk.xlsx": workbook})
