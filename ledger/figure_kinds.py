"""The figures that the office itself states: health and education by desa and period.

One declaration a kind makes its form, its file, its table and its export: which columns it has
under OpenDK's own names, whether a month or a semester is stated, and how figures of several
periods make one. `read` takes the texts of a form or of a file's row and says what is wrong with
each; counts of nobody in particular, so there is no field for a name. [pure]

Source: OpenDK's import forms (app/Imports); its charts add stocks over the semesters of a year and
average nothing, which is not followed here.
"""

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from enum import Enum
from typing import Final

from ledger.errors import FigureFault

FIRST_YEAR: Final = 2000
"""The earliest year that a figure may be of."""
MOST: Final = 9_999_999
"""The largest count; more people than any kecamatan has."""
_WHOLE: Final = 100
_DIGITS: Final = re.compile(r"[0-9]{1,7}")
_YEAR: Final = re.compile(r"[0-9]{4}")
_PLACE: Final = re.compile(r"[0-9]{1,2}")
_KODE: Final = re.compile(r"(\d\d)\.?(\d\d)\.?(\d\d)\.?(\d{4})", re.ASCII)
_MONTHS: Final = 12
_SEMESTERS: Final = 2
_TENTH: Final = Decimal("0.1")

FigureSum = int | Decimal | None
"""What several figures make together; None where nothing was stated."""


class Makes(Enum):
    """What the figures of several periods make."""

    FLOW = "jumlah"
    """What happened in each: they add up."""
    STOCK = "keadaan terakhir"
    """How things stood in each: the last one stands."""
    SHARE = "rata-rata"
    """Percentages: their average, over periods and over desa."""


@dataclass(frozen=True)
class FigureColumn:
    """A figure of a kind: OpenDK's header, its label, and the chart in which it stands."""

    name: str
    label: str
    group: str = ""


@dataclass(frozen=True)
class FigureKind:
    """A table of the office's.

    Attributes:
        name: in addresses, and in the office's log.
        period: what a statement is of: `bulan` or `semester`.
        details: what divides a period further, by OpenDK's id; empty: nothing does.
    """

    name: str
    title: str
    unit: str
    period: str
    makes: Makes
    columns: tuple[FigureColumn, ...]
    details: Mapping[int, str] = field(default_factory=dict)

    @property
    def periods(self) -> range:
        """The periods of a year, from 1."""
        return range(1, (_MONTHS if self.period == "bulan" else _SEMESTERS) + 1)

    @property
    def keys(self) -> tuple[str, ...]:
        """The headers that say what a row is of."""
        return ("desa_id", "tahun", self.period, *(["penyakit_id"] if self.details else []))

    @property
    def most(self) -> int:
        """The largest figure."""
        return _WHOLE if self.makes is Makes.SHARE else MOST

    def begins(self, tahun: int, periode: int) -> date:
        """The first day of a period."""
        return date(tahun, 1 + (periode - 1) * (_MONTHS // len(self.periods)), 1)

    def over_periods(self, stated: Iterable[int | None]) -> FigureSum:
        """What the figures of periods in their order make."""
        known = [it for it in stated if it is not None]
        if self.makes is Makes.STOCK:
            return known[-1] if known else None
        return self._together(known)

    def over_desa(self, stated: Iterable[FigureSum]) -> FigureSum:
        """What the figures of several desa make."""
        return self._together([it for it in stated if it is not None])

    def _together(self, known: list[int] | list[int | Decimal]) -> FigureSum:
        if not known:
            return None
        total = sum(known)
        return (total / Decimal(len(known))).quantize(_TENTH) if self._shares else total

    @property
    def _shares(self) -> bool:
        return self.makes is Makes.SHARE


@dataclass(frozen=True)
class FigureCell:
    """What a statement is of; `rincian` is 0 where nothing divides a period."""

    kode_desa: str
    tahun: int
    periode: int
    rincian: int = 0


@dataclass(frozen=True)
class FigureRow:
    """A statement: the figures of a cell, by column; None where nothing is stated."""

    cell: FigureCell
    angka: Mapping[str, int | None]


def _kind(
    name: str,
    title: str,
    unit: str,
    period: str,
    makes: Makes,
    *columns: tuple[str, ...],
    details: Mapping[int, str] | None = None,
) -> FigureKind:
    made = tuple(FigureColumn(*it) for it in columns)
    return FigureKind(name, title, unit, period, makes, made, details or {})


_SISWA, _USIA = "Siswa", "Anak usia sekolah"
FIGURE_KINDS: Final[Mapping[str, FigureKind]] = {
    it.name: it
    for it in (
        _kind(
            "tingkat-pendidikan", "Tingkat pendidikan", "orang", "semester", Makes.STOCK,
            ("tidak_tamat_sekolah", "Tidak tamat sekolah"),
            ("tamat_sd_sederajat", "Tamat SD sederajat"),
            ("tamat_smp_sederajat", "Tamat SMP sederajat"),
            ("tamat_sma_sederajat", "Tamat SMA sederajat"),
            ("tamat_diploma_sederajat", "Tamat diploma sederajat"),
        ),
        _kind(
            "putus-sekolah", "Putus sekolah", "anak", "semester", Makes.STOCK,
            ("siswa_paud_ra", "Siswa PAUD/RA", _SISWA),
            ("anak_usia_paud_ra", "Anak usia PAUD/RA", _USIA),
            ("siswa_sd_mi", "Siswa SD/MI", _SISWA),
            ("anak_usia_sd_mi", "Anak usia SD/MI", _USIA),
            ("siswa_smp_mts", "Siswa SMP/MTs", _SISWA),
            ("anak_usia_smp_mts", "Anak usia SMP/MTs", _USIA),
            ("siswa_sma_ma", "Siswa SMA/MA", _SISWA),
            ("anak_usia_sma_ma", "Anak usia SMA/MA", _USIA),
        ),
        _kind(
            "fasilitas-paud", "Fasilitas PAUD", "unit dan orang", "semester", Makes.STOCK,
            ("jumlah_paud_ra", "PAUD/RA", "PAUD/RA"),
            ("jumlah_guru_paud_ra", "Guru PAUD/RA", "Guru"),
            ("jumlah_siswa_paud_ra", "Siswa PAUD/RA", "Siswa"),
        ),
        _kind(
            "aki-akb", "Kematian ibu dan bayi (AKI/AKB)", "kematian", "bulan", Makes.FLOW,
            ("jumlah_aki", "Kematian ibu (AKI)"),
            ("jumlah_akb", "Kematian bayi (AKB)"),
        ),
        _kind(
            "imunisasi", "Cakupan imunisasi", "persen", "bulan", Makes.SHARE,
            ("cakupan_imunisasi", "Cakupan imunisasi (%)"),
        ),
        _kind(
            "epidemi-penyakit", "Epidemi penyakit", "penderita", "bulan", Makes.FLOW,
            ("jumlah_penderita", "Penderita"),
            details={1: "Demam berdarah", 2: "Kolera", 3: "Malaria", 4: "Influenza"},
        ),
        _kind(
            "toilet-sanitasi", "Toilet dan sanitasi", "unit", "bulan", Makes.STOCK,
            ("toilet", "Toilet"),
            ("sanitasi", "Sanitasi"),
        ),
    )
}  # fmt: skip
"""All of them, by name."""


def tidy_kode(text: str) -> str:
    """A desa's code with its dots, which OpenDK writes and spreadsheets lose."""
    found = _KODE.fullmatch(text.strip())
    return ".".join(found.groups()) if found else text.strip()


def read_figures_row(
    kind: FigureKind,
    texts: Mapping[str, str],
    desa: Collection[str],
    today: date,
    row: int = 0,
) -> FigureRow | list[FigureFault]:
    """The statement that texts make, by header; or everything that is wrong with them.

    `desa` are those that a statement may be of. A blank figure is not stated, and is not 0.
    """
    faults: list[FigureFault] = []

    def wrong(column: str, why: str) -> None:
        faults.append(FigureFault(row, column, why, texts.get(column, "").strip()[:40]))

    kode = tidy_kode(texts.get("desa_id", ""))
    if kode not in desa:
        wrong("desa_id", "bukan kode desa yang terdaftar di wilayah Anda")
    tahun = _within(_YEAR, texts.get("tahun", ""), range(FIRST_YEAR, today.year + 1))
    if tahun is None:
        wrong("tahun", f"harus {FIRST_YEAR} sampai {today.year}")
    periode = _within(_PLACE, texts.get(kind.period, ""), kind.periods)
    if periode is None:
        wrong(kind.period, f"harus {kind.periods[0]} sampai {kind.periods[-1]}")
    elif tahun is not None and kind.begins(tahun, periode) > today:
        wrong(kind.period, "belum dimulai")
    rincian: int | None = 0
    if kind.details:
        rincian = _within(_PLACE, texts.get("penyakit_id", ""), kind.details)
        if rincian is None:
            known = ", ".join(f"{id_} {name}" for id_, name in kind.details.items())
            wrong("penyakit_id", f"harus salah satu dari: {known}")
    angka: dict[str, int | None] = {}
    for column in kind.columns:
        text = texts.get(column.name, "").strip()
        angka[column.name] = value = int(text) if _DIGITS.fullmatch(text) else None
        if (text and value is None) or (value or 0) > kind.most:
            upto = f"sampai {kind.most}" if kind.makes is Makes.SHARE else "atau lebih"
            wrong(column.name, f"harus bilangan bulat 0 {upto}, tanpa titik dan koma")
    if not faults and all(it is None for it in angka.values()):
        wrong(kind.columns[0].name, "isi sedikitnya satu angka")
    if faults or tahun is None or periode is None or rincian is None:
        return faults
    return FigureRow(FigureCell(kode, tahun, periode, rincian), angka)


def _within(form: re.Pattern[str], text: str, known: Collection[int]) -> int | None:
    value = int(text) if form.fullmatch(text := text.strip()) else None
    return value if value in known else None
