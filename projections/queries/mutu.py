"""Data quality: what seems wrong with a village's statements, as of any batch.

`kinds`, `trend`, `brought`, `changed` and `by_desa` tell of single records, whose findings are
kept; `across` of what takes several to judge, which is looked for when somebody asks. `records`
gives the records of either.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final, NamedTuple

from sqlalchemy import Connection, text

from projections import sql
from projections.apbdes import Line, Lines
from projections.history import upto
from projections.mutu_checks import (
    ABOUT_PEOPLE,
    ANTAR_DESA,
    ANTAR_DESA_BARU,
    CHECKS,
    JUMLAH_BEDA,
    OTHERS,
    RANGKAP,
    TIDAK_SEIMBANG,
    Check,
)
from projections.queries.statistik import Place, came_at, facts_of, places

_SQL = sql.load("projections.queries", "mutu.sql")
_CHECKS = sql.load("projections.queries", "mutu_checks.sql")
_MOST_OTHERS: Final = 5
_DIGITS_OF_KECAMATAN: Final = 8
_SEVERITIES: Final = ("severe", "warning", "notice")
READ_MODELS: Final = frozenset(
    {"mutu", "program_bantuan"}.union(it.entity for it in (*CHECKS.values(), *OTHERS.values()))
)
"""The read models that findings are looked for in: those kept, the records that are judged, and
the programmes by which it is judged who takes part."""


@dataclass(frozen=True)
class KindCount:
    """A kind of finding about a field of an entity, how many there are, and one sentence of it.

    `field` is empty for findings about a record as a whole.
    """

    severity: str
    entity: str
    code: str
    field: str
    jumlah: int
    message: str


@dataclass(frozen=True)
class RecordFinding:
    """A finding about one record, since the batch that stated it so."""

    entity: str
    id: str
    field: str
    code: str
    severity: str
    message: str
    from_batch: int


@dataclass(frozen=True)
class Brought:
    """How many findings a batch brought, and how many it put right."""

    opened: int
    closed: int


@dataclass(frozen=True)
class Changed:
    """A kind of finding of which a batch opened or closed some, and one sentence of it."""

    severity: str
    entity: str
    code: str
    field: str
    message: str
    opened: int
    closed: int


@dataclass(frozen=True)
class Point:
    """How many findings of each severity there were after a batch."""

    batch: int
    counts: Mapping[str, int]


def kinds(tx: Connection, kode_desa: str, as_of: int | None = None) -> list[KindCount]:
    """The kinds of finding that a village has, the severest and the most first."""
    facts = {"kode_desa": kode_desa, "batch": upto(as_of)}
    return [KindCount(**row) for row in tx.execute(_SQL["kinds"], facts).mappings()]


def records(
    tx: Connection,
    kode_desa: str,
    kind: KindCount,
    *,
    as_of: int | None = None,
    on: date | None = None,
    after: str = "",
    limit: int = 50,
) -> list[RecordFinding]:
    """The records of one kind, by id; `after` is the last id of the page before.

    `on` is the day on which kinds of `across` are judged; without it they have none.
    """
    if kind.code in CHECKS or kind.code in OTHERS:
        return [] if on is None else _pointed(tx, kode_desa, kind.code, as_of, on, after, limit)
    facts = {
        "kode_desa": kode_desa,
        "entity": kind.entity,
        "code": kind.code,
        "field": kind.field,
        "batch": upto(as_of),
        "after": after,
        "limit": limit,
    }
    return [RecordFinding(**row) for row in tx.execute(_SQL["records"], facts).mappings()]


def brought(tx: Connection, kode_desa: str, batches: Sequence[int]) -> dict[int, Brought]:
    """What some batches brought, by batch; those that changed nothing are not there."""
    facts = {"kode_desa": kode_desa, "batches": list(batches)}
    rows = tx.execute(_SQL["brought"], facts)
    return {row.batch: Brought(row.opened, row.closed) for row in rows}


def changed(tx: Connection, kode_desa: str, batch: int) -> list[Changed]:
    """The kinds of finding of which a batch opened or closed some, the severest first."""
    facts = {"kode_desa": kode_desa, "batch": batch}
    return [Changed(**row) for row in tx.execute(_SQL["changed_kinds"], facts).mappings()]


def by_desa(tx: Connection, where: Sequence[Place]) -> dict[str, dict[str, int]]:
    """How many findings of each severity these desa have: kode desa → severity → count.

    Of single records alone: what takes several to judge is looked for desa by desa, and slowly.
    """
    found = {it.kode_desa: dict.fromkeys(_SEVERITIES, 0) for it in where}
    for row in tx.execute(_SQL["by_desa"], facts_of(where)):
        found[row.kode_desa][row.severity] = row.jumlah
    return found


def kind(
    tx: Connection, kode_desa: str, entity: str, code: str, field: str = ""
) -> KindCount | None:
    """A kind of finding that a village has, has had or could have, not counted; else None."""
    if check := CHECKS.get(code) or OTHERS.get(code):
        known = entity == check.entity
        return KindCount(check.severity, entity, code, field, 0, check.sentence) if known else None
    facts = {"kode_desa": kode_desa, "entity": entity, "code": code, "field": field}
    row = tx.execute(_SQL["standing"], facts).first()
    return KindCount(row.severity, entity, code, field, 0, row.message) if row else None


def sentence(code: str) -> str | None:
    """What all records of a kind of `across` have in common; None for other kinds."""
    check = CHECKS.get(code) or OTHERS.get(code)
    return check and check.sentence


def trend(tx: Connection, kode_desa: str, as_of: int | None = None) -> list[Point]:
    """How many findings there were after each batch that changed that."""
    facts = {"kode_desa": kode_desa, "batch": upto(as_of)}
    points: dict[int, dict[str, int]] = {}
    counts: dict[str, int] = {}
    for row in tx.execute(_SQL["trend"], facts):
        counts = {**counts, row.severity: int(row.jumlah)}
        points[row.batch] = counts
    return [Point(batch, it) for batch, it in points.items()]


# --- what takes several records to judge ---------------------------------------------------------


class _Pointed(NamedTuple):
    """A record that a check points at, and what else it has to do with."""

    id: str
    batch: int
    others: Sequence[str]
    message: str | None = None


def across(tx: Connection, kode_desa: str, on: date, as_of: int | None = None) -> list[KindCount]:
    """The kinds of finding between records of a village, on a day, as of a batch."""
    counts: Counter[str] = Counter()
    _make_room(tx)
    for row in tx.execute(_COUNTED, _facts(kode_desa, on, as_of)):
        counts[row.code] = row.jumlah
    for code, found in _others(tx, kode_desa, on, as_of).items():
        counts[code] = len(found)
    known = {**CHECKS, **OTHERS}
    found_kinds = [
        KindCount(it.severity, it.entity, code, it.field, counts[code], it.sentence)
        for code, it in known.items()
        if counts[code]
    ]
    return sorted(found_kinds, key=lambda it: (_SEVERITIES.index(it.severity), -it.jumlah))


def _pointed(
    tx: Connection,
    kode_desa: str,
    code: str,
    as_of: int | None,
    on: date,
    after: str,
    limit: int,
) -> list[RecordFinding]:
    if code in CHECKS:
        check = CHECKS[code]
        facts = {**_facts(kode_desa, on, as_of), "after": after, "limit": limit}
        _make_room(tx)
        rows = tx.execute(text(_PAGE.format(_WITH, _part(code))), facts)
        pointed = [_Pointed(row.id, row.batch, row.others or ()) for row in rows]
    else:
        check = OTHERS[code]
        found = sorted(_others(tx, kode_desa, on, as_of)[code], key=lambda it: _order(it.id))
        pointed = [it for it in found if _order(it.id) > _order(after)][:limit]
    return [
        RecordFinding(
            check.entity, it.id, check.field, code, check.severity, _message(check, it), it.batch
        )
        for it in pointed
    ]


def _make_room(tx: Connection) -> None:
    """For this transaction, memory for all people of a large desa at once.

    With PostgreSQL's 4 MB what is read once would go to disk and be read from there by each
    check, which takes twice as long; nor is such a statement worth compiling. Right after a desa
    was filled nothing is known of its rows, and the planner, which takes them for few, would look
    through all of them for each one: twenty seconds instead of a part of one.
    """
    tx.execute(
        text("""
            SELECT set_config('work_mem', '64MB', true), set_config('jit', 'off', true),
                set_config('enable_nestloop', 'off', true)
        """),
    )


def _message(check: Check, pointed: _Pointed) -> str:
    """The sentence, and where else to look."""
    sentence = pointed.message or check.sentence
    others = sorted(pointed.others, key=_order)
    if not others:
        return sentence
    who = "penduduk ID" if check.code in ABOUT_PEOPLE else "ID"
    if check.code in {ANTAR_DESA, ANTAR_DESA_BARU}:
        who = "desa"
    more = ", …" if len(others) > _MOST_OTHERS else ""
    return f"{sentence} Lihat {who} {', '.join(others[:_MOST_OTHERS])}{more}."


def _order(id_: str) -> tuple[int, str]:
    """Ids are texts, and mostly numbers."""
    return len(id_), id_


def _others(
    tx: Connection, kode_desa: str, on: date, as_of: int | None
) -> dict[str, list[_Pointed]]:
    """What the checks find that are no single statement."""
    found: dict[str, list[_Pointed]] = {code: [] for code in OTHERS}
    facts = _facts(kode_desa, on, as_of)
    for row in tx.execute(
        _SQL["shared_abroad"], {**facts, **facts_of(_neighbours(tx, kode_desa, as_of))}
    ):
        code = ANTAR_DESA if row.old else ANTAR_DESA_BARU
        found[code].append(_Pointed(row.id, row.batch, row.others))
    budgets: dict[tuple[int, str], list[Line]] = defaultdict(list)
    batches = {}
    for tahun, jenis, batch, *line in tx.execute(_SQL["budget_lines"], facts):
        budgets[tahun, jenis].append(Line(*line))
        batches[line[0]] = batch
    for (tahun, jenis), stated in budgets.items():
        lines = Lines(stated, tahun)
        for code, it, message in _amiss(lines, f"APBDes {tahun} {jenis}"):
            found[code].append(_Pointed(it.id, batches[it.id], (), message))
    return found


def _neighbours(tx: Connection, kode_desa: str, as_of: int | None) -> list[Place]:
    """The other desa of the kecamatan, as they stood when a batch of this one came."""
    at = None if as_of is None else came_at(tx, Place(kode_desa, as_of))
    before = at and at + timedelta(microseconds=1)
    found = places(tx, kode_desa[:_DIGITS_OF_KECAMATAN], before, ["penduduk"])
    return [it for it in found if it.kode_desa != kode_desa]


def _amiss(lines: Lines, budget: str) -> Iterator[tuple[str, Line, str]]:
    """What is amiss with a budget, and the line that shows it."""
    if lines.counted and lines.balance():
        # No line is to blame: the first one stands for the budget.
        yield TIDAK_SEIMBANG, lines.counted[0], f"{budget}: anggaran tidak seimbang."
    for it, name in lines.wrong_totals():
        figure = f"{budget}, {name} {' '.join(filter(None, (it.kegiatan, it.rekening)))}"
        yield JUMLAH_BEDA, it, f"{figure}: bukan jumlah baris di bawahnya."
    for it in lines.repeated():
        yield RANGKAP, it, f"{budget}: baris {it.rekening} yang sama lebih dari sekali."


def _facts(kode_desa: str, on: date, as_of: int | None) -> dict[str, object]:
    return {"kode_desa": kode_desa, "on": on, "batch": upto(as_of)}


def _part(code: str) -> str:
    return _CHECKS[code.replace("-", "_")].text


_WITH: Final = f"WITH {_CHECKS['stated'].text},\n{_CHECKS['parents'].text}"
_PAGE: Final = """{}
SELECT id, batch, others FROM ({}) AS found
WHERE (length(id), id) > (length(:after), :after)
ORDER BY length(id), id
LIMIT :limit"""
_COUNTS: Final = [
    f"SELECT '{code}' AS code, count(*) AS jumlah FROM ({_part(code)}) AS found"  # noqa: S608  # our own file
    for code in CHECKS
]
_COUNTED: Final = text("\nUNION ALL\n".join([f"{_WITH}\n{_COUNTS[0]}", *_COUNTS[1:]]))
"""All checks at once, over what is read once."""
