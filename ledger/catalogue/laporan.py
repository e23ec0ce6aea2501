"""Laporan: a report that the desa sends as a file.

`periode` is the semester or the month, by `jenis`. A report keeps its id when it is revised: each
version is a statement of its own, and the earlier ones stay readable.

Left to the data-quality projection: two reports of one period.

Source: OpenSID v2410, table laporan_sinkronisasi. [pure]
"""

from typing import Any, Final

from ledger.catalogue.entity import Entity, Rule
from ledger.catalogue.fields import (
    Choice,
    Field,
    FileReference,
    Id,
    Integer,
    Sensitivity,
    Text,
    Waktu,
)

UMUM: Final = Sensitivity.UMUM
JENIS: Final = (
    "laporan_apbdes",
    "laporan_penduduk",
    "lppd",
    "lkppd",
    "lpj_apbdes",
    "realisasi_kegiatan",
    "perdes_apbdes",
    "rkpdes",
    "rpjmdes",
    "lainnya",
)
PERIODS: Final = {"laporan_apbdes": 2, "laporan_penduduk": 12}
"""How many periods a year has, by kind of report."""
_YEARS: Final = range(1990, 2100)

FIELDS: Final = (
    Field("id", "ID laporan", Id(), UMUM),
    Field("jenis", "Jenis laporan", Choice(JENIS), UMUM, blank="wajib-kosong"),
    Field("judul", "Judul", Text(200), UMUM, blank="wajib-kosong"),
    Field("tahun", "Tahun", Integer(), UMUM, blank="wajib-kosong"),
    Field("periode", "Semester atau bulan", Integer(), UMUM),
    Field("nama_file", "Nama berkas", Text(200), UMUM),
    Field("berkas", "Berkas", FileReference(), UMUM, blank="kosong"),
    Field("created_at", "Dibuat pada", Waktu(), UMUM),
    Field("updated_at", "Diubah pada", Waktu(), UMUM),
)


def of_no_year(report: Any) -> bool:
    """A year that no report can be of."""
    return report.tahun is not None and report.tahun not in _YEARS


def of_no_period(report: Any) -> bool:
    """A semester or month that a year has not."""
    last = PERIODS.get(report.jenis)
    return last is not None and (report.periode is None or not 1 <= report.periode <= last)


LAPORAN: Final = Entity(
    "laporan",
    "Laporan",
    FIELDS,
    (
        Rule("tahun-tidak-sah", "tahun", of_no_year),
        Rule("periode-tidak-sah", "periode", of_no_period),
    ),
)
