"""The sums of a budget: which lines count, and what stands above them.

Desa state lines and, as it suits them, totals of lines. A line is a *total* when another line of
the budget stands below it, by its rekening or by its kegiatan; sums are made of the others, so
that nothing counts twice, and totals are only compared with them. Of lines that differ in nothing
but their `periode` the latest counts: each tells what has been realised until then. [pure]

Source: Permendagri 20/2018, art. 15 to 28.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from itertools import accumulate
from typing import Final, NamedTuple

from ledger.catalogue import account_name, activity_name

PENDAPATAN, BELANJA, PEMBIAYAAN = "4", "5", "6"
PENERIMAAN, PENGELUARAN = "6.1", "6.2"
_SEMESTER: Final = {"semester-1": (6, 30), "semester-2": (12, 31)}
_CENT: Final = Decimal("0.01")
_SEPARATOR: Final = "."


class Amount(NamedTuple):
    """What was planned, and what was realised."""

    anggaran: Decimal = Decimal(0)
    realisasi: Decimal = Decimal(0)

    @property
    def sisa(self) -> Decimal:
        """What is left of the plan; negative when it was exceeded."""
        return self.anggaran - self.realisasi

    @property
    def persen(self) -> Decimal | None:
        """What was realised in a hundred of the plan, to two places; None without a plan."""
        if not self.anggaran:
            return None
        return (self.realisasi * 100 / self.anggaran).quantize(_CENT, ROUND_HALF_UP)

    def plus(self, other: "Amount") -> "Amount":
        """Both together."""
        return Amount(self.anggaran + other.anggaran, self.realisasi + other.realisasi)

    def minus(self, other: "Amount") -> "Amount":
        """This without the other."""
        return Amount(self.anggaran - other.anggaran, self.realisasi - other.realisasi)


class Line(NamedTuple):
    """A line as a desa states it; `kegiatan` is empty where there is none."""

    id: str
    rekening: str
    kegiatan: str
    uraian: str | None
    anggaran: Decimal | None
    realisasi: Decimal | None
    sumber_dana: str | None
    periode: str | None

    @property
    def amount(self) -> Amount:
        """Its figures; those not stated are 0."""
        return Amount(self.anggaran or Decimal(0), self.realisasi or Decimal(0))


@dataclass(frozen=True)
class Node:
    """A code with all that is below it; `stated` is what the desa itself gives as their total."""

    kode: str
    nama: str
    amount: Amount
    stated: Amount | None
    children: tuple["Node", ...]

    def __iter__(self) -> Iterator["Node"]:
        """This one and all below it, in the order of print."""
        yield self
        for child in self.children:
            yield from child

    @property
    def level(self) -> int:
        """1 for an akun or a bidang, 2 below it, and so on."""
        return self.kode.count(_SEPARATOR) + 1


class Lines:
    """The lines of one budget, sorted into those that count and the totals above them."""

    def __init__(self, lines: Iterable[Line], tahun: int, until: date | None = None) -> None:
        current = _latest(lines, tahun, until)
        above = {
            (rekening, kegiatan)
            for it in current
            for rekening in _prefixes(it.rekening)
            for kegiatan in ("", *_prefixes(it.kegiatan))
            if (rekening, kegiatan) != (it.rekening, it.kegiatan)
        }
        self.counted = [it for it in current if (it.rekening, it.kegiatan) not in above]
        self.totals = [it for it in current if (it.rekening, it.kegiatan) in above]

    def sum(self, rekening: str, kegiatan: str = "") -> Amount:
        """All that counts below a code."""
        found = Amount()
        for it in self.counted:
            if _is_below(it.rekening, rekening) and _is_below(it.kegiatan, kegiatan):
                found = found.plus(it.amount)
        return found

    def balance(self) -> Decimal:
        """What the plan leaves over or lacks: of a budget it has to be nothing."""
        netto = self.sum(PENERIMAAN).minus(self.sum(PENGELUARAN))
        return self.sum(PENDAPATAN).minus(self.sum(BELANJA)).plus(netto).anggaran

    def wrong_totals(self) -> list[tuple[Line, str]]:
        """The totals that are not the sum of what is below them, and which figure is not."""
        # Lines of one code and several sources make one total.
        together: dict[tuple[str, str], list[Line]] = defaultdict(list)
        for it in self.totals:
            together[it.rekening, it.kegiatan].append(it)
        found = []
        for code, lines in together.items():
            expected = self.sum(*code)
            for name in Amount._fields:
                stated = [it for it in lines if getattr(it, name) is not None]
                total = sum(getattr(it, name) for it in stated)
                if stated and total != getattr(expected, name):
                    found += [(it, name) for it in stated]
        return found

    def repeated(self) -> list[Line]:
        """Lines that another one repeats: the same code, source and period."""
        groups: dict[tuple[object, ...], list[Line]] = defaultdict(list)
        for it in (*self.counted, *self.totals):
            groups[it.rekening, it.kegiatan, it.sumber_dana, it.periode].append(it)
        return [it for group in groups.values() if len(group) > 1 for it in group]

    def by_account(self, akun: str) -> Node:
        """The tree of an akun: kelompok, jenis, objek."""
        amounts = _summed((it.rekening, it.amount) for it in self.counted)
        stated = _summed((it.rekening, it.amount) for it in self.totals if not it.kegiatan)
        names = {it.rekening: it.uraian for it in (*self.counted, *self.totals) if it.uraian}
        below = {kode: it for kode, it in amounts.items() if _is_below(kode, akun)}
        return _tree(akun, below, stated, lambda kode: account_name(kode) or names.get(kode))

    def by_activity(self) -> tuple[Node, ...]:
        """The trees of all bidang: subbidang, kegiatan; belanja for nothing stated comes last."""
        spent = [it for it in self.counted if it.rekening.startswith(BELANJA)]
        amounts = _summed((it.kegiatan, it.amount) for it in spent)
        stated = _summed(
            (it.kegiatan, it.amount)
            for it in self.totals
            if it.rekening == BELANJA and it.kegiatan
        )
        nothing = amounts.pop("", None)
        trees = [
            _tree(bidang, {k: v for k, v in amounts.items() if _is_below(k, bidang)}, stated,
                  activity_name)
            for bidang in sorted({it.partition(_SEPARATOR)[0] for it in amounts})
        ]  # fmt: skip
        if nothing is not None:
            trees.append(Node("", "TANPA KODE KEGIATAN", nothing, None, ()))
        return tuple(trees)

    def by_source(self) -> dict[str, dict[str, Amount]]:
        """By source of the money, then by akun; the source is empty where none is stated."""
        found: dict[str, dict[str, Amount]] = {}
        for it in self.counted:
            of_source = found.setdefault(it.sumber_dana or "", {})
            akun = it.rekening[0]
            of_source[akun] = of_source.get(akun, Amount()).plus(it.amount)
        return dict(sorted(found.items(), key=lambda it: (not it[0], it[0])))


def _latest(lines: Iterable[Line], tahun: int, until: date | None) -> list[Line]:
    groups: dict[tuple[object, ...], dict[date, list[Line]]] = defaultdict(dict)
    for it in lines:
        end = _end(it.periode, tahun)
        if until is None or end <= until:
            group = groups[it.rekening, it.kegiatan, it.sumber_dana]
            group.setdefault(end, []).append(it)
    return [it for group in groups.values() for it in group[max(group)]]


def _end(periode: str | None, tahun: int) -> date:
    """The day until which a line counts; before all others when it does not say."""
    if periode in _SEMESTER:
        return date(tahun, *_SEMESTER[periode])
    with suppress(ValueError):
        return date.fromisoformat(periode or "")
    return date.min


def _prefixes(kode: str) -> Sequence[str]:
    """A code and those above it: 5.1.2 → 5, 5.1, 5.1.2; nothing for none."""
    parts = kode.split(_SEPARATOR) if kode else []
    return list(accumulate(parts, lambda above, part: f"{above}{_SEPARATOR}{part}"))


def _is_below(kode: str, above: str) -> bool:
    """Whether a code is another one or below it; all are below none."""
    return not above or kode == above or kode.startswith(f"{above}{_SEPARATOR}")


def _summed(parts: Iterable[tuple[str, Amount]]) -> dict[str, Amount]:
    found: dict[str, Amount] = {}
    for kode, amount in parts:
        found[kode] = found.get(kode, Amount()).plus(amount)
    return found


def _tree(
    kode: str,
    amounts: Mapping[str, Amount],
    stated: Mapping[str, Amount],
    name: Callable[[str], str | None],
) -> Node:
    """The node of a code, of the amounts at it and below it."""
    depth = kode.count(_SEPARATOR) + 2
    heads = {_SEPARATOR.join(it.split(_SEPARATOR)[:depth]) for it in amounts if it != kode}
    children = tuple(
        _tree(head, {k: v for k, v in amounts.items() if _is_below(k, head)}, stated, name)
        for head in sorted(heads)
    )
    amount = amounts.get(kode, Amount())
    for child in children:
        amount = amount.plus(child.amount)
    return Node(kode, name(kode) or kode, amount, stated.get(kode), children)
