"""Killed at each step, and run again: the log holds each batch once, and nothing is forgotten.

Every write of the folder goes through `files`: it is cut off before and after each rename, and
before and after each answer of the office.
"""

from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path

import pytest

from cli.sender import LedgerClient, files
from ledger import Limits, durable
from tests.cli.sender.computer import Computer, people
from tests.cli.sender.office import Office

Step = Callable[..., object]


class KilledError(BaseException):
    """Not an Exception: nothing in the program can catch it, as nothing can catch a power cut."""


class Power:
    """Goes off at a step; before that, it counts them."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.steps = 0
        self.off_at: int | None = None
        for owner, name in (
            (files, "_replace"),
            (durable, "sync"),
            (LedgerClient, "post"),
            (LedgerClient, "post_key"),
            (LedgerClient, "receipt"),
        ):
            monkeypatch.setattr(owner, name, self._counted(getattr(owner, name)))

    def _counted(self, step: Step) -> Step:
        def counted(*args: object) -> object:
            self._pass()
            result = step(*args)
            self._pass()
            return result

        return counted

    def _pass(self) -> None:
        self.steps += 1
        if self.steps == self.off_at:
            raise KilledError


@pytest.fixture
def power(monkeypatch: pytest.MonkeyPatch) -> Iterator[Power]:
    yield Power(monkeypatch)
    monkeypatch.undo()


FIRST, SECOND = people(7), people(8, id3="BUDI") | {"99": {"id": 99, "nama": "BARU"}}
del SECOND["5"]


def two_pushes(computer: Computer, power: Power, off_at: int) -> bool:
    """The second push is cut off at a step and run again; False when it has fewer steps."""
    computer.limits = Limits(changes=3)
    computer.push(FIRST)
    power.steps, power.off_at = 0, off_at
    try:
        computer.push(SECOND)
    except KilledError:
        computer.push(SECOND)
        return True
    finally:
        power.off_at = None
    return False


def test_wherever_it_is_killed_running_it_again_ends_the_same(
    tmp_path: Path,
    url: str,
    office: Office,
    power: Power,
) -> None:
    for step in count(1):
        office.batches.clear()
        computer = Computer(tmp_path / str(step), url, office).set_up()
        killed = two_pushes(computer, power, step)
        assert office.records() == SECOND
        assert office.numbers() == list(range(1, len(office.batches) + 1))
        assert sum(batch.manifest.count for batch in office.batches) == 7 + 4
        assert computer.position() == (len(office.batches),) * 2
        assert computer.files("pending") == []
        assert len(computer.files("sent")) == len(office.batches)
        assert computer.push(SECOND) == []
        if not killed:
            break
    assert step > 50  # so many steps were really tried


def test_killed_while_the_folder_is_made_it_can_be_made_again(
    tmp_path: Path,
    url: str,
    office: Office,
    power: Power,
) -> None:
    for step in count(1):
        office.batches.clear()
        computer = Computer(tmp_path / str(step), url, office)
        power.steps, power.off_at = 0, step
        try:
            computer.set_up()
        except KilledError:
            power.off_at = None
            computer.set_up()
            computer.push(FIRST)
            assert office.records() == FIRST
        else:
            break
    assert step > 10


def test_killed_at_every_single_step_it_still_arrives(
    computer: Computer,
    office: Office,
    power: Power,
) -> None:
    """A computer that never lives longer than a few steps gets on all the same."""
    computer.limits = Limits(changes=3)
    for _ in range(200):
        power.steps, power.off_at = 0, 9
        try:
            computer.push(FIRST)
        except KilledError:
            continue
        break
    power.off_at = None
    computer.push(FIRST)
    assert office.records() == FIRST
    assert sum(batch.manifest.count for batch in office.batches) == 7
