"""Peristiwa: what happened to a person, and to a family, as the desa recorded it (log_penduduk).

A record is one line of the desa's log of events, by its id there. `kode` says what happened, 1 to
6; `jenis` says it in a word, or what was done to the record since:

- the six words are those of the codes; either may be left out and is filled in from the other;
- `dikoreksi`: the whole record again, as corrected; its `kode` says what happened;
- `dibatalkan`: it did not happen, `alasan` says why; no dates are asked for. A delete of the
  record says the same without a reason, as when an operator of OpenSID takes a status back.

Who the person was then (`sex`, `warganegara_id`, `dusun`) is recorded with it, so that a report
does not change with later edits. `saldo_awal` marks rows that an import made, `turunan` those that
were concluded from a change of status and not stated by the desa.

Left to the data-quality projection: an id_pend nobody sent, a second exit without return or the
exit of somebody already gone, a tgl_lapor before the person's birth, a birth on another day than
tanggal_lahir, the same (id_pend, kode, tgl_peristiwa) twice.

Source: OpenSID v2410, tables log_penduduk and log_keluarga. [pure]
"""

from datetime import date, timedelta
from typing import Any, Final

from ledger.catalogue.entity import Entity, Rule
from ledger.catalogue.fields import (
    Choice,
    Code,
    Desimal,
    Field,
    Id,
    Integer,
    Jam,
    NoKk,
    Sensitivity,
    Tanggal,
    Text,
    YesNo,
)

DASAR, PENGENAL, KETAT = Sensitivity.DASAR, Sensitivity.PENGENAL, Sensitivity.KETAT

JENIS: Final = {
    1: "lahir",
    2: "mati",
    3: "pindah_keluar",
    4: "hilang",
    5: "pindah_masuk",
    6: "pergi",
}
"""What happened, by its code."""
DIKOREKSI, DIBATALKAN = "dikoreksi", "dibatalkan"
PINDAH_KELUAR = 3

_KODE: Final = {jenis: kode for kode, jenis in JENIS.items()}
_A_YEAR: Final = timedelta(days=366)

FIELDS: Final = (
    Field("id", "ID peristiwa", Id(), DASAR),
    Field("kode", "Kode peristiwa", Code("peristiwa_penduduk"), DASAR),
    Field("jenis", "Jenis peristiwa", Choice((*_KODE, DIKOREKSI, DIBATALKAN)), DASAR),
    Field("id_pend", "ID penduduk", Id(), DASAR, blank="wajib-kosong"),
    Field("tgl_peristiwa", "Tanggal peristiwa", Tanggal(), DASAR),
    Field("tgl_lapor", "Tanggal lapor", Tanggal(), DASAR),
    Field("no_kk", "Nomor KK", NoKk(), PENGENAL),
    Field("nama_kk", "Nama kepala keluarga", Text(100), DASAR),
    Field("sex", "Jenis kelamin", Code("jenis_kelamin"), DASAR),
    Field("warganegara_id", "Kewarganegaraan", Code("warganegara"), DASAR),
    Field("dusun", "Dusun", Text(50), DASAR),
    Field("catatan", "Catatan", Text(), PENGENAL),
    # lahir
    Field("waktu_lahir", "Waktu lahir", Jam(), PENGENAL),
    Field("tempat_dilahirkan", "Tempat dilahirkan", Code("tempat_dilahirkan"), KETAT),
    Field("jenis_kelahiran", "Jenis kelahiran", Code("jenis_kelahiran"), KETAT),
    Field("kelahiran_anak_ke", "Anak ke", Integer(), KETAT),
    Field("penolong_kelahiran", "Penolong kelahiran", Code("penolong_kelahiran"), KETAT),
    Field("berat_lahir", "Berat lahir (gram)", Integer(), KETAT),
    Field("panjang_lahir", "Panjang lahir (cm)", Desimal(least=0), KETAT),
    Field("akta_lahir", "Akta kelahiran", Text(40), PENGENAL),
    # mati
    Field("meninggal_di", "Meninggal di", Text(50), PENGENAL),
    Field("jam_mati", "Jam kematian", Jam(), PENGENAL),
    Field("sebab", "Sebab kematian", Code("sebab_kematian"), KETAT),
    Field("penolong_mati", "Yang menerangkan kematian", Code("penolong_kematian"), KETAT),
    Field("akta_mati", "Akta kematian", Text(50), PENGENAL),
    # pindah keluar, pergi
    Field("ref_pindah", "Jenis pindah", Code("jenis_pindah"), DASAR),
    Field("alamat_tujuan", "Alamat tujuan", Text(200), PENGENAL),
    Field("tujuan", "Tujuan", Text(200), PENGENAL),
    # pindah masuk
    Field("alamat_asal", "Alamat asal", Text(200), PENGENAL),
    Field("maksud_tujuan_kedatangan", "Maksud dan tujuan kedatangan", Text(200), PENGENAL),
    Field("saldo_awal", "Saldo awal", YesNo(), DASAR),
    # what is told of the record itself
    Field("turunan", "Peristiwa turunan", YesNo(), DASAR),
    Field("alasan", "Alasan pembatalan", Text(200), PENGENAL),
)


def complete(peristiwa: Any) -> dict[str, Any]:
    """The code by the word, or the word by the code."""
    if peristiwa.jenis is None and peristiwa.kode in JENIS:
        return {"jenis": JENIS[peristiwa.kode]}
    if peristiwa.kode is None and peristiwa.jenis in _KODE:
        return {"kode": _KODE[peristiwa.jenis]}
    return {}


# --- rules ---------------------------------------------------------------------------------------


def of_no_one_kind(peristiwa: Any) -> bool:
    """Neither the code nor the word is known, or they contradict each other."""
    if peristiwa.jenis == DIBATALKAN:
        return False
    if peristiwa.jenis == DIKOREKSI:
        return peristiwa.kode not in JENIS
    return peristiwa.jenis is None or JENIS.get(peristiwa.kode) != peristiwa.jenis


def unreported(peristiwa: Any) -> bool:
    """No day of report, by which reports count."""
    return peristiwa.tgl_lapor is None and peristiwa.jenis != DIBATALKAN


def without_day(peristiwa: Any) -> bool:
    """No day on which it happened."""
    return peristiwa.tgl_peristiwa is None and peristiwa.jenis != DIBATALKAN


def reported_before_it_happened(peristiwa: Any) -> bool:
    """Happened after the day of report."""
    happened, reported = peristiwa.tgl_peristiwa, peristiwa.tgl_lapor
    return happened is not None and reported is not None and happened > reported


def reported_in_future(peristiwa: Any, today: date) -> bool:
    """Reported after the change was made."""
    return peristiwa.tgl_lapor is not None and peristiwa.tgl_lapor > today


def recorded_late(peristiwa: Any, today: date) -> bool:
    """Recorded more than a year after the report; an import's rows are not late."""
    return (
        peristiwa.tgl_lapor is not None
        and not peristiwa.saldo_awal
        and today - peristiwa.tgl_lapor > _A_YEAR
    )


def left_for_nowhere(peristiwa: Any) -> bool:
    """A move out without saying how far; OpenSID's own default is 1, out of the desa."""
    return (
        peristiwa.kode == PINDAH_KELUAR
        and peristiwa.ref_pindah is None
        and peristiwa.jenis != DIBATALKAN
    )


RULES: Final = (
    Rule("jenis-peristiwa-tidak-jelas", "jenis", of_no_one_kind),
    Rule("wajib-kosong", "tgl_lapor", unreported),
    Rule("kosong", "tgl_peristiwa", without_day),
    Rule("peristiwa-setelah-lapor", "tgl_peristiwa", reported_before_it_happened),
    Rule("belum-mengisi", "ref_pindah", left_for_nowhere),
)
DATED_RULES: Final = (
    Rule("lapor-di-masa-depan", "tgl_lapor", reported_in_future),
    Rule("lapor-terlambat", "tgl_lapor", recorded_late),
)
"""Those that ask what day it is."""

PERISTIWA: Final = Entity("peristiwa", "Peristiwa", FIELDS, RULES, DATED_RULES, complete=complete)

PERISTIWA_KELUARGA: Final = Entity(
    "peristiwa_keluarga",
    "Peristiwa keluarga",
    (
        Field("id", "ID peristiwa keluarga", Id(), DASAR),
        Field("id_kk", "ID keluarga", Id(), DASAR, blank="wajib-kosong"),
        Field(
            "kode", "Kode peristiwa keluarga", Code("peristiwa_keluarga"), DASAR, "wajib-kosong"
        ),
        Field("tgl_peristiwa", "Tanggal peristiwa", Tanggal(), DASAR, blank="kosong"),
        Field("id_pend", "ID penduduk", Id(), DASAR),
        Field("id_log_penduduk", "ID peristiwa", Id(), DASAR),
    ),
    (),
)
"""Needed only to reproduce OpenSID's own columns of families; reports count keluarga aktif."""
