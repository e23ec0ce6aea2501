"""Ratios and indicators of a population, from its statistics (domain rules of section 2.4).

Numbers as reports print them, each from a table that anybody can open; None where there is nobody
to divide by.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import Final

from sqlalchemy import Connection

from projections.queries.statistik import Place, Table, table

_PLACES: Final = {0: Decimal(1), 1: Decimal("0.1"), 2: Decimal("0.01")}
_RECORDED: Final = 3
"""status_rekam from which a person's KTP-el is recorded."""
_CHILD, _OLD = 15, 65
_WORK: Final = range(_CHILD, _OLD)


@dataclass(frozen=True)
class Indicator:
    """A figure: `of` divided by `per`, times a hundred."""

    name: str
    title: str
    of: int
    per: int
    places: int

    @property
    def value(self) -> Decimal | None:
        """The figure, rounded half up as people do; None when there is nobody to divide by."""
        if not self.per:
            return None
        share = Decimal(self.of * 100) / self.per
        return share.quantize(_PLACES[self.places], ROUND_HALF_UP)


def indicators(tx: Connection, where: Sequence[Place], on: date) -> list[Indicator]:
    """The indicators of these desa together, on a day."""
    ages = _by_age(table(tx, "umur", where, on))
    sexes = table(tx, "jenis-kelamin", where, on).total
    ktp = table(tx, "ktp", where, on)
    minors = table(tx, "akta-anak", where, on)
    young, old = ages(range(_CHILD)), ages(range(_OLD, 200))
    work = ages(_WORK)
    recorded = sum(
        line.count.jumlah for line in ktp.lines if int(line.category.value) >= _RECORDED
    )
    return [
        Indicator("rasio-ketergantungan", "Rasio ketergantungan", young + old, work, 1),
        Indicator("rasio-ketergantungan-muda", "Rasio ketergantungan muda", young, work, 1),
        Indicator("rasio-ketergantungan-tua", "Rasio ketergantungan tua", old, work, 1),
        Indicator("rasio-jenis-kelamin", "Rasio jenis kelamin", sexes.laki_laki,
                  sexes.perempuan, 1),
        Indicator("perekaman-ktp", "Persentase perekaman KTP-el", recorded, ktp.total.jumlah, 2),
        Indicator("akta-lahir-anak", "Persentase akta lahir 0-17 tahun", minors.jumlah.jumlah,
                  minors.total.jumlah, 2),
    ]  # fmt: skip


def _by_age(ages: Table) -> Callable[[range], int]:
    """How many are of some ages; these are whole bands of five years."""
    counts: Mapping[int, int] = {
        int(line.category.label.rstrip("+").partition("-")[0]): line.count.jumlah
        for line in ages.lines
    }

    def among(years: range) -> int:
        return sum(count for low, count in counts.items() if low in years)

    return among
