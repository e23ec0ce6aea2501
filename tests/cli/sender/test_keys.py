"""Keys of a desa's computer: introduced, handed over, ended; and those of the office."""

from collections.abc import Callable
from itertools import count
from pathlib import Path

import pytest

from cli.sender import (
    ForkedError,
    KeyNameError,
    KeyState,
    KeyWaitsError,
    ReceiptError,
    RefusedError,
    Sender,
    create_state,
    open_state,
)
from ledger import Checkpoint, Note, SigningKey, VerifierKey
from ledger.errors import EnrolCodeError
from tests.cli.sender.computer import Computer, people
from tests.cli.sender.office import KODE_DESA, LOG, Office
from tests.cli.sender.test_crash import KilledError, Power

CODE = "7KQ2-M4XN-0TCB-V9EH"


@pytest.fixture
def power(monkeypatch: pytest.MonkeyPatch) -> Power:
    return Power(monkeypatch)


@pytest.fixture
def newcomer(tmp_path: Path, url: str, office: Office) -> Computer:
    """A computer whose key the office does not know, but that has the office's."""
    computer = Computer(tmp_path / "kiriman", url, office)
    create_state(computer.folder, KODE_DESA)
    with open_state(computer.folder) as state:
        state.pin(VerifierKey.from_vkey(office.vkey))
    office.codes.append(CODE)
    return computer


def do(computer: Computer, what: Callable[[Sender], KeyState]) -> KeyState:
    with computer.sending() as sender:
        return what(sender)


def label(computer: Computer) -> str:
    with open_state(computer.folder) as state:
        return state.key.name.rpartition("/")[2]


def rotate(computer: Computer, wanted: str | None = None) -> str:
    """What `push --ganti-kunci` does before it looks for changes."""
    with computer.sending() as sender:
        finished = sender.finish_rotation()
        sender.resume()
        if not finished:
            sender.rotate(wanted)
        return sender.state.key.name.rpartition("/")[2]


# --- introduced by a code ------------------------------------------------------------------------


def test_a_key_is_introduced_waits_and_goes_on_once_accepted(
    newcomer: Computer, office: Office
) -> None:
    assert do(newcomer, lambda sender: sender.enrol(CODE)).state == "waiting"
    with pytest.raises(KeyWaitsError, match="Bacakan sidik jarinya"):
        newcomer.push(people(2))
    office.accept()
    assert do(newcomer, lambda sender: sender.enrol(CODE)).state == "valid"
    newcomer.push(people(2))
    assert office.records() == people(2)


def test_asked_again_the_same_note_is_sent(newcomer: Computer, office: Office) -> None:
    office.faults = ["lost"]
    for _ in range(3):
        assert do(newcomer, lambda sender: sender.enrol(CODE)).state == "waiting"
    assert len(office.notes) == 1


def test_a_code_that_is_none_is_not_even_sent(newcomer: Computer, office: Office) -> None:
    with pytest.raises(EnrolCodeError):
        do(newcomer, lambda sender: sender.enrol("7KQ2"))
    assert office.received == 0


def test_a_wrong_code_is_told_and_the_right_one_then_taken(newcomer: Computer) -> None:
    with pytest.raises(RefusedError, match="salah"):
        do(newcomer, lambda sender: sender.enrol("0000-0000-0000-0000"))
    assert do(newcomer, lambda sender: sender.enrol(CODE)).state == "waiting"


# --- handed over ---------------------------------------------------------------------------------


def test_a_new_key_goes_on_where_the_old_one_was(computer: Computer, office: Office) -> None:
    computer.push(people(3))
    assert rotate(computer) == "opensid-2"
    computer.push(people(4))
    assert [it.manifest.chain.rpartition("/")[2] for it in office.batches] == [
        "opensid-1",
        "opensid-2",
    ]
    assert office.records() == people(4)
    assert [it.manifest.seen.size for it in office.batches] == [0, 1]
    assert computer.position() == (1, 2)


def test_both_keys_and_all_receipts_are_kept(computer: Computer) -> None:
    with open_state(computer.folder) as state:
        old = state.key
    computer.push(people(3))
    rotate(computer)
    computer.push(people(4))
    assert (computer.folder / "keys" / "opensid-1").read_text().strip() == old.seed.hex()
    assert (computer.folder / "keys" / "opensid-1").stat().st_mode & 0o777 == 0o600
    assert computer.files("receipts-opensid-1") == ["1.json", "1.tlog-proof"]
    assert computer.files("receipts") == ["1.json", "1.tlog-proof"]
    assert len(computer.files("sent")) == 2


def test_the_name_of_the_new_key_may_be_chosen(computer: Computer) -> None:
    assert rotate(computer, "bendahara") == "bendahara"
    assert rotate(computer, "opensid-1") == "bendahara-2"
    assert rotate(computer) == "bendahara-3"


def test_an_option_that_names_the_old_label_still_fits_the_folder(computer: Computer) -> None:
    rotate(computer)
    create_state(computer.folder, KODE_DESA, "opensid-1")
    assert label(computer) == "opensid-2"


def test_what_was_pending_is_delivered_by_the_old_key_first(
    computer: Computer, office: Office
) -> None:
    office.faults = [503] * 5
    with pytest.raises(Exception, match="tidak dapat dihubungi"):
        computer.push(people(2))
    rotate(computer)
    computer.push(people(3))
    assert office.records() == people(3)
    assert len(office.batches) == 2


def test_a_quiet_day_after_handing_over_still_looks_at_the_log(
    computer: Computer, another: Computer, office: Office
) -> None:
    computer.push(people(1))
    another.push(people(5))
    computer.push(people(1))
    rotate(computer)
    assert computer.push(people(1)) == []
    del office.batches[1:]
    with pytest.raises(ForkedError, match="lebih pendek"):
        computer.push(people(1))


def test_refused_the_old_key_goes_on_and_the_new_one_is_not_thrown_away(
    computer: Computer, another: Computer, office: Office
) -> None:
    with pytest.raises(RefusedError, match="--label"):
        rotate(computer, "kaur-2")
    computer.push(people(2))
    assert office.batches[0].manifest.chain.endswith("opensid-1")
    assert computer.files("keys") == ["kaur-2.ditolak.json"]
    assert rotate(computer) == "opensid-2"
    assert another.push(people(3))


def test_a_lost_answer_is_asked_for_again_by_whatever_push_comes_next(
    computer: Computer, office: Office
) -> None:
    computer.push(people(1))
    office.faults = ["lost"] * 5
    with pytest.raises(Exception, match="tidak dapat dihubungi"):
        rotate(computer)
    with computer.sending() as sender:
        sender.finish_rotation()
    computer.push(people(2))
    assert office.batches[1].manifest.chain.endswith("opensid-2")
    assert any("diselesaikan" in it for it in computer.said)


def test_wherever_it_is_killed_handing_over_ends_the_same(
    tmp_path: Path, url: str, office: Office, power: Power
) -> None:
    for step in count(1):
        office.batches.clear()
        office.spans.clear()
        office.notes.clear()
        office.enrolled.clear()
        computer = Computer(tmp_path / str(step), url, office).set_up()
        computer.push(people(3))
        power.steps, power.off_at = 0, step
        killed = False
        try:
            rotate(computer)
        except KilledError:
            killed = True
        power.off_at = None
        if label(computer) != "opensid-2":
            assert rotate(computer) == "opensid-2"
        computer.push(people(4))
        assert [it.manifest.chain.rpartition("/")[2] for it in office.batches] == [
            "opensid-1",
            "opensid-2",
        ]
        assert computer.position() == (1, 2)
        assert computer.push(people(4)) == []
        assert computer.files("receipts-opensid-1") == ["1.json", "1.tlog-proof"]
        assert not (computer.folder / "rotation.json").exists()
        if not killed:
            break
    assert step > 30  # so many steps were really tried


# --- ended ---------------------------------------------------------------------------------------


def test_a_lost_computers_key_is_ended_from_another(
    computer: Computer, another: Computer, office: Office
) -> None:
    computer.push(people(1))
    state = do(another, lambda sender: sender.revoke("opensid-1"))
    assert (state.name, state.state) == (f"desa/{KODE_DESA}/opensid-1", "ended")
    with pytest.raises(RefusedError, match="dicabut"):
        computer.push(people(2))
    assert another.push(people(2))


def test_a_key_that_is_not_there_cannot_be_ended(computer: Computer) -> None:
    with pytest.raises(KeyNameError):
        do(computer, lambda sender: sender.revoke("lain"))


# --- an office that changes its own key ----------------------------------------------------------

SECOND, THIRD = SigningKey(LOG, b"m" * 32), SigningKey(LOG, b"n" * 32)


def pinned(computer: Computer) -> VerifierKey:
    with open_state(computer.folder) as state:
        return state.office


def test_the_pin_moves_by_itself_and_the_operator_is_told_once(
    computer: Computer, office: Office
) -> None:
    computer.push(people(1))
    office.hand_over(SECOND)
    computer.push(people(2))
    assert pinned(computer) == SECOND.verifier
    computer.push(people(3))
    (said,) = [it for it in computer.said if "berganti kunci" in it]
    assert SECOND.verifier.fingerprint in said


def test_whoever_slept_until_the_old_key_was_discarded_follows_all_notes(
    computer: Computer, office: Office
) -> None:
    computer.push(people(1))
    office.hand_over(SECOND)
    office.hand_over(THIRD)
    office.older.clear()
    computer.push(people(2))
    assert pinned(computer) == THIRD.verifier


def test_a_key_without_a_note_of_the_old_one_is_not_followed(
    computer: Computer, office: Office
) -> None:
    computer.push(people(1))
    office.key = SECOND
    with pytest.raises(ReceiptError, match="tanda tangan checkpoint"):
        computer.push(people(2))
    assert pinned(computer).public != SECOND.verifier.public


def test_a_forged_note_is_not_followed(computer: Computer, office: Office) -> None:
    computer.push(people(1))
    office.hand_over(SECOND)
    office.older.clear()
    text = office.rotations[0]
    other = text.splitlines()[-1]
    office.rotations[0] = text.replace(text.splitlines()[-2], other)
    with pytest.raises(ReceiptError, match="pergantian kunci kecamatan tidak sah"):
        computer.push(people(2))


# --- evidence ------------------------------------------------------------------------------------


def test_two_checkpoints_that_contradict_each_other_are_kept_and_named(
    computer: Computer, another: Computer, office: Office
) -> None:
    computer.push(people(1))
    another.push(people(5))
    computer.push(people(1))
    office.batches.reverse()
    with pytest.raises(ForkedError) as caught:
        computer.push(people(1))
    old, new = caught.value.kept
    assert str(old) in str(caught.value)
    assert str(new) in str(caught.value)
    ours, theirs = (
        Checkpoint.opened(Note.from_bytes(it.read_bytes()), office.key.verifier)
        for it in (old, new)
    )
    assert ours.size == theirs.size == 2
    assert ours.root != theirs.root
