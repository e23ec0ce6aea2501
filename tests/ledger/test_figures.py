"""The office's own figures: what a kind takes, what files say, and acts of the office's log."""

import io
import json
import zipfile
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import Connection
from xlsxwriter import Workbook

from ledger import (
    FIGURE_KINDS,
    Account,
    Figure,
    FigureCell,
    FigureKind,
    FigureRow,
    figures_known,
    read_entry,
    read_figure_acts,
    read_figure_batch,
    read_figures,
    read_figures_file,
)
from ledger.database import Databases
from ledger.errors import FigureFileError, FigureGoneError, FigureRefusedError
from tests.simulator import KODE, KODE_DESA, House

OTHER = f"{KODE}.2002"
DESA = (KODE_DESA, OTHER)
TODAY = date(2026, 11, 20)
AKI, EPIDEMI = FIGURE_KINDS["aki-akb"], FIGURE_KINDS["epidemi-penyakit"]
PAUD, IMUNISASI = FIGURE_KINDS["fasilitas-paud"], FIGURE_KINDS["imunisasi"]
MARCH = {"tahun": "2026", "bulan": "3"}


def table(*rows: str, delimiter: str = ",") -> bytes:
    return "\n".join(rows).replace(",", delimiter).encode()


def read(kind: FigureKind, data: bytes, **chosen: str) -> list[tuple[int, FigureRow]]:
    return list(read_figures_file(kind, data, chosen, DESA, TODAY).rows)


def refused(kind: FigureKind, data: bytes, **chosen: str) -> FigureFileError:
    with pytest.raises(FigureFileError) as caught:
        read_figures_file(kind, data, chosen, DESA, TODAY)
    return caught.value


def workbook(rows: list[list[str | int]]) -> bytes:
    buffer = io.BytesIO()
    with Workbook(buffer) as book:
        page = book.add_worksheet()
        for at, row in enumerate(rows):
            page.write_row(at, 0, row)
    return buffer.getvalue()


def test_a_file_of_opendk_is_of_the_period_chosen() -> None:
    rows: list[list[str | int]] = [
        ["desa_id", "jumlah_aki", "jumlah_akb", "Catatan"], [KODE_DESA, 0, 2, "x"],
        [int(OTHER.replace(".", "")), "", 1], [KODE_DESA, "", "", "kosong"],
    ]  # fmt: skip
    found = read_figures_file(AKI, workbook(rows), MARCH, DESA, TODAY)
    assert found.rows == (
        (2, FigureRow(FigureCell(KODE_DESA, 2026, 3), {"jumlah_aki": 0, "jumlah_akb": 2})),
        (3, FigureRow(FigureCell(OTHER, 2026, 3), {"jumlah_aki": None, "jumlah_akb": 1})),
    )
    assert (found.unread, found.blank) == (("catatan",), 1)


def test_a_csv_of_an_indonesian_spreadsheet_names_its_own_periods() -> None:
    rows = ("Semester,Tahun,desa_id,jumlah_paud_ra,jumlah_guru_paud_ra,jumlah_siswa_paud_ra",
            f"1,2025,{KODE_DESA},2,5,41", f"2,2025,{KODE_DESA},2,6,44")  # fmt: skip
    for data in (table(*rows, delimiter=";"), b"\xef\xbb\xbf" + table(*rows)):
        assert [row.cell.periode for _, row in read(PAUD, data)] == [1, 2]
    # OpenDK has no desa in the files of education: it is chosen.
    bare = table("jumlah_paud_ra,jumlah_guru_paud_ra,jumlah_siswa_paud_ra", "2,5,41")
    ((_, row),) = read(PAUD, bare, desa_id=OTHER, tahun="2026", semester="2")
    assert row.cell == FigureCell(OTHER, 2026, 2)


HEAD = "desa_id,jumlah_aki,jumlah_akb"


@pytest.mark.parametrize(
    ("head", "row", "column"),
    [
        (HEAD, f"{KODE_DESA},1.5,0", "jumlah_aki"),
        (HEAD, f"{KODE_DESA},-1,0", "jumlah_aki"),
        (HEAD, f"{KODE_DESA},0,1.000", "jumlah_akb"),
        (HEAD, f"{KODE_DESA},0,=1+1", "jumlah_akb"),
        (HEAD, f"{KODE_DESA},0,12345678", "jumlah_akb"),
        (HEAD, f"{KODE_DESA},٣,0", "jumlah_aki"),
        (HEAD, "53.06.14.2999,0,0", "desa_id"),
        (HEAD, ",0,0", "desa_id"),
        (HEAD, f"{KODE_DESA},0", ""),
        (f"{HEAD},bulan", f"{KODE_DESA},0,0,4", "bulan"),
        (f"{HEAD},tahun", f"{KODE_DESA},0,0,2025", "tahun"),
    ],
)
def test_what_is_wrong_is_named_by_row_and_column(head: str, row: str, column: str) -> None:
    good = f"{OTHER},0,0" + ("," if head != HEAD else "")
    error = refused(AKI, table(head, good, row), **MARCH)
    assert [(it.row, it.column) for it in error.faults] == [(3, column)]


@pytest.mark.parametrize(
    ("chosen", "column"),
    [
        ({"tahun": "2026", "bulan": "12"}, "bulan"),
        ({"tahun": "2026", "bulan": "13"}, "bulan"),
        ({"tahun": "2027", "bulan": "1"}, "tahun"),
        ({"tahun": "1999", "bulan": "1"}, "tahun"),
        ({"tahun": "", "bulan": "1"}, "tahun"),
        ({"tahun": "2026"}, "bulan"),
    ],
)
def test_a_period_that_cannot_be(chosen: Mapping[str, str], column: str) -> None:
    error = refused(AKI, table(HEAD, f"{KODE_DESA},0,0"), **chosen)
    assert [it.column for it in error.faults] == [column]


def test_a_file_is_refused_as_a_whole() -> None:
    ones = [f"{KODE_DESA},1,1", f"{KODE_DESA},2,2"]
    assert refused(AKI, table(HEAD, *ones), **MARCH).faults[0].why == "sudah dinyatakan di baris 2"
    share = table("desa_id,cakupan_imunisasi", f"{KODE_DESA},101")
    assert "0 sampai 100" in refused(IMUNISASI, share, **MARCH).faults[0].why
    ill = table("desa_id,jumlah_penderita,penyakit_id", f"{KODE_DESA},3,9")
    assert refused(EPIDEMI, ill, **MARCH).faults[0].column == "penyakit_id"
    bomb = io.BytesIO()
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/workbook.xml", "<x/>")
        archive.writestr("xl/worksheets/sheet1.xml", b"<a>" + b" " * 40_000_000)
    many = [f"{KODE_DESA},{year},{month},1,1" for year in range(2000, 2026)
            for month in range(1, 13)]  # fmt: skip
    for data, why in (
        (b"", "kosong"),
        (table("desa_id,jumlah_aki", f"{KODE_DESA},1"), "jumlah_akb tidak ada"),
        (table(f"{HEAD},jumlah_akb", f"{KODE_DESA},1,1,1"), "dua kali"),
        (table(HEAD), "tidak ada baris"),
        (b"PK\x03\x04 no workbook", "bukan XLSX"),
        (b"\x00\xff\xfe", "bukan XLSX"),
        (bomb.getvalue(), "terlalu besar"),
        (b"x" * 1_100_000, "melebihi 1 MiB"),
        (table(HEAD, *[f"53.06.14.{it},x,x" for it in range(3000, 3400)]), "tidak benar"),
    ):
        assert why in str(refused(AKI, data, **MARCH))
    assert len(read(AKI, table("desa_id,tahun,bulan,jumlah_aki,jumlah_akb", *many))) == len(many)


def test_periods_make_what_their_kind_says() -> None:
    assert AKI.over_periods([1, None, 2]) == 3
    assert PAUD.over_periods([5, 7]) == PAUD.over_periods([7, None]) == 7
    assert IMUNISASI.over_periods([90, None, 85]) == Decimal("87.5")
    assert IMUNISASI.over_desa([Decimal("87.5"), 100, None]) == Decimal("93.8")
    assert {it.over_periods([None]) for it in FIGURE_KINDS.values()} == {None}


@pytest.fixture(scope="module")
def house(shared_databases: Databases) -> House:
    house = House(shared_databases)
    for kode in DESA:
        house.village(kode)
    return house


@pytest.fixture(scope="module")
def clerk(house: House) -> Account:
    house.accounts.add("siti", "Siti", "staf", KODE, "kata sandi panjang")
    account = house.accounts.get("siti")
    assert account
    return account


def row(kode: str, akb: int | None, bulan: int = 3) -> tuple[int, FigureRow]:
    return 0, FigureRow(FigureCell(kode, 2026, bulan), {"jumlah_aki": 0, "jumlah_akb": akb})


def test_an_act_replaces_and_a_withdrawal_empties(house: House, clerk: Account) -> None:
    state, reader = house.figures.state, house.databases.reader
    size = house.ledger.head(KODE_DESA).size
    first = state(AKI, [row(KODE_DESA, 2), row(OTHER, 1)], clerk, known=0, source="ab" * 32)
    with pytest.raises(FigureGoneError):
        state(AKI, [row(OTHER, 5)], clerk, known=0)
    with pytest.raises(FigureRefusedError, match="sama dengan"):
        state(AKI, [row(OTHER, 1)], clerk, known=first[0].office_position)
    # What stands already is left out, the rest is one batch.
    (second,) = state(AKI, [row(KODE_DESA, 3), row(OTHER, 1)], clerk, known=99)
    with reader.connect() as tx:
        assert [it.angka["jumlah_akb"] for it in read_figures(tx, KODE, AKI.name)] == [3, 1]
        assert figures_known(tx) == second.office_position
        assert read_figures(tx, "53.06.1") == []
        line, other = lines_of(tx, house, first[0].office_position)
    assert line["data"] == {
        "tabel": "aki-akb", "kode_desa": KODE_DESA, "tahun": 2026, "bulan": 3,
        "tindakan": "nyatakan", "angka": {"jumlah_aki": 0, "jumlah_akb": 2}, "cara": "berkas",
        "berkas": "ab" * 32, "baris": 0, "oleh": "siti", "peran": "staf",
    }  # fmt: skip
    assert (line["entity"], other["data"]["kode_desa"]) == ("tabel_kecamatan", OTHER)
    cell = FigureCell(KODE_DESA, 2026, 3)
    with pytest.raises(FigureRefusedError, match="alasan"):
        house.figures.withdraw(AKI, cell, clerk, "karena", known=99)
    gone = house.figures.withdraw(AKI, cell, clerk, "salah-desa", known=99)
    with pytest.raises(FigureRefusedError, match="tidak ada"):
        house.figures.withdraw(AKI, cell, clerk, "salah-desa", known=99)
    with reader.connect() as tx:
        assert [it.kode_desa for it in read_figures(tx, KODE)] == [OTHER]
        acts = read_figure_acts(tx, KODE_DESA, AKI.name, 2026, 3)
        assert [it.act for it in acts] == ["cabut", "nyatakan", "nyatakan"]
        assert read_figure_batch(tx, OTHER, gone.office_position) == []
        (line,) = lines_of(tx, house, gone.office_position)
    assert line["data"]["alasan"] == "salah-desa"
    assert "angka" not in line["data"]
    state(AKI, [row(KODE_DESA, 3)], clerk, known=99)  # what was taken back may be stated again
    assert house.ledger.head(KODE_DESA).size == size  # a desa's log is not touched


def lines_of(tx: Connection, house: House, position: int) -> list[dict[str, Any]]:
    return [json.loads(it) for it in read_entry(tx, house.office.kode, position).lines()]


def test_nothing_is_stated_of_a_foreign_or_unknown_desa(house: House, clerk: Account) -> None:
    house.accounts.add("petrus", "Petrus", "staf", OTHER, "kata sandi panjang")
    other = house.accounts.get("petrus")
    assert other
    before = figures(house)
    for account, kode in ((other, KODE_DESA), (clerk, f"{KODE}.2999")):
        with pytest.raises(FigureRefusedError, match="tidak terdaftar"):
            house.figures.state(AKI, [row(OTHER, 4, 5), row(kode, 4, 5)], account, known=99)
    assert figures(house) == before


def figures(house: House) -> list[Figure]:
    with house.databases.reader.connect() as tx:
        return read_figures(tx, KODE)


def test_headers_are_opendks() -> None:
    """As its import forms name them, so that files made for OpenDK are taken."""
    known = {it.name: " ".join(at.name for at in it.columns) for it in FIGURE_KINDS.values()}
    assert known == {
        "tingkat-pendidikan": "tidak_tamat_sekolah tamat_sd_sederajat tamat_smp_sederajat "
        "tamat_sma_sederajat tamat_diploma_sederajat",
        "putus-sekolah": "siswa_paud_ra anak_usia_paud_ra siswa_sd_mi anak_usia_sd_mi "
        "siswa_smp_mts anak_usia_smp_mts siswa_sma_ma anak_usia_sma_ma",
        "fasilitas-paud": "jumlah_paud_ra jumlah_guru_paud_ra jumlah_siswa_paud_ra",
        "aki-akb": "jumlah_aki jumlah_akb",
        "imunisasi": "cakupan_imunisasi",
        "epidemi-penyakit": "jumlah_penderita",
        "toilet-sanitasi": "toilet sanitasi",
    }
