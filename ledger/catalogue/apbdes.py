"""APBDes: one line of a desa's budget of a year, and what of it has been realised.

A line says where the money comes from or goes (`kode_rekening`), in belanja also what it is for
(`kode_kegiatan`). `periode` says until when its `realisasi` counts: `semester-1`, `semester-2` or
a day. A line may be a total of others, such as `4.2` above `4.2.1`: sums leave those out that have
others below them.

The record's id is its own in the desa's books: a number of OpenSID's, or, for lines gathered from
Siskeudes, a text that stays the same for the same line, such as `2026/murni/01.01.02/5.1.2.01`.

Left to the data-quality projection: totals that are not the sum of what is below them, a budget
that does not balance, the same line twice.

Sources: Permendagri 20/2018; OpenSID v2410, tables keuangan_manual_rinci and keuangan_ta_…. [pure]
"""

from datetime import date
from typing import Any, Final

from ledger.catalogue.codes import TABLES
from ledger.catalogue.entity import Entity, Rule
from ledger.catalogue.fields import (
    Choice,
    Field,
    Integer,
    Key,
    KodeKegiatan,
    KodeRekening,
    Rupiah,
    Sensitivity,
    Text,
)

UMUM: Final = Sensitivity.UMUM
PENDAPATAN, BELANJA, PEMBIAYAAN = "4", "5", "6"
JENIS_ANGGARAN: Final = ("murni", "perubahan")
SEMESTER: Final = {"semester-1": (6, 30), "semester-2": (12, 31)}
"""The month and day until which a semester's figures count."""
_YEARS: Final = range(2015, 2101)
"""Desa have budgets of this form since UU 6/2014 took effect."""
_OWN_OBJEK, _OWN_KEGIATAN = 90, 90
"""From here on codes are a kabupaten's own."""
_JENIS, _SUBBIDANG = 3, 2

FIELDS: Final = (
    Field("id", "ID baris anggaran", Key(), UMUM),
    Field("tahun", "Tahun anggaran", Integer(), UMUM, blank="wajib-kosong"),
    Field("jenis_anggaran", "Jenis anggaran", Choice(JENIS_ANGGARAN), UMUM, blank="wajib-kosong"),
    Field("kode_rekening", "Kode rekening", KodeRekening(), UMUM, blank="wajib-kosong"),
    Field("kode_kegiatan", "Kode kegiatan", KodeKegiatan(), UMUM),
    Field("uraian", "Uraian", Text(300), UMUM),
    Field("anggaran", "Anggaran", Rupiah(), UMUM, blank="kosong"),
    Field("realisasi", "Realisasi", Rupiah(), UMUM),
    Field("sumber_dana", "Sumber dana", Text(20), UMUM),
    Field(
        "periode",
        "Periode realisasi",
        Text(
            pattern=r"\A(?:semester-[12]|[0-9]{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12][0-9]|3[01]))\Z",
            amiss="periode-anggaran-tidak-sah",
        ),
        UMUM,
    ),
)


def account_name(kode: str) -> str | None:
    """What a rekening is called; None for one that no table has.

    >>> account_name("5.1.2.01"), account_name("5.1.2.93")
    ('Penghasilan Tetap Perangkat Desa', 'Penerimaan Lain Perangkat Desa yang Sah')
    """
    labels = TABLES["apbdes_akun"].labels
    if kode in labels:
        return labels[kode]
    jenis, _, objek = kode.rpartition(".")
    return labels.get(f"{jenis}.90-99") if objek >= str(_OWN_OBJEK) else None


def activity_name(kode: str) -> str | None:
    """What a bidang, subbidang or kegiatan is called; None for one that no table has."""
    return TABLES["apbdes_bidang_kegiatan"].labels.get(kode)


# --- rules ---------------------------------------------------------------------------------------


def of_no_budget_year(line: Any) -> bool:
    """A year that no desa has a budget of."""
    return line.tahun is not None and line.tahun not in _YEARS


def of_a_year_to_come(line: Any, today: date) -> bool:
    """A year after the next."""
    return line.tahun is not None and line.tahun > today.year + 1


def of_unknown_account(line: Any) -> bool:
    """A jenis, or what is above it, that the law does not have."""
    kode = line.kode_rekening
    return kode is not None and account_name(_head(kode, _JENIS)) is None


def of_local_account(line: Any) -> bool:
    """An objek that only this kabupaten has, below a jenis that all have."""
    kode = line.kode_rekening
    return kode is not None and account_name(kode) is None and not of_unknown_account(line)


def spent_on_nothing(line: Any) -> bool:
    """Belanja that does not say what it is for."""
    return _is_spending(line) and line.kode_kegiatan is None


def activity_outside_spending(line: Any) -> bool:
    """Income or financing that says what it is for."""
    return line.kode_rekening is not None and not _is_spending(line) and bool(line.kode_kegiatan)


def of_unknown_field(line: Any) -> bool:
    """A bidang that there is none of."""
    return line.kode_kegiatan is not None and activity_name(line.kode_kegiatan[:2]) is None


def of_unknown_activity(line: Any) -> bool:
    """A subbidang or kegiatan of a bidang that there is; a kabupaten may have its own."""
    kode = line.kode_kegiatan
    if kode is None or of_unknown_field(line) or activity_name(kode) is not None:
        return False
    own = kode.count(".") == _SUBBIDANG and int(kode[-2:]) >= _OWN_KEGIATAN
    return not (own and activity_name(_head(kode, _SUBBIDANG)) is not None)


def less_than_nothing(line: Any) -> bool:
    """A budget below zero; a realisation may be, where it corrects another."""
    return line.anggaran is not None and line.anggaran < 0


def overspent(line: Any) -> bool:
    """More spent than there was for it."""
    return (
        _is_spending(line)
        and line.anggaran is not None
        and line.realisasi is not None
        and line.realisasi > line.anggaran
    )


def from_unknown_source(line: Any) -> bool:
    """Belanja of which no source is stated: it is in no report of the Dana Desa."""
    return _is_spending(line) and line.sumber_dana is None


def _is_spending(line: Any) -> bool:
    return line.kode_rekening is not None and line.kode_rekening.startswith(BELANJA)


def _head(kode: str, levels: int) -> str:
    return ".".join(kode.split(".")[:levels])


APBDES: Final = Entity(
    "apbdes",
    "APBDes",
    FIELDS,
    (
        Rule("tahun-anggaran-tidak-sah", "tahun", of_no_budget_year),
        Rule("rekening-tidak-dikenal", "kode_rekening", of_unknown_account),
        Rule("rekening-setempat", "kode_rekening", of_local_account),
        Rule("belanja-tanpa-kegiatan", "kode_kegiatan", spent_on_nothing),
        Rule("kegiatan-bukan-belanja", "kode_kegiatan", activity_outside_spending),
        Rule("bidang-tidak-dikenal", "kode_kegiatan", of_unknown_field),
        Rule("kegiatan-tidak-dikenal", "kode_kegiatan", of_unknown_activity),
        Rule("anggaran-negatif", "anggaran", less_than_nothing),
        Rule("realisasi-melebihi-anggaran", "realisasi", overspent),
        Rule("belum-mengisi", "sumber_dana", from_unknown_source),
    ),
    (Rule("tahun-anggaran-di-masa-depan", "tahun", of_a_year_to_come),),
)
