"""The paper anchor: the newest checkpoint of the office's log, for printing.

A report that lies in somebody's cupboard binds the office to all that its log said that day:
whoever has the paper can have the log checked against it, years later and without a line. The
text is printed, and the same text as a QR code; `_jangkar.html` shows both on any page.
"""

from dataclasses import dataclass

import segno
from markupsafe import Markup

from api.context import services


@dataclass(frozen=True)
class PaperAnchor:
    """The signed checkpoint as lines of text, and as a QR code drawn in SVG."""

    lines: tuple[str, ...]
    code: Markup


def paper_anchor() -> PaperAnchor:
    """The anchor of this moment. What is read from the code is the signed note, byte for byte."""
    opened = services()
    # Signed by the log alone: cosignatures would make the code too fine to print.
    note = opened.transparency.checkpoint(opened.ledger.office.kode, witnessed=False)
    text = note.to_bytes().decode()
    drawn = segno.make(text, error="m", micro=False, encoding="utf-8").svg_inline(
        omitsize=True, svgclass="qr", lineclass=None, title="Checkpoint log kantor"
    )
    return PaperAnchor(tuple(text.splitlines()), Markup(drawn))  # noqa: S704  # segno's own drawing
