"""Read models that are an entity's records as stated: penduduk, keluarga, and their like.

But for the dusun, which has no id of its own: it is its name that people are counted, listed and
looked for by, so every record has it as `names.placed` writes it. How the desa wrote it stands in
the line that stated the record, to which each page of a record leads.
"""

from collections.abc import Callable, Sequence
from operator import itemgetter
from typing import Any

import msgspec
from sqlalchemy import Connection, Table

from ledger import Change
from ledger.catalogue import Entity
from projections import history
from projections.names import placed
from projections.opened import Line, Opened
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
        self._entity = entity
        self.version = version
        self.tables: tuple[Table, ...] = (table,)
        self.follows: str | None = None
        self._table = table
        self._derived = derived
        names = [it.name for it in entity.fields]
        columns = [it.name for it in table.columns if it.name in names and it.name not in HISTORY]
        self.columns = tuple(it.name for it in table.columns if it.name not in HISTORY)
        self._values = itemgetter(*map(names.index, columns))
        self._dusun = columns.index("dusun") if "dusun" in columns else None

    def apply(self, tx: Connection, entries: Sequence[Opened]) -> None:
        """Open and close the rows of what the entries say."""
        if entries:
            history.extend(tx, self._table, self.name, entries, self._read)

    def read(self, kode_desa: str, change: Change) -> history.Values | None:
        """The values of a row, in the order of `columns`; None for what makes none."""
        if change.data is msgspec.UNSET:
            return None
        return self._row(self._entity.usable(bytes(change.data), kode_desa, change.id))

    def _read(self, entry: Opened, line: Line) -> history.Values | None:
        return self._row(entry.usable(line))

    def _row(self, record: Any) -> history.Values | None:  # noqa: ANN401  # the entity's struct
        if record is None:
            return None
        values = self._values(msgspec.structs.astuple(record))
        if (at := self._dusun) is not None:
            values = *values[:at], placed(values[at]), *values[at + 1 :]
        return *values, *self._derived(record)
