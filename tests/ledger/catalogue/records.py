"""Records that the tests of the catalogue begin with."""

from collections.abc import Callable
from datetime import date
from typing import Any

from ledger.catalogue import Reading

KODE_DESA = "53.06.14.2001"
TODAY = date(2026, 11, 23)

SOUND: dict[str, dict[str, Any]] = {
    "desa": {"kode_desa": KODE_DESA, "nama_desa": "Lamika"},
    "wilayah": {"id": 9, "dusun": "HULU", "rw": "001", "rt": "003"},
    "keluarga": {"id": 1, "no_kk": "5306140901160001", "kepala_id": 1},
    "penduduk": {
        "id": 1,
        "nik": "5306080301840001",
        "nama": "YOSEPH LEIN",
        "id_kk": 1,
        "no_kk": "5306140901160001",
        "kk_level": 1,
        "sex": 1,
        "tempat_lahir": "DENPASAR",
        "tanggal_lahir": "1984-01-03",
        "agama_id": 2,
        "pendidikan_kk_id": 5,
        "pendidikan_sedang_id": 18,
        "pekerjaan_id": 88,
        "status_kawin": 2,
        "warganegara_id": 1,
        "golongan_darah_id": 13,
        "cacat_id": 7,
        "id_cluster": 9,
        "status_dasar": 1,
    },
    "peristiwa": {
        "id": 1,
        "kode": 5,
        "jenis": "pindah_masuk",
        "id_pend": 1,
        "tgl_peristiwa": "2026-11-20",
        "tgl_lapor": "2026-11-21",
    },
    "peristiwa_keluarga": {"id": 1, "id_kk": 1, "kode": 1, "tgl_peristiwa": "2026-11-20"},
    "rumah_tangga": {"id": 1, "no_rtm": "530614200100001", "kepala_id": 1},
    "aparatur": {
        "id": 1,
        "nama": "YOHANES KELEN",
        "id_pend": 1,
        "nip": "198401032009011001",
        "jabatan": "Kepala Desa",
        "jenis_jabatan": 1,
        "tgl_sk_angkat": "2021-05-10",
        "aktif": True,
    },
    "lembaga": {"id": 1, "tipe": "lembaga", "nama": "PKK", "ketua_id": 1},
    "anggota_lembaga": {"id": 1, "id_lembaga": 1, "id_penduduk": 1, "jabatan": 1},
    "suplemen": {"id": 1, "nama": "Penerima bibit", "sasaran": 1},
    "suplemen_terdata": {"id": 1, "id_suplemen": 1, "id_terdata": 1},
    "apbdes": {
        "id": "2026/murni/01.01.02/5.1.2.01",
        "tahun": 2026,
        "jenis_anggaran": "murni",
        "kode_rekening": "5.1.2.01",
        "kode_kegiatan": "01.01.02",
        "anggaran": "24000000.50",
        "realisasi": "12000000",
        "sumber_dana": "ADD",
        "periode": "semester-1",
    },
    "potensi": {"id": 1, "kategori": "Pertanian", "nama": "Jambu mete", "tahun": 2026},
    "sarana": {"id": 1, "kategori": "posyandu", "nama": "Melati", "jumlah": 1},
    "produk_hukum": {"id": 1, "jenis": "perdes", "nomor": "1", "tentang": "APBDes 2026"},
    "program_bantuan": {"id": 1, "nama": "BLT Dana Desa", "sasaran": 1},
    "peserta_bantuan": {"id": 1, "program_id": 1, "peserta": "5306080301840001"},
    "pembangunan": {"id": 1, "judul": "Jembatan", "tahun_anggaran": 2026},
    "dokumentasi_pembangunan": {"id": 1, "id_pembangunan": 1, "persentase": 30},
    "laporan": {
        "id": 1,
        "jenis": "laporan_apbdes",
        "judul": "Semester 1",
        "tahun": 2026,
        "periode": 1,
        "berkas": f"sha256:{64 * '0'}",
    },
    "surat": {
        "nomor": "470/1/2026",
        "nama": "Keterangan domisili",
        "nik": "5306080301840001",
        "tanggal": "2026-11-20T09:15:00",
        "berkas": f"sha256:{64 * '0'}",
    },
    "pesan": {"id": 1, "percakapan": 1, "judul": "Data", "isi": "Mohon", "pengirim": "desa"},
    "upload": {
        "id": "018f",
        "endpoint": "penduduk/storedata",
        "sha256": 64 * "0",
        "bytes": 100,
        "token": "1",
    },
}
"""One record of each entity with which nothing is amiss."""

Read = Callable[..., Reading]
