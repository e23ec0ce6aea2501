"""Batches that are opened once, and read ahead in a thread beside."""

import threading
import time
from collections.abc import Callable
from dataclasses import replace

import pytest
import zstandard

from ledger import Draft, Entry, read_entries
from ledger.database import Databases
from projections.opened import Line, Opened, reading_ahead
from tests.simulator import KODE_DESA, START, House, deleted, penduduk


def entries(databases: Databases) -> list[Entry]:
    """A batch with all that a line can be: sound, amiss, unusable, a delete, of no entity."""
    house = House(databases)
    village = house.village()
    house.push(village, [penduduk(1), penduduk(2)])
    house.push(
        village,
        [
            penduduk(1, updated_at="2026-01-02T03:04:05Z"),
            penduduk(3, nik="x"),
            Draft("penduduk", "4", "put", START, {"id": 5, "nama": "X"}),
            deleted(2),
            Draft("bukan_entitas", "1", "put", START, {"a": 1}),
        ],
    )
    with databases.projector.connect() as tx:
        return list(read_entries(tx, KODE_DESA, 0, 10))


def lines(entry: Opened) -> list[Line]:
    return [line for line in entry.stated(*entry.by_entity) if line.change.entity == "penduduk"]


def waited_for(condition: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + 10
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.01)
    return condition()


def readers() -> list[str]:
    return [it.name for it in threading.enumerate() if it.name == "reading-ahead"]


def test_what_is_read_ahead_is_what_would_have_been_read(databases: Databases) -> None:
    ahead, alone = ([Opened.of(it) for it in entries_] for entries_ in [entries(databases)] * 2)
    with reading_ahead(ahead):
        assert waited_for(lambda: not readers())
    told = [[(it.usable(line), it.findings(line)) for line in lines(it)] for it in ahead]
    assert told == [[(it.usable(line), it.findings(line)) for line in lines(it)] for it in alone]
    assert [bool(record) for record, _ in told[1]] == [True, True, False, False]
    assert any(findings for _, findings in told[1])


def test_nothing_is_read_any_more_afterwards(
    databases: Databases, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened = [Opened.of(it) for it in entries(databases)]
    reached, go_on = threading.Event(), threading.Event()
    usable = Opened.usable
    read: list[tuple[int, int]] = []

    def slow(entry: Opened, line: Line) -> object:
        reached.set()
        assert go_on.wait(10)
        read.append((entry.position, line.number))
        return usable(entry, line)

    monkeypatch.setattr(Opened, "usable", slow)
    with reading_ahead(opened):
        assert reached.wait(10)
        threading.Timer(0.1, go_on.set).start()
    assert not readers()
    assert read == [(1, 1)]  # the line in hand was finished


def test_what_cannot_be_read_fails_where_it_is_asked_for(
    databases: Databases, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened = [Opened.of(it) for it in entries(databases)]

    def broken(_entry: Opened, _line: Line) -> object:
        raise ValueError("broken")

    monkeypatch.setattr(Opened, "findings", broken)
    with reading_ahead(opened):
        assert waited_for(lambda: not readers())
        with pytest.raises(ValueError, match="broken"):
            opened[0].findings(lines(opened[0])[0])
    torn = replace(opened[0], packed=opened[0].packed[:-5])
    with pytest.raises(zstandard.ZstdError), reading_ahead([torn]):
        pytest.fail("a batch that cannot be unpacked is told before anything is applied")
