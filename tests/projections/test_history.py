"""Read models with history, against books kept in a dictionary."""

from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, select, text

from ledger import Draft
from ledger.database import Databases
from projections import PROJECTIONS, catch_up, rebuild, status
from projections.queries.penduduk import Filters, people, person
from projections.queries.riwayat import versions
from projections.tables import metadata
from projections.tables import penduduk as table
from tests.simulator import KODE_DESA, House, Village, deleted, penduduk

Books = dict[str, str]


def stated(draft: Draft, books: Books) -> None:
    """Keep the books for one change."""
    usable = draft.op == "put" and draft.data is not None and "id" in draft.data
    if usable and str((draft.data or {})["id"]) == draft.id:
        books[draft.id] = (draft.data or {})["nama"]
    else:
        books.pop(draft.id, None)


def unusable(id_: int) -> Draft:
    """A statement whose own id is another: it cannot be projected."""
    return Draft("penduduk", str(id_), "put", penduduk(1).at, {"id": id_ + 1000, "nama": "X"})


CHANGE = st.one_of(
    st.builds(penduduk, st.integers(1, 6), st.sampled_from(["SITI", "BUDI", "A\\B C"])),
    st.builds(deleted, st.integers(1, 6)),
    st.builds(unusable, st.integers(1, 6)),
)
HISTORY = st.lists(st.lists(CHANGE, min_size=1, max_size=6), min_size=1, max_size=6)


def read_all(tx: Connection) -> list[list[tuple[Any, ...]]]:
    """Every row of all read models, table by table."""
    return [
        sorted(map(tuple, tx.execute(select(it))), key=repr)
        for projection in PROJECTIONS
        for it in projection.tables
    ]


def alive(tx: Connection, as_of: int | None) -> Books:
    found = people(tx, KODE_DESA, Filters({}), as_of=as_of, limit=1000)
    return {it.id: it["nama"] for it in found.people}


def fresh_house(databases: Databases) -> House:
    with databases.owner.begin() as tx:
        tx.execute(text("ALTER TABLE ledger.batch DISABLE TRIGGER USER"))
        for name in ("ledger.batch", "ledger.head", "ledger.desa", "ledger.key"):
            tx.execute(text(f"TRUNCATE {name} CASCADE"))
        for name in metadata.tables:
            tx.execute(text(f"DELETE FROM {name}"))
    return House(databases)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(history=HISTORY, stops=st.sets(st.integers(1, 6)))
def test_live_rebuilt_and_the_books_agree_as_of_every_batch(
    shared_superuser_databases: Databases, history: Sequence[Sequence[Draft]], stops: set[int]
) -> None:
    """Followed at once or now and then, rebuilt, and as each earlier ledger would have had it."""
    house = fresh_house(shared_superuser_databases)  # each example empties it
    village = house.village()
    books: Books = {}
    then: list[Books] = [{}]
    for number, drafts in enumerate(history, start=1):
        house.push(village, drafts)
        for draft in drafts:
            stated(draft, books)
        then.append(dict(books))
        if number in stops:
            catch_up(house.databases.projector, house.now)
    catch_up(house.databases.projector, house.now)
    with house.databases.reader.connect() as tx:
        live = read_all(tx)
        assert alive(tx, None) == books
        for batch in range(1, len(then)):
            assert alive(tx, batch) == then[batch]
    rebuild(house.databases.projector, PROJECTIONS, [KODE_DESA], house.now)
    with house.databases.reader.connect() as tx:
        assert read_all(tx) == live


@pytest.fixture
def house(databases: Databases) -> House:
    return House(databases)


@pytest.fixture
def village(house: House) -> Village:
    return house.village()


def test_every_kind_of_value_comes_back_as_it_was_stated(house: House, village: Village) -> None:
    record: dict[str, Any] = {
        "tanggal_lahir": "1980-05-17",
        "alamat": "JL. \\N \\t 'x' \"y\" ⟨é⟩",
        "panjang_lahir": 49.5,
        "created_at": "2026-11-20 08:01:00",
        "ket": None,
        "hamil": 1,
    }
    house.push(village, [penduduk(1, **record)])
    catch_up(house.databases.projector, house.now)
    with house.databases.reader.connect() as tx:
        found = person(tx, KODE_DESA, "1")
    assert found
    assert found["tanggal_lahir"].isoformat() == "1980-05-17"
    assert found["alamat"] == record["alamat"]
    assert float(found["panjang_lahir"]) == 49.5
    assert found["created_at"].isoformat(" ") == record["created_at"]
    assert (found["ket"], found["hamil"]) == (None, 1)


def test_a_field_that_cannot_be_read_is_empty(house: House, village: Village) -> None:
    house.push(village, [penduduk(1, tanggal_lahir="31-02-1990", agama_id=99)])
    catch_up(house.databases.projector, house.now)
    with house.databases.reader.connect() as tx:
        found = person(tx, KODE_DESA, "1")
    assert found
    assert (found["tanggal_lahir"], found["agama_id"]) == (None, 99)


def test_versions_tell_what_changed(house: House, village: Village) -> None:
    house.push(village, [penduduk(1, "SITI", dusun="MAWAR")])
    house.push(village, [penduduk(1, "SITI AMINAH", dusun="MAWAR")])
    house.push(village, [deleted(1)])
    house.push(village, [penduduk(1, "SITI AMINAH")])
    catch_up(house.databases.projector, house.now)
    with house.databases.reader.connect() as tx:
        found = versions(tx, "penduduk", KODE_DESA, "1")
    assert [(it.from_batch, it.to_batch, it.first, it.ended) for it in found] == [
        (1, 2, True, None),
        (2, 3, False, 3),
        (4, None, True, None),
    ]
    (difference,) = found[1].differences
    assert (difference.field.name, difference.before, difference.after) == (
        "nama",
        "SITI",
        "SITI AMINAH",
    )


def test_the_chip_number_of_a_card_is_not_in_the_read_model() -> None:
    assert "tag_id_card" not in table.c


def test_status_says_how_far_each_is(house: House, village: Village) -> None:
    house.push(village, [penduduk(1)])
    with house.databases.reader.connect() as tx:
        assert {(it.projection, it.position, it.behind, it.state) for it in status(tx)} == {
            (it.name, 0, 1, "behind") for it in PROJECTIONS
        }
    catch_up(house.databases.projector, house.now)
    with house.databases.reader.connect() as tx:
        assert {it.state for it in status(tx)} == {"live"}
