"""The rows that a number of a statistic counts, by the statistic's own declaration."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final, Literal, NamedTuple

from sqlalchemy import Connection, text

from projections.queries.statistik import (
    LAKI_LAKI,
    PEREMPUAN,
    ROWS,
    TAKING_PART,
    VALID,
    Place,
    facts_of,
)
from projections.statistik import STATISTICS, Asked, Source, Statistic

_RECORDS: Final = {Source.KELUARGA: "family.id", Source.PESERTA: "peserta.id"}
"""What is counted where that is no person."""
_PLACES: Final = """WITH place (kode_desa, batch) AS (
    SELECT * FROM unnest(CAST(:desa AS text[]), CAST(:batches AS bigint[]))
)"""


@dataclass(frozen=True)
class Whom:
    """Whom a number of a statistic counts.

    Attributes:
        kategori: those with one of these values; empty for all of them.
        baris: those whom this foot of the table counts; empty for all of them.
        sex: those who state this one; 0 for those who state none.
        dusun: those who state this one; empty for those who state none.
    """

    statistik: str
    kategori: tuple[str, ...] = ()
    baris: Literal["", "jumlah", "belum_mengisi"] = ""
    sex: int | None = None
    dusun: str | None = None


@dataclass(frozen=True)
class Row:
    """A person, or a family by its head, or who takes part in a programme.

    `record` is the id of what is counted where that is no person. Whoever takes part need not be
    among the people: then `id` is None. `nik` and `no_kk` are whole. `from_batch` and `line` are
    where the desa stated the person as they are.
    """

    kode_desa: str
    id: str | None
    record: str | None
    nama: str | None
    nik: str | None
    no_kk: str | None
    sex: int | None
    tanggal_lahir: date | None
    kk_level: int | None
    dusun: str | None
    rw: str | None
    rt: str | None
    category: str
    from_batch: int | None
    line: int | None


class _Counted(NamedTuple):
    """SQL of what a number counts: the category, the rows, which of them; and its facts."""

    category: str
    rows: str
    condition: str
    facts: dict[str, Any]


def source(statistic: Statistic) -> Source:
    """What a statistic counts."""
    return statistic.source if isinstance(statistic, Asked) else Source.PENDUDUK


def rows(
    tx: Connection,
    whom: Whom,
    where: Sequence[Place],
    on: date,
    *,
    limit: int = 50,
    offset: int = 0,
) -> list[Row]:
    """The rows that a number of these desa counts on a day, by name.

    Raises:
        KeyError: no statistic has this name.
    """
    kind = source(STATISTICS[whom.statistik])
    counted = _counted(whom, where, on)
    record = _RECORDS.get(kind, "NULL")
    # Only those of the page are looked for, after it is known who they are.
    query = f"""{_PLACES},
        counted AS (
            SELECT place.kode_desa, place.batch, person.id, {record} AS record, person.sex,
                person.dusun, person.nama_cari, {counted.category} AS category
            FROM {counted.rows}
            WHERE {counted.condition}
            ORDER BY person.nama_cari, place.kode_desa, length(person.id), person.id, 4
            LIMIT :limit OFFSET :offset
        )
        SELECT place.kode_desa, place.id, record, nama, nik, no_kk, place.sex, tanggal_lahir,
            kk_level, place.dusun, rw, rt, category, from_batch, line
        FROM counted AS place
        LEFT JOIN projections.penduduk AS who ON {VALID.format("who")} AND who.id = place.id
        ORDER BY place.nama_cari, place.kode_desa, length(place.id), place.id, record
    """  # noqa: S608  # our own declarations, and days
    facts = {**counted.facts, "limit": limit, "offset": offset}
    return [Row(**row) for row in tx.execute(text(query), facts).mappings()]


def counts(tx: Connection, whom: Whom, where: Sequence[Place], on: date) -> dict[str, int]:
    """How many `rows` there are, by desa; desa without any are left out.

    Raises:
        KeyError: no statistic has this name.
    """
    counted = _counted(whom, where, on)
    kind = source(STATISTICS[whom.statistik])
    anybody = whom.sex is None and whom.dusun is None
    rows_ = TAKING_PART if kind is Source.PESERTA and anybody else counted.rows
    query = f"""{_PLACES}
        SELECT place.kode_desa, count(*) FROM {rows_} WHERE {counted.condition}
        GROUP BY place.kode_desa ORDER BY place.kode_desa
    """  # noqa: S608  # as above
    return {row[0]: row[1] for row in tx.execute(text(query), counted.facts)}


def _counted(whom: Whom, where: Sequence[Place], on: date) -> _Counted:
    statistic = STATISTICS[whom.statistik]
    declared = statistic.category, statistic.basis
    category, basis = statistic.on(on) if isinstance(statistic, Asked) else declared
    category = f"coalesce(({category})::text, '')"
    conditions = [f"({basis})"]
    facts: dict[str, Any] = {
        **facts_of(where),
        "kategori": list(whom.kategori),
        "known": [it.value for it in statistic.categories],
        "sex": whom.sex,
        "dusun": whom.dusun,
    }
    if whom.kategori:
        conditions.append(f"{category} = ANY(CAST(:kategori AS text[]))")
    if whom.baris:
        listed = f"{category} = ANY(CAST(:known AS text[]))"
        known = listed if statistic.categories else f"{category} <> ''"
        conditions.append(known if whom.baris == "jumlah" else f"NOT ({known})")
    if whom.sex in {LAKI_LAKI, PEREMPUAN}:
        conditions.append("person.sex = :sex")
    elif whom.sex is not None:
        conditions.append(f"coalesce(person.sex NOT IN ({LAKI_LAKI}, {PEREMPUAN}), true)")
    if whom.dusun is not None:
        conditions.append("coalesce(person.dusun, '') = :dusun")
    return _Counted(category, ROWS[source(statistic)], " AND ".join(conditions), facts)
