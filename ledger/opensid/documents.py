"""What today's OpenSID sends that is no table: identity, deletions, reports, letters, messages.

Values come as texts of a form or as JSON; what they are is not believed before it is looked at.
[pure]

Source: OpenSID v2410 as recorded, and the rules of the server it speaks to.
"""

import base64
import binascii
import re
from collections.abc import Callable, Mapping
from typing import Any, Final

from ledger.opensid.errors import DocumentError
from ledger.opensid.export import LeftOut, dotted_or_as_is
from ledger.opensid.submission import Submission

Keep = Callable[[bytes], str | None]
"""Keeps a PDF, and gives its reference; None for what is none."""

MOST_PDF: Final = 10 * 1024 * 1024
MOST_LETTER: Final = 2 * 1024 * 1024
MOST_NOMOR: Final = 64
_ID = re.compile(r"[1-9][0-9]{0,9}")
_PERIODS: Final = {"laporan_apbdes": "semester", "laporan_penduduk": "bulan"}


def read_identity(form: Mapping[str, Any], kode_desa: str) -> Submission:
    """Identitas desa: what OpenSID does not send is not stated, since it leaves null out."""
    _check_desa(form.get("kode_desa"), kode_desa)
    names = ("sebutan_desa", "website", "path")
    record = {"kode_desa": kode_desa, **{name: _text(form.get(name)) for name in names}}
    return Submission("desa", {kode_desa: record})


def read_deletions(body: object, kode_desa: str) -> Submission:
    """The list of people who were deleted, all there ever were.

    An upgraded database sends entries without an id, each time: they say nothing, and are no
    fault of the operator's.
    """
    items = body.get("hapus_penduduk", []) if isinstance(body, dict) else None
    if items is None or not isinstance(items, list):
        raise DocumentError("daftar hapus tidak berbentuk hapus_penduduk: […]")
    deleted: dict[str, None] = {}
    left_out = []
    for number, item in enumerate(items, start=1):
        facts = item if isinstance(item, dict) else {}
        id_ = _id(facts.get("id_pend_desa"))
        desa = _text(facts.get("desa_id"))
        if desa is not None and dotted_or_as_is(desa) != kode_desa:
            left_out.append(LeftOut(number, "desa-foreign", id_))
        elif id_ is not None:
            deleted[id_] = None
        elif facts.get("id_pend_desa") not in (None, ""):
            left_out.append(LeftOut(number, "id-malformed"))
    return Submission("penduduk", deleted=tuple(deleted), left_out=tuple(left_out))


def read_reports(body: object, jenis: str, kode_desa: str, keep: Keep) -> Submission:
    """Reports of one kind, each with its PDF in base64; a bad one does not spoil the others."""
    facts = body if isinstance(body, dict) else {}
    _check_desa(facts.get("desa_id"), kode_desa)
    items = facts.get(jenis)
    if not isinstance(items, list) or not items:
        raise DocumentError(f"tidak ada laporan di dalamnya ({jenis})")
    records: dict[str, dict[str, Any]] = {}
    left_out = []
    for number, item in enumerate(items, start=1):
        found = _report(item if isinstance(item, dict) else {}, jenis, keep)
        if isinstance(found, str):
            left_out.append(LeftOut(number, found))
        elif str(found["id"]) in records:
            left_out.append(LeftOut(number, "id-ambiguous", str(found["id"])))
        else:
            records[str(found["id"])] = found
    return Submission("laporan", records, left_out=tuple(left_out))


def _report(item: Mapping[str, Any], jenis: str, keep: Keep) -> dict[str, Any] | str:
    """A report's record, or why it is none (a code of LEFT_OUT)."""
    id_ = _id(item.get("id"))
    if id_ is None:
        return "id-missing"
    content = item.get("file")
    if not isinstance(content, str) or not content:
        return "file-missing"
    if len(content) > MOST_PDF * 4 // 3 + 4:
        return "file-too-large"
    try:
        data = base64.b64decode(content, validate=True)
    except (binascii.Error, ValueError):
        return "file-damaged"
    reference = keep(data)
    if reference is None:
        return "file-not-pdf"
    return {
        "id": int(id_),
        "jenis": jenis,
        "judul": _text(item.get("judul")),
        "tahun": _number(item.get("tahun")),
        "periode": _number(item.get(_PERIODS[jenis])),
        "nama_file": _text(item.get("nama_file")),
        "berkas": reference,
        "created_at": _text(item.get("created_at")),
        "updated_at": _text(item.get("updated_at")),
    }


def read_letter(
    form: Mapping[str, Any], file: bytes | None, kode_desa: str, keep: Keep
) -> Submission:
    """A letter to be signed. Its number is unique in its desa, and is its id."""
    _check_desa(form.get("desa_id"), kode_desa)
    nomor = _text(form.get("nomor"))
    if nomor is None or len(nomor) > MOST_NOMOR:
        raise DocumentError(f"nomor surat kosong atau lebih dari {MOST_NOMOR} huruf")
    if not nomor.isprintable():
        raise DocumentError("nomor surat memuat huruf yang tidak dapat dicetak")
    nama = _text(form.get("nama"))
    if nama is None:
        raise DocumentError("jenis surat kosong")
    if not file:
        raise DocumentError("berkas surat tidak ada")
    if len(file) > MOST_LETTER:
        raise DocumentError(f"berkas surat melebihi {MOST_LETTER // 1024} KiB")
    reference = keep(file)
    if reference is None:
        raise DocumentError("berkas surat bukan PDF")
    record = {
        "nomor": nomor,
        "nama": nama,
        "nik": _text(form.get("nik")),
        "tanggal": _text(form.get("tanggal")),
        "berkas": reference,
    }
    return Submission("surat", {nomor: record})


def read_message(form: Mapping[str, Any], kode_desa: str) -> dict[str, Any]:
    """A message: `percakapan` is None when it begins a conversation, and then has a `judul`."""
    _check_desa(form.get("kode_desa"), kode_desa)
    isi = _text(form.get("pesan"))
    if isi is None:
        raise DocumentError("isi pesan kosong")
    stated = form.get("pesan_id")
    percakapan = _id(stated)
    if stated not in (None, "") and percakapan is None:
        raise DocumentError("percakapan yang dibalas tidak dikenal")
    judul = _text(form.get("judul"))
    if percakapan is None and judul is None:
        raise DocumentError("judul pesan kosong")
    return {
        "percakapan": int(percakapan) if percakapan else None,
        "judul": judul,
        "isi": isi,
        "nama_pengirim": _text(form.get("nama_pengirim")),
    }


def _check_desa(stated: object, kode_desa: str) -> None:
    """Whether it is the token's desa; one that is not named is the token's."""
    text = _text(stated)
    if text is not None and dotted_or_as_is(text) != kode_desa:
        raise DocumentError(f"isinya milik desa lain, sedangkan token ini milik desa {kode_desa}")


def _id(value: object) -> str | None:
    text = str(value) if isinstance(value, int | str) and not isinstance(value, bool) else ""
    return text if _ID.fullmatch(text) else None


def _number(value: object) -> int | str | None:
    """A number as one, also when it comes as a text; what is none stays as it was stated."""
    text = _text(value)
    return int(text) if text is not None and re.fullmatch(r"[0-9]{1,9}", text) else text


def _text(value: object) -> str | None:
    if isinstance(value, str):
        value = value.replace("\0", "")  # which no database takes in a text
        return value if value.strip() else None
    plain = isinstance(value, int | float) and not isinstance(value, bool)
    return str(value) if plain else None
