"""The rows of a CSV, as OpenSID writes it: UTF-8 with a byte order mark, `,`, quotes doubled.

Rows are read by position: a value that the header does not announce (`Form.unannounced`) is taken
out, so that those behind it stand under their own names again. [pure]
"""

import codecs
import csv
from collections.abc import Callable, Iterable, Iterator, Sequence

from ledger.opensid.errors import ExportDamagedError
from ledger.opensid.sheet import Row

_LONGEST = 1024 * 1024
"""Characters of a line; OpenSID's longest are a few thousand."""


def read_csv(
    chunks: Iterable[bytes],
    extra: Callable[[Sequence[str]], int | None] = lambda _: None,
    delimiter: str = ",",
) -> Iterator[Row]:
    """The rows of a file that comes in chunks, as they are read; cells stand under their index.

    `extra` tells from the header at which index rows may have a value more than it. A row of any
    other length is a `misfit`.

    Raises:
        ExportDamagedError: no UTF-8, or quotes that never end. Rows before that have been given.
    """
    # Strict: what OpenSID writes is well-formed, so a quote out of place is a file cut off.
    reader = csv.reader(_lines(chunks), strict=True, delimiter=delimiter)
    try:
        header = next(reader, [])
        surplus = extra(header)
        yield Row(1, _cells(header))
        for number, values in enumerate(reader, start=2):
            if surplus is not None and len(values) == len(header) + 1:
                del values[surplus]
            cells = _cells(values)
            yield Row(number, cells, misfit=bool(cells) and len(values) != len(header))
    except csv.Error:
        raise ExportDamagedError(f"CSV tidak dapat dibaca (baris {reader.line_num})") from None


def _cells(values: Sequence[str]) -> dict[str, str]:
    return {str(index): text for index, text in enumerate(values) if text}


def _lines(chunks: Iterable[bytes]) -> Iterator[str]:
    decoder = codecs.getincrementaldecoder("utf-8-sig")()
    rest = ""
    try:
        for chunk in chunks:
            *lines, rest = (rest + decoder.decode(chunk)).split("\n")
            yield from (f"{line}\n" for line in lines)
            if len(rest) > _LONGEST:
                raise ExportDamagedError("CSV memuat baris yang terlalu panjang")
        rest += decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        raise ExportDamagedError("CSV bukan UTF-8") from None
    if rest:
        yield rest
