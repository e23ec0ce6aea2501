"""Cells into texts."""

import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.opensid import ExportDamagedError, ExportSheetError, read_export
from tests.ledger.opensid.workbooks import PERSON, export_of, packed, sheet, xlsx


def nama(text: str) -> object:
    return read_export(export_of({"nama": text})).records["1"]["nama"]


@pytest.mark.parametrize(
    ("sent", "stated"),
    [
        ("a_x0007_b", "a\x07b"),
        ("_x005F_x0041_", "_x0041_"),
        ("_x005F_x005F_", "_x005F_"),
        ("_x00e9_", "_x00e9_"),  # OpenSpout writes capitals, so this was never escaped
        ("_x12_", "_x12_"),
        ("_xD800_", "_xD800_"),  # half a pair is no character
        ("_x0000_", "\x00"),
    ],
)
def test_escapes_of_openspout_are_undone(sent: str, stated: str) -> None:
    assert nama(sent) == stated


@given(st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1))
def test_any_text_comes_back_as_it_was(text: str) -> None:
    stated = f"x{text}x".replace('"', "'")
    assert nama(stated.replace("_x", "_x005F_x")) == stated


@pytest.mark.parametrize("text", [" depan", "belakang ", "\n baris", "a\n\nb", " ", "a\tb"])
def test_white_space_is_kept_without_being_told_to(text: str) -> None:
    assert nama(text) == text


def test_html_in_a_name_is_text() -> None:
    assert nama("Ali <b>Tebal</b> & Rekan") == "Ali <b>Tebal</b> & Rekan"


def test_a_character_reference_is_the_character() -> None:
    text = sheet([{**PERSON, "nama": "Nur@aini"}]).replace("@", "&#039;")
    assert read_export(xlsx(text)).records["1"]["nama"] == "Nur'aini"


def test_a_file_saved_again_has_its_strings_elsewhere() -> None:
    text = sheet([PERSON]).replace(
        't="inlineStr"><is><t>SITI</t></is>',
        't="s"><v>1</v>',
    )
    strings = "<sst><si><t>x</t></si><si><r><t>SI</t></r><r><t>TI </t></r></si></sst>"
    record = read_export(xlsx(text, sharedStrings=strings)).records["1"]
    assert record["nama"] == "SITI "


def test_phonetic_hints_are_no_text() -> None:
    text = sheet([PERSON]).replace("<t>SITI</t>", "<t>SITI</t><rPh><t>siti</t></rPh>")
    assert read_export(xlsx(text)).records["1"]["nama"] == "SITI"


def test_a_number_cell_is_its_text() -> None:
    text = sheet([PERSON]).replace('t="inlineStr"><is><t>1</t></is>', "><v>1</v>")
    assert set(read_export(xlsx(text)).records) == {"1"}


@pytest.mark.parametrize("index", ["9", "x", ""])
def test_a_string_that_is_not_there_is_damage(index: str) -> None:
    text = sheet([PERSON]).replace('t="inlineStr"><is><t>SITI</t></is>', f't="s"><v>{index}</v>')
    with pytest.raises(ExportDamagedError):
        read_export(xlsx(text))


def test_a_cell_that_claims_to_stand_far_away_costs_nothing() -> None:
    """calamine reserves all cells up to it, and the process is gone."""
    far = '<row r="1048576"><c r="XFD1048576" t="inlineStr"><is><t>x</t></is></c></row>'
    text = sheet([PERSON]).replace("</sheetData>", far + "</sheetData>")
    tracemalloc.start()
    export = read_export(xlsx(text))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert [it.row for it in export.left_out] == [1048576]
    assert peak < 2_000_000


BOMB = (
    '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">'
    '<!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;">]>'
)


def test_entities_are_refused_where_they_are_declared() -> None:
    text = sheet([PERSON]).replace("?>\n", f"?>{BOMB}").replace("SITI", "&c;")
    with pytest.raises(ExportDamagedError, match="DOCTYPE"):
        read_export(xlsx(text))


def test_entities_are_refused_among_the_strings_too() -> None:
    strings = f"<?xml version='1.0'?>{BOMB}<sst><si><t>&c;</t></si></sst>"
    with pytest.raises(ExportDamagedError, match="DOCTYPE"):
        read_export(xlsx(sheet([PERSON]), sharedStrings=strings))


@pytest.mark.parametrize(
    "text",
    [
        sheet([PERSON])[:-30],
        sheet([PERSON]).replace("</c>", "", 1),
        "bukan xml",
        "",
        sheet([PERSON]).replace(' r="A1"', "", 1),
    ],
)
def test_xml_that_cannot_be_read_to_its_end_is_damage(text: str) -> None:
    with pytest.raises(ExportDamagedError):
        read_export(xlsx(text))


def test_a_workbook_without_its_sheet_is_told() -> None:
    with pytest.raises(ExportSheetError):
        read_export(packed({"xl/workbook.xml": "<workbook/>"}))
