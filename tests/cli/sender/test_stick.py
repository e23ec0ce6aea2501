"""A stick on the desa's side: `push --tulis`, with an office in memory that answers on it."""

import io
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from cli.push import push
from cli.sender import files
from ledger import BatchReader, Checkpoint, Limits, Note, SigningKey, TlogProof, durable
from tests.cli.sender.computer import Computer
from tests.cli.sender.office import KODE_DESA, LOG, Office
from tests.ledger.opensid.workbooks import export_of

STEM = f"{KODE_DESA}-opensid-1"
Push = Callable[..., Result]


@pytest.fixture
def stick(tmp_path: Path) -> Path:
    folder = tmp_path / "usb"
    folder.mkdir()
    return folder


@pytest.fixture
def village(computer: Computer, stick: Path, tmp_path: Path) -> Push:
    """Write to the stick what so many people are; or nothing new."""
    return writer(computer, stick)


def writer(computer: Computer, stick: Path) -> Push:
    def write(count: int | None = None, *options: object) -> Result:
        given = ["--state", computer.folder, "--tulis", stick, *options]
        if count is not None:
            export = computer.folder.with_suffix(".xlsx")
            export.write_bytes(export_of(*({"id": str(it + 1)} for it in range(count))))
            given += ["--dari", export]
        return CliRunner().invoke(push, list(map(str, given)))

    return write


def receive(
    office: Office, stick: Path, change: Callable[[dict[str, Any]], object] = lambda _: None
) -> None:
    """What an office does with a stick (PROTOCOL section 15)."""
    batches = sorted(stick.glob("*.batch"), key=lambda it: (len(it.name), it.name))
    answers = [office.post(path.read_bytes())[1] for path in batches]
    seen: dict[str, int] = {}
    for path, answer in zip(batches, answers, strict=True):
        stem = path.stem.rpartition("-")[0]
        known = seen.setdefault(stem, int((stick / f"{stem}.dilihat").read_text()))
        told = office.receipt(answer["position"], known)
        seen[stem] = size_of(told)
        if office.rotations:
            told["rotations"] = office.rotations
        change(told)
        (stick / f"{path.stem}.tanda-terima.json").write_text(json.dumps(told))


def size_of(answer: dict[str, Any]) -> int:
    note = Note.from_bytes(TlogProof.from_text(answer["proof"]).checkpoint)
    return Checkpoint.from_text(note.text).size


def names(stick: Path) -> list[str]:
    return sorted(it.name for it in stick.iterdir())


def facts(result: Result) -> dict[str, Any]:
    facts_: dict[str, Any] = json.loads(result.stdout)
    return facts_


def test_what_was_seen_is_written_beside_the_batch(village: Push, stick: Path) -> None:
    village(3)
    assert names(stick) == [f"{STEM}-1.batch", f"{STEM}.dilihat"]
    assert (stick / f"{STEM}.dilihat").read_bytes() == b"0\n"


def test_receipts_settle_in_order_and_the_stick_is_cleared(
    village: Push, computer: Computer, office: Office, stick: Path
) -> None:
    village(3)
    village(4)
    receive(office, stick)
    result = village()
    assert result.stdout == (
        "2 kiriman terbukti diterima, sebagai kiriman ke-1 sampai ke-2. "
        "Tidak ada perubahan sejak kiriman terakhir.\n"
    )
    assert result.exit_code == 0
    assert names(stick) == []
    assert computer.position() == (2, 2)
    assert computer.files("receipts") == ["1.json", "1.tlog-proof", "2.json", "2.tlog-proof"]
    assert computer.files("pending") == []


def test_what_is_new_follows_what_came_back(
    village: Push, computer: Computer, office: Office, stick: Path
) -> None:
    village(3)
    receive(office, stick)
    told = facts(village(5, "--json"))
    assert [it["position"] for it in told["batches"]] == [1]
    assert told["files"] == [str(stick / f"{STEM}-2.batch")]
    assert (stick / f"{STEM}.dilihat").read_bytes() == b"1\n"
    receive(office, stick)
    village()
    assert computer.position() == (2, 2)
    assert office.batches[1].manifest.seen.size == 1


def test_without_receipts_everything_is_written_again(village: Push, stick: Path) -> None:
    village(3)
    before = {it.name: it.read_bytes() for it in stick.iterdir()}
    result = village(3)
    assert result.stdout.startswith("1 kiriman yang tertunda, ditulis ke ")
    assert {it.name: it.read_bytes() for it in stick.iterdir()} == before


def test_files_of_others_are_left_alone(
    computer: Computer, another: Computer, office: Office, stick: Path
) -> None:
    first, second = writer(computer, stick), writer(another, stick)
    first(3)
    second(2)
    (stick / "53.06.14.2001-opensid-1-1.batch").write_text("another desa's")
    (stick / "foto.jpg").write_text("a photo")
    theirs = {it.name: it.read_bytes() for it in stick.iterdir() if STEM not in it.name}
    assert f"{KODE_DESA}-kaur-2-1.batch" in theirs
    (stick / "53.06.14.2001-opensid-1-1.batch").rename(stick / "away")
    receive(office, stick)
    (stick / "away").rename(stick / "53.06.14.2001-opensid-1-1.batch")
    assert "1 kiriman terbukti diterima" in first().stdout
    left = {it.name: it.read_bytes() for it in stick.iterdir()}
    assert left.items() > theirs.items()
    assert set(left) - set(theirs) == {f"{KODE_DESA}-kaur-2-1.tanda-terima.json"}
    assert "1 kiriman terbukti diterima" in second().stdout
    assert (computer.position(), another.position()) == ((1, 2), (1, 2))


def test_a_receipt_that_proves_nothing_is_exit_code_3(
    village: Push, computer: Computer, office: Office, stick: Path
) -> None:
    village(3)
    receive(office, stick, lambda it: it.update(proof="percayalah"))
    before = names(stick)
    result = village(4)
    assert (result.exit_code, result.stdout) == (3, "")
    assert "Tanda terima ditolak" in result.stderr
    assert computer.files("evidence") == ["1-1.json"]
    assert computer.position() == (0, 0)
    assert names(stick) == before


def test_a_receipt_for_another_batch_is_exit_code_3(
    village: Push, computer: Computer, office: Office, stick: Path
) -> None:
    village(3)
    village(4)
    receive(office, stick)
    (stick / f"{STEM}-2.tanda-terima.json").replace(stick / f"{STEM}-1.tanda-terima.json")
    assert village().exit_code == 3
    assert computer.position() == (0, 0)


def test_another_past_is_exit_code_3_and_both_checkpoints_are_kept(
    village: Push, computer: Computer, another: Computer, office: Office, stick: Path
) -> None:
    """The office lost a batch of another computer, and grew again."""
    with another.sending() as sender:
        sender.push()
    writer(another, stick)(2)
    receive(office, stick)
    assert writer(another, stick)().exit_code == 0
    village(3)
    receive(office, stick)
    assert village().exit_code == 0
    assert computer.position() == (1, 2)
    village(4)
    office.batches[0], office.batches[1] = office.batches[1], office.batches[0]
    path = stick / f"{STEM}-2.batch"
    office.batches.append(type(office.batches[0])(*read(path)))
    told = office.receipt(3, 2)
    (stick / f"{STEM}-2.tanda-terima.json").write_text(json.dumps(told))
    result = village()
    assert result.exit_code == 3
    assert "bertentangan" in result.stderr
    assert computer.files("evidence") == [
        "2-1.checkpoint-baru",
        "2-1.checkpoint-lama",
        "2-1.json",
    ]


def read(path: Path) -> tuple[Any, Any, bytes]:
    reader = BatchReader(io.BytesIO(path.read_bytes()), Limits())
    return reader.note, reader.manifest, reader.body()


@pytest.mark.parametrize("content", [b"", b"{", b"\xff\xfe", b"[]", b'{"kode_desa": 1}'])
def test_a_receipt_that_cannot_be_read_is_none(
    village: Push, computer: Computer, office: Office, stick: Path, content: bytes
) -> None:
    village(3)
    receive(office, stick)
    path = stick / f"{STEM}-1.tanda-terima.json"
    path.write_bytes(content)
    result = village(4)
    assert result.exit_code == 0
    assert f"{path.name} tidak terbaca" in result.stderr
    assert len(computer.files("pending")) == 2
    receive(office, stick)
    assert "2 kiriman terbukti diterima" in village().stdout


def test_a_link_in_place_of_a_receipt_is_not_followed(
    village: Push, office: Office, stick: Path, tmp_path: Path
) -> None:
    village(3)
    receive(office, stick)
    path = stick / f"{STEM}-1.tanda-terima.json"
    path.replace(tmp_path / "elsewhere.json")
    path.symlink_to(tmp_path / "elsewhere.json")
    assert "tidak terbaca" in village().stderr


def test_a_link_where_a_batch_is_to_be_written_is_not_followed(
    village: Push, computer: Computer, stick: Path, tmp_path: Path
) -> None:
    precious = tmp_path / "surat.txt"
    precious.write_text("simpan")
    (stick / f".{STEM}-1.batch.part").symlink_to(precious)
    assert village(3).exit_code == 5
    assert precious.read_text() == "simpan"
    assert len(computer.files("pending")) == 1


def test_a_stick_that_cannot_be_cleared_is_said_and_counts(
    village: Push, office: Office, stick: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    village(3)
    receive(office, stick)
    before, unlink = names(stick), Path.unlink

    def refusing(path: Path, *, missing_ok: bool = False) -> None:
        if path.parent == stick:
            raise OSError(30, "Read-only file system")
        unlink(path, missing_ok=missing_ok)

    monkeypatch.setattr(Path, "unlink", refusing)
    result = village()
    assert (result.exit_code, "1 kiriman terbukti diterima" in result.stdout) == (0, True)
    assert "hanya dapat dibaca" in result.stderr
    assert names(stick) == before


def test_on_a_full_stick_nothing_is_left_half_written(
    village: Push, computer: Computer, stick: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fsync = files.os.fsync  # type: ignore[attr-defined]

    def full(descriptor: int) -> None:
        path = Path(f"/proc/self/fd/{descriptor}").readlink()
        if path.parent == stick and path.name.endswith(".batch.part"):
            raise OSError(28, "No space left on device")
        fsync(descriptor)

    monkeypatch.setattr(files.os, "fsync", full)  # type: ignore[attr-defined]
    result = village(3)
    assert (result.exit_code, "penyimpanan penuh" in result.stderr) == (5, True)
    assert names(stick) == [f"{STEM}.dilihat"]
    monkeypatch.undo()
    assert "1 kiriman yang tertunda" in village().stdout


def test_a_missing_receipt_stops_there(
    village: Push, computer: Computer, office: Office, stick: Path
) -> None:
    for count in (1, 2, 3):
        village(count)
    receive(office, stick)
    (stick / f"{STEM}-2.tanda-terima.json").unlink()
    assert "1 kiriman terbukti diterima, sebagai kiriman ke-1." in village().stdout
    assert computer.position() == (1, 3)
    assert (stick / f"{STEM}.dilihat").read_bytes() == b"3\n"
    receive(office, stick)
    assert "2 kiriman terbukti diterima" in village().stdout
    assert names(stick) == []


# --- sticks that were on their way ---------------------------------------------------------------


def test_what_was_confirmed_over_the_line_meanwhile_is_only_cleared(
    village: Push, computer: Computer, office: Office, stick: Path
) -> None:
    village(3)
    receive(office, stick)
    with computer.sending() as sender:
        assert len(sender.resume()) == 1
    result = village()
    assert result.stdout == "Tidak ada perubahan sejak kiriman terakhir.\n"
    assert names(stick) == []


def test_an_older_receipt_is_no_lie_and_is_asked_for_again(
    village: Push, computer: Computer, another: Computer, office: Office, stick: Path
) -> None:
    """The first batch was confirmed over a line that broke, when the log had grown."""
    village(1)
    village(2)
    receive(office, stick)
    writer(another, stick)(5)
    office.post((stick / f"{KODE_DESA}-kaur-2-1.batch").read_bytes())
    with computer.sending() as sender:
        first = sender.state.pending()[0]
        sender._deliver(first)
    assert computer.position() == (1, 3)
    result = village()
    assert result.exit_code == 0
    assert "ditulis lagi untuk diterima sekali lagi" in result.stderr
    assert computer.position() == (1, 3)
    receive(office, stick)
    assert "1 kiriman terbukti diterima" in village().stdout
    assert computer.position() == (2, 3)


def test_an_older_receipt_that_nobody_signed_is_exit_code_3(
    village: Push, computer: Computer, office: Office, stick: Path
) -> None:
    village(1)
    village(2)
    receive(office, stick)
    with computer.sending() as sender:
        sender._deliver(sender.state.pending()[0])
    path = stick / f"{STEM}-2.tanda-terima.json"
    told = json.loads(path.read_text())
    proof = told["proof"]
    other = "B" if proof[-8] == "A" else "A"
    told |= {"seen": 1, "proof": proof[:-8] + other + proof[-7:]}
    path.write_text(json.dumps(told))
    assert village().exit_code == 3


def test_batches_that_the_office_lost_are_carried_again(
    village: Push, computer: Computer, office: Office, stick: Path
) -> None:
    for count in (1, 2):
        village(count)
        receive(office, stick)
    village(3)
    del office.batches[1:]
    for name in computer.files("sent"):
        (stick / name).write_bytes((computer.folder / "sent" / name).read_bytes())
    receive(office, stick)
    village()
    assert computer.position() == (3, 3)
    assert names(stick) == []


# --- the office's key ----------------------------------------------------------------------------


def test_the_offices_new_key_is_followed_without_a_line(
    village: Push, computer: Computer, office: Office, stick: Path
) -> None:
    village(1)
    office.hand_over(SigningKey(LOG, b"n" * 32))
    office.older.clear()
    receive(office, stick)
    result = village(2)
    assert "kecamatan berganti kunci log" in result.stderr
    assert "1 kiriman terbukti diterima" in result.stdout
    receive(office, stick)
    assert "1 kiriman terbukti diterima" in village().stdout


def test_without_its_notes_a_new_key_confirms_nothing(
    village: Push, computer: Computer, office: Office, stick: Path
) -> None:
    village(1)
    office.hand_over(SigningKey(LOG, b"n" * 32))
    office.older.clear()
    office.rotations.clear()
    receive(office, stick)
    result = village(2)
    assert result.exit_code == 0
    assert "belum dikenal di sini" in result.stderr
    assert "--url" in result.stderr
    assert len(computer.files("pending")) == 2
    assert computer.files("evidence") == []


def test_while_the_old_key_signs_beside_it_nothing_needs_following(
    village: Push, office: Office, stick: Path
) -> None:
    village(1)
    office.hand_over(SigningKey(LOG, b"n" * 32))
    office.rotations.clear()
    receive(office, stick)
    assert "1 kiriman terbukti diterima" in village().stdout


def test_a_key_that_was_not_handed_over_is_exit_code_3(
    village: Push, office: Office, stick: Path
) -> None:
    village(1)
    office.hand_over(SigningKey(LOG, b"n" * 32))
    office.older.clear()
    receive(office, stick, lambda it: it.update(rotations=["bukan surat kunci"]))
    result = village()
    assert result.exit_code == 3
    assert "pergantian kunci kecamatan tidak sah" in result.stderr


def test_files_of_a_key_that_handed_over_go_too(
    village: Push, computer: Computer, office: Office, stick: Path
) -> None:
    village(1)
    with computer.sending() as sender:
        sender.resume()
        sender.rotate("sekdes-1")
    assert f"{STEM}-1.batch" in names(stick)
    village(2)
    assert names(stick) == [
        f"{STEM}.dilihat",
        f"{KODE_DESA}-sekdes-1-1.batch",
        f"{KODE_DESA}-sekdes-1.dilihat",
    ]


# --- cut off -------------------------------------------------------------------------------------


class KilledError(BaseException):
    """Nothing in the program can catch it."""


@pytest.fixture
def steps(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[int]]:
    """How many steps are left until the power goes; before and after each rename and sync."""
    left = [1 << 30]

    def counted(step: Callable[..., object]) -> Callable[..., object]:
        def run(*args: object) -> object:
            spend()
            result = step(*args)
            spend()
            return result

        return run

    def spend() -> None:
        left[0] -= 1
        if left[0] == 0:
            raise KilledError

    for owner, name in ((files, "_replace"), (files, "remove"), (durable, "sync")):
        monkeypatch.setattr(owner, name, counted(getattr(owner, name)))
    yield left
    monkeypatch.undo()


def test_wherever_the_desa_is_cut_off_again_ends_the_same(
    village: Push, computer: Computer, office: Office, stick: Path, steps: list[int]
) -> None:
    """And each batch that has its name on the stick is whole."""
    for at in range(1, 1 << 30):
        village(2 * at)
        village(2 * at + 1)
        receive(office, stick)
        steps[0] = at
        try:
            result = CliRunner().invoke(
                push,
                ["--state", str(computer.folder), "--tulis", str(stick)],
                catch_exceptions=True,
            )
        except KilledError:
            result = None
        done = steps[0] > 0
        steps[0] = 1 << 30
        for path in stick.glob("*.batch"):
            read(path)
        village()
        assert computer.files("pending") == []
        assert names(stick) == []
        assert computer.position()[0] == len(office.batches) == 2 * at
        if done:
            assert result
            assert result.exit_code == 0
            break
    assert at > 20
