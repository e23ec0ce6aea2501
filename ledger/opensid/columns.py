"""The 42 columns of OpenSID's sheet, and the field of the catalogue that each of them is.

Source: OpenSID v2410 `Sinkronisasi::make_penduduk`, as recorded; fields as in
`ledger.catalogue.penduduk`. [pure]
"""

import re
from enum import Enum
from typing import NamedTuple

_CODE = re.compile(r"0|[1-9][0-9]{0,14}")
"""Below 2^53, so that every reader of JSON takes it for the same number."""


class Kind(Enum):
    """What a column holds, as OpenSID means it; every cell is text."""

    TEXT = "text"
    NUMBER = "number"
    """NIK and KK: digits that are no quantity, so they stay text."""
    CODE = "code"
    """The id of a row of a code table."""
    DATE = "date"
    """YYYY-MM-DD; MySQL's zero date is written -0001-11-30."""
    MOMENT = "moment"
    """YYYY-MM-DD HH:MM:SS, in a time zone that is not told."""

    def read(self, text: str) -> str | int | None:
        """The value of a cell: blank is null, a code is an integer, all else stands as it is.

        What is no code stays the text that the desa stated: to say that it is wrong is the
        catalogue's part, and to mend it nobody's.
        """
        if not text:
            return None
        if self is Kind.CODE and _CODE.fullmatch(text):
            return int(text)
        return text


class Column(NamedTuple):
    """A column of the sheet. `field` is None for what is checked, not stored."""

    name: str
    field: str | None
    kind: Kind


COLUMNS = (
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
)
