"""The contract that every projection keeps.

A projection builds a read model from the logs, one desa at a time. Its promises:

- `apply` depends on nothing but the entries and the rows of that desa: no clock, no other desa;
- entries come in order, each once: the runner moves the position in the same transaction;
- entries applied together give the same rows as applied one after the other;
- one that `follows` another may read that one's rows of the batches in hand: it is never ahead;
- a statement that it cannot use changes nothing but what the docstring says; nothing is raised
  for what a village stated.
"""

from collections.abc import Sequence
from typing import Protocol

from sqlalchemy import Connection, Table

from projections.opened import Opened


class Projection(Protocol):
    """A read model and how it follows a log."""

    name: str
    version: int
    tables: tuple[Table, ...]
    follows: str | None

    def apply(self, tx: Connection, entries: Sequence[Opened]) -> None:
        """Bring the rows of one desa from before the entries to after them."""
