"""What can be amiss with a statement, and the sentence that says so.

A finding (temuan) never stops a batch: the statement is kept as the desa signed it. A *severe* one
means that the record cannot be projected; a *warning* goes to the desa's data-quality page; a
*notice* is worth knowing and no fault.

Codes are kebab-case and for ever. Sentences name the column and, where that helps whoever has to
look for it, the value; never a NIK, a KK number or a name, not even one that strayed into another
column: only short numbers and dates are repeated. [pure]
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final, Literal

import msgspec

Severity = Literal["severe", "warning", "notice"]

HIDDEN: Final = "(disamarkan)"
"""Stands for a value that a message must not repeat."""

_MOST_DIGITS = 8  # a date has as many; half a NIK
_HARMLESS = re.compile(r"[0-9./: -]{1,12}", re.ASCII)


class Finding(msgspec.Struct, frozen=True):
    """One thing amiss. `line` counts from 1 in the batch, and is 0 outside one."""

    line: int
    entity: str
    id: str
    field: str | None
    code: str
    severity: Severity
    message: str


@dataclass(frozen=True)
class FindingKind:
    """What a code means; the sentence may name the column's `{label}` and the `{value}`."""

    code: str
    severity: Severity
    sentence: str

    def message(self, label: str, value: object) -> str:
        """The sentence about one value."""
        return self.sentence.format(label=label, value=_shown(value))


def _shown(value: object) -> str:
    text = str(value)
    digits = sum(character.isdigit() for character in text)
    return text if digits <= _MOST_DIGITS and _HARMLESS.fullmatch(text) else HIDDEN


_SEVERE: Final = {
    "data-tidak-terbaca": "Isi catatan bukan satu objek JSON yang dapat dibaca.",
    "id-tidak-sah": "ID catatan tidak sah.",
    "id-beda": "{label} berbeda dari ID perubahan.",
    "desa-lain": "Catatan ini tentang desa lain, bukan desa pengirim.",
    "wajib-kosong": "{label} wajib diisi.",
    "jenis-peristiwa-tidak-jelas": "Jenis peristiwa kosong, tidak dikenal, atau bertentangan "
    "dengan kodenya.",
    "kode-rekening-tidak-sah": "{label}: {value} bukan rekening pendapatan (4), belanja (5), "
    "pembiayaan (6), atau non anggaran (7).",
    "tahun-anggaran-tidak-sah": "{label}: {value} bukan tahun anggaran.",
}

_WARNINGS: Final = {
    # what was sent
    "entitas-tidak-dikenal": "Jenis catatan ini belum dikenal; disimpan, tetapi belum diolah.",
    "kolom-tidak-dikenal": "Kolom ini tidak dikenal dan tidak dibaca.",
    "kosong": "{label} belum diisi.",
    # how a value is written
    "teks-tidak-sah": "{label} bukan teks.",
    "teks-berupa-angka": "{label} dikirim sebagai angka; dibaca sebagai teks.",
    "teks-panjang": "{label} lebih panjang dari {value} karakter.",
    "karakter-kendali": "{label} mengandung karakter yang tidak dapat dicetak.",
    "angka-tidak-sah": "{label}: {value} bukan angka yang dapat dipakai.",
    "angka-tidak-baku": "{label}: {value} tidak ditulis sebagai bilangan bulat.",
    "kode-tidak-sah": "{label}: {value} bukan kode.",
    "kode-tidak-dikenal": "{label}: kode {value} tidak dikenal.",
    "pilihan-tidak-dikenal": "{label} bukan salah satu pilihan yang dikenal.",
    "ya-tidak-tidak-sah": "{label} bukan ya atau tidak.",
    "tanggal-tidak-sah": "{label}: {value} bukan tanggal yang sah (YYYY-MM-DD).",
    "waktu-tidak-sah": "{label}: {value} bukan waktu yang sah (YYYY-MM-DD HH:MM:SS).",
    "jam-tidak-sah": "{label}: {value} bukan jam yang sah (HH:MM).",
    "nomor-tidak-sah": "{label} tidak dapat dibaca sebagai nomor.",
    "kode-wilayah-tidak-sah": "{label} bukan kode wilayah yang sah.",
    "kode-wilayah-beda": "{label} tidak sesuai dengan kode desa.",
    "koordinat-di-luar-indonesia": "{label}: {value} berada di luar Indonesia.",
    "poligon-tidak-sah": "{label} bukan poligon: daftar cincin titik [lat, lng].",
    "url-tidak-sah": "{label} bukan alamat http atau https.",
    "email-tidak-sah": "{label} bukan alamat surel.",
    "berkas-tidak-sah": "{label} bukan acuan berkas.",
    "kode-pos-tidak-sah": "{label} bukan 5 angka.",
    "kode-bps-tidak-sah": "{label} bukan 10 angka.",
    # numbers of people and families
    "nik-kosong": "{label} belum diisi.",
    "nik-bukan-angka": "{label} tidak hanya terdiri dari angka.",
    "nik-panjang": "{label} tidak terdiri dari 16 angka.",
    "nik-struktur": "{label} tidak sesuai susunan NIK: wilayah, tanggal lahir, nomor urut.",
    "nik-tgl-beda": "Tanggal lahir dalam {label} berbeda dari kolom tanggal lahir.",
    "nik-jk-beda": "Jenis kelamin dalam {label} berbeda dari kolom jenis kelamin.",
    "kk-bukan-16-digit": "{label} tidak terdiri dari 16 angka.",
    # penduduk
    "nama-kosong": "{label} belum diisi.",
    "nama-karakter": "{label} mengandung karakter selain huruf, spasi, ' . , dan -.",
    "nama-angka": "{label} mengandung angka.",
    "nama-gelar": "{label} tampaknya mengandung gelar.",
    "lahir-di-masa-depan": "{label}: {value} masih di masa depan.",
    "umur-lebih-120": "{label}: {value} menjadikan umur lebih dari 120 tahun.",
    "tanpa-keluarga": "Penduduk hidup tanpa keluarga: ID keluarga dan nomor KK kosong.",
    "wilayah-kosong": "Dusun, RW, dan RT tempat tinggal belum diisi.",
    "kepala-di-bawah-umur": "Kepala keluarga berumur di bawah 15 tahun.",
    "suami-bukan-laki-laki": "Hubungan keluarga suami, tetapi jenis kelamin bukan laki-laki.",
    "istri-bukan-perempuan": "Hubungan keluarga istri, tetapi jenis kelamin bukan perempuan.",
    "pendidikan-melebihi-umur": "{label} lebih tinggi dari yang mungkin pada umurnya.",
    "pelajar-di-atas-umur": "Pelajar/mahasiswa berumur di atas 30 tahun.",
    "aparat-di-bawah-umur": "PNS, TNI, atau POLRI berumur di bawah 17 tahun.",
    "kawin-di-bawah-umur": "Berstatus kawin pada umur di bawah 16 tahun.",
    "perkawinan-belum-kawin": "{label} diisi, tetapi status perkawinan belum kawin.",
    "perceraian-tidak-cerai-hidup": "{label} diisi, tetapi status perkawinan bukan cerai hidup.",
    "wna-tanpa-dokumen": "WNA tanpa nomor paspor maupun KITAS/KITAP.",
    "kb-tidak-kawin": "{label} diisi, tetapi status perkawinan bukan kawin.",
    "hamil-laki-laki": "Status kehamilan hamil pada penduduk laki-laki.",
    "rekam-ktp-di-bawah-umur": "Sudah rekam KTP-el pada umur di bawah 16 tahun.",
    "tag-id-card-panjang": "{label} tidak terdiri dari 10 sampai 17 karakter.",
    "hapus-tidak-dikenal": "Penduduk yang dihapus ini tidak pernah dikirim.",
    # peristiwa
    "peristiwa-setelah-lapor": "{label}: {value} sesudah tanggal lapor.",
    "lapor-di-masa-depan": "{label}: {value} masih di masa depan.",
    "lapor-terlambat": "{label}: {value} lebih dari setahun sebelum dicatat.",
    # bantuan, pembangunan, laporan, surat
    "selesai-sebelum-mulai": "{label}: {value} mendahului tanggal mulai.",
    "jumlah-biaya-beda": "{label} bukan jumlah dari sumber-sumbernya.",
    "persentase-lebih-100": "{label}: {value} lebih dari 100.",
    "tahun-tidak-sah": "{label}: {value} bukan tahun laporan.",
    "periode-tidak-sah": "{label}: {value} tidak ada dalam setahun untuk jenis laporan ini.",
    "surat-di-masa-depan": "{label}: {value} masih di masa depan.",
    # apbdes
    "tahun-anggaran-di-masa-depan": "{label}: {value} lebih dari setahun lagi.",
    "rekening-tidak-dikenal": "{label}: {value} tidak ada dalam Permendagri 20/2018.",
    "kode-kegiatan-tidak-sah": "{label}: {value} bukan kode bidang, subbidang, atau kegiatan.",
    "belanja-tanpa-kegiatan": "Belanja tanpa kode kegiatan.",
    "kegiatan-bukan-belanja": "{label} diisi, tetapi rekeningnya bukan belanja.",
    "bidang-tidak-dikenal": "{label}: {value} tidak termasuk bidang 01 sampai 05.",
    "kegiatan-tidak-dikenal": "{label}: {value} tidak ada dalam daftar kegiatan desa.",
    "anggaran-negatif": "{label} kurang dari nol.",
    "realisasi-melebihi-anggaran": "{label} belanja melebihi anggarannya.",
    "periode-anggaran-tidak-sah": "{label} bukan semester-1, semester-2, atau tanggal "
    "(YYYY-MM-DD).",
    # aparatur, lembaga, produk hukum
    "nip-bukan-18-digit": "{label} tidak terdiri dari 18 angka.",
    "berhenti-sebelum-diangkat": "{label}: {value} mendahului tanggal pengangkatan.",
    "aktif-setelah-berhenti": "Masih aktif, padahal sudah diberhentikan.",
    "masa-jabatan-berakhir": "Kepala desa aktif sudah menjabat 8 tahun atau lebih.",
    "diundangkan-sebelum-ditetapkan": "{label}: {value} mendahului tanggal ditetapkan.",
}

_NOTICES: Final = {
    "belum-mengisi": "{label} belum diisi.",
    "nik-sementara": "{label} masih sementara: penduduk belum ber-NIK.",
    "kk-sementara": "{label} masih sementara.",
    "nama-huruf-kecil": "{label} ditulis dengan huruf kecil.",
    "rekening-setempat": "{label}: {value} adalah objek tambahan kabupaten, tidak ada dalam "
    "daftar umum.",
    "berkas-belum-dikirim": "{label} hanya nama berkas; isinya belum dikirim.",
}

_SENTENCES: Final[tuple[tuple[Severity, Mapping[str, str]], ...]] = (
    ("severe", _SEVERE),
    ("warning", _WARNINGS),
    ("notice", _NOTICES),
)

FINDINGS: Final[Mapping[str, FindingKind]] = MappingProxyType(
    {
        code: FindingKind(code, severity, sentence)
        for severity, sentences in _SENTENCES
        for code, sentence in sentences.items()
    }
)
"""All kinds by code."""
