"""One field of an entity."""

from dataclasses import dataclass

from ledger.catalogue.codes import CodeTable
from ledger.catalogue.fields.kind import Kind, Note, Sensitivity
from ledger.catalogue.fields.numbers import Code


@dataclass(frozen=True)
class Field:
    """One field of an entity: its name in change lines and columns, and its Indonesian label.

    `blank` is the code of the finding that its absence gives, if any.
    """

    name: str
    label: str
    kind: Kind
    sensitivity: Sensitivity
    blank: str | None = None

    @property
    def column(self) -> str:
        """The PostgreSQL type of its column."""
        return self.kind.column

    @property
    def table(self) -> CodeTable | None:
        """The code table of a coded field."""
        return self.kind.codes if isinstance(self.kind, Code) else None

    def read(self, value: object, note: Note) -> object:
        """Any JSON value in normal form; None for what is kosong or cannot be read."""
        if value is None or (isinstance(value, str) and not value.strip()):
            return None
        return self.kind.read(value, note)
