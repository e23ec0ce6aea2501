"""The kinds of field: how a JSON value is read, and what is amiss when it cannot be.

Each kind says three things: `wire`, the type of JSON values that are in normal form already, which
msgspec reads without our help; `column`, the PostgreSQL type of its column; and `read`, which
turns any other JSON value into the normal form, or None, and notes findings (codes of `findings`).
`read` agrees with `wire`: what is in normal form, it returns unchanged and without a finding.

What a value means beside others of its record is for the entity's rules. [pure]
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from typing import Annotated, Any, Final, Literal, Protocol

import msgspec
from msgspec import Meta

from ledger.catalogue.codes import TABLES, CodeTable

Note = Callable[[str, object], None]
"""Takes the code of a finding, and the value that its message may show."""

LARGEST: Final = 2**31 - 1
"""Of PostgreSQL's type integer."""

_BREAKS = re.compile(r"[\t\r\n]+")
"""Addresses are typed in several lines; columns have one."""
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]")
_ZERO_DATES = ("0000-00-00", "-0001-11-30")
"""How MySQL, and PHP reading MySQL, write a missing date."""


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


# --- texts ---------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Text:
    """A text, trimmed and without control characters; longer than `limit` is only remarked.

    A text that does not match `pattern` is kept, and gives the finding `amiss`.
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
        text = _text(value, note)
        if text is None:
            return None
        if self.limit is not None and len(text) > self.limit:
            note("teks-panjang", self.limit)
        if self.pattern is not None and not re.search(self.pattern, text):
            note(self.amiss, text)
        return text


def _text(value: object, note: Note) -> str | None:
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        note("teks-tidak-sah", value)
        return None
    if not isinstance(value, str):
        note("teks-berupa-angka", value)
    text = _BREAKS.sub(" ", str(value).strip())
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
        text = _text(value, note)
        if text is not None and not _URL.search(text):
            note("url-tidak-sah", text)
            return None
        return text


_URL = re.compile(r"""\Ahttps?://[^\s"'<>\\]+\Z""")


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

    A mere file name, as OpenSID's own exports have it, is kept and remarked.
    """

    column = "text"

    @property
    def wire(self) -> Any:
        """The reference to a blob."""
        return Annotated[str, Meta(pattern=_BLOB.pattern)]

    def read(self, value: object, note: Note) -> object:
        """The reference, or the name of a file."""
        text = _text(value, note)
        if text is None or _BLOB.search(text):
            return text
        if not _FILE_NAME.fullmatch(text):
            note("berkas-tidak-sah", text)
            return None
        note("berkas-belum-dikirim", text)
        return text


_BLOB = re.compile(r"\Asha256:[0-9a-f]{64}\Z")
_FILE_NAME = re.compile(r"[^/\\:]{1,200}")


# --- numbers that are names ----------------------------------------------------------------------


@dataclass(frozen=True)
class Nik:
    """A NIK as text: 6 digits of region, DDMMYY with 40 added to a woman's day, 4 of serial.

    A temporary one of OpenSID's is 0, kode desa and 5 of serial. Only zeros mean kosong. Nothing
    is refused for its NIK. `structured` is False for NIK of others, of which only the form counts.
    """

    structured: bool = True
    column = "text"

    @property
    def wire(self) -> Any:
        """16 digits that can be a NIK, not a temporary one."""
        return Annotated[str, Meta(pattern=_NIK if self.structured else _SIXTEEN)]

    def read(self, value: object, note: Note) -> object:
        """The NIK as it is written; None when there is none."""
        text = _number(value, note)
        if text is None:
            return None
        if not _DIGITS.fullmatch(text):
            note("nik-bukan-angka", text)
        elif len(text) != _NIK_LENGTH:
            note("nik-panjang", text)
        elif self.structured and not re.search(_NIK, text):
            note("nik-sementara" if re.search(_TEMPORARY, text) else "nik-struktur", text)
        return text


@dataclass(frozen=True)
class NoKk:
    """The number of a family card as text: 16 digits. Only zeros mean kosong."""

    column = "text"

    @property
    def wire(self) -> Any:
        """16 digits."""
        return Annotated[str, Meta(pattern=_SIXTEEN)]

    def read(self, value: object, note: Note) -> object:
        """The number as it is written; None when there is none."""
        text = _number(value, note)
        if text is not None and not re.search(_SIXTEEN, text):
            note("kk-bukan-16-digit", text)
        return text


def _number(value: object, note: Note) -> str | None:
    if isinstance(value, float):  # a spreadsheet's: its last digits are lost
        note("nomor-tidak-sah", value)
        return None
    if value == 0 and not isinstance(value, bool):
        return None
    text = _text(value, note)
    return text if text is not None and text.strip("0") else None


_NIK_LENGTH = 16
_DIGITS = re.compile(r"[0-9]+")
_PROVINCES = "|".join(str(code) for code in TABLES["provinsi"])
_NIK = (
    rf"\A(?:{_PROVINCES})[0-9]{{4}}"
    r"(?:[04][1-9]|[1256][0-9]|[37][01])(?:0[1-9]|1[0-2])[0-9]{2}(?!0000)[0-9]{4}\Z"
)
_TEMPORARY = rf"\A0(?:{_PROVINCES})[0-9]{{13}}\Z"
_SIXTEEN = r"\A(?!0+\Z)[0-9]{16}\Z"


@dataclass(frozen=True)
class KodeWilayah:
    """A region code with its dots: `53`, `53.06`, `53.06.14` or `53.06.14.2001`.

    `length` counts the digits: 2, 4, 6 or 10. Codes without dots are given theirs.
    """

    length: int
    column = "text"

    @property
    def wire(self) -> Any:
        """The dotted form."""
        pairs = r"\.".join(["[0-9]{2}"] * min(self.length // 2, 3))
        desa = r"\.[0-9]{4}" if self.length == _DESA_LENGTH else ""
        return Annotated[str, Meta(pattern=rf"\A{pairs}{desa}\Z")]

    def read(self, value: object, note: Note) -> object:
        """The code with dots, or None."""
        text = str(value).strip() if isinstance(value, str | int) else ""
        digits = text.replace(".", "")
        if len(digits) != self.length or not _DIGITS.fullmatch(digits):
            note("kode-wilayah-tidak-sah", value)
            return None
        return ".".join(part for part in (*_pairs(digits[:6]), digits[6:]) if part)


_DESA_LENGTH = 10


def _pairs(digits: str) -> tuple[str, str, str]:
    return digits[:2], digits[2:4], digits[4:6]


# --- numbers -------------------------------------------------------------------------------------


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
    column = "numeric"

    @property
    def wire(self) -> Any:
        """None: such fields are few, and JSON's numbers are no decimals."""
        return type(None)

    def read(self, value: object, note: Note) -> object:
        """The number, or None."""
        number = _decimal(value)
        if number is None or not self._fits(number):
            note("angka-tidak-sah", value)
            return None
        return number

    def _fits(self, number: Decimal) -> bool:
        if not number.is_finite() or number.adjusted() > _MOST_INTEGRAL_DIGITS:
            return False
        exponent = number.normalize().as_tuple().exponent
        return isinstance(exponent, int) and -exponent <= (
            _MOST_PLACES if self.places is None else self.places
        )


@dataclass(frozen=True)
class Rupiah(Desimal):
    """An amount of money, to the sen."""

    places: int | None = 2


_MOST_INTEGRAL_DIGITS = 17
_MOST_PLACES = 18


def _decimal(value: object) -> Decimal | None:
    if isinstance(value, bool) or not isinstance(value, str | int | float | Decimal):
        return None
    try:
        return Decimal(str(value).strip())
    except (InvalidOperation, ValueError):  # ValueError: more digits than Python converts
        return None


@dataclass(frozen=True)
class Koordinat:
    """Decimal degrees of latitude or longitude, which should lie in Indonesia."""

    axis: Literal["lat", "lng"]
    column = "double precision"

    @property
    def wire(self) -> Any:
        """Degrees in Indonesia's box."""
        least, most = _BOX[self.axis]
        return Annotated[float, Meta(ge=least, le=most)]

    def read(self, value: object, note: Note) -> object:
        """A text of a number is taken as it is: OpenSID keeps coordinates so."""
        number = _decimal(value)
        if number is None or not number.is_finite() or abs(number) > _GLOBE[self.axis]:
            note("angka-tidak-sah", value)
            return None
        least, most = _BOX[self.axis]
        if not least <= number <= most:
            note("koordinat-di-luar-indonesia", value)
        return float(number)


_BOX: Final = {"lat": (-11.1, 6.1), "lng": (94.9, 141.1)}
_GLOBE: Final = {"lat": 90, "lng": 180}

_Lat = Annotated[float, Meta(ge=-90, le=90)]
_Lng = Annotated[float, Meta(ge=-180, le=180)]
_Ring = Annotated[list[tuple[_Lat, _Lng]], Meta(min_length=3)]


@dataclass(frozen=True)
class Poligon:
    """A border: a list of rings of at least three points [lat, lng]."""

    column = "jsonb"

    @property
    def wire(self) -> Any:
        """The rings."""
        return Annotated[list[_Ring], Meta(min_length=1)]

    def read(self, value: object, note: Note) -> object:
        """The rings, also when they are sent as JSON in a text, as OpenSID keeps them."""
        try:
            if isinstance(value, str):
                return msgspec.json.decode(value, type=self.wire)
            return msgspec.convert(value, self.wire)
        except (msgspec.MsgspecError, UnicodeError, RecursionError):
            note("poligon-tidak-sah", value)
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


# --- dates and times -----------------------------------------------------------------------------


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
