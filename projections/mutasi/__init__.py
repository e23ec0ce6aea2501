"""Mutasi: how a village's population changed, as monthly reports count it.

A row is some people who came or went in a month: one for each event that the desa stated, in the
month of its `tgl_lapor`, and *koreksi* for whatever change of the living no event explains, in the
month in which it was saved. So a month's end is always its beginning and its rows together, by
construction, and the next month's beginning.

Events keep what the person was when they were recorded (sex, citizenship). A cancelled one stays
where it was counted; what its cancelling changes is koreksi of the month of the cancelling. What
came by the old protocol has no events: there, they are concluded from changes of status, and
marked `turunan`. The people of a desa's first upload are its `saldo_awal`.

Source: the monthly report of a desa (Lampiran A-9), domain rules of section 3.1.1.
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
from projections.mutasi.rows import MUTASI

__all__ = [
    "BY_CODE",
    "DATANG",
    "HILANG",
    "INWARD",
    "KOREKSI",
    "LAHIR",
    "MATI",
    "MUTASI",
    "PERGI",
    "PINDAH",
    "SALDO_AWAL",
    "Kind",
]
