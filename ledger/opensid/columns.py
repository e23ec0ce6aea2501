"""Columns of OpenSID's sheets, and how a cell is read.

Every cell is text, as OpenSID writes it. A sheet that went through a spreadsheet program holds
numbers as well; they come as `Number`, the digits as the file has them. [pure]
"""

import re
from datetime import date, timedelta
from enum import Enum
from typing import NamedTuple, Self

_CODE = re.compile(r"0|[1-9][0-9]{0,14}")
"""Below 2^53, so that every reader of JSON takes it for the same number."""
_WHOLE_FLOAT = re.compile(r"([0-9]+)\.0+")
_SERIAL = re.compile(r"[0-9]{1,6}")
_EPOCH = date(1899, 12, 30)
"""Day 0 of spreadsheets, for days after February 1900."""


class Number(str):
    """A cell that holds a number, not a text: its digits, a whole one without `.0`."""

    __slots__ = ()

    def __new__(cls, digits: str) -> Self:
        """The number as the file writes it; 12.0 is 12."""
        return super().__new__(cls, _WHOLE_FLOAT.sub(r"\1", digits))


class Kind(Enum):
    """What a column holds, as OpenSID means it."""

    TEXT = "text"
    NUMBER = "number"
    """NIK and KK: digits that are no quantity, so they stay text."""
    CODE = "code"
    """The id of a row of a code table, or another whole number."""
    DATE = "date"
    """YYYY-MM-DD; MySQL's zero date is written -0001-11-30."""
    MOMENT = "moment"
    """YYYY-MM-DD HH:MM:SS, in a time zone that is not told."""

    def read(self, text: str) -> str | int | None:
        """The value of a cell: blank is null, a code is an integer, all else stands as it is.

        What is no code stays the text that the desa stated: to say that it is wrong is the
        catalogue's part, and to mend it nobody's.
        """
        if not text:
            return None
        if self is Kind.CODE and _CODE.fullmatch(text):
            return int(text)
        if self is Kind.DATE and isinstance(text, Number) and _SERIAL.fullmatch(text):
            return (_EPOCH + timedelta(days=int(text))).isoformat()
        return str(text)


class Column(NamedTuple):
    """A column of a sheet. `field` is None for what is checked, not stored.

    A sheet may lack a column that is not `required`: then nothing is stated of that field.
    """

    name: str
    field: str | None
    kind: Kind
    required: bool = True
