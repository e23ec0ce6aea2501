"""The statistics: one declaration each, with the words that OpenSID prints.

A statistic sorts its *basis* (people, or families by their heads, that it is about) into
*categories*. `Counted` ones depend on nothing but what each person's row states, so their counts
are kept by batch. `Asked` ones depend on the day as well, since birthdays pass without any batch,
or on several tables; they are counted from the rows when somebody asks.

Conditions and categories are SQL over a row `person` of `projections.penduduk`, and over what its
`Source` joins to it. In those that are asked for, `{17}` stands for the last day of birth of
whoever is 17 on the day, and so `{0}` for the day itself: to compare days takes half the time of
working out ages.

Source: OpenSID v2410, LaporanPenduduk; domain rules of sections 2.1 to 2.5. [pure]
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import Enum
from types import MappingProxyType
from typing import Final, NamedTuple

from ledger.catalogue import TABLES
from projections.statistik.bands import BANDS, OLDEST, Band

HIDUP: Final = "status_dasar = 1"


class Category(NamedTuple):
    """A row of a statistic: the value that its people have, and what it is called."""

    value: str
    label: str


class Source(Enum):
    """The rows that a statistic counts; each has a `person`."""

    PENDUDUK = "people"
    KELUARGA = "families as `family`, stated by a card or by people alone, each with its head"
    KEMATIAN = "people, with their newest event of death, if any, as `death`"
    PESERTA = "who takes part in each `programme`: the person, or the head of the family"


@dataclass(frozen=True)
class Statistic:
    """A statistic of people, or of families by their heads.

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


@dataclass(frozen=True)
class Asked(Statistic):
    """A statistic that depends on the day, or on several tables; `source` has its rows."""

    source: Source = Source.PENDUDUK

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


def _band(bands: Sequence[Band]) -> str:
    """SQL of the number of the band that an age is in; null if it is in none, or not known.

    The youngest are asked first, so each day of birth is compared with one end of a band.
    """
    whens = []
    older = None
    for number, band in sorted(enumerate(bands), key=lambda it: it[1].dari):
        if band.dari != older:
            whens.append(f"WHEN tanggal_lahir > {{{band.dari}}} THEN NULL")
        older = band.sampai + 1
        oldest = band.sampai == OLDEST
        ends = f"<= {{{band.dari}}}" if oldest else f"> {{{older}}}"
        whens.append(f"WHEN tanggal_lahir {ends} THEN '{number}'")
    return f"CASE {' '.join(whens)} END"


def _younger(years: int) -> str:
    """Born, but not so many years ago: who is stated to be born after the day has no age."""
    return f"tanggal_lahir > {{{years}}} AND tanggal_lahir <= {{0}}"


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
) -> Asked:
    categories = tuple(Category(str(at), band.name) for at, band in enumerate(BANDS[bands]))
    category = f"CASE WHEN {only} THEN {_band(BANDS[bands])} END"
    return Asked(name, title, category, categories, basis, opensid)


def _enrolled(name: str, title: str, low: int, high: int, sedang: int, level: str) -> Asked:
    """Of the children of an age, those who are at the school that is for it (APM)."""
    return Asked(
        name,
        title,
        f"CASE WHEN pendidikan_sedang_id = {sedang} THEN '1' END",
        (Category("1", f"Sedang {level}/sederajat"),),
        f"{HIDUP} AND tanggal_lahir <= {{{low}}} AND tanggal_lahir > {{{high + 1}}}",
    )


_RUNS: Final = (
    "coalesce(programme.status, true) AND coalesce(programme.tgl_mulai <= {0}, true)"
    " AND coalesce(programme.tgl_selesai >= {0}, true)"
)
"""Whether a programme runs on the day: one that the desa ended does not, whatever its dates."""


def _receiving(sasaran: int, who: str) -> str:
    """Whoever takes part in a programme for such as they that runs on the day."""
    return f"CASE WHEN {_takes_part(sasaran, who)} THEN '1' ELSE '2' END"


def _takes_part(sasaran: int, who: str) -> str:
    return f"""(person.kode_desa, {who}) IN (
        SELECT peserta.kode_desa, peserta.peserta
        FROM place
        JOIN projections.peserta_bantuan AS peserta ON peserta.kode_desa = place.kode_desa
            AND peserta.from_batch <= place.batch
            AND (peserta.to_batch IS NULL OR peserta.to_batch > place.batch)
        JOIN projections.program_bantuan AS programme ON programme.kode_desa = place.kode_desa
            AND programme.from_batch <= place.batch
            AND (programme.to_batch IS NULL OR programme.to_batch > place.batch)
            AND programme.id = peserta.program_id::text
        WHERE programme.sasaran = {sasaran} AND {_RUNS}
    )"""  # noqa: S608  # our own words


_IN_DTKS: Final = """(person.kode_desa, person.id_rtm::text) IN (
        SELECT household.kode_desa, household.id
        FROM place
        JOIN projections.rumah_tangga AS household ON household.kode_desa = place.kode_desa
            AND household.from_batch <= place.batch
            AND (household.to_batch IS NULL OR household.to_batch > place.batch)
        WHERE household.dtks IS NOT NULL
    )"""
_PENERIMA: Final = (Category("1", "PENERIMA"), Category("2", "BUKAN PENERIMA"))
_AGE_AT_DEATH: Final = "extract(year FROM age(death.tgl_peristiwa, tanggal_lahir))"
_AKTA_MATI: Final = " ".join(
    f"WHEN {_AGE_AT_DEATH} BETWEEN {band.dari} AND {band.sampai} THEN '{number}'"
    for number, band in enumerate(BANDS["rentang_opensid"])
)
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
    _banded("umur-depkes", "Umur (Depkes 2009)", "depkes"),
    _banded("umur-permenkes", "Umur (Permenkes 25/2014 dan 25/2016)", "permenkes"),
    _banded("umur-kerja", "Usia Kerja", "kerja"),
    _banded(
        "umur-sekolah",
        "Usia Sekolah",
        "sekolah",
        basis=f"{HIDUP} AND tanggal_lahir <= {{3}} AND tanggal_lahir > {{19}}",
    ),
    _banded(
        "umur-rentan",
        "Kelompok Rentan Menurut Umur",
        "rentan",
        basis=f"{HIDUP} AND ({_younger(19)} OR tanggal_lahir <= {{61}})",
    ),
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
    Counted(
        "suku",
        "Suku / Etnis",
        r"upper(regexp_replace(suku, '\s+', ' ', 'g'))",
        (),
        HIDUP,
        "suku",
    ),
    _banded(
        "akta-kelahiran",
        "Akta Kelahiran",
        "rentang_opensid",
        "17",
        only="akta_lahir IS NOT NULL",
    ),
    Asked(
        "akta-anak",
        "Akta Kelahiran Anak (0-17)",
        "CASE WHEN akta_lahir IS NOT NULL THEN '1' END",
        (Category("1", "Memiliki akta kelahiran"),),
        f"{HIDUP} AND {_younger(18)}",
    ),
    Asked("ktp", "Kepemilikan KTP", "status_rekam", _KTP, _WAJIB_KTP, "18"),
    Asked(
        "kia",
        "Kepemilikan KIA",
        "CASE WHEN ktp_el = 3 THEN '3' END",
        (Category("3", "KIA"),),
        f"{HIDUP} AND {_younger(17)} AND status_kawin IS NOT DISTINCT FROM 1",
        "kia",
    ),
    Asked(
        "akta-kematian",
        "Akta Kematian (umur saat meninggal)",
        f"CASE WHEN death.akta_mati IS NOT NULL THEN CASE {_AKTA_MATI} END END",
        tuple(Category(str(at), it.name) for at, it in enumerate(BANDS["rentang_opensid"])),
        "status_dasar = 2 AND coalesce(death.tgl_peristiwa <= {0}, true)",
        "akta-kematian",
        Source.KEMATIAN,
    ),
    Asked(
        "pus",
        "Pasangan Usia Subur (istri 15-49)",
        "cara_kb_id",
        tuple(Category(str(code), label) for code, label in TABLES["cara_kb"].labels.items()),
        f"{HIDUP} AND sex = 2 AND status_kawin = 2"
        " AND tanggal_lahir <= {15} AND tanggal_lahir > {50}",
    ),
    _enrolled("apm-sd", "Anak Usia 7-12 Tahun", 7, 12, 4, "SD"),
    _enrolled("apm-smp", "Anak Usia 13-15 Tahun", 13, 15, 6, "SLTP"),
    _enrolled("apm-sma", "Anak Usia 16-18 Tahun", 16, 18, 7, "SLTA"),
    Asked(
        "calon-pemilih",
        "Calon Pemilih (bukan DPT resmi KPU)",
        "person.dusun",
        (),
        f"{HIDUP} AND status = 1 AND warganegara_id = 1"
        " AND (tanggal_lahir <= {17} OR status_kawin IN (2, 3, 4))"
        " AND coalesce(pekerjaan_id NOT IN (6, 7), true)",
        "dpt",
    ),
    Asked(
        "keluarga",
        "Jumlah Keluarga (menurut kepala)",
        "'1'",
        (Category("1", "KELUARGA AKTIF"),),
        HIDUP,
        source=Source.KELUARGA,
    ),
    Asked(
        "kelas-sosial",
        "Kelas Sosial Keluarga",
        "family.kelas_sosial",
        tuple(
            Category(str(code), label)
            for code, label in TABLES["kelas_sosial_keluarga"].labels.items()
        ),
        HIDUP,
        "kelas_sosial",
        Source.KELUARGA,
    ),
    Asked(
        "bantuan-penduduk",
        "Penerima Bantuan (Penduduk)",
        _receiving(1, "person.nik"),
        _PENERIMA,
        HIDUP,
        "bantuan_penduduk",
    ),
    Asked(
        "bantuan-keluarga",
        "Penerima Bantuan (Keluarga)",
        _receiving(2, "family.no_kk"),
        _PENERIMA,
        HIDUP,
        "bantuan_keluarga",
        Source.KELUARGA,
    ),
    Asked(
        "peserta-program",
        "Peserta Menurut Program Bantuan",
        "programme.nama",
        (),
        _RUNS,
        source=Source.PESERTA,
    ),
    Asked(
        "miskin-terdata",
        "Penduduk Miskin Terdata (DTKS atau penerima bantuan)",
        f"CASE WHEN {_IN_DTKS} THEN '1'"
        f" WHEN {_takes_part(1, 'person.nik')} OR {_takes_part(2, 'person.no_kk')}"
        " THEN '2' ELSE '3' END",
        (
            Category("1", "RUMAH TANGGA DALAM DTKS"),
            Category("2", "PENERIMA BANTUAN, TIDAK DALAM DTKS"),
            Category("3", "TIDAK TERDATA"),
        ),
    ),
)

STATISTICS: Final[Mapping[str, Statistic]] = MappingProxyType({it.name: it for it in _ALL})
"""All statistics by name, in the order of menus."""
