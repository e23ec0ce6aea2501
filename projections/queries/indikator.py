"""Ratios and indicators of a population, from its statistics (domain rules of section 2.4).

Numbers as reports print them, each from a table that anybody can open; None where there is nobody
to divide by.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from types import MappingProxyType
from typing import Final

from sqlalchemy import Connection, text

from projections.mutasi import SALDO_AWAL
from projections.queries.mutasi import Month
from projections.queries.statistik import Place, Table, together

_PLACES: Final = {0: Decimal(1), 1: Decimal("0.1"), 2: Decimal("0.01")}
_RECORDED: Final = 3
"""status_rekam from which a person's KTP-el is recorded."""
_CHILD, _OLD = 15, 65
_WORK: Final = range(_CHILD, _OLD)
_SCHOOLS: Final = {"apm-sd": "SD", "apm-smp": "SMP", "apm-sma": "SMA"}
BASES: Final = {"umur", "jenis-kelamin", "ktp", "akta-anak", "keluarga", "pus", *_SCHOOLS}
"""The statistics that the indicators are made from."""
_YEAR: Final = 12
_AREA: Final = text("""
    SELECT count(luas_wilayah),
        sum(luas_wilayah / CASE satuan_luas WHEN 'ha' THEN 100 ELSE 1 END)
    FROM unnest(CAST(:desa AS text[]), CAST(:batches AS bigint[])) AS place (kode_desa, batch)
    JOIN projections.desa ON desa.kode_desa = place.kode_desa AND desa.from_batch <= place.batch
        AND (desa.to_batch IS NULL OR desa.to_batch > place.batch)
""")


@dataclass(frozen=True)
class Indicator:
    """A figure: `of` divided by `per`, `times` something, to so many `places`."""

    name: str
    title: str
    of: int
    per: int | Decimal
    places: int
    times: int = 100

    @property
    def value(self) -> Decimal | None:
        """The figure, rounded half up as people do; None when there is nobody to divide by."""
        if not self.per:
            return None
        share = Decimal(self.of * self.times) / self.per
        return share.quantize(_PLACES[self.places], ROUND_HALF_UP)


def indicators(
    tx: Connection,
    where: Sequence[Place],
    on: date,
    known: Mapping[str, Table] = MappingProxyType({}),
) -> list[Indicator]:
    """The indicators of these desa together, on a day; `known` are tables that are at hand."""
    of = {**known, **together(tx, BASES - known.keys(), where, on)}
    ages = _by_age(of["umur"])
    sexes = of["jenis-kelamin"].total
    ktp = of["ktp"]
    minors = of["akta-anak"]
    young, old = ages(range(_CHILD)), ages(range(_OLD, 200))
    work = ages(_WORK)
    families = of["keluarga"].total
    couples = of["pus"]
    schools = [
        Indicator(name, f"APM {level}", it.jumlah.jumlah, it.total.jumlah, 1)
        for name, level in _SCHOOLS.items()
        for it in [of[name]]
    ]
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
        Indicator("anggota-keluarga", "Rata-rata anggota per kartu keluarga aktif", sexes.jumlah,
                  families.jumlah, 2, 1),
        Indicator("kepadatan", "Kepadatan (jiwa per km²)", sexes.jumlah, _area(tx, where), 0, 1),
        Indicator("peserta-kb", "Peserta KB aktif di antara pasangan usia subur",
                  couples.jumlah.jumlah, couples.total.jumlah, 1),
        *schools,
    ]  # fmt: skip


def _area(tx: Connection, where: Sequence[Place]) -> Decimal:
    """The area of these desa in km²; 0 unless every one of them states its own."""
    facts = {"desa": [it.kode_desa for it in where], "batches": [it.batch for it in where]}
    known, area = tx.execute(_AREA, facts).one()
    return Decimal(area) if known == len(where) and area else Decimal(0)


def rates(months: Sequence[Month]) -> list[Indicator]:
    """How a population changed in the newest twelve months of its account.

    Empty while the account has no twelve months after that in which the desa first told of it:
    what it had then is no growth.
    """
    year = months[-_YEAR:]
    if len(year) < _YEAR or any(it.flows[SALDO_AWAL] for it in year):
        return []
    awal, akhir = (sum(it.values()) for it in (year[0].awal, year[-1].akhir))
    born, died = (sum(sum(it.flows[name].values()) for it in year) for name in ("lahir", "mati"))
    # Half of both ends stands for the middle of the year, as in statistics of the population.
    middle = Decimal(awal + akhir) / 2
    return [
        Indicator("pertumbuhan", "Laju pertumbuhan setahun", akhir - awal, awal, 2),
        Indicator("cbr", "Kelahiran per 1.000 penduduk setahun", born, middle, 1, 1000),
        Indicator("cdr", "Kematian per 1.000 penduduk setahun", died, middle, 1, 1000),
    ]


def _by_age(ages: Table) -> Callable[[range], int]:
    """How many are of some ages; these are whole bands of five years."""
    counts: Mapping[int, int] = {
        int(line.category.label.rstrip("+").partition("-")[0]): line.count.jumlah
        for line in ages.lines
    }

    def among(years: range) -> int:
        return sum(count for low, count in counts.items() if low in years)

    return among
