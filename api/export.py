"""What is on a page, as a file: CSV, JSON and XLSX.

The address of a page with `format=` gives the table that the page shows, with the same filters
and as of the same moment. A cell is a text or a number, never a formula, whatever a desa stated.
"""

import csv
import io
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final

from flask import Response, abort, request
from xlsxwriter import Workbook

FORMATS: Final[Mapping[str, str]] = {
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "csv": "text/csv",
    "json": "application/json",
}
FORMULA: Final = ("=", "+", "-", "@", "\t", "\r", "\n")
"""What spreadsheets take for the beginning of something to compute."""
_TEXTS: Final = {
    "in_memory": True,
    "strings_to_formulas": False,
    "strings_to_urls": False,
    "strings_to_numbers": False,
}
"""Texts stay texts: not even what looks like an address or a number becomes anything else."""
MOST_EXPORTED: Final = 100_000
"""The rows that a list gives to a file at most."""
_LONGEST_CELL: Final = 32_767
_WIDEST: Final = 48
Cell = str | int | float | Decimal | date | bool | None


@dataclass(frozen=True)
class Sheet:
    """A table to be taken along.

    Attributes:
        name: of the file, without ending; no person's name or number.
        title: what stands above the table.
        notes: where it comes from and as of when, line by line.
        columns: the heads; `rows` have as many cells.
    """

    name: str
    title: str
    columns: Sequence[str]
    rows: Sequence[Sequence[Cell]]
    notes: Sequence[str] = field(default=())


def wanted() -> str | None:
    """The format that the address asks for; None for the page itself."""
    name = request.args.get("format")
    if name is not None and name not in FORMATS:
        abort(404)
    return name


def download(sheet: Sheet, format_: str) -> Response:
    """The table as a file of this format."""
    writers = {"xlsx": _xlsx, "csv": _csv, "json": _json}
    return _attached(writers[format_](sheet), sheet.name, format_)


def template(
    name: str, columns: Sequence[str], rows: Sequence[Sequence[str]], kind: str
) -> Response:
    """A file to be filled in and sent back, as XLSX or CSV: its first row are the columns."""
    if kind == "csv":
        return _attached(
            ("\ufeff" + "".join(map(csv_line, [columns, *rows]))).encode(), name, kind
        )
    buffer = io.BytesIO()
    with Workbook(buffer, _TEXTS) as book:
        page = book.add_worksheet("Data")
        head = book.add_format({"bold": True, "bg_color": "#E9EDF1", "border": 1})
        for column, title in enumerate(columns):
            page.write_string(0, column, title, head)
            page.set_column(column, column, max(len(title) + 2, 14))
        for at, row in enumerate(rows, start=1):
            for column, value in enumerate(row):
                if value:
                    page.write_string(at, column, value)
        page.freeze_panes(1, 0)
    return _attached(buffer.getvalue(), name, kind)


def _attached(content: bytes, name: str, format_: str) -> Response:
    response = Response(content, mimetype=FORMATS[format_])
    response.headers["Content-Disposition"] = f'attachment; filename="{name}.{format_}"'
    return response


def defused(value: object) -> str:
    """A CSV cell; a text that a spreadsheet would compute is marked as text."""
    if value is None:
        return ""
    text = value.isoformat() if isinstance(value, date) else str(value)
    return f"'{text}" if isinstance(value, str) and text.startswith(FORMULA) else text


def csv_line(cells: Iterable[object]) -> str:
    """A line of CSV, its cells defused."""
    buffer = io.StringIO()
    csv.writer(buffer).writerow([defused(it) for it in cells])
    return buffer.getvalue()


def _csv(sheet: Sheet) -> bytes:
    # A byte order mark, so that spreadsheets know it is UTF-8.
    rows = [[_word(it) if isinstance(it, bool) else it for it in row] for row in sheet.rows]
    return ("\ufeff" + "".join(map(csv_line, [sheet.columns, *rows]))).encode()


def _word(value: bool) -> str:  # noqa: FBT001  # a cell
    return "ya" if value else "tidak"


def _json(sheet: Sheet) -> bytes:
    content = {
        "judul": sheet.title,
        "keterangan": list(sheet.notes),
        "kolom": list(sheet.columns),
        "baris": [[_plain(it) for it in row] for row in sheet.rows],
    }
    return json.dumps(content, ensure_ascii=False, indent=1).encode()


def _plain(value: Cell) -> Any:  # noqa: ANN401  # a JSON value
    if isinstance(value, date | datetime):
        return value.isoformat()
    return str(value) if isinstance(value, Decimal) else value


def _xlsx(sheet: Sheet) -> bytes:
    buffer = io.BytesIO()
    with Workbook(buffer, _TEXTS) as book:
        page = book.add_worksheet("Data")
        bold = book.add_format({"bold": True})
        head = book.add_format({"bold": True, "bg_color": "#E9EDF1", "border": 1})
        day = book.add_format({"num_format": "yyyy-mm-dd"})
        page.write_string(0, 0, sheet.title, bold)
        for at, note in enumerate(sheet.notes, start=1):
            page.write_string(at, 0, note)
        first = len(sheet.notes) + 2
        for column, title in enumerate(sheet.columns):
            page.write_string(first, column, title, head)
        for at, row in enumerate(sheet.rows, start=first + 1):
            for column, value in enumerate(row):
                if value is None:
                    continue
                if isinstance(value, bool):
                    page.write_string(at, column, _word(value))
                elif isinstance(value, int | float | Decimal):
                    page.write_number(at, column, value)
                elif isinstance(value, date):
                    page.write_datetime(at, column, value, day)
                else:
                    page.write_string(at, column, value[:_LONGEST_CELL])
        for column, title in enumerate(sheet.columns):
            longest = max((len(str(row[column] or "")) for row in sheet.rows[:500]), default=0)
            page.set_column(column, column, min(max(len(title), longest) + 2, _WIDEST))
        page.freeze_panes(first + 1, 0)
        if sheet.rows:
            page.autofilter(first, 0, first + len(sheet.rows), len(sheet.columns) - 1)
    return buffer.getvalue()
