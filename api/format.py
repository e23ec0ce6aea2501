"""Numbers, dates and codes as Indonesian pages write them."""

import re
from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from html import unescape
from typing import Any, Final
from zoneinfo import ZoneInfo

from ledger.catalogue import BLANK_LABEL, Field, Sensitivity, age
from ledger.catalogue.fields import Choice, Nik, NoKk, Rupiah

MONTHS: Final = (
    "Jan",
    "Feb",
    "Mar",
    "Apr",
    "Mei",
    "Jun",
    "Jul",
    "Agu",
    "Sep",
    "Okt",
    "Nov",
    "Des",
)
LONG_MONTHS: Final = (
    "Januari", "Februari", "Maret", "April", "Mei", "Juni", "Juli", "Agustus", "September",
    "Oktober", "November", "Desember",
)  # fmt: skip
ZONES: Final = {"Asia/Jakarta": "WIB", "Asia/Makassar": "WITA", "Asia/Jayapura": "WIT"}
HIDDEN: Final = "disembunyikan"
NAMELESS: Final = "(tanpa nama)"
_PRIVATE: Final = frozenset(
    {
        "telepon",
        "email",
        "telegram",
        "no_asuransi",
        "bpjs_ketenagakerjaan",
        "dokumen_paspor",
        "dokumen_kitas",
    },
)
"""Contact and document numbers: for a stated reason only."""
_REGION_DIGITS = 6
_PLACES = 2
"""Decimal places that are said even when they are zeros."""
_LAST_DIGITS = 4
_INDONESIAN: Final = str.maketrans(",.", ".,")
"""Of digits as Python groups them."""


def number(value: int) -> str:
    """2.981"""  # noqa: D415  # the example says it
    return f"{value:,}".translate(_INDONESIAN)


def day(value: date) -> str:
    """23 Nov 2026"""  # noqa: D415
    return f"{value.day} {MONTHS[value.month - 1]} {value.year}"


def long_day(value: date) -> str:
    """23 November 2026"""  # noqa: D415
    return f"{value.day} {LONG_MONTHS[value.month - 1]} {value.year}"


def month(value: date) -> str:
    """November 2026"""  # noqa: D415
    return f"{LONG_MONTHS[value.month - 1]} {value.year}"


def signed(value: int) -> str:
    """+9.076, and the same below zero with a minus sign, which is no hyphen."""
    sign = "+" if value > 0 else "\N{MINUS SIGN}" if value < 0 else ""
    return sign + number(abs(value))


def percent(value: Decimal) -> str:
    """1.149,24%"""  # noqa: D415
    return f"{value:,.2f}%".translate(_INDONESIAN)


def decimal(value: Decimal | int) -> str:
    """1.234,56"""  # noqa: D415
    whole, _, rest = f"{abs(value):f}".partition(".")
    if len(rest) > _PLACES:
        rest = rest.rstrip("0")
    return ("-" if value < 0 else "") + number(int(whole)) + (f",{rest}" if rest else "")


def money(value: Decimal) -> str:
    """1.234.567,00, and (1.234,50) below zero"""  # noqa: D415
    whole, cents = f"{abs(value):.2f}".split(".")
    written = f"{number(int(whole))},{cents}"
    return f"({written})" if value < 0 else written


def rupiah(value: Decimal) -> str:
    """Rp108.000.000; sen are said where there are some"""  # noqa: D415
    written = f"Rp{decimal(abs(value))}".removesuffix(",00").removesuffix(",0")
    return f"-{written}" if value < 0 else written


def size(length: int) -> str:
    """12,4 MB"""  # noqa: D415
    value = float(length)
    for unit in ("B", "KB", "MB", "GB"):
        if value < 1024:  # noqa: PLR2004  # of the next unit
            return (
                f"{value:.0f} {unit}" if unit == "B" else f"{value:.1f} {unit}".replace(".", ",")
            )
        value /= 1024
    return f"{value:.1f} TB".replace(".", ",")


def moments(zone: str) -> Callable[[datetime], str]:
    """Writes moments as 23 Nov 2026 13.10 WITA."""
    place, short = ZoneInfo(zone), ZONES.get(zone, "")

    def moment(value: datetime) -> str:
        try:
            there, zone_ = value.astimezone(place), short
        except OverflowError:  # at an end of the calendar, it stays as it was stated
            there, zone_ = value, value.strftime("%Z")
        return f"{day(there)} {there:%H.%M} {zone_}".rstrip()

    return moment


def masked(digits: str | None) -> str:
    """A NIK or KK number of which only the region shows; never the last four digits."""
    if not digits:
        return BLANK_LABEL.lower()
    # One that is too short has no region that would tell less than the number.
    shows = max(min(_REGION_DIGITS, len(digits) - _LAST_DIGITS), 0)
    return visible(digits[:shows]) + "•" * (len(digits) - shows)


def digits(number: str | None, *, opened: bool) -> str:
    """A NIK or KK number: masked, unless its record was opened to the viewer for a reason."""
    return visible(number) if opened and number else masked(number)


def years(born: date | None, today: date) -> str:
    """An age in completed years."""
    return "" if born is None or born > today else str(age(born, today))


def is_hidden(field: Field) -> bool:
    """Whether a field's value is not shown on pages, unless it was opened for a reason."""
    protected = (Sensitivity.KETAT, Sensitivity.RAHASIA)
    return field.sensitivity in protected or field.name in _PRIVATE


def is_told(field: Field) -> bool:
    """Whether pages show a field's values whole: lists are sorted and narrowed by no other."""
    return not (is_hidden(field) or isinstance(field.kind, Nik | NoKk))


def is_masked(field: Field) -> bool:
    """Whether a reason shows of a field what nobody sees without one; a secret is never shown."""
    hidden = is_hidden(field) or isinstance(field.kind, Nik | NoKk)
    return hidden and field.sensitivity is not Sensitivity.RAHASIA


def shown(field: Field, value: Any, *, opened: bool = False) -> str:  # noqa: ANN401
    """A field's value for people: labels for codes, masks for what is protected.

    `opened` is whether its record was opened to the viewer for a reason.
    """
    if value is None:
        return ""
    if not (opened and is_masked(field)):
        if is_hidden(field):
            return HIDDEN
        if isinstance(field.kind, Nik | NoKk):
            return masked(str(value))
    if field.table is not None:
        return field.table.label(value)
    if isinstance(value, datetime):
        return f"{day(value)} {value:%H.%M}"
    if isinstance(value, date):
        return day(value)
    if isinstance(value, bool):
        return "ya" if value else "tidak"
    if isinstance(field.kind, Choice):
        return _CHOICES.get(value, str(value).replace("_", " "))
    if isinstance(field.kind, Rupiah):
        return rupiah(value)
    if isinstance(value, Decimal | float):
        return str(value).replace(".", ",")
    return visible(str(value))


_CHOICES: Final = {
    "km2": "km²",
    "laporan_apbdes": "Laporan APBDes",
    "laporan_penduduk": "Laporan penduduk",
    "lkppd": "LKPPD",
    "lpj_apbdes": "LPJ APBDes",
    "lppd": "LPPD",
    "perdes_apbdes": "Perdes APBDes",
    "rkpdes": "RKPDes",
    "rpjmdes": "RPJMDes",
}
"""Words of a choice that people write otherwise."""
_INVISIBLE: Final = {
    code: f"⟨U+{code:04X}⟩"
    for code in (
        *range(0x20),
        *range(0x7F, 0xA0),
        0xAD,
        0x034F,
        0x061C,
        *range(0x115F, 0x1161),
        *range(0x17B4, 0x17B6),
        *range(0x180B, 0x1810),
        *range(0x200B, 0x2010),
        *range(0x2028, 0x202F),
        *range(0x2060, 0x2070),
        0x3164,
        0xFEFF,
        0xFFA0,
        *range(0xFFF9, 0xFFFC),
        *range(0xE0000, 0xE0080),
    )
}
"""Controls of characters, lines and directions, letters that are blank, and tags."""


def visible(text: str) -> str:
    """A text in which control and direction characters show, so that none can deceive."""
    return text.translate(_INVISIBLE)


def called(nama: str | None) -> str:
    """What somebody is called; a register has people without a name, too."""
    return visible(nama) if nama else NAMELESS


def plain(markup: str) -> str:
    """The text of a message, which OpenSID's editor writes as HTML; nothing of it is markup."""
    text = _BREAK.sub("\n", markup)
    lines = unescape(_TAG.sub("", text)).splitlines()
    return "\n".join(visible(line.strip()) for line in lines).strip()


_BREAK: Final = re.compile(r"(?i)<br\s*/?>|</(?:p|div|li|h[1-6])>")
_TAG: Final = re.compile(r"<[/a-zA-Z!][^<>]*>")
