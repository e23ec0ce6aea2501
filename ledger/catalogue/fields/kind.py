"""What every kind of field says, and whom a field may be shown to."""

from collections.abc import Callable
from enum import StrEnum
from typing import Any, Protocol

Note = Callable[[str, object], None]
"""Takes the code of a finding, and the value that its message may show."""


class Sensitivity(StrEnum):
    """Who may see a field: the classes of the privacy rules, from open to secret."""

    UMUM = "A"
    DASAR = "B"
    PENGENAL = "C"
    KETAT = "D"
    RAHASIA = "E"


class Kind(Protocol):
    """A kind of field. `read` is given neither None nor a blank text: those are kosong."""

    @property
    def wire(self) -> Any:
        """The type of JSON values in normal form."""

    @property
    def column(self) -> str:
        """The PostgreSQL type of the column."""

    def read(self, value: object, note: Note) -> object:
        """The value in normal form, or None when it cannot be read."""
