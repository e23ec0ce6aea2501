"""Statistics of the population: declared in `catalogue`, counted by batch in `counting`."""

from projections.statistik.bands import BANDS, Band
from projections.statistik.catalogue import (
    STATISTICS,
    Asked,
    Category,
    Counted,
    Source,
    Statistic,
)
from projections.statistik.counting import STATISTIK

__all__ = [
    "BANDS",
    "STATISTICS",
    "STATISTIK",
    "Asked",
    "Band",
    "Category",
    "Counted",
    "Source",
    "Statistic",
]
