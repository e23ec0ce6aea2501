"""Read models that are an entity's records as stated: penduduk, keluarga, and their like."""

from collections.abc import Callable, Sequence
from functools import partial
from operator import itemgetter
from typing import Any

import msgspec
from sqlalchemy import Connection, Table

from ledger import Change, Entry
from ledger.catalogue import Entity
from projections import history
from projections.tables import HISTORY


class RecordProjection:
    """Keeps an entity's records, with history, in a table of its fields.

    `derived` makes the values of columns that are no fields, from the record, in their order.
    """

    def __init__(
        self,
        entity: Entity,
        version: int,
        table: Table,
        derived: Callable[[Any], tuple[object, ...]] = lambda _: (),
    ) -> None:
        self.name = entity.name
        self.version = version
        self.tables: tuple[Table, ...] = (table,)
        self.follows: str | None = None
        self._entity = entity
        self._table = table
        self._derived = derived
        names = [it.name for it in entity.fields]
        columns = [it.name for it in table.columns if it.name in names and it.name not in HISTORY]
        self.columns = tuple(it.name for it in table.columns if it.name not in HISTORY)
        self._values = itemgetter(*map(names.index, columns))

    def apply(self, tx: Connection, entries: Sequence[Entry]) -> None:
        """Open and close the rows of what the entries say."""
        if entries:
            read = partial(self.read, entries[0].kode_desa)
            history.extend(tx, self._table, self.name, entries, read)

    def read(self, kode_desa: str, change: Change) -> history.Values | None:
        """The values of a row, in the order of `columns`; None for what makes none."""
        if change.data is msgspec.UNSET:
            return None
        record = self._entity.usable(bytes(change.data), kode_desa, change.id)
        if record is None:
            return None
        return *self._values(msgspec.structs.astuple(record)), *self._derived(record)
