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
from projections.queries.mutu import kinds, records, trend
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
