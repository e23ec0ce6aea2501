"""Exports of a real OpenSID, compared field by field with another reading of the same files."""

import json

import pytest

from ledger.opensid import Export, read_export
from ledger.opensid.forms import PENDUDUK
from tests.ledger.opensid import independent

FILES = ("first.zip", "same_day_again.zip", "three_days_later.zip", "odd_values.zip")


def read(name: str) -> Export:
    return read_export(independent.DATA / name)


@pytest.mark.parametrize("name", FILES)
def test_every_field_of_every_row_is_as_another_reading_has_it(name: str) -> None:
    assert read(name).records == independent.records(name)


@pytest.mark.parametrize("name", FILES)
def test_records_can_be_written_as_json(name: str) -> None:
    records = read(name).records
    assert json.loads(json.dumps(records)) == records


@pytest.mark.parametrize("name", FILES)
def test_no_row_is_left_out(name: str) -> None:
    export = read(name)
    assert (export.left_out, export.complete) == ((), True)
    assert export.mentioned == set(export.records)


def test_the_first_export_has_598_people_and_63_photos() -> None:
    export = read("first.zip")
    assert (len(export.records), len(export.photos)) == (598, 63)


def test_the_desa_is_told_by_the_rows() -> None:
    assert read("first.zip").kode_desa == "52.03.04.2001"
    assert read("odd_values.zip").kode_desa == "52.03.04.2002"


def test_an_export_repeated_has_another_order_and_the_same_records() -> None:
    first, again = read("first.zip").records, read("same_day_again.zip").records
    assert list(first) != list(again)
    assert first == again


def test_three_days_later_exactly_these_are_new_changed_and_gone() -> None:
    before, after = read("first.zip").records, read("three_days_later.zip").records
    then, now = (
        independent.records("first.zip"),
        independent.records("three_days_later.zip"),
    )
    assert after.keys() - before.keys() == now.keys() - then.keys()
    assert before.keys() - after.keys() == then.keys() - now.keys()
    changed = {id_ for id_ in before.keys() & after.keys() if before[id_] != after[id_]}
    assert changed == {id_ for id_ in then.keys() & now.keys() if then[id_] != now[id_]}
    assert (len(now.keys() - then.keys()), len(then.keys() - now.keys()), len(changed)) == (
        3,
        6,
        38,
    )


def test_the_table_names_all_columns_of_the_recorded_sheet_in_their_order() -> None:
    assert [column.name for column in PENDUDUK.columns] == independent.HEADER.split()


def test_no_two_columns_are_one_field() -> None:
    fields = [column.field for column in PENDUDUK.columns if column.field]
    assert len(set(fields)) == len(fields) == 41


def odd(id_: str) -> dict[str, object]:
    return read("odd_values.zip").records[id_]


def names() -> set[object]:
    return {record["nama"] for record in read("odd_values.zip").records.values()}


def test_control_characters_and_escaped_escapes_are_undone() -> None:
    assert "Bel\x07 _x0041_ <&>\x0b" in names()


def test_leading_and_inner_spaces_are_kept() -> None:
    assert {" Spasi Depan", "Rina  Dua  Spasi"} <= names()


def test_a_trailing_space_is_kept() -> None:
    people = read("first.zip").records.values()
    assert any(str(person["nama"]).endswith("Sekali ") for person in people)


def test_a_zero_date_stands_as_opensid_writes_it() -> None:
    dates = {it["tanggal_perkawinan"] for it in read("odd_values.zip").records.values()}
    assert "-0001-11-30" in dates


def test_a_nik_of_zero_is_not_the_same_as_none() -> None:
    niks = [it["nik"] for it in read("odd_values.zip").records.values()]
    assert "0" in niks
    assert None in niks


def test_a_missing_rt_stays_a_dash() -> None:
    assert {it["rt"] for it in read("odd_values.zip").records.values()} >= {"-", "1", "010"}


def test_names_in_other_scripts_arrive() -> None:
    assert {"محمد علي", "ꦱꦸꦒꦼꦁ Sugeng"} <= {
        person["nama"] for person in read("first.zip").records.values()
    }


def test_a_text_with_quotation_marks_is_unwrapped() -> None:
    people = read("first.zip").records.values()
    assert 'Siti "Nur" Halimah' in {person["nama"] for person in people}
    assert 'Gubuk "Daye"' in {person["dusun"] for person in people}


def test_a_photo_may_be_named_that_is_not_in_the_zip() -> None:
    export = read("odd_values.zip")
    named = {it["foto"] for it in export.records.values()} - {None}
    assert "kecil_hilang_60.jpg" in named
    assert "kecil_hilang_60.jpg" not in export.photos
