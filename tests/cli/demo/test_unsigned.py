"""The desa of the demonstration whose OpenSID cannot sign: what its dumps say."""

from datetime import date

import pytest

from cli.demo import unsigned
from cli.demo.village import Village
from ledger.opensid import Export, read_export

UNTIL = date(2026, 11, 20)


@pytest.fixture(scope="module")
def village() -> Village:
    return unsigned.people_of(UNTIL)


def export(rows: list[dict[str, str]]) -> Export:
    """The rows, as the office reads them."""
    _, data = unsigned.form(rows, UNTIL)["fields"]["file"]
    return read_export(data, unsigned.KODE)


def test_the_first_dump_is_whole(village: Village) -> None:
    people = village.state_after(unsigned.LOADED)["penduduk"]
    read = export(unsigned.first(village))
    assert (read.kode_desa, read.left_out, read.complete) == (unsigned.KODE, (), True)
    assert read.records.keys() == people.keys()
    for id_, record in read.records.items():
        told = people[id_]
        for name in ("nik", "no_kk", "nama", "sex", "tanggal_lahir", "dusun", "rt", "alamat"):
            assert record[name] == told[name]


def test_of_the_second_a_row_cannot_be_told(village: Village) -> None:
    before, read = export(unsigned.first(village)), export(unsigned.second(village))
    assert [(it.row, it.code) for it in read.left_out] == [(13, "id-malformed")]
    assert read.present is None
    assert len(before.records.keys() - read.records.keys()) == 3


def test_its_numbers_are_nobody_elses(village: Village) -> None:
    """Those of the desa that sign count from one."""
    people = village.state_after(unsigned.LOADED)["penduduk"].values()
    numbers = {it[name] for it in people for name in ("nik", "no_kk") if it[name]}
    assert {it[12:14] for it in numbers if not it.startswith("0")} == {"90"}
