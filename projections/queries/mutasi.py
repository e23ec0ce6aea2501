"""The monthly account of a village's population: what there was, came, went, and is left."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final

from sqlalchemy import Connection

from projections import sql
from projections.mutasi import BY_CODE, INWARD, KOREKSI, SALDO_AWAL, Kind

_SQL = sql.load("projections.queries", "mutasi.sql")
_NEWEST = 2**63 - 1
_YEAR = 12
FLOWS: Final = (*BY_CODE.values(), SALDO_AWAL, KOREKSI)
"""The rows of an account between its beginning and its end."""

EARLIEST: Final = date(2000, 1, 1)
"""What is said to have been reported before this month is a slip: there was no OpenSID yet."""
Counts = Mapping[Kind, int]


@dataclass(frozen=True)
class Month:
    """A month of the account. All counts are of people by kind; kinds that are 0 are left out.

    `flows` are as reports print them: who went is a positive number, koreksi has its sign.
    `akhir` is `awal` and the flows together, and the next month's `awal`.
    """

    bulan: date
    awal: Counts
    flows: Mapping[str, Counts]
    akhir: Counts
    rincian_pindah: Mapping[int, int]


@dataclass(frozen=True)
class Row:
    """A row behind a number: an event, or a change that none explains."""

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


def account(tx: Connection, kode_desa: str, until: date, as_of: int | None = None) -> list[Month]:
    """Every month from the first in which something changed up to that of `until`.

    What a desa states may bear any date. Months before EARLIEST and after `until` are not shown,
    but told by `beyond`.
    """
    facts = {"kode_desa": kode_desa, "batch": as_of or _NEWEST}
    flows: dict[date, dict[str, Counter[Kind]]] = {}
    for row in tx.execute(_SQL["flows"], facts):
        month = flows.setdefault(row.bulan, {name: Counter() for name in FLOWS})
        month[row.jenis][Kind(row.sex, row.wna)] += row.jumlah
    moves: dict[date, Counter[int]] = {}
    for row in tx.execute(_SQL["moves"], facts):
        moves.setdefault(row.bulan, Counter())[row.ref_pindah] += row.jumlah
    if not flows:
        return []
    found = []
    last = until.replace(day=1)
    first = min((it for it in flows if EARLIEST <= it <= last), default=last)
    stock: Counter[Kind] = Counter()
    for bulan, changed in flows.items():
        if bulan < first:
            for counts in changed.values():
                stock.update(counts)
    for bulan in _months(first, last):
        changed = flows.get(bulan, {name: Counter() for name in FLOWS})
        awal = stock.copy()
        for counts in changed.values():
            for kind, count in counts.items():
                stock[kind] += count
        found.append(
            Month(
                bulan,
                _some(awal),
                {name: _printed(name, counts) for name, counts in changed.items()},
                _some(stock),
                dict(moves.get(bulan, {})),
            ),
        )
    return found


def beyond(tx: Connection, kode_desa: str, until: date, as_of: int | None = None) -> list[Beyond]:
    """What an account up to `until` leaves out, by month and kind of change."""
    found: Counter[tuple[date, str]] = Counter()
    facts = {"kode_desa": kode_desa, "batch": as_of or _NEWEST}
    last = until.replace(day=1)
    for row in tx.execute(_SQL["flows"], facts):
        if not EARLIEST <= row.bulan <= last:
            found[row.bulan, row.jenis] += row.jumlah
    return [Beyond(*key, jumlah, key[0] > last) for key, jumlah in sorted(found.items()) if jumlah]


def rows(
    tx: Connection, kode_desa: str, bulan: date, jenis: str, as_of: int | None = None
) -> list[Row]:
    """The rows behind a number of a month, in the order of the log."""
    facts = {
        "kode_desa": kode_desa,
        "bulan": bulan,
        "jenis": jenis,
        "batch": as_of or _NEWEST,
    }
    return [Row(**row) for row in tx.execute(_SQL["rows"], facts).mappings()]


def _months(first: date, last: date) -> Iterator[date]:
    for number in range(_number(first), _number(last) + 1):
        yield date(number // _YEAR, number % _YEAR + 1, 1)


def _number(month: date) -> int:
    return month.year * _YEAR + month.month - 1


def _printed(name: str, counts: Mapping[Kind, int]) -> dict[Kind, int]:
    sign = 1 if name in INWARD or name == KOREKSI else -1
    return {kind: sign * count for kind, count in counts.items() if count}


def _some(counts: Mapping[Kind, int]) -> dict[Kind, int]:
    return {kind: count for kind, count in counts.items() if count}
