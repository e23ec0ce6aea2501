"""Statistics as tables, of any region, as of any batch or day."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Final, Literal

from sqlalchemy import Connection, text

from projections import sql
from projections.statistik import (
    STATISTICS,
    STATISTIK,
    Asked,
    Category,
    Counted,
    Source,
    Statistic,
)
from projections.tables import NEWEST

_SQL = sql.load("projections.queries", "statistik.sql")
_FAMILIES: Final = sql.load("projections.queries", "keluarga.sql")["active"].text
_CENT: Final = Decimal("0.01")
LAKI_LAKI, PEREMPUAN = 1, 2
_Parts = dict[str, dict[str, Counter[int]]]
"""Counts by part, category and sex; those without are empty or 0."""


@dataclass(frozen=True)
class Place:
    """A desa, and the batch as of which it is counted; 0 before its first."""

    kode_desa: str
    batch: int


def facts_of(where: Sequence[Place]) -> dict[str, object]:
    """The parameters `desa` and `batches` of a query over several desa, each as of its batch."""
    return {"desa": [it.kode_desa for it in where], "batches": [it.batch for it in where]}


@dataclass(frozen=True)
class Count:
    """People: all, and by sex. Those whose sex is not stated are in `jumlah` alone."""

    jumlah: int
    laki_laki: int
    perempuan: int

    def percents_of(self, total: int) -> tuple[Decimal, Decimal, Decimal]:
        """`jumlah`, `laki_laki` and `perempuan`, each in a hundred of `total`, to two places.

        Of none they are 0.
        """
        jumlah, laki_laki, perempuan = (
            (Decimal(it * 100) / total).quantize(_CENT, ROUND_HALF_UP) if total else Decimal(0)
            for it in (self.jumlah, self.laki_laki, self.perempuan)
        )
        return jumlah, laki_laki, perempuan


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


def read_models(name: str) -> frozenset[str]:
    """The read models that a statistic is made from, and the rows behind its numbers.

    Raises:
        KeyError: no statistic has this name.
    """
    statistic = STATISTICS[name]
    if isinstance(statistic, Asked):
        return _READ[statistic.source]
    return _READ[Source.PENDUDUK] | {STATISTIK.name}


def places(
    tx: Connection,
    scope: str,
    before: datetime | None = None,
    of: Collection[str] = (STATISTIK.name,),
) -> list[Place]:
    """The desa of a scope as they stood before a moment, or as they stand now, by code.

    As they stand in the read models of these names: each desa as of a batch that all of them know.
    Before a moment is as of the last batch that, with all before it, had come by then (`came_at`).
    """
    facts = {"scope": scope, "below": f"{scope}.%", "before": before, "read_models": list(of)}
    return [Place(row.kode_desa, row.batch) for row in tx.execute(_SQL["places"], facts)]


def came_at(tx: Connection, place: Place) -> datetime | None:
    """When a place's batch had come, and all before it; None before the first.

    Not when it was received, if a clock was set back meanwhile: `places` right after this moment
    are as of this batch or a later one.
    """
    facts = {"kode_desa": place.kode_desa, "batch": place.batch}
    at: datetime | None = tx.execute(_SQL["came"], facts).scalar()
    return at


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
    return _counted(tx, [name], where, on, dusun, None)[name].get("", _table(STATISTICS[name], {}))


def together(
    tx: Connection, names: Collection[str], where: Sequence[Place], on: date
) -> dict[str, Table]:
    """Several statistics of these desa together, by name: in a fraction of the time of each alone.

    Raises:
        KeyError: no statistic has one of these names.
    """
    found = _counted(tx, names, where, on, None, None)
    return {name: found[name].get("", _table(STATISTICS[name], {})) for name in found}


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
    return _counted(tx, [name], where, on, None, by)[name]


def whole(name: str, parts: Iterable[Table]) -> Table:
    """A statistic of all the parts together that `tables` gave: what `table` would count again.

    Raises:
        KeyError: no statistic has this name.
    """
    cells: dict[str, Counter[int]] = defaultdict(Counter)
    for part in parts:
        for line in part.lines:
            cells[line.category.value].update(_by_sex(line.count))
        cells[""].update(_by_sex(part.belum_mengisi))
    return _table(STATISTICS[name], cells)


def _by_sex(count: Count) -> dict[int, int]:
    others = count.jumlah - count.laki_laki - count.perempuan
    return {LAKI_LAKI: count.laki_laki, PEREMPUAN: count.perempuan, 0: others}


def _counted(
    tx: Connection,
    names: Collection[str],
    where: Sequence[Place],
    on: date,
    dusun: str | None,
    by: Literal["desa", "dusun"] | None,
) -> dict[str, dict[str, Table]]:
    """The tables of each statistic by part; there is one part, "", unless they are asked `by`."""
    statistics = {it: STATISTICS[it] for it in names}
    facts = {
        **facts_of(where),
        "dusun": dusun,
        "by": by,
    }
    asked: dict[Source, list[Asked]] = defaultdict(list)
    for it in statistics.values():
        if isinstance(it, Asked):
            asked[it.source].append(it)
    kept = [name for name, it in statistics.items() if isinstance(it, Counted)]
    cells = defaultdict[str, _Parts](lambda: defaultdict(lambda: defaultdict(Counter)))
    if kept:
        for row in tx.execute(_SQL["counted"], {**facts, "statistik": kept}):
            cells[row.statistik][row.part][row.category][row.sex] += row.jumlah
    for source, several in asked.items():
        for part, sex, jumlah, *categories in tx.execute(
            text(_asked(source, several, on, by)), facts
        ):
            for statistic, category in zip(several, categories, strict=True):
                if category is not None:
                    cells[statistic.name][part][category][sex or 0] += jumlah
    return {
        name: {part: _table(it, cells[name][part]) for part in sorted(cells[name])}
        for name, it in statistics.items()
    }


_READ: Final[Mapping[Source, frozenset[str]]] = {
    Source.PENDUDUK: frozenset({"penduduk"}),
    Source.KELUARGA: frozenset({"penduduk", "keluarga"}),
    Source.PESERTA: frozenset({"penduduk", "program_bantuan", "peserta_bantuan"}),
    Source.KEMATIAN: frozenset({"penduduk", "peristiwa"}),
}
"""The read models that ROWS reads."""
VALID: Final = """{0}.kode_desa = place.kode_desa AND {0}.from_batch <= place.batch
            AND ({0}.to_batch IS NULL OR {0}.to_batch > place.batch)"""
"""Whether a row of a table stood as of the batch of its desa's place."""
_PEOPLE: Final = f"""place JOIN projections.penduduk AS person
            ON person.kode_desa = place.kode_desa AND person.from_batch <= place.batch
            AND coalesce(person.to_batch, {NEWEST}) > place.batch"""
"""Who stood then, asked as `penduduk_closed` has it: that counts them without their rows."""
TAKING_PART: Final = f"""place
        JOIN projections.program_bantuan AS programme ON {VALID.format("programme")}
        JOIN projections.peserta_bantuan AS peserta ON {VALID.format("peserta")}
            AND peserta.program_id::text = programme.id"""
"""Who takes part in a programme, without who that is: cheaper to count by far."""
ROWS: Final = {
    Source.PENDUDUK: _PEOPLE,
    Source.KELUARGA: f"""{_PEOPLE}
        JOIN ({_FAMILIES}) AS family ON family.kode_desa = person.kode_desa
            AND family.kepala = person.id""",
    # A NIK that several share names one of them: the count is of who takes part.
    Source.PESERTA: f"""{TAKING_PART}
        LEFT JOIN LATERAL (
            SELECT who.id, who.sex, who.dusun, who.nama_cari
            FROM projections.penduduk AS who
            WHERE {VALID.format("who")} AND (
                programme.sasaran = 1 AND who.nik = peserta.peserta
                OR programme.sasaran = 2 AND who.no_kk = peserta.peserta AND who.kk_level = 1
            )
            ORDER BY who.status_dasar, who.id
            LIMIT 1
        ) AS person ON true""",  # noqa: S608  # our own words
    Source.KEMATIAN: f"""{_PEOPLE}
        LEFT JOIN (
            SELECT DISTINCT ON (event.kode_desa, event.id_pend)
                event.kode_desa, event.id_pend, event.akta_mati, event.tgl_peristiwa
            FROM place
            JOIN projections.peristiwa AS event ON {VALID.format("event")}
            -- Of one that was corrected, jenis says that it was; kode, what happened.
            WHERE event.kode = 2 AND event.jenis <> 'dibatalkan'
            ORDER BY event.kode_desa, event.id_pend, event.tgl_peristiwa DESC NULLS LAST, event.id
        ) AS death ON death.kode_desa = person.kode_desa AND death.id_pend::text = person.id""",  # noqa: S608  # our own words
}


_PARTS: Final = {None: "''", "desa": "place.kode_desa", "dusun": "coalesce(person.dusun, '')"}


def _asked(
    source: Source, several: Sequence[Asked], on: date, by: Literal["desa", "dusun"] | None
) -> str:
    """Counts in one reading of the rows, by all their categories: null where somebody is in none.

    GROUPING SETS would sort the rows once for each of them.
    """
    declared = [it.on(on) for it in several]
    categories = ", ".join(
        f"CASE WHEN {basis} THEN coalesce(({category})::text, '') END"
        for category, basis in declared
    )
    # The first to be asked is true of most people, and then the others are not.
    anybody = " OR ".join(sorted({f"({basis})" for _, basis in declared}, key=len))
    by_all = ", ".join(str(number) for number in range(4, 4 + len(several)))
    return f"""
        WITH place (kode_desa, batch) AS (
            SELECT * FROM unnest(CAST(:desa AS text[]), CAST(:batches AS bigint[]))
        )
        SELECT {_PARTS[by]} AS part, person.sex, count(*) AS jumlah, {categories}
        FROM {ROWS[source]}
        WHERE (CAST(:dusun AS text) IS NULL OR person.dusun = :dusun) AND ({anybody})
        GROUP BY 1, 2, {by_all}
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
class Month:
    """A statistic at the end of a month: how many are of each category that has anybody.

    `counts` are by the category's value; it is empty for those of no known one.
    """

    bulan: date
    counts: Mapping[str, int]


def monthly(tx: Connection, name: str, where: Sequence[Place], zone: str) -> list[Month]:
    """How a counted statistic of these desa came about, month by month of a time zone.

    Months in which nothing changed are there too. Empty for statistics that are counted when they
    are asked for.
    """
    facts = {
        "statistik": name,
        **facts_of(where),
        "zone": zone,
    }
    known = {it.value for it in STATISTICS[name].categories}
    counts: Counter[str] = Counter()
    months: list[Month] = []
    for row in tx.execute(_SQL["monthly"], facts):
        while months and months[-1].bulan < row.bulan:
            months.append(Month(_after(months[-1].bulan), months[-1].counts))
        counts[row.category if not known or row.category in known else ""] += row.jumlah
        now = Month(row.bulan, {it: n for it, n in counts.items() if n})
        months = [*months[:-1], now] if months else [now]
    return months


def month_by_month(
    tx: Connection, name: str, days: Iterable[tuple[date, Sequence[Place]]]
) -> list[Month]:
    """Any statistic on some days, each with the places as they were then: counted day by day.

    Days before which nothing had come are left out.
    """
    months = []
    for day, where in days:
        if any(it.batch for it in where):
            found = table(tx, name, where, day)
            counts = {it.category.value: it.count.jumlah for it in found.lines}
            counts[""] = found.belum_mengisi.jumlah
            bulan = day.replace(day=1)
            months.append(Month(bulan, {value: it for value, it in counts.items() if it}))
    return months


def _after(month: date) -> date:
    return month.replace(year=month.year + month.month // 12, month=month.month % 12 + 1)
