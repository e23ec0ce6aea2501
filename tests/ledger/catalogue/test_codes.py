from importlib import resources

import pytest

from ledger.catalogue.codes import TABLES

# How many codes each table has, counted in OpenSID's and OpenDK's own seeders.
COUNTS = {
    "agama": 7,
    "apbdes_akun": 245,
    "apbdes_bidang_kegiatan": 271,
    "asuransi": 4,
    "bahasa": 6,
    "cacat": 7,
    "cara_kb": 8,
    "golongan_darah": 13,
    "hubungan_keluarga": 11,
    "hubungan_rtm": 2,
    "jabatan_lembaga": 5,
    "jenis_kelahiran": 4,
    "jenis_kelamin": 2,
    "jenis_pindah": 4,
    "kategori_sarana": 13,
    "kategori_umur_opendk": 7,
    "kehamilan": 2,
    "kelas_sosial_keluarga": 5,
    "kepemilikan_ktp": 3,
    "pekerjaan": 89,
    "pendidikan_kk": 10,
    "pendidikan_sedang": 18,
    "penolong_kelahiran": 4,
    "penolong_kematian": 4,
    "peristiwa_keluarga": 10,
    "peristiwa_penduduk": 6,
    "provinsi": 38,
    "rentang_umur_opensid": 21,
    "sakit_menahun": 14,
    "sasaran_program": 4,
    "sebab_kematian": 6,
    "statistik_opensid": 43,
    "status_dasar": 6,
    "status_kawin": 4,
    "status_penduduk": 2,
    "status_rekam_ktp": 8,
    "suku": 163,
    "tempat_dilahirkan": 5,
    "warganegara": 3,
}


def test_every_table_is_complete() -> None:
    assert {name: len(table) for name, table in TABLES.items()} == COUNTS


def test_every_file_is_in_the_index() -> None:
    folder = resources.files("ledger.catalogue") / "tables"
    files = {it.name.removesuffix(".csv") for it in folder.iterdir() if it.name.endswith(".csv")}
    assert files == {*TABLES, "index"}


@pytest.mark.parametrize("name", COUNTS)
def test_the_readme_tells_each_tables_origin_and_rows(name: str) -> None:
    readme = (resources.files("ledger.catalogue") / "tables" / "README.md").read_text()
    assert f"| `{name}.csv` | {COUNTS[name]} |" in readme


def test_a_code_has_its_label() -> None:
    assert TABLES["agama"].label(3) == "KATHOLIK"


def test_an_unknown_code_is_shown_as_one() -> None:
    assert TABLES["agama"].label(77) == "TIDAK DIKENAL (77)"


def test_no_code_is_belum_mengisi() -> None:
    assert TABLES["agama"].label(None) == "BELUM MENGISI"


def test_the_code_of_status_rekam_ktp_is_not_the_rows_id() -> None:
    assert TABLES["status_rekam_ktp"].label(1) == "BELUM WAJIB"
    assert TABLES["status_rekam_ktp"].label(8) == "CARD ISSUED"


def test_status_dasar_has_no_5_7_and_8() -> None:
    assert list(TABLES["status_dasar"]) == [1, 2, 3, 4, 6, 9]


def test_codes_of_provinces_are_texts() -> None:
    assert TABLES["provinsi"].label("53") == "Nusa Tenggara Timur"


def test_further_columns_are_kept() -> None:
    assert TABLES["cara_kb"].rows[0]["sex"] == "2"


@pytest.mark.parametrize("spelling", ["PEREMPUAN", "perempuan", " pr ", "P"])
def test_a_label_or_another_spelling_leads_to_the_code(spelling: str) -> None:
    assert TABLES["jenis_kelamin"].code_of(spelling) == 2


def test_an_unknown_spelling_leads_nowhere() -> None:
    assert TABLES["jenis_kelamin"].code_of("X") is None
