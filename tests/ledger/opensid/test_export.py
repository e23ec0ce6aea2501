"""Rows into records: what is kept as stated, and what is left out."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.opensid import (
    LEFT_OUT,
    ExportForeignError,
    ExportLimits,
    FormError,
    HeaderError,
    read_export,
)
from ledger.opensid.forms import PENDUDUK
from tests.ledger.opensid.workbooks import (
    COLUMNS,
    KODE_DESA,
    PERSON,
    export_of,
    row_xml,
    sheet,
    xlsx,
)


def left_out(data: bytes, **given_: object) -> list[tuple[int, str]]:
    export = read_export(data, KODE_DESA, **given_)  # type: ignore[arg-type]
    return [(it.row, it.code) for it in export.left_out]


def record(**person: str) -> dict[str, object]:
    return read_export(export_of(person)).records["1"]


# --- values --------------------------------------------------------------------------------------


def test_blank_is_null_in_every_field_of_the_sheet() -> None:
    person = record()
    assert len(person) == 41
    assert {name for name, value in person.items() if value is not None} == {"id", "nama"}


def test_a_code_is_an_integer() -> None:
    assert record(agama="1")["agama_id"] == 1


@pytest.mark.parametrize("text", ["01", "1.0", "Islam", "-1", "9" * 16, " 1"])
def test_what_is_no_code_stays_the_text_that_was_stated(text: str) -> None:
    assert record(agama=text)["agama_id"] == text


@pytest.mark.parametrize("text", ["0", "52030412", "0203041511641239", "ABC"])
def test_a_nik_stays_text_whatever_it_is(text: str) -> None:
    assert record(nomor_nik=text)["nik"] == text


def test_the_address_of_the_family_and_of_the_person_are_two_fields() -> None:
    person = record(alamat="Jl. KK", alamat_sekarang="Jl. Kini")
    assert (person["alamat_kk"], person["alamat"]) == ("Jl. KK", "Jl. Kini")


@pytest.mark.parametrize(
    ("sent", "stated"),
    [
        ('"Siti ""Nur"" Halimah"', 'Siti "Nur" Halimah'),
        ('"Kota ""Lama"""', 'Kota "Lama"'),
        ('""""', '"'),
        ('"""a"""', '"a"'),
        ('"tanpa ganda"', '"tanpa ganda"'),
        ('setengah "', 'setengah "'),
        ('"a" dan "b"', '"a" dan "b"'),
        ('"', '"'),
    ],
)
def test_only_what_opensid_wrapped_is_unwrapped(sent: str, stated: str) -> None:
    assert record(nama=sent)["nama"] == stated


@given(st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1))
def test_any_text_with_a_quotation_mark_comes_back_as_it_was(text: str) -> None:
    stated = f'{text}"'
    wrapped = '"' + stated.replace('"', '""') + '"'
    escaped = wrapped.replace("_x", "_x005F_x")
    assert record(nama=escaped)["nama"] == stated


# --- rows ----------------------------------------------------------------------------------------


def test_rows_of_another_desa_are_left_out() -> None:
    data = export_of({}, {"id": "2", "desa_id": "52.03.04.2002"})
    assert left_out(data) == [(3, "desa-foreign")]
    assert set(read_export(data, KODE_DESA).mentioned) == {"1"}


def test_a_code_without_dots_is_the_same_desa() -> None:
    assert left_out(export_of({"desa_id": "5203042001"})) == []
    assert read_export(export_of({}), "5203042001").kode_desa == KODE_DESA


def test_an_export_of_another_desa_altogether_is_an_error() -> None:
    with pytest.raises(ExportForeignError, match=r"52\.03\.04\.2001.*53\.06\.14\.2001"):
        read_export(export_of({}), "53.06.14.2001")


def test_a_row_without_desa_is_left_out_and_its_person_has_not_vanished() -> None:
    data = export_of({}, {"id": "2", "desa_id": ""})
    assert left_out(data) == [(3, "desa-missing")]
    assert read_export(data).mentioned == {"1", "2"}


@pytest.mark.parametrize(
    ("id_", "code"),
    [
        ("", "id-missing"),
        ("0", "id-malformed"),
        ("007", "id-malformed"),
        ("-3", "id-malformed"),
        ("5203041511641239", "id-malformed"),
        ("x", "id-malformed"),
    ],
)
def test_a_row_without_id_is_left_out_and_the_export_is_not_complete(id_: str, code: str) -> None:
    data = export_of({}, {"id": id_})
    assert left_out(data) == [(3, code)]
    assert not read_export(data).complete


def test_what_stands_in_place_of_an_id_is_not_repeated() -> None:
    """It may be a NIK."""
    (row,) = read_export(export_of({}, {"id": "5203041511641239"})).left_out
    assert row.id is None


def test_of_equal_rows_with_one_id_the_first_stands() -> None:
    data = export_of({"id": "7"}, {"id": "7"})
    assert left_out(data) == [(3, "id-repeated")]
    assert set(read_export(data).records) == {"7"}


def test_of_different_rows_with_one_id_none_stands() -> None:
    """Which is right is not known, and the rows' order changes from export to export."""
    data = export_of({"id": "7", "nama": "A"}, {"id": "7", "nama": "B"}, {"id": "8"})
    assert left_out(data) == [(2, "id-ambiguous"), (3, "id-ambiguous")]
    export = read_export(data)
    assert set(export.records) == {"8"}
    assert export.mentioned == {"7", "8"}
    assert export.complete


def test_a_record_too_long_for_a_change_line_is_left_out() -> None:
    data = export_of({"nama": "x" * 500}, {"id": "2"})
    assert left_out(data, limits=ExportLimits(record=1_000)) == [(2, "record-too-long")]


def test_every_reason_has_a_sentence() -> None:
    data = export_of({}, {"id": ""})
    (row,) = read_export(data).left_out
    assert row.reason == LEFT_OUT[row.code] == "tanpa id"


def test_row_numbers_are_those_of_the_sheet() -> None:
    text = sheet([PERSON]).replace('<row r="2"', '<row r="41"')
    text = text.replace("</sheetData>", row_xml(50, [""] * 36 + ["x"]) + "</sheetData>")
    assert left_out(xlsx(text)) == [(50, "desa-missing")]


def test_a_blank_row_is_no_row() -> None:
    text = sheet([PERSON]).replace("</sheetData>", '<row r="3"></row></sheetData>')
    assert left_out(xlsx(text)) == []


def test_an_export_without_people_is_of_no_desa() -> None:
    export = read_export(xlsx(sheet([])))
    assert (export.kode_desa, export.records, export.complete) == (None, {}, True)


# --- header --------------------------------------------------------------------------------------


def test_missing_columns_are_named() -> None:
    columns = [column for column in COLUMNS if column not in {"nama", "rt"}]
    with pytest.raises(HeaderError, match="rt, nama") as caught:
        read_export(xlsx(sheet([PERSON], columns)))
    assert caught.value.missing == ("rt", "nama")


def test_a_column_that_is_there_twice_is_named() -> None:
    with pytest.raises(HeaderError) as caught:
        read_export(xlsx(sheet([PERSON], [*COLUMNS, "nama"])))
    assert caught.value.missing == ("nama",)


def test_columns_may_stand_in_another_order_and_more_may_be_there() -> None:
    columns = ["baru", *reversed(COLUMNS)]
    export = read_export(xlsx(sheet([{**PERSON, "baru": "?"}], columns)))
    assert export.records["1"] == record()


def test_an_empty_sheet_could_be_any() -> None:
    with pytest.raises(FormError):
        read_export(xlsx("<worksheet><sheetData/></worksheet>"))


def test_an_empty_sheet_misses_all_columns_of_the_one_that_is_wanted() -> None:
    with pytest.raises(HeaderError) as caught:
        read_export(xlsx("<worksheet><sheetData/></worksheet>"), forms=[PENDUDUK])
    assert len(caught.value.missing) == 42
