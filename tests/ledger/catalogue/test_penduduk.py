from datetime import date
from typing import Any

import pytest

from ledger.catalogue import age
from tests.ledger.catalogue.records import Read

CHILD = {
    "tanggal_lahir": "2015-06-01",
    "nik": "5306080106150001",
    "kk_level": 4,
    "status_kawin": 1,
    "pendidikan_kk_id": 2,
    "pekerjaan_id": 3,
}


def codes(read: Read, **changed: object) -> list[str]:
    return [finding.code for finding in read("penduduk", **changed).findings]


def test_nothing_is_amiss_with_a_sound_record(read: Read) -> None:
    assert codes(read) == []
    assert codes(read, **CHILD) == []


AMISS: list[tuple[str, dict[str, Any]]] = [
    ("nik-kosong", {"nik": None}),
    ("nik-kosong", {"nik": "0000000000000000"}),
    ("nik-tgl-beda", {"tanggal_lahir": "1984-01-04"}),
    ("nik-tgl-beda", {"tanggal_lahir": "1984-02-03"}),
    ("nik-tgl-beda", {"tanggal_lahir": "1985-01-03"}),
    ("nik-jk-beda", {"sex": 2}),
    ("nik-jk-beda", {"nik": "5306084301840001"}),
    ("nama-kosong", {"nama": " "}),
    ("kosong", {"sex": None}),
    ("kosong", {"tempat_lahir": ""}),
    ("kosong", {"tanggal_lahir": "0000-00-00"}),
    ("kosong", {"warganegara_id": None}),
    ("belum-mengisi", {"agama_id": None}),
    ("belum-mengisi", {"golongan_darah_id": 0}),
    ("lahir-di-masa-depan", {"tanggal_lahir": "2026-11-24", "nik": None}),
    ("umur-lebih-120", {"tanggal_lahir": "1905-11-22", "nik": None}),
    ("tanpa-keluarga", {"id_kk": None, "no_kk": "0"}),
    ("wilayah-kosong", {"id_cluster": None, "rt": "-"}),
    ("kepala-di-bawah-umur", CHILD | {"kk_level": 1}),
    ("suami-bukan-laki-laki", {"kk_level": 2, "sex": 2, "nik": "5306084301840001"}),
    ("istri-bukan-perempuan", {"kk_level": 3}),
    ("pendidikan-melebihi-umur", CHILD | {"pendidikan_kk_id": 5}),
    ("pelajar-di-atas-umur", {"pekerjaan_id": 3}),
    ("aparat-di-bawah-umur", CHILD | {"pekerjaan_id": 5}),
    ("kawin-di-bawah-umur", CHILD | {"status_kawin": 2}),
    ("perkawinan-belum-kawin", {"status_kawin": 1, "akta_perkawinan": "8/28/2009"}),
    ("perkawinan-belum-kawin", {"status_kawin": 1, "tanggal_perkawinan": "2009-09-15"}),
    ("perceraian-tidak-cerai-hidup", {"akta_perceraian": "0008/AC/5306"}),
    ("perceraian-tidak-cerai-hidup", {"tanggal_perceraian": "2019-09-15"}),
    ("wna-tanpa-dokumen", {"warganegara_id": 2}),
    ("kb-tidak-kawin", {"status_kawin": 1, "cara_kb_id": 3}),
    ("hamil-laki-laki", {"hamil": 1}),
    ("rekam-ktp-di-bawah-umur", CHILD | {"status_rekam": 3}),
    ("tag-id-card-panjang", {"tag_id_card": "123456789"}),
    ("nik-panjang", {"ayah_nik": "530608"}),
]


@pytest.mark.parametrize(("code", "changed"), AMISS)
def test_what_is_amiss_is_found(read: Read, code: str, changed: dict[str, Any]) -> None:
    assert code in codes(read, **changed)


@pytest.mark.parametrize("changed", [changed for _, changed in AMISS])
def test_no_flaw_keeps_a_person_out_of_the_read_models(
    read: Read, changed: dict[str, Any]
) -> None:
    assert read("penduduk", **changed).record is not None


@pytest.mark.parametrize(
    "changed",
    [
        {"tanggal_lahir": "2026-11-23", "nik": None, "kk_level": 4, "status_kawin": 1}
        | {"pendidikan_kk_id": 1},
        {"tanggal_lahir": "1906-11-23", "nik": None},
        {"tanggal_lahir": "1905-01-01", "nik": None, "status_dasar": 2},
        {"id_kk": None},
        {"no_kk": None},
        {"id_kk": None, "no_kk": None, "status_dasar": 3},
        {"id_cluster": None, "rt": "003"},
        {"pekerjaan_id": 3, "status_dasar": 2},
        {"status_kawin": 3, "akta_perceraian": "0008/AC/5306"},
        {"warganegara_id": 2, "dokumen_kitas": "2C0001AD"},
        {"warganegara_id": 2, "dokumen_paspor": "A1234567"},
        {"hamil": 2},
        {"tag_id_card": "1234567890"},
        {"ayah_nik": "0"},
        {"nik": "3578010301840001"},
    ],
)
def test_what_is_allowed_is_not_remarked(read: Read, changed: dict[str, Any]) -> None:
    assert set(codes(read, **changed)) <= {"nik-kosong"}


def test_a_temporary_nik_is_no_fault(read: Read) -> None:
    [finding] = read("penduduk", nik="0530614200100001").findings
    assert (finding.code, finding.severity) == ("nik-sementara", "notice")


@pytest.mark.parametrize(
    ("on", "years"),
    [(date(2025, 2, 28), 24), (date(2025, 3, 1), 25), (date(2028, 2, 29), 28)],
)
def test_who_is_born_on_29_february_turns_on_1_march(on: date, years: int) -> None:
    assert age(date(2000, 2, 29), on) == years
