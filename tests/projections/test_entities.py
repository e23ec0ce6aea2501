"""Read models that are an entity's records, each against books kept in a dictionary."""

import random
from collections.abc import Sequence
from datetime import date
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from ledger import Draft
from ledger.catalogue import ENTITIES
from ledger.database import Databases
from projections import AS_STATED, catch_up, named, rebuild, status
from projections.queries.catatan import record
from projections.queries.riwayat import versions
from tests.ledger.catalogue.records import SOUND
from tests.projections.test_history import fresh_house
from tests.simulator import KODE_DESA, START, House, penduduk

NEW = (
    "rumah_tangga",
    "aparatur",
    "lembaga",
    "anggota_lembaga",
    "suplemen",
    "suplemen_terdata",
    "apbdes",
    "potensi",
    "sarana",
    "produk_hukum",
)
WORD = {
    "rumah_tangga": "dtks",
    "aparatur": "pangkat",
    "lembaga": "keterangan",
    "anggota_lembaga": "no_anggota",
    "suplemen": "keterangan",
    "suplemen_terdata": "keterangan",
    "apbdes": "uraian",
    "potensi": "keterangan",
    "sarana": "keterangan",
    "produk_hukum": "keterangan",
}
"""A field of each that is a free text."""
Books = dict[tuple[str, str], str]


def put(entity: str, id_: int, word: str) -> Draft:
    """A sound record with a word of its own."""
    data: dict[str, Any] = SOUND[entity] | {"id": id_, WORD[entity]: word}
    return Draft(entity, str(id_), "put", START, data)


CHANGE = st.one_of(
    st.builds(put, st.sampled_from(NEW), st.integers(1, 2), st.sampled_from(["A", "B", 'x"\\n'])),
    st.builds(
        lambda entity, id_: Draft(entity, str(id_), "delete", START),
        st.sampled_from(NEW),
        st.integers(1, 2),
    ),
)
HISTORY = st.lists(st.lists(CHANGE, min_size=1, max_size=12), min_size=1, max_size=5)


def stored(databases: Databases) -> list[list[tuple[Any, ...]]]:
    with databases.reader.connect() as tx:
        tables = [named(entity).tables[0] for entity in NEW]
        return [sorted(map(tuple, tx.execute(select(it))), key=repr) for it in tables]


@settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(history=HISTORY, stops=st.sets(st.integers(1, 5)))
def test_live_rebuilt_and_the_books_agree_as_of_every_batch(
    shared_superuser_databases: Databases, history: Sequence[Sequence[Draft]], stops: set[int]
) -> None:
    house = fresh_house(shared_superuser_databases)  # each example empties it
    village = house.village()
    books: Books = {}
    then: list[Books] = [{}]
    for number, drafts in enumerate(history, start=1):
        house.push(village, drafts)
        for it in drafts:
            books.pop((it.entity, it.id), None)
            if it.data is not None:
                books[it.entity, it.id] = it.data[WORD[it.entity]]
        then.append(dict(books))
        if number in stops:
            catch_up(house.databases.projector, house.now)
    catch_up(house.databases.projector, house.now)
    live = stored(house.databases)
    with house.databases.reader.connect() as tx:
        for batch, expected in enumerate(then[1:], start=1):
            for entity in NEW:
                for id_ in ("1", "2"):
                    found = record(tx, entity, KODE_DESA, id_, batch)
                    assert (found and found[WORD[entity]]) == expected.get((entity, id_))
    rebuild(house.databases.projector, list(map(named, NEW)), [KODE_DESA], house.now)
    assert stored(house.databases) == live


def test_every_entity_of_the_catalogue_has_a_read_model_but_what_is_said_to_the_office() -> None:
    tables = {"penduduk", *(it.name for it in AS_STATED)}
    assert set(ENTITIES) - tables == {"upload", "pesan"}
    assert set(NEW) <= tables


def test_a_sound_record_comes_back_as_it_was_stated(databases: Databases) -> None:
    house = House(databases)
    village = house.village()
    house.push(
        village,
        [Draft(it, str(SOUND[it]["id"]), "put", START, SOUND[it]) for it in NEW],
    )
    catch_up(databases.projector, house.now)
    with databases.reader.connect() as tx:
        for entity in NEW:
            found = record(tx, entity, KODE_DESA, str(SOUND[entity]["id"]))
            assert found is not None
            for name, value in SOUND[entity].items():
                if isinstance(found[name], date) or name in {"anggaran", "realisasi", "id"}:
                    assert str(found[name]) == str(value)
                else:
                    assert found[name] == value


def test_a_budget_line_tells_what_became_of_it(databases: Databases) -> None:
    house = House(databases)
    village = house.village()
    line = {**SOUND["apbdes"], "id": "7", "realisasi": "0"}
    house.push(village, [Draft("apbdes", "7", "put", START, line)])
    house.push(village, [Draft("apbdes", "7", "put", START, {**line, "realisasi": "1.25"})])
    catch_up(databases.projector, house.now)
    with databases.reader.connect() as tx:
        first, second = versions(tx, "apbdes", KODE_DESA, "7")
    assert (first.to_batch, second.to_batch) == (2, None)
    assert [(it.field.name, str(it.after)) for it in second.differences] == [("realisasi", "1.25")]


def test_texts_without_end_park_nothing(databases: Databases) -> None:
    # As large as they can be in an index: of four bytes each, and nothing to compress.
    random_ = random.Random(1)
    endless = "".join(chr(random_.randrange(0x20000, 0x2A000)) for _ in range(9_000))
    house = House(databases)
    village = house.village()
    for entity in ENTITIES.values():
        sound = SOUND[entity.name] | {"id": 7} if entity.name in SOUND else {"id": 7}
        told = [{**sound, it.name: endless} for it in entity.fields if it.name != "id"]
        indexed = ("nama", "nik", "no_kk", "dusun", "suku", "akta_lahir")
        told.append({**sound, **{it: endless[:2_000] for it in indexed if it in entity.by_name}})
        for it in told:
            house.push(village, [Draft(entity.name, "7", "put", START, it)])
    catch_up(databases.projector, house.now)
    with databases.reader.connect() as tx:
        assert [it for it in status(tx) if it.behind] == []
        person = record(tx, "penduduk", KODE_DESA, "7")
    assert person is not None
    assert person["nama"] == endless[:255]


def test_capitals_that_are_longer_than_the_name_of_a_dusun_park_nothing(
    databases: Databases,
) -> None:
    random_ = random.Random(1)
    grown = "".join(
        random_.choice("\u0390\u03b0\u1f52\u1f54\u1fb7\u1fc7\ufb03") for _ in range(255)
    )
    wide = "".join(chr(random_.randrange(0x20000, 0x2A000)) for _ in range(255))
    assert len(grown.upper()) == 3 * len(grown)
    house = House(databases)
    village = house.village()
    house.push(village, [penduduk(1, dusun=grown, akta_lahir=wide, suku=wide, nik=wide[:64])])
    catch_up(databases.projector, house.now)
    with databases.reader.connect() as tx:
        assert [it for it in status(tx) if it.behind] == []
        person = record(tx, "penduduk", KODE_DESA, "1")
    assert person is not None
    assert person["dusun"] == grown.upper()[:255]
