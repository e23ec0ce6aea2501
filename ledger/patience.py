"""What it costs to guess: whoever fails often waits, longer each time, and never for ever.

Counted in the database, for all web processes.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, NamedTuple

from sqlalchemy import Connection, select, update
from sqlalchemy.dialects.postgresql import insert as upsert

from ledger.tables import attempt

_HOUR: Final = timedelta(hours=1)


@dataclass(frozen=True)
class Patience:
    """After `free` failures each costs twice the pause of the one before, up to `longest_s`.

    Who did not fail for as long as `forgotten` begins anew.
    """

    free: int
    longest_s: float
    forgotten: timedelta = _HOUR

    def pause(self, failures: int) -> timedelta:
        """How long to wait after so many failures."""
        if failures < self.free:
            return timedelta(0)
        return timedelta(seconds=min(2.0 ** min(failures - self.free, 60), self.longest_s))


class Counted(NamedTuple):
    """How many seconds there are to wait, the longest, and how many failures that is."""

    wait_s: float
    failures: int


def count(tx: Connection, kept: Sequence[tuple[str, Patience]], at: datetime) -> Counted:
    """Count a failure before it is one: many guesses at once cannot pass each other here.

    `kept` are the keys that it counts for, in one order for all, so that nobody waits in a circle.
    Whoever has to wait is not counted: the transaction is to be rolled back.
    """
    found = []
    for key, patience in kept:
        begun = upsert(attempt).values(key=key, failures=0, until=at, counted_at=at)
        tx.execute(begun.on_conflict_do_nothing())
        mine = attempt.c.key == key
        row = tx.execute(select(attempt).where(mine).with_for_update()).one()
        fresh = at - max(row.counted_at, row.until) > patience.forgotten
        failures = 1 if fresh else row.failures + 1
        found.append(Counted((row.until - at).total_seconds(), failures))
        values = {"failures": failures, "until": at + patience.pause(failures), "counted_at": at}
        tx.execute(update(attempt).where(mine).values(values))
    return max(found)
