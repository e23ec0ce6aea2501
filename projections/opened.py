"""A batch as projections are given it: opened once, for all that follow its log.

Unpacking a batch and reading its lines takes longer than what most projections do with them. So
its lines are sorted by entity at the first time that anybody asks, a record is read at the first
time that anybody wants it, and both are there for the next one.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, NamedTuple

import msgspec

from ledger import Change, Entry
from ledger.catalogue import ENTITIES, Finding, Stated, local_time


class Line(NamedTuple):
    """A change, and where in its batch it stands, from 1."""

    number: int
    change: Change


@dataclass(frozen=True)
class Opened(Entry):
    """An entry that remembers what was read of it."""

    _read: dict[int, Stated] = field(default_factory=dict, compare=False, repr=False)

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
        stated = self._stated(line)
        if stated is None:
            return None
        return ENTITIES[line.change.entity].usable_of(stated, self.kode_desa)

    def findings(self, line: Line) -> Sequence[Finding]:
        """What is amiss with what a line puts, as of the day on which it was put."""
        number, change = line
        stated = self._stated(line)
        if stated is None:
            return ()
        day = local_time(change.at, self.kode_desa).date()
        return ENTITIES[change.entity].findings_of(stated, day, change.id, number)

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
