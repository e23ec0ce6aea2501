"""The monthly report of a desa (Lampiran A-9): what of its accounts the rows and columns count.

Source: OpenSID's Laporan Bulanan, domain rules of section 3.1.1.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from types import MappingProxyType
from typing import Final, NamedTuple

from sqlalchemy import Connection

from ledger.catalogue import TABLES
from projections.mutasi import BARU, LAHIR, PERGI, PINDAH, Kind
from projections.queries.mutasi import Counts, Month, account, family_account

_LINES: Final = (
    ("1", "Penduduk/Keluarga awal bulan ini", "awal", ("awal", "saldo_awal")),
    ("2", "Kelahiran/Keluarga baru bulan ini", "lahir", (LAHIR, BARU)),
    ("3", "Kematian bulan ini", "mati", ("mati",)),
    ("4", "Pendatang bulan ini", "datang", ("datang",)),
    ("5", "Pindah/Keluarga pergi bulan ini", "pindah-pergi", (PINDAH, PERGI)),
    ("6", "Penduduk hilang bulan ini", "hilang", ("hilang",)),
    ("", "Koreksi data bulan ini", "koreksi", ("koreksi",)),
    ("7", "Penduduk/Keluarga akhir bulan ini", "akhir", ("akhir",)),
)
"""The rows: number, words, which of `queries.mutasi.ROWS`, and what of the account it is."""


class Column(NamedTuple):
    """Whom a column counts: people or families, whether foreigners, and of which sex."""

    families: bool
    wna: bool | None
    sex: int | None


COLUMNS: Final[Mapping[str, Column]] = MappingProxyType(
    {
        "WNI L": Column(families=False, wna=False, sex=1),
        "WNI P": Column(families=False, wna=False, sex=2),
        "WNA L": Column(families=False, wna=True, sex=1),
        "WNA P": Column(families=False, wna=True, sex=2),
        "Jml L": Column(families=False, wna=None, sex=1),
        "Jml P": Column(families=False, wna=None, sex=2),
        "L+P": Column(families=False, wna=None, sex=None),
        "KK L": Column(families=True, wna=None, sex=1),
        "KK P": Column(families=True, wna=None, sex=2),
        "KK L+P": Column(families=True, wna=None, sex=None),
    },
)
MOVED: Final = ("Jml L", "Jml P", "L+P", "KK L", "KK P", "KK L+P")
"""The columns of those who moved away, by how far."""
WORDS: Final = MappingProxyType(
    {
        "awal": "Penduduk awal",
        "lahir": "Kelahiran",
        "mati": "Kematian",
        "datang": "Pendatang",
        "pindah-pergi": "Pindah/pergi",
        "hilang": "Penduduk hilang",
        "koreksi": "Koreksi data",
        "akhir": "Penduduk akhir",
    }
)
"""What the rows are called where people alone are told."""
FAMILY_WORDS: Final = MappingProxyType(
    {
        "awal": "Keluarga awal",
        "lahir": "Keluarga baru",
        "mati": "Keluarga yang kepalanya mati",
        "datang": "Keluarga datang",
        "pindah-pergi": "Keluarga pindah/pergi",
        "pindah": "Keluarga pindah",
        "pergi": "Keluarga pergi",
        "hilang": "Keluarga yang kepalanya hilang",
        "saldo_awal": "Saldo awal keluarga",
        "koreksi": "Koreksi data keluarga",
        "akhir": "Keluarga akhir",
    }
)
"""The same of families alone."""


@dataclass(frozen=True)
class Line:
    """A row: its people by kind, and its families by the kind of their heads.

    `ref` is how far those moved whom a row tells apart by that.
    """

    number: str
    words: str
    baris: str
    people: Counts
    families: Counts
    ref: int | None = None

    @cached_property
    def cells(self) -> dict[str, int]:
        """The row's numbers by column."""
        return {
            name: sum(
                count
                for kind, count in (self.families if it.families else self.people).items()
                if it.wna in {None, kind.wna} and it.sex in {None, kind.sex}
            )
            for name, it in COLUMNS.items()
        }

    @property
    def unstated(self) -> int:
        """How many people of the row are of no stated sex: in L+P alone."""
        return _unstated(self.people)

    @property
    def unstated_heads(self) -> int:
        """How many families of the row have such a head: in KK L+P alone."""
        return _unstated(self.families)


class Report(NamedTuple):
    """A month of a desa, in its account of people and in that of families."""

    people: Month
    families: Month

    @property
    def bulan(self) -> date:
        """The first day of the month."""
        return self.people.bulan


def reports(tx: Connection, kode_desa: str, until: date, as_of: int | None = None) -> list[Report]:
    """Every month of `queries.mutasi.account`, with its families."""
    people = account(tx, kode_desa, until, as_of)
    families = family_account(tx, kode_desa, people, as_of)
    return [Report(*it) for it in zip(people, families, strict=True)]


def lines(months: Sequence[Report]) -> list[Line]:
    """The rows of a month, of several desa together; koreksi has none where there is none."""
    found = []
    for number, words, baris, names in _LINES:
        people, heads = (
            _together(_parts(month).get(name, {}) for month in them for name in names)
            for them in _both(months)
        )
        if number or any(people.values()) or any(heads.values()):
            found.append(Line(number, words, baris, people, heads))
    return found


def moves(months: Sequence[Report]) -> list[Line]:
    """How far those of row 5 went: the rows under it, which come to it together.

    The last one, `ref` 0, are those of whom it is not stated; it is there if there are any.
    """
    found = []
    gone, without = (
        _together(month.flows[name] for month in them for name in (PINDAH, PERGI))
        for them in _both(months)
    )
    for number, (code, words) in enumerate(TABLES["jenis_pindah"].labels.items(), start=1):
        ref = int(code)
        people, heads = (
            _together(month.rincian_pindah.get(ref, {}) for month in them)
            for them in _both(months)
        )
        gone.subtract(people)
        without.subtract(heads)
        found.append(Line(str(number), words, PINDAH, people, heads, ref))
    if any(gone.values()) or any(without.values()):
        found.append(Line("", "Tidak disebutkan", "pindah-pergi", gone, without, 0))
    return found


def _both(months: Sequence[Report]) -> tuple[list[Month], list[Month]]:
    return [it.people for it in months], [it.families for it in months]


def _unstated(counts: Counts) -> int:
    return sum(count for kind, count in counts.items() if kind.sex not in {1, 2})


def _parts(month: Month) -> Mapping[str, Counts]:
    return {"awal": month.awal, "akhir": month.akhir, **month.flows}


def _together(parts: Iterable[Counts]) -> Counter[Kind]:
    counts: Counter[Kind] = Counter()
    for part in parts:
        counts.update(part)
    return counts
