"""Read models that are an entity's records as stated: penduduk, keluarga, and their like."""

from collections.abc import Callable, Sequence
from operator import attrgetter
from typing import Any

import msgspec
from sqlalchemy import Connection, Table

from ledger import Change, Entry
from ledger.catalogue import Entity, local_time
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
        self._entity = entity
        self._table = table
        self._derived = derived
        fields = {field.name for field in entity.fields}
        names = [it.name for it in table.columns if it.name not in HISTORY and it.name in fields]
        self._values = attrgetter(*names)

    def apply(self, tx: Connection, entries: Sequence[Entry]) -> None:
        """Open and close the rows of what the entries say."""
        if not entries:
            return
        kode_desa = entries[0].kode_desa

        def read(change: Change, line: int) -> history.Values | None:
            if change.data is msgspec.UNSET:
                return None
            day = local_time(change.at, kode_desa).date()
            data = bytes(change.data)
            record = self._entity.read(data, day, kode_desa, change.id, line).record
            return None if record is None else (*self._values(record), *self._derived(record))

        said = list(history.statements(entries, self.name, read))
        history.extend(tx, self._table, kode_desa, said)
