"""The whole road, as people walk it: commands, a running office, a real OpenSID's export.

An office is set up and served by the commands; a desa's computer pushes what a real OpenSID
exported; the read models and the log then hold what an independent reading of the file says.
"""

import json
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import date, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
import urllib3

from cli.opening import open_office
from ledger import Change, read_entries
from ledger.database import Databases, open_databases
from ledger.server import Server
from ledger.settings import Settings
from projections import status
from projections.queries import catatan
from projections.queries.penduduk import Filters, people
from tests.api.compat.made import WORKS, csv_zip, work
from tests.installation import KODE_DESA, ROOT, Office, serving
from tests.ledger.opensid import independent

EXPORTS = ROOT / "tests" / "data" / "opensid"


@pytest.fixture(scope="module")
def office() -> Iterator[Office]:
    with serving() as office:
        yield office


@pytest.fixture(scope="module")
def databases(office: Office) -> Iterator[Databases]:
    with Server(office.folder / "office") as server:
        opened = open_databases(server.url)
        yield opened
        opened.dispose()


def followed(databases: Databases) -> None:
    """Wait until the worker has followed the logs."""
    for _ in range(200):
        with databases.reader.connect() as tx:
            if not any(it.behind for it in status(tx)):
                return
        time.sleep(0.05)
    pytest.fail("the worker does not follow")


def logged(databases: Databases) -> list[list[Change]]:
    """The changes of each batch of the log."""
    with databases.reader.connect() as tx:
        return [list(it.changes()) for it in read_entries(tx, KODE_DESA, after=0, limit=100)]


def shown(databases: Databases, as_of: int | None = None) -> dict[str, dict[str, Any]]:
    """The read model, by id."""
    with databases.reader.connect() as tx:
        found = people(tx, KODE_DESA, Filters({}), as_of=as_of, limit=10_000)
    assert found.total == len(found.people)
    return {it.id: dict(it.values) for it in found.people}


def normal(value: object) -> object:
    """A value of the export as the read model is to have it."""
    if value is None or isinstance(value, int):
        return value
    # A line break inside a text becomes a space; blanks at its ends go.
    text = re.sub(r"\s*[\r\n\t]+\s*", " ", str(value)).strip()
    # OpenSID's spellings of nothing: no NIK, and MySQL's zero date.
    return None if not text or set(text) == {"0"} or text == "-0001-11-30" else text


def spelled(value: object) -> object:
    """A value of the read model as the export spells it."""
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%d %H:%M:%S")
    return value.isoformat() if isinstance(value, date) else value


def check_equal(model: dict[str, dict[str, Any]], export: str) -> None:
    """Row by row and field by field, against the independent reading."""
    expected = independent.records(export)
    assert set(model) == set(expected)
    for id_, record in expected.items():
        ours = {name: spelled(model[id_][name]) for name in record if name in model[id_]}
        theirs = {name: normal(value) for name, value in record.items() if name in model[id_]}
        if theirs["dusun"]:
            # Read models have one spelling of each dusun.
            theirs["dusun"] = " ".join(str(theirs["dusun"]).upper().split())
        assert ours == theirs, id_
        assert set(record) - set(model[id_]) <= {"id"}


def test_1_an_office_and_a_desa_are_set_up(office: Office) -> None:
    told = office.run("desa", "add", KODE_DESA, "Suka Maju").stdout
    pinned = re.search(r"batulayar\.example/\S+", told)
    assert pinned
    first = office.push(
        "--dari", str(EXPORTS / "first.zip"), "--kunci-kecamatan", pinned[0], code=5
    )
    vkey = re.search(rf"desa/{re.escape(KODE_DESA)}/\S+\+\S+", first.stdout)
    assert vkey
    assert "belum" in first.stderr
    office.run("desa", "enrol", KODE_DESA, vkey[0], "--yakin")
    office.run("user", "add", "siti", "--kata-sandi", "kata sandi panjang")


def test_2_the_export_of_a_real_opensid_arrives_whole(
    office: Office, databases: Databases
) -> None:
    """It was signed when the key was not enrolled yet, and waited for that."""
    told = office.push("--dari", str(EXPORTS / "first.zip")).stdout
    assert told.startswith("598 perubahan yang tertunda, 1 kiriman, diterima sebagai kiriman ke-1")
    followed(databases)
    (changes,) = logged(databases)
    expected = independent.records("first.zip")
    assert {it.id: json.loads(bytes(it.data)) for it in changes if it.data} == expected
    check_equal(shown(databases), "first.zip")


def test_3_the_same_again_sends_nothing(office: Office, databases: Databases) -> None:
    assert "Tidak ada perubahan" in office.push("--dari", str(EXPORTS / "first.zip")).stdout
    told = office.push("--dari", str(EXPORTS / "same_day_again.zip")).stdout
    assert "Tidak ada perubahan" in told
    assert len(logged(databases)) == 1


def test_4_three_days_later_exactly_what_changed(office: Office, databases: Databases) -> None:
    told = office.push("--dari", str(EXPORTS / "three_days_later.zip")).stdout
    before, after = independent.records("first.zip"), independent.records("three_days_later.zip")
    new, vanished = set(after) - set(before), set(before) - set(after)
    changed = {it for it in set(before) & set(after) if before[it] != after[it]}
    assert told.startswith(
        f"{len(new) + len(changed) + len(vanished)} perubahan "
        f"({len(new)} baru, {len(changed)} berubah, {len(vanished)} hilang)"
    )
    assert (len(new), len(changed), len(vanished)) == (3, 38, 6)
    followed(databases)
    _, changes = logged(databases)
    assert {it.id for it in changes if it.op == "put"} == new | changed
    assert {it.id for it in changes if it.op == "delete"} == vanished
    check_equal(shown(databases), "three_days_later.zip")


def test_5_the_old_state_can_still_be_seen(databases: Databases) -> None:
    check_equal(shown(databases, as_of=1), "first.zip")


def test_6_a_rebuild_gives_the_same(office: Office, databases: Databases) -> None:
    told = office.run("projections", "rebuild", "penduduk", "--desa", KODE_DESA).stdout
    assert "2 kiriman" in told
    check_equal(shown(databases), "three_days_later.zip")
    check_equal(shown(databases, as_of=1), "first.zip")


def test_7_a_clerk_sees_them(office: Office) -> None:
    pool = urllib3.PoolManager()
    page = pool.request("GET", f"{office.address}/masuk")
    token = re.search(r'name="csrf_token" value="([^"]+)"', page.data.decode())
    assert token
    form = {"username": "siti", "password": "kata sandi panjang", "csrf_token": token[1]}
    answer = pool.request(
        "POST",
        f"{office.address}/masuk",
        body=urlencode(form),
        headers={
            "Content-Type": "application/x-www-form-urlencoded",
            "Cookie": page.headers["Set-Cookie"].split(";")[0],
        },
        redirect=False,
    )
    assert answer.status == 302
    cookie = {"Cookie": answer.headers["Set-Cookie"].split(";")[0]}
    listed = pool.request(
        "GET",
        f"{office.address}/desa/{KODE_DESA}/penduduk?status_dasar=semua",
        headers=cookie,
    ).data.decode()
    assert "<b>595</b> orang" in listed


@pytest.mark.parametrize(
    ("arguments", "code", "sentence"),
    [
        (("desa", "add", "52.03.05.2001", "Lain"), 1, "bukan desa di kecamatan 52.03.04"),
        (("desa", "add", KODE_DESA, "Lagi"), 1, "sudah terdaftar"),
        (("desa", "enrol", KODE_DESA, "bukan-kunci", "--yakin"), 2, "bukan kunci"),
        (("user", "add", "x", "--kata-sandi", "pendek"), 1, "nama pengguna"),
        (("projections", "rebuild", "salah"), 1, "penduduk, keluarga"),
        (("projections", "rebuild"), 2, "--all"),
        (("projections", "rebuild", "--all", "--desa", "52.03.04.2009"), 1, "belum terdaftar"),
    ],
)
def test_8_what_cannot_be_done_is_one_line(
    office: Office, arguments: tuple[str, ...], code: int, sentence: str
) -> None:
    told = office.run(*arguments, code=code).stderr
    assert sentence in told
    if code == 1:
        assert told.count("\n") == 1


def test_9_lists_for_people_and_programs(office: Office) -> None:
    (desa,) = json.loads(office.run("desa", "list", "--json").stdout)
    assert (desa["kode_desa"], desa["kiriman"]) == (KODE_DESA, 2)
    assert "Suka Maju" in office.run("desa", "list").stdout
    assert "siti" in office.run("user", "list").stdout
    rows = json.loads(office.run("projections", "status", "--json").stdout)
    assert {it["state"] for it in rows} == {"live"}
    assert "terkini" in office.run("projections", "status").stdout


def test_photos_come_by_the_desas_key_and_messages_go_back(
    office: Office, databases: Databases, tmp_path: Path
) -> None:
    photo = b"\xff\xd8\xff\xe0 foto"
    digest = sha256(photo).hexdigest()
    export = tmp_path / "pembangunan_opendk.zip"
    row = work(KODE_DESA, 1, "Jalan", foto="a.jpg")
    export.write_bytes(csv_zip(WORKS + row, **{"a.jpg": photo}))
    told = office.push("--dari", str(export)).stdout
    assert told == (
        "1 perubahan (1 baru, 0 berubah, 0 hilang), 1 kiriman, diterima sebagai kiriman ke-3; "
        "1 foto dikirim\n"
    )
    assert (office.folder / "office" / "blobs" / digest[:2] / digest).read_bytes() == photo
    followed(databases)
    with databases.reader.connect() as tx:
        found = catatan.record(tx, "pembangunan", KODE_DESA, "1")
    assert found
    assert found["foto"] == f"sha256:{digest}"
    settings = Settings(data=office.folder / "office", origin="batulayar.example", kode="52.03.04")
    with open_office(settings) as services:
        siti = services.accounts.get("siti")
        assert siti
        services.messages.from_office(KODE_DESA, siti, "Lengkapi NIK.", judul="Data Oktober")
    assert "Dari kecamatan: 1 pesan; lihat" in office.push().stdout
    (kept,) = (office.folder / "desa" / "kotak-masuk").iterdir()
    assert json.loads(kept.read_text())["data"]["isi"] == "Lengkapi NIK."
    assert "Dari kecamatan" not in office.push().stdout


def test_an_office_without_a_name_is_told_what_to_fill_in(tmp_path: Path) -> None:
    office = Office(tmp_path, 1)
    done = subprocess.run(
        [sys.executable, "-m", "cli", "desa", "list"],
        capture_output=True,
        text=True,
        env={**office.environment, "LEDGER_ORIGIN": "", "DATABASE_URL": ""},
        cwd=ROOT,
        check=False,
    )
    assert done.returncode == 5
    assert "LEDGER_ORIGIN" in done.stderr


def test_a_database_that_is_not_there_is_told(tmp_path: Path) -> None:
    office = Office(tmp_path, 1)
    url = f"postgresql://nobody@/none?host={tmp_path}"
    done = subprocess.run(
        [sys.executable, "-m", "cli", "--database-url", url, "desa", "list"],
        capture_output=True,
        text=True,
        env=office.environment,
        cwd=ROOT,
        check=False,
    )
    assert done.returncode == 4
    assert done.stderr.startswith("Gagal: Basis data tidak dapat dihubungi")
    assert done.stderr.count("\n") == 1
