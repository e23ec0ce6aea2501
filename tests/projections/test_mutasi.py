"""The monthly account, against that of the program that invented the villages."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime, timedelta
from itertools import count

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection

from ledger import Draft
from ledger.database import Databases
from projections import catch_up, named, rebuild, tables
from projections.mutasi import KOREKSI, Kind
from projections.queries.mutasi import (
    FAMILY_FLOWS,
    FLOWS,
    Month,
    Whom,
    account,
    beyond,
    family_account,
    rows,
)
from projections.queries.mutu import across, records
from projections.queries.penduduk import Filters, people
from projections.queries.statistik import places, table
from tests.ledger.catalogue.records import SOUND
from tests.projections import invented
from tests.simulator import KODE, START, House, Village, deleted, penduduk

UNTIL = date(2025, 12, 31)
KINDS = {f"{nation}_{sex}": Kind("LP".index(sex) + 1, nation == "WNA")
         for nation in ("WNI", "WNA") for sex in "LP"}  # fmt: skip
ROWS = ("lahir", "datang", "mati", "pindah", "hilang", "pergi", "koreksi")


def figures(month: Month) -> dict[str, dict[str, int]]:
    """A month as the other program writes it; people who were there are pendatang to it."""
    flows = {name: Counter(month.flows[name]) for name in ROWS}
    flows["datang"] += Counter(month.flows["saldo_awal"])
    counted = {"awal": month.awal, **flows, "akhir": month.akhir}
    return {
        name: {short: counts.get(kind, 0) for short, kind in KINDS.items()}
        for name, counts in counted.items()
    }


def kinds_of(counts: Mapping[Kind, int]) -> dict[str, int]:
    return {name: counts.get(Kind(sex, wna=False), 0) for name, sex in (("L", 1), ("P", 2))}


def test_every_figure_of_every_month_of_seven_villages(databases: Databases) -> None:
    house = House(databases)
    truth = invented.account()
    pushes = {kode_desa: list(them) for kode_desa, them in invented.villages()}
    for kode_desa, them in pushes.items():
        village = house.village(kode_desa)
        for drafts in them:
            house.push(village, drafts)
    catch_up(databases.projector, house.now)
    compared = 0
    with databases.reader.connect() as tx:
        for kode_desa, told in truth.items():
            ours = {f"{it.bulan:%Y-%m}": it for it in account(tx, kode_desa, UNTIL)}
            for month, expected in told["menurut_tgl_lapor"].items():
                found = figures(ours[month])
                assert found == {name: expected[name] for name in found}, (kode_desa, month)
                refs = ours[month].rincian_pindah
                moved = {str(ref): sum(refs.get(ref, {}).values()) for ref in (1, 2, 3, 4)}
                assert moved == expected["rincian_pindah"]
                compared += sum(map(len, found.values())) + len(moved)
            living = people(tx, kode_desa, Filters(), limit=1).total
            assert living == told["penduduk_hidup"] == sum(ours[max(ours)].akhir.values())
            now = [it for it in places(tx, KODE) if it.kode_desa == kode_desa]
            heads = table(tx, "keluarga", now, UNTIL).total
            assert {"L": heads.laki_laki, "P": heads.perempuan} == told["keluarga_aktif"]
            families = family_account(tx, kode_desa, list(ours.values()))
            assert kinds_of(families[-1].akhir) == told["keluarga_aktif"]
            assert [it.awal for it in families[1:]] == [it.akhir for it in families[:-1]]
            flows = {
                name: sum(sum(it.flows[name].values()) for it in families) for name in FAMILY_FLOWS
            }
            # As it tells of families itself; nobody comes or goes for a reason it does not tell.
            events = Counter(
                it.data["kode"] for drafts in pushes[kode_desa] for it in drafts
                if it.entity == "peristiwa_keluarga" and it.data
            )  # fmt: skip
            assert flows["saldo_awal"] + flows["baru"] == events[1]
            assert (flows["datang"], flows["pergi"]) == (events[5], events[6])
            assert {sum(it.flows[KOREKSI].values()) for it in families} == {0}
            assert {it.turunan for it in families} == {0}
    assert compared > 7 * 25 * 36


def test_a_rebuild_gives_the_same_rows(databases: Databases) -> None:
    house = House(databases)
    kode_desa, pushes = next(iter(invented.villages()))
    village = house.village(kode_desa)
    for number, drafts in enumerate(pushes):
        house.push(village, drafts)
        if number % 3 == 0:
            catch_up(databases.projector, house.now)
    catch_up(databases.projector, house.now)
    projection = named("mutasi")

    def stored() -> list[list[tuple[object, ...]]]:
        with databases.reader.connect() as tx:
            return [
                sorted((tuple(row) for row in tx.execute(table.select())), key=str)
                for table in projection.tables
            ]

    live = stored()
    rebuild(databases.projector, [projection], [kode_desa], house.now)
    assert stored() == live


# --- single facts --------------------------------------------------------------------------------


@pytest.fixture
def house(databases: Databases) -> House:
    return House(databases)


def months(house: House, kode_desa: str, as_of: int | None = None) -> list[Month]:
    catch_up(house.databases.projector, house.now)
    with house.databases.reader.connect() as tx:
        return account(tx, kode_desa, START.date(), as_of)


def test_a_change_that_no_event_explains_is_koreksi(house: House) -> None:
    village = house.village()
    house.push(village, [event("1", "9"), penduduk(1), penduduk(2, sex=1)])
    house.push(village, [penduduk(1, status_dasar=2)])
    house.push(village, [deleted(2)])
    (month,) = months(house, village.kode_desa)
    assert month.flows[KOREKSI] == {}
    assert (month.akhir, month.turunan) == ({}, 0)
    (before,) = months(house, village.kode_desa, as_of=1)
    assert before.akhir == {Kind(2, wna=False): 1, Kind(1, wna=False): 1}
    with house.databases.reader.connect() as tx:
        found = rows(tx, village.kode_desa, Whom(START.date().replace(day=1), KOREKSI)).rows
    assert [(it.id_pend, it.jumlah) for it in found] == [("1", 1), ("2", 1), ("1", -1), ("2", -1)]


def test_a_village_without_people_has_no_account(house: House) -> None:
    village = house.village()
    assert months(house, village.kode_desa) == []


def test_a_birth_counts_alike_before_and_behind_the_newborn(house: House) -> None:
    told, other = house.village(), house.village(f"{KODE}.2002")
    newborn, birth = person("1", 1, sex=1), event("1", "1", sex=None)
    house.push(told, [newborn, birth])
    house.push(other, [birth, newborn])
    boy = {Kind(1, wna=False): 1}
    for village in (told, other):
        (month,) = months(house, village.kode_desa)
        assert month.flows == {name: boy if name == "lahir" else {} for name in FLOWS}


# --- events of people whom nobody sent -----------------------------------------------------------


def counted(month: Month) -> dict[str, int]:
    return {name: sum(counts.values()) for name, counts in month.flows.items() if counts}


def unknown(house: House, kode_desa: str) -> list[str]:
    """The events that data quality says are of nobody who was ever sent."""
    day = START.date()
    with house.databases.reader.connect() as tx:
        return [
            it.id
            for kind in across(tx, kode_desa, on=day)
            if kind.code == "peristiwa-tanpa-penduduk"
            for it in records(tx, kode_desa, kind, on=day)
        ]


def test_an_event_of_nobody_counts_nothing_and_data_quality_says_so(house: House) -> None:
    village = house.village()
    house.push(village, [event("1", "1", tgl_lapor="2020-01-01")])
    assert months(house, village.kode_desa) == []
    house.push(village, [person("2", 1, 2), event("2", "2")])
    (month,) = months(house, village.kode_desa)
    assert counted(month) == {"lahir": 1}
    assert unknown(house, village.kode_desa) == ["1"]


def test_it_counts_once_the_person_has_come(house: House) -> None:
    """A push too large for one batch may be cut between them."""
    village = house.village()
    house.push(village, [event("1", "1", sex=None)])
    house.push(village, [person("1", 1, 1)])
    (month,) = months(house, village.kode_desa)
    assert month.flows["lahir"] == {Kind(1, wna=False): 1}
    assert counted(month) == {"lahir": 1}
    assert months(house, village.kode_desa, as_of=1) == []
    assert unknown(house, village.kode_desa) == []


@pytest.mark.parametrize("again", [None, "dibatalkan"])
def test_it_counts_never_when_it_was_cancelled_before(house: House, again: str | None) -> None:
    village = house.village()
    house.push(village, [event("1", "1")])
    cancelled = Draft("peristiwa", "1", "delete", START)
    house.push(village, [event("1", "1", jenis=again) if again else cancelled])
    house.push(village, [person("1", 1, 1)])
    (month,) = months(house, village.kode_desa)
    assert counted(month) == {KOREKSI: 1}


def test_an_event_that_counted_counts_on_when_its_person_was_a_mistake(house: House) -> None:
    village = house.village()
    house.push(village, [person("1", 1, 1), event("1", "1")])
    house.push(village, [deleted(1)])
    house.push(village, [event("1", "1", tgl_lapor="2026-10-31")])
    before, month = months(house, village.kode_desa)
    assert (counted(before), counted(month)) == ({"lahir": 1}, {KOREKSI: -1})


# --- a desa that states no events ----------------------------------------------------------------

LATER = START + timedelta(days=3)


def saved(id_: int, at: datetime, *, status: int = 1, born: str = "1990-01-01") -> Draft:
    return replace(penduduk(id_, tanggal_lahir=born, status_dasar=status), at=at)


def without_events(house: House) -> Village:
    """One that told of four people, then that one was born, one came and one died."""
    village = house.village()
    house.push(village, [saved(id_, START) for id_ in (1, 2, 3, 4)])
    born = saved(5, LATER, born="2026-11-22")
    house.push(village, [born, saved(6, LATER), saved(1, LATER, status=2)])
    return village


def test_without_events_they_are_concluded(house: House) -> None:
    village = without_events(house)
    (month,) = months(house, village.kode_desa)
    assert counted(month) == {"saldo_awal": 4, "lahir": 1, "datang": 1, "mati": 1}
    assert month.turunan == 7
    (first,) = months(house, village.kode_desa, as_of=1)
    assert counted(first) == {"saldo_awal": 4}


def test_a_first_push_in_several_batches_is_all_saldo_awal(house: House) -> None:
    village = house.village()
    house.push(village, [saved(1, START)])
    house.push(village, [saved(2, START - timedelta(days=900)), saved(3, START)])
    house.push(village, [saved(4, LATER)])
    (month,) = months(house, village.kode_desa)
    assert counted(month) == {"saldo_awal": 3, "datang": 1}


def test_events_of_what_was_concluded_take_its_place(house: House) -> None:
    village = without_events(house)
    history = [
        event("1", "1", 5, saldo_awal=True, tgl_lapor="2026-10-01"),
        event("2", "1", 2, tgl_lapor="2026-10-31"),
        event("3", "5", 1),
    ]
    house.push(village, history)
    october, november = months(house, village.kode_desa)
    assert counted(october) == {"saldo_awal": 1, "mati": 1}
    assert counted(november) == {"saldo_awal": 3, "lahir": 1, "datang": 1}
    assert november.turunan == 4
    (before,) = months(house, village.kode_desa, as_of=2)
    assert counted(before) == {"saldo_awal": 4, "lahir": 1, "datang": 1, "mati": 1}
    house.push(village, history)
    assert months(house, village.kode_desa) == [october, november]


def test_from_its_first_event_on_a_desa_is_believed(house: House) -> None:
    """What no event explains is koreksi from that batch on, also in it."""
    village = without_events(house)
    house.push(village, [saved(2, LATER, status=2), saved(7, LATER), event("1", "7", 5)])
    house.push(village, [saved(3, LATER, status=3), saved(8, LATER)])
    (month,) = months(house, village.kode_desa)
    (before,) = months(house, village.kode_desa, as_of=2)
    assert month.flows == {
        **before.flows,
        "datang": {Kind(2, wna=False): 2},
        KOREKSI: {Kind(2, wna=False): -1},
    }


def test_an_event_of_now_is_not_taken_for_one_that_was_concluded(house: House) -> None:
    village = without_events(house)
    house.push(village, [saved(1, LATER)])
    house.push(village, [saved(1, LATER, status=3), event("1", "1", 3)])
    (month,) = months(house, village.kode_desa)
    assert counted(month) == {
        "saldo_awal": 4, "lahir": 1, "datang": 1, "mati": 1, KOREKSI: 1, "pindah": 1,
    }  # fmt: skip


LIVES = st.lists(
    st.tuples(st.sampled_from([1, 2]), st.sampled_from([0, 2, 3, 4, 6]), st.integers(0, 2)),
    min_size=1,
    max_size=5,
)


@settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
@given(LIVES, st.integers(0, 3))
def test_events_told_late_make_the_account_of_events_told_in_time(
    shared_databases: Databases, lives: list[tuple[int, int, int]], late: int
) -> None:
    """Lives are sex, how somebody left if at all, and in which push they came."""
    house = House(shared_databases)
    prompt, tardy = (house.village(f"{KODE}.{next(_VILLAGES):04d}") for _ in range(2))
    events: list[Draft] = []
    for push in range(4):
        people, told = [], []
        for number, (sex, left, came) in enumerate(lives, 1):
            id_ = str(number)
            if push == came:
                people.append(person(id_, 1, sex))
                told.append(event(id_, id_, 5))
            elif left and push == came + 1:
                people.append(person(id_, left, sex))
                told.append(event(str(number + 10), id_, left))
        events += told
        house.push(prompt, [*people, *told] or [deleted(99)])
        told_now = [*people, *(events if push >= late else [])]
        house.push(tardy, told_now or [deleted(99)])
    house.push(tardy, events)
    assert months(house, tardy.kode_desa) == months(house, prompt.kode_desa)


# --- events that are stated more than once ------------------------------------------------------

PEOPLE, EVENTS = ("1", "2", "3"), ("1", "2", "1/0", "3")


def event(
    id_: str, id_pend: str, kode: int = 1, jenis: str | None = None, **facts: object
) -> Draft:
    told = {"id": id_, "id_pend": id_pend, "kode": kode, "jenis": jenis, "tgl_lapor": "2026-11-20"}
    return Draft("peristiwa", id_, "put", START, {**SOUND["peristiwa"], **told, **facts})


def person(id_: str, status: int, sex: int) -> Draft:
    return penduduk(int(id_), status_dasar=status, sex=sex)


SAVED = (START, START - timedelta(days=40), START - timedelta(days=30))
STATED = st.one_of(
    st.builds(person, st.sampled_from(PEOPLE), st.sampled_from([1, 2]), st.sampled_from([1, 2])),
    st.builds(lambda id_: deleted(int(id_)), st.sampled_from(PEOPLE)),
    st.builds(
        event,
        st.sampled_from(EVENTS),
        st.sampled_from(PEOPLE),
        st.sampled_from([1, 2, 3, 5]),
        st.sampled_from([None, "dibatalkan"]),
    ),
    st.builds(lambda id_: Draft("peristiwa", id_, "delete", START), st.sampled_from(EVENTS)),
)


def key(draft: Draft) -> tuple[str, str]:
    return draft.entity, draft.id


STATEMENTS = st.builds(lambda draft, at: replace(draft, at=at), STATED, st.sampled_from(SAVED))


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(st.lists(STATEMENTS, min_size=1, max_size=6), min_size=1, max_size=5))
@example([[person("1", 1, 1), event("1", "1"), event("1", "1")]])
@example(
    [[person("1", 1, 1), event("1", "1"), event("1", "1", jenis="dibatalkan"), event("1", "1")]]
)
@example([[person("1", 1, 1), event("1", "1")], [event("1", "2"), event("1", "1", 5)]])
@example([[person("1", 1, 1), event("1/0", "1"), person("1", 1, 2)]])
def test_whatever_is_stated_of_events_the_months_come_to_the_living(
    shared_databases: Databases, batches: list[list[Draft]]
) -> None:
    """In one batch or several, live or rebuilt, then or as of then: the account is the same."""
    kode_desa = f"{KODE}.{next(_VILLAGES):04d}"
    house = House(shared_databases)
    village = house.village(kode_desa)
    followed = []
    for drafts in batches:
        house.push(village, drafts)
        followed.append(months(house, kode_desa))
    for batch, then in enumerate(followed, 1):
        assert months(house, kode_desa, as_of=batch) == then
    with shared_databases.reader.connect() as tx:
        ends = [it.akhir for it in account(tx, kode_desa, START.date())]
        living = Counter(
            Kind(it.values["sex"], wna=False) for it in people(tx, kode_desa, Filters()).people
        )
        assert (ends[-1] if ends else Counter()) == living
        live = _stored(tx, kode_desa)
    rebuild(shared_databases.projector, [named("mutasi")], [kode_desa], house.now)
    with shared_databases.reader.connect() as tx:
        assert _stored(tx, kode_desa) == live


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    st.lists(
        st.lists(STATEMENTS, min_size=1, max_size=5, unique_by=key),
        min_size=1,
        max_size=4,
    ),
)
@example([[event("1", "1"), person("1", 1, 2)]])
@example([[person("1", 1, 2)], [event("1", "1", 2), person("1", 2, 1)]])
@example([[event("1", "1"), event("2", "1", 2)], [event("2", "1", 5), person("1", 1, 2)]])
def test_in_whatever_order_a_batch_has_its_lines_the_account_is_the_same(
    shared_databases: Databases, batches: list[list[Draft]]
) -> None:
    """Any order, as it is drawn, against one that is agreed on."""
    house = House(shared_databases)
    drawn, agreed = (house.village(f"{KODE}.{next(_VILLAGES):04d}") for _ in range(2))
    for drafts in batches:
        house.push(drawn, drafts)
        house.push(agreed, sorted(drafts, key=key))
    assert months(house, drawn.kode_desa) == months(house, agreed.kode_desa)


_VILLAGES = count(2100)


def _stored(tx: Connection, kode_desa: str) -> list[tuple[object, ...]]:
    query = tables.mutasi.select().where(tables.mutasi.c.kode_desa == kode_desa)
    return sorted((tuple(row) for row in tx.execute(query)), key=str)


def test_before_the_first_batch_nobody_is_counted(databases: Databases) -> None:
    """Batch 0 is no present: a village whose other read models stand still is as of that one."""
    house = House(databases)
    village = house.village()
    there = {"id": 1, "id_pend": 1, "kode": 5, "tgl_lapor": "2026-11-05", "saldo_awal": True}
    later = {**there, "id": 2, "id_pend": 2, "tgl_lapor": "2027-01-05"}
    events = [Draft("peristiwa", str(it["id"]), "put", START, it) for it in (there, later)]
    house.push(village, [penduduk(1), penduduk(2), *events])
    catch_up(databases.projector, house.now)
    until, whom = START.date(), Whom(date(2026, 11, 1), "akhir")
    with databases.reader.connect() as tx:
        for batch, nobody in ((1, False), (None, False), (0, True)):
            assert (account(tx, village.kode_desa, until, batch) == []) is nobody
            assert (beyond(tx, village.kode_desa, until, batch) == []) is nobody
            assert (rows(tx, village.kode_desa, whom, batch).total == 0) is nobody
