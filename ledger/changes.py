"""What has changed since it was last told: records now, against hashes of what was stated.

A hash tells that a record is the same without keeping the record: `sha256` of its JSON with
sorted members. Whether a record that is not there any more was deleted, only a full dump can
tell; and a dump that lost many at once is rather a broken one (the guard).

Desa that sign compare for themselves, on their own computer; for those that cannot, the gateway
does. [pure]
"""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any

import msgspec

from ledger.batch import Change, Draft

Told = dict[str, dict[str, str]]
"""Entity → id → hash in hexadecimal: what a log states and has not taken back."""

MOST_VANISHED = 20
MOST_VANISHED_SHARE = 0.05
"""More than both at once are not deleted, unless somebody is sure."""

_encoder = msgspec.json.Encoder(order="sorted")


@dataclass(frozen=True)
class Changes:
    """What is to be told, and how many of each; who is `missed` vanished and is not deleted."""

    drafts: tuple[Draft, ...] = ()
    new: int = 0
    changed: int = 0
    vanished: int = 0
    missed: tuple[str, ...] = ()

    @property
    def withheld(self) -> int:
        """How many deletions wait until somebody is sure."""
        return len(self.missed)


def data_hash(data: Mapping[str, Any]) -> str:
    """The hash of a record: the same for the same members and values, in whatever order."""
    return sha256(_encoder.encode(data)).hexdigest()


def compare(
    entity: str,
    records: Mapping[str, dict[str, Any]],
    told: Mapping[str, str],
    *,
    present: Collection[str] | None,
    saved_at: Callable[[dict[str, Any]], datetime],
    now: datetime,
    sure: bool = False,
) -> Changes:
    """The changes that make of what was told what the records say.

    Args:
        entity: what kind of records these are.
        records: id → data, as they are now.
        told: id → hash, as they were told.
        present: every id that the source has, also of records that could not be read. None when
            the source is no full dump: then nothing counts as vanished.
        saved_at: when the operator saved a record.
        now: when a record was found to be absent.
        sure: delete whatever vanished, however many.
    """
    new: list[Draft] = []
    changed: list[Draft] = []
    for id_, data in records.items():
        if (before := told.get(id_)) != data_hash(data):
            draft = Draft(entity, id_, "put", saved_at(data), data)
            (new if before is None else changed).append(draft)
    gone = (
        [] if present is None else sorted((it for it in told if it not in present), key=_in_order)
    )
    withheld = bool(gone) and not sure and _too_many(len(gone), len(told))
    deletes = [] if withheld else absent(entity, gone, now)
    puts = sorted([*new, *changed], key=lambda draft: _in_order(draft.id))
    return Changes(
        (*puts, *deletes),
        len(new),
        len(changed),
        len(deletes),
        tuple(gone) if withheld else (),
    )


def absent(entity: str, ids: Iterable[str], now: datetime) -> list[Draft]:
    """Deletes that nobody stated: the records are missing from a full dump."""
    return [Draft(entity, id_, "delete", now, derived="absent") for id_ in ids]


def learn(told: Told, changes: Iterable[Change]) -> None:
    """Note what a batch tells; doing it again makes no difference."""
    for change in changes:
        records = told.setdefault(change.entity, {})
        if change.op == "delete":
            records.pop(change.id, None)
        elif isinstance(change.data, msgspec.Raw):
            records[change.id] = data_hash(msgspec.json.decode(change.data))


def _too_many(vanished: int, told: int) -> bool:
    return vanished > max(MOST_VANISHED, MOST_VANISHED_SHARE * told)


def _in_order(id_: str) -> tuple[int, str]:
    """Ids as numbers are ordered: 2 before 10."""
    return len(id_), id_
