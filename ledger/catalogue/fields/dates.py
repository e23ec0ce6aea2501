"""When something was: dates, moments and times of day."""

import re
from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated, Any

from msgspec import Meta

from ledger.catalogue.fields.kind import Note

_ZERO_DATES = ("0000-00-00", "-0001-11-30")
"""How MySQL, and PHP reading MySQL, write a missing date."""


@dataclass(frozen=True)
class Tanggal:
    """A date, `YYYY-MM-DD`; MySQL's zero dates mean kosong, a time of day is dropped."""

    column = "date"

    @property
    def wire(self) -> Any:
        """A date of the calendar."""
        return date

    def read(self, value: object, note: Note) -> object:
        """The date, or None."""
        text = value.strip() if isinstance(value, str) else ""
        if text.startswith(_ZERO_DATES):
            return None
        try:
            return date.fromisoformat(text[:10] if _MOMENT.fullmatch(text) else "")
        except ValueError:
            note("tanggal-tidak-sah", value)
            return None


@dataclass(frozen=True)
class Waktu:
    """A moment on the desa's clock, `YYYY-MM-DD HH:MM:SS`, without its offset.

    An offset may be stated; the entity then takes the moment to the desa's zone.
    """

    column = "timestamp without time zone"

    @property
    def wire(self) -> Any:
        """A date and time."""
        return datetime

    def read(self, value: object, note: Note) -> object:
        """The moment, or None."""
        text = value.strip() if isinstance(value, str) else ""
        if text.startswith(_ZERO_DATES):
            return None
        try:
            return datetime.fromisoformat(text.upper() if _MOMENT.fullmatch(text) else "")
        except ValueError:
            note("waktu-tidak-sah", value)
            return None


_DAY = "[0-9]{4}-[0-9]{2}-[0-9]{2}"
_TIME = r"[0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]{1,9})?)?"
_OFFSET = "(?:[Zz]|[+-][0-9]{2}:[0-9]{2})"
_MOMENT = re.compile(f"{_DAY}(?:[Tt ]{_TIME}{_OFFSET}?)?")


@dataclass(frozen=True)
class Jam:
    """A time of day, "HH:MM"; seconds are dropped."""

    column = "text"

    @property
    def wire(self) -> Any:
        """Hours and minutes, two digits each."""
        return Annotated[str, Meta(pattern=r"\A(?:[01][0-9]|2[0-3]):[0-5][0-9]\Z")]

    def read(self, value: object, note: Note) -> object:
        """A dot for the colon is taken too, as it is written in prose."""
        found = _JAM.fullmatch(value.strip()) if isinstance(value, str) else None
        if found is None:
            note("jam-tidak-sah", value)
            return None
        return f"{found[1]:0>2}:{found[2]}"


_JAM = re.compile(r"([01]?[0-9]|2[0-3])[:.]([0-5][0-9])(?:[:.][0-5][0-9])?", re.ASCII)
