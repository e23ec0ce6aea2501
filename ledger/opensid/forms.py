"""The sheets that OpenSID exports: which columns each has, and what of the catalogue they are.

Source: OpenSID v2410 (`Sinkronisasi::make_penduduk`, `OpendkSynchronizer`) as recorded, and the
headers of its other versions; fields as in `ledger.catalogue`. [pure]
"""

from typing import Final, NamedTuple

from ledger.opensid.columns import Column, Kind


class Image(NamedTuple):
    """Where a record's picture is: the field that names it, and how its file's name begins."""

    field: str
    prefix: str = ""


class Form(NamedTuple):
    """A sheet of OpenSID's.

    Attributes:
        entity: of the catalogue; a row is a record of it.
        columns: those that it has, in OpenSID's order.
        full: whether every export holds every record, so that who is absent is gone. The others
            are parts: pages of a hundred, or what changed since the last one.
        image: where a record's picture is, in the ZIP beside the sheet.
        unannounced: a column whose values stand in the rows although the header of some versions
            does not name it, and the column before which they stand.
    """

    entity: str
    columns: tuple[Column, ...]
    full: bool
    image: Image | None = None
    unannounced: tuple[str, str] | None = None

    @property
    def names(self) -> frozenset[str]:
        """The columns without which it is not this sheet."""
        return frozenset(it.name for it in self.columns if it.required)


PENDUDUK: Final = Form(
    "penduduk",
    (
        Column("alamat", "alamat_kk", Kind.TEXT),
        Column("dusun", "dusun", Kind.TEXT),
        Column("rw", "rw", Kind.TEXT),
        Column("rt", "rt", Kind.TEXT),
        Column("nama", "nama", Kind.TEXT),
        Column("nomor_kk", "no_kk", Kind.NUMBER),
        Column("nomor_nik", "nik", Kind.NUMBER),
        Column("jenis_kelamin", "sex", Kind.CODE),
        Column("tempat_lahir", "tempat_lahir", Kind.TEXT),
        Column("tanggal_lahir", "tanggal_lahir", Kind.DATE),
        Column("agama", "agama_id", Kind.CODE),
        Column("pendidikan_dlm_kk", "pendidikan_kk_id", Kind.CODE),
        Column("pendidikan_sdg_ditempuh", "pendidikan_sedang_id", Kind.CODE),
        Column("pekerjaan", "pekerjaan_id", Kind.CODE),
        Column("kawin", "status_kawin", Kind.CODE),
        Column("hubungan_keluarga", "kk_level", Kind.CODE),
        Column("kewarganegaraan", "warganegara_id", Kind.CODE),
        Column("nama_ayah", "ayah_nama", Kind.TEXT),
        Column("nama_ibu", "ibu_nama", Kind.TEXT),
        Column("gol_darah", "golongan_darah_id", Kind.CODE),
        Column("akta_lahir", "akta_lahir", Kind.TEXT),
        Column("nomor_dokumen_pasport", "dokumen_paspor", Kind.TEXT),
        Column("tanggal_akhir_pasport", "tanggal_akhir_paspor", Kind.DATE),
        Column("nomor_dokumen_kitas", "dokumen_kitas", Kind.TEXT),
        Column("nik_ayah", "ayah_nik", Kind.NUMBER),
        Column("nik_ibu", "ibu_nik", Kind.NUMBER),
        Column("nomor_akta_perkawinan", "akta_perkawinan", Kind.TEXT),
        Column("tanggal_perkawinan", "tanggal_perkawinan", Kind.DATE),
        Column("nomor_akta_perceraian", "akta_perceraian", Kind.TEXT),
        Column("tanggal_perceraian", "tanggal_perceraian", Kind.DATE),
        Column("cacat", "cacat_id", Kind.CODE),
        Column("cara_kb", "cara_kb_id", Kind.CODE),
        Column("hamil", "hamil", Kind.CODE),
        Column("ktp_el", "ktp_el", Kind.CODE),
        Column("status_rekam", "status_rekam", Kind.CODE),
        Column("alamat_sekarang", "alamat", Kind.TEXT),
        Column("id", "id", Kind.CODE),
        Column("foto", "foto", Kind.TEXT),
        Column("status_dasar", "status_dasar", Kind.CODE),
        Column("created_at", "created_at", Kind.MOMENT),
        Column("updated_at", "updated_at", Kind.MOMENT),
        Column("desa_id", None, Kind.TEXT),
    ),
    full=True,
    image=Image("foto", "kecil_"),
)

PROGRAM_BANTUAN: Final = Form(
    "program_bantuan",
    (
        Column("desa_id", None, Kind.TEXT),
        Column("id", "id", Kind.CODE),
        Column("nama", "nama", Kind.TEXT),
        Column("sasaran", "sasaran", Kind.CODE),
        Column("ndesc", "keterangan", Kind.TEXT),
        Column("sdate", "tgl_mulai", Kind.DATE),
        Column("edate", "tgl_selesai", Kind.DATE),
        Column("status", "status", Kind.CODE),
        Column("asaldana", "asal_dana", Kind.TEXT),
    ),
    full=True,
    # v24.08 took `userid` out of the header and left it in the rows.
    unannounced=("userid", "status"),
)

PESERTA_BANTUAN: Final = Form(
    "peserta_bantuan",
    (
        Column("desa_id", None, Kind.TEXT),
        Column("id", "id", Kind.CODE),
        Column("peserta", "peserta", Kind.NUMBER),
        Column("program_id", "program_id", Kind.CODE),
        Column("no_id_kartu", "no_id_kartu", Kind.TEXT),
        Column("kartu_nik", "kartu_nik", Kind.NUMBER),
        Column("kartu_nama", "kartu_nama", Kind.TEXT),
        Column("kartu_tempat_lahir", "kartu_tempat_lahir", Kind.TEXT),
        Column("kartu_tanggal_lahir", "kartu_tanggal_lahir", Kind.DATE),
        Column("kartu_alamat", "kartu_alamat", Kind.TEXT),
        Column("kartu_peserta", "kartu_peserta", Kind.TEXT),
        Column("kartu_id_pend", "kartu_id_pend", Kind.CODE, required=False),
        Column("sasaran", "sasaran", Kind.CODE),
    ),
    full=True,
)

PEMBANGUNAN: Final = Form(
    "pembangunan",
    (
        Column("desa_id", None, Kind.TEXT),
        Column("id", "id", Kind.CODE),
        Column("sumber_dana", "sumber_dana", Kind.TEXT),
        Column("lokasi", "lokasi", Kind.TEXT),
        Column("judul", "judul", Kind.TEXT),
        Column("keterangan", "keterangan", Kind.TEXT),
        Column("volume", "volume", Kind.TEXT),
        Column("tahun_anggaran", "tahun_anggaran", Kind.CODE),
        Column("pelaksana_kegiatan", "pelaksana_kegiatan", Kind.TEXT),
        Column("status", "status", Kind.CODE),
        Column("anggaran", "anggaran", Kind.CODE),
        Column("perubahan_anggaran", "perubahan_anggaran", Kind.CODE),
        Column("sumber_biaya_pemerintah", "sumber_biaya_pemerintah", Kind.CODE),
        Column("sumber_biaya_provinsi", "sumber_biaya_provinsi", Kind.CODE),
        Column("sumber_biaya_kab_kota", "sumber_biaya_kab_kota", Kind.CODE),
        Column("sumber_biaya_swadaya", "sumber_biaya_swadaya", Kind.CODE),
        Column("sumber_biaya_jumlah", "sumber_biaya_jumlah", Kind.CODE),
        Column("manfaat", "manfaat", Kind.TEXT),
        Column("waktu", "waktu", Kind.CODE),
        Column("sifat_proyek", "sifat_proyek", Kind.TEXT, required=False),
        Column("foto", "foto", Kind.TEXT),
    ),
    full=False,
    image=Image("foto"),
)

DOKUMENTASI_PEMBANGUNAN: Final = Form(
    "dokumentasi_pembangunan",
    (
        Column("desa_id", None, Kind.TEXT),
        Column("id", "id", Kind.CODE),
        Column("id_pembangunan", "id_pembangunan", Kind.CODE),
        Column("gambar", "gambar", Kind.TEXT),
        Column("persentase", "persentase", Kind.CODE),
        Column("keterangan", "keterangan", Kind.TEXT),
        Column("created_at", "created_at", Kind.MOMENT),
        Column("updated_at", "updated_at", Kind.MOMENT),
    ),
    full=False,
    image=Image("gambar"),
)

FORMS: Final = (
    PENDUDUK,
    PROGRAM_BANTUAN,
    PESERTA_BANTUAN,
    PEMBANGUNAN,
    DOKUMENTASI_PEMBANGUNAN,
)
"""All of them. No two share their columns, so a header tells which it is."""
