"""Findings with history, against the catalogue asked anew of what each batch left."""

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ledger import Draft
from ledger.catalogue import ENTITIES, local_time
from ledger.database import Databases
from projections import catch_up, named, rebuild
from projections.queries.mutu import (
    Brought,
    across,
    brought,
    by_desa,
    changed,
    kinds,
    records,
    trend,
)
from projections.queries.statistik import Place
from tests.projections import invented
from tests.simulator import KODE_DESA, START, House, deleted, penduduk

NIK = "5306144107800001"


@pytest.fixture
def house(databases: Databases) -> House:
    return House(databases)


def found(house: House, as_of: int | None = None) -> set[tuple[str, str, str, str]]:
    """Every finding as of a batch: entity, id, field, code."""
    with house.databases.reader.connect() as tx:
        return {
            (it.entity, it.id, it.field, it.code)
            for kind in kinds(tx, KODE_DESA, as_of)
            for it in records(tx, KODE_DESA, kind, as_of=as_of, limit=10_000)
        }


def asked(stated: dict[tuple[str, str], Draft]) -> set[tuple[str, str, str, str]]:
    """What the catalogue says of these statements."""
    return {
        (draft.entity, draft.id, it.field or "", it.code)
        for draft in stated.values()
        for it in ENTITIES[draft.entity].findings(
            draft.to_line().partition(b'"data":')[2][:-1],
            local_time(draft.at, KODE_DESA).date(),
            KODE_DESA,
            draft.id,
        )
    }


def test_findings_of_an_invented_village_at_every_fifth_batch(house: House) -> None:
    kode_desa, pushes = next(iter(invented.villages()))
    assert kode_desa == KODE_DESA
    village = house.village(kode_desa)
    stated: dict[tuple[str, str], Draft] = {}
    after = [dict(stated)]
    for drafts in pushes:
        house.push(village, drafts)
        for it in drafts:
            stated.pop((it.entity, it.id), None)
            if it.op == "put":
                stated[it.entity, it.id] = it
        after.append(dict(stated))
    catch_up(house.databases.projector, house.now)
    for batch in range(1, len(after), 5):
        assert found(house, batch) == asked(after[batch])
    assert found(house) == asked(after[-1])


people = st.builds(
    lambda id_, nik, sex: (id_, {"nik": nik, "sex": sex}),
    st.integers(1, 3),
    st.sampled_from([NIK, "1", "0", None, "ABC"]),
    st.sampled_from([1, 2, 9, "x"]),
)
batches = st.lists(
    st.lists(people | st.integers(1, 3), min_size=1, max_size=4), min_size=1, max_size=5
)


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(batches, st.lists(st.booleans(), min_size=5, max_size=5))
def test_live_and_rebuilt_are_the_same(
    databases: Databases, history: list[list[Any]], pauses: list[bool]
) -> None:
    house = House(databases)
    kode_desa = f"53.06.14.{2001 + len(house.registry.desa())}"
    village = house.village(kode_desa)
    for batch, pause in zip(history, pauses, strict=False):
        drafts = [deleted(it) if isinstance(it, int) else penduduk(it[0], **it[1]) for it in batch]
        house.push(village, drafts)
        if pause:
            catch_up(databases.projector, house.now)
    catch_up(databases.projector, house.now)
    table = named("mutu").tables[0]
    query = table.select().where(table.c.kode_desa == kode_desa)

    def stored() -> list[tuple[object, ...]]:
        with databases.reader.connect() as tx:
            return sorted((tuple(row) for row in tx.execute(query)), key=str)

    live = stored()
    rebuild(databases.projector, [named("mutu")], [kode_desa], house.now)
    assert stored() == live


def test_a_finding_ends_where_it_is_put_right(house: House) -> None:
    village = house.village()
    house.push(village, [penduduk(1, nik="ABC")])
    house.push(village, [penduduk(1, nik="ABC", sex=1)])
    house.push(village, [penduduk(1, nik=NIK)])
    catch_up(house.databases.projector, house.now)
    wrong = ("penduduk", "1", "nik", "nik-bukan-angka")
    assert [wrong in found(house, batch) for batch in (1, 2, 3)] == [True, True, False]
    with house.databases.reader.connect() as tx:
        points = trend(tx, village.kode_desa)
        first = kinds(tx, village.kode_desa, 1)[0]
    assert [it.batch for it in points] == [1, 3]
    assert points[0].counts["warning"] > points[1].counts["warning"]
    assert first.severity in {"severe", "warning"}


def test_a_deleted_record_has_no_findings(house: House) -> None:
    village = house.village()
    house.push(village, [penduduk(1, nik="ABC")])
    house.push(village, [deleted(1)])
    catch_up(house.databases.projector, house.now)
    assert found(house) == set()


def test_a_delete_of_somebody_never_stated_is_remarked(house: House) -> None:
    village = house.village()
    batches = [
        [penduduk(1), penduduk(2), deleted(2), deleted(7)],
        [deleted(1), deleted(7), penduduk(3, id=4)],
        [deleted(1), deleted(3), deleted(8)],
        [penduduk(7)],
        [deleted(7)],
    ]
    for batch in batches:
        house.push(village, batch)
    catch_up(house.databases.projector, house.now)
    remarked = [
        {id_ for _, id_, _, code in found(house, number) if code == "hapus-tidak-dikenal"}
        for number in range(1, len(batches) + 1)
    ]
    # Of 3 an unusable record was stated; 7 is put right by being stated.
    assert remarked == [{"7"}, {"7"}, {"7", "8"}, {"8"}, {"8"}]


def test_pages_of_records_go_by_id(house: House) -> None:
    village = house.village()
    house.push(village, [penduduk(id_, nik="ABC") for id_ in (2, 10, 1, 30)])
    catch_up(house.databases.projector, house.now)
    with house.databases.reader.connect() as tx:
        kind = next(it for it in kinds(tx, KODE_DESA) if it.code == "nik-bukan-angka")
        first = records(tx, KODE_DESA, kind, limit=3)
        rest = records(tx, KODE_DESA, kind, after=first[-1].id)
    assert [it.id for it in (*first, *rest)] == ["1", "2", "10", "30"]
    assert kind.jumlah == 4


def test_a_dated_rule_is_asked_as_of_the_change(house: House) -> None:
    village = house.village()
    tomorrow = (START + timedelta(days=2)).date().isoformat()
    house.push(village, [penduduk(1, tanggal_lahir=tomorrow)])
    catch_up(house.databases.projector, house.now)
    assert ("penduduk", "1", "tanggal_lahir", "lahir-di-masa-depan") in found(house)


def test_what_a_batch_brought_is_the_difference_of_what_stood_before_and_after(
    house: House,
) -> None:
    kode_desa, pushes = next(iter(invented.villages()))
    village = house.village(kode_desa)
    for drafts in pushes[:12]:
        house.push(village, drafts)
    house.push(village, [penduduk(it, nik="ABC") for it in (9001, 9002)])
    house.push(village, [deleted(9001), penduduk(9002, nik=NIK)])
    catch_up(house.databases.projector, house.now)
    newest = village.number
    with house.databases.reader.connect() as tx:
        told = brought(tx, KODE_DESA, range(1, newest + 1))
        for batch in range(1, newest + 1):
            before, after = found(house, batch - 1) if batch > 1 else set(), found(house, batch)
            counted = Brought(len(after - before), len(before - after))
            assert told.get(batch, Brought(0, 0)) == counted, batch
            kinds_ = changed(tx, KODE_DESA, batch)
            sums = Brought(sum(it.opened for it in kinds_), sum(it.closed for it in kinds_))
            assert sums == counted, batch
    assert told[newest].closed > 0


def test_what_several_desa_have_is_what_each_has(house: House) -> None:
    one, other = house.village(), house.village("53.06.14.2002")
    house.push(one, [penduduk(1, nik="ABC"), penduduk(2, sex=9)])
    house.push(one, [penduduk(1, nik=NIK)])
    house.push(other, [penduduk(1, nik="ABC")])
    empty = house.village("53.06.14.2003")
    catch_up(house.databases.projector, house.now)
    where = [
        Place(KODE_DESA, 1),
        Place(other.kode_desa, 1),
        Place(empty.kode_desa, 0),
    ]
    with house.databases.reader.connect() as tx:
        counts = by_desa(tx, where)
        for it in where:
            of = dict.fromkeys(("severe", "warning", "notice"), 0)
            for kind in kinds(tx, it.kode_desa, it.batch) if it.batch else ():
                of[kind.severity] += kind.jumlah
            assert counts[it.kode_desa] == of
        now = by_desa(tx, [Place(KODE_DESA, 2)])
    assert sum(counts[KODE_DESA].values()) > sum(now[KODE_DESA].values()) > 0
    assert sum(counts[empty.kode_desa].values()) == 0


def test_before_the_first_batch_nothing_is_wrong(house: House) -> None:
    village = house.village()
    house.push(village, [penduduk(1, nik="12"), penduduk(2, nik=NIK), penduduk(3, nik=NIK)])
    catch_up(house.databases.projector, house.now)
    on = START.date()
    with house.databases.reader.connect() as tx:
        every = kinds(tx, KODE_DESA) + across(tx, KODE_DESA, on)
        assert {"nik-ganda", "nik-panjang"} <= {it.code for it in every}
        assert kinds(tx, KODE_DESA, 0) == across(tx, KODE_DESA, on, 0) == []
        assert trend(tx, KODE_DESA, 0) == []
        assert [records(tx, KODE_DESA, it, as_of=0, on=on) for it in every] == [[]] * len(every)
