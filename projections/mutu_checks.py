"""What takes more than one record to judge: one declaration each, as domain rules 1.3.2 list it.

A check looks at all that a desa states as of a batch and points at the records that are amiss. It
is asked when somebody wants to know, not kept by batch: what one record says may put many others
right or wrong, so that to keep them would mean to look at all of them at every batch, where a
single look at a desa of 3,000 takes what a page may take, and grows with the people in it
(`tests/bench/mutu.py`); some depend on the day; and asked anew, no answer is ever older than the
records. Findings of single records are in `mutu`.

Checks of what another entity says are silent while a desa sends nothing of that entity: today's
OpenSID sends neither families nor events. The SQL of each is in `queries/mutu_checks.sql`, under
its code with `_` for `-`. [pure]
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, NamedTuple

from ledger.catalogue import Severity


class Check(NamedTuple):
    """A kind of finding: the entity whose records it points at, the column, and the sentence."""

    code: str
    entity: str
    field: str
    severity: Severity
    sentence: str


def _warnings(entity: str, *checks: tuple[str, str, str]) -> tuple[Check, ...]:
    return tuple(Check(code, entity, field, "warning", it) for code, field, it in checks)


ANTAR_DESA, ANTAR_DESA_BARU = "nik-ganda-antar-desa", "nik-antar-desa-baru"
TIDAK_SEIMBANG, JUMLAH_BEDA, RANGKAP = (
    "apbdes-tidak-seimbang",
    "apbdes-jumlah-beda",
    "apbdes-rangkap",
)
_ALL: Final = (
    *_warnings(
        "penduduk",
        ("nik-ganda", "nik", "NIK dipakai lebih dari satu penduduk hidup."),
        ("keluarga-tanpa-kepala", "kk_level", "Keluarga tanpa kepala yang hidup."),
        ("kepala-ganda", "kk_level", "Keluarga dengan lebih dari satu kepala."),
        ("pasangan-ganda", "kk_level", "Keluarga dengan lebih dari satu istri atau suami."),
        (
            "kawin-tanpa-pasangan",
            "status_kawin",
            "Berstatus kawin dan di bawah 60 tahun, tetapi tanpa pasangan dalam keluarga.",
        ),
        ("anak-lebih-tua", "tanggal_lahir", "Anak tidak lebih muda dari orang tuanya."),
        (
            "orang-tua-di-bawah-12",
            "tanggal_lahir",
            "Orang tua berumur di bawah 12 tahun saat anak lahir.",
        ),
        ("keluarga-tidak-dikenal", "id_kk", "Keluarga penduduk ini tidak ada di antara keluarga."),
        ("no-kk-beda", "no_kk", "Nomor KK berbeda dari nomor KK keluarganya."),
        (
            "wilayah-tidak-dikenal",
            "id_cluster",
            "RT tempat tinggal tidak ada dalam daftar wilayah.",
        ),
        ("hidup-kembali", "", "Penduduk ini ada lagi, padahal sudah dihapus oleh desa."),
        (
            "status-dasar-beda",
            "status_dasar",
            "Status dasar tidak sesuai dengan peristiwa terakhir.",
        ),
    ),
    Check("tanpa-peristiwa", "penduduk", "", "notice", "Penduduk tanpa satu pun peristiwa."),
    *_warnings(
        "keluarga",
        ("kk-ganda", "no_kk", "Nomor KK dipakai lebih dari satu keluarga."),
        ("kepala-tidak-dikenal", "kepala_id", "Kepala keluarga tidak ada di antara penduduk."),
        ("kepala-tidak-hidup", "kepala_id", "Kepala keluarga sudah tidak hidup atau pindah."),
    ),
    *_warnings(
        "wilayah",
        ("wilayah-ganda", "rt", "Dusun, RW, dan RT ini terdaftar lebih dari sekali."),
        (
            "kepala-wilayah-tidak-dikenal",
            "id_kepala",
            "Kepala wilayah tidak ada di antara penduduk.",
        ),
    ),
    *_warnings(
        "peristiwa",
        ("peristiwa-rangkap", "tgl_peristiwa", "Dua peristiwa sejenis pada hari yang sama."),
        ("peristiwa-tanpa-penduduk", "id_pend", "Peristiwa penduduk yang tidak pernah dikirim."),
        ("keluar-dua-kali", "kode", "Keluar lagi, padahal sudah keluar dan belum kembali."),
        ("lapor-sebelum-lahir", "tgl_lapor", "Dilaporkan sebelum orangnya lahir."),
        ("lahir-beda-tanggal", "tgl_peristiwa", "Hari kelahiran berbeda dari tanggal lahir."),
    ),
    *_warnings(
        "peserta_bantuan",
        ("program-tidak-dikenal", "program_id", "Program bantuan peserta ini tidak dikirim."),
        ("peserta-tidak-dikenal", "peserta", "Peserta tidak ada di antara penduduk desa."),
        (
            "salah-sasaran",
            "peserta",
            "Salah sasaran: peserta sudah meninggal, pindah, atau tidak ada lagi.",
        ),
    ),
    *_warnings(
        "aparatur",
        ("kepala-desa-ganda", "jenis_jabatan", "Lebih dari satu kepala desa aktif."),
        ("aparatur-tidak-dikenal", "id_pend", "Aparatur tidak ada di antara penduduk."),
    ),
    *_warnings(
        "lembaga",
        ("kode-lembaga-ganda", "kode", "Kode dipakai lebih dari satu lembaga."),
        ("ketua-tidak-hidup", "ketua_id", "Ketua tidak dikenal, sudah meninggal, atau pindah."),
    ),
    *_warnings(
        "anggota_lembaga",
        ("lembaga-tidak-dikenal", "id_lembaga", "Lembaga anggota ini tidak dikirim."),
        (
            "anggota-tidak-hidup",
            "id_penduduk",
            "Anggota tidak dikenal, sudah meninggal, atau pindah.",
        ),
    ),
    *_warnings(
        "pembangunan",
        (
            "pembangunan-tanpa-apbdes",
            "tahun_anggaran",
            "Pembangunan pada tahun yang APBDes-nya tidak dikirim.",
        ),
    ),
    *_warnings(
        "dokumentasi_pembangunan",
        ("kemajuan-turun", "persentase", "Persentase kemajuan turun."),
        ("selesai-tanpa-foto", "gambar", "Pembangunan selesai tanpa foto."),
    ),
    *_warnings(
        "surat",
        ("surat-tidak-dikenal", "nik", "NIK dalam surat tidak dimiliki penduduk yang hidup."),
    ),
    *_warnings(
        "laporan",
        ("laporan-rangkap", "periode", "Lebih dari satu laporan untuk masa yang sama."),
    ),
)

CHECKS: Final[Mapping[str, Check]] = MappingProxyType({it.code: it for it in _ALL})
"""The checks that are SQL, by code, in the order of pages."""

OTHERS: Final[Mapping[str, Check]] = MappingProxyType(
    {
        it.code: it
        for it in (
            Check(
                ANTAR_DESA,
                "penduduk",
                "nik",
                "warning",
                "NIK dipakai juga oleh penduduk hidup desa lain, lebih dari 30 hari.",
            ),
            Check(
                ANTAR_DESA_BARU,
                "penduduk",
                "nik",
                "notice",
                "NIK dipakai juga oleh penduduk hidup desa lain; wajar selama kepindahan.",
            ),
            *_warnings(
                "apbdes",
                (TIDAK_SEIMBANG, "anggaran", "Anggaran tidak seimbang."),
                (JUMLAH_BEDA, "anggaran", "Jumlah bukan jumlah baris di bawahnya."),
                (RANGKAP, "kode_rekening", "Baris anggaran yang sama lebih dari sekali."),
            ),
        )
    },
)
"""Those that look at several desa, or add up."""

ABOUT_PEOPLE: Final = frozenset(
    {
        "kepala-tidak-hidup",
        "lapor-sebelum-lahir",
        "lahir-beda-tanggal",
        "ketua-tidak-hidup",
        "anggota-tidak-hidup",
    },
)
"""Those whose other records are people, where the record itself is not."""
