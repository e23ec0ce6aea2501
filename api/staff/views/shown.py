"""A statistic as a page shows it: against another day, in parts, month by month, as a file."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Final

from api import format as fmt
from api.charts import Lines, lines
from api.context import services
from api.export import Cell, Sheet
from ledger.catalogue import BLANK_LABEL
from projections.queries.statistik import Count, Line, Month, Table
from projections.statistik import Category, Statistic

_MANY: Final = 20
"""Of a statistic with more categories than this, those without people are left out at first."""


@dataclass(frozen=True)
class Shown:
    """A statistic, `against` itself on another day if asked for, and of each part.

    `whole` shows categories without people however many there are.
    """

    table: Table
    on: date
    whole: bool
    against: Table | None = None
    against_on: date | None = None
    parts: Mapping[str, Table] = field(default_factory=dict)

    @property
    def lines(self) -> Sequence[tuple[int, Line]]:
        """The categories to show, numbered."""
        numbered = list(enumerate(self.table.lines, start=1))
        if len(numbered) <= _MANY or self.whole:
            return numbered
        return [(at, it) for at, it in numbered if it.count.jumlah or self.before(it.category)]

    @property
    def hidden(self) -> int:
        """How many categories are left out."""
        return len(self.table.lines) - len(self.lines)

    @property
    def longest(self) -> int:
        """The largest count, for bars."""
        return max((it.count.jumlah for _, it in self.lines), default=0)

    def before(self, category: Category) -> int:
        """A category's people on the other day."""
        return _of(self.against, category) if self.against else 0

    def of(self, part: str, category: Category) -> int:
        """A category's people in a part."""
        return _of(self.parts[part], category)

    def sheet(self, name: str, notes: Sequence[str], part_names: Mapping[str, str]) -> Sheet:
        """The table as a file, with a column for each part."""
        columns = ["No", "Kelompok", "Jumlah", "Persen"]
        columns += ["Laki-laki", "Persen laki-laki", "Perempuan", "Persen perempuan"]
        if self.against and self.against_on:
            columns += [f"Jumlah {self.against_on.isoformat()}", "Selisih"]
        columns += [part_names.get(it, it) for it in self.parts]
        feet = (("JUMLAH", "jumlah"), ("BELUM MENGISI", "belum_mengisi"), ("TOTAL", "total"))
        rows: list[list[Cell]] = []
        for at, line in self.lines:
            row: list[Cell] = [at, line.category.label, *self._counts(line.count)]
            if self.against:
                before = self.before(line.category)
                row += [before, line.count.jumlah - before]
            rows.append(row + [self.of(it, line.category) for it in self.parts])
        for words, foot in feet:
            count = getattr(self.table, foot)
            row = [None, words, *self._counts(count)]
            if self.against:
                then = getattr(self.against, foot).jumlah
                row += [then, count.jumlah - then]
            rows.append(row + [getattr(it, foot).jumlah for it in self.parts.values()])
        return Sheet(name, self.table.statistic.title, columns, rows, notes)

    def _counts(self, count: Count) -> list[Cell]:
        counts = (count.jumlah, count.laki_laki, count.perempuan)
        shares = count.percents_of(self.table.total.jumlah)
        return [it for pair in zip(counts, shares, strict=True) for it in pair]


@dataclass(frozen=True)
class Trend:
    """A statistic at the end of each month."""

    statistic: Statistic
    months: Sequence[Month]

    @property
    def lines(self) -> Sequence[Category]:
        """The categories that had anybody, in the order of the table; those of none come last."""
        had = {value for it in self.months for value in it.counts}
        known = self.statistic.categories or [Category(it, it) for it in sorted(had - {""})]
        return [it for it in (*known, Category("", BLANK_LABEL)) if it.value in had]

    @property
    def chart(self) -> Lines | None:
        """The curves of the largest categories; None while there is only one month."""
        return lines(
            [{it.label: at.counts.get(it.value, 0) for it in self.lines} for at in self.months]
        )

    def sheet(self, name: str, notes: Sequence[str]) -> Sheet:
        """The categories as a file, with a column for each month."""
        rows: list[list[Cell]] = [
            [it.label, *(at.counts.get(it.value, 0) for at in self.months)] for it in self.lines
        ]
        rows.append(["TOTAL", *(sum(at.counts.values()) for at in self.months)])
        columns = ["Kelompok", *(f"{it.bulan:%Y-%m}" for it in self.months)]
        return Sheet(name, f"{self.statistic.title}, akhir tiap bulan", columns, rows, notes)


def office_name() -> str:
    """What the office is called."""
    settings = services().settings
    return settings.nama or f"Kecamatan {settings.kode}"


def notes(office: str, place: str, as_of: str, on: date) -> list[str]:
    """What stands above a file: whose numbers, as of when, from where."""
    return [
        f"{office} · {place}",
        f"Keadaan per {as_of}; umur per {fmt.day(on)}",
        "Sumber: data desa (OpenSID)",
    ]


def _of(table: Table, category: Category) -> int:
    return next((it.count.jumlah for it in table.lines if it.category.value == category.value), 0)
