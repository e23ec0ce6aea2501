"""Why a file cannot be read as an export.

    ExportError
    ├── ExportUnreadableError     the file cannot be opened                    export-unreadable
    ├── NotAnExportError          neither ZIP nor XLSX                         export-not-zip
    ├── ExportTooLargeError       more than the limits allow                   export-too-large
    ├── ExportSheetError          not exactly one XLSX, or no sheet in it      export-sheet
    ├── ExportDamagedError        ZIP or XML that cannot be read to its end    export-damaged
    ├── FormError                 a table without a header                     export-form
    ├── HeaderError               columns are missing                          export-header
    ├── ExportForeignError        every row is another desa's                  export-foreign
    └── DocumentError             a form or JSON that says nothing usable      document

A single bad row is no error: it is left out and named (`export.LeftOut`).
"""

from ledger.errors import LedgerError


class ExportError(LedgerError):
    """A file that cannot be read as an export of OpenSID."""

    code = "export"


class ExportUnreadableError(ExportError):
    """The file is not there, or may not be read."""

    code = "export-unreadable"

    def __init__(self, path: str, why: str) -> None:
        super().__init__(f"Berkas {path} tidak dapat dibuka: {why}.")
        self.path = path
        self.why = why


class NotAnExportError(ExportError):
    """Neither the ZIP that OpenSID makes nor an XLSX."""

    code = "export-not-zip"

    def __init__(self) -> None:
        super().__init__(
            "Berkas ini bukan ZIP atau XLSX. Pilih …_opendk.zip yang dibuat OpenSID.",
        )


class ExportTooLargeError(ExportError):
    """More than the limits allow: an error, or a file made to exhaust the reader."""

    code = "export-too-large"

    def __init__(self, what: str, limit: int) -> None:
        super().__init__(f"Berkas ekspor terlalu besar: {what} melebihi batas {limit}.")
        self.what = what
        self.limit = limit


class ExportSheetError(ExportError):
    """The one sheet that is wanted cannot be told; `found` are the XLSX in the ZIP."""

    code = "export-sheet"

    def __init__(self, why: str, found: int) -> None:
        super().__init__(f"Lembar data tidak ditemukan: {why}.")
        self.found = found


class ExportDamagedError(ExportError):
    """A ZIP or XML that cannot be read to its end, or that holds what no export holds."""

    code = "export-damaged"

    def __init__(self, why: str) -> None:
        super().__init__(f"Berkas ekspor rusak: {why}. Unduh lagi dari OpenSID.")
        self.why = why


class FormError(ExportError):
    """A table without a header, so that it cannot be told which of OpenSID's it is."""

    code = "export-form"

    def __init__(self) -> None:
        super().__init__("Tabel ini kosong: tidak ada judul kolom. Buat lagi di OpenSID.")


class HeaderError(ExportError):
    """The first row does not name the columns; `missing` are those not there or there twice."""

    code = "export-header"

    def __init__(self, missing: tuple[str, ...]) -> None:
        super().__init__(
            f"Kolom tidak ada atau ganda dalam lembar data: {', '.join(missing)}. "
            "Versi OpenSID ini belum dikenal.",
        )
        self.missing = missing


class ExportForeignError(ExportError):
    """Every row belongs to another desa: `found`, if that is a code."""

    code = "export-foreign"

    def __init__(self, expected: str, found: str | None) -> None:
        super().__init__(f"Berkas ekspor ini milik desa {found or 'lain'}, bukan desa {expected}.")
        self.expected = expected
        self.found = found


class DocumentError(ExportError):
    """A form or JSON that does not say what it should."""

    code = "document"

    def __init__(self, why: str) -> None:
        super().__init__(f"Tidak diterima: {why}.")
        self.why = why
