"""Every statistic and every list, against counts of the same statements by another program.

The figures are those that the pages print. Three points in time: the day of the first pushes, one
in the middle, and now.
"""

import csv
import io
import json
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal
from html import unescape
from itertools import zip_longest
from typing import Any, Final
from zoneinfo import ZoneInfo

import pytest
from flask import request
from flask.testing import FlaskClient

from api.format import is_hidden
from api.staff.views.rincian import asked
from ledger.catalogue import ENTITIES, Field
from ledger.catalogue.fields import Choice, Code, Desimal, Tanggal, YesNo
from projections.queries import penduduk as queries_of_people
from projections.queries import rincian
from projections.queries import statistik as queries
from projections.queries.catatan import TABLES
from projections.queries.statistik import Place
from projections.statistik import STATISTICS
from tests.api import independent
from tests.api.conftest import Web
from tests.api.independent import LAKI_LAKI, PEREMPUAN, Counts, Records, Register
from tests.api.reading import Page, Table, read
from tests.api.worn import UNTIL, pushes
from tests.simulator import KODE

MINUS: Final = "\N{MINUS SIGN}"
ZONE: Final = ZoneInfo("Asia/Makassar")
FEET: Final = ("JUMLAH", "BELUM MENGISI", "TOTAL")


@dataclass(frozen=True)
class Point:
    """A point in time: a day, and each desa's newest batch of that day; `now` is the present."""

    day: date
    batches: dict[str, int]
    now: bool


class Filled:
    """An office with two worn villages, and what they stated after each of their batches."""

    def __init__(self, web: Web) -> None:
        self.web = web
        self.stated: dict[str, list[list[Any]]] = {}
        self.received: dict[str, list[date]] = {}
        days: dict[date, dict[str, int]] = {}
        villages = {}
        for it in pushes():
            kode = it.kode_desa
            if kode not in villages:
                villages[kode] = web.village(kode)
                self.stated[kode], self.received[kode] = [], []
            web.now.time = it.on
            web.push(villages[kode], it.drafts)
            self.stated[kode].append(list(it.drafts))
            self.received[kode].append(it.on.date())
            days[it.on.date()] = {kode: len(own) for kode, own in self.stated.items()}
        web.follow()
        web.now.time = datetime(UNTIL.year, UNTIL.month, UNTIL.day, 12, tzinfo=ZONE)
        known = sorted(days)
        middle = known[len(known) // 2]
        self.points = [
            Point(known[0], days[known[0]], now=False),
            Point(middle, days[middle], now=False),
            Point(UNTIL, days[known[-1]], now=True),
        ]
        self.client: FlaskClient = web.log_in(KODE)
        self._kept: dict[tuple[str, int], Records] = {}

    def records(self, kode: str, batch: int) -> Records:
        """What a desa states as of a batch."""
        if (kode, batch) not in self._kept:
            told = [it for push in self.stated[kode][:batch] for it in push]
            self._kept[kode, batch] = independent.after(told)
        return self._kept[kode, batch]

    def count(self, name: str, kode: str, batch: int, on: date) -> list[tuple[Any, str | None]]:
        """Whom a statistic counts in a desa as of a batch, on a day."""
        return independent.counted(name, Register(self.records(kode, batch), on))

    def page(self, address: str) -> Page:
        answer = self.client.get(address)
        assert answer.status_code == 200, address
        return read(answer.text)


@pytest.fixture(scope="module")
def filled(shared_web: Web) -> Filled:
    return Filled(shared_web)


# --- statistics ----------------------------------------------------------------------------------


def dotted(value: int) -> str:
    return f"{value:,}".replace(",", ".")


def changed(now: int, before: int) -> str:
    more = now - before
    return f"+{dotted(more)}" if more > 0 else f"{MINUS if more else ''}{dotted(-more)}"


def share(count: int, total: int) -> Decimal:
    if not total:
        return Decimal(0)
    return (Decimal(count * 100) / total).quantize(Decimal("0.01"), ROUND_HALF_UP)


@dataclass(frozen=True)
class Expected:
    """A statistic as it must be printed: numbers by line, in order; the last three are the feet.

    Each line has its number (of all, of men, of women), what it was before, and that of each part.
    """

    lines: dict[str, tuple[int, int, int]]
    before: dict[str, int] | None
    parts: dict[str, dict[str, int]]

    @property
    def total(self) -> int:
        return self.lines["TOTAL"][0]


def printed(name: str, counts: Counts) -> dict[str, tuple[int, int, int]]:
    """Numbers by line: those of the categories in order, then the feet."""
    occurring = sorted({category for category, _ in counts if category is not None})
    categories = independent.PRINTED.get(name, occurring)

    def of(chosen: set[str | None]) -> tuple[int, int, int]:
        found = {key: count for key, count in counts.items() if key[0] in chosen}
        by_sex = [
            sum(n for (_, sex), n in found.items() if sex == it) for it in (LAKI_LAKI, PEREMPUAN)
        ]
        return sum(found.values()), by_sex[0], by_sex[1]

    lines = {it: of({it}) for it in categories}
    return {
        **lines,
        "JUMLAH": of(set(categories)),
        "BELUM MENGISI": of({None}),
        "TOTAL": of({*categories, None}),
    }


def expected(
    name: str,
    people: dict[str, list[tuple[Any, str | None]]],
    before: list[tuple[Any, str | None]] | None,
) -> Expected:
    """What must be printed of these people by part, and of others before."""
    everybody = [it for part in people.values() for it in part]
    lines = printed(name, independent.counts(everybody))
    then = printed(name, independent.counts(before)) if before is not None else None
    parts = {
        part: printed(name, independent.counts(them)) for part, them in people.items() if them
    }
    return Expected(
        lines,
        None if then is None else {it: then.get(it, (0,))[0] for it in lines},
        {part: {it: of.get(it, (0,))[0] for it in lines} for part, of in parts.items()},
    )


def rows_of(found: Expected) -> list[list[str]]:
    """The lines as the page prints them, without what numbers them."""
    rows = []
    for line, (count, men, women) in found.lines.items():
        row = [line]
        for it in (count, men, women):
            row += [dotted(it), f"{share(it, found.total):.2f}%".replace(".", ",")]
        if found.before is not None:
            row += [dotted(found.before[line]), changed(count, found.before[line])]
        rows.append(row)
    return rows


def shown(table: Table) -> list[list[str]]:
    return [row[1:-1] for row in [*table.body, *table.foot]]


def part_rows(found: Expected) -> list[list[str]]:
    return [
        [line, *(dotted(part[line]) for part in found.parts.values()), dotted(count)]
        for line, (count, _, _) in found.lines.items()
    ]


def cells(found: Expected) -> list[list[Any]]:
    """The same as a file has it: numbers, their shares of a hundred, differences."""
    rows = []
    for line, (count, men, women) in found.lines.items():
        row: list[Any] = [line]
        for it in (count, men, women):
            row += [it, share(it, found.total)]
        if found.before is not None:
            row += [found.before[line], count - found.before[line]]
        rows.append(row + [part[line] for part in found.parts.values()])
    return rows


SHARES: Final = (3, 5, 7)
"""The columns of a file that are shares of a hundred."""


def of_json(content: str) -> list[list[Any]]:
    return [
        [Decimal(it) if at in SHARES else it for at, it in enumerate(row)][1:]
        for row in json.loads(content)["baris"]
    ]


def of_csv(content: str) -> list[list[Any]]:
    _, *rows = csv.reader(io.StringIO(content.removeprefix("\ufeff"), newline=""))
    return [
        [
            row[1],
            *(Decimal(it) if at in SHARES else int(it) for at, it in enumerate(row) if at > 1),
        ]
        for row in rows
    ]


READ: Final = {"json": of_json, "csv": of_csv}
FORMATS: Final = (("json",), ("csv",), ())
"""The files that are looked at as well at each point in time; they come from the same table."""


def test_they_are_the_statistics_of_the_catalogue() -> None:
    assert set(STATISTICS) == independent.NAMES


def apart(said: list[list[Any]], right: list[list[Any]]) -> str:
    """The first row that is not as it must be; empty when all are."""
    pairs = zip_longest(said, right)
    return next((f"{it} for {other}" for it, other in pairs if it != other), "")


def differing(
    filled: Filled, address: str, found: Expected, region: str, *formats: str
) -> Iterator[str]:
    """What a page of a statistic, and files that it offers, say otherwise."""
    page = filled.page(address)
    said = {"": apart(shown(page.tables["Tabel statistik"]), rows_of(found))}
    parts = page.tables.get(region, Table())
    if parts.body or len(found.parts) > 1:
        said["parts"] = apart(parts.body + parts.foot, part_rows(found))
    for format_ in formats:
        content = filled.client.get(f"{address}&format={format_}").text
        said[format_] = apart(READ[format_](content), cells(found))
    yield from (f"{address} {part}: {words}" for part, words in said.items() if words)


@pytest.mark.parametrize("at", [0, 1, 2], ids=["first", "middle", "now"])
def test_statistics_of_the_region(filled: Filled, at: int) -> None:
    point, begun = filled.points[at], filled.points[0]
    wrong: list[str] = []
    for name in STATISTICS:
        people = {
            kode: filled.count(name, kode, batch, point.day)
            for kode, batch in point.batches.items()
        }
        before = None
        address = f"/statistik?nama={name}&semua=1"
        if point.now:
            address += f"&banding={begun.day}"
            before = [
                it
                for kode, batch in begun.batches.items()
                for it in filled.count(name, kode, batch, begun.day)
            ]
        else:
            address += f"&tanggal={point.day}"
        found = expected(name, people, before)
        wrong += differing(filled, address, found, "Statistik per desa", *FORMATS[at])
        with filled.web.databases.reader.connect() as tx:
            where = [Place(*it) for it in point.batches.items()]
            asked = queries.table(tx, name, where, point.day)
        if asked.total.jumlah != found.total or [it.count.jumlah for it in asked.lines] != [
            count for count, _, _ in list(found.lines.values())[: -len(FEET)]
        ]:
            wrong.append(f"queries.table {name}")
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("at", [0, 1, 2], ids=["first", "middle", "now"])
def test_statistics_of_a_desa_by_dusun(filled: Filled, at: int) -> None:
    kode = sorted(filled.stated)[at % 2]
    point = filled.points[at]
    batch = point.batches[kode]
    on = UNTIL if point.now else filled.received[kode][batch - 1]
    wrong: list[str] = []
    for name in STATISTICS:
        people: dict[str, list[tuple[Any, str | None]]] = {}
        for who, category in filled.count(name, kode, batch, on):
            people.setdefault(independent.text(who, "dusun") or "", []).append((who, category))
        found = expected(name, dict(sorted(people.items())), None)
        per = "" if point.now else f"&per={batch}"
        address = f"/desa/{kode}/statistik?nama={name}&semua=1{per}"
        wrong += differing(filled, address, found, "Statistik per dusun", *FORMATS[2 - at])
    assert not wrong, "\n".join(wrong)


LED: Final = re.compile(r'<a href="((?:/desa/[0-9.]+)?/statistik/rincian\?[^"]*)">([0-9.]+)</a>')
"""A number of a statistic, and where it leads."""


def leads(filled: Filled, address: str) -> list[tuple[str, int]]:
    """The links of a page's numbers, each with its number; without those of other months."""
    content = re.sub("(?s)<details>.*?</details>", "", filled.client.get(address).text)
    return [(unescape(href), int(words.replace(".", ""))) for href, words in LED.findall(content)]


def led_astray(
    filled: Filled, links: list[tuple[str, int]], where: list[Place], on: date
) -> Iterator[str]:
    """The links to another number of rows than they stand at; the last one is opened as well."""
    with filled.web.databases.reader.connect() as tx:
        for href, count in dict.fromkeys(links):
            with filled.web.app.test_request_context(href):
                whom, desa = asked(), request.args.get("desa")
            some = [it for it in where if desa in {None, it.kode_desa}]
            found = rincian.rows(tx, whom, some, on, limit=1_000_000)
            different = {(it.kode_desa, it.id, it.record) for it in found}
            if not len(found) == len(different) == count:
                yield f"{href}: {count} for {len(found)}, {len(different)} of them different"
    href, count = links[-1]
    if f"<b>{dotted(count)}</b>" not in filled.client.get(href).text:
        yield f"{href}: {count} is not on the page"


PARTS_LOOKED_AT: Final = 7
"""Of the numbers of a statistic's parts, which follow those of the whole, every seventh is."""


@pytest.mark.parametrize("at", [0, 1, 2], ids=["first", "middle", "now"])
def test_each_number_of_the_region_leads_to_as_many_rows(filled: Filled, at: int) -> None:
    point = filled.points[at]
    where = [Place(*it) for it in point.batches.items()]
    then = "" if point.now else f"&tanggal={point.day}"
    wrong: list[str] = []
    for name in STATISTICS:
        address = f"/statistik?nama={name}&semua=1{then}"
        table = filled.page(address).tables["Tabel statistik"]
        links = leads(filled, address)
        # All, men and women of each line, but for those that are 0.
        numbers = [
            it for row in table.body + table.foot for it in (row[2], row[4], row[6]) if it != "0"
        ]
        own, parts = links[: len(numbers)], links[len(numbers) :]
        assert [dotted(count) for _, count in own] == numbers, name
        if own:
            wrong += led_astray(filled, own + parts[::PARTS_LOOKED_AT], where, point.day)
    assert not wrong, "\n".join(wrong)


def test_each_number_of_a_desa_leads_to_as_many_rows(filled: Filled) -> None:
    kode, point = max(filled.stated), filled.points[1]
    batch = point.batches[kode]
    on = filled.received[kode][batch - 1]
    wrong: list[str] = []
    for name in STATISTICS:
        address = f"/desa/{kode}/statistik?nama={name}&semua=1&per={batch}"
        links = leads(filled, address)
        *_, total = filled.page(address).tables["Tabel statistik"].foot
        assert bool(links) is (total[2] != "0"), name
        assert all(f"per={batch}" in href for href, _ in links), name
        if links:
            wrong += led_astray(filled, links[-1::-PARTS_LOOKED_AT], [Place(kode, batch)], on)
    assert not wrong, "\n".join(wrong)


def test_each_number_of_the_places_leads_to_as_many_people(filled: Filled) -> None:
    for kode, batch in filled.points[1].batches.items():
        content = filled.client.get(f"/desa/{kode}/wilayah?per={batch}").text
        links = re.findall(r'<a href="(/desa/[^"]*/wilayah/rincian[^"]*)">([0-9.]+)</a>', content)
        assert len(links) > 20
        for href, count in links:
            assert f"per={batch}" in href
            assert f"<b>{count}</b>" in filled.client.get(unescape(href)).text, href


def test_a_number_of_another_day_leads_to_that_day(filled: Filled) -> None:
    begun = filled.points[0].day
    kode = min(filled.stated)
    for address in ("/statistik", f"/desa/{kode}/statistik"):
        links = [
            it
            for it in leads(filled, f"{address}?nama=agama&banding={begun}")
            if f"tanggal={begun}" in it[0]
        ]
        assert links, address
        for href, count in links:
            assert f"<b>{dotted(count)}</b>" in filled.client.get(href).text, href


# --- lists ---------------------------------------------------------------------------------------

FACETS: Final = (Code, Choice, YesNo)
"""Kinds of fields by whose values lists are narrowed."""
SORTED: Final = ("nama", "tanggal_lahir", "judul", "tgl_peristiwa", "dusun", "anggaran", "sasaran")
"""Fields that lists are sorted by here, where they have them; every other one at a time."""
Row = tuple[str, str, Mapping[str, Any]]
"""Kode desa, id, and the record as it was stated."""


def value(field: Field, record: Mapping[str, Any]) -> Any:
    """A field of a record as lists sort it and count it."""
    name = field.name
    if field is ENTITIES["peristiwa"].by_name["jenis"]:
        return independent.jenis(record)
    if isinstance(field.kind, Code):
        return independent.code(record, name)
    if isinstance(field.kind, YesNo):
        return record.get(name)
    if isinstance(field.kind, Tanggal):
        return independent.day(record, name)
    if isinstance(field.kind, Desimal):
        told = independent.text(record, name)
        return None if told is None else Decimal(told)
    return independent.text(record, name)


def by_id(row: Row) -> tuple[object, ...]:
    kode, id_, _ = row
    return kode, len(id_), id_


def in_order(
    rows: list[Row], field: Field | None = None, *, descending: bool = False
) -> list[Row]:
    """Rows by a field, those without it last; then by desa and id."""
    found = sorted(rows, key=by_id)
    if field is None:
        return found
    told = [it for it in found if value(field, it[2]) is not None]
    # Ties stay as they were, also backwards.
    told.sort(key=lambda it: value(field, it[2]), reverse=descending)
    return told + [it for it in found if value(field, it[2]) is None]


def spelled(field: Field, it: Any) -> str:
    """A value as the choice of a facet says it."""
    if it is None:
        return "belum mengisi"
    if isinstance(field.kind, Code):
        codes = independent.labels_of(field.kind.table)
        return codes.get(it, f"TIDAK DIKENAL ({it})")
    return {True: "ya", False: "tidak"}.get(it, str(it))


def choices(field: Field, rows: list[Row]) -> list[str]:
    """The choices of a facet: each value that occurs and how many have it, none last."""
    found = Counter(value(field, it) for _, _, it in rows)
    known = sorted(it for it in found if it is not None)
    return [
        f"{spelled(field, it).replace('_', ' ')} ({dotted(found[it])})"
        for it in [*known, *([None] if None in found else [])]
    ]


def record_page(entity: str, row: Row) -> str:
    kode, id_, _ = row
    return f"/desa/{kode}/{'penduduk' if entity == 'penduduk' else f'data/{entity}'}/{id_}"


def ids_of(taken: Mapping[str, Any]) -> list[tuple[str, str]]:
    desa, at = (taken["kolom"].index(it) for it in ("Kode desa", "ID"))
    return [(row[desa], row[at]) for row in taken["baris"]]


def in_region(filled: Filled, point: Point, entity: str) -> list[Row]:
    return [
        (kode, id_, record)
        for kode, batch in point.batches.items()
        for id_, record in filled.records(kode, batch).get(entity, {}).items()
    ]


def listed(
    filled: Filled, address: str, entity: str, every: list[Row], chosen: Field | None = None
) -> Iterator[str]:
    """What the page of a list says otherwise: how many, which first, and each facet's counts.

    It is narrowed to the commonest value of the chosen field. A facet counts under all filters but
    its own.
    """
    rows = every
    if chosen is not None:
        common = Counter(value(chosen, it) for _, _, it in every).most_common(1)[0][0]
        rows = [it for it in every if value(chosen, it[2]) == common]
        address += f"&{chosen.name}={'-' if common is None else common}"
    address = everybody(address, entity)
    page = filled.page(address)
    if f" {dotted(len(rows))} catatan" not in page.text:
        yield f"{address}: not {len(rows)} catatan"
    table = next(iter(page.tables.values()), Table())
    links = [it.partition("?")[0] for it in table.links]
    pages = [record_page(entity, it) for it in rows[:50]]
    if links != pages:
        yield f"{address}: {apart([links], [pages])}"
    for field in facets_of(entity):
        words = [it.words for it in page.selects[field.name][1:]]
        right = choices(field, every if field is chosen else rows)
        if words != right:
            yield f"{address}, {field.name}: {words} for {right}"


def everybody(address: str, entity: str) -> str:
    """The same, with the dead and the gone, unless it says itself whom it asks for."""
    told = entity != "penduduk" or "&status_dasar=" in address
    return address if told else f"{address}&status_dasar=semua"


def facets_of(entity: str) -> list[Field]:
    fields = [it for it in ENTITIES[entity].fields if it.name in TABLES[entity].c]
    return [it for it in fields if isinstance(it.kind, FACETS) and not is_hidden(it)]


@pytest.mark.parametrize("at", [0, 1, 2], ids=["first", "middle", "now"])
def test_lists_of_the_region(filled: Filled, at: int) -> None:
    point = filled.points[at]
    day = "" if point.now else f"tanggal={point.day}"
    wrong: list[str] = []
    kinds = {row[0]: row[1] for row in filled.page(f"/data?{day}").tables["Jenis data"].body}
    for entity in TABLES:
        rows = in_order(in_region(filled, point, entity))
        title = ENTITIES[entity].title
        if kinds[title] != dotted(len(rows)):
            wrong.append(f"{title}: {kinds[title]} for {len(rows)}")
        if not rows:
            continue
        address, facets = f"/data/{entity}?{day}", facets_of(entity)
        wrong += listed(filled, address, entity, rows)
        if facets:
            wrong += listed(filled, address, entity, rows, facets[at % len(facets)])
        for field in [it for it in ENTITIES[entity].fields if it.name in SORTED[at::2]]:
            # Where a family lives, its wilayah says.
            if (entity, field.name) == ("keluarga", "dusun"):
                continue
            for descending in (False, True):
                order = f"&urut={field.name}&arah={'turun' if descending else 'naik'}"
                taken = json.loads(
                    filled.client.get(everybody(f"{address}{order}&format=json", entity)).text
                )
                said, right = ids_of(taken), in_order(rows, field, descending=descending)
                if said != [it[:2] for it in right]:
                    wrong.append(f"{address}{order}: {said} for {right}")
    assert not wrong, "\n".join(wrong)


def people_of(filled: Filled, kode: str, batch: int) -> list[Row]:
    return [(kode, *it) for it in filled.records(kode, batch).get("penduduk", {}).items()]


def searched(record: Mapping[str, Any]) -> str | None:
    nama = independent.text(record, "nama")
    return " ".join(nama.upper().split()) if nama else None


def born(record: Mapping[str, Any]) -> int | None:
    """Days before now: who was born earlier is older."""
    day = independent.day(record, "tanggal_lahir")
    return None if day is None else (UNTIL - day).days


ORDERS: Final[Mapping[str, Callable[[Mapping[str, Any]], Any]]] = {
    "nama": searched,
    "dusun": lambda record: independent.text(record, "dusun"),
    "umur": born,
}


def ranked(
    rows: list[Row], rank: Callable[[Mapping[str, Any]], Any], *, descending: bool
) -> list[str]:
    """The pages of the first fifty people in an order; those who have no place in it last."""
    found = sorted(rows, key=by_id)
    told = [it for it in found if rank(it[2]) is not None]
    told.sort(key=lambda it: rank(it[2]), reverse=descending)
    told += [it for it in found if rank(it[2]) is None]
    return [record_page("penduduk", it) for it in told[:50]]


def narrowed(rows: list[Row], chosen: Mapping[str, Any]) -> list[Row]:
    fields = ENTITIES["penduduk"].by_name
    return [
        it
        for it in rows
        if all(value(fields[name], it[2]) == told for name, told in chosen.items())
    ]


@pytest.mark.parametrize("at", [0, 1, 2], ids=["first", "middle", "now"])
def test_the_people_of_each_desa(filled: Filled, at: int) -> None:
    point = filled.points[at]
    fields = ENTITIES["penduduk"].by_name
    wrong: list[str] = []
    for kode, batch in point.batches.items():
        everybody = people_of(filled, kode, batch)
        women = {"status_dasar": 1, "sex": 2}
        for order, chosen, words in (
            ("nama", {"status_dasar": 1}, ""),
            ("umur", women, ""),
            ("dusun", {**women, "kk_level": None}, ""),
            ("nama", {"dusun": None}, ""),
            ("nama", {"status_dasar": 1}, "maria"),
        ):
            matching = [it for it in everybody if words.upper() in (searched(it[2]) or "")]
            address = f"/desa/{kode}/penduduk?urut={order}"
            address += "" if point.now else f"&per={batch}"
            kept = {"status_dasar": "semua", **chosen}
            address += "".join(f"&{k}={'-' if it is None else it}" for k, it in kept.items())
            if words:
                address = filled.client.post(address, data={"cari": words}).location
            rows = narrowed(matching, chosen)
            pages = {
                descending: filled.page(f"{address}&arah={'turun' if descending else 'naik'}")
                for descending in (False, True)
            }
            for descending, page in pages.items():
                right = ranked(rows, ORDERS[order], descending=descending)
                links = [it.partition("?")[0] for it in page.tables["Tabel penduduk"].links]
                if links != right or f"{dotted(len(rows))} orang" not in page.text:
                    wrong.append(f"{address}: {apart([links], [right])}")
            for name in queries_of_people.FACETS:
                others = {key: it for key, it in chosen.items() if key != name}
                told = choices(fields[name], narrowed(matching, others))
                said = [it.words.strip() for it in pages[True].selects[name][1:]]
                if said != told:
                    wrong.append(f"{address}, {name}: {said} for {told}")
    assert not wrong, "\n".join(wrong)
