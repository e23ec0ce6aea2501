"""What was redacted is in no row, at once and whatever happens; what is left is as built anew."""

from collections.abc import Sequence
from contextlib import suppress
from itertools import count
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, Table, select

from ledger import Draft, Order, Wish, read_entries
from ledger.database import Databases
from ledger.errors import NothingToRedactError
from projections import PROJECTIONS, catch_up, forget, rebuild, status, tables
from tests.simulator import KODE, KODE_DESA, START, House, deleted, penduduk

NIK = "5306145203850001"
NAMA = "MARIA GORETI"
ORDER = Order("permintaan", "UU 27/2022 pasal 43", "470/12", "camat", "sekcam")
WISH = Wish(KODE_DESA, "penduduk", "8271")
EACH = settings(
    max_examples=12,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


def everything(house: House) -> dict[str, list[Any]]:
    """All rows of all read models, but for when they were made."""
    with house.databases.reader.connect() as tx:
        return {
            table.name: sorted(map(repr, tx.execute(select(table)).all()))
            for table in tables.metadata.sorted_tables
            if table.name != "position"
        }


@pytest.fixture
def house(databases: Databases) -> House:
    return House(databases)


def follow(house: House) -> None:
    catch_up(house.databases.projector, house.now)


def test_no_row_holds_the_person_when_it_is_done(house: House) -> None:
    village = house.village()
    maria = penduduk(8271, NAMA, nik=NIK)
    event = {"id": 4, "id_pend": 8271, "jenis": "pindah_masuk", "tgl_lapor": "2026-11-01"}
    house.push(village, [penduduk(1), maria, Draft("peristiwa", "4", "put", START, event)])
    house.push(village, [penduduk(8271, NAMA, nik=NIK, agama_id=3)])
    other = house.village(f"{KODE}.2002")
    house.push(other, [penduduk(5)])
    follow(house)
    assert NIK in str(everything(house))
    house.redactions.redact(WISH, ORDER)
    assert forget(house.databases.projector, PROJECTIONS, house.now) == [KODE_DESA]
    after = everything(house)
    assert NIK not in str(after)
    assert NAMA not in str(after)
    assert "8271" not in str(after)
    assert len(after["penduduk"]) == 2
    assert forget(house.databases.projector, PROJECTIONS, house.now) == []
    logs = [KODE_DESA, other.kode_desa]
    rebuild(house.databases.projector, PROJECTIONS, logs, house.now)
    assert everything(house) == after


def test_a_worker_forgets_whatever_became_of_the_command(house: House) -> None:
    village = house.village()
    house.push(village, [penduduk(8271, NAMA)])
    follow(house)
    house.redactions.redact(WISH, ORDER)
    follow(house)
    assert everything(house)["penduduk"] == []


def test_what_follows_is_applied_as_ever(house: House) -> None:
    village = house.village()
    house.push(village, [penduduk(1), penduduk(8271, NAMA)])
    follow(house)
    house.redactions.redact(WISH, ORDER)
    house.push(village, [penduduk(2)])
    follow(house)
    with house.databases.reader.connect() as tx:
        assert {it.state for it in status(tx)} == {"live"}
    assert len(everything(house)["penduduk"]) == 2


class Broken:
    """A projection that cannot build the rows it once did."""

    name = "penduduk"
    version = 1
    tables: tuple[Table, ...] = (tables.penduduk,)
    follows: str | None = None

    def apply(self, tx: Connection, entries: Sequence[object]) -> None:
        raise ValueError(NAMA)


def test_rows_that_cannot_be_built_are_cleared(house: House) -> None:
    village = house.village()
    house.push(village, [penduduk(1), penduduk(8271, NAMA)])
    follow(house)
    house.redactions.redact(WISH, ORDER)
    forget(house.databases.projector, [Broken()], house.now)
    assert everything(house)["penduduk"] == []
    # Mended, it follows from the first batch.
    follow(house)
    assert len(everything(house)["penduduk"]) == 1


steps = st.lists(
    st.one_of(
        st.tuples(st.just("put"), st.integers(1, 4)),
        st.tuples(st.just("delete"), st.integers(1, 4)),
        st.tuples(st.just("redact"), st.integers(1, 4)),
        st.tuples(st.just("follow"), st.just(0)),
    ),
    min_size=2,
    max_size=10,
)


fresh = count(1)
"""Each example has a desa of its own: a log is never emptied."""


@EACH
@given(history=steps)
def test_any_history_with_redactions(databases: Databases, history: Any) -> None:
    """Live is as rebuilt, nobody redacted is in rows or logs, and every batch is intact."""
    house = House(databases)
    kode = f"{KODE}.{next(fresh):04}"
    village = house.village(kode)
    stated: set[int] = set()
    for what, id_ in history:
        if what == "put":
            stated.add(id_)
            house.push(village, [penduduk(id_, f"ORANG {id_}X", id_kk=id_), penduduk(9, "TETAP")])
        elif what == "delete":
            house.push(village, [deleted(id_)])
        elif what == "redact":
            with suppress(NothingToRedactError):
                house.redactions.redact(Wish(kode, "penduduk", str(id_)), ORDER)
            stated.discard(id_)
        else:
            follow(house)
    follow(house)
    live = everything(house)
    rebuild(house.databases.projector, PROJECTIONS, [kode], house.now)
    assert everything(house) == live
    with house.databases.reader.connect() as tx:
        entries = read_entries(tx, kode, 0, 1000)
    assert all(it.intact for it in entries)
    said = b"".join(it.body() for it in entries).decode()
    assert {it for it in range(1, 5) if f"ORANG {it}X" in said} <= stated
    mine = str([it for rows in live.values() for it in rows if kode in it])
    assert {it for it in range(1, 5) if f"ORANG {it}X" in mine} <= stated
