"""The command, with exports of a real OpenSID and an office in memory."""

import json
from collections.abc import Callable
from datetime import timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from cli.push import push
from tests.api.compat.made import WORKS, csv_zip, work
from tests.cli.sender.computer import Computer
from tests.cli.sender.office import KODE_DESA, Office, listening
from tests.ledger.opensid import independent
from tests.ledger.opensid.workbooks import PERSON, export_of

FIRST = independent.DATA / "first.zip"
AGAIN = independent.DATA / "same_day_again.zip"
LATER = independent.DATA / "three_days_later.zip"


@pytest.fixture(autouse=True)
def no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cli.sender.client.FIRST_PAUSE_S", 0.0)
    monkeypatch.setattr("cli.sender.client.LONGEST_PAUSE_S", 0.0)


Run = Callable[..., Result]


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """Run the command with a folder of its own; options are given as on the command line."""

    def command(*options: object, **env: str) -> Result:
        arguments = ["--state", str(tmp_path / "kiriman"), *map(str, options)]
        return CliRunner().invoke(push, arguments, env=env)

    return command


@pytest.fixture
def enrolled(run: Run, office: Office, url: str, tmp_path: Path) -> Run:
    """The command on a computer whose key is enrolled; the address is given."""
    run("--desa", KODE_DESA, "--url", url, "--kunci-kecamatan", office.vkey)
    Computer(tmp_path / "kiriman", url, office).set_up()

    def command(*options: object, **env: str) -> Result:
        return run("--url", url, *options, **env)

    return command


def facts(result: Result) -> dict[str, Any]:
    facts_: dict[str, Any] = json.loads(result.stdout)
    return facts_


# --- the road ------------------------------------------------------------------------------------


def test_the_first_export_is_598_new_people(enrolled: Run, office: Office) -> None:
    result = enrolled("--dari", FIRST)
    assert result.stdout == (
        "598 perubahan (598 baru, 0 berubah, 0 hilang), 1 kiriman, diterima sebagai kiriman ke-1\n"
    )
    assert result.exit_code == 0
    assert office.records() == independent.records("first.zip")


@pytest.mark.parametrize("again", [FIRST, AGAIN])
def test_pushed_again_nothing_is_sent(enrolled: Run, office: Office, again: Path) -> None:
    enrolled("--dari", FIRST)
    result = enrolled("--dari", again)
    assert result.stdout == "Tidak ada perubahan sejak kiriman terakhir.\n"
    assert result.exit_code == 0
    assert office.numbers() == [1]


def test_three_days_later_exactly_what_changed_is_sent(enrolled: Run, office: Office) -> None:
    enrolled("--dari", FIRST)
    result = enrolled("--dari", LATER)
    assert result.stdout.startswith("47 perubahan (3 baru, 38 berubah, 6 hilang), 1 kiriman")
    assert office.batches[1].manifest.count == 47
    assert office.records() == independent.records("three_days_later.zip")


def test_absent_people_are_derived_deletes(enrolled: Run, office: Office) -> None:
    enrolled("--dari", FIRST)
    enrolled("--dari", LATER)
    deletes = [json.loads(it) for it in office.batches[1].body.splitlines() if b'"delete"' in it]
    then, now = independent.records("first.zip"), independent.records("three_days_later.zip")
    assert {it["id"] for it in deletes} == then.keys() - now.keys()
    assert {it["derived"] for it in deletes} == {"absent"}


def test_a_change_says_when_it_was_saved_in_the_zone_of_the_desa(
    enrolled: Run,
    office: Office,
) -> None:
    enrolled("--dari", FIRST)
    change = json.loads(office.batches[0].body.splitlines()[0])
    assert change["data"]["updated_at"] == "2026-03-01 08:00:00"
    assert change["at"] == "2026-03-01T08:00:00+08:00"


def test_the_zone_can_be_told(enrolled: Run, office: Office) -> None:
    enrolled("--dari", FIRST, "--zona", "Asia/Jakarta")
    change = json.loads(office.batches[0].body.splitlines()[0])
    assert change["at"] == "2026-03-01T08:00:00+07:00"


def test_json_is_one_object(enrolled: Run) -> None:
    enrolled("--dari", FIRST)
    result = facts(enrolled("--dari", LATER, "--json"))
    assert result == {
        "kode_desa": KODE_DESA,
        "new": 3,
        "changed": 38,
        "vanished": 6,
        "withheld": 0,
        "left_out": [],
        "batches": [
            {"number": 2, "position": 2, "count": 47, "replayed": False, "findings": 0},
        ],
        "files": [],
        "healed": 0,
        "pictures": 0,
        "unfit": {},
        "inbox": [],
    }


def test_progress_is_on_stderr(enrolled: Run) -> None:
    assert "mengirim kiriman nomor 1" in enrolled("--dari", FIRST, "--json").stderr


def test_options_may_come_from_the_environment(enrolled: Run, office: Office) -> None:
    result = enrolled(OPENDK_PUSH_DARI=str(FIRST))
    assert result.exit_code == 0
    assert len(office.records()) == 598


# --- keys ----------------------------------------------------------------------------------------


def test_the_first_run_shows_the_key_to_enrol(run: Run, url: str) -> None:
    result = run("--desa", KODE_DESA, "--url", url, "--dari", FIRST)
    assert result.exit_code == 5
    assert f"desa/{KODE_DESA}/opensid-1+" in result.stdout
    assert len(result.stdout.splitlines()[3].split()) == 8
    assert "--kunci-kecamatan" in result.stderr


def test_until_it_is_enrolled_the_key_is_shown(run: Run, office: Office, url: str) -> None:
    options = ("--desa", KODE_DESA, "--url", url, "--kunci-kecamatan", office.vkey)
    first = run(*options, "--dari", FIRST)
    again = run("--url", url, "--dari", FIRST)
    assert (first.exit_code, again.exit_code) == (5, 5)
    assert first.stdout == again.stdout
    assert "belum didaftarkan" in again.stderr


def test_the_key_can_be_read_by_a_program(run: Run, office: Office, url: str) -> None:
    options = ("--desa", KODE_DESA, "--url", url, "--kunci-kecamatan", office.vkey)
    shown = facts(run(*options, "--dari", FIRST, "--json"))
    assert set(shown) == {"name", "vkey", "fingerprint"}


def test_once_enrolled_it_goes_on(run: Run, office: Office, url: str, tmp_path: Path) -> None:
    run("--desa", KODE_DESA, "--url", url, "--kunci-kecamatan", office.vkey, "--dari", FIRST)
    Computer(tmp_path / "kiriman", url, office).set_up()
    result = run("--url", url, "--dari", FIRST)
    assert result.exit_code == 0
    assert len(office.records()) == 598


def test_what_was_pending_alone_is_told_too(
    run: Run,
    office: Office,
    url: str,
    tmp_path: Path,
) -> None:
    run("--desa", KODE_DESA, "--url", url, "--kunci-kecamatan", office.vkey, "--dari", FIRST)
    Computer(tmp_path / "kiriman", url, office).set_up()
    result = run("--url", url)
    assert result.stdout.endswith("1 kiriman, diterima sebagai kiriman ke-1\n")


def test_a_code_introduces_the_key_and_the_fingerprint_is_shown(
    run: Run, office: Office, url: str
) -> None:
    office.codes.append("7KQ2-M4XN-0TCB-V9EH")
    options = ("--desa", KODE_DESA, "--url", url, "--kunci-kecamatan", office.vkey)
    told = run(*options, "--kode", "7kq2m4xnotcbv9eh", "--dari", FIRST)
    assert told.exit_code == 0
    assert "menunggu disetujui" in told.stdout
    assert len(told.stdout.splitlines()[2].split()) == 8
    assert run("--url", url, "--dari", FIRST).exit_code == 5
    office.accept()
    assert run("--url", url, "--kode", "7kq2m4xnotcbv9eh", "--dari", FIRST).exit_code == 0
    assert len(office.records()) == 598


def test_a_key_is_handed_over_and_the_export_goes_by_the_new_one(
    enrolled: Run, office: Office
) -> None:
    enrolled("--dari", FIRST)
    result = enrolled("--ganti-kunci", "--label", "sekdes-1", "--dari", LATER)
    assert result.exit_code == 0
    assert f"kini desa/{KODE_DESA}/sekdes-1" in result.stderr
    assert [it.manifest.chain.rpartition("/")[2] for it in office.batches] == [
        "opensid-1",
        "sekdes-1",
    ]


def test_whoever_ends_its_own_key_sends_nothing_more(enrolled: Run, office: Office) -> None:
    result = enrolled("--cabut-kunci", "opensid-1", "--dari", FIRST)
    assert (result.exit_code, result.stdout) == (0, "")
    assert "tidak berlaku lagi" in result.stderr
    assert office.batches == []


@pytest.mark.usefixtures("enrolled")
@pytest.mark.parametrize("option", [("--kode", "x"), ("--ganti-kunci",), ("--cabut-kunci", "x")])
def test_keys_need_a_line(run: Run, tmp_path: Path, option: tuple[str, ...]) -> None:
    assert run("--tulis", tmp_path, *option).exit_code == 2


# --- photos, and what the office says ------------------------------------------------------------

ONE, TWO, THREE = (b"\xff\xd8\xff\xe0 photo %d" % it for it in range(3))


def works(folder: Path, **photos: bytes) -> Path:
    """An export of works, each with its photo."""
    rows = [
        work(KODE_DESA, it, f"Jalan {it}", foto=f"{name}.jpg") for it, name in enumerate(photos, 1)
    ]
    path = folder / "pembangunan_opendk.zip"
    path.write_bytes(csv_zip(WORKS + "".join(rows), **{f"{it}.jpg": photos[it] for it in photos}))
    return path


def named(data: bytes) -> str:
    return sha256(data).hexdigest()


def test_the_photos_of_an_export_are_brought_once(
    enrolled: Run, office: Office, tmp_path: Path
) -> None:
    export = works(tmp_path, a=ONE, b=TWO, c=ONE)
    result = enrolled("--dari", export)
    assert result.exit_code == 0, result.output
    assert result.stdout.endswith("diterima sebagai kiriman ke-1; 2 foto dikirim\n")
    assert office.files == {named(ONE): ONE, named(TWO): TWO}
    stated = {id_: it["foto"] for id_, it in office.records().items()}
    assert stated == {
        id_: f"sha256:{named(it)}" for id_, it in zip("123", (ONE, TWO, ONE), strict=True)
    }
    asked = office.received
    assert facts(enrolled("--dari", export, "--json"))["pictures"] == 0
    assert office.received - asked == 4, "head, receipt, which files are there, and the inbox"
    # What an office lost comes again, though no record has changed.
    del office.files[named(TWO)]
    result = enrolled("--dari", export)
    assert result.stdout == "Tidak ada perubahan sejak kiriman terakhir; 1 foto dikirim.\n"
    assert office.files[named(TWO)] == TWO


def test_a_photo_that_is_not_taken_does_not_keep_the_others(
    enrolled: Run, office: Office, tmp_path: Path
) -> None:
    office.unfit = {named(ONE)}
    result = enrolled("--dari", works(tmp_path, a=ONE, b=TWO, c=b"<html>"), "--json")
    assert result.exit_code == 0
    assert facts(result)["unfit"].keys() == {named(ONE)}
    assert office.files.keys() == {named(TWO)}
    assert f"foto {named(ONE)[:8]} tidak diterima: Berkas terlalu besar." in result.stderr
    assert "Kecilkan berkasnya di OpenSID" in result.stderr
    assert "c.jpg bukan gambar, jadi tidak dikirim." in result.stderr


@pytest.mark.parametrize("days", [-400, 0, 400])
def test_a_wrong_clock_of_the_village_does_not_matter(
    enrolled: Run, office: Office, tmp_path: Path, days: int
) -> None:
    office.ahead = timedelta(days=days)
    assert enrolled("--dari", works(tmp_path, a=ONE)).exit_code == 0
    assert office.files == {named(ONE): ONE}


def test_what_was_sent_counts_though_the_line_broke_before_its_photos(
    enrolled: Run, office: Office, tmp_path: Path
) -> None:
    export = works(tmp_path, a=ONE, b=TWO)
    office.faults = [None, None, None, *[503] * 5]
    result = enrolled("--dari", export, "--json")
    assert result.exit_code == 1
    assert len(facts(result)["batches"]) == 1
    assert "Periksa sambungan lalu ulangi" in result.stderr
    assert len(office.files) == 1
    result = enrolled("--dari", export)
    assert result.stdout == "Tidak ada perubahan sejak kiriman terakhir; 1 foto dikirim.\n"
    assert office.files == {named(ONE): ONE, named(TWO): TWO}


SAYS = [
    {
        "id": "pesan/1",
        "kind": "pesan",
        "at": "2026-11-23T01:00:00+00:00",
        "data": {"nomor": 1, "judul": "Rahasia", "isi": "NIK 5203040101800001"},
    },
    {
        "id": "keputusan_surat/9c5b",
        "kind": "keputusan_surat",
        "at": "2026-11-23T02:00:00+00:00",
        "data": {"nomor": "470/1/../2026", "keadaan": "ditandatangani", "berkas": named(b"%PDF-")},
    },
    {
        "id": "pesan/2",
        "kind": "pesan",
        "at": "2026-11-23T03:00:00+00:00",
        "data": {"nomor": 2, "judul": "Lagi", "isi": "isi"},
    },
    {
        "id": "penolakan/1f",
        "kind": "penolakan",
        "at": "2026-11-23T04:00:00+00:00",
        "data": {"code": "gap", "detail": "tidak sambung", "chain": "x", "number": 9},
    },
]


def test_what_the_office_says_is_kept_and_told_without_saying_it(
    enrolled: Run, office: Office, tmp_path: Path
) -> None:
    office.says, office.files = SAYS, {named(b"%PDF-"): b"%PDF-"}
    inbox = tmp_path / "kiriman" / "kotak-masuk"
    result = enrolled("--dari", FIRST)
    assert result.exit_code == 0, result.output
    assert result.stdout.splitlines()[1] == (
        f"Dari kecamatan: 2 pesan, 1 keputusan surat, 1 kiriman yang ditolak; lihat {inbox}."
    )
    assert "5203040101800001" not in result.output
    digest = named(b"%PDF-")[:8]
    assert {it.name for it in inbox.iterdir()} == {
        "2026-11-23-pesan-1.json",
        "2026-11-23-pesan-2.json",
        "2026-11-23-keputusan_surat-9c5b.json",
        f"2026-11-23-surat-470-1-..-2026-{digest}.pdf",
        "2026-11-23-penolakan-1f.json",
    }
    assert json.loads((inbox / "2026-11-23-pesan-1.json").read_text()) == SAYS[0] | {
        "at": "2026-11-23T01:00:00Z"
    }
    assert (inbox / f"2026-11-23-surat-470-1-..-2026-{digest}.pdf").read_bytes() == b"%PDF-"
    assert all(it.stat().st_mode & 0o777 == 0o600 for it in inbox.iterdir())
    assert facts(enrolled("--json"))["inbox"] == []
    office.says = [*SAYS, SAYS[0] | {"id": "pesan/3"}]
    assert facts(enrolled("--json"))["inbox"] == ["pesan/3"]


def test_collecting_goes_on_where_it_was_cut_off(
    enrolled: Run, office: Office, tmp_path: Path
) -> None:
    """Also when a signed letter is there no more, since somebody was erased."""
    office.says = SAYS
    enrolled("--dari", FIRST)
    inbox = tmp_path / "kiriman" / "kotak-masuk"
    assert len(list(inbox.glob("*.json"))) == 4
    assert list(inbox.glob("*.pdf")) == []
    (tmp_path / "kiriman" / "inbox.json").write_text('"2"')
    assert facts(enrolled("--json"))["inbox"] == ["pesan/2", "penolakan/1f"]
    office.says, office.faults = [*SAYS, *SAYS], [None, None, None, *[503] * 5]
    assert enrolled().exit_code == 1
    assert facts(enrolled("--json"))["inbox"][-1] == "penolakan/1f"


# --- what cannot be ------------------------------------------------------------------------------


@pytest.mark.usefixtures("enrolled")
@pytest.mark.parametrize(
    "options",
    [
        (),
        ("--url", "http://127.0.0.1:9", "--kunci-kecamatan", "bukan kunci"),
        ("--url", "http://127.0.0.1:9", "--zona", "Mars/Olympus"),
        ("--url", "http://127.0.0.1:9", "--desa", KODE_DESA, "--label", "Huruf Besar"),
    ],
)
def test_wrong_usage_is_exit_code_2(run: Run, options: tuple[str, ...]) -> None:
    assert run(*options).exit_code == 2


@pytest.mark.usefixtures("enrolled")
def test_no_connection_is_exit_code_1_and_one_line(run: Run) -> None:
    result = run("--url", "http://127.0.0.1:9", "--dari", FIRST)
    assert result.exit_code == 1
    assert result.stderr.splitlines()[-1].startswith("Gagal: Kecamatan (127.0.0.1:9) tidak dapat")


def test_a_file_that_is_no_export_is_exit_code_1(enrolled: Run, tmp_path: Path) -> None:
    path = tmp_path / "bukan.zip"
    path.write_text("bukan zip")
    result = enrolled("--dari", path)
    assert (result.exit_code, result.stderr.count("\n")) == (1, 1)
    assert "…_opendk.zip" in result.stderr


def test_a_file_that_is_not_there_is_exit_code_1(enrolled: Run, tmp_path: Path) -> None:
    assert enrolled("--dari", tmp_path / "tidak-ada.zip").exit_code == 1


def test_an_export_of_another_desa_is_not_sent(enrolled: Run, office: Office) -> None:
    result = enrolled("--dari", independent.DATA / "odd_values.zip")
    assert result.exit_code == 1
    assert "milik desa 52.03.04.2002" in result.stderr
    assert office.batches == []


def test_a_receipt_that_proves_nothing_is_exit_code_3(enrolled: Run, office: Office) -> None:
    office.tamper = lambda answer: answer.update(proof="percayalah")
    result = enrolled("--dari", FIRST)
    assert result.exit_code == 3
    assert "Tanda terima ditolak" in result.stderr


def test_another_key_of_the_office_is_refused(enrolled: Run, office: Office) -> None:
    other = Office(key=type(office.key)(office.key.name, b"x" * 32))
    result = enrolled("--kunci-kecamatan", other.vkey, "--dari", FIRST)
    assert result.exit_code == 5
    assert office.batches == []


def test_without_desa_an_empty_folder_is_exit_code_5(run: Run, url: str) -> None:
    assert run("--url", url).exit_code == 5


# --- rows and people that are not there ----------------------------------------------------------


def exported(path: Path, *people: dict[str, str]) -> Path:
    path.write_bytes(export_of(*people))
    return path


def village(count: int) -> list[dict[str, str]]:
    return [{"id": str(id_)} for id_ in range(1, count + 1)]


def test_rows_that_are_left_out_are_named(enrolled: Run, tmp_path: Path) -> None:
    path = exported(tmp_path / "x.xlsx", *village(3), {"id": "2", "nama": "LAIN"}, {"id": ""})
    result = enrolled("--dari", path)
    assert result.exit_code == 0
    assert result.stdout.startswith("2 perubahan")
    assert "baris 3 tidak dikirim: id dipakai baris lain" in result.stderr
    assert "baris 6 tidak dikirim: tanpa id" in result.stderr


def test_many_rows_that_are_left_out_are_counted(enrolled: Run, tmp_path: Path) -> None:
    path = exported(tmp_path / "x.xlsx", *village(3), *[{"id": ""}] * 30)
    result = enrolled("--dari", path, "--json")
    assert "dan 20 baris lain" in result.stderr
    assert len(facts(result)["left_out"]) == 30


def test_whoever_was_left_out_has_not_vanished(
    enrolled: Run,
    office: Office,
    tmp_path: Path,
) -> None:
    enrolled("--dari", exported(tmp_path / "a.xlsx", *village(3)))
    enrolled("--dari", exported(tmp_path / "b.xlsx", *village(3), {"id": "2", "nama": "LAIN"}))
    assert set(office.records()) == {"1", "2", "3"}


def test_when_a_row_has_no_id_nobody_has_vanished(
    enrolled: Run,
    office: Office,
    tmp_path: Path,
) -> None:
    enrolled("--dari", exported(tmp_path / "a.xlsx", *village(3)))
    result = enrolled("--dari", exported(tmp_path / "b.xlsx", *village(2), {"id": ""}))
    assert set(office.records()) == {"1", "2", "3"}
    assert "tidak dihapus" in result.stderr


def test_too_many_who_vanished_are_not_deleted(
    enrolled: Run,
    office: Office,
    tmp_path: Path,
) -> None:
    enrolled("--dari", exported(tmp_path / "a.xlsx", *village(50)))
    few = exported(tmp_path / "b.xlsx", *village(20))
    result = enrolled("--dari", few, "--json")
    assert (facts(result)["vanished"], facts(result)["withheld"]) == (0, 30)
    assert "--yakin-hapus" in result.stderr
    assert len(office.records()) == 50


def test_unless_the_operator_is_sure(enrolled: Run, office: Office, tmp_path: Path) -> None:
    enrolled("--dari", exported(tmp_path / "a.xlsx", *village(50)))
    enrolled("--dari", exported(tmp_path / "b.xlsx", *village(20)), "--yakin-hapus")
    assert len(office.records()) == 20


# --- sticks --------------------------------------------------------------------------------------


@pytest.mark.usefixtures("enrolled")
def test_a_batch_can_be_written_to_a_stick(
    run: Run,
    office: Office,
    tmp_path: Path,
) -> None:
    stick = tmp_path / "usb"
    stick.mkdir()
    result = run("--tulis", stick, "--dari", FIRST)
    assert result.exit_code == 0
    (path,) = stick.glob("*.batch")
    assert path.name == f"{KODE_DESA}-opensid-1-1.batch"
    office.post(path.read_bytes())
    assert office.records() == independent.records("first.zip")


@pytest.mark.usefixtures("enrolled")
def test_what_was_written_and_has_no_receipt_is_written_again(
    run: Run,
    tmp_path: Path,
) -> None:
    stick = tmp_path / "usb"
    stick.mkdir()
    run("--tulis", stick, "--dari", FIRST)
    before = {path.name: path.read_bytes() for path in stick.iterdir()}
    result = run("--tulis", stick, "--dari", LATER, "--json")
    assert len(facts(result)["files"]) == 2
    after = {path.name: path.read_bytes() for path in stick.iterdir()}
    assert after.items() > before.items()


def test_later_over_the_line_only_receipts_are_fetched(
    enrolled: Run,
    run: Run,
    office: Office,
    tmp_path: Path,
) -> None:
    stick = tmp_path / "usb"
    stick.mkdir()
    run("--tulis", stick, "--dari", FIRST)
    (path,) = stick.glob("*.batch")
    office.post(path.read_bytes())
    (batch,) = facts(enrolled("--dari", FIRST, "--json"))["batches"]
    assert batch["replayed"] is True
    assert office.numbers() == [1]


@pytest.mark.usefixtures("enrolled")
def test_a_stick_that_is_not_there_is_wrong_usage(run: Run, tmp_path: Path) -> None:
    assert run("--tulis", tmp_path / "tidak-ada", "--dari", FIRST).exit_code == 2


def test_nothing_personal_is_ever_said(enrolled: Run, tmp_path: Path) -> None:
    """A NIK in place of an id, and a name in a row that is left out."""
    person = {**PERSON, "id": "5203041511641239", "nama": "NAMA RAHASIA"}
    result = enrolled("--dari", exported(tmp_path / "x.xlsx", {}, person), "--json")
    assert "5203041511641239" not in result.output
    assert "RAHASIA" not in result.output


def test_another_office_at_the_address_is_told(enrolled: Run) -> None:
    class Other(Office):
        def answer(self, *_: str | bytes) -> tuple[int, dict[str, object]]:
            return 422, {"code": "wrong-log", "detail": "Bukan untuk log ini."}

    with listening(Other()) as url:
        result = enrolled("--url", url, "--dari", FIRST)
    assert result.exit_code == 1
    assert "Periksa --url" in result.stderr
