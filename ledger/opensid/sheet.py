"""The rows of an XLSX, as texts.

A cell is what its writer put into it: every space and line end is kept, whatever `xml:space`
says (OpenSID never says it), and OpenSpout's escapes are undone: `_x0007_` is a control
character, `_x005F_x0041_` the literal text `_x0041_`.

Read with expat as a stream, so that memory grows with what is there, not with what a cell's
address claims; a document type, where entity bombs are made, is refused. (calamine 0.9 trims
texts, and is killed by one cell that says it stands at XFD1048576.) [pure]

Source: ECMA-376 part 1, sections 18.3.1.4 (c), 18.4 (strings), 22.4.2.4 (escapes).
"""

import re
import zipfile
from collections.abc import Iterator
from typing import NamedTuple
from xml.parsers import expat

from ledger.opensid.columns import Number
from ledger.opensid.errors import ExportDamagedError, ExportSheetError
from ledger.opensid.members import read_member

SHEET = "xl/worksheets/sheet1.xml"
STRINGS = "xl/sharedStrings.xml"
_DIGITS = "0123456789"
_ESCAPE = re.compile(r"_x([0-9A-F]{4})_")
_SURROGATES = range(0xD800, 0xE000)


class Row(NamedTuple):
    """A row of a table: its number as a spreadsheet shows it, and its cells by column.

    Columns are the sheet's letters, or indices. Blank cells are not there. A `misfit` has more or
    fewer cells than there are columns, so that none can be told.
    """

    number: int
    cells: dict[str, str]
    misfit: bool = False


def read_rows(workbook: zipfile.ZipFile, limit: int) -> Iterator[Row]:
    """The rows of the first sheet, as they are read; `limit` is in bytes of XML for each part.

    Raises:
        ExportSheetError: there is no such sheet.
        ExportDamagedError: it cannot be read to its end. Rows before that have been given.
        ExportTooLargeError: reading stopped at the limit.
    """
    members = workbook.namelist()
    if SHEET not in members:
        raise ExportSheetError("XLSX tidak memuat lembar pertama", 1)
    reader = _SheetReader(_shared_strings(workbook, limit) if STRINGS in members else [])
    for chunk in read_member(workbook, SHEET, limit):
        yield from reader.feed(chunk)
    yield from reader.feed(b"", final=True)


def _shared_strings(workbook: zipfile.ZipFile, limit: int) -> list[str]:
    """The strings that cells point to: not OpenSID's cells, but those of a file saved again."""
    reader = _StringsReader()
    for chunk in read_member(workbook, STRINGS, limit):
        reader.feed(chunk)
    reader.feed(b"", final=True)
    return reader.strings


class _Reader:
    """Feeds expat; subclasses handle what it finds. `texts` gathers the text of the open cell."""

    def __init__(self) -> None:
        self._parser = expat.ParserCreate()
        self._parser.buffer_text = True
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end
        self._parser.CharacterDataHandler = self._text
        self._parser.StartDoctypeDeclHandler = self._refuse_doctype
        self._texts: list[str] = []
        self._open = False
        self._phonetic = False

    def parse(self, chunk: bytes, *, final: bool) -> None:
        try:
            self._parser.Parse(chunk, final)
        except expat.ExpatError as error:
            place = f"baris {error.lineno}, huruf {error.offset}"
            raise ExportDamagedError(f"XML tidak dapat dibaca ({place})") from None
        except (ValueError, LookupError):
            raise ExportDamagedError("XML memakai sandi huruf yang tidak dikenal") from None

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        if name in {"t", "v"}:
            self._open = not self._phonetic
        elif name == "rPh":
            self._phonetic = True

    def _end(self, name: str) -> None:
        if name in {"t", "v"}:
            self._open = False
        elif name == "rPh":
            self._phonetic = False

    def _text(self, data: str) -> None:
        if self._open:
            self._texts.append(data)

    def _taken(self) -> str:
        """The text gathered so far, unescaped; gathering begins anew."""
        text = "".join(self._texts)
        self._texts.clear()
        return _ESCAPE.sub(_unescape, text) if "_x" in text else text

    @staticmethod
    def _refuse_doctype(*_: object) -> None:
        raise ExportDamagedError("XML memuat DOCTYPE")


def _unescape(found: re.Match[str]) -> str:
    code = int(found[1], 16)
    # Half a surrogate pair is no character, and cannot be written down: it stays as it stands.
    return found[0] if code in _SURROGATES else chr(code)


class _StringsReader(_Reader):
    """Reads `sharedStrings.xml`."""

    def __init__(self) -> None:
        super().__init__()
        self.strings: list[str] = []

    def feed(self, chunk: bytes, *, final: bool = False) -> None:
        self.parse(chunk, final=final)

    def _end(self, name: str) -> None:
        super()._end(name)
        if name == "si":
            self.strings.append(self._taken())


class _SheetReader(_Reader):
    """Reads a worksheet, row by row."""

    def __init__(self, shared: list[str]) -> None:
        super().__init__()
        self._shared = shared
        self._number = 0
        self._column = ""
        self._kind = ""
        self._cells: dict[str, str] = {}
        self._rows: list[Row] = []
        self._columns: dict[str, str] = {}

    def feed(self, chunk: bytes, *, final: bool = False) -> list[Row]:
        """The rows that the chunk completes."""
        self.parse(chunk, final=final)
        rows, self._rows = self._rows, []
        return rows

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        if name == "c":
            # OpenSID leaves blank cells out, so only its address tells a cell's column.
            self._column = attributes.get("r", "").rstrip(_DIGITS)
            self._kind = attributes.get("t", "n")
            if not self._column:
                raise ExportDamagedError("sebuah sel tidak beralamat")
        elif name == "row":
            number = attributes.get("r", "")
            plain = number.isascii() and number.isdigit() and len(number) <= len("1048576")
            self._number = int(number) if plain else self._number + 1
        else:
            super()._start(name, attributes)

    def _end(self, name: str) -> None:
        if name == "c":
            text = self._taken()
            if self._kind == "s":
                text = self._looked_up(text)
            elif self._kind == "n":
                text = Number(text)
            if text:
                # One string for each column's letters, however many rows name it.
                column = self._columns.setdefault(self._column, self._column)
                self._cells[column] = text
        elif name == "row":
            self._rows.append(Row(self._number, self._cells))
            self._cells = {}
        else:
            super()._end(name)

    def _looked_up(self, index: str) -> str:
        try:
            return self._shared[int(index)]
        except (ValueError, IndexError):
            raise ExportDamagedError("sebuah sel menunjuk teks yang tidak ada") from None
