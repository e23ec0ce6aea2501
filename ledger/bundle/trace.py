"""What a log says of records: the history of one, and the difference between two positions.

Reads batches as they stand in a log, from a bundle or from the store alike. Lines of which only
the hash is there say nothing; how many there were is counted. What changed is computed here, field
by field, from whole statements: a `put` carries the whole record. [pure]
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

import msgspec

from ledger.batch import Change
from ledger.bundle.batches import Stored, is_hashed

Span = Callable[[int, int], Iterator[Stored]]
"""The batches of a log that follow a position, up to and including another, in order."""
_ABSENT = object()


@dataclass(frozen=True)
class FieldDifference:
    """A member of a record that is other than before; None where it is not there."""

    name: str
    before: Any
    after: Any


@dataclass(frozen=True)
class Version:
    """What one change states of a record.

    Attributes:
        position, line: where it stands, from 1.
        chain, number: who signed it, and where in that key's chain.
        signed_at: the sender's clock.
        at: when the operator saved it.
        kind: whether the record was added, changed, removed, or stated again as it was.
        data: the whole record; None when it is removed.
    """

    position: int
    line: int
    chain: str
    number: int
    signed_at: datetime
    at: datetime
    kind: Literal["added", "changed", "removed", "same"]
    derived: str | None
    differences: tuple[FieldDifference, ...]
    data: dict[str, Any] | None


@dataclass(frozen=True)
class RecordDifference:
    """A record that is other at the later position; where it was last stated before that."""

    entity: str
    id: str
    kind: Literal["added", "changed", "removed"]
    position: int
    line: int
    differences: tuple[FieldDifference, ...]


@dataclass
class Difference:
    """What changed between two positions; `hidden` lines in between say nothing."""

    records: list[RecordDifference] = field(default_factory=list)
    hidden: int = 0


def touches(batch: Stored, entity: str, id_: str) -> bool:
    """Whether a batch states anything of a record."""
    return any((it.entity, it.id) == (entity, id_) for _, it in batch.changes())


def history(batches: Iterable[Stored], entity: str, id_: str) -> Iterator[Version]:
    """Every statement of a record, oldest first, each with what it changed."""
    before: dict[str, Any] | None = None
    for batch in batches:
        manifest = None
        for line, change in batch.changes():
            if (change.entity, change.id) != (entity, id_):
                continue
            manifest = manifest or batch.read()[1]
            after = _data(change)
            found = compared(before, after)
            yield Version(
                position=batch.position,
                line=line,
                chain=manifest.chain,
                number=manifest.number,
                signed_at=manifest.time,
                at=change.at,
                kind=_kind(before, after, found),
                derived=None if change.derived is msgspec.UNSET else change.derived,
                differences=found,
                data=after,
            )
            before = after


def difference(span: Span, first: int, last: int) -> Difference:
    """What the log says at position `last` that it did not at `first`; 0 is before everything.

    Two readings, so that only records that changed are kept in memory.
    """
    found = Difference()
    later: dict[tuple[str, str], tuple[int, int, dict[str, Any] | None]] = {}
    for batch in span(first, last):
        found.hidden += sum(map(is_hashed, batch.lines))
        for line, change in batch.changes():
            later[change.entity, change.id] = batch.position, line, _data(change)
    earlier: dict[tuple[str, str], dict[str, Any] | None] = {}
    for batch in span(0, first) if later else ():
        for _, change in batch.changes():
            key = change.entity, change.id
            if key in later:
                earlier[key] = _data(change)
    for (entity, id_), (position, line, after) in sorted(later.items(), key=_in_order):
        before = earlier.get((entity, id_))
        differences = compared(before, after)
        kind = _kind(before, after, differences)
        if kind != "same":
            found.records.append(
                RecordDifference(entity, id_, kind, position, line, differences),
            )
    return found


def compared(
    before: dict[str, Any] | None, after: dict[str, Any] | None
) -> tuple[FieldDifference, ...]:
    """The fields in which two states of a record differ; None is a record that is not there."""
    old, new = before or {}, after or {}
    names = [*new, *(it for it in old if it not in new)]
    return tuple(
        FieldDifference(name, old.get(name), new.get(name))
        for name in names
        if old.get(name, _ABSENT) != new.get(name, _ABSENT)
    )


def _kind(
    before: dict[str, Any] | None,
    after: dict[str, Any] | None,
    differences: tuple[FieldDifference, ...],
) -> Literal["added", "changed", "removed", "same"]:
    if before is None:
        return "same" if after is None else "added"
    if after is None:
        return "removed"
    return "changed" if differences else "same"


def _data(change: Change) -> dict[str, Any] | None:
    if change.data is msgspec.UNSET:
        return None
    found: dict[str, Any] = msgspec.json.decode(change.data)
    return found


def _in_order(item: tuple[tuple[str, str], object]) -> tuple[str, int, str]:
    """By entity, then ids as numbers are ordered: 2 before 10."""
    entity, id_ = item[0]
    return entity, len(id_), id_
