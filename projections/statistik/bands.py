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
    },
)
"""All bands by name; those of one name do not overlap."""
