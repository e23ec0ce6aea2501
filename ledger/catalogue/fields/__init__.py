"""The kinds of field: how a JSON value is read, and what is amiss when it cannot be.

Each kind says three things: `wire`, the type of JSON values that are in normal form already, which
msgspec reads without our help; `column`, the PostgreSQL type of its column; and `read`, which
turns any other JSON value into the normal form, or None, and notes findings (codes of `findings`).
`read` agrees with `wire`: what is in normal form, it returns unchanged and without a finding.

What a value means beside others of its record is for the entity's rules. [pure]
"""

from ledger.catalogue.fields.accounts import KodeKegiatan, KodeRekening
from ledger.catalogue.fields.dates import Jam, Tanggal, Waktu
from ledger.catalogue.fields.field import Field
from ledger.catalogue.fields.identities import Key, KodeWilayah, Nik, NoKk
from ledger.catalogue.fields.kind import Kind, Note, Sensitivity
from ledger.catalogue.fields.numbers import (
    LARGEST,
    Code,
    Desimal,
    Id,
    Integer,
    Rupiah,
    YesNo,
)
from ledger.catalogue.fields.places import Koordinat, Poligon
from ledger.catalogue.fields.texts import Choice, FileReference, Nama, Text, Url

__all__ = [
    "LARGEST",
    "Choice",
    "Code",
    "Desimal",
    "Field",
    "FileReference",
    "Id",
    "Integer",
    "Jam",
    "Key",
    "Kind",
    "KodeKegiatan",
    "KodeRekening",
    "KodeWilayah",
    "Koordinat",
    "Nama",
    "Nik",
    "NoKk",
    "Note",
    "Poligon",
    "Rupiah",
    "Sensitivity",
    "Tanggal",
    "Text",
    "Url",
    "Waktu",
    "YesNo",
]
