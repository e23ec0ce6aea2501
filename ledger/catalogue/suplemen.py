"""Suplemen: lists that a desa keeps for a purpose of its own, and who or which family is in them.

`id_terdata` is the id of a penduduk (sasaran 1) or a keluarga (2). What being in a list means, its
name says; it may be a disability or a debt, so whose they are is for a stated reason only.

Left to the data-quality projection: somebody listed whom nobody sent, a line of no list.

Source: OpenSID v2410, tables suplemen and suplemen_terdata. [pure]
"""

from typing import Final

from ledger.catalogue.entity import Entity
from ledger.catalogue.fields import Code, Field, Id, Sensitivity, Text

UMUM, DASAR, KETAT = Sensitivity.UMUM, Sensitivity.DASAR, Sensitivity.KETAT

SUPLEMEN: Final = Entity(
    "suplemen",
    "Suplemen",
    (
        Field("id", "ID suplemen", Id(), UMUM),
        Field("nama", "Nama daftar", Text(100), UMUM, blank="wajib-kosong"),
        Field("sasaran", "Sasaran", Code("sasaran_program"), UMUM, blank="kosong"),
        Field("keterangan", "Keterangan", Text(500), UMUM),
    ),
)

SUPLEMEN_TERDATA: Final = Entity(
    "suplemen_terdata",
    "Suplemen terdata",
    (
        Field("id", "ID terdata", Id(), DASAR),
        Field("id_suplemen", "ID suplemen", Id(), DASAR, blank="wajib-kosong"),
        Field("sasaran", "Sasaran", Code("sasaran_program"), DASAR),
        Field("id_terdata", "ID yang terdata", Id(), KETAT, blank="kosong"),
        Field("keterangan", "Keterangan", Text(500), KETAT),
    ),
)
