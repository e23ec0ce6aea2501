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
from ledger.catalogue import ENTITIES


class Line(NamedTuple):
    """A change, and where in its batch it stands, from 1."""

    number: int
    change: Change


@dataclass(frozen=True)
class Opened(Entry):
    """An entry that remembers what was read of it."""

    _records: dict[int, Any] = field(default_factory=dict, compare=False, repr=False)

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
        try:
            return self._records[number]
        except KeyError:
            pass
        record = None
        if change.data is not msgspec.UNSET:
            entity = ENTITIES[change.entity]
            record = entity.usable(bytes(change.data), self.kode_desa, change.id)
        self._records[number] = record
        return record


def _number(line: Line) -> int:
    return line.number
