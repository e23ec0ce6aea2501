"""Wilayah: a dusun, an RW or an RT (OpenSID's cluster).

There is a row for each dusun (rw and rt "0"), for each RW (rt "0") and for each RT; "-" stands for
none. Only an RT's row holds people.

Left to the data-quality projection: (dusun, rw, rt) given twice, a deletion while living people
still point to the row, an id_kepala nobody sent.

Source: OpenSID v2410, table tweb_wil_clusterdesa. [pure]
"""

from typing import Final

from ledger.catalogue.entity import Entity
from ledger.catalogue.fields import Field, Id, Koordinat, Poligon, Sensitivity, Text

DASAR, UMUM = Sensitivity.DASAR, Sensitivity.UMUM

FIELDS: Final = (
    Field("id", "ID wilayah", Id(), UMUM),
    Field("dusun", "Dusun", Text(50), UMUM, blank="kosong"),
    Field("rw", "RW", Text(10), UMUM),
    Field("rt", "RT", Text(10), UMUM),
    Field("id_kepala", "ID kepala wilayah", Id(), DASAR),
    Field("lat", "Lintang", Koordinat("lat"), UMUM),
    Field("lng", "Bujur", Koordinat("lng"), UMUM),
    Field("path", "Batas wilayah", Poligon(), UMUM),
)

WILAYAH: Final = Entity("wilayah", "Wilayah", FIELDS, ())
