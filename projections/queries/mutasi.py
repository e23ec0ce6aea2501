"""The monthly accounts of a village: of people, and of families by their heads."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType
from typing import Final

from sqlalchemy import Connection, text

from projections import sql
from projections.history import upto
from projections.mutasi import (
    BARU,
    BY_CODE,
    DATANG,
    HILANG,
    KOREKSI,
    LAHIR,
    MATI,
    PERGI,
    PINDAH,
    SALDO_AWAL,
    Kind,
)

_SQL = sql.load("projections.queries", "mutasi.sql")
_FLOWS, _MOVES, _ROWS = (
    text(f"WITH changes AS ({_SQL['changes'].text}) {_SQL[it].text}")
    for it in ("flows", "moves", "rows")
)
_YEAR = 12
FLOWS: Final = (*BY_CODE.values(), SALDO_AWAL, KOREKSI)
"""The rows of an account between its beginning and its end."""
FAMILY_FLOWS: Final = (BARU, MATI, DATANG, PINDAH, PERGI, HILANG, SALDO_AWAL, KOREKSI)
"""The same of an account of families."""
_OUTWARD: Final = frozenset({MATI, PINDAH, HILANG, PERGI})

STOCKS: Final = frozenset({"awal", "akhir"})
"""The rows of a report that count all who came and went before as well."""
ROWS: Final[Mapping[str, frozenset[str]]] = MappingProxyType(
    {
        **{it: frozenset({it}) for it in FLOWS},
        "awal": frozenset({SALDO_AWAL}),
        "pindah-pergi": frozenset({PINDAH, PERGI}),
        "akhir": frozenset(FLOWS),
    },
)
"""What of a month stands in each row of a report."""
FAMILY_ROWS: Final[Mapping[str, frozenset[str]]] = MappingProxyType(
    {**ROWS, LAHIR: frozenset({BARU}), "akhir": frozenset(FAMILY_FLOWS)}
)
"""The same of families: where people are born, families are new."""

EARLIEST: Final = date(2000, 1, 1)
"""What is said to have been reported before this month is a slip: there was no OpenSID yet."""
Counts = Mapping[Kind, int]


@dataclass(frozen=True)
class Month:
    """A month of the account, of people or of families by the kind of their heads.

    Kinds that are 0 are left out. `flows` are as reports print them: who went is a positive
    number, koreksi has its sign. `akhir` is `awal` and the flows together, and the next month's
    `awal`. `rincian_pindah` are those who moved away, by how far, if that is stated. `turunan` of
    those who came or went did so by an event that was concluded, not stated.
    """

    bulan: date
    awal: Counts
    flows: Mapping[str, Counts]
    akhir: Counts
    rincian_pindah: Mapping[int, Counts]
    turunan: int


@dataclass(frozen=True)
class Row:
    """A row behind a number: an event, or a change that none explains; of a family, its head."""

    id: str
    id_pend: str
    jenis: str
    jumlah: int
    from_batch: int
    line: int
    tgl_peristiwa: date | None
    turunan: bool
    sex: int | None
    wna: bool
    nama: str | None
    nik: str | None
    no_kk: str | None
    tempat_lahir: str | None
    tanggal_lahir: date | None
    ayah_nama: str | None
    ibu_nama: str | None


@dataclass(frozen=True)
class Beyond:
    """What changed in a month that an account does not show; `jumlah` has its sign.

    Whoever came or went before the first month is in its `awal`; whoever will only come or go
    after the last one is in none.
    """

    bulan: date
    jenis: str
    jumlah: int
    later: bool


@dataclass(frozen=True)
class Whom:
    """Whom a number of a month counts.

    Attributes:
        baris: one of ROWS.
        sex: those who state this one; 0 for those who state none.
        wna: whether foreigners, or all others.
        ref_pindah: those who moved away so far; 0 for those of whom that is not stated.
        families: whether families by their heads, and not people.
    """

    bulan: date
    baris: str
    sex: int | None = None
    wna: bool | None = None
    ref_pindah: int | None = None
    families: bool = False


@dataclass(frozen=True)
class Rows:
    """A page of the rows behind a number, how many there are in all, and the number."""

    rows: list[Row]
    total: int
    number: int


def account(tx: Connection, kode_desa: str, until: date, as_of: int | None = None) -> list[Month]:
    """Every month from the first in which something changed up to that of `until`.

    What a desa states may bear any date. Months before EARLIEST and after `until` are not shown,
    but told by `beyond`.
    """
    flows = _Flows.read(tx, kode_desa, as_of, families=False)
    if not flows.by_month:
        return []
    last = until.replace(day=1)
    first = min((it for it in flows.by_month if EARLIEST <= it <= last), default=last)
    return flows.accumulated(list(_months(first, last)))


def family_account(
    tx: Connection, kode_desa: str, months: Sequence[Month], as_of: int | None = None
) -> list[Month]:
    """The same of families, for the months of an account of people."""
    flows = _Flows.read(tx, kode_desa, as_of, families=True)
    return flows.accumulated([it.bulan for it in months])


class _Flows:
    """What came and went, by month, in an account of people or of families."""

    def __init__(self, names: Sequence[str]) -> None:
        self._names = names
        self.by_month: dict[date, dict[str, Counter[Kind]]] = {}
        self._moves: dict[date, dict[int, Counter[Kind]]] = {}
        self._turunan: Counter[date] = Counter()

    @classmethod
    def read(
        cls, tx: Connection, kode_desa: str, as_of: int | None, *, families: bool
    ) -> "_Flows":
        """All that there is as of a batch."""
        flows = cls(FAMILY_FLOWS if families else FLOWS)
        facts = {"kode_desa": kode_desa, "batch": upto(as_of), "families": families}
        for row in tx.execute(_FLOWS, facts):
            month = flows.by_month.setdefault(row.bulan, flows._none())
            month[row.jenis][Kind(row.sex, row.wna)] += row.jumlah
            flows._turunan[row.bulan] += row.turunan
        for row in tx.execute(_MOVES, facts):
            moves = flows._moves.setdefault(row.bulan, {}).setdefault(row.ref_pindah, Counter())
            moves[Kind(row.sex, row.wna)] += row.jumlah
        return flows

    def accumulated(self, months: Sequence[date]) -> list[Month]:
        """These months, which are one after the other; what was before them is in their `awal`."""
        stock: Counter[Kind] = Counter()
        first = min(months, default=date.min)
        for bulan, changed in self.by_month.items():
            if bulan < first:
                for counts in changed.values():
                    stock.update(counts)
        found = []
        for bulan in months:
            changed = self.by_month.get(bulan) or self._none()
            awal = stock.copy()
            for counts in changed.values():
                stock.update(counts)
            found.append(
                Month(
                    bulan,
                    _some(awal),
                    {name: _printed(name, counts) for name, counts in changed.items()},
                    _some(stock),
                    self._moves.get(bulan, {}),
                    self._turunan[bulan],
                ),
            )
        return found

    def _none(self) -> dict[str, Counter[Kind]]:
        return {name: Counter() for name in self._names}


def beyond(tx: Connection, kode_desa: str, until: date, as_of: int | None = None) -> list[Beyond]:
    """What an account up to `until` leaves out, by month and kind of change."""
    found: Counter[tuple[date, str]] = Counter()
    facts = {"kode_desa": kode_desa, "batch": upto(as_of), "families": False}
    last = until.replace(day=1)
    for row in tx.execute(_FLOWS, facts):
        if not EARLIEST <= row.bulan <= last:
            found[row.bulan, row.jenis] += row.jumlah
    return [Beyond(*key, jumlah, key[0] > last) for key, jumlah in sorted(found.items()) if jumlah]


def rows(
    tx: Connection,
    kode_desa: str,
    whom: Whom,
    as_of: int | None = None,
    *,
    limit: int | None = None,
    offset: int = 0,
) -> Rows:
    """The rows behind a number of a month, in the order of the log."""
    kinds = (FAMILY_ROWS if whom.families else ROWS)[whom.baris]
    stock = whom.baris in STOCKS
    facts = {
        "kode_desa": kode_desa,
        "bulan": whom.bulan,
        "before": whom.bulan if stock else None,
        "jenis": list(kinds),
        "sex": whom.sex,
        "wna": whom.wna,
        "ref": whom.ref_pindah,
        "batch": upto(as_of),
        "families": whom.families,
        "limit": limit,
        "offset": offset,
    }
    found = list(tx.execute(_ROWS, facts).mappings())
    if not found:
        return Rows([], 0, 0)
    number = found[0]["number"] * (1 if stock or not kinds <= _OUTWARD else -1)
    names = Row.__dataclass_fields__
    return Rows([Row(**{it: row[it] for it in names}) for row in found], found[0]["rows"], number)


def _months(first: date, last: date) -> Iterator[date]:
    for number in range(_number(first), _number(last) + 1):
        yield date(number // _YEAR, number % _YEAR + 1, 1)


def _number(month: date) -> int:
    return month.year * _YEAR + month.month - 1


def _printed(name: str, counts: Mapping[Kind, int]) -> dict[Kind, int]:
    sign = -1 if name in _OUTWARD else 1
    return {kind: sign * count for kind, count in counts.items() if count}


def _some(counts: Mapping[Kind, int]) -> dict[Kind, int]:
    return {kind: count for kind, count in counts.items() if count}
