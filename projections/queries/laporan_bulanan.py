"""The monthly report of a desa (Lampiran A-9): what of an account its rows and columns count.

Of the months that `queries.mutasi` gives: one of a desa, or the same of several together. [pure]

Source: OpenSID's Laporan Bulanan, domain rules of section 3.1.1.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from ledger.catalogue import TABLES
from projections.mutasi import PERGI, PINDAH, Kind
from projections.queries.mutasi import Counts, Month

_LINES: Final = (
    ("1", "Penduduk awal bulan ini", "awal", ("awal", "saldo_awal")),
    ("2", "Kelahiran bulan ini", "lahir", ("lahir",)),
    ("3", "Kematian bulan ini", "mati", ("mati",)),
    ("4", "Pendatang bulan ini", "datang", ("datang",)),
    ("5", "Pindah/pergi bulan ini", "pindah-pergi", (PINDAH, PERGI)),
    ("6", "Penduduk hilang bulan ini", "hilang", ("hilang",)),
    ("", "Koreksi data bulan ini", "koreksi", ("koreksi",)),
    ("7", "Penduduk akhir bulan ini", "akhir", ("akhir",)),
)
"""The rows: number, words, which of `queries.mutasi.ROWS`, and what of the account it is."""
COLUMNS: Final[Mapping[str, tuple[bool | None, int | None]]] = MappingProxyType(
    {
        "WNI L": (False, 1),
        "WNI P": (False, 2),
        "WNA L": (True, 1),
        "WNA P": (True, 2),
        "Jml L": (None, 1),
        "Jml P": (None, 2),
        "L+P": (None, None),
    },
)
"""Whom each column counts: of which citizenship and sex, foreigners being True."""
MOVED: Final = ("Jml L", "Jml P", "L+P")
"""The columns of those who moved away, by how far."""
WORDS: Final = MappingProxyType(
    {baris: words.removesuffix(" bulan ini") for _, words, baris, _ in _LINES}
)
"""What the rows are called."""


@dataclass(frozen=True)
class Line:
    """A row: its people by kind. `ref` is how far those moved whom a row tells apart by that."""

    number: str
    words: str
    baris: str
    counts: Counts
    ref: int | None = None

    @property
    def cells(self) -> dict[str, int]:
        """The row's numbers by column."""
        return {
            column: sum(
                count
                for kind, count in self.counts.items()
                if wna in {None, kind.wna} and sex in {None, kind.sex}
            )
            for column, (wna, sex) in COLUMNS.items()
        }

    @property
    def unstated(self) -> int:
        """How many of the row are of no stated sex: in L+P alone."""
        return sum(count for kind, count in self.counts.items() if kind.sex not in {1, 2})


def lines(months: Sequence[Month]) -> list[Line]:
    """The rows of a month, of all its accounts together; koreksi has none where there is none."""
    found = []
    for number, words, baris, names in _LINES:
        counts = _together(_parts(month)[name] for month in months for name in names)
        if number or any(counts.values()):
            found.append(Line(number, words, baris, counts))
    return found


def moves(months: Sequence[Month]) -> list[Line]:
    """How far those of row 5 went: the rows under it, which come to it together.

    The last one, `ref` 0, are those of whom it is not stated; it is there if there are any.
    """
    found = []
    gone = _together(month.flows[name] for month in months for name in (PINDAH, PERGI))
    for number, (code, words) in enumerate(TABLES["jenis_pindah"].labels.items(), start=1):
        ref = int(code)
        counts = _together(month.rincian_pindah.get(ref, {}) for month in months)
        gone.subtract(counts)
        found.append(Line(str(number), words, PINDAH, counts, ref))
    if any(gone.values()):
        found.append(Line("", "Tidak disebutkan", "pindah-pergi", gone, 0))
    return found


def _parts(month: Month) -> Mapping[str, Counts]:
    return {"awal": month.awal, "akhir": month.akhir, **month.flows}


def _together(parts: Iterable[Counts]) -> Counter[Kind]:
    counts: Counter[Kind] = Counter()
    for part in parts:
        counts.update(part)
    return counts
