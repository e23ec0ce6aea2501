"""Tables as files: what a cell may be, read back by other programs."""

import csv
import io
import json
import zipfile
from datetime import date
from decimal import Decimal
from xml.etree import ElementTree as ET

from flask import Flask
from hypothesis import given
from hypothesis import strategies as st

from api.export import FORMULA, Sheet, defused, download

HOSTILE = [
    "=1+1",
    "+1",
    "-1",
    "@SUM(A1)",
    "\t=1",
    "\r=1",
    "<b>&\"'",
    "https://evil.example",
    "007",
]
SHEET = Sheet(
    "uji",
    "Judul",
    ["Teks", "Angka", "Hari", "Ya"],
    [
        *([it, 1, None, None] for it in HOSTILE),
        ["x", Decimal("12.50"), date(2026, 11, 25), True],
    ],
    ["Kecamatan Uji"],
)
_NS = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"


def made(format_: str) -> bytes:
    with Flask("uji").test_request_context():
        answer = download(SHEET, format_)
    assert f'filename="uji.{format_}"' in answer.headers["Content-Disposition"]
    return answer.get_data()


def test_a_csv_cell_is_never_computed() -> None:
    text = made("csv").decode("utf-8-sig")
    rows = list(csv.reader(io.StringIO(text, newline="")))
    assert rows[0] == ["Teks", "Angka", "Hari", "Ya"]
    for row, stated in zip(rows[1:], HOSTILE, strict=False):
        assert row[0].removeprefix("'") == stated
        assert not row[0].startswith(FORMULA)
    assert rows[-1] == ["x", "12.50", "2026-11-25", "ya"]


def test_a_spreadsheet_has_texts_and_numbers_and_no_formulas_or_links() -> None:
    with zipfile.ZipFile(io.BytesIO(made("xlsx"))) as archive:
        sheet = ET.fromstring(archive.read("xl/worksheets/sheet1.xml"))
        shared = ET.fromstring(archive.read("xl/sharedStrings.xml"))
    texts = ["".join(it.itertext()) for it in shared.iter(f"{_NS}si")]
    assert not list(sheet.iter(f"{_NS}f"))
    assert not list(sheet.iter(f"{_NS}hyperlink"))
    first = {
        cell.get("r"): texts[int(cell.findtext(f"{_NS}v") or "")]
        for cell in sheet.iter(f"{_NS}c")
        if cell.get("t") == "s"
    }
    # A carriage return is written as one by the rules of the format.
    stated = {it.replace("\r", "_x000D_") for it in HOSTILE}
    assert stated <= {it.replace("\r", "_x000D_") for it in first.values()}
    numbers = [it.findtext(f"{_NS}v") for it in sheet.iter(f"{_NS}c") if it.get("t") is None]
    assert Decimal("12.5") in {Decimal(it or 0) for it in numbers}


def test_json_has_all_as_it_is() -> None:
    content = json.loads(made("json"))
    assert content["judul"] == "Judul"
    assert [it[0] for it in content["baris"]] == [*HOSTILE, "x"]
    assert content["baris"][-1] == ["x", "12.50", "2026-11-25", True]


@given(st.text())
def test_no_text_begins_a_formula(text: str) -> None:
    assert not defused(text).startswith(FORMULA)
    assert defused(text).removeprefix("'") == text.removeprefix("'")
