"""Numbers: whole ones, ids, codes, decimals and money; and yes or no."""

import re
from dataclasses import dataclass
from decimal import Context, Decimal, InvalidOperation
from typing import Annotated, Any, Final, Literal

from msgspec import Meta

from ledger.catalogue.codes import TABLES, CodeTable
from ledger.catalogue.fields.kind import Note

LARGEST: Final = 2**31 - 1
"""Of PostgreSQL's type integer."""


@dataclass(frozen=True)
class Integer:
    """A whole number."""

    least: int = 0
    column = "integer"

    @property
    def wire(self) -> Any:
        """An integer that its column can hold."""
        return Annotated[int, Meta(ge=self.least, le=LARGEST)]

    def read(self, value: object, note: Note) -> object:
        """A text of digits is read as the number, and remarked."""
        number = _whole(value)
        if number is None or not self.least <= number <= LARGEST:
            note("angka-tidak-sah", value)
            return None
        if not isinstance(value, int):
            note("angka-tidak-baku", value)
        return number


@dataclass(frozen=True)
class Id(Integer):
    """The primary key of a record in that desa's OpenSID, where 0 means none."""

    least: int = 1

    def read(self, value: object, note: Note) -> object:
        """The key, or None."""
        return None if _whole(value) == 0 else super().read(value, note)


@dataclass(frozen=True)
class Code:
    """A code of a code table. An unknown one is kept, and remarked; 0 means kosong."""

    table: str
    column = "integer"

    @property
    def codes(self) -> CodeTable:
        """The table."""
        return TABLES[self.table]

    @property
    def wire(self) -> Any:
        """One of the table's codes."""
        return Literal[tuple(self.codes)]

    def read(self, value: object, note: Note) -> object:
        """A text of digits is read as the code, and remarked."""
        number = _whole(value)
        if number is None or not 0 <= number <= LARGEST:
            note("kode-tidak-sah", value)
            return None
        if number == 0 and number not in self.codes:
            return None
        if not isinstance(value, int):
            note("angka-tidak-baku", value)
        if number not in self.codes:
            note("kode-tidak-dikenal", number)
        return number


def _whole(value: object) -> int | None:
    if isinstance(value, bool):
        return None
    if isinstance(value, str) and _FEW_DIGITS.fullmatch(value.strip()):
        return int(value)
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value if isinstance(value, int) else None


_FEW_DIGITS = re.compile(r"[0-9]{1,10}")


@dataclass(frozen=True)
class Desimal:
    """A decimal number, exact; a text of one is taken as it is. Fewer than 10^18."""

    places: int | None = None
    least: int | None = None
    column = "numeric"

    @property
    def wire(self) -> Any:
        """None: such fields are few, and JSON's numbers are no decimals."""
        return type(None)

    def read(self, value: object, note: Note) -> object:
        """The number, or None."""
        number = read_decimal(value)
        kept = None if number is None else self._kept(number)
        if kept is None:
            note("angka-tidak-sah", value)
        return kept

    def _kept(self, number: Decimal) -> Decimal | None:
        """The number as a database can keep it; None if it is none that is meant here."""
        if not number.is_finite() or (self.least is not None and number < self.least):
            return None
        if not number:
            return Decimal(0)  # however many places it is written with, and of either sign
        places = _MOST_PLACES if self.places is None else self.places
        if not -places <= number.adjusted() <= _MOST_INTEGRAL_DIGITS:
            return None
        if _places(number) > places:
            # Perhaps zeros at its end, which may be thousands.
            number = number.normalize(Context(prec=len(number.as_tuple().digits)))
        return number if _places(number) <= places else None


@dataclass(frozen=True)
class Rupiah(Desimal):
    """An amount of money, to the sen."""

    places: int | None = 2


def _places(number: Decimal) -> int:
    """After the point; fewer than none for one that ends with zeros before it."""
    exponent = number.as_tuple().exponent
    return -exponent if isinstance(exponent, int) else 0  # those that are not finite have none


_MOST_INTEGRAL_DIGITS = 17
_MOST_PLACES = 18


def read_decimal(value: object) -> Decimal | None:
    """A number or a text of one, perhaps not finite; None for anything else."""
    if isinstance(value, bool) or not isinstance(value, str | int | float | Decimal):
        return None
    try:
        return Decimal(str(value).strip())
    except (InvalidOperation, ValueError):  # ValueError: more digits than Python converts
        return None


@dataclass(frozen=True)
class YesNo:
    """True or false."""

    column = "boolean"

    @property
    def wire(self) -> Any:
        """JSON's own."""
        return bool

    def read(self, value: object, note: Note) -> object:
        """1 and 0 are taken too, as databases write them."""
        word = str(value).strip().lower() if isinstance(value, str | int) else ""
        if word not in _YES_NO:
            note("ya-tidak-tidak-sah", value)
        return _YES_NO.get(word)


_YES_NO: Final = {"true": True, "1": True, "false": False, "0": False}
