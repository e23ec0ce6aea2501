"""The figures of a kind and a year as a table: desa by period, with what they make together.

What is not stated is not there: it is no 0 in a sum, an average or a chart.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from api import format as fmt
from api.charts import Lines, lines
from ledger import Figure, FigureKind, FigureSum, Makes

ALL: Final = "semua"
UNSTATED: Final = "\N{EN DASH}"
"""What stands where nothing was stated."""
_QUARTER: Final = 3


@dataclass(frozen=True)
class Series:
    """What a column of a table shows: a figure of a kind; of one disease, where there are some."""

    name: str
    label: str
    column: str
    rincian: int | None
    group: str


def series_of(kind: FigureKind) -> list[Series]:
    """What a kind can show, column by column; of diseases, their sum first."""
    if kind.details:
        column = kind.columns[0]
        each = [
            Series(str(id_), label, column.name, id_, "Tiap penyakit")
            for id_, label in kind.details.items()
        ]
        return [
            Series(ALL, f"{column.label}, semua penyakit", column.name, None, "Semua penyakit"),
            *each,
        ]
    return [Series(it.name, it.label, it.name, None, it.group) for it in kind.columns]


@dataclass(frozen=True)
class Point:
    """What a chart shows of some periods: each series' value, and whether all was stated."""

    values: Mapping[str, FigureSum]
    whole: bool


class YearTable:
    """The figures of a year; `names` are the desa that the table has, by code."""

    def __init__(
        self, kind: FigureKind, tahun: int, figures: Iterable[Figure], names: Mapping[str, str]
    ) -> None:
        self.kind = kind
        self.tahun = tahun
        self.names = names
        self._stated: dict[tuple[str, int], list[Figure]] = {}
        for it in figures:
            if it.tahun == tahun and it.kode_desa in names:
                self._stated.setdefault((it.kode_desa, it.periode), []).append(it)

    @property
    def figures(self) -> list[Figure]:
        """All of them, by desa and period."""
        return [it for _, stated in sorted(self._stated.items()) for it in stated]

    @property
    def foot(self) -> str:
        """What the last row is called."""
        return "RATA-RATA" if self.kind.makes is Makes.SHARE else "JUMLAH"

    def value(self, series: Series, kode: str, periode: int) -> int | None:
        """A desa's figure of a period."""
        known = [
            value
            for it in self._stated.get((kode, periode), ())
            if series.rincian in (None, it.rincian)
            and (value := it.angka.get(series.column)) is not None
        ]
        return sum(known) if known else None

    def over(self, series: Series, kode: str, periods: Iterable[int] | None = None) -> FigureSum:
        """A desa's figures of some periods, or of the year, together."""
        of = self.kind.periods if periods is None else periods
        return self.kind.over_periods(self.value(series, kode, it) for it in of)

    def total(self, series: Series, periods: Iterable[int] | None = None) -> FigureSum:
        """The figures of all desa, of some periods or of the year, together."""
        of = list(self.kind.periods if periods is None else periods)
        return self.kind.over_desa(self.over(series, kode, of) for kode in self.names)

    def point(self, series: Sequence[Series], periods: Iterable[int] | None = None) -> Point:
        """What a chart shows of some periods, or of the year."""
        of = list(self.kind.periods if periods is None else periods)
        cells = [(kode, it) for kode in self.names for it in of]
        whole = all(self.value(it, *cell) is not None for it in series for cell in cells)
        return Point({it.name: self.total(it, of) for it in series}, whole)

    def stating(self, series: Series, periods: Iterable[int] | None = None) -> int:
        """How many desa have a figure in some periods, or in the year."""
        of = list(self.kind.periods if periods is None else periods)
        return sum(self.over(series, kode, of) is not None for kode in self.names)


@dataclass(frozen=True)
class Chart:
    """Lines over periods or years: what its points are called, and the last one's figures."""

    title: str
    labels: Sequence[str]
    lines: Lines
    lasts: Mapping[str, FigureSum]

    @property
    def partial(self) -> bool:
        """Whether a point lacks what somebody did not state; its label has an asterisk."""
        return any(it.endswith("*") for it in self.labels)

    @property
    def step(self) -> float:
        """How far its points are apart."""
        return self.lines.width / (len(self.labels) - 1)


def parts_of_year(kind: FigureKind) -> dict[str, list[int]]:
    """The parts that a year's chart has, and the periods of each: quarters, or semesters."""
    if kind.period == "semester":
        return {period_name(kind, it): [it] for it in kind.periods}
    quarters = range(0, len(kind.periods), _QUARTER)
    return {
        f"Triwulan {at}": [it + 1 for it in range(first, first + _QUARTER)]
        for at, first in enumerate(quarters, start=1)
    }


def charts_of(title: str, series: Sequence[Series], points: Mapping[str, Point]) -> list[Chart]:
    """A chart for each group of series; `points` by what they are called.

    A point at which something of the group was not stated is left out.
    """
    found = []
    for group in dict.fromkeys(it.group for it in series):
        shown = [
            it
            for it in series
            if it.group == group and any(at.values[it.name] is not None for at in points.values())
        ]
        labels, values, stated = [], [], dict[str, int | Decimal]()
        for label, at in points.items():
            here = {it.label: value for it in shown if (value := at.values[it.name]) is not None}
            if shown and len(here) == len(shown):
                stated = here
                labels.append(label if at.whole else f"{label}*")
                values.append({name: round(value) for name, value in stated.items()})
        if drawn := lines(values):
            words = f"{title}: {group.lower()}" if group else title
            found.append(Chart(words, labels, drawn, stated))
    return found


def period_name(kind: FigureKind, periode: int) -> str:
    """What a period of a year is called."""
    return fmt.LONG_MONTHS[periode - 1] if kind.period == "bulan" else f"Semester {periode}"


def period_short(kind: FigureKind, periode: int) -> str:
    """The same, for the head of a narrow column."""
    return fmt.MONTHS[periode - 1] if kind.period == "bulan" else f"Semester {periode}"


def figure(value: FigureSum) -> str:
    """A figure as pages write it."""
    return UNSTATED if value is None else fmt.decimal(value)
