"""Penduduk: every person of a desa's register, as stated, with history.

A person whose newest statement cannot be used (no name, an id that is none) is not shown; the
data-quality page says so. Single fields that cannot be read are empty.
"""

from typing import Any

from ledger.catalogue import ENTITIES
from projections import tables
from projections.names import searched
from projections.records import RecordProjection


def _derived(record: Any) -> tuple[object, ...]:  # noqa: ANN401  # the catalogue's struct
    return (searched(record.nama),)


PENDUDUK = RecordProjection(ENTITIES["penduduk"], 2, tables.penduduk, _derived)
