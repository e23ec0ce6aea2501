"""CSV as OpenSID writes it, and as nobody should."""

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.opensid import ExportDamagedError, read_export
from ledger.opensid.csv_table import read_csv
from ledger.opensid.sheet import Row
from tests.ledger.opensid.workbooks import packed

BOM = b"\xef\xbb\xbf"
KODE_DESA = "52.03.04.2001"
HEADER_2023 = "desa_id,id,nama,sasaran,ndesc,sdate,edate,userid,status,asaldana\n"
HEADER_2024 = "desa_id,id,nama,sasaran,ndesc,sdate,edate,status,asaldana\n"
HEADER_2026 = "desa_id,id,nama,sasaran,ndesc,sdate,edate,asaldana,status\n"


def rows(data: bytes) -> list[Row]:
    return list(read_csv([data]))


def programme(text: str) -> dict[str, object]:
    export = read_export(packed({"x_opendk.csv": BOM + text.encode()}), KODE_DESA)
    (record,) = export.records.values()
    return record


def test_cells_stand_under_their_index_and_blank_ones_are_not_there() -> None:
    assert rows(BOM + b"a,b,c\n1,,3\n") == [
        Row(1, {"0": "a", "1": "b", "2": "c"}),
        Row(2, {"0": "1", "2": "3"}),
    ]


def test_a_row_of_another_length_is_a_misfit() -> None:
    assert [it.misfit for it in rows(b"a,b\n1\n1,2\n1,2,3\n\n")] == [
        False,
        True,
        False,
        True,
        False,
    ]


@pytest.mark.parametrize(
    ("header", "row"),
    [
        (HEADER_2023, "9,1,APBD"),
        (HEADER_2024, ",1,APBD"),
        (HEADER_2026, "APBD,1"),
    ],
    ids=["named", "unannounced", "aligned"],
)
def test_every_version_of_the_programmes_means_the_same(header: str, row: str) -> None:
    found = programme(f"{header}{KODE_DESA},7,BLT,1,,2026-01-01,2026-12-31,{row}\n")
    assert (found["status"], found["asal_dana"]) == (1, "APBD")


def test_a_programme_with_two_values_too_many_is_left_out() -> None:
    text = f"{HEADER_2024}{KODE_DESA},7,BLT,1,,2026-01-01,2026-12-31,,1,APBD,x\n"
    export = read_export(packed({"x.csv": BOM + text.encode()}), KODE_DESA)
    assert [it.code for it in export.left_out] == ["columns-mismatch"]
    assert export.present is None


def test_the_csv_alone_is_taken_too() -> None:
    data = BOM + f"{HEADER_2024}{KODE_DESA},7,BLT,1,,,,,1,\n".encode()
    assert read_export(data).form.entity == "program_bantuan"


def test_a_part_says_nothing_of_who_is_absent() -> None:
    text = "desa_id,id,id_pembangunan,gambar,persentase,keterangan,created_at,updated_at\n"
    export = read_export(packed({"x.csv": BOM + text.encode()}), KODE_DESA)
    assert (export.form.entity, export.present) == ("dokumentasi_pembangunan", None)


@pytest.mark.parametrize("data", [b'a,"b\n', b'a\n"x"y\n', b"\xff\xfe", b"x" * 3_000_000])
def test_what_cannot_be_read_to_its_end_is_damaged(data: bytes) -> None:
    with pytest.raises(ExportDamagedError):
        rows(data)


texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\r\0"))


@given(st.lists(st.lists(texts, min_size=3, max_size=3), min_size=1), st.integers(1, 7))
def test_whatever_was_written_is_read_again(table: list[list[str]], size: int) -> None:
    """In chunks of any size, also in the middle of a character."""
    buffer = io.StringIO(newline="")
    csv.writer(buffer, lineterminator="\n", quoting=csv.QUOTE_ALL).writerows(table)
    data = BOM + buffer.getvalue().encode()
    chunks = [data[at : at + size] for at in range(0, len(data), size)]
    found = [[it.cells.get(str(index), "") for index in range(3)] for it in read_csv(chunks)]
    assert found == table
