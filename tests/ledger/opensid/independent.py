"""The same exports, read by other means: ElementTree, csv, and a table typed anew.

Nothing of `ledger.opensid` is used, so that its reading can be compared field by field.
"""

import csv
import io
import re
import zipfile
from pathlib import Path
from xml.etree import ElementTree as ET

DATA = Path(__file__).parents[2] / "data" / "opensid"
NS = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"

FIELDS = {
    "nomor_nik": "nik",
    "nomor_kk": "no_kk",
    "jenis_kelamin": "sex",
    "agama": "agama_id",
    "pendidikan_dlm_kk": "pendidikan_kk_id",
    "pendidikan_sdg_ditempuh": "pendidikan_sedang_id",
    "pekerjaan": "pekerjaan_id",
    "kawin": "status_kawin",
    "hubungan_keluarga": "kk_level",
    "kewarganegaraan": "warganegara_id",
    "nama_ayah": "ayah_nama",
    "nama_ibu": "ibu_nama",
    "gol_darah": "golongan_darah_id",
    "nomor_dokumen_pasport": "dokumen_paspor",
    "tanggal_akhir_pasport": "tanggal_akhir_paspor",
    "nomor_dokumen_kitas": "dokumen_kitas",
    "nik_ayah": "ayah_nik",
    "nik_ibu": "ibu_nik",
    "nomor_akta_perkawinan": "akta_perkawinan",
    "nomor_akta_perceraian": "akta_perceraian",
    "cacat": "cacat_id",
    "cara_kb": "cara_kb_id",
    "alamat_sekarang": "alamat",
    "alamat": "alamat_kk",
}
CODES = """
id sex agama_id pendidikan_kk_id pendidikan_sedang_id pekerjaan_id status_kawin kk_level
warganegara_id golongan_darah_id cacat_id cara_kb_id hamil ktp_el status_rekam status_dasar
"""


def workbook(name: str) -> bytes:
    """The XLSX in an export of the data folder."""
    with zipfile.ZipFile(DATA / name) as outer:
        return outer.read(outer.namelist()[-1])


def sheet_xml(xlsx: bytes) -> bytes:
    with zipfile.ZipFile(io.BytesIO(xlsx)) as inner:
        return inner.read("xl/worksheets/sheet1.xml")


def rows(name: str) -> list[dict[str, str]]:
    """Each row as column name → text, as it stands in the XML but for its escapes."""
    root = ET.fromstring(sheet_xml(workbook(name)))
    table = []
    for row in root.iter(f"{NS}row"):
        cells = {}
        for cell in row.iter(f"{NS}c"):
            letters = re.match("[A-Z]+", cell.attrib["r"])
            assert letters
            cells[letters[0]] = "".join(it.text or "" for it in cell.iter(f"{NS}t"))
        table.append(cells)
    header, *people = table
    return [{header[at]: text for at, text in row.items()} for row in people]


def records(name: str) -> dict[str, dict[str, object]]:
    """Every person by id, under the canonical names."""
    header = [it.strip() for it in HEADER.split()]
    return {row["id"]: record(row, header) for row in rows(name)}


def record(row: dict[str, str], header: list[str]) -> dict[str, object]:
    result: dict[str, object] = {}
    for column in header:
        if column == "desa_id":
            continue
        field = FIELDS.get(column, column)
        text = unescaped(row.get(column, ""))
        if '"' in text:  # OpenSID wrapped it as a CSV field
            text = next(csv.reader(io.StringIO(text, newline="")))[0]
        result[field] = int(text) if text and field in CODES.split() else text or None
    return result


def unescaped(text: str) -> str:
    parts = re.split(r"(_x[0-9A-F]{4}_)", text)
    return "".join(chr(int(it[2:6], 16)) if at % 2 else it for at, it in enumerate(parts))


HEADER = """
alamat dusun rw rt nama nomor_kk nomor_nik jenis_kelamin tempat_lahir tanggal_lahir agama
pendidikan_dlm_kk pendidikan_sdg_ditempuh pekerjaan kawin hubungan_keluarga kewarganegaraan
nama_ayah nama_ibu gol_darah akta_lahir nomor_dokumen_pasport tanggal_akhir_pasport
nomor_dokumen_kitas nik_ayah nik_ibu nomor_akta_perkawinan tanggal_perkawinan
nomor_akta_perceraian tanggal_perceraian cacat cara_kb hamil ktp_el status_rekam
alamat_sekarang id foto status_dasar created_at updated_at desa_id
"""
