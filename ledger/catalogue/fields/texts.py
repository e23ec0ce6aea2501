"""Texts: free ones, names of people, addresses on the web, words to choose from, files."""

import re
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from msgspec import Meta

from ledger.catalogue.fields.kind import Note

_BREAKS = re.compile(r"[\t\r\n]+")
"""Addresses are typed in several lines; columns have one."""
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]")
_COLUMN = 255
"""The longest that OpenSID's columns of short texts are."""


@dataclass(frozen=True)
class Text:
    """A text, trimmed and without control characters; longer than `limit` is only remarked.

    What should be a short one is cut where OpenSID's columns end: no name is so long, and indexes
    take no more. The statement keeps it whole. A text that does not match `pattern` is kept, and
    gives the finding `amiss`.
    """

    limit: int | None = None
    pattern: str | None = None
    amiss: str = "teks-tidak-sah"
    column = "text"

    @property
    def wire(self) -> Any:
        """A text within its limit, of its pattern."""
        return Annotated[str, Meta(min_length=1, max_length=self.limit, pattern=self.pattern)]

    def read(self, value: object, note: Note) -> object:
        """A number is read as the text that it is written with."""
        short = self.limit is not None and self.limit < _COLUMN
        text = read_text(value, note, _COLUMN if short else None)
        if text is None:
            return None
        if self.limit is not None and len(text) > self.limit:
            note("teks-panjang", self.limit)
        if self.pattern is not None and not re.search(self.pattern, text):
            note(self.amiss, text)
        return text


def read_text(value: object, note: Note, longest: int | None = None) -> str | None:
    """A text, or a number as a text, on one line, cut if it is longer; None if nothing is left."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        note("teks-tidak-sah", value)
        return None
    if not isinstance(value, str):
        note("teks-berupa-angka", value)
    text = _BREAKS.sub(" ", str(value).strip())[:longest].rstrip()
    if _CONTROL.search(text):
        note("karakter-kendali", text)
        text = _CONTROL.sub(" ", text).strip()
    return text or None


_TITLE = re.compile(r",|\A(?:almh?|dr[aghs]?|hj?|ir|kh|pdt|prof|tgk)\.", re.IGNORECASE)
_NAME = re.compile(r"(?:[^\W\d_]|[ '.,-])+")


@dataclass(frozen=True)
class Nama(Text):
    """A person's name. OpenSID takes letters, space, ', ., comma and -; titles do not belong."""

    limit: int | None = 100

    @property
    def wire(self) -> Any:
        """Letters, spaces, ' and -, beginning with a capital: what nobody remarks on."""
        return Annotated[str, Meta(max_length=self.limit, pattern=r"\A[A-Z][A-Za-z' -]*\Z")]

    def read(self, value: object, note: Note) -> object:
        """Whatever is amiss, the name is kept."""
        text = super().read(value, note)
        if not isinstance(text, str):
            return None
        if any(character.isdigit() for character in text):
            note("nama-angka", text)
        elif not _NAME.fullmatch(text):
            note("nama-karakter", text)
        if _TITLE.search(text):
            note("nama-gelar", text)
        if text.islower():
            note("nama-huruf-kecil", text)
        return text


@dataclass(frozen=True)
class Url:
    """An http or https address. Any other is dropped: pages would offer it as a link."""

    column = "text"

    @property
    def wire(self) -> Any:
        """An address, whole."""
        return Annotated[str, Meta(pattern=_URL.pattern)]

    def read(self, value: object, note: Note) -> object:
        """The address, or None."""
        text = read_text(value, note)
        if text is not None and not _URL.search(text):
            note("url-tidak-sah", text)
            return None
        return text


_URL = re.compile(r"""\Ahttps?://[^\s"'<>\\]+\Z""")


@dataclass(frozen=True)
class Choice:
    """One of a few words, in small letters."""

    words: tuple[str, ...]
    column = "text"

    @property
    def wire(self) -> Any:
        """One of the words."""
        return Literal[self.words]

    def read(self, value: object, note: Note) -> object:
        """Letter case does not matter."""
        word = value.strip().lower() if isinstance(value, str) else None
        if word not in self.words:
            note("pilihan-tidak-dikenal", value)
            return None
        return word


@dataclass(frozen=True)
class FileReference:
    """A file sent beside the batches: `sha256:` and 64 hexadecimal digits.

    A mere file name, as OpenSID's own exports have it, is kept and remarked; but not where
    `carried` is False, since OpenSID then names the file and never brings it.
    """

    carried: bool = True
    column = "text"

    @property
    def wire(self) -> Any:
        """The reference to a blob."""
        return Annotated[str, Meta(pattern=_BLOB.pattern)]

    def read(self, value: object, note: Note) -> object:
        """The reference, or the name of a file."""
        text = read_text(value, note)
        if text is None or _BLOB.search(text):
            return text
        if not _FILE_NAME.fullmatch(text):
            note("berkas-tidak-sah", text)
            return None
        if self.carried:
            note("berkas-belum-dikirim", text)
        return text


_BLOB = re.compile(r"\Asha256:[0-9a-f]{64}\Z")
_FILE_NAME = re.compile(r"[^/\\:]{1,200}")
