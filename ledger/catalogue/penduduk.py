"""Penduduk: one person who was ever in the desa's register, alive or not.

The columns are those of OpenSID's `tweb_penduduk` under the catalogue's names, and `alamat_kk`:
the address on the family card, which OpenSID's export for OpenDK carries in its column `alamat`.

Somebody without a name is a resident all the same and is projected: OpenSID's own export blanks
names such as "000", and a person left out would be missing from every count.

Left to the data-quality projection, because it takes more than one record: a NIK on two living
people of a desa or of two; a family without exactly one living head; an id_kk or id_cluster that
nobody sent, a no_kk that differs from the family's; a child older than its parents, or a parent
under 12 at a birth; two istri or suami in a family; status kawin without a spouse in the family; a
person without peristiwa, or whose status_dasar disagrees with the last one or changed without one;
a person who comes back after a delete, a delete of someone never sent.

Nobody looks for a tag_id_card that is used twice: it opens doors, so the log alone has it.

Sources: OpenSID v2410, table tweb_penduduk, and Permendagri 47/2016. [pure]
"""

from datetime import date
from typing import Any, Final

from ledger.catalogue.entity import Entity, Rule
from ledger.catalogue.fields import (
    Code,
    Desimal,
    Field,
    FileReference,
    Id,
    Integer,
    Jam,
    Nama,
    Nik,
    NoKk,
    Sensitivity,
    Tanggal,
    Text,
    Waktu,
)

DASAR, PENGENAL = Sensitivity.DASAR, Sensitivity.PENGENAL
KETAT, RAHASIA = Sensitivity.KETAT, Sensitivity.RAHASIA

LAKI_LAKI, PEREMPUAN = 1, 2
KEPALA, SUAMI, ISTRI = 1, 2, 3
BELUM_KAWIN, KAWIN, CERAI_HIDUP = 1, 2, 3
HIDUP, WNA, HAMIL, SUDAH_REKAM = 1, 2, 1, 3
PELAJAR: Final = 3
APARAT: Final = frozenset({5, 6, 7})
"""PNS, TNI, POLRI."""
PENDIDIKAN_FROM_AGE: Final = {3: 10, 4: 13, 5: 15, 6: 16, 7: 18, 8: 19, 9: 21, 10: 23}
"""The age in years at which a quick pupil may have finished each level of pendidikan_kk."""

FIELDS: Final = (
    Field("id", "ID penduduk", Id(), DASAR),
    Field("nik", "NIK", Nik(), PENGENAL, blank="nik-kosong"),
    Field("nama", "Nama", Nama(), DASAR, blank="nama-kosong"),
    Field("id_kk", "ID keluarga", Id(), DASAR),
    Field("no_kk", "Nomor KK", NoKk(), PENGENAL),
    Field("kk_level", "Hubungan dalam keluarga", Code("hubungan_keluarga"), DASAR),
    Field("id_rtm", "ID rumah tangga", Id(), DASAR),
    Field("rtm_level", "Hubungan dalam rumah tangga", Code("hubungan_rtm"), DASAR),
    Field("sex", "Jenis kelamin", Code("jenis_kelamin"), DASAR, blank="kosong"),
    Field("tempat_lahir", "Tempat lahir", Text(100), PENGENAL, blank="kosong"),
    Field("tanggal_lahir", "Tanggal lahir", Tanggal(), PENGENAL, blank="kosong"),
    Field("agama_id", "Agama", Code("agama"), KETAT, blank="belum-mengisi"),
    Field(
        "pendidikan_kk_id",
        "Pendidikan dalam KK",
        Code("pendidikan_kk"),
        DASAR,
        blank="belum-mengisi",
    ),
    Field(
        "pendidikan_sedang_id",
        "Pendidikan sedang ditempuh",
        Code("pendidikan_sedang"),
        DASAR,
        blank="belum-mengisi",
    ),
    Field("pekerjaan_id", "Pekerjaan", Code("pekerjaan"), DASAR, blank="belum-mengisi"),
    Field("status_kawin", "Status perkawinan", Code("status_kawin"), DASAR, blank="belum-mengisi"),
    Field("warganegara_id", "Kewarganegaraan", Code("warganegara"), DASAR, blank="kosong"),
    Field("negara_asal", "Negara asal", Text(45), DASAR),
    Field("dokumen_paspor", "Nomor paspor", Text(45), PENGENAL),
    Field("tanggal_akhir_paspor", "Tanggal akhir paspor", Tanggal(), PENGENAL),
    Field("dokumen_kitas", "Nomor KITAS/KITAP", Text(45), PENGENAL),
    Field("ayah_nik", "NIK ayah", Nik(structured=False), PENGENAL),
    Field("ayah_nama", "Nama ayah", Text(100), PENGENAL),
    Field("ibu_nik", "NIK ibu", Nik(structured=False), PENGENAL),
    Field("ibu_nama", "Nama ibu", Text(100), PENGENAL),
    Field(
        "golongan_darah_id",
        "Golongan darah",
        Code("golongan_darah"),
        KETAT,
        blank="belum-mengisi",
    ),
    Field("cacat_id", "Penyandang disabilitas", Code("cacat"), KETAT, blank="belum-mengisi"),
    Field("sakit_menahun_id", "Penyakit menahun", Code("sakit_menahun"), KETAT),
    Field("cara_kb_id", "Akseptor KB", Code("cara_kb"), KETAT),
    Field("hamil", "Status kehamilan", Code("kehamilan"), KETAT),
    Field("akta_lahir", "Akta kelahiran", Text(40), PENGENAL),
    Field("akta_perkawinan", "Akta perkawinan", Text(40), PENGENAL),
    Field("tanggal_perkawinan", "Tanggal perkawinan", Tanggal(), PENGENAL),
    Field("akta_perceraian", "Akta perceraian", Text(40), PENGENAL),
    Field("tanggal_perceraian", "Tanggal perceraian", Tanggal(), PENGENAL),
    Field("ktp_el", "Kepemilikan KTP-el / KIA", Code("kepemilikan_ktp"), DASAR),
    Field("status_rekam", "Status rekam KTP-el", Code("status_rekam_ktp"), DASAR),
    Field("tag_id_card", "Tag ID card", Text(), RAHASIA),
    Field("asuransi_id", "Asuransi kesehatan", Code("asuransi"), PENGENAL),
    Field("no_asuransi", "Nomor asuransi", Text(100), PENGENAL),
    Field("bpjs_ketenagakerjaan", "Nomor BPJS ketenagakerjaan", Text(100), PENGENAL),
    Field("suku", "Suku / etnis", Text(100), KETAT),
    Field("bahasa_id", "Dapat membaca huruf", Code("bahasa"), DASAR),
    Field("telepon", "Telepon", Text(20), PENGENAL),
    Field("email", "Surel", Text(100), PENGENAL),
    Field("telegram", "Telegram", Text(100), PENGENAL),
    Field("id_cluster", "ID wilayah", Id(), DASAR),
    Field("dusun", "Dusun", Text(50), DASAR),
    Field("rw", "RW", Text(10), DASAR),
    Field("rt", "RT", Text(10), DASAR),
    Field("alamat", "Alamat sekarang", Text(200), PENGENAL),
    Field("alamat_sebelumnya", "Alamat sebelumnya", Text(200), PENGENAL),
    Field("alamat_kk", "Alamat KK", Text(200), PENGENAL),
    Field("status", "Status penduduk", Code("status_penduduk"), DASAR),
    Field("status_dasar", "Status dasar", Code("status_dasar"), DASAR, blank="kosong"),
    Field("no_kk_sebelumnya", "Nomor KK sebelumnya", NoKk(), PENGENAL),
    Field("tempat_cetak_ktp", "Tempat cetak KTP", Text(150), PENGENAL),
    Field("tanggal_cetak_ktp", "Tanggal cetak KTP", Tanggal(), PENGENAL),
    Field("ket", "Keterangan", Text(), PENGENAL),
    Field("foto", "Foto", FileReference(), KETAT),
    Field("waktu_lahir", "Waktu lahir", Jam(), PENGENAL),
    Field("tempat_dilahirkan", "Tempat dilahirkan", Code("tempat_dilahirkan"), KETAT),
    Field("jenis_kelahiran", "Jenis kelahiran", Code("jenis_kelahiran"), KETAT),
    Field("kelahiran_anak_ke", "Anak ke", Integer(), KETAT),
    Field("penolong_kelahiran", "Penolong kelahiran", Code("penolong_kelahiran"), KETAT),
    Field("berat_lahir", "Berat lahir (gram)", Integer(), KETAT),
    Field("panjang_lahir", "Panjang lahir (cm)", Desimal(least=0), KETAT),
    Field("created_at", "Dibuat pada", Waktu(), DASAR),
    Field("updated_at", "Diubah pada", Waktu(), DASAR),
)


def age(born: date, on: date) -> int:
    """Completed years; who is born on 29 February turns on 1 March."""
    return on.year - born.year - ((on.month, on.day) < (born.month, born.day))


# --- rules ---------------------------------------------------------------------------------------


def _living(person: Any) -> bool:
    return person.status_dasar == HIDUP or person.status_dasar is None


def _under(years: int, person: Any, today: date) -> bool:
    return person.tanggal_lahir is not None and age(person.tanggal_lahir, today) < years


def _over(years: int, person: Any, today: date) -> bool:
    return person.tanggal_lahir is not None and age(person.tanggal_lahir, today) > years


def nik_of_another_birthday(person: Any) -> bool:
    """Legal and common: a NIK stays when the birth date is corrected."""
    nik, born = person.nik, person.tanggal_lahir
    return (
        born is not None
        and _is_structured(nik)
        and int(nik[6:12]) % _WOMEN != born.day * 10_000 + born.month * 100 + born.year % 100
    )


def nik_of_another_sex(person: Any) -> bool:
    """A woman's NIK has 40 added to the day."""
    nik = person.nik
    return (
        person.sex is not None
        and _is_structured(nik)
        and (int(nik[6:12]) > _WOMEN) != (person.sex == PEREMPUAN)
    )


_WOMEN: Final = 400_000
"""Added to a woman's DDMMYY: 40 to the day."""


def _is_structured(nik: str | None) -> bool:
    return nik is not None and len(nik) == 16 and nik[0] != "0" and nik.isdecimal()  # noqa: PLR2004


def born_in_future(person: Any, today: date) -> bool:
    """Born after the change was made."""
    return person.tanggal_lahir is not None and person.tanggal_lahir > today


def too_old(person: Any, today: date) -> bool:
    """Alive at more than 120."""
    return _over(120, person, today) and _living(person)


def without_family(person: Any) -> bool:
    """Alive, and in no family."""
    return person.id_kk is None and person.no_kk is None and _living(person)


def without_place(person: Any) -> bool:
    """Alive, and neither a wilayah nor an RT; "-" and "0" stand for none."""
    return person.id_cluster is None and person.rt in {None, "-", "0"} and _living(person)


def head_under_15(person: Any, today: date) -> bool:
    """Kepala keluarga under 15."""
    return person.kk_level == KEPALA and _under(15, person, today) and _living(person)


def husband_not_a_man(person: Any) -> bool:
    """Suami who is a woman."""
    return (person.kk_level, person.sex) == (SUAMI, PEREMPUAN)


def wife_not_a_woman(person: Any) -> bool:
    """Istri who is a man."""
    return (person.kk_level, person.sex) == (ISTRI, LAKI_LAKI)


def schooled_beyond_age(person: Any, today: date) -> bool:
    """A level of schooling that nobody reaches so young."""
    years = PENDIDIKAN_FROM_AGE.get(person.pendidikan_kk_id)
    return years is not None and _under(years, person, today)


def pupil_over_30(person: Any, today: date) -> bool:
    """Pelajar or mahasiswa over 30."""
    return person.pekerjaan_id == PELAJAR and _over(30, person, today) and _living(person)


def official_under_17(person: Any, today: date) -> bool:
    """PNS, TNI or POLRI under 17."""
    return person.pekerjaan_id in APARAT and _under(17, person, today)


def married_under_16(person: Any, today: date) -> bool:
    """Kawin under 16."""
    return person.status_kawin == KAWIN and _under(16, person, today)


def marriage_certificate_unmarried(person: Any) -> bool:
    """A marriage certificate of somebody who never married."""
    return person.akta_perkawinan is not None and person.status_kawin == BELUM_KAWIN


def wedding_day_unmarried(person: Any) -> bool:
    """A wedding day of somebody who never married."""
    return person.tanggal_perkawinan is not None and person.status_kawin == BELUM_KAWIN


def divorce_certificate_undivorced(person: Any) -> bool:
    """A divorce certificate of somebody who is not divorced."""
    return person.akta_perceraian is not None and person.status_kawin != CERAI_HIDUP


def divorce_day_undivorced(person: Any) -> bool:
    """A day of divorce of somebody who is not divorced."""
    return person.tanggal_perceraian is not None and person.status_kawin != CERAI_HIDUP


def foreigner_without_document(person: Any) -> bool:
    """WNA without paspor, KITAS or KITAP."""
    return (
        person.warganegara_id == WNA
        and person.dokumen_paspor is None
        and person.dokumen_kitas is None
    )


def contraception_unmarried(person: Any) -> bool:
    """Akseptor KB who is not kawin."""
    return person.cara_kb_id is not None and person.status_kawin != KAWIN


def pregnant_man(person: Any) -> bool:
    """A pregnant man."""
    return (person.hamil, person.sex) == (HAMIL, LAKI_LAKI)


def recorded_under_16(person: Any, today: date) -> bool:
    """Recorded for a KTP-el under 16."""
    status = person.status_rekam
    return status is not None and status >= SUDAH_REKAM and _under(16, person, today)


def tag_of_odd_length(person: Any) -> bool:
    """A tag that is no card's: they have 10 to 17 characters."""
    return person.tag_id_card is not None and not 10 <= len(person.tag_id_card) <= 17  # noqa: PLR2004


RULES: Final = (
    Rule("nik-tgl-beda", "nik", nik_of_another_birthday),
    Rule("nik-jk-beda", "nik", nik_of_another_sex),
    Rule("tanpa-keluarga", "id_kk", without_family),
    Rule("wilayah-kosong", "id_cluster", without_place),
    Rule("suami-bukan-laki-laki", "kk_level", husband_not_a_man),
    Rule("istri-bukan-perempuan", "kk_level", wife_not_a_woman),
    Rule("perkawinan-belum-kawin", "akta_perkawinan", marriage_certificate_unmarried),
    Rule("perkawinan-belum-kawin", "tanggal_perkawinan", wedding_day_unmarried),
    Rule("perceraian-tidak-cerai-hidup", "akta_perceraian", divorce_certificate_undivorced),
    Rule("perceraian-tidak-cerai-hidup", "tanggal_perceraian", divorce_day_undivorced),
    Rule("wna-tanpa-dokumen", "warganegara_id", foreigner_without_document),
    Rule("kb-tidak-kawin", "cara_kb_id", contraception_unmarried),
    Rule("hamil-laki-laki", "hamil", pregnant_man),
    Rule("tag-id-card-panjang", "tag_id_card", tag_of_odd_length),
)
DATED_RULES: Final = (
    Rule("lahir-di-masa-depan", "tanggal_lahir", born_in_future),
    Rule("umur-lebih-120", "tanggal_lahir", too_old),
    Rule("kepala-di-bawah-umur", "kk_level", head_under_15),
    Rule("pendidikan-melebihi-umur", "pendidikan_kk_id", schooled_beyond_age),
    Rule("pelajar-di-atas-umur", "pekerjaan_id", pupil_over_30),
    Rule("aparat-di-bawah-umur", "pekerjaan_id", official_under_17),
    Rule("kawin-di-bawah-umur", "status_kawin", married_under_16),
    Rule("rekam-ktp-di-bawah-umur", "status_rekam", recorded_under_16),
)
"""Those that ask what day it is."""

PENDUDUK: Final = Entity("penduduk", "Penduduk", FIELDS, RULES, DATED_RULES)
