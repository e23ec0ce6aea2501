"""What OpenSID is answered: JSON it understands, whatever happens.

Each group of addresses reads answers in its own way (CONTRACT.md, section 3), so each has a
`Dialect`; but none ever gets a redirect, a bare text or a 5xx, on all of which OpenSID breaks.
The `message` is what the operator in the village reads, as HTML: it holds only our own words and
numbers.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Final

from flask import Blueprint, Response, json
from werkzeug.exceptions import HTTPException

from api.errors import SENTENCES, log_failure
from ledger import LedgerError, Outcome, TokenRefusedError
from ledger.database import OUTAGES, outage

Refusal = Callable[[str, int], tuple[dict[str, Any], int]]
"""Makes an answer of a sentence and the status that HTTP has for it."""

_SHOWN: Final = 10
"""So many rows that were left out are named to the operator; staff see all."""

NAMES: Final = {
    "desa": "Identitas desa",
    "penduduk": "Data penduduk",
    "program_bantuan": "Program bantuan",
    "peserta_bantuan": "Peserta bantuan",
    "pembangunan": "Pembangunan",
    "dokumentasi_pembangunan": "Dokumentasi pembangunan",
    "laporan": "Laporan",
    "surat": "Surat",
    "pesan": "Pesan",
}
"""What an upload is called, by entity."""


def answer(body: dict[str, Any], status: int = 200) -> Response:
    """A JSON answer."""
    return Response(json.dumps(body, ensure_ascii=False), status, mimetype="application/json")


def success(message: str) -> Response:
    """Green, to those who read `status`."""
    return answer({"status": "success", "message": message})


def danger(message: str) -> Response:
    """Red, to those who read `status`."""
    return answer({"status": "danger", "message": message})


def told(outcome: Outcome) -> Response:
    """What became of an upload."""
    return danger(sentence(outcome)) if outcome.refusal else success(sentence(outcome))


@dataclass(frozen=True)
class Dialect:
    """How a group of addresses says no: `refused(sentence, status)` is the answer."""

    refused: Refusal

    def install(self, blueprint: Blueprint) -> None:
        """Let every failure in a blueprint's views be answered in this dialect."""

        def say(message: str, status: int) -> Response:
            return answer(*self.refused(message, status))

        @blueprint.errorhandler(TokenRefusedError)
        def unknown(error: TokenRefusedError) -> Response:
            return say(str(error), 401)

        @blueprint.errorhandler(LedgerError)
        def refused(error: LedgerError) -> Response:
            return say(str(error), 422)

        @blueprint.errorhandler(HTTPException)
        def wrong(error: HTTPException) -> Response:
            status = error.code or 500
            return say(SENTENCES.get(status, SENTENCES[400]), status)

        @blueprint.errorhandler(Exception)
        def failed(error: Exception) -> Response:
            log_failure(error)
            return say(str(outage(error)) if isinstance(error, OUTAGES) else SENTENCES[500], 500)


def by_status(message: str, status: int) -> tuple[dict[str, Any], int]:
    """A refused token is 401, everything else 200: OpenSID reads `status` and `message`."""
    body = {"status": "danger", "message": message}
    return body, 401 if status == 401 else 200  # noqa: PLR2004  # the one that HTTP tells


def sentence(outcome: Outcome) -> str:
    """What became of an upload, for the operator in the village."""
    name = NAMES[outcome.upload.entity]
    if outcome.refusal:
        return f"{name} tidak diterima. {outcome.message}"
    return " ".join([f"{name} diterima: {_counts(outcome)}.", *_remarks(outcome)])


def deletions_sentence(outcome: Outcome) -> str:
    """What became of a list of deletions; nothing to say when nothing is in it."""
    if outcome.refusal:
        return f"Daftar hapus tidak diterima. {outcome.message}"
    counted = {"dihapus": outcome.deleted, "sudah tidak ada sebelumnya": outcome.unchanged}
    said = ", ".join(f"{count} {what}" for what, count in counted.items() if count)
    return " ".join([*([f"Daftar hapus: {said}."] if said else []), *_remarks(outcome)])


def _counts(outcome: Outcome) -> str:
    counted = {
        "baru": outcome.new,
        "berubah": outcome.changed,
        "dihapus": outcome.deleted,
        "tetap": outcome.unchanged,
    }
    said = [f"{count} {what}" for what, count in counted.items() if count]
    return ", ".join(said) or "tidak ada isinya"


def _remarks(outcome: Outcome) -> Iterator[str]:
    if outcome.positions:
        first, last = outcome.positions[0], outcome.positions[-1]
        places = f"ke-{first}" if first == last else f"ke-{first} sampai ke-{last}"
        yield f"Dicatat sebagai kiriman {places}."
    if outcome.left_out:
        rows = "; ".join(f"baris {it.row} {it.reason}" for it in outcome.left_out[:_SHOWN])
        more = len(outcome.left_out) - _SHOWN
        rest = f"; dan {more} lainnya" if more > 0 else ""
        yield f"{len(outcome.left_out)} tidak dibaca: {rows}{rest}."
    if outcome.kept:
        yield f"{outcome.kept} dalam daftar hapus masih ada dalam data penduduk: tidak dihapus."
    if outcome.withheld:
        yield (
            f"{outcome.withheld} catatan tidak ada lagi dalam unggahan ini: belum dihapus, "
            "menunggu persetujuan kecamatan."
        )
    if outcome.pictures:
        yield f"{outcome.pictures} berkas foto bukan gambar: tidak disimpan."
