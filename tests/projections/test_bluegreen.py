"""All read models built anew beside those that serve, and the switch."""

import random
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Connection, Table, func, select, text

from ledger.database import Databases
from projections import (
    PROJECTIONS,
    Building,
    Difference,
    bluegreen,
    building,
    catch_up,
    everything,
    rebuild_beside,
    renew,
    status,
)
from projections.opened import Opened
from projections.positions import status as status_of
from projections.projection import Projection
from projections.queries.penduduk import Filters, people
from projections.runner import NotAppliedError, Runner
from projections.tables import penduduk as table
from tests.projections import invented
from tests.simulator import KODE_DESA, House, penduduk


def clock() -> datetime:
    """For processes, which cannot share the house's."""
    return datetime(2026, 11, 24, tzinfo=UTC)


@pytest.fixture
def house(databases: Databases) -> House:
    """Two invented villages, followed to their heads."""
    house = House(databases)
    for kode_desa, pushes in list(invented.villages())[:2]:
        village = house.village(kode_desa)
        for drafts in pushes:
            house.push(village, drafts)
    catch_up(databases.projector, house.now)
    return house


@pytest.fixture
def small(databases: Databases) -> House:
    """Two desa with three batches each, not followed yet."""
    house = House(databases)
    for kode_desa in (KODE_DESA, "53.06.14.2002"):
        village = house.village(kode_desa)
        for id_ in (1, 2, 3):
            house.push(village, [penduduk(id_)])
    return house


def rows(databases: Databases) -> dict[str, list[str]]:
    """Every row of every read model."""
    with databases.reader.connect() as tx:
        return {
            it.name: sorted(
                tx.execute(text(f"SELECT t::text FROM projections.{it.name} AS t")).scalars()
            )
            for projection in PROJECTIONS
            for it in projection.tables
        }


@pytest.mark.parametrize("processes", [1, 2])
def test_what_is_built_beside_is_the_same(house: House, processes: int) -> None:
    before = rows(house.databases)
    applied: list[int] = []
    differences = rebuild_beside(
        house.databases, everything, clock, processes=processes, progress=applied.append
    )
    assert differences == []
    assert rows(house.databases) == before
    with house.databases.reader.connect() as tx:
        found = status(tx)
    assert {it.state for it in found} == {"live"}
    assert sum(applied) == sum(it.head for it in found)


def test_it_can_be_done_again_and_again_and_the_logs_are_followed_on(house: House) -> None:
    for _ in range(2):
        rebuild_beside(house.databases, everything, house.now)
    village = house.village(label="kedua")
    house.push(village, [penduduk(90_001, "BARU")])
    catch_up(house.databases.projector, house.now)
    with house.databases.reader.connect() as tx:
        assert people(tx, KODE_DESA, Filters({}, "BARU"), limit=10).total == 1


def test_what_differs_from_before_is_told(house: House) -> None:
    with house.databases.owner.begin() as tx:
        tx.execute(text("DELETE FROM projections.penduduk WHERE kode_desa = :k AND id = '1'"),
                   {"k": KODE_DESA})  # fmt: skip
    (difference,) = rebuild_beside(house.databases, everything, house.now)
    assert isinstance(difference, Difference)
    assert (difference.table, difference.after > difference.before) == ("penduduk", True)


class Failing:
    """A projection that cannot go on."""

    name = "failing"
    version = 1
    tables: tuple[Table, ...] = ()
    follows: str | None = None

    def apply(self, tx: Connection, entries: Sequence[Opened]) -> None:
        raise SystemExit


def test_an_attempt_that_is_cut_off_changes_nothing(house: House) -> None:
    before = rows(house.databases)
    with pytest.raises(SystemExit):
        rebuild_beside(house.databases, lambda: (*PROJECTIONS, Failing()), house.now)
    assert rows(house.databases) == before
    assert rebuild_beside(house.databases, everything, house.now) == []


def test_one_that_is_stopped_leaves_nothing(house: House) -> None:
    """What is told of the progress raises, as Ctrl-C does; with two processes at work."""
    before = rows(house.databases)
    told: list[Building | None] = []

    def stop(_: int) -> None:
        with house.databases.reader.connect() as tx:
            told.append(building(tx))
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        rebuild_beside(house.databases, everything, clock, processes=2, progress=stop)
    with house.databases.reader.connect() as tx:
        sizes = {it.kode_desa: it.head for it in status(tx)}
        assert building(tx) is None
    (going_on,) = told
    assert going_on is not None
    assert going_on.total == sum(sizes.values()) * len(PROJECTIONS)
    assert rows(house.databases) == before


class Poisoned:
    """A projection that a batch of one desa is too much for."""

    name = "poisoned"
    version = 1
    tables: tuple[Table, ...] = ()
    follows: str | None = None

    def __init__(self, *batches: int) -> None:
        self.batches = batches

    def apply(self, tx: Connection, entries: Sequence[Opened]) -> None:
        """Fail at its batches."""
        if any(it.kode_desa == KODE_DESA and it.position in self.batches for it in entries):
            raise ValueError("NIK 5306144107800001")


def state(house: House, projection: Projection, kode_desa: str = KODE_DESA) -> tuple[int, int]:
    """Where it stands, and how far the log goes."""
    with house.databases.reader.connect() as tx:
        it = next(it for it in status_of(tx, [projection]) if it.kode_desa == kode_desa)
    return it.position, it.head


def test_what_is_parked_stays_parked_and_does_not_hold_up_a_rebuild(small: House) -> None:
    projection = Poisoned(2)
    known = (*PROJECTIONS, projection)
    Runner(small.databases.projector, known, small.now).catch_up()
    before = state(small, projection)
    assert before[0] == 1 < before[1]
    assert rebuild_beside(small.databases, lambda: known, small.now) == []
    assert state(small, projection) == before


def test_a_rebuild_that_cannot_come_as_far_as_the_old_rows_is_refused(small: House) -> None:
    projection = Poisoned()
    known = (*PROJECTIONS, projection)
    Runner(small.databases.projector, known, small.now).catch_up()
    before = rows(small.databases)
    projection.batches = (2,)
    with pytest.raises(NotAppliedError) as caught:
        rebuild_beside(small.databases, lambda: known, small.now)
    assert str(caught.value) == (
        f"Log {KODE_DESA}: poisoned, ValueError setelah kiriman ke-1. Tabel lama tetap dipakai."
    )
    assert rows(small.databases) == before
    with small.databases.reader.connect() as tx:
        assert building(tx) is None


def test_a_new_version_serves_though_one_desa_is_too_much_for_it(small: House) -> None:
    old, new = Poisoned(), Poisoned(2)
    Runner(small.databases.projector, (*PROJECTIONS, old), small.now).catch_up()
    new.version = 2
    assert renew(small.databases, lambda: (*PROJECTIONS, new), small.now)
    assert state(small, new)[0] == 1
    other, head = state(small, new, "53.06.14.2002")
    assert other == head
    new.batches = ()
    small.now.time += timedelta(hours=1)
    Runner(small.databases.projector, (*PROJECTIONS, new), small.now).catch_up()
    position, head = state(small, new)
    assert position == head


def test_pages_are_never_empty_or_mixed_while_pushes_and_rebuilds_go_on(house: House) -> None:
    """A reader counts the people of each batch's own value: always all of one state."""
    village = house.village("53.06.14.2099")
    everybody = range(1, 41)
    house.push(village, [penduduk(id_, dusun="0") for id_ in everybody])
    catch_up(house.databases.projector, house.now)
    stop = threading.Event()
    wrong: list[object] = []
    seen: set[int] = set()

    def read() -> None:
        query = (
            select(table.c.dusun, func.count())
            .where(table.c.kode_desa == village.kode_desa, table.c.to_batch.is_(None))
            .group_by(table.c.dusun)
        )
        while not stop.is_set():
            with house.databases.reader.connect() as tx:
                found = [tuple(it) for it in tx.execute(query)]
            if len(found) != 1 or found[0][1] != len(everybody):
                wrong.append(found)
            else:
                seen.add(int(found[0][0]))

    def follow() -> None:
        while not stop.is_set():
            catch_up(house.databases.projector, house.now)

    threads = [threading.Thread(target=it) for it in (read, read, follow)]
    for it in threads:
        it.start()
    try:
        for round_ in range(1, 7):
            house.push(village, [penduduk(id_, dusun=str(round_)) for id_ in everybody])
            if round_ % 2:
                rebuild_beside(house.databases, everything, house.now)
    finally:
        stop.set()
        for it in threads:
            it.join()
    assert wrong == []
    assert len(seen) > 1
    catch_up(house.databases.projector, house.now)
    assert rebuild_beside(house.databases, everything, house.now) == []


def waits(tx: Connection) -> bool:
    """Whether a rebuild waits for those who read."""
    query = text(
        "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"
        " AND mode = 'ExclusiveLock'"
        " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
    )
    return bool(tx.execute(query).scalar_one())


def served(tx: Connection) -> int:
    """Which table has the name of one that serves."""
    return int(tx.execute(text("SELECT 'projections.penduduk'::regclass::oid")).scalar_one())


def test_who_reads_has_the_same_tables_until_the_end(house: House) -> None:
    """A page of several statements is of one state; those who come meanwhile are served."""
    databases = house.databases
    with (
        ThreadPoolExecutor(1) as pool,
        databases.reader.connect() as reader,
        databases.projector.connect() as watch,
    ):
        before = served(reader)
        rebuilding = pool.submit(rebuild_beside, databases, everything, house.now)
        while not waits(watch):
            assert not rebuilding.done()
        with databases.reader.connect() as other:
            assert served(other) == before
        assert served(reader) == before
        assert not rebuilding.done()
        reader.rollback()
        assert rebuilding.result() == []
        assert served(reader) != before


def test_who_reads_on_and_on_does_not_hold_up_a_rebuild(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bluegreen, "_BETWEEN_TURNS_S", 0.01)
    monkeypatch.setattr(bluegreen, "_HELD_UP_MS", 10)
    with house.databases.reader.connect() as reader:
        before = served(reader)
        assert rebuild_beside(house.databases, everything, house.now) == []
        assert served(reader) != before


def test_live_and_rebuilt_are_the_same_however_a_worker_kept_up(databases: Databases) -> None:
    """Seven villages, each followed after other pushes: every row of every read model."""
    house = House(databases)
    for kode_desa, pushes in invented.villages():
        dice = random.Random(kode_desa)
        village = house.village(kode_desa)
        for drafts in pushes:
            house.push(village, drafts)
            if dice.random() < dice.choice([0.05, 0.9]):
                catch_up(databases.projector, house.now)
    catch_up(databases.projector, house.now)
    assert rebuild_beside(databases, everything, house.now) == []


class Newer:
    """A projection as a later version of the program has it."""

    def __init__(self, of: Projection) -> None:
        self.name, self.tables, self.follows = of.name, of.tables, of.follows
        self.version = of.version + 1
        self._of = of

    def apply(self, tx: Connection, entries: Sequence[Opened]) -> None:
        """Do as the one before, and call everybody by another name."""
        self._of.apply(tx, entries)
        tx.execute(text("UPDATE projections.penduduk SET nama_cari = 'LAIN'"))


def test_a_new_version_is_built_beside_and_never_mixed_with_the_old(house: House) -> None:
    databases = house.databases
    newer = [Newer(it) if it.name == "penduduk" else it for it in PROJECTIONS]
    assert not renew(databases, everything, house.now)
    village = house.village(label="kedua")
    house.push(village, [penduduk(90_001, "BARU")])
    Runner(databases.projector, newer, house.now).catch_up()
    old_names = select(func.count()).select_from(table).where(table.c.nama_cari != "LAIN")
    everybody = select(func.count()).select_from(table)
    with databases.reader.connect() as tx:
        states = {it.projection: it.state for it in status_of(tx, newer)}
        assert states["penduduk"] == "outdated"
        assert states["keluarga"] == "live"
        assert tx.execute(old_names).scalar_one() == tx.execute(everybody).scalar_one() > 0
    assert renew(databases, lambda: newer, house.now)
    with databases.reader.connect() as tx:
        assert {it.state for it in status_of(tx, newer)} == {"live"}
        assert tx.execute(old_names).scalar_one() == 0
        assert people(tx, KODE_DESA, Filters({}, "LAIN"), limit=10).total > 0
    assert not renew(databases, lambda: newer, house.now)
