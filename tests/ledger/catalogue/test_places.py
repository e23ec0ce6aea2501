"""Desa, wilayah and keluarga: the small entities."""

from typing import Any

import pytest

from tests.ledger.catalogue.records import Read

SQUARE = [[[-8.5, 122.1], [-8.6, 122.1], [-8.6, 122.2], [-8.5, 122.2]]]


@pytest.mark.parametrize("entity", ["desa", "wilayah", "keluarga"])
def test_nothing_is_amiss_with_a_sound_record(read: Read, entity: str) -> None:
    assert read(entity).findings == ()


@pytest.mark.parametrize(
    ("entity", "code", "changed"),
    [
        ("desa", "kode-wilayah-beda", {"kode_kecamatan": "53.06.13"}),
        ("desa", "kode-wilayah-beda", {"kode_kabupaten": "53.07"}),
        ("desa", "kode-wilayah-beda", {"kode_propinsi": "52"}),
        ("desa", "kode-bps-tidak-sah", {"kode_desa_bps": "53061"}),
        ("desa", "kode-pos-tidak-sah", {"kode_pos": "8625"}),
        ("desa", "email-tidak-sah", {"email_desa": "lamika"}),
        ("desa", "url-tidak-sah", {"website": "lamika.desa.example"}),
        ("desa", "koordinat-di-luar-indonesia", {"lat": 8.5}),
        ("desa", "poligon-tidak-sah", {"path": [[-8.5, 122.1]]}),
        ("desa", "pilihan-tidak-dikenal", {"satuan_luas": "are"}),
        ("wilayah", "kosong", {"dusun": None}),
        ("wilayah", "koordinat-di-luar-indonesia", {"lng": 80}),
        ("keluarga", "kk-bukan-16-digit", {"no_kk": "530614"}),
        ("keluarga", "kk-sementara", {"no_kk": "0530614200100001"}),
        ("keluarga", "kosong", {"no_kk": "0"}),
        ("keluarga", "kosong", {"kepala_id": 0}),
    ],
)
def test_what_is_amiss_is_found_and_projected(
    read: Read, entity: str, code: str, changed: dict[str, Any]
) -> None:
    reading = read(entity, **changed)
    assert [finding.code for finding in reading.findings] == [code]
    assert reading.record is not None


def test_a_desa_may_leave_out_its_name_as_the_old_protocol_does(read: Read) -> None:
    reading = read("desa", nama_desa="")
    assert reading.record is not None
    assert reading.findings == ()


def test_a_desa_may_leave_out_its_code(read: Read) -> None:
    assert read("desa", kode_desa=None).record.kode_desa == "53.06.14.2001"


def test_a_desa_may_write_its_code_without_dots(read: Read) -> None:
    assert read("desa", kode_desa="5306142001").record.kode_desa == "53.06.14.2001"


def test_a_desa_does_not_speak_for_another(read: Read) -> None:
    reading = read("desa", kode_desa="53.06.14.2002")
    assert reading.record is None
    assert [finding.code for finding in reading.findings] == ["id-beda"]


def test_a_border_is_read(read: Read) -> None:
    assert read("wilayah", path=SQUARE).record.path[0][0] == (-8.5, 122.1)


def test_an_area_is_exact(read: Read) -> None:
    assert str(read("desa", luas_wilayah=12.34).record.luas_wilayah) == "12.34"


def test_an_area_below_nothing_is_none(read: Read) -> None:
    reading = read("desa", luas_wilayah=-12.34)
    assert reading.record.luas_wilayah is None
    assert ("luas_wilayah", "angka-tidak-sah") in [(it.field, it.code) for it in reading.findings]
