"""Ratios and indicators of a population, from its statistics (domain rules of section 2.4).

Numbers as reports print them, each from a table that anybody can open; None where there is nobody
to divide by.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from types import MappingProxyType
from typing import Final

from sqlalchemy import Connection, text

from projections.mutasi import SALDO_AWAL
from projections.queries.rincian import Whom
from projections.queries.statistik import (
    LAKI_LAKI,
    PEREMPUAN,
    VALID,
    Line,
    Place,
    Table,
    facts_of,
    together,
)

_PLACES: Final = {0: Decimal(1), 1: Decimal("0.1"), 2: Decimal("0.01")}
_RECORDED: Final = 3
"""status_rekam from which a person's KTP-el is recorded."""
_CHILD, _OLD = 15, 65
_WORK: Final = range(_CHILD, _OLD)
_SCHOOLS: Final = {"apm-sd": "SD", "apm-smp": "SMP", "apm-sma": "SMA"}
BASES: Final = {"umur", "jenis-kelamin", "ktp", "akta-anak", "keluarga", "pus", *_SCHOOLS}
"""The statistics that the indicators are made from."""
# An area of 0 is none: a village that states it has not said how large it is.
_AREA: Final = text("""
    SELECT count(*) FILTER (WHERE luas_wilayah > 0),
        sum(luas_wilayah / CASE satuan_luas WHEN 'ha' THEN 100 ELSE 1 END)
    FROM unnest(CAST(:desa AS text[]), CAST(:batches AS bigint[])) AS place (kode_desa, batch)
    JOIN projections.desa ON desa.kode_desa = place.kode_desa AND desa.from_batch <= place.batch
        AND (desa.to_batch IS NULL OR desa.to_batch > place.batch)
""")
_YEAR: Final = 12
_SINCE: Final = f"""
    FROM unnest(CAST(:desa AS text[]), CAST(:batches AS bigint[])) AS place (kode_desa, batch)
    JOIN projections.mutasi ON {VALID.format("mutasi")} AND mutasi.bulan >= :first
        AND mutasi.jumlah <> 0
"""
# Asked first: where somebody began, the year has all their people, and this stops at one of them.
_BEGUN: Final = text(f"""
    SELECT EXISTS (
        SELECT {_SINCE}
        WHERE bulan <= :last AND (jenis = :saldo_awal OR NOT EXISTS (
            SELECT FROM projections.mutasi AS before
            WHERE {VALID.format("before")} AND before.bulan < :first AND before.jumlah <> 0
        ))
    )
""")  # noqa: S608  # our own words
_CHANGED: Final = text(f"""
    SELECT coalesce(sum(jumlah) FILTER (WHERE bulan <= :last), 0),
        coalesce(sum(jumlah) FILTER (WHERE bulan > :last), 0)
    {_SINCE}
""")
# A birth that is reported late belongs to the year of the birth; who is concluded to be born, or
# whose day nobody states, to that of the report.
_HAPPENED: Final = text(f"""
    SELECT coalesce(sum(jumlah) FILTER (WHERE jenis = 'lahir'), 0),
        coalesce(-sum(jumlah) FILTER (WHERE jenis = 'mati'), 0)
    FROM unnest(CAST(:desa AS text[]), CAST(:batches AS bigint[])) AS place (kode_desa, batch)
    JOIN projections.mutasi ON {VALID.format("mutasi")} AND jenis IN ('lahir', 'mati')
        AND coalesce(tgl_peristiwa, bulan) >= :first
        AND coalesce(tgl_peristiwa, bulan) < CAST(:last AS date) + INTERVAL '1 month'
""")  # noqa: S608  # our own words


@dataclass(frozen=True)
class Indicator:
    """A figure: `of` divided by `per`, `times` something, to so many `places`.

    `whom_of` and `whom_per` say whom these count, where they count rows of a statistic.
    """

    name: str
    title: str
    of: int
    per: int | Decimal
    places: int
    times: int = 100
    whom_of: Whom | None = None
    whom_per: Whom | None = None

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
    families = of["keluarga"].total
    recorded = tuple(it.category.value for it in ktp.lines if int(it.category.value) >= _RECORDED)
    young, old, work = ages(range(_CHILD)), ages(range(_OLD, 200)), ages(_WORK)
    dependent = young[0] + old[0], replace(young[1], kategori=young[1].kategori + old[1].kategori)
    everybody = sexes.jumlah, Whom("jenis-kelamin")

    def among(name: str, title: str, places: int = 1) -> Indicator:
        """Those of a statistic who are of one of its categories."""
        table = of[name]
        return Indicator(name, title, table.jumlah.jumlah, table.total.jumlah, places,
                         whom_of=Whom(name, baris="jumlah"), whom_per=Whom(name))  # fmt: skip

    return [
        _ratio("rasio-ketergantungan", "Rasio ketergantungan", dependent, work),
        _ratio("rasio-ketergantungan-muda", "Rasio ketergantungan muda", young, work),
        _ratio("rasio-ketergantungan-tua", "Rasio ketergantungan tua", old, work),
        _ratio(
            "rasio-jenis-kelamin",
            "Rasio jenis kelamin",
            (sexes.laki_laki, Whom("jenis-kelamin", sex=LAKI_LAKI)),
            (sexes.perempuan, Whom("jenis-kelamin", sex=PEREMPUAN)),
        ),
        _ratio(
            "perekaman-ktp",
            "Persentase perekaman KTP-el",
            (sum(it.count.jumlah for it in ktp.lines if it.category.value in recorded),
             Whom("ktp", recorded)),
            (ktp.total.jumlah, Whom("ktp")),
            2,
        ),
        replace(among("akta-anak", "Persentase akta lahir 0-17 tahun", 2), name="akta-lahir-anak"),
        _ratio(
            "anggota-keluarga",
            "Rata-rata anggota per keluarga aktif",
            everybody,
            (families.jumlah, Whom("keluarga")),
            2,
            1,
        ),
        Indicator("kepadatan", "Kepadatan (jiwa per km²)", sexes.jumlah, _area(tx, where), 0, 1,
                  whom_of=everybody[1]),
        replace(among("pus", "Peserta KB aktif di antara pasangan usia subur"), name="peserta-kb"),
        *(among(name, f"APM {level}") for name, level in _SCHOOLS.items()),
        *_rates(tx, where, on, sexes.jumlah),
    ]  # fmt: skip


def _ratio(
    name: str,
    title: str,
    of: tuple[int, Whom],
    per: tuple[int, Whom],
    places: int = 1,
    times: int = 100,
) -> Indicator:
    return Indicator(name, title, of[0], per[0], places, times, of[1], per[1])


def _area(tx: Connection, where: Sequence[Place]) -> Decimal:
    """The area of these desa in km²; 0 unless every one of them states its own."""
    known, area = tx.execute(_AREA, facts_of(where)).one()
    return Decimal(area) if known == len(where) and area else Decimal(0)


def _rates(tx: Connection, where: Sequence[Place], on: date, living: int) -> list[Indicator]:
    """How a population, `living` now, changed in twelve months up to that of a day.

    It grows by what is reported in them; births and deaths are those that happened in them.
    Empty when one of these desa first told of its people in them: what it had then is no growth.
    """
    last = on.replace(day=1)
    year, month = (on.year, 1) if on.month == _YEAR else (on.year - 1, on.month + 1)
    first = date(year, month, 1)
    facts = {**facts_of(where), "first": first, "last": last, "saldo_awal": SALDO_AWAL}
    if tx.execute(_BEGUN, facts).scalar():
        return []
    grown, later = tx.execute(_CHANGED, facts).one()
    akhir = living - later
    awal = akhir - grown
    if not awal:
        return []
    # Half of both ends stands for the middle of the year, as in statistics of the population.
    middle = Decimal(awal + akhir) / 2
    born, died = tx.execute(_HAPPENED, facts).one()
    return [
        Indicator("pertumbuhan", "Laju pertumbuhan setahun", grown, awal, 2),
        Indicator("cbr", "Kelahiran per 1.000 penduduk setahun", born, middle, 1, 1000),
        Indicator("cdr", "Kematian per 1.000 penduduk setahun", died, middle, 1, 1000),
    ]


def _by_age(ages: Table) -> Callable[[range], tuple[int, Whom]]:
    """How many are of some ages, and who; these are whole bands of five years."""

    def low(line: Line) -> int:
        return int(line.category.label.rstrip("+").partition("-")[0])

    def among(years: range) -> tuple[int, Whom]:
        lines = [it for it in ages.lines if low(it) in years]
        values = tuple(it.category.value for it in lines)
        return sum(it.count.jumlah for it in lines), Whom("umur", values)

    return among
