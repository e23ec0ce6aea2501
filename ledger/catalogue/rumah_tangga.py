"""Rumah tangga: those who live under one roof and cook together, as poverty data count them.

It is not a family card: a person's `id_rtm` leads here. Which list of the poor it stands in
(`dtks`) is known to whoever has a reason.

Left to the data-quality projection: a kepala nobody sent, or who is not alive.

Source: OpenSID v2410, table tweb_rtm. [pure]
"""

from typing import Final

from ledger.catalogue.entity import Entity
from ledger.catalogue.fields import Field, Id, Integer, Sensitivity, Text

DASAR, KETAT = Sensitivity.DASAR, Sensitivity.KETAT

RUMAH_TANGGA: Final = Entity(
    "rumah_tangga",
    "Rumah tangga",
    (
        Field("id", "ID rumah tangga", Id(), DASAR),
        Field("no_rtm", "Nomor rumah tangga", Text(30), DASAR, blank="kosong"),
        Field("kepala_id", "ID kepala rumah tangga", Id(), DASAR, blank="kosong"),
        Field("dtks", "Nomor DTKS/BDT", Text(50), KETAT),
        Field("kelas_sosial", "Kelas sosial", Integer(), KETAT),
    ),
)
"""Of `kelas_sosial` no table of codes is known."""
