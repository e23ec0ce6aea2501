"""`opendk-ledger receive` on a real database, and the whole way of a stick there and back."""

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import text

from api.app import create_app
from cli import stick as sticks
from cli.main import main
from cli.opening import open_office, open_services
from ledger import Ledger, LogHead, durable
from ledger.server import Server
from ledger.settings import Settings
from tests import postgres
from tests.api.compat.made import WORKS, csv_zip, work
from tests.installation import ROOT
from tests.ledger.opensid.workbooks import export_of
from tests.simulator import Village, penduduk

KODE = "53.06.14.2001"
OTHER = "53.06.14.2002"
JPEG = b"\xff\xd8\xff photo"
ONE, TWO, THREE = (JPEG + b" %d" % it for it in range(3))
KILLED = """
import os, signal
from ledger import Ledger
append, left = Ledger.append, [{after}]
def killing(self, kode_desa, source):
    if not left[0]:
        os.kill(os.getpid(), signal.SIGKILL)
    left[0] -= 1
    return append(self, kode_desa, source)
Ledger.append = killing
from cli.main import main
main()
"""
"""The program, which is killed before it takes one batch more."""


@pytest.fixture
def settings(tmp_path: Path, server: Server, database: str) -> Settings:
    settings = Settings(
        data=tmp_path / "data",
        database_url=postgres.owner_url(server, database),
        origin="kecamatan.example",
        kode="53.06.14",
    )
    with open_office(settings) as services:
        services.registry.add_desa(KODE, "Lamika")
        services.registry.add_desa(OTHER, "Birawan")
    return settings


Run = Callable[..., Result]


@pytest.fixture
def run(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Run:
    for name, value in settings.to_env().items():
        monkeypatch.setenv(name, value)

    def command(*arguments: object) -> Result:
        result = CliRunner().invoke(main, list(map(str, arguments)))
        assert result.exception is None or isinstance(result.exception, SystemExit)
        return result

    return command


@pytest.fixture
def stick(tmp_path: Path) -> Path:
    folder = tmp_path / "usb"
    folder.mkdir()
    return folder


def enrolled(settings: Settings, kode: str = KODE, label: str = "sekdes-1") -> Village:
    """A village that signs, and writes to sticks by hand."""
    with open_services(settings) as services:
        pinned = services.ledger.office.log_key(kode).verifier
        village = Village(pinned, kode, label)
        services.registry.enrol(kode, village.key.verifier.to_vkey())
    return village


def signed(village: Village, stick: Path, count: int, **changed: object) -> list[Path]:
    """So many batches, each of two people, on a stick."""
    paths = []
    for _ in range(count):
        number = village.number + 1
        batch = village.sign([penduduk(number), penduduk(number + 100)], **changed)
        village.number, village.prev = number, batch.manifest.hash
        label = village.key.name.rpartition("/")[2]
        paths.append(stick / f"{village.kode_desa}-{label}-{number}.batch")
        paths[-1].write_bytes(batch.to_bytes())
    return paths


def heads(settings: Settings) -> dict[str, LogHead]:
    with open_services(settings) as services:
        return {it: services.ledger.head(it) for it in (KODE, OTHER)}


def refusals(settings: Settings) -> list[str]:
    with open_services(settings) as services, services.databases.owner.begin() as tx:
        query = text("SELECT code FROM ledger.refusal ORDER BY refused_at")
        return list(tx.execute(query).scalars())


def names(stick: Path) -> list[str]:
    return sorted(it.name for it in stick.iterdir())


def facts(result: Result) -> dict[str, Any]:
    facts_: dict[str, Any] = json.loads(result.stdout)
    return facts_


# --- batches -------------------------------------------------------------------------------------


def test_batches_are_taken_in_their_order(run: Run, settings: Settings, stick: Path) -> None:
    for label in ("sekdes-1", "kaur-2"):
        signed(enrolled(settings, KODE, label), stick, 11)
    signed(enrolled(settings, OTHER), stick, 1)
    result = run("receive", stick)
    assert result.exit_code == 0
    lines = result.stdout.splitlines()
    assert lines[0] == f"{KODE}-kaur-2-1.batch: kiriman ke-1, 2 perubahan, 26 temuan"
    assert [line.partition(":")[0] for line in lines[:-1]] == [
        *(f"{KODE}-kaur-2-{it}.batch" for it in range(1, 12)),
        *(f"{KODE}-sekdes-1-{it}.batch" for it in range(1, 12)),
        f"{OTHER}-sekdes-1-1.batch",
    ]
    assert lines[-1].startswith("23 kiriman diterima. 23 tanda terima ditulis")
    assert {it: head.size for it, head in heads(settings).items()} == {KODE: 22, OTHER: 1}


def test_whose_a_batch_is_its_manifest_says(run: Run, settings: Settings, stick: Path) -> None:
    (path,) = signed(enrolled(settings), stick, 1)
    path.rename(stick / f"{OTHER}-x-9.BATCH")
    assert run("receive", stick).exit_code == 0
    assert {it: head.size for it, head in heads(settings).items()} == {KODE: 1, OTHER: 0}
    assert names(stick) == [f"{KODE}-sekdes-1-1.tanda-terima.json", f"{OTHER}-x-9.BATCH"]


def test_taken_twice_is_once(run: Run, settings: Settings, stick: Path) -> None:
    signed(enrolled(settings), stick, 2)
    run("receive", stick)
    before = {it.name: it.read_bytes() for it in stick.iterdir()}
    result = run("receive", stick, stick)
    assert result.exit_code == 0
    assert f"{KODE}-sekdes-1-2.batch: sudah ada sebagai kiriman ke-2" in result.stdout
    assert heads(settings)[KODE].size == 2
    again = {it.name: it.read_bytes() for it in stick.iterdir()}
    told = {
        name: it.replace(b'"replayed": true', b'"replayed": false') for name, it in again.items()
    }
    assert told == before


def test_a_single_file_is_taken_too(run: Run, settings: Settings, stick: Path) -> None:
    first, second = signed(enrolled(settings), stick, 2)
    assert run("receive", second, first).exit_code == 0
    assert heads(settings)[KODE].size == 2


def test_a_gap_is_said_once(run: Run, settings: Settings, stick: Path) -> None:
    paths = signed(enrolled(settings), stick, 12)
    signed(enrolled(settings, KODE, "kaur-2"), stick, 1)
    paths[1].unlink()
    result = run("receive", stick)
    assert result.exit_code == 1
    lines = result.stdout.splitlines()
    gap = f"Urutan rantai desa/{KODE}/sekdes-1 tidak sambung: diharapkan 2, diterima 3."
    assert lines[1:4] == [
        f"{paths[0].name}: kiriman ke-2, 2 perubahan, 26 temuan",
        f"Ditolak {paths[2].name}: {gap}",
        f"desa/{KODE}/sekdes-1: 9 kiriman sesudahnya menunggu yang ditolak itu",
    ]
    assert refusals(settings) == ["gap"]
    assert heads(settings)[KODE].size == 2


def test_a_damaged_batch_stops_its_chain_alone(run: Run, settings: Settings, stick: Path) -> None:
    paths = signed(enrolled(settings), stick, 3)
    other = signed(enrolled(settings, OTHER), stick, 2)
    paths[1].write_bytes(paths[1].read_bytes()[:-20])
    told = facts(run("receive", stick, "--json"))
    assert [it["file"] for it in told["batches"]] == [str(it) for it in (paths[0], *other)]
    (refused,) = told["refused"]
    assert (refused["file"], refused["code"]) == (str(paths[1]), "bytes-mismatch")
    assert told["waiting"] == {f"desa/{KODE}/sekdes-1": 1}
    assert told["receipts"] == 3


def test_of_two_copies_a_good_one_is_enough(run: Run, settings: Settings, stick: Path) -> None:
    first, _ = signed(enrolled(settings), stick, 2)
    (stick / "Copy of.batch").write_bytes(first.read_bytes())
    first.write_bytes(first.read_bytes()[:-20])
    result = run("receive", stick)
    assert result.exit_code == 1
    assert heads(settings)[KODE].size == 2


def test_json_tells_everything(run: Run, settings: Settings, stick: Path) -> None:
    (path,) = signed(enrolled(settings), stick, 1)
    assert facts(run("receive", stick, "--json")) == {
        "batches": [
            {
                "file": str(path),
                "kode_desa": KODE,
                "position": 1,
                "chain": f"desa/{KODE}/sekdes-1",
                "number": 1,
                "replayed": False,
                "count": 2,
                "findings": 26,
            }
        ],
        "waiting": {},
        "files": {},
        "refused": [],
        "receipts": 1,
        "unwritten": {},
    }


# --- what is no batch, or not for here -----------------------------------------------------------


def test_what_is_no_batch_is_one_sentence_each(
    run: Run, settings: Settings, stick: Path, tmp_path: Path
) -> None:
    village = enrolled(settings)
    (path,) = signed(village, stick, 1)
    (stick / "a.batch").write_bytes(b"")
    (stick / "b.batch").write_bytes(os.urandom(100_000))
    with (stick / "c.batch").open("wb") as file:
        file.truncate(1 << 40)
    (stick / "d.batch").mkdir()
    (tmp_path / "real.batch").write_bytes(path.read_bytes())
    (stick / "e.batch").symlink_to(tmp_path / "real.batch")
    os.mkfifo(stick / "f.batch")
    foreign = path.read_bytes().replace(b"log kecamatan.example/", b"log tetangga.example/")
    (stick / "g.batch").write_bytes(foreign)
    (stick / "h\x1b[2J.batch").write_bytes(b"no batch\n\n\n\n")
    unknown = path.read_bytes().replace(KODE.encode(), b"53.06.14.2009")
    (stick / "i.batch").write_bytes(unknown)
    (stick / "._x.batch").write_bytes(b"what a Mac leaves behind")
    (stick / "catatan.txt").write_text("not for us")
    (stick / "System Volume Information").mkdir()
    before = {it.name for it in stick.iterdir()}
    result = run("receive", stick, tmp_path / "tidak-ada.batch")
    assert result.exit_code == 1
    told = dict(re.findall(r"(?m)^Ditolak (\S+): (.*)$", result.stdout))
    assert set(told) == {
        *(f"{it}.batch" for it in "abcdefgi"),
        r"'h\x1b[2J.batch'",
        "tidak-ada.batch",
    }
    assert "berakhir sebelum manifes" in told["a.batch"]
    assert "terlalu besar" in told["c.batch"]
    assert "sebuah folder" in told["d.batch"]
    assert "tautan" in told["e.batch"]
    assert "bukan berkas biasa" in told["f.batch"]
    assert told["g.batch"] == (
        "Kiriman ini untuk kantor tetangga.example, bukan kecamatan.example."
    )
    assert "53.06.14.2009 belum terdaftar" in told["i.batch"]
    assert "\x1b" not in result.output
    assert heads(settings)[KODE].size == 1
    assert set(names(stick)) - before == {f"{KODE}-sekdes-1-1.tanda-terima.json"}
    assert refusals(settings) == []


def test_a_key_that_nobody_enrolled_is_refused(run: Run, settings: Settings, stick: Path) -> None:
    with open_services(settings) as services:
        pinned = services.ledger.office.log_key(KODE).verifier
    signed(Village(pinned, KODE, "penipu"), stick, 3)
    result = run("receive", stick)
    assert result.exit_code == 1
    assert result.stdout.count("belum didaftarkan") == 1
    assert names(stick) == [f"{KODE}-penipu-{it}.batch" for it in (1, 2, 3)]


def test_an_empty_stick_is_said(run: Run, stick: Path) -> None:
    result = run("receive", stick)
    assert (result.exit_code, result.stdout) == (
        0,
        "Tidak ada kiriman atau berkas desa di sini.\n",
    )


def test_nothing_to_receive_is_wrong_usage(run: Run) -> None:
    assert run("receive").exit_code == 2


# --- sticks that are pulled out, full, or read-only ----------------------------------------------


def test_a_stick_that_is_pulled_out_is_one_sentence(
    run: Run, settings: Settings, stick: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    signed(enrolled(settings), stick, 5)
    append = Ledger.append

    def once(self: Ledger, kode_desa: str, source: Any) -> Any:
        done = append(self, kode_desa, source)
        for path in list(stick.iterdir()):
            path.unlink()
        return done

    monkeypatch.setattr(Ledger, "append", once)
    result = run("receive", stick)
    assert result.exit_code == 1
    assert result.stdout.count("Ditolak") == 1
    assert "stik tercabut" in result.stdout
    assert heads(settings)[KODE].size == 1
    assert names(stick) == []


def test_a_bad_sector_is_a_sentence(
    run: Run, settings: Settings, stick: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    paths = signed(enrolled(settings), stick, 2)

    opened = sticks.os.fdopen  # type: ignore[attr-defined]

    class Bad:
        def __init__(self, file: Any) -> None:
            self._file = file

        def __getattr__(self, name: str) -> Any:
            return getattr(self._file, name)

        def __enter__(self) -> Any:
            return self

        def __exit__(self, *_: object) -> None:
            self._file.close()

        def read(self, size: int) -> bytes:
            raise OSError(5, "Input/output error")

    def fdopen(descriptor: int, *mode: str) -> Any:
        file = opened(descriptor, *mode)
        name = Path(f"/proc/self/fd/{descriptor}").readlink().name
        return Bad(file) if name == paths[1].name else file

    monkeypatch.setattr(sticks.os, "fdopen", fdopen)  # type: ignore[attr-defined]
    result = run("receive", stick)
    monkeypatch.undo()
    assert (
        f"Ditolak {paths[1].name}: Tidak dapat dibaca: medianya rusak atau tercabut."
        in result.stdout
    )
    assert result.stdout.startswith(f"Ditolak {paths[1].name}")


def test_a_read_only_stick_is_taken_all_the_same(
    run: Run, settings: Settings, stick: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    signed(enrolled(settings), stick, 2)
    create = durable.create

    def refusing(path: Path, mode: int = 0o600) -> Any:
        if stick in path.parents:
            raise OSError(30, "Read-only file system")
        return create(path, mode)

    monkeypatch.setattr(durable, "create", refusing)
    result = run("receive", stick)
    assert result.exit_code == 0
    assert result.stdout.splitlines()[-1] == "2 kiriman diterima."
    assert f"tidak dapat ditulis ke {stick}: hanya dapat dibaca" in result.stderr
    assert heads(settings)[KODE].size == 2
    assert names(stick) == [f"{KODE}-sekdes-1-{it}.batch" for it in (1, 2)]


def test_a_receipt_is_written_whole_or_not_at_all(
    run: Run, settings: Settings, stick: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The stick is full at the second receipt."""
    signed(enrolled(settings), stick, 3)
    fsync, left = os.fsync, [2]

    def full(descriptor: int) -> None:
        if str(stick) in str(Path(f"/proc/self/fd/{descriptor}").readlink()):
            left[0] -= 1
            if left[0] < 0:
                raise OSError(28, "No space left on device")
        fsync(descriptor)

    monkeypatch.setattr(os, "fsync", full)
    result = run("receive", stick)
    assert "penyimpanan penuh" in result.stderr
    assert [it for it in names(stick) if not it.endswith(".batch")] == [
        f"{KODE}-sekdes-1-1.tanda-terima.json"
    ]
    json.loads((stick / f"{KODE}-sekdes-1-1.tanda-terima.json").read_text())


def test_what_a_killed_receive_left_half_written_is_swept(
    run: Run, settings: Settings, stick: Path
) -> None:
    signed(enrolled(settings), stick, 1)
    left = stick / f".{KODE}-se.0a1b2c3d"
    left.write_text('{"kode_')
    other = stick / ".Trash-1000"
    other.mkdir()
    run("receive", stick)
    assert (left.exists(), other.exists()) == (False, True)


# --- receipts ------------------------------------------------------------------------------------


def test_a_receipt_says_what_http_answers(run: Run, settings: Settings, stick: Path) -> None:
    (path,) = signed(enrolled(settings), stick, 1)
    run("receive", stick)
    told = json.loads((stick / f"{KODE}-sekdes-1-1.tanda-terima.json").read_text())
    with open_services(settings) as services:
        client = create_app(services).test_client()
        answer = client.post(f"/v1/desa/{KODE}/batches", data=path.read_bytes())
    assert answer.json == {**told, "replayed": True}
    assert told["findings"]["total"] == 26


def test_each_receipt_goes_on_from_the_one_before(
    run: Run, settings: Settings, stick: Path
) -> None:
    village = enrolled(settings)
    signed(enrolled(settings, KODE, "kaur-2"), stick, 2)
    run("receive", stick)
    signed(village, stick, 3)
    (stick / f"{KODE}-sekdes-1.dilihat").write_bytes(b"1\r\n")
    run("receive", stick)
    told = [
        json.loads((stick / f"{KODE}-sekdes-1-{it}.tanda-terima.json").read_text())
        for it in (1, 2, 3)
    ]
    assert [(it["seen"], it["position"]) for it in told] == [(1, 3), (5, 4), (5, 5)]


@pytest.mark.parametrize("said", [None, b"", b"banyak", b"-1\n", b"01\n", b"9" * 100])
def test_without_a_size_the_manifests_counts(
    run: Run, settings: Settings, stick: Path, said: bytes | None
) -> None:
    signed(enrolled(settings), stick, 1)
    if said is not None:
        (stick / f"{KODE}-sekdes-1.dilihat").write_bytes(said)
    assert run("receive", stick).exit_code == 0
    told = json.loads((stick / f"{KODE}-sekdes-1-1.tanda-terima.json").read_text())
    assert told["seen"] == 0


def test_a_desa_that_has_seen_more_gets_no_receipts(
    run: Run, settings: Settings, stick: Path
) -> None:
    signed(enrolled(settings), stick, 1)
    signed(enrolled(settings, OTHER), stick, 1)
    (stick / f"{KODE}-sekdes-1.dilihat").write_text("7\n")
    result = run("receive", stick)
    assert result.exit_code == 1
    assert (
        f"Ditolak {KODE}-sekdes-1.dilihat: Desa pernah melihat log ini sampai kiriman ke-7, di "
        "sini baru sampai ke-1" in result.stdout
    )
    assert [it for it in names(stick) if it.endswith(".json")] == [
        f"{OTHER}-sekdes-1-1.tanda-terima.json"
    ]
    refused = facts(run("receive", stick, "--json"))["refused"]
    assert [it["code"] for it in refused] == ["history"]


# --- photos and PDFs -----------------------------------------------------------------------------


def test_photos_are_taken_for_the_desa_of_their_folder(
    run: Run, settings: Settings, stick: Path, tmp_path: Path
) -> None:
    folder = stick / f"{KODE}-berkas"
    folder.mkdir()
    name = named(JPEG)
    (folder / name).write_bytes(JPEG)
    (folder / ("0" * 64)).write_bytes(JPEG)
    (folder / named(b"teks")).write_bytes(b"teks")
    (folder / "foto.jpg").write_bytes(JPEG)
    (folder / ("1" * 64)).symlink_to(folder / name)
    (folder / ".DS_Store").write_bytes(b"")
    (stick / "53.06.14.2009-berkas").mkdir()
    (stick / "53.06.14.2009-berkas" / name).write_bytes(JPEG)
    (stick / f"{OTHER}-berkas").symlink_to(folder)
    result = run("receive", stick)
    assert result.exit_code == 1
    assert f"{KODE}: 1 berkas baru, 0 sudah ada" in result.stdout
    told = dict(re.findall(r"(?m)^Ditolak (\S+): (.*)$", result.stdout))
    assert set(told) == {
        "0" * 64,
        "1" * 64,
        "foto.jpg",
        named(b"teks"),
        "53.06.14.2009-berkas",
        f"{OTHER}-berkas",
    }
    with open_services(settings) as services:
        assert services.blobs.read(KODE, name) == JPEG
        assert services.blobs.read(OTHER, name) is None
    assert f"{KODE}: 0 berkas baru, 1 sudah ada" in run("receive", folder).stdout


def test_a_photo_that_is_too_large_is_refused(
    run: Run, settings: Settings, stick: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LEDGER_MAX_FILE", "4")
    folder = stick / f"{KODE}-berkas"
    folder.mkdir()
    (folder / named(JPEG)).write_bytes(JPEG)
    result = run("receive", stick)
    assert (result.exit_code, "lebih besar dari 4 bita" in result.stdout) == (1, True)


def test_an_office_without_room_says_so(
    run: Run, settings: Settings, stick: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    signed(enrolled(settings), stick, 1)
    folder = stick / f"{KODE}-berkas"
    folder.mkdir()
    (folder / named(JPEG)).write_bytes(JPEG)
    create = durable.create

    def full(path: Path, mode: int = 0o600) -> Any:
        if settings.data in path.parents:
            raise OSError(28, "No space left on device")
        return create(path, mode)

    monkeypatch.setattr(durable, "create", full)
    result = run("receive", stick)
    assert result.exit_code == 1
    assert (
        f"Ditolak {named(JPEG)}: Tidak dapat disimpan di kantor ini: penyimpanan penuh."
        in result.stdout
    )
    assert heads(settings)[KODE].size == 1


# --- there and back ------------------------------------------------------------------------------


class Computer:
    """A computer of a desa without a line: `push --tulis`, as it is typed."""

    def __init__(self, run: Run, folder: Path, kode: str, label: str, stick: Path) -> None:
        self.run, self.folder, self.kode, self.stick = run, folder, kode, stick
        self.options: tuple[object, ...] = ("--state", folder, "--tulis", stick)
        self.people = 0
        told = run("push", "--desa", kode, "--label", label, *self.options).stdout
        vkey = re.search(r"desa/\S+\+\S+", told)
        assert vkey
        told = run("desa", "enrol", kode, vkey[0], "--yakin").stdout
        office = re.search(r"kecamatan\.example/\S+", told)
        assert office
        self.options += ("--kunci-kecamatan", office[0])

    def write(self, more: int = 0, code: int = 0) -> dict[str, Any]:
        """So many more people are told; gives what the command says of it."""
        given: tuple[object, ...] = ()
        if more:
            self.people += more
            export = self.folder.with_suffix(".xlsx")
            rows = ({"id": str(it + 1), "desa_id": self.kode} for it in range(self.people))
            export.write_bytes(export_of(*rows))
            given = ("--dari", export)
        result = self.run("push", *self.options, *given, "--json")
        assert result.exit_code == code, result.output
        return facts(result) if code == 0 else {}

    @property
    def position(self) -> tuple[int, int]:
        told = json.loads((self.folder / "position.json").read_text())
        return told["number"], told["size"]

    @property
    def pending(self) -> int:
        return len(list((self.folder / "pending").iterdir()))


@pytest.fixture
def computers(run: Run, tmp_path: Path, stick: Path) -> list[Computer]:
    """Two of one desa, and one of another, that share a stick."""
    return [
        Computer(run, tmp_path / "satu", KODE, "sekdes-1", stick),
        Computer(run, tmp_path / "dua", KODE, "kaur-2", stick),
        Computer(run, tmp_path / "tiga", OTHER, "sekdes-1", stick),
    ]


def test_there_and_back_and_there_again(
    run: Run, settings: Settings, stick: Path, computers: list[Computer]
) -> None:
    for trip in range(1, 4):
        for more, computer in enumerate(computers, start=1):
            told = computer.write(more)
            assert [it["number"] for it in told["batches"]] == ([trip - 1] if trip > 1 else [])
        assert run("receive", stick).exit_code == 0
        if trip == 2:
            assert run("receive", stick).exit_code == 0
    for computer in computers:
        (confirmed,) = computer.write()["batches"]
        assert confirmed["number"] == 3
    assert names(stick) == []
    assert [it.position for it in computers] == [(3, 6), (3, 6), (3, 3)]
    assert {it: head.size for it, head in heads(settings).items()} == {KODE: 6, OTHER: 3}
    assert [it.pending for it in computers] == [0, 0, 0]


def test_an_older_stick_after_a_newer_one_is_harmless(
    run: Run, settings: Settings, stick: Path, tmp_path: Path, computers: list[Computer]
) -> None:
    computer, other, _ = computers
    computer.write(1)
    older = {it.name: it.read_bytes() for it in stick.iterdir()}
    computer.write(1)
    other.write(1)
    assert run("receive", stick).exit_code == 0
    newer = {it.name: it.read_bytes() for it in stick.iterdir()}
    for path in stick.iterdir():
        path.unlink()
    for name, data in older.items():
        (stick / name).write_bytes(data)
    assert run("receive", stick).exit_code == 0
    assert [it["number"] for it in computer.write()["batches"]] == [1]
    for path in stick.iterdir():
        path.unlink()
    for name, data in newer.items():
        (stick / name).write_bytes(data)
    computer.write()
    assert run("receive", stick).exit_code == 0
    computer.write()
    assert computer.position == (2, 3)
    assert heads(settings)[KODE].size == 3


def test_killed_between_two_batches_again_takes_the_rest(
    run: Run, settings: Settings, stick: Path, computers: list[Computer], tmp_path: Path
) -> None:
    for _ in range(2):
        for computer in computers:
            computer.write(1)
    for after in (1, 4):
        code = KILLED.format(after=after)
        environment = {**os.environ, **settings.to_env(), "PYTHONPATH": str(ROOT)}
        done = subprocess.run(
            [sys.executable, "-c", code, "receive", str(stick)],
            env=environment,
            cwd=ROOT,
            capture_output=True,
            check=False,
        )
        assert done.returncode == -signal.SIGKILL
        sizes = [it.size for it in heads(settings).values()]
        assert sum(sizes) == after
    assert run("receive", stick).exit_code == 0
    assert [it.size for it in heads(settings).values()] == [4, 2]
    for computer in computers:
        computer.write()
    assert names(stick) == []
    assert [it.position for it in computers] == [(2, 4), (2, 4), (2, 2)]


def test_cut_off_between_receipts_what_lies_there_goes_on(
    run: Run, stick: Path, computers: list[Computer], monkeypatch: pytest.MonkeyPatch
) -> None:
    """They are written anew, since the log has grown: a new one after an old one would not."""
    computer, other, _ = computers
    for _ in range(3):
        computer.write(1)
    run("receive", stick)
    other.write(1)
    replaced, left = durable.replaced, [2]

    def cut_off(path: Path, mode: int = 0o600) -> Any:
        if "sekdes" in path.name:
            left[0] -= 1
            if left[0] < 0:
                raise KeyboardInterrupt
        return replaced(path, mode)

    monkeypatch.setattr(durable, "replaced", cut_off)
    CliRunner().invoke(main, ["receive", str(stick)])
    monkeypatch.setattr(durable, "replaced", replaced)
    assert left == [-1]
    told = computer.write()
    assert [it["number"] for it in told["batches"]] == [1, 2]
    assert computer.position == (2, 4)
    run("receive", stick)
    assert [it["number"] for it in computer.write()["batches"]] == [3]


def test_receipts_of_another_office_are_exit_code_3(
    run: Run, stick: Path, computers: list[Computer]
) -> None:
    computer = computers[0]
    computer.write(1)
    run("receive", stick)
    path = stick / f"{KODE}-sekdes-1-1.tanda-terima.json"
    told = json.loads(path.read_text())
    other = computers[2]
    other.write(1)
    run("receive", stick)
    theirs = json.loads((stick / f"{OTHER}-sekdes-1-1.tanda-terima.json").read_text())
    path.write_text(json.dumps({**told, "proof": theirs["proof"]}))
    computer.write(code=3)
    assert computer.pending == 1
    assert not (computer.folder / "position.json").exists()
    path.write_text(json.dumps(told))
    computer.write()
    assert computer.pending == 0


def test_an_office_that_went_back_to_a_backup_is_noticed_and_healed(
    run: Run,
    server: Server,
    settings: Settings,
    database: str,
    stick: Path,
    computers: list[Computer],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    computer = computers[0]
    computer.write(1)
    run("receive", stick)
    computer.write(1)
    backup = f"{database}_backup"
    postgres._administer(server, f"CREATE DATABASE {backup} TEMPLATE {database}")
    try:
        run("receive", stick)
        computer.write(1)
        assert computer.position == (2, 2)
        monkeypatch.setenv("DATABASE_URL", postgres.owner_url(server, backup))
        result = run("receive", stick)
        assert result.exit_code == 1
        assert "Urutan rantai" in result.stdout
        assert (
            "pernah melihat log ini sampai kiriman ke-2, di sini baru sampai ke-1" in result.stdout
        )
        assert names(stick) == [f"{KODE}-sekdes-1-3.batch", f"{KODE}-sekdes-1.dilihat"]
        # The desa keeps what it sent, and carries it again.
        for path in (computer.folder / "sent").iterdir():
            (stick / path.name).write_bytes(path.read_bytes())
        assert run("receive", stick).exit_code == 0
        assert [it["number"] for it in computer.write()["batches"]] == [3]
        assert computer.position == (3, 3)
        assert names(stick) == []
    finally:
        postgres._administer(server, f"DROP DATABASE {backup} WITH (FORCE)", server.superuser_url)


def test_the_offices_new_key_travels_with_the_receipts(
    run: Run, settings: Settings, stick: Path, computers: list[Computer]
) -> None:
    computer = computers[0]
    computer.write(1)
    for act in (("ganti-kunci", "log"), ("buang-kunci-lama",)):
        assert run("kantor", *act, "--yakin").exit_code == 0
    assert run("receive", stick).exit_code == 0
    result = run("push", *computer.options[:4])
    assert result.exit_code == 0
    assert "kecamatan berganti kunci log" in result.stderr
    assert computer.position == (1, 1)


def works(path: Path, *photos: bytes) -> Path:
    """An export of works, each with its photo."""
    rows = [work(KODE, it, f"Jalan {it}", foto=f"{it}.jpg") for it in range(1, len(photos) + 1)]
    pictures = {f"{it}.jpg": photo for it, photo in enumerate(photos, 1)}
    path.write_bytes(csv_zip(WORKS + "".join(rows), **pictures))
    return path


def named(data: bytes) -> str:
    return sha256(data).hexdigest()


def test_photos_go_with_their_records_and_are_cleared_with_them(
    run: Run, settings: Settings, stick: Path, computers: list[Computer], tmp_path: Path
) -> None:
    computer = computers[0]
    folder = stick / f"{KODE}-berkas"
    export = works(tmp_path / "a_opendk.zip", ONE, TWO)
    told = run("push", *computer.options, "--dari", export)
    assert told.stdout.endswith(
        f"{KODE}-sekdes-1-1.batch dengan 2 foto. Serahkan kepada kecamatan.\n"
    )
    assert {it.name for it in folder.iterdir()} == {named(ONE), named(TWO)}
    assert f"{KODE}: 2 berkas baru, 0 sudah ada" in run("receive", stick).stdout
    with open_services(settings) as services:
        assert services.blobs.read(KODE, named(ONE)) == ONE
    export = works(tmp_path / "b_opendk.zip", ONE, TWO, THREE)
    run("push", *computer.options, "--dari", export)
    assert {it.name for it in folder.iterdir()} == {named(THREE)}
    run("receive", stick)
    computer.write()
    assert names(stick) == []
