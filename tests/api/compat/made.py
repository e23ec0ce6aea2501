"""Uploads that no OpenSID made."""

import io
from collections.abc import Mapping
from typing import Any

from werkzeug.datastructures import FileStorage

from tests.ledger.opensid.workbooks import PERSON, packed, sheet, xlsx
from tests.recorded import A

PDF = b"%PDF-1.4\n1 0 obj\n<<>>\nendobj\n%%EOF\n"
JPEG = b"\xff\xd8\xff\xe0" + b"\0" * 60


def people(*facts: Mapping[str, str], kode_desa: str = A) -> list[dict[str, str]]:
    return [{**PERSON, "desa_id": kode_desa, **it} for it in facts]


def crowd(first: int, last: int, kode_desa: str = A, **facts: str) -> list[dict[str, str]]:
    """People with the ids from first to last."""
    return people(
        *({"id": str(id_), "nama": f"WARGA {id_}", **facts} for id_ in range(first, last + 1)),
        kode_desa=kode_desa,
    )


def dump(rows: list[dict[str, str]], **pictures: bytes) -> bytes:
    """The ZIP of a dump."""
    return packed({**pictures, "penduduk_23_11_2026_opendk.xlsx": xlsx(sheet(rows))})


def csv_zip(text: str, **pictures: bytes) -> bytes:
    return packed({**pictures, "data_23_11_2026_opendk.csv": b"\xef\xbb\xbf" + text.encode()})


def form(data: bytes, name: str = "desa/upload/x_opendk.zip", **fields: str) -> dict[str, Any]:
    """A form with a file, as `data` of a request; its name is a path, as OpenSID's is."""
    return {"file": FileStorage(io.BytesIO(data), name), **fields}


WORKS = (
    "desa_id,id,sumber_dana,lokasi,judul,keterangan,volume,tahun_anggaran,pelaksana_kegiatan,"
    "status,anggaran,perubahan_anggaran,sumber_biaya_pemerintah,sumber_biaya_provinsi,"
    "sumber_biaya_kab_kota,sumber_biaya_swadaya,sumber_biaya_jumlah,manfaat,waktu,sifat_proyek,"
    "foto\n"
)
PROGRAMMES = "desa_id,id,nama,sasaran,ndesc,sdate,edate,status,asaldana\n"
PARTICIPANTS = (
    "desa_id,id,peserta,program_id,no_id_kartu,kartu_nik,kartu_nama,kartu_tempat_lahir,"
    "kartu_tanggal_lahir,kartu_alamat,kartu_peserta,kartu_id_pend,sasaran\n"
)


def work(kode_desa: str, id_: int, judul: str, anggaran: int = 1, foto: str = "") -> str:
    return f"{kode_desa},{id_},,,{judul},,,2026,,1,{anggaran},,,,,,,Banyak,90,BARU,{foto}\n"


def participant(kode_desa: str, id_: int, nik: str, program: int = 1, sasaran: int = 1) -> str:
    return f"{kode_desa},{id_},{nik},{program},,{nik},NAMA,,,,,,{sasaran}\n"
