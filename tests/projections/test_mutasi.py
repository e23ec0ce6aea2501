"""The monthly account, against that of the program that invented the villages."""

from collections import Counter
from dataclasses import replace
from datetime import date
from itertools import count

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection

from ledger import Draft
from ledger.database import Databases
from projections import catch_up, named, rebuild, tables
from projections.mutasi import KOREKSI, Kind
from projections.queries.mutasi import Month, Whom, account, rows
from projections.queries.penduduk import Filters, people
from projections.queries.statistik import places, table
from tests.ledger.catalogue.records import SOUND
from tests.projections import invented
from tests.simulator import KODE, START, House, deleted, penduduk

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


def test_every_figure_of_every_month_of_seven_villages(databases: Databases) -> None:
    house = House(databases)
    truth = invented.account()
    for kode_desa, pushes in invented.villages():
        village = house.village(kode_desa)
        for drafts in pushes:
            house.push(village, drafts)
    catch_up(databases.projector, house.now)
    compared = 0
    with databases.reader.connect() as tx:
        for kode_desa, told in truth.items():
            ours = {f"{it.bulan:%Y-%m}": it for it in account(tx, kode_desa, UNTIL)}
            for month, expected in told["menurut_tgl_lapor"].items():
                found = figures(ours[month])
                assert found == {name: expected[name] for name in found}, (kode_desa, month)
                moved = {str(ref): ours[month].rincian_pindah.get(ref, 0) for ref in (1, 2, 3, 4)}
                assert moved == expected["rincian_pindah"]
                compared += sum(map(len, found.values())) + len(moved)
            living = people(tx, kode_desa, Filters(), limit=1).total
            assert living == told["penduduk_hidup"] == sum(ours[max(ours)].akhir.values())
            now = [it for it in places(tx, KODE) if it.kode_desa == kode_desa]
            heads = table(tx, "keluarga", now, UNTIL).total
            assert {"L": heads.laki_laki, "P": heads.perempuan} == told["keluarga_aktif"]
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
    house.push(village, [penduduk(1), penduduk(2, sex=1)])
    house.push(village, [penduduk(1, status_dasar=2)])
    house.push(village, [deleted(2)])
    (month,) = months(house, village.kode_desa)
    assert month.flows[KOREKSI] == {}
    assert month.akhir == {}
    (before,) = months(house, village.kode_desa, as_of=1)
    assert before.akhir == {Kind(2, wna=False): 1, Kind(1, wna=False): 1}
    with house.databases.reader.connect() as tx:
        found = rows(tx, village.kode_desa, Whom(START.date().replace(day=1), KOREKSI)).rows
    assert [(it.id_pend, it.jumlah) for it in found] == [("1", 1), ("2", 1), ("1", -1), ("2", -1)]


def test_a_village_without_people_has_no_account(house: House) -> None:
    village = house.village()
    assert months(house, village.kode_desa) == []


# --- events that are stated more than once ------------------------------------------------------

PEOPLE, EVENTS = ("1", "2", "1/0"), ("1", "2", "1/0", "2/1")


def event(id_: str, id_pend: str, kode: int = 1, jenis: str | None = None) -> Draft:
    facts = {"id": 1, "id_pend": id_pend, "kode": kode, "jenis": jenis, "tgl_lapor": "2026-11-20"}
    return Draft("peristiwa", id_, "put", START, {**SOUND["peristiwa"], **facts})


def person(id_: str, status: int, sex: int) -> Draft:
    return replace(penduduk(1, status_dasar=status, sex=sex), id=id_)


STATEMENTS = st.one_of(
    st.builds(person, st.sampled_from(PEOPLE), st.sampled_from([1, 2]), st.sampled_from([1, 2])),
    st.builds(lambda id_: replace(deleted(1), id=id_), st.sampled_from(PEOPLE)),
    st.builds(
        event,
        st.sampled_from(EVENTS),
        st.sampled_from(PEOPLE),
        st.sampled_from([1, 2, 3, 5]),
        st.sampled_from([None, "dibatalkan"]),
    ),
    st.builds(lambda id_: Draft("peristiwa", id_, "delete", START), st.sampled_from(EVENTS)),
)


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
    """In one batch or several, live or rebuilt: nothing parks, and the account is the same."""
    kode_desa = f"{KODE}.{next(_VILLAGES):04d}"
    house = House(shared_databases)
    village = house.village(kode_desa)
    for drafts in batches:
        house.push(village, drafts)
        catch_up(shared_databases.projector, house.now)
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


_VILLAGES = count(2100)


def _stored(tx: Connection, kode_desa: str) -> list[tuple[object, ...]]:
    query = tables.mutasi.select().where(tables.mutasi.c.kode_desa == kode_desa)
    return sorted((tuple(row) for row in tx.execute(query)), key=str)
