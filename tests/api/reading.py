"""What a page says, read from its HTML as people do: tables by their names, choices of forms."""

from dataclasses import dataclass, field
from html.parser import HTMLParser


@dataclass
class Table:
    """A table: the cells of its head, body and foot, as texts; where its rows lead first."""

    head: list[list[str]] = field(default_factory=list)
    body: list[list[str]] = field(default_factory=list)
    foot: list[list[str]] = field(default_factory=list)
    links: list[str] = field(default_factory=list)


@dataclass
class Option:
    """A choice of a select."""

    value: str
    words: str
    selected: bool


@dataclass
class Page:
    """Tables by the name of the region that they scroll in, selects and inputs by their names."""

    tables: dict[str, Table] = field(default_factory=dict)
    selects: dict[str, list[Option]] = field(default_factory=dict)
    text: str = ""


def read(html: str) -> Page:
    """Read a page."""
    reader = _Reader()
    reader.feed(html)
    reader.close()
    reader.page.text = " ".join(" ".join(reader.words).split())
    return reader.page


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.page = Page()
        self.words: list[str] = []
        self._region = ""
        self._table: Table | None = None
        self._part: list[list[str]] = []
        self._cell: list[str] | None = None
        self._select: list[Option] = []
        self._in_option = False
        self._linked = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        told = {name: value or "" for name, value in attrs}
        if told.get("role") == "region":
            self._region = told.get("aria-label", "")
        if tag == "table":
            self._table = self.page.tables[self._region] = Table()
        elif self._table is not None and tag in {"thead", "tbody", "tfoot"}:
            parts = {"thead": "head", "tbody": "body", "tfoot": "foot"}
            self._part = getattr(self._table, parts[tag])
        elif self._table is not None and tag == "tr":
            self._part.append([])
            self._linked = False
        elif self._table is not None and tag in {"th", "td"}:
            self._cell = []
        elif self._cell is not None and tag == "a" and self._table and not self._linked:
            if self._part is self._table.body:
                self._table.links.append(told.get("href", ""))
            self._linked = True
        elif tag == "select":
            self._select = self.page.selects[told.get("name", "")] = []
        elif tag == "option":
            self._select.append(Option(told.get("value", ""), "", "selected" in told))
            self._in_option = True

    def handle_endtag(self, tag: str) -> None:
        if tag == "table":
            self._table = None
        elif tag in {"th", "td"} and self._cell is not None:
            self._part[-1].append(" ".join("".join(self._cell).split()))
            self._cell = None
        elif tag == "option":
            self._in_option = False

    def handle_data(self, data: str) -> None:
        self.words.append(data)
        if self._cell is not None:
            self._cell.append(data)
        elif self._in_option:
            self._select[-1].words += data
