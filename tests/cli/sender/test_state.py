"""The folder: what it keeps, and what it says when it cannot."""

import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from cli.sender import (
    LabelError,
    OfficeUnknownError,
    State,
    StateBusyError,
    StateDamagedError,
    StateMismatchError,
    StateMissingError,
    StateUnusableError,
    UnreachableError,
    create_state,
    files,
    open_state,
)
from ledger import SigningKey
from tests.cli.sender.computer import Computer, people
from tests.cli.sender.office import KODE_DESA, LOG, Office

OFFICE = SigningKey(LOG, b"k" * 32).verifier


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    create_state(tmp_path / "kiriman", KODE_DESA)
    return tmp_path / "kiriman"


@pytest.fixture
def state(folder: Path) -> Iterator[State]:
    with open_state(folder) as opened:
        yield opened


# --- keys ----------------------------------------------------------------------------------------


def test_a_new_state_has_a_key_of_its_own(tmp_path: Path) -> None:
    for name in "ab":
        create_state(tmp_path / name, KODE_DESA)
    with open_state(tmp_path / "a") as a, open_state(tmp_path / "b") as b:
        assert a.key.name == f"desa/{KODE_DESA}/opensid-1"
        assert a.key.seed != b.key.seed


def test_the_key_stays_the_same(folder: Path) -> None:
    with open_state(folder) as before:
        pass
    create_state(folder, KODE_DESA)
    with open_state(folder) as after:
        assert after.key == before.key


def test_the_key_and_all_else_is_the_owners_alone(computer: Computer) -> None:
    computer.push(people(2))
    modes = {stat.S_IMODE(it.stat().st_mode) for it in computer.folder.rglob("*") if it.is_file()}
    assert modes == {0o600}
    assert stat.S_IMODE(computer.folder.stat().st_mode) == 0o700


@pytest.mark.parametrize("label", ["", "Sekdes", "a/b", "-a", "a b", "x" * 41])
def test_a_label_must_do_for_a_key_name(tmp_path: Path, label: str) -> None:
    with pytest.raises(LabelError):
        create_state(tmp_path / "x", KODE_DESA, label)


def test_a_folder_is_of_one_desa(folder: Path) -> None:
    with pytest.raises(StateMismatchError, match=r"52\.03\.04\.2001, bukan 52\.03\.04\.2002"):
        create_state(folder, "52.03.04.2002")


def test_a_folder_is_of_one_label(folder: Path) -> None:
    with pytest.raises(StateMismatchError, match="opensid-1, bukan sekdes"):
        create_state(folder, KODE_DESA, "sekdes")


# --- the office's key ----------------------------------------------------------------------------


def test_without_the_offices_key_it_is_asked_for(state: State) -> None:
    with pytest.raises(OfficeUnknownError, match="--kunci-kecamatan"):
        _ = state.office


def test_the_offices_key_is_remembered(folder: Path) -> None:
    with open_state(folder) as state:
        state.pin(OFFICE)
        state.pin(OFFICE)
    with open_state(folder) as state:
        assert state.office == OFFICE


def test_another_key_of_the_office_is_not_taken_for_the_first(state: State) -> None:
    state.pin(OFFICE)
    with pytest.raises(StateMismatchError, match="kunci kecamatan"):
        state.pin(SigningKey(LOG, b"x" * 32).verifier)


def test_the_key_of_another_desas_log_is_not_taken(state: State) -> None:
    with pytest.raises(StateMismatchError, match=r"52\.03\.04\.2002"):
        state.pin(SigningKey("kecamatan.example/52.03.04.2002", b"k" * 32).verifier)


# --- the folder ----------------------------------------------------------------------------------


def test_no_state_is_told(tmp_path: Path) -> None:
    with pytest.raises(StateMissingError, match="--desa"), open_state(tmp_path):
        pass


def test_two_cannot_use_it_at_once(folder: Path) -> None:
    with open_state(folder), pytest.raises(StateBusyError), open_state(folder):
        pass


def test_another_process_cannot_either(folder: Path) -> None:
    code = "import sys; from cli.sender import open_state; open_state(sys.argv[1]).__enter__()"
    code = code.replace("sys.argv[1]", "__import__('pathlib').Path(sys.argv[1])")
    with open_state(folder):
        run = subprocess.run(
            [sys.executable, "-c", code, str(folder)],
            capture_output=True,
            check=False,
            text=True,
        )
    assert "StateBusyError" in run.stderr


def test_the_lock_is_gone_when_it_is_closed(folder: Path) -> None:
    for _ in range(2):
        with open_state(folder):
            pass


@pytest.mark.parametrize("name", ["identity.json", "position.json", "hashes.json", "key"])
@pytest.mark.parametrize("data", [b"", b"{", b"\xff\xfe", b"[]", b"null"])
def test_a_damaged_file_is_named(computer: Computer, name: str, data: bytes) -> None:
    computer.push(people(2))
    (computer.folder / name).write_bytes(data)
    with pytest.raises(StateDamagedError, match=name):
        computer.push(people(3))


@pytest.mark.parametrize("name", ["position.json", "hashes.json"])
def test_what_was_settled_is_never_forgotten_silently(computer: Computer, name: str) -> None:
    """Without its position a chain would begin anew, and fork."""
    computer.push(people(2))
    (computer.folder / name).unlink()
    with pytest.raises(StateDamagedError, match=name):
        computer.push(people(3))


def test_a_stray_file_among_the_batches_is_not_looked_at(computer: Computer) -> None:
    for name in ("salinan.batch", "52.03.04.2001-opensid-1-x.batch", "catatan-1.txt"):
        (computer.folder / "pending" / name).write_bytes(b"?")
    assert len(computer.push(people(2))) == 1


def test_a_batch_with_lines_that_are_none_is_damage(computer: Computer, office: Office) -> None:
    office.faults = [500] * 5
    with pytest.raises(UnreachableError):
        computer.push(people(2))
    (path,) = (computer.folder / "pending").iterdir()
    path.write_bytes(path.read_bytes().replace(b'"penduduk"', b"?penduduk?"))
    with open_state(computer.folder) as state, pytest.raises(StateDamagedError, match=path.name):
        state.told()


def test_a_missing_key_is_named(folder: Path) -> None:
    (folder / "key").unlink()
    with pytest.raises(StateDamagedError, match="key"), open_state(folder):
        pass


def test_a_state_of_a_newer_program_is_not_touched(folder: Path) -> None:
    path = folder / "identity.json"
    path.write_bytes(path.read_bytes().replace(b'"format":1', b'"format":2'))
    with pytest.raises(StateDamagedError, match="versi"), open_state(folder):
        pass


def test_a_batch_that_was_altered_on_disk_is_not_sent(computer: Computer, office: Office) -> None:
    office.faults = [500] * 5
    with pytest.raises(UnreachableError):
        computer.push(people(2))
    (path,) = (computer.folder / "pending").iterdir()
    path.write_bytes(path.read_bytes().replace(b"batch 1\n", b"batch 2\n"))
    with pytest.raises(StateDamagedError, match="tanda tangan"):
        computer.push(people(2))


def test_a_batch_that_was_cut_off_is_not_sent(computer: Computer, office: Office) -> None:
    office.faults = [500] * 5
    with pytest.raises(UnreachableError):
        computer.push(people(2))
    (path,) = (computer.folder / "pending").iterdir()
    path.write_bytes(path.read_bytes()[:-9])
    with pytest.raises(StateDamagedError, match=path.name):
        computer.push(people(2))


def test_a_full_disk_is_told(state: State, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(StateUnusableError, match="penyimpanan penuh"):
        state.pin(OFFICE)


def test_a_folder_that_is_a_file_is_told(tmp_path: Path) -> None:
    (tmp_path / "x").write_text("")
    with pytest.raises(StateUnusableError):
        create_state(tmp_path / "x", KODE_DESA)


# --- files ---------------------------------------------------------------------------------------


def test_a_write_that_fails_leaves_the_old_file(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    path = tmp_path / "x"
    files.write(path, b"lama")
    monkeypatch.setattr("os.fsync", lambda _: (_ for _ in ()).throw(OSError(5, "galat")))
    with pytest.raises(StateUnusableError):
        files.write(path, b"baru")
    assert path.read_bytes() == b"lama"


def test_hashes_hold_no_personal_data(computer: Computer) -> None:
    computer.push(people(3, id2="NAMA RAHASIA"))
    for name in ("hashes.json", "position.json", "identity.json"):
        assert "RAHASIA" not in (computer.folder / name).read_text()


def test_an_office_key_that_is_none_is_damage(folder: Path) -> None:
    with open_state(folder) as state:
        state.pin(OFFICE)
    path = folder / "identity.json"
    path.write_text(path.read_text().replace(OFFICE.to_vkey(), "rusak"))
    with open_state(folder) as state, pytest.raises(StateDamagedError):
        _ = state.office
