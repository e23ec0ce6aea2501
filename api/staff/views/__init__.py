"""The pages of the office's staff: villages, people, and what they come from.

Each view is load, call, render. What is shown is as of a batch when `per` is in the address; all
links on a page keep it.
"""

from api.staff.views import (
    akses,
    akun,
    apbdes,
    audit,
    berkas,
    cari,
    catatan,
    dasbor,
    desa,
    isi_tabel,
    kiriman,
    masuk,
    mutu,
    operasi,
    pemberitahuan,
    penduduk,
    pengguna,
    pesan,
    rincian,
    saksi,
    statistik,
    surat,
    tabel,
    unggahan,
    wilayah,
)
from api.staff.views.frame import blueprint, globals_of

__all__ = [
    "akses",
    "akun",
    "apbdes",
    "audit",
    "berkas",
    "blueprint",
    "cari",
    "catatan",
    "dasbor",
    "desa",
    "globals_of",
    "isi_tabel",
    "kiriman",
    "masuk",
    "mutu",
    "operasi",
    "pemberitahuan",
    "penduduk",
    "pengguna",
    "pesan",
    "rincian",
    "saksi",
    "statistik",
    "surat",
    "tabel",
    "unggahan",
    "wilayah",
]
