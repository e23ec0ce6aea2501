"""Keluarga: every family card of a desa's register, as stated, with history."""

from ledger.catalogue import ENTITIES
from projections import tables
from projections.records import RecordProjection

KELUARGA = RecordProjection(ENTITIES["keluarga"], 1, tables.keluarga)
