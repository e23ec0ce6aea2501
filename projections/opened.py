"""A batch as projections are given it: opened once, for all that follow its log.

Unpacking a batch and reading its lines takes longer than what most projections do with them. So
its lines are sorted by entity at the first time that anybody asks, a record is read at the first
time that anybody wants it, and both are there for the next one. What is asked for again is the
same, whoever read it.
"""

import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, NamedTuple

import msgspec

from ledger import Change, Entry
from ledger.catalogue import ENTITIES, Finding, Stated, local_date


class Line(NamedTuple):
    """A change, and where in its batch it stands, from 1."""

    number: int
    change: Change


@dataclass(frozen=True)
class Opened(Entry):
    """An entry that remembers what was read of it."""

    _read: dict[int, Stated] = field(default_factory=dict, compare=False, repr=False)
    _usable: dict[int, Any] = field(default_factory=dict, compare=False, repr=False)
    _found: dict[int, Sequence[Finding]] = field(default_factory=dict, compare=False, repr=False)

    @classmethod
    def of(cls, entry: Entry) -> "Opened":
        """The entry, to be opened when somebody asks."""
        return cls(entry.kode_desa, entry.position, entry.note, entry.packed, entry.received_at)

    @cached_property
    def by_entity(self) -> Mapping[str, Sequence[Line]]:
        """The changes of each entity that the batch speaks of, in its order; none redacted."""
        found: dict[str, list[Line]] = {}
        for number, change in self.numbered():
            lines = found.get(change.entity)
            if lines is None:
                found[change.entity] = lines = []
            lines.append(Line(number, change))
        return found

    def stated(self, *entities: str) -> Sequence[Line]:
        """The changes of some entities, in the batch's order."""
        found = [self.by_entity.get(it, ()) for it in entities]
        if len(found) == 1:
            return found[0]
        return sorted((line for lines in found for line in lines), key=_number)

    def usable(self, line: Line) -> Any:  # noqa: ANN401  # the entity's struct
        """The record that a line puts, as the catalogue reads it; None when there is none."""
        number, change = line
        if number not in self._usable:
            stated = self._stated(line)
            self._usable[number] = (
                None if stated is None else ENTITIES[change.entity].usable_of(stated)
            )
        return self._usable[number]

    def findings(self, line: Line) -> Sequence[Finding]:
        """What is amiss with what a line puts, as of the day on which it was put."""
        number, change = line
        found = self._found.get(number)
        if found is None:
            stated = self._stated(line)
            if stated is None:
                return ()
            day = local_date(change.at, self.kode_desa)
            found = ENTITIES[change.entity].findings_of(stated, day, change.id, number)
            self._found[number] = found
        return found

    def _stated(self, line: Line) -> Stated | None:
        number, change = line
        if change.data is msgspec.UNSET:
            return None
        stated = self._read.get(number)
        if stated is None:
            entity = ENTITIES[change.entity]
            stated = entity.stated(bytes(change.data), self.kode_desa, change.id)
            self._read[number] = stated
        return stated


def _number(line: Line) -> int:
    return line.number


@contextmanager
def reading_ahead(entries: Sequence[Opened]) -> Iterator[None]:
    """Meanwhile read, in a thread beside, what some entries state.

    Whoever applies them waits for the database nearly half of the time. What is not read yet when
    it is asked for is read there and then, so nothing but the time depends on this.
    """
    for entry in entries:
        entry.by_entity  # noqa: B018  # once, before two threads ask
    done = threading.Event()
    thread = threading.Thread(target=_read_ahead, args=(entries, done), name="reading-ahead")
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()


def _read_ahead(entries: Sequence[Opened], done: threading.Event) -> None:
    with suppress(Exception):  # what cannot be read fails where it is asked for
        for entry in entries:
            for line in entry.stated(*ENTITIES):
                if done.is_set():
                    return
                entry.usable(line)
                entry.findings(line)
