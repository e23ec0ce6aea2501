"""What marshmallow finds wrong with a request, in words of ours: its own are English.

Fields and validators take their sentences when they are made, so `schemas` installs these before
the first of them.
"""

from collections.abc import Mapping
from typing import Any, Final

from marshmallow import Schema, fields, validate

FIELDS: Final[Mapping[type[fields.Field[Any]], Mapping[str, str]]] = {
    fields.Field: {
        "required": "Harus disebut.",
        "null": "Tidak boleh kosong.",
        "validator_failed": "Nilainya tidak sesuai.",
    },
    fields.Nested: {"type": "Bukan objek."},
    fields.List: {"invalid": "Bukan daftar."},
    fields.String: {"invalid": "Bukan teks.", "invalid_utf8": "Bukan teks UTF-8."},
    fields.Number: {"invalid": "Bukan bilangan.", "too_large": "Bilangannya terlalu besar."},
    fields.Integer: {"invalid": "Bukan bilangan bulat."},
    fields.Boolean: {"invalid": "Bukan true atau false."},
    fields.Date: {"invalid": "Bukan tanggal, seperti 2026-11-24."},
    fields.DateTime: {"invalid": "Bukan waktu, seperti 2026-11-24T08:15:00Z."},
    fields.Mapping: {"invalid": "Bukan objek."},
}
"""The sentences of the kinds of field that requests have, by what is wrong."""
SCHEMA: Final[Mapping[str, str]] = {
    "type": "Bukan objek.",
    "unknown": "Tidak dikenal.",
}
"""Those of a request as a whole."""


def install() -> None:
    """Let all fields and validators that are made from now on speak so."""
    for kind, sentences in FIELDS.items():
        kind.default_error_messages = {**kind.default_error_messages, **sentences}
    Schema.error_messages = {**Schema.error_messages, **SCHEMA}
    # All ranges of ours include their ends.
    validate.Range.message_min = "Paling kecil {{min}}."
    validate.Range.message_max = "Paling besar {{max}}."
    validate.Range.message_all = "Harus dari {{min}} sampai {{max}}."
    validate.Length.message_min = "Panjangnya paling sedikit {min}."
    validate.Length.message_max = "Panjangnya paling banyak {max}."
    validate.Length.message_all = "Panjangnya harus dari {min} sampai {max}."
    validate.Length.message_equal = "Panjangnya harus {equal}."
    validate.OneOf.default_message = "Harus salah satu dari: {choices}."
    validate.Regexp.default_message = "Bentuknya tidak sesuai."
