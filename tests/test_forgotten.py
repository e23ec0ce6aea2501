"""Who is erased is nowhere in what an installation leaves behind: its logs, dumps and backups.

A real office in processes of its own takes the person by both protocols, refuses what is wrong
with them, shows them and looks for them; then they are erased. Whatever was written meanwhile is
searched, also what is packed in it; and what is older holds them still, which must be known.
"""

import io
import re
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlencode
from zipfile import ZipFile

import pytest
import urllib3
import zstandard

from cli.opening import open_office
from ledger import NO_PREVIOUS, NOTHING_SEEN, Draft, SigningKey, write_batch
from ledger.server import Server, find_programs
from ledger.settings import Settings
from tests.api.compat.made import dump, people
from tests.cli.test_redact import NAMA, NIK, ORDER, needles
from tests.installation import KODE_DESA, Office, serving
from tests.simulator import START, penduduk

OTHER = "52.03.04.2002"
PASSWORD = "kata sandi panjang"
KEY = SigningKey(f"desa/{KODE_DESA}/sekdes-1", bytes(range(32)))
PEOPLE = (penduduk(1), penduduk(8271, NAMA, nik=NIK, alamat=f"rumah {NAMA}"), penduduk(8272))


class Browser:
    """Somebody of the office at a browser."""

    def __init__(self, office: Office, username: str) -> None:
        self._pool = urllib3.PoolManager()
        self._address = office.address
        self._cookie = ""
        self._token = ""
        self.get("/masuk")
        assert self.post("/masuk", username=username, password=PASSWORD) == 302
        self.get("/")

    def get(self, path: str) -> int:
        answer = self._pool.request(
            "GET", self._address + path, headers={"Cookie": self._cookie}, redirect=False
        )
        self._keep(answer)
        if found := re.search(r'name="csrf_token" value="([^"]+)"', answer.data.decode()):
            self._token = found[1]
        self.page = answer.data.decode()
        return answer.status

    def post(self, path: str, **form: str) -> int:
        answer = self._pool.request(
            "POST",
            self._address + path,
            body=urlencode({**form, "csrf_token": self._token}),
            headers={
                "Content-Type": "application/x-www-form-urlencoded",
                "Cookie": self._cookie,
            },
            redirect=False,
        )
        self._keep(answer)
        self.location = answer.headers.get("Location", "")
        return answer.status

    def _keep(self, answer: urllib3.BaseHTTPResponse) -> None:
        for set_ in answer.headers.getlist("Set-Cookie"):
            self._cookie = set_.split(";")[0]


def batch(*drafts: Draft, number: int = 1) -> bytes:
    made = write_batch(
        [it.to_line() for it in drafts],
        KEY,
        log=f"batulayar.example/{KODE_DESA}",
        number=number,
        prev=NO_PREVIOUS,
        seen=NOTHING_SEEN,
        time=START,
    )
    return made.to_bytes()


def live_through(office: Office) -> None:
    """Everything in which the person comes by: taken, refused, shown, looked for, in error."""
    settings = Settings(data=office.folder / "office", origin="batulayar.example", kode="52.03.04")
    with open_office(settings) as services:
        for kode_desa in (KODE_DESA, OTHER):
            services.registry.add_desa(kode_desa, f"Desa {kode_desa[-4:]}")
        services.registry.enrol(KODE_DESA, KEY.verifier.to_vkey())
        services.accounts.add("siti", "Siti", "staf", "52.03.04", PASSWORD)
        token, _ = services.tokens.issue(OTHER, "OpenSID")
    address = f"{office.address}/v1/desa/{KODE_DESA}/batches"
    assert urllib3.request("POST", address, body=batch(*PEOPLE)).status == 201
    forked = batch(penduduk(8271, f"{NAMA} LAGI", nik=NIK))
    assert urllib3.request("POST", address, body=forked).status == 409
    broken = forked.replace(b'"op"', b'"po"')
    assert urllib3.request("POST", address, body=broken).status in {409, 422}
    assert urllib3.request("POST", address, body=f"{NIK} {NAMA}\n\n".encode()).status == 422
    upload(office, token)
    followed(office)
    siti = Browser(office, "siti")
    person = f"/desa/{KODE_DESA}/penduduk/8271"
    assert siti.get(person) == 200
    assert NAMA in siti.page
    why = {"tujuan": "pelayanan", "alasan": "surat pindah"}
    assert siti.post(f"/desa/{KODE_DESA}/buka/penduduk/8271", **why) == 302
    assert siti.get(person) == 200
    assert NIK in siti.page
    for words in (NAMA, NIK):
        assert siti.post(f"/desa/{KODE_DESA}/penduduk", cari=words) == 302
        assert siti.get(siti.location) == 200
        assert "8271" in siti.page
    for wrong in (NIK, f"x{NIK}", "8271/x"):
        assert siti.get(f"/desa/{KODE_DESA}/penduduk/{wrong}") == 404
    assert siti.get("/operasi") == 403


def upload(office: Office, token: str) -> None:
    """The same person by the old protocol, from another desa; with a row that is none."""
    facts = {"nama": NAMA, "nik": NIK}
    rows = people({"id": "8271", **facts}, {"id": NAMA, **facts}, {"id": "9"}, kode_desa=OTHER)
    answer = urllib3.request(
        "POST",
        f"{office.address}/api/v1/penduduk/storedata",
        fields={"file": ("desa/upload/x_opendk.zip", dump(rows))},
        headers={"Authorization": f"Bearer {token}"},
    )
    assert answer.status == 200
    assert "baris 3 id bukan bilangan" in answer.json()["message"]


def followed(office: Office) -> None:
    for _ in range(100):
        told = urllib3.request("GET", f"{office.address}/metrics").data.decode()
        behind = re.findall(r"opendk_projection_behind_batches\{.*\} (\S+)", told)
        if behind and not any(map(float, behind)):
            return
        time.sleep(0.2)
    pytest.fail("the worker does not follow")


def program(name: str, *options: str) -> bytes:
    command = [str(find_programs(None) / name), *options]
    return subprocess.run(command, capture_output=True, check=True).stdout


def dumped(office: Office) -> bytes:
    """A dump of the whole database, as text."""
    with Server(office.folder / "office") as server:
        address = server.superuser_url.replace("postgresql+psycopg:", "postgresql:")
        return program("pg_dump", f"--dbname={address}")


def opened(data: bytes) -> Iterator[bytes]:
    """What is written somewhere, and what is packed in it, however deep."""
    yield data
    if data.startswith(b"--\n-- PostgreSQL database dump"):
        for hexadecimal in re.findall(rb"\\\\x([0-9a-f]+)", data):
            yield from opened(bytes.fromhex(hexadecimal.decode()))
    if data.startswith(zstandard.FRAME_HEADER):
        yield zstandard.ZstdDecompressor().decompress(data)
    if data.startswith(b"PK"):
        with ZipFile(io.BytesIO(data)) as archive:
            for name in archive.namelist():
                yield from opened(archive.read(name))


def files(folder: Path) -> Iterator[tuple[str, bytes]]:
    """Every file below a folder; a dump of PostgreSQL's as its text."""
    for path in sorted(folder.rglob("*")):
        # The write-ahead log keeps old pages until it is reused: README says so.
        if path.is_file() and "pg_wal" not in path.parts:
            data = path.read_bytes()
            if data.startswith(b"PGDMP"):
                data = program("pg_restore", "--file=-", str(path))
            yield str(path.relative_to(folder)), data


def holding(written: Iterator[tuple[str, bytes]]) -> set[str]:
    """The names of what holds the person, in any spelling."""
    spelled = needles()
    return {
        name
        for name, data in written
        for it in opened(data)
        if any(word in it for word in spelled)
    }


def test_logs_dumps_and_new_backups_hold_nobody_who_was_erased() -> None:
    told = []
    with serving() as office:
        live_through(office)
        before, old, new = dumped(office), office.folder / "lama", office.folder / "baru"
        told.append(office.run("backup", str(old)))
        order = [it for pair in ORDER.items() for it in pair]
        told.append(office.run("redact", KODE_DESA, "penduduk", "8271"))
        for kode_desa in (KODE_DESA, OTHER):
            arguments = ("redact", kode_desa, "penduduk", "8271", "--sebutan", "--lakukan")
            told.append(office.run(*arguments, *order))
        siti = Browser(office, "siti")
        assert siti.get(f"/desa/{KODE_DESA}/penduduk/8271") == 410
        after = dumped(office)
        told.append(office.run("backup", str(new)))
        # The searches find what is there: in what is older, and packed.
        assert holding(iter([("before", before)])) == {"before"}
        (backup,) = (it for it in old.iterdir() if it.is_dir())
        held = holding(files(backup))
        assert "database.dump" in held
        assert any(it.startswith("blobs/") for it in held)
        # And nothing that is newer has it.
        assert holding(iter([("after", after)])) == set()
        assert holding(files(new)) == set()
        (backup,) = (it for it in new.iterdir() if it.is_dir())
        assert any(b'"8272"' in it for _, data in files(backup) for it in opened(data))
        said = "".join(it.stdout + it.stderr for it in told)
        assert "Cadangan yang dibuat sebelum ini masih memuatnya" in said
        assert holding(iter([("commands", said.encode())])) == set()
        # Nothing of what lies in the data folder, the database's own log and tables too.
        assert holding(files(office.folder / "office")) == set()
    # Both processes stopped: all that they logged is there, and something is.
    assert holding(iter([("log", office.logged.encode())])) == set()
    assert '"code": "fork"' in office.logged
    assert KODE_DESA in office.logged
