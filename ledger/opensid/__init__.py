"""What today's OpenSID exports, read as records of the catalogue.

    >>> from ledger.opensid import read_export
    >>> export = read_export(Path("penduduk_23_11_2026_opendk.zip"), "52.03.04.2001")
    >>> export.records["28"]["nama"]

Bytes in, records out: whoever sends or receives an export reads it here. What is done with the
records, and what a catalogue finds wrong with them, is not decided here. [pure]

Source: the files that OpenSID v2410 makes for OpenDK, as recorded.
"""

from ledger.opensid.columns import Column, Kind, Number
from ledger.opensid.errors import (
    DocumentError,
    ExportDamagedError,
    ExportError,
    ExportForeignError,
    ExportSheetError,
    ExportTooLargeError,
    ExportUnreadableError,
    FormError,
    HeaderError,
    NotAnExportError,
)
from ledger.opensid.export import LEFT_OUT, Export, LeftOut, read_export
from ledger.opensid.forms import FORMS, Form
from ledger.opensid.limits import ExportLimits
from ledger.opensid.moments import saved_at
from ledger.opensid.submission import Submission

__all__ = [
    "FORMS",
    "LEFT_OUT",
    "Column",
    "DocumentError",
    "Export",
    "ExportDamagedError",
    "ExportError",
    "ExportForeignError",
    "ExportLimits",
    "ExportSheetError",
    "ExportTooLargeError",
    "ExportUnreadableError",
    "Form",
    "FormError",
    "HeaderError",
    "Kind",
    "LeftOut",
    "NotAnExportError",
    "Number",
    "Submission",
    "read_export",
    "saved_at",
]
