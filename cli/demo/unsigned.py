"""A small desa of the demonstration whose OpenSID is as it was: it uploads with a token.

    POST /api/v1/penduduk/storedata     the dump, whole each time
    POST /api/v1/pesan                  a message to the office

It is not one of those that sign: two ways at once would overwrite each other. Its second dump has
a row whose id a spreadsheet spoiled. So nobody can say who is missing from it, and whoever is
waits until the office decides.
"""

import io
import json
from collections.abc import Callable, Iterator, Mapping
from datetime import date, datetime, time, timedelta
from functools import partial
from pathlib import Path
from random import Random
from typing import Any, Final
from zipfile import ZIP_DEFLATED, ZipFile

import urllib3
from xlsxwriter import Workbook

from api.context import Services
from cli.demo import names
from cli.demo.life import WITA
from cli.demo.past import Event
from cli.demo.register import Numbers
from cli.demo.village import Village
from cli.sender import files
from ledger import LedgerError
from ledger.opensid.forms import PENDUDUK

KODE: Final = f"{names.KODE_KECAMATAN}.{names.FIRST_DESA + 3}"
NAMA: Final = names.DESA[3][0]
LOADED: Final = 3
"""The push with which its register is complete."""
_PEOPLE: Final = 160
_SERIAL: Final = 9_001
"""Its numbers of NIK and KK begin where those of no other desa come."""
_DAYS: Final = 45
"""From the first dump to the second."""
_PATIENCE: Final = urllib3.Timeout(total=60)
_ASKED: Final = {
    "judul": "Pendaftaran kunci desa",
    "pesan": "Selamat siang. Kami dengar kiriman desa kini dapat ditandatangani sendiri. "
    "Bagaimana cara mendaftarkan kunci untuk komputer kantor desa?",
    "nama_pengirim": "Kaur Perencanaan",
}
_ASKED_AFTER: Final = {
    "judul": "Penduduk yang hilang dari unggahan",
    "pesan": "Pada unggahan hari ini satu baris rusak karena berkasnya sempat dibuka di Excel. "
    "Mohon jangan dihapus dulu; kami perbaiki dan unggah lagi.",
    "nama_pengirim": "Kaur Perencanaan",
}


class UploadError(LedgerError):
    """The office did not take what this desa uploads."""

    code = "demo-upload"

    def __init__(self, path: str, message: str) -> None:
        super().__init__(f"Unggahan {path} tidak diterima: {message}")


def people_of(until: date) -> Village:
    """The desa's register, of which its OpenSID tells people alone."""
    rng = Random(f"unsigned/{KODE}")  # noqa: S311  # a play, not a secret
    numbers = Numbers(rng, KODE, _SERIAL, 1)
    return Village(rng, numbers, KODE, until - timedelta(days=_DAYS), until, _PEOPLE)


def uploads(services: Services, address: str, until: date, folder: Path) -> Iterator[Event]:
    """What has not come yet. Each request leaves a row behind, so their number says how far."""
    village = people_of(until)
    requests: tuple[tuple[int, str, Callable[[], dict[str, Any]]], ...] = (
        (_DAYS, "identitas-desa", lambda: _json(identity(village))),
        (_DAYS, "penduduk/storedata", lambda: form(first(village), until)),
        (_DAYS, "penduduk", lambda: _json({"hapus_penduduk": []})),
        (6, "pesan", lambda: _json(_ASKED)),
        (1, "penduduk/storedata", lambda: form(second(village), until)),
        (1, "penduduk", lambda: _json({"hapus_penduduk": []})),
        (1, "pesan", lambda: _json(_ASKED_AFTER)),
    )
    done = len(services.gateway.uploads(KODE))
    for number, (days, path, body) in enumerate(requests):
        if number >= done:
            on = _at(until - timedelta(days=days), number)
            send = partial(_send, services, address, path, folder, body)
            yield Event(on, f"{NAMA}: {path}", send)


def answered_on(until: date) -> datetime:
    """When the office has answered the first message."""
    return _at(until - timedelta(days=5), 0)


def _at(day: date, minute: int) -> datetime:
    return datetime.combine(day, time(10), WITA) + timedelta(minutes=minute)


# --- what it states ------------------------------------------------------------------------------


def identity(village: Village) -> dict[str, str]:
    """What its OpenSID says of the desa: neither its name nor how large it is."""
    desa = village.state_after(LOADED)["desa"][KODE]
    path = json.dumps(desa["path"])
    return {"sebutan_desa": desa["sebutan_desa"], "website": desa["website"], "path": path}


def first(village: Village) -> list[dict[str, str]]:
    """The rows of the first dump: everybody on the first day."""
    people = village.state_after(LOADED)["penduduk"]
    return [_row(it) for it in people.values()]


def second(village: Village) -> list[dict[str, str]]:
    """The rows of the newest dump: one has an id that is none, and two people are not there."""
    *_, last = village.pushes()
    rows = [_row(it) for it in village.state_after(last.number)["penduduk"].values()]
    del rows[40:42]
    rows[11]["id"] += ",00"
    return rows


def _row(person: Mapping[str, Any]) -> dict[str, str]:
    """A person as OpenSID's sheet has one: all of it text."""
    row = {"desa_id": KODE}
    for column in PENDUDUK.columns:
        value = person.get(column.field) if column.field else None
        if value is not None:
            text = str(value)
            row[column.name] = text[:19].replace("T", " ") if column.name.endswith("_at") else text
    return row


def form(rows: list[dict[str, str]], until: date) -> dict[str, Any]:
    """The body of a form with the ZIP around the sheet."""
    sheet, file = io.BytesIO(), io.BytesIO()
    with Workbook(sheet, {"in_memory": True}) as book:
        page = book.add_worksheet()
        titles = [it.name for it in PENDUDUK.columns]
        page.write_row(0, 0, titles)
        for number, row in enumerate(rows, start=1):
            for column, title in enumerate(titles):
                page.write_string(number, column, row.get(title, ""))
    with ZipFile(file, "w", ZIP_DEFLATED) as archive:
        archive.writestr(f"penduduk_{until:%d_%m_%Y}_opendk.xlsx", sheet.getvalue())
    name = f"penduduk_{until:%d_%m_%Y}_opendk.zip"
    return {"fields": {"file": (name, file.getvalue())}}


def _json(facts: Mapping[str, Any]) -> dict[str, Any]:
    return {"json": {"kode_desa": KODE, **facts}}


# --- how it is sent ------------------------------------------------------------------------------


def _send(
    services: Services, address: str, path: str, folder: Path, body: Callable[[], dict[str, Any]]
) -> None:
    token = _token(services, folder)
    headers = {"Authorization": f"Bearer {token}"}
    options: dict[str, Any] = {
        "headers": headers,
        "timeout": _PATIENCE,
        "retries": False,
        **body(),
    }
    told = urllib3.request("POST", f"{address}/api/v1/{path}", **options).json()
    if told.get("status") not in {"success", True}:
        raise UploadError(path, str(told.get("message")))


def _token(services: Services, folder: Path) -> str:
    """The token in the settings of its OpenSID; issued when there is none yet."""
    path = folder / "token"
    if not path.exists():
        text, _ = services.tokens.issue(KODE, "OpenSID kantor desa")
        files.make_folder(folder)
        files.write(path, text.encode())
    return path.read_text()
