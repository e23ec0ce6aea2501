"""Mutasi: how a village's population changed, as monthly reports count it.

A row is some people who came or went in a month: one for each event that the desa stated, in the
month of its `tgl_lapor`, and *koreksi* for whatever change of the living no event explains, in the
month in which it was saved. So a month's end is always its beginning and its rows together, by
construction, and the next month's beginning.

Events keep what the person was when they were recorded (sex, citizenship). A cancelled one stays
where it was counted; what its cancelling changes is koreksi of the month of the cancelling.

A desa that has never stated an event, as with OpenSID's export of today and the old protocol, has
them concluded from what changes of its people, marked `turunan`; the people of its first push are
its `saldo_awal`. From the batch in which it first states an event, what no event explains is
koreksi; and events of what was concluded before take its place.

Families are counted beside (`keluarga`): those whose head lives, by that head. What a family came
or went by is the event of the family, or of its head, that the same batch tells; else it is
concluded, of whichever desa: by what became of the head, new if the head had lived here, koreksi
if there is nothing to conclude it from. Those of a desa's first batch are its `saldo_awal` unless
their heads' events say otherwise. What is told of it in a later batch changes it no more.

Source: the monthly report of a desa (Lampiran A-9), domain rules of sections 1.5 and 3.1.1.
"""

from projections.mutasi.book import (
    BY_CODE,
    DATANG,
    HILANG,
    INWARD,
    KOREKSI,
    LAHIR,
    MATI,
    PERGI,
    PINDAH,
    SALDO_AWAL,
    Kind,
)
from projections.mutasi.keluarga import BARU
from projections.mutasi.keluarga_rows import MUTASI_KELUARGA
from projections.mutasi.rows import MUTASI

__all__ = [
    "BARU",
    "BY_CODE",
    "DATANG",
    "HILANG",
    "INWARD",
    "KOREKSI",
    "LAHIR",
    "MATI",
    "MUTASI",
    "MUTASI_KELUARGA",
    "PERGI",
    "PINDAH",
    "SALDO_AWAL",
    "Kind",
]
