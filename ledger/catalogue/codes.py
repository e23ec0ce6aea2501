"""Code tables: which codes a field may hold, and what each is called.

Read once, at import, from `tables/*.csv`; `tables/README.md` says where each comes from. A code is
the contract, its label only what people read: compare codes, show labels. [pure]
"""

import csv
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib import resources
from io import StringIO
from types import MappingProxyType
from typing import Final

BLANK_LABEL: Final = "BELUM MENGISI"
"""What pages and reports print for a missing code."""

_FOLDER: Final = resources.files("ledger.catalogue") / "tables"


@dataclass(frozen=True)
class CodeTable:
    """One code table, in the order in which statistics print it.

    `rows` holds every column of the CSV as text; `labels` leads from code to label, `aliases` from
    other spellings, in capitals, to codes.
    """

    name: str
    title: str
    labels: Mapping[int | str, str]
    aliases: Mapping[str, int | str]
    rows: tuple[Mapping[str, str], ...]

    def label(self, code: int | str | None) -> str:
        """What a code is called: "BELUM MENGISI" for none, "TIDAK DIKENAL (77)" for an unknown.

        >>> TABLES["agama"].label(3)
        'KATHOLIK'
        """
        if code is None:
            return BLANK_LABEL
        return self.labels.get(code) or f"TIDAK DIKENAL ({code})"

    def code_of(self, text: str) -> int | str | None:
        """The code that a label or another spelling stands for, letter case aside."""
        return self.aliases.get(text.strip().upper())

    def __contains__(self, code: object) -> bool:
        return code in self.labels

    def __iter__(self) -> Iterator[int | str]:
        return iter(self.labels)

    def __len__(self) -> int:
        return len(self.labels)


def _rows(name: str) -> tuple[Mapping[str, str], ...]:
    text = (_FOLDER / f"{name}.csv").read_text(encoding="utf-8")
    return tuple(MappingProxyType(row) for row in csv.DictReader(StringIO(text)))


def _table(entry: Mapping[str, str]) -> CodeTable:
    rows = _rows(entry["name"])
    read = int if entry["type"] == "integer" else str
    labels: dict[int | str, str] = {}
    aliases: dict[str, int | str] = {}
    for row in rows:
        code = read(row[entry["code"]])
        labels[code] = row["nama"]
        spellings = [row["nama"], *row.get("alias", "").split("|")]
        aliases |= {spelling.upper(): code for spelling in spellings if spelling}
    return CodeTable(
        entry["name"], entry["title"], MappingProxyType(labels), MappingProxyType(aliases), rows
    )


TABLES: Final[Mapping[str, CodeTable]] = MappingProxyType(
    {entry["name"]: _table(entry) for entry in _rows("index")}
)
"""All tables by name."""
