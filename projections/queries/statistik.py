"""Statistics as tables, of any region, as of any batch or day."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Final, Literal

from sqlalchemy import Connection, text

from ledger.catalogue import BLANK_LABEL
from projections import sql
from projections.statistik import STATISTICS, Asked, Category, Source, Statistic

_SQL = sql.load("projections.queries", "statistik.sql")
_CENT: Final = Decimal("0.01")
LAKI_LAKI, PEREMPUAN = 1, 2


@dataclass(frozen=True)
class Place:
    """A desa, and the batch as of which it is counted; 0 before its first."""

    kode_desa: str
    batch: int


@dataclass(frozen=True)
class Count:
    """People: all, and by sex. Those whose sex is not stated are in `jumlah` alone."""

    jumlah: int
    laki_laki: int
    perempuan: int

    def percent_of(self, total: int) -> Decimal:
        """`jumlah` in a hundred of `total`, to two places; of none it is 0."""
        if not total:
            return Decimal(0)
        share = Decimal(self.jumlah * 100) / total
        return share.quantize(_CENT, ROUND_HALF_UP)


@dataclass(frozen=True)
class Line:
    """A category with its people."""

    category: Category
    count: Count


@dataclass(frozen=True)
class Table:
    """A statistic: its categories, and under them what reports print.

    `jumlah` are those of a known category, `belum_mengisi` the others, `total` both: the basis.
    """

    statistic: Statistic
    lines: tuple[Line, ...]
    jumlah: Count
    belum_mengisi: Count
    total: Count


def places(tx: Connection, scope: str, before: datetime | None = None) -> list[Place]:
    """The desa of a scope as they stood before a moment, or as they stand now, by code."""
    facts = {"scope": scope, "below": f"{scope}.%", "before": before}
    return [Place(row.kode_desa, row.batch) for row in tx.execute(_SQL["places"], facts)]


def table(
    tx: Connection,
    name: str,
    where: Sequence[Place],
    on: date,
    dusun: str | None = None,
) -> Table:
    """A statistic of these desa together; ages are those `on` a day.

    Raises:
        KeyError: no statistic has this name.
    """
    return _counted(tx, name, where, on, dusun, None).get("", _table(STATISTICS[name], {}))


def tables(
    tx: Connection,
    name: str,
    where: Sequence[Place],
    on: date,
    by: Literal["desa", "dusun"],
) -> dict[str, Table]:
    """A statistic of each desa, or of each dusun, of these that has anybody; by code or name.

    The dusun of people who state none is empty.

    Raises:
        KeyError: no statistic has this name.
    """
    return _counted(tx, name, where, on, None, by)


def _counted(
    tx: Connection,
    name: str,
    where: Sequence[Place],
    on: date,
    dusun: str | None,
    by: Literal["desa", "dusun"] | None,
) -> dict[str, Table]:
    statistic = STATISTICS[name]
    facts = {
        "statistik": name,
        "desa": [it.kode_desa for it in where],
        "batches": [it.batch for it in where],
        "dusun": dusun,
        "by": by,
    }
    query = text(_asked(statistic, on, by)) if isinstance(statistic, Asked) else _SQL["counted"]
    parts: dict[str, dict[str, Counter[int]]] = defaultdict(lambda: defaultdict(Counter))
    for row in tx.execute(query, facts):
        parts[row.part][row.category or ""][row.sex or 0] += row.jumlah
    return {part: _table(statistic, parts[part]) for part in sorted(parts)}


_VALID: Final = """{0}.kode_desa = place.kode_desa AND {0}.from_batch <= place.batch
            AND ({0}.to_batch IS NULL OR {0}.to_batch > place.batch)"""
_PEOPLE: Final = f"place JOIN projections.penduduk AS person ON {_VALID.format('person')}"
_ROWS: Final = {
    Source.PENDUDUK: _PEOPLE,
    Source.KELUARGA: f"""{_PEOPLE}
        JOIN projections.keluarga AS family ON {_VALID.format("family")}
            AND family.kepala_id::text = person.id""",
    # A NIK that several share names one of them: the count is of who takes part.
    Source.PESERTA: f"""place
        JOIN projections.program_bantuan AS programme ON {_VALID.format("programme")}
        JOIN projections.peserta_bantuan AS peserta ON {_VALID.format("peserta")}
            AND peserta.program_id::text = programme.id
        LEFT JOIN (
            SELECT DISTINCT ON (who.kode_desa, known.sasaran, known.peserta)
                who.kode_desa, known.sasaran, known.peserta, who.sex, who.dusun
            FROM place JOIN projections.penduduk AS who ON {_VALID.format("who")}
            CROSS JOIN LATERAL (
                VALUES (1, who.nik), (2, CASE WHEN who.kk_level = 1 THEN who.no_kk END)
            ) AS known (sasaran, peserta)
            WHERE known.peserta IS NOT NULL
            ORDER BY who.kode_desa, known.sasaran, known.peserta, who.status_dasar, who.id
        ) AS person ON person.kode_desa = peserta.kode_desa
            AND person.sasaran = programme.sasaran AND person.peserta = peserta.peserta""",  # noqa: S608  # our own words
    Source.KEMATIAN: f"""{_PEOPLE}
        LEFT JOIN (
            SELECT DISTINCT ON (event.kode_desa, event.id_pend)
                event.kode_desa, event.id_pend, event.akta_mati, event.tgl_peristiwa
            FROM place
            JOIN projections.peristiwa AS event ON {_VALID.format("event")}
            WHERE event.jenis = 'mati'
            ORDER BY event.kode_desa, event.id_pend, event.tgl_peristiwa DESC NULLS LAST
        ) AS death ON death.kode_desa = person.kode_desa AND death.id_pend::text = person.id""",  # noqa: S608  # our own words
}


_PARTS: Final = {None: "''", "desa": "place.kode_desa", "dusun": "coalesce(person.dusun, '')"}


def _asked(statistic: Asked, on: date, by: Literal["desa", "dusun"] | None) -> str:
    category, basis = statistic.on(on)
    return f"""
        WITH place (kode_desa, batch) AS (
            SELECT * FROM unnest(CAST(:desa AS text[]), CAST(:batches AS bigint[]))
        )
        SELECT {_PARTS[by]} AS part, ({category})::text AS category, person.sex,
            count(*) AS jumlah
        FROM {_ROWS[statistic.source]}
        WHERE (CAST(:dusun AS text) IS NULL OR person.dusun = :dusun) AND {basis}
        GROUP BY 1, 2, 3
    """  # noqa: S608  # our own declarations, and days


def _table(statistic: Statistic, counted: Mapping[str, Counter[int]]) -> Table:
    known = statistic.categories or tuple(
        Category(value, value)
        for value in sorted(it for it in counted if it and any(counted[it].values()))
    )
    empty: Counter[int] = Counter()
    lines = tuple(Line(it, _count(counted.get(it.value, empty))) for it in known)
    total: Counter[int] = Counter()
    for by_sex in counted.values():
        total.update(by_sex)
    jumlah: Counter[int] = Counter()
    for it in known:
        jumlah.update(counted.get(it.value, empty))
    blank = Counter(total)
    blank.subtract(jumlah)
    return Table(statistic, lines, _count(jumlah), _count(blank), _count(total))


def _count(by_sex: Mapping[int, int]) -> Count:
    return Count(sum(by_sex.values()), by_sex.get(LAKI_LAKI, 0), by_sex.get(PEREMPUAN, 0))


@dataclass(frozen=True)
class Point:
    """A statistic after a batch: the count of each category that has anybody."""

    batch: int
    received_at: datetime
    counts: Mapping[str, int]


def trend(tx: Connection, name: str, kode_desa: str, until: int) -> list[Point]:
    """How a counted statistic of a desa came about, batch by batch.

    Empty for those that are counted when they are asked for.
    """
    facts = {"statistik": name, "kode_desa": kode_desa, "batch": until}
    labels = {it.value: it.label for it in STATISTICS[name].categories}
    counts: dict[str, int] = {}
    points: list[Point] = []
    for row in tx.execute(_SQL["trend"], facts):
        label = labels.get(row.category, row.category or BLANK_LABEL)
        counts = {**counts, label: row.jumlah}
        point = Point(row.batch, row.received_at, {it: n for it, n in counts.items() if n})
        if points and points[-1].batch == row.batch:
            points.pop()
        points.append(point)
    return points


@dataclass(frozen=True)
class Month:
    """A counted statistic at the end of a month: the count of each category that has anybody."""

    bulan: date
    counts: Mapping[str, int]


def monthly(tx: Connection, name: str, where: Sequence[Place], zone: str) -> list[Month]:
    """How a counted statistic of these desa came about, month by month of a time zone.

    Months in which nothing changed are there too. Empty for statistics that are counted when they
    are asked for.
    """
    facts = {
        "statistik": name,
        "desa": [it.kode_desa for it in where],
        "batches": [it.batch for it in where],
        "zone": zone,
    }
    labels = {it.value: it.label for it in STATISTICS[name].categories}
    counts: Counter[str] = Counter()
    months: list[Month] = []
    for row in tx.execute(_SQL["monthly"], facts):
        while months and months[-1].bulan < row.bulan:
            months.append(Month(_after(months[-1].bulan), months[-1].counts))
        counts[labels.get(row.category, row.category or BLANK_LABEL)] += row.jumlah
        now = Month(row.bulan, {it: n for it, n in counts.items() if n})
        months = [*months[:-1], now] if months else [now]
    return months


def _after(month: date) -> date:
    return month.replace(year=month.year + month.month // 12, month=month.month % 12 + 1)
