"""Pushes, as both sides see them afterwards."""

import shutil
from collections.abc import Callable
from typing import Any

import pytest

from cli.sender import (
    DivergedError,
    NotEnrolledError,
    ReceiptError,
    RefusedError,
    Signer,
    State,
    StateBehindError,
    UnreachableError,
    open_state,
)
from ledger import Draft, Limits, SigningKey, TlogProof
from ledger.checkpoint import Checkpoint
from ledger.note import to_base64
from tests.cli.sender.computer import NOW, Computer, people
from tests.cli.sender.office import LOG, Office

# --- a quiet life --------------------------------------------------------------------------------


def test_the_first_push_tells_everything(computer: Computer, office: Office) -> None:
    (receipt,) = computer.push(people(5))
    assert (receipt.number, receipt.position, receipt.count) == (1, 1, 5)
    assert office.records() == people(5)


def test_pushed_again_nothing_is_sent(computer: Computer, office: Office) -> None:
    computer.push(people(5))
    assert computer.push(people(5)) == []
    assert office.numbers() == [1]


def test_later_only_what_changed_is_sent(computer: Computer, office: Office) -> None:
    computer.push(people(5))
    (receipt,) = computer.push(people(4, id2="BUDI"))
    assert receipt.count == 2
    assert office.records() == people(4, id2="BUDI")


def test_each_manifest_signs_what_was_seen_before(computer: Computer, office: Office) -> None:
    for count in range(1, 5):
        computer.push(people(count))
    assert [batch.manifest.seen.size for batch in office.batches] == [0, 1, 2, 3]
    assert computer.position() == (4, 4)


def test_receipts_and_batches_are_kept(computer: Computer, office: Office) -> None:
    computer.push(people(2))
    assert computer.files("receipts") == ["1.json", "1.tlog-proof"]
    (name,) = computer.files("sent")
    assert name == "52.03.04.2001-opensid-1-1.batch"
    assert (computer.folder / "sent" / name).read_bytes() == office.batches[0].to_bytes()
    assert computer.files("pending") == []


def test_a_kept_receipt_proves_the_kept_batch(computer: Computer, office: Office) -> None:
    computer.push(people(2))
    proof = TlogProof.from_text((computer.folder / "receipts" / "1.tlog-proof").read_text())
    with open_state(computer.folder) as state:
        note = state.sent(1).note.to_bytes()
    assert proof.verify(note, office.key.verifier).size == 1


def test_more_than_the_limits_goes_in_several_batches(computer: Computer, office: Office) -> None:
    computer.limits = Limits(changes=4)
    receipts = computer.push(people(10))
    assert [(it.number, it.position, it.count) for it in receipts] == [
        (1, 1, 4),
        (2, 2, 4),
        (3, 3, 2),
    ]
    assert office.records() == people(10)
    assert len(computer.said) == 3


def test_two_computers_of_a_desa_have_chains_of_their_own(
    computer: Computer,
    another: Computer,
    office: Office,
) -> None:
    computer.push(people(2))
    another.push(people(3))
    computer.push(people(2, id1="BUDI"))
    assert office.numbers() == [1, 1, 2]
    assert computer.position() == (2, 3)


def test_a_quiet_day_still_sees_how_the_log_went_on(
    computer: Computer,
    another: Computer,
) -> None:
    computer.push(people(2))
    another.push(people(3))
    assert computer.push(people(2)) == []
    assert computer.position() == (1, 2)


def test_before_the_key_is_enrolled_nothing_is_lost(computer: Computer, office: Office) -> None:
    keys, office.enrolled = office.enrolled, {}
    for _ in range(2):
        with pytest.raises(NotEnrolledError):
            computer.push(people(2))
    office.enrolled = keys
    assert [it.position for it in computer.push(people(3))] == [1, 2]
    assert office.records() == people(3)


# --- lost answers --------------------------------------------------------------------------------


def test_an_answer_that_was_lost_is_asked_for_again(computer: Computer, office: Office) -> None:
    office.faults = ["lost", "lost"]
    (receipt,) = computer.push(people(2))
    assert receipt.replayed
    assert office.numbers() == [1]


def test_a_push_that_gave_up_is_resumed_with_the_same_batch(
    computer: Computer,
    office: Office,
) -> None:
    office.faults = ["lost"] * 5
    with pytest.raises(UnreachableError):
        computer.push(people(2))
    assert office.numbers() == [1]
    (receipt,) = computer.push(people(2))
    assert receipt.replayed
    assert office.numbers() == [1]
    assert computer.position() == (1, 1)


def test_what_changed_meanwhile_goes_into_the_next_batch(
    computer: Computer,
    office: Office,
) -> None:
    office.faults = [503] * 5
    with pytest.raises(UnreachableError):
        computer.push(people(2))
    receipts = computer.push(people(3))
    assert [(it.number, it.count) for it in receipts] == [(1, 2), (2, 1)]
    assert office.records() == people(3)


# --- sticks --------------------------------------------------------------------------------------


def written(computer: Computer, count: int) -> list[bytes]:
    with open_state(computer.folder) as state:
        signer = Signer(state, lambda: NOW, Limits())
        told = state.told().get("penduduk", {})
        fresh = {id_: it for id_, it in people(count).items() if id_ not in told}
        list(signer.signed(Draft("penduduk", id_, "put", NOW, it) for id_, it in fresh.items()))
        return [batch.to_bytes() for batch in state.pending()]


def test_batches_on_sticks_are_a_chain_without_receipts(computer: Computer) -> None:
    first, *_ = written(computer, 2)
    again, second = written(computer, 4)
    assert again == first
    assert b"batch 2\n" in second
    assert b"seen 0 " in second


def test_what_came_on_a_stick_gets_its_receipt_when_there_is_a_line(
    computer: Computer,
    another: Computer,
    office: Office,
) -> None:
    written(computer, 2)
    one, two = written(computer, 4)
    office.post(one)
    another.push(people(9))
    office.post(two)
    receipts = computer.push(people(4))
    assert [(it.position, it.replayed) for it in receipts] == [(1, True), (3, True)]
    assert computer.position() == (2, 3)


# --- an office that lost something ---------------------------------------------------------------


@pytest.mark.parametrize("left", [0, 1, 2])
def test_what_the_office_lost_is_sent_again_from_what_was_kept(
    computer: Computer,
    office: Office,
    left: int,
) -> None:
    for count in range(1, 4):
        computer.push(people(count))
    before = office.root(3)
    del office.batches[left:]
    computer.push(people(4))
    assert office.root(3) == before
    assert office.records() == people(4)
    assert len([it for it in computer.said if "kehilangan" in it]) == 3 - left


def test_a_quiet_day_heals_it_too(computer: Computer, office: Office) -> None:
    for count in range(1, 4):
        computer.push(people(count))
    office.batches.clear()
    assert computer.push(people(3)) == []
    assert office.numbers() == [1, 2, 3]


def test_the_loss_of_anothers_batches_stops_the_push(
    computer: Computer,
    another: Computer,
    office: Office,
) -> None:
    computer.push(people(1))
    another.push(people(5))
    computer.push(people(2))
    del office.batches[1:]
    with pytest.raises(DivergedError) as caught:
        computer.push(people(3))
    assert caught.value.refusal == "history"
    assert computer.position() == (2, 3)


def test_a_shorter_log_with_all_of_ours_is_noticed_on_a_quiet_day(
    computer: Computer,
    another: Computer,
    office: Office,
) -> None:
    computer.push(people(1))
    another.push(people(5))
    computer.push(people(1))
    del office.batches[1:]
    with pytest.raises(ReceiptError, match="lebih pendek"):
        computer.push(people(1))
    assert computer.position() == (1, 2)


# --- an office that forked -----------------------------------------------------------------------


def other_history(computer: Computer, another: Computer, office: Office) -> None:
    """The office shows a log that begins with another batch than the one we saw there."""
    another.push(people(5))
    computer.push(people(1))
    another.push(people(6))
    computer.push(people(2))
    ours = [it for it in office.batches if "opensid" in it.manifest.chain]
    theirs = [it for it in office.batches if "kaur" in it.manifest.chain]
    office.batches[:] = [ours[0], theirs[0], ours[1], theirs[1]]


def test_another_history_is_refused_by_an_honest_office(
    computer: Computer,
    another: Computer,
    office: Office,
) -> None:
    other_history(computer, another, office)
    with pytest.raises(DivergedError, match="bukti"):
        computer.push(people(3))


def test_another_history_is_noticed_on_a_quiet_day(
    computer: Computer,
    another: Computer,
    office: Office,
) -> None:
    other_history(computer, another, office)
    before = computer.position()
    with pytest.raises(ReceiptError):
        computer.push(people(2))
    assert computer.position() == before
    names = ["2-1.checkpoint-baru", "2-1.checkpoint-lama", "2-1.json"]
    assert computer.files("evidence") == names


# --- receipts that prove nothing -----------------------------------------------------------------


Tamper = Callable[[dict[str, Any]], None]


def broken_proof(answer: dict[str, Any]) -> None:
    answer["proof"] = answer["proof"].replace("index 0", "index 1")


def no_proof(answer: dict[str, Any]) -> None:
    answer["proof"] = "percayalah"


def another_key(answer: dict[str, Any]) -> None:
    proof = TlogProof.from_text(answer["proof"])
    text = proof.checkpoint.decode().partition("\n\n")[0] + "\n"
    note = SigningKey(LOG, b"x" * 32).sign(text)
    answer["proof"] = TlogProof(proof.index, proof.hashes, note.to_bytes()).to_text()


def another_log(answer: dict[str, Any]) -> None:
    proof = TlogProof.from_text(answer["proof"])
    text = proof.checkpoint.decode().partition("\n\n")[0] + "\n"
    origin = "kecamatan.example/52.03.04.2002"
    note = SigningKey(origin, b"k" * 32).sign(text.replace(LOG, origin))
    answer["proof"] = TlogProof(proof.index, proof.hashes, note.to_bytes()).to_text()


def another_root(answer: dict[str, Any]) -> None:
    note = SigningKey(LOG, b"k" * 32).sign(Checkpoint(LOG, 1, b"r" * 32).to_text())
    answer["proof"] = TlogProof(0, (), note.to_bytes()).to_text()


def another_place(answer: dict[str, Any]) -> None:
    answer["position"] += 1


TAMPERED = [broken_proof, no_proof, another_key, another_log, another_root, another_place]


@pytest.mark.parametrize("tamper", TAMPERED)
def test_a_receipt_that_proves_nothing_is_not_taken(
    computer: Computer,
    office: Office,
    tamper: Tamper,
) -> None:
    office.tamper = tamper
    with pytest.raises(ReceiptError, match="Hubungi kecamatan"):
        computer.push(people(2))
    assert computer.position() == (0, 0)
    assert computer.files("evidence") == ["1-1.json"]
    assert len(computer.files("pending")) == 1


@pytest.mark.parametrize("tamper", TAMPERED)
def test_when_the_office_is_honest_again_the_push_goes_on(
    computer: Computer,
    office: Office,
    tamper: Tamper,
) -> None:
    office.tamper = tamper
    with pytest.raises(ReceiptError):
        computer.push(people(2))
    office.tamper = lambda _: None
    assert [it.position for it in computer.push(people(3))] == [1, 2]


def false_consistency(answer: dict[str, Any]) -> None:
    answer["consistency"] = [to_base64(b"x" * 32)]


def no_consistency(answer: dict[str, Any]) -> None:
    answer["consistency"] = []


@pytest.mark.parametrize("tamper", [false_consistency, no_consistency])
def test_a_log_that_does_not_go_on_from_the_one_we_saw_is_not_taken(
    computer: Computer,
    another: Computer,
    office: Office,
    tamper: Tamper,
) -> None:
    another.push(people(5))
    computer.push(people(1))
    office.tamper = tamper
    with pytest.raises(ReceiptError, match="bukan lanjutan"):
        computer.push(people(2))
    assert computer.position() == (1, 2)


def test_a_proof_from_another_beginning_than_asked_for_is_not_taken(
    computer: Computer,
    office: Office,
) -> None:
    computer.push(people(1))
    office.tamper = lambda answer: answer.update(seen=7)
    with pytest.raises(ReceiptError, match="kesinambungan"):
        computer.push(people(2))


# --- a desa that was restored --------------------------------------------------------------------


def test_a_refusal_on_a_quiet_day_is_told(
    computer: Computer,
    office: Office,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    computer.push(people(1))
    answer = {"code": "desa-unknown", "detail": "Desa belum terdaftar."}
    monkeypatch.setattr(office, "answer", lambda *_: (404, answer))
    with pytest.raises(RefusedError, match="Minta kecamatan mendaftarkan"):
        computer.push(people(1))


def test_a_log_that_shrank_between_two_answers_is_noticed(
    computer: Computer,
    another: Computer,
    office: Office,
) -> None:
    """Signed before the first push, so its receipt must be asked for from what was seen since."""
    written(computer, 1)
    written(computer, 2)
    another.push(people(5))
    another.push(people(6))

    def shrink(_: object) -> None:
        if len(office.batches) == 4:
            del office.batches[2:]

    office.tamper = shrink
    with pytest.raises(ReceiptError, match="lebih pendek"):
        computer.push(people(2))
    assert computer.position() == (1, 3)


def test_a_folder_from_an_old_backup_cannot_push(computer: Computer, office: Office) -> None:
    computer.push(people(1))
    backup = computer.folder.with_name("cadangan")
    shutil.copytree(computer.folder, backup)
    computer.push(people(2))
    shutil.rmtree(computer.folder)
    backup.rename(computer.folder)
    with pytest.raises(DivergedError, match="kunci baru") as caught:
        computer.push(people(3))
    assert caught.value.refusal == "fork"
    assert office.numbers() == [1, 2]


def test_a_folder_from_an_old_backup_is_noticed_on_a_quiet_day(computer: Computer) -> None:
    """Nothing has changed since what it remembers, but the office was told more."""
    computer.push(people(1))
    backup = computer.folder.with_name("cadangan")
    shutil.copytree(computer.folder, backup)
    computer.push(people(2))
    computer.folder = backup
    with pytest.raises(StateBehindError, match=r"nomor 1, .* nomor 2"):
        computer.push(people(1))


def test_evidence_is_never_overwritten(computer: Computer, office: Office) -> None:
    office.tamper = no_proof
    for _ in range(2):
        with pytest.raises(ReceiptError):
            computer.push(people(2))
    assert computer.files("evidence") == ["1-1.json", "1-2.json"]


def test_a_state_is_told_also_what_is_pending(computer: Computer, office: Office) -> None:
    office.faults = [500] * 5
    with pytest.raises(UnreachableError):
        computer.push(people(2))
    with open_state(computer.folder) as state:
        assert isinstance(state, State)
        assert set(state.told()["penduduk"]) == {"1", "2"}
