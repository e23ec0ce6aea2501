"""Upload: what the gateway received from an OpenSID that cannot sign.

The first line of each batch that the office attests for a desa: which upload the changes behind it
come from. No village sends it.

Source: the design, section 5. [pure]
"""

from typing import Final

from ledger.catalogue.entity import Entity
from ledger.catalogue.fields import Field, Integer, Sensitivity, Text

DASAR: Final = Sensitivity.DASAR

FIELDS: Final = (
    Field("id", "ID unggahan", Text(64), DASAR),
    Field("endpoint", "Alamat", Text(64), DASAR, blank="kosong"),
    Field(
        "sha256",
        "SHA-256 unggahan",
        Text(pattern=r"\A[0-9a-f]{64}\Z", amiss="berkas-tidak-sah"),
        DASAR,
        blank="kosong",
    ),
    Field("bytes", "Ukuran", Integer(), DASAR),
    Field("token", "Token", Text(64), DASAR, blank="kosong"),
    Field("persetujuan", "Persetujuan kantor", Integer(), DASAR),
)

UPLOAD: Final = Entity("upload", "Unggahan", FIELDS)
