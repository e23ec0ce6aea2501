"""An unmodified OpenSID's requests, byte for byte over the wire, against a running office.

What a test client smooths over: a body announced by `Expect: 100-continue`, no User-Agent, a slash
too many in the request line, connections that are reused or not.
"""

import io
import json
import re
import socket
import time
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from http.client import HTTPResponse

import pytest
import urllib3

from tests import recorded
from tests.api.compat.made import crowd, dump
from tests.installation import KODE_DESA, Office, serving
from tests.recorded import FOLDER

_CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"


@dataclass
class Desa:
    """A desa whose OpenSID has an address and a token."""

    office: Office
    token: str

    def send(self, head: bytes, body: bytes) -> tuple[int, dict[str, object]]:
        """Send a head as it was recorded, but for whose it is; then the body."""
        lines = []
        expects = False
        for line in head.strip().split(b"\r\n"):
            name = line.partition(b":")[0].lower()
            if name == b"host":
                lines.append(f"Host: 127.0.0.1:{self.office.port}".encode())
            elif name == b"authorization":
                lines.append(f"Authorization: Bearer {self.token}".encode())
            else:
                lines.append(line)
            expects = expects or name == b"expect"
        with socket.create_connection(("127.0.0.1", self.office.port), timeout=60) as wire:
            wire.sendall(b"\r\n".join(lines) + b"\r\n\r\n")
            if expects:
                assert wire.recv(len(_CONTINUE), socket.MSG_WAITALL) == _CONTINUE
            wire.sendall(body)
            answer = HTTPResponse(wire)
            answer.begin()
            return answer.status, json.loads(answer.read() or b"{}")

    def replay(self, name: str, head: bytes | None = None) -> tuple[int, dict[str, object]]:
        """Send a recorded request."""
        request = recorded.request(name)
        head = head or (FOLDER / name / "head.bin").read_bytes()
        return self.send(head.replace(b"Accept-Encoding", b"X-Accept-Encoding"), request.body)


@pytest.fixture(scope="module")
def desa() -> Iterator[Desa]:
    with serving() as office:
        for kode_desa in (KODE_DESA, recorded.B):
            office.run("desa", "add", kode_desa, f"Desa {kode_desa[-4:]}")
        told = json.loads(office.run("desa", "token", KODE_DESA, "--json").stdout)
        yield Desa(office, told["token"])


@pytest.mark.parametrize("scenario", ["a0_identitas", "a0_penduduk", "a0_bantuan", "a0_laporan"])
def test_recorded_bytes_are_taken(desa: Desa, scenario: str) -> None:
    for request in recorded.scenario(scenario):
        status, body = desa.replay(request.name)
        assert (status, body["status"]) == (200, "success")


def test_a_body_that_waits_to_be_asked_for(desa: Desa) -> None:
    """cURL sends `100-continue`, Guzzle `100-Continue`."""
    head = (FOLDER / "a0_penduduk_repush" / "001" / "head.bin").read_bytes()
    for spelling in (b"100-continue", b"100-Continue"):
        asking = head.rstrip() + b"\r\nExpect: " + spelling + b"\r\n\r\n"
        status, body = desa.replay("a0_penduduk_repush/001", asking)
        assert (status, body["message"]) == (200, "Data penduduk diterima: 598 tetap.")


def test_a_slash_too_many(desa: Desa) -> None:
    status, body = desa.replay("x_server_trailing_slash/003")
    assert status == 200
    assert "message" in body


def test_a_body_over_five_mebibytes(desa: Desa) -> None:
    """OpenDK takes no more than five; a village of photos has more."""
    photo = b"\xff\xd8\xff\xe0" + bytes(range(256)) * 1024
    photos = {f"kecil_{id_}.jpg": photo + bytes([id_]) for id_ in range(40)}
    rows = crowd(1, 39)
    for row in rows:
        row["foto"] = f"{row['id']}.jpg"

    buffer = io.BytesIO(dump(rows))
    with zipfile.ZipFile(buffer, "a", zipfile.ZIP_STORED) as archive:
        for name, data in photos.items():
            archive.writestr(name, data)
    form = {"file": ("desa/upload/sinkronisasi/x_opendk.zip", buffer.getvalue())}
    assert len(buffer.getvalue()) > 5 * 1024 * 1024
    answer = urllib3.request(
        "POST",
        f"{desa.office.address}/api/v1/penduduk/storedata",
        fields=form,
        headers={"Authorization": f"Bearer {desa.token}"},
        redirect=False,
    )
    assert answer.status == 200
    # The others of the 598 are missing, far too many to be believed.
    assert re.search(r"catatan tidak ada lagi", answer.json()["message"])


def test_what_arrived_is_on_the_page_and_the_log_is_proved(desa: Desa) -> None:
    told = desa.office.run("projections", "status", "--json").stdout
    deadline = time.monotonic() + 30
    while any(it["behind"] for it in json.loads(told)) and time.monotonic() < deadline:
        time.sleep(0.2)
        told = desa.office.run("projections", "status", "--json").stdout
    assert not any(it["behind"] for it in json.loads(told))
    head = urllib3.request("GET", f"{desa.office.address}/v1/desa/{KODE_DESA}/head").json()
    (chain,) = head["chains"]
    assert chain["chain"] == "server/batulayar.example/opendk-v1"
    address = f"{desa.office.address}/v1/desa/{KODE_DESA}/batches/{head['size']}/receipt"
    assert urllib3.request("GET", address).status == 200


def test_a_revoked_token_stops_at_once(desa: Desa) -> None:
    (row,) = json.loads(desa.office.run("desa", "token", KODE_DESA, "--daftar", "--json").stdout)
    desa.office.run("desa", "token", KODE_DESA, "--cabut", row["id"])
    status, body = desa.replay("a0_penduduk_repush/002")
    assert (status, body["status"]) == (401, "danger")
