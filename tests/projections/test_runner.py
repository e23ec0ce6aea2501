"""The runner and the worker: exactly once, whatever happens."""

import threading
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import Connection, Table, select, text

from ledger import Entry
from ledger.database import Databases
from projections import PROJECTIONS, Worker, rebuild, retry, runner
from projections.positions import Status, status
from projections.runner import MOST_ATTEMPTS, NotAppliedError, Runner
from projections.tables import penduduk as table
from tests.simulator import KODE_DESA, House, penduduk


class Counting:
    """A projection that notes each batch it is given, in the runner's transaction."""

    name = "counting"
    version = 1
    follows: str | None = None
    tables: tuple[Table, ...] = ()

    def __init__(self, *poison: int, desa: str = KODE_DESA) -> None:
        self.poison = {(desa, it) for it in poison}

    def apply(self, tx: Connection, entries: Sequence[Entry]) -> None:
        for entry in entries:
            tx.execute(
                text("INSERT INTO projections.seen VALUES (:kode, :batch)"),
                {"kode": entry.kode_desa, "batch": entry.position},
            )
            if (entry.kode_desa, entry.position) in self.poison:
                raise ValueError("NIK 5306144107800001")


@pytest.fixture
def house(databases: Databases) -> House:
    house = House(databases)
    with databases.owner.begin() as tx:
        tx.execute(text("CREATE TABLE projections.seen (kode text, batch bigint)"))
        tx.execute(text("GRANT ALL ON projections.seen TO opendk_projector, opendk_reader"))
    return house


def pushed(house: House, batches: int, kode_desa: str = KODE_DESA) -> None:
    village = house.village(kode_desa)
    for number in range(1, batches + 1):
        house.push(village, [penduduk(number)])


def seen(house: House, kode_desa: str = KODE_DESA) -> list[int]:
    with house.databases.reader.connect() as tx:
        rows = tx.execute(
            text("SELECT batch FROM projections.seen WHERE kode = :kode ORDER BY ctid"),
            {"kode": kode_desa},
        )
        return list(rows.scalars())


def state_of(house: House, projection: Counting, kode_desa: str = KODE_DESA) -> Status:
    with house.databases.reader.connect() as tx:
        return next(it for it in status(tx, [projection]) if it.kode_desa == kode_desa)


def test_each_batch_is_applied_once_by_many_runners(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runner, "PAGE", 1)
    pushed(house, 20)
    pushed(house, 20, "53.06.14.2002")
    work = [Runner(house.databases.projector, [Counting()], house.now) for _ in range(4)]
    with ThreadPoolExecutor(4) as pool:
        for done in [pool.submit(it.catch_up) for it in work]:
            done.result()
    work[0].catch_up()
    assert seen(house) == list(range(1, 21))
    assert seen(house, "53.06.14.2002") == list(range(1, 21))


def test_what_fails_leaves_nothing_and_is_tried_later(house: House) -> None:
    pushed(house, 1)
    projection = Counting(1)
    Runner(house.databases.projector, [projection], house.now).catch_up()
    assert seen(house) == []
    failed = state_of(house, projection)
    assert (failed.position, failed.attempts, failed.state) == (0, 1, "retrying")


def test_the_batches_before_a_poisoned_one_are_applied_and_it_is_named(house: House) -> None:
    pushed(house, 25)
    poisoned = 20  # beyond those that are tried alone at once
    projection = Counting(poisoned)
    Runner(house.databases.projector, [projection], house.now).catch_up()
    assert seen(house) == list(range(1, poisoned))
    failed = state_of(house, projection)
    assert (failed.position, failed.attempts) == (poisoned - 1, 1)
    assert failed.error == f"ValueError setelah kiriman ke-{poisoned - 1}"


def test_it_goes_on_when_the_cause_is_gone(house: House) -> None:
    pushed(house, 3)
    projection = Counting(2)
    following = Runner(house.databases.projector, [projection], house.now)
    following.catch_up()
    projection.poison.clear()
    house.now.time += timedelta(minutes=1)
    following.catch_up()
    assert seen(house) == [1, 2, 3]
    assert state_of(house, projection).state == "live"


def test_a_poisoned_batch_parks_its_desa_and_the_others_go_on(house: House) -> None:
    pushed(house, 2)
    pushed(house, 2, "53.06.14.2002")
    projection = Counting(1)
    following = Runner(house.databases.projector, [projection], house.now)
    for _ in range(MOST_ATTEMPTS + 2):
        following.catch_up()
        house.now.time += timedelta(hours=1)
    assert state_of(house, projection).state == "parked"
    assert state_of(house, projection).attempts == MOST_ATTEMPTS
    assert seen(house, "53.06.14.2002") == [1, 2]


def test_a_parked_desa_goes_on_after_a_fix_and_a_retry(house: House) -> None:
    pushed(house, 2)
    projection = Counting(1)
    following = Runner(house.databases.projector, [projection], house.now)
    for _ in range(MOST_ATTEMPTS):
        following.catch_up()
        house.now.time += timedelta(hours=1)
    projection.poison.clear()
    following.catch_up()
    assert seen(house) == []
    with house.databases.projector.begin() as tx:
        assert retry(tx, "another") == retry(tx, "counting", "53.06.14.2002") == 0
        assert retry(tx, "counting", KODE_DESA) == 1
    following.catch_up()
    assert seen(house) == [1, 2]
    assert state_of(house, projection).state == "live"


def test_the_error_that_is_kept_holds_nothing_of_what_was_stated(house: House) -> None:
    pushed(house, 1)
    projection = Counting(1)
    Runner(house.databases.projector, [projection], house.now).catch_up()
    assert state_of(house, projection).error == "ValueError setelah kiriman ke-0"


def test_a_rebuild_of_a_parked_desa_sets_it_going(house: House) -> None:
    pushed(house, 2)
    projection = Counting(1)
    following = Runner(house.databases.projector, [projection], house.now)
    for _ in range(MOST_ATTEMPTS):
        following.catch_up()
        house.now.time += timedelta(hours=1)
    projection.poison.clear()
    applied: list[int] = []
    following.rebuild(KODE_DESA, applied.append)
    assert (seen(house), sum(applied)) == ([1, 2], 2)
    assert state_of(house, projection).state == "live"


def test_a_rebuild_that_meets_a_poisoned_batch_changes_nothing(house: House) -> None:
    pushed(house, 2)
    projection = Counting()
    following = Runner(house.databases.projector, [projection], house.now)
    following.catch_up()
    projection.poison.add((KODE_DESA, 2))
    with pytest.raises(NotAppliedError) as caught:
        following.rebuild(KODE_DESA, lambda _: None)
    assert str(caught.value) == (
        f"Log {KODE_DESA}: ValueError setelah kiriman ke-0. Tabel lama tetap dipakai."
    )
    assert seen(house) == [1, 2]
    assert state_of(house, projection).state == "live"


def test_while_a_desa_is_rebuilt_its_old_rows_are_read(house: House) -> None:
    pushed(house, 3)
    Runner(house.databases.projector, PROJECTIONS, house.now).catch_up()
    counts = []

    def look(_: int) -> None:
        with house.databases.reader.connect() as tx:
            counts.append(len(tx.execute(select(table.c.id)).all()))

    rebuild(house.databases.projector, PROJECTIONS[:1], [KODE_DESA], house.now, look)
    assert counts == [3]


def test_an_interrupted_rebuild_leaves_the_old_rows(house: House) -> None:
    pushed(house, 3)
    Runner(house.databases.projector, PROJECTIONS, house.now).catch_up()

    def interrupt(_: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        rebuild(house.databases.projector, PROJECTIONS[:1], [KODE_DESA], house.now, interrupt)
    with house.databases.reader.connect() as tx:
        assert len(tx.execute(select(table.c.id)).all()) == 3


class Second(Counting):
    """Another one, that notes nothing."""

    name = "second"

    def apply(self, tx: Connection, entries: Sequence[Entry]) -> None:
        for entry in entries:
            if (entry.kode_desa, entry.position) in self.poison:
                raise ValueError("NIK 5306144107800001")


def test_one_that_fails_does_not_hold_up_the_others_of_its_desa(house: House) -> None:
    pushed(house, 3)
    healthy, ill = Counting(), Second(2)
    following = Runner(house.databases.projector, [healthy, ill], house.now)
    following.catch_up()
    assert seen(house) == [1, 2, 3]
    assert state_of(house, healthy).state == "live"
    assert (state_of(house, ill).state, state_of(house, ill).attempts) == ("retrying", 1)
    ill.poison.clear()
    house.now.time += timedelta(minutes=1)
    following.catch_up()
    assert state_of(house, ill).state == "live"
    assert seen(house) == [1, 2, 3]


def test_one_that_comes_later_follows_from_the_first_batch_on(house: House) -> None:
    pushed(house, 2)
    Runner(house.databases.projector, [Second()], house.now).catch_up()
    house.push(house.village(label="kades"), [penduduk(9)])
    Runner(house.databases.projector, [Second(), Counting()], house.now).catch_up()
    assert seen(house) == [1, 2, 3]
    assert state_of(house, Second()).position == 3


def test_a_batch_is_unpacked_once_for_all_projections(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    pushed(house, 3)
    unpacked: list[int] = []
    body = Entry.body

    def counted(entry: Entry) -> bytes:
        unpacked.append(entry.position)
        return body(entry)

    monkeypatch.setattr(Entry, "body", counted)
    Runner(house.databases.projector, PROJECTIONS, house.now).catch_up()
    assert sorted(unpacked) == [1, 2, 3]


def test_runners_that_share_the_work_begin_apart(house: House) -> None:
    desa = [f"53.06.14.200{it}" for it in range(1, 5)]
    for kode_desa in desa:
        pushed(house, 1, kode_desa)
    engine = house.databases.projector
    turns = [Runner(engine, [Counting()], house.now, turn=it / 2).behind() for it in range(2)]
    assert [it.kode_desa for it in turns[0]] == desa
    assert [it.kode_desa for it in turns[1]] == desa[2:] + desa[:2]


def waited_for(house: House, batches: int, seconds: float = 10) -> list[int]:
    deadline = time.monotonic() + seconds
    while len(found := seen(house)) < batches and time.monotonic() < deadline:
        time.sleep(0.02)
    return found


def test_a_worker_follows_and_stops(house: House) -> None:
    working = Worker(house.databases.projector, [Counting()], house.now)
    thread = threading.Thread(target=working.run)
    thread.start()
    try:
        pushed(house, 3)
        assert waited_for(house, 3) == [1, 2, 3]
    finally:
        working.stop()
        thread.join(timeout=5)
    assert not thread.is_alive()


def test_a_worker_outlives_its_connections(house: House) -> None:
    working = Worker(house.databases.projector, [Counting()], house.now)
    thread = threading.Thread(target=working.run)
    thread.start()
    try:
        pushed(house, 1)
        assert waited_for(house, 1) == [1]
        with house.databases.owner.begin() as tx:
            tx.execute(
                text("""
                    SELECT pg_terminate_backend(pid) FROM pg_stat_activity
                    WHERE datname = current_database() AND pid <> pg_backend_pid()
                """),
            )
        house.databases.ingest.dispose()
        village = house.village(label="kades")
        house.push(village, [penduduk(9)])
        assert waited_for(house, 2) == [1, 2]
    finally:
        working.stop()
        thread.join(timeout=5)
