"""The statistics: one declaration each, with the words that OpenSID prints.

A statistic sorts its *basis* (people it is about) into *categories*. `Counted` ones depend on
nothing but what is stated, so their counts are kept by batch. `Aged` ones depend on the day as
well, since birthdays pass without any batch; they are counted from the people themselves.

Conditions and categories are SQL over a row of `projections.penduduk`. In those that depend on the
day, `{17}` stands for the last day of birth of whoever is 17 on it: to compare days takes half the
time of working out ages.

Source: OpenSID v2410, LaporanPenduduk; domain rules of section 2.1. [pure]
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType
from typing import Final, NamedTuple

from ledger.catalogue import TABLES
from projections.statistik.bands import BANDS, OLDEST, Band

HIDUP: Final = "status_dasar = 1"


class Category(NamedTuple):
    """A row of a statistic: the value that its people have, and what it is called."""

    value: str
    label: str


@dataclass(frozen=True)
class Statistic:
    """A statistic of people.

    Attributes:
        name: for ever, in addresses and tables.
        opensid: its name in OpenSID's addresses, if it is there.
        categories: in the order in which they are printed; empty when they are whatever occurs.
        category: SQL of the value that sorts a person; null is *belum mengisi*.
        basis: SQL condition of whom it is about.
    """

    name: str
    title: str
    category: str
    categories: tuple[Category, ...]
    basis: str = HIDUP
    opensid: str | None = None


class Counted(Statistic):
    """A statistic whose counts are kept by batch."""


class Aged(Statistic):
    """A statistic that depends on the day."""

    def on(self, day: date) -> tuple[str, str]:
        """SQL of the category and of the basis, on a day."""

        def limit(years: re.Match[str]) -> str:
            return f"DATE '{_years_before(day, int(years[1])).isoformat()}'"

        return _AGE.sub(limit, self.category), _AGE.sub(limit, self.basis)


_AGE: Final = re.compile(r"\{([0-9]+)\}")


def _years_before(day: date, years: int) -> date:
    """The last day of birth of those who are so old; a 29 February is counted on 1 March."""
    try:
        return day.replace(year=day.year - years)
    except ValueError:
        return day.replace(year=day.year - years, day=28)


def _between(band: Band) -> str:
    youngest = f"tanggal_lahir <= {{{band.dari}}}"
    if band.sampai == OLDEST:
        return youngest
    return f"{youngest} AND tanggal_lahir > {{{band.sampai + 1}}}"


def _coded(
    name: str,
    title: str,
    column: str,
    table: str,
    opensid: str | None = None,
    basis: str = HIDUP,
) -> Counted:
    categories = tuple(Category(str(code), label) for code, label in TABLES[table].labels.items())
    return Counted(name, title, column, categories, basis, opensid)


def _banded(
    name: str,
    title: str,
    bands: str,
    opensid: str | None = None,
    *,
    only: str = "true",
    basis: str = HIDUP,
) -> Aged:
    whens = " ".join(
        f"WHEN {_between(band)} THEN '{number}'" for number, band in enumerate(BANDS[bands])
    )
    categories = tuple(Category(str(at), band.name) for at, band in enumerate(BANDS[bands]))
    return Aged(name, title, f"CASE WHEN {only} THEN CASE {whens} END END", categories, basis,
                opensid)  # fmt: skip


_WAJIB_KTP: Final = (
    f"{HIDUP} AND (tanggal_lahir <= {{17}} OR status_kawin <> 1) AND ktp_el IS DISTINCT FROM 3"
)
_KTP: Final = tuple(
    Category(str(code), label) for code, label in TABLES["status_rekam_ktp"].labels.items()
)
_ALL: Final = (
    _banded("umur", "Umur (Lima Tahunan)", "lima_tahunan"),
    _banded("umur-rentang", "Umur (Rentang)", "rentang_opensid", "13"),
    _banded("umur-kategori", "Umur (Kategori)", "kategori_opensid", "15"),
    _banded("umur-opendk", "Usia", "kategori_opendk"),
    _coded("pendidikan-kk", "Pendidikan Dalam KK", "pendidikan_kk_id", "pendidikan_kk", "0"),
    _coded(
        "pendidikan-sedang",
        "Pendidikan Sedang Ditempuh",
        "pendidikan_sedang_id",
        "pendidikan_sedang",
        "14",
    ),
    _coded("pekerjaan", "Pekerjaan", "pekerjaan_id", "pekerjaan", "1"),
    _coded("status-kawin", "Status Perkawinan", "status_kawin", "status_kawin", "2"),
    _coded("agama", "Agama", "agama_id", "agama", "3"),
    _coded("jenis-kelamin", "Jenis Kelamin", "sex", "jenis_kelamin", "4"),
    _coded("hubungan-kk", "Hubungan Dalam KK", "kk_level", "hubungan_keluarga", "hubungan_kk"),
    _coded("warganegara", "Warga Negara", "warganegara_id", "warganegara", "5"),
    _coded("status-penduduk", "Status Penduduk", "status", "status_penduduk", "6"),
    _coded("golongan-darah", "Golongan Darah", "golongan_darah_id", "golongan_darah", "7"),
    _coded("cacat", "Penyandang Disabilitas", "cacat_id", "cacat", "9"),
    _coded("sakit-menahun", "Penyakit Menahun", "sakit_menahun_id", "sakit_menahun", "10"),
    _coded("cara-kb", "Akseptor KB", "cara_kb_id", "cara_kb", "16"),
    _coded("asuransi", "Asuransi Kesehatan", "asuransi_id", "asuransi", "19"),
    _coded("hamil", "Status Kehamilan", "hamil", "kehamilan", "hamil", f"{HIDUP} AND sex = 2"),
    _coded(
        "bpjs-ketenagakerjaan",
        "BPJS Ketenagakerjaan",
        "pekerjaan_id",
        "pekerjaan",
        "bpjs-tenagakerja",
        f"{HIDUP} AND bpjs_ketenagakerjaan IS NOT NULL",
    ),
    _coded(
        "buku-nikah",
        "Buku Nikah",
        "status_kawin",
        "status_kawin",
        "buku-nikah",
        f"{HIDUP} AND status_kawin <> 1 AND akta_perkawinan IS NOT NULL",
    ),
    Counted("suku", "Suku / Etnis", "upper(suku)", (), HIDUP, "suku"),
    _banded(
        "akta-kelahiran",
        "Akta Kelahiran",
        "rentang_opensid",
        "17",
        only="akta_lahir IS NOT NULL",
    ),
    Aged(
        "akta-anak",
        "Akta Kelahiran Anak (0-17)",
        "CASE WHEN akta_lahir IS NOT NULL THEN '1' END",
        (Category("1", "Memiliki akta kelahiran"),),
        f"{HIDUP} AND tanggal_lahir > {{18}}",
    ),
    Aged("ktp", "Kepemilikan KTP", "status_rekam", _KTP, _WAJIB_KTP, "18"),
    Aged(
        "kia",
        "Kepemilikan KIA",
        "CASE WHEN ktp_el = 3 THEN '3' END",
        (Category("3", "KIA"),),
        f"{HIDUP} AND tanggal_lahir > {{17}} AND status_kawin IS NOT DISTINCT FROM 1",
        "kia",
    ),
)

STATISTICS: Final[Mapping[str, Statistic]] = MappingProxyType({it.name: it for it in _ALL})
"""All statistics by name, in the order of menus."""
