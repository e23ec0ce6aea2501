"""Counts by batch: how many people more or fewer a batch brought to each category.

The count as of a batch is the sum over it and all before it; so every past figure, and how it came
about, is one indexed sum. The rows follow from those of `projections.penduduk`, and are made from
them where they are, in the database.
"""

from collections.abc import Sequence

from sqlalchemy import Connection, Table, text

from projections import tables
from projections.opened import Opened
from projections.statistik.catalogue import STATISTICS, Counted


class StatistikProjection:
    """Keeps the counts of every `Counted` statistic, by dusun and sex."""

    name = "statistik"
    version = 2
    tables: tuple[Table, ...] = (tables.statistik,)
    follows: str | None = "penduduk"

    def apply(self, tx: Connection, entries: Sequence[Opened]) -> None:
        """Count what the entries changed of the people."""
        if not entries:
            return
        facts = {
            "kode_desa": entries[0].kode_desa,
            "first": entries[0].position,
            "last": entries[-1].position,
        }
        tx.execute(text(_COUNT), facts)


def _values() -> str:
    return ",\n        ".join(
        f"('{it.name}', ({it.category})::text, ({it.basis}))"
        for it in STATISTICS.values()
        if isinstance(it, Counted)
    )


_COUNT = f"""
INSERT INTO projections.statistik
    (kode_desa, statistik, dusun, sex, category, batch, jumlah)
SELECT :kode_desa, sorted.name, coalesce(dusun, ''), coalesce(sex, 0),
    coalesce(sorted.category, ''), batch, sum(sign)
FROM (
    SELECT from_batch AS batch, 1 AS sign, opened.*
    FROM projections.penduduk AS opened
    WHERE kode_desa = :kode_desa AND from_batch BETWEEN :first AND :last
    UNION ALL
    SELECT to_batch AS batch, -1 AS sign, closed.*
    FROM projections.penduduk AS closed
    WHERE kode_desa = :kode_desa AND to_batch BETWEEN :first AND :last
) AS person
CROSS JOIN LATERAL (
    VALUES
        {_values()}
) AS sorted (name, category, belongs)
WHERE sorted.belongs
GROUP BY sorted.name, coalesce(dusun, ''), coalesce(sex, 0), coalesce(sorted.category, ''), batch
HAVING sum(sign) <> 0
"""  # noqa: S608  # our own declarations

STATISTIK = StatistikProjection()
