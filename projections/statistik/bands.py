"""Age bands: data, by who uses them. Ages are completed years on a day.

[pure]
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, NamedTuple

from ledger.catalogue import TABLES

OLDEST: Final = 99_999
"""The last year of a band without an end."""
_FIVE, _LAST = 5, 75


class Band(NamedTuple):
    """Those who are at least `dari` and at most `sampai` years old."""

    name: str
    dari: int
    sampai: int


def _five_years() -> tuple[Band, ...]:
    bands = [Band(f"{low}-{low + 4}", low, low + 4) for low in range(0, _LAST, _FIVE)]
    return (*bands, Band(f"{_LAST}+", _LAST, OLDEST))


def _of_table(name: str, status: str) -> tuple[Band, ...]:
    return tuple(
        Band(row["nama"], int(row["dari"]), int(row["sampai"]))
        for row in TABLES[name].rows
        if row["status"] == status
    )


BANDS: Final[Mapping[str, tuple[Band, ...]]] = MappingProxyType(
    {
        "lima_tahunan": _five_years(),
        "rentang_opensid": _of_table("rentang_umur_opensid", "1"),
        "kategori_opensid": _of_table("rentang_umur_opensid", "0"),
        "kategori_opendk": _of_table("kategori_umur_opendk", "1"),
        # Its edges overlap in print (0-5, 5-11); who is 5 counts with the younger.
        "depkes": (
            Band("Balita (0-5)", 0, 5),
            Band("Kanak-kanak (6-11)", 6, 11),
            Band("Remaja awal (12-16)", 12, 16),
            Band("Remaja akhir (17-25)", 17, 25),
            Band("Dewasa awal (26-35)", 26, 35),
            Band("Dewasa akhir (36-45)", 36, 45),
            Band("Lansia awal (46-55)", 46, 55),
            Band("Lansia akhir (56-65)", 56, 65),
            Band("Manula (di atas 65)", 66, OLDEST),
        ),
        # In print these are parts of each other (anak, under 18); here everybody counts once.
        "permenkes": (
            Band("Bayi (0-11 bulan)", 0, 0),
            Band("Balita (12-59 bulan)", 1, 4),
            Band("Prasekolah (5)", 5, 5),
            Band("Anak (6-9)", 6, 9),
            Band("Remaja (10-18)", 10, 18),
            Band("Dewasa (19-44)", 19, 44),
            Band("Pra lansia (45-59)", 45, 59),
            Band("Lansia (60 ke atas)", 60, OLDEST),
        ),
        "rentan": (
            Band("Di bawah 1 tahun", 0, 0),
            Band("1-5 tahun", 1, 5),
            Band("6-12 tahun", 6, 12),
            Band("13-15 tahun", 13, 15),
            Band("16-18 tahun", 16, 18),
            Band("Di atas 60 tahun", 61, OLDEST),
        ),
        "sekolah": (
            Band("PAUD (3-6)", 3, 6),
            Band("SD (7-12)", 7, 12),
            Band("SMP (13-15)", 13, 15),
            Band("SMA (16-18)", 16, 18),
        ),
        "kerja": (
            Band("Belum produktif (0-14)", 0, 14),
            Band("Produktif (15-64)", 15, 64),
            Band("Tidak produktif (65 ke atas)", 65, OLDEST),
        ),
    },
)
"""All bands by name; those of one name do not overlap."""
