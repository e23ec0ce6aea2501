"""A file of figures, as OpenDK takes them: XLSX or CSV, read whole or refused whole.

The first row names the columns, in any order and case; those that the kind does not know are left
unread, and named. What a row is of (desa, year, month …) stands in the file or was chosen in the
form; where both say it they must agree, so that no file lands in a period that it is not of.
Nothing of the file's own name or of unknown columns is kept. [pure]
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final

from ledger.errors import FigureFault, FigureFileError
from ledger.figure_kinds import FigureCell, FigureKind, FigureRow, read_figures_row, tidy_kode
from ledger.opensid.archive import open_archive
from ledger.opensid.csv_table import read_csv
from ledger.opensid.errors import ExportError, ExportTooLargeError
from ledger.opensid.limits import ExportLimits
from ledger.opensid.sheet import Row

MOST_FILE: Final = 1024 * 1024
"""Bytes of a file."""
MOST_ROWS: Final = 1_000
MOST_FAULTS: Final = 100
"""More are not told; the file is refused in any case."""
_LIMITS: Final = ExportLimits(
    members=200, workbook=MOST_FILE, part=16 * MOST_FILE, directory=64 * 1024
)
_ZIP: Final = b"PK"
_UNREAD: Final = frozenset({"", "no", "nama_desa", "desa"})
"""Columns that are there for people, and not worth a word."""


@dataclass(frozen=True)
class FigureFile:
    """What a file states: numbered rows, the columns not read, and how many rows are blank."""

    rows: tuple[tuple[int, FigureRow], ...]
    unread: tuple[str, ...]
    blank: int


def read_figures_file(
    kind: FigureKind,
    data: bytes,
    chosen: Mapping[str, str],
    desa: Collection[str],
    today: date,
) -> FigureFile:
    """Read a file of a kind; `chosen` is what the form says of each row, by header.

    Raises:
        FigureFileError: it cannot be read, or something in it is wrong: then nothing is taken.
    """
    if len(data) > MOST_FILE:
        raise FigureFileError(f"berkas melebihi {MOST_FILE // 1024 // 1024} MiB")
    rows = _rows(data)
    first = next((it for it in rows if it.cells), None)
    if first is None:
        raise FigureFileError("tabelnya kosong")
    header = {at: "_".join(text.lower().split()) for at, text in first.cells.items()}
    _check_header(kind, list(header.values()))
    wanted = {*kind.keys, *(it.name for it in kind.columns)}
    seen: dict[FigureCell, int] = {}
    found: list[tuple[int, FigureRow]] = []
    faults: list[FigureFault] = []
    blank = 0
    for row in rows:
        texts = {header[at]: text for at, text in row.cells.items() if at in header}
        texts = {it: text for it, text in texts.items() if it in wanted and text.strip()}
        if texts.keys().isdisjoint(it.name for it in kind.columns) and not row.misfit:
            blank += bool(row.cells)
            continue
        read = _read(kind, row, texts, chosen, desa, today)
        if isinstance(read, list):
            faults += read
        elif read.cell in seen:
            why = f"sudah dinyatakan di baris {seen[read.cell]}"
            faults.append(FigureFault(row.number, "desa_id", why))
        else:
            seen[read.cell] = row.number
            found.append((row.number, read))
        if len(found) > MOST_ROWS:
            raise FigureFileError(f"berkas memuat lebih dari {MOST_ROWS} baris")
        if len(faults) >= MOST_FAULTS:
            break
    if faults:
        raise FigureFileError("isinya tidak benar", tuple(faults))
    if not found:
        raise FigureFileError("tidak ada baris yang berisi angka")
    unread = tuple(it for it in header.values() if it not in wanted | _UNREAD)
    return FigureFile(tuple(found), unread, blank)


def _rows(data: bytes) -> Iterator[Row]:
    """The rows of a workbook or a CSV; a spreadsheet in Indonesian writes `;` between values."""
    try:
        if data.startswith(_ZIP):
            with open_archive(data, _LIMITS) as archive:
                yield from archive.rows(lambda _: None)
        else:
            head = data.partition(b"\n")[0]
            delimiter = ";" if head.count(b";") > head.count(b",") else ","
            yield from read_csv([data], delimiter=delimiter)
    except ExportTooLargeError:
        raise FigureFileError("isinya terlalu besar setelah dibuka") from None
    except ExportError:
        raise FigureFileError("bukan XLSX atau CSV (UTF-8) yang dapat dibaca") from None


def _check_header(kind: FigureKind, names: list[str]) -> None:
    columns = [it.name for it in kind.columns]
    missing = [it for it in columns if it not in names]
    twice = sorted({it for it in names if it in {*columns, *kind.keys} and names.count(it) > 1})
    if missing:
        raise FigureFileError(f"kolom {', '.join(missing)} tidak ada di baris judul")
    if twice:
        raise FigureFileError(f"kolom {', '.join(twice)} ada dua kali")


def _read(
    kind: FigureKind,
    row: Row,
    texts: Mapping[str, str],
    chosen: Mapping[str, str],
    desa: Collection[str],
    today: date,
) -> FigureRow | list[FigureFault]:
    if row.misfit:
        return [FigureFault(row.number, "", "jumlah selnya tidak sama dengan judul kolom")]
    apart = _apart(kind, texts, chosen, row.number)
    return apart or read_figures_row(kind, {**chosen, **texts}, desa, today, row.number)


def _apart(
    kind: FigureKind, texts: Mapping[str, str], chosen: Mapping[str, str], number: int
) -> list[FigureFault]:
    """Where a row says of itself what the form does not."""

    def same(name: str) -> bool:
        here, there = texts.get(name, "").strip(), chosen.get(name, "").strip()
        if name == "desa_id":
            here, there = tidy_kode(here), tidy_kode(there)
        return not here or not there or here.lstrip("0") == there.lstrip("0")

    return [
        FigureFault(
            number, name, "tidak sama dengan yang dipilih di formulir", texts[name].strip()[:40]
        )
        for name in kind.keys
        if not same(name)
    ]
