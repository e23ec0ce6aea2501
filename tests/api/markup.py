"""Whether a page is valid HTML, and whether anything in it came from what somebody stated.

`faults` says what is wrong with the document itself: what a strict parser finds, ids that stand
twice, labels and references that lead nowhere, tables that do not name their cells. `intruders`
says what markup or trick of a record became part of the page. `text` and `well_formed` read an
answer, and let nothing pass that a strict parser complains of.
"""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit
from xml.etree.ElementTree import Element

import html5lib
from werkzeug.test import TestResponse

_CONTROLS: Final = frozenset({"input", "select", "textarea", "button", "meter", "progress"})
_REFERENCES: Final = ("aria-labelledby", "aria-describedby", "aria-controls", "headers", "form")
_VOID_OF_NAME: Final = frozenset({"hidden", "submit", "button", "image"})
_CHILDREN: Final = {
    "ul": {"li"},
    "ol": {"li"},
    "dl": {"dt", "dd", "div"},
    "select": {"option", "optgroup"},
    "tr": {"td", "th"},
}
TRICKS: Final = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\xad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f"
    "\ufeff\ufff9-\ufffb\U000e0000-\U000e007f]"
)
"""Characters that are not seen, and change how others are seen."""
_SEEN: Final = ("title", "alt", "aria-label", "placeholder", "data-k", "label", "content")
"""Attributes that people see or hear."""
_LINKS: Final = ("href", "src", "action", "formaction", "poster", "data", "cite", "srcset")


@dataclass(frozen=True)
class Parsed:
    """A page as a strict parser reads it, and the codes of its errors."""

    document: Element
    errors: tuple[str, ...]


def parse(page: str) -> Parsed:
    """Read a page."""
    parser = html5lib.HTMLParser(strict=False, namespaceHTMLElements=False)
    document = parser.parse(page)
    return Parsed(document, tuple(code for _, code, _ in parser.errors))


def well_formed(answer: TestResponse) -> str:
    """The markup of a page, whatever its status, which must be well-formed."""
    errors = parse(answer.text).errors
    assert errors == (), errors
    return answer.text


def text(answer: TestResponse, status: int = 200) -> str:
    """What a page says, which must be well-formed."""
    assert answer.status_code == status, answer.status
    words = parse(well_formed(answer)).document.itertext()
    return re.sub(r"\s+", " ", " ".join(words))


def faults(page: Parsed) -> list[str]:
    """What is not valid about a page."""
    document = page.document
    elements = list(document.iter())
    ids = Counter(it.get("id") for it in elements if it.get("id") is not None)
    found = [f"parser: {it}" for it in page.errors]
    found += [f"id twice: {it}" for it, count in ids.items() if count > 1]
    found += _references(elements, set(ids))
    found += _labels(document, elements)
    found += _tables(document)
    for element in elements:
        allowed = _CHILDREN.get(_tag(element))
        found += [
            f"{_tag(child)} in {_tag(element)}"
            for child in element
            if allowed and _tag(child) not in allowed
        ]
        if _tag(element) == "img" and element.get("alt") is None:
            found.append("img without alt")
        if _tag(element) in {"a", "button", "h1", "h2", "title"} and not _words(element):
            found.append(f"{_tag(element)} without words: {element.attrib}")
    if sum(_tag(it) == "h1" for it in elements) != 1:
        found.append("not one h1")
    if document.get("lang") != "id":
        found.append("no lang")
    return found


def _tag(element: Element) -> str:
    return str(element.tag).rpartition("}")[2]  # of an SVG's, without its namespace


def _words(element: Element) -> str:
    texts = "".join(element.itertext())
    named = [it.get("aria-label") or it.get("alt") or "" for it in element.iter()]
    return (texts + "".join(named)).strip()


def _references(elements: list[Element], ids: set[str | None]) -> Iterator[str]:
    for element in elements:
        for name in _REFERENCES:
            for target in (element.get(name) or "").split():
                if target not in ids:
                    yield f"{name} leads nowhere: {target}"
        href = element.get("href") or ""
        if href.startswith("#") and href[1:] not in ids:
            yield f"href leads nowhere: {href}"


def _labels(document: Element, elements: list[Element]) -> Iterator[str]:
    controls = {it.get("id"): it for it in elements if _tag(it) in _CONTROLS}
    labelled = set()
    for label in document.iter("label"):
        target = label.get("for")
        inside = [it for it in label.iter() if _tag(it) in _CONTROLS]
        if target is not None and target not in controls:
            yield f"label for nothing: {target}"
        if target is None and len(inside) != 1:
            yield f"label of {len(inside)} controls: {_words(label)}"
        if not _words(label):
            yield f"label without words: {target}"
        labelled |= {id(it) for it in inside} | {id(controls.get(target))}
    for control in controls_of(elements):
        named = control.get("aria-label") or control.get("aria-labelledby")
        if not named and id(control) not in labelled:
            yield f"{_tag(control)} without label: {control.get('name')}"


def controls_of(elements: list[Element]) -> Iterator[Element]:
    """What somebody fills in, as far as it is seen."""
    for it in elements:
        if _tag(it) in {"select", "textarea"}:
            yield it
        if (
            _tag(it) == "input"
            and it.get("type") not in _VOID_OF_NAME
            and it.get("hidden") is None
        ):
            yield it


def _tables(document: Element) -> Iterator[str]:
    for table in document.iter("table"):
        first = table.find("thead/tr")
        width = 0 if first is None else _width(first)
        if not width:
            yield "table without a head"
        for part in [*table.findall("tbody"), *table.findall("tfoot")]:
            of_group = any(it.get("scope") == "rowgroup" for it in part.iter("th"))
            for row in part:
                if _width(row) != width:
                    yield f"row of {_width(row)} cells under {width} heads"
                if not of_group and row.find("th") is None:
                    yield "row without a head"
        if any(it.get("scope") not in _SCOPES for it in table.iter("th")):
            yield "th without scope"


_SCOPES: Final = frozenset({"col", "row", "colgroup", "rowgroup"})


def _width(row: Element) -> int:
    return sum(int(cell.get("colspan", "1")) for cell in row)


def intruders(page: Parsed) -> list[str]:
    """What of a record became markup, or tricks whoever reads the page.

    Hostile records here make elements and attributes that begin with `zq`, which no page of ours
    has, and hostile scripts begin by name.
    """
    found = []
    for element in page.document.iter():
        tag = _tag(element)
        if tag.startswith("zq") or tag in {"iframe", "object", "embed", "base", "style", "math"}:
            found.append(f"<{tag}>")
        if tag == "script" and not (element.get("src") or "").startswith("/static/"):
            found.append("<script>")
        for name, value in element.attrib.items():
            if name.startswith(("zq", "on")) or name in {"style", "srcdoc"}:
                found.append(f"<{tag} {name}>")
            if name in _LINKS and not _is_ours(value):
                found.append(f"{name}={value}")
            if name in _SEEN and TRICKS.search(value):
                found.append(f"<{tag} {name}> says {TRICKS.findall(value)!a}")
        found += [
            f"<{tag} class={element.get('class')}> says {hits!a}"
            for text in (element.text or "", element.tail or "")
            if (hits := sorted(set(TRICKS.findall(text))))
        ]
    return found


def _is_ours(address: str) -> bool:
    parts = urlsplit(address)
    return not parts.scheme and not parts.netloc and address[:1] in "/#?"
