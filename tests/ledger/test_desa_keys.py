"""Keys of a desa through their life, and what each step leaves behind."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import msgspec
import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from ledger import KeyNote, Note, SigningKey, code_hash, code_proof, read_entries, read_entry
from ledger.database import Databases
from ledger.desa_keys import KEPT, LIFETIME
from ledger.errors import (
    DesaUnknownError,
    EnrolCodeError,
    KeyEndedError,
    KeyExistsError,
    KeyMissingError,
    KeyNotValidError,
    KeySuspicionError,
    KeyUnknownError,
    KeyWaitingError,
    SignatureError,
)
from tests.simulator import KODE, KODE_DESA, START, House, Village, penduduk


@pytest.fixture
def house(databases: Databases) -> House:
    house = House(databases)
    house.registry.add_desa(KODE_DESA, "Lamika")
    return house


@pytest.fixture
def village(house: House) -> Village:
    return house.village()


def acts(house: House, entity: str = "kunci_desa") -> list[dict[str, Any]]:
    """What the office's log says of keys, in order."""
    with house.databases.reader.begin() as tx:
        return [
            msgspec.json.decode(change.data)  # type: ignore[arg-type]  # a put has data
            for entry in read_entries(tx, KODE, after=0, limit=1000)
            for change in entry.changes()
            if change.entity == entity
        ]


def newcomer(house: House, label: str = "kades") -> Village:
    """A village's computer whose key nobody knows."""
    return Village(house.office.log_key(KODE_DESA).verifier, KODE_DESA, label)


def enrol_note(key: SigningKey, code: str) -> bytes:
    proof = code_proof(code_hash(code), key.verifier)
    log = f"kecamatan.example/{KODE_DESA}"
    return KeyNote(log, "enrol", key.verifier, START, code=proof).signed(key).to_bytes()


def rotate_note(old: SigningKey, new: SigningKey) -> bytes:
    log = f"kecamatan.example/{KODE_DESA}"
    said = KeyNote(log, "rotate", new.verifier, START, old=old.verifier)
    return said.signed(old, new).to_bytes()


def revoke_note(ended: SigningKey, signer: SigningKey) -> bytes:
    said = KeyNote(f"kecamatan.example/{KODE_DESA}", "revoke", ended.verifier, START)
    return said.signed(signer).to_bytes()


# --- one-time codes ------------------------------------------------------------------------------


def test_a_key_comes_with_a_code_waits_and_is_accepted(house: House) -> None:
    keys, computer = house.registry.desa_keys, newcomer(house)
    code, _ = keys.issue_code(KODE_DESA)
    note = enrol_note(computer.key, code)
    assert keys.receive(KODE_DESA, note).state == "waiting"
    with pytest.raises(KeyWaitingError, match="menunggu disetujui"):
        house.push(computer, [penduduk(1)])
    assert acts(house) == []
    accepted = keys.accept(KODE_DESA, "kades")
    assert (accepted.first, accepted.how, accepted.note) == (1, "kode", note.decode())
    house.push(computer, [penduduk(1)])
    assert acts(house) == [
        {
            "kode_desa": KODE_DESA,
            "vkey": computer.key.verifier.to_vkey(),
            "mulai": 1,
            "cara": "kode",
            "bukti": note.decode(),
        }
    ]


def test_the_code_is_nowhere_in_the_database(house: House) -> None:
    keys = house.registry.desa_keys
    code, _ = keys.issue_code(KODE_DESA)
    keys.receive(KODE_DESA, enrol_note(newcomer(house).key, code))
    (kept,) = keys.codes(KODE_DESA)
    assert code not in repr(kept)
    assert code.replace("-", "") not in repr(kept)


def test_the_same_note_again_waits_still_and_later_says_that_it_is_valid(house: House) -> None:
    keys, computer = house.registry.desa_keys, newcomer(house)
    note = enrol_note(computer.key, keys.issue_code(KODE_DESA)[0])
    states = [keys.receive(KODE_DESA, note).state for _ in range(2)]
    keys.accept(KODE_DESA, computer.key.name)
    assert [*states, keys.receive(KODE_DESA, note).state] == ["waiting", "waiting", "valid"]
    assert len(acts(house)) == 1


def test_a_key_that_is_not_accepted_stays_out_and_its_code_is_spent(house: House) -> None:
    keys, computer = house.registry.desa_keys, newcomer(house)
    code, _ = keys.issue_code(KODE_DESA)
    note = enrol_note(computer.key, code)
    keys.receive(KODE_DESA, note)
    assert keys.reject(KODE_DESA, "kades") == computer.key.verifier
    assert keys.receive(KODE_DESA, note).state == "rejected"
    with pytest.raises(KeyUnknownError):
        house.push(computer, [penduduk(1)])
    with pytest.raises(EnrolCodeError, match="sudah dipakai"):
        keys.receive(KODE_DESA, enrol_note(newcomer(house, "lain").key, code))
    with pytest.raises(KeyMissingError):
        keys.accept(KODE_DESA, "kades")


def test_a_code_lets_one_key_in(house: House) -> None:
    keys = house.registry.desa_keys
    code, _ = keys.issue_code(KODE_DESA)
    keys.receive(KODE_DESA, enrol_note(newcomer(house).key, code))
    with pytest.raises(EnrolCodeError) as caught:
        keys.receive(KODE_DESA, enrol_note(newcomer(house, "lain").key, code))
    assert caught.value.reason == "used"


def test_a_code_expires(house: House) -> None:
    keys, computer = house.registry.desa_keys, newcomer(house)
    code, _ = keys.issue_code(KODE_DESA, timedelta(minutes=1))
    house.now.time += timedelta(minutes=2)
    with pytest.raises(EnrolCodeError, match="kedaluwarsa"):
        keys.receive(KODE_DESA, enrol_note(computer.key, code))


def test_a_code_that_nobody_used_is_forgotten_long_after_and_a_used_one_never(
    house: House,
) -> None:
    keys, computer = house.registry.desa_keys, newcomer(house)
    used, _ = keys.issue_code(KODE_DESA)
    note = enrol_note(computer.key, used)
    keys.receive(KODE_DESA, note)
    keys.issue_code(KODE_DESA)
    house.now.time += LIFETIME + KEPT - timedelta(minutes=1)
    assert keys.sweep() == 0
    house.now.time += timedelta(minutes=1)
    fresh = keys.issue_code(KODE_DESA)[1]
    assert keys.sweep() == 1
    assert [it.id for it in keys.codes(KODE_DESA) if it.verifier is None] == [fresh.id]
    assert keys.receive(KODE_DESA, note).state == "waiting"
    with house.databases.ingest.connect() as tx:
        with pytest.raises(DBAPIError) as caught:
            tx.execute(text("DELETE FROM ledger.enrolment"))
        assert caught.value.orig.sqlstate == "42501"  # type: ignore[union-attr]


def test_wrong_codes_are_counted_and_end_none(house: House) -> None:
    """Anybody can send them: a village's code must not be theirs to spend."""
    keys, computer = house.registry.desa_keys, newcomer(house)
    code, issued = keys.issue_code(KODE_DESA)
    for _ in range(40):
        with pytest.raises(EnrolCodeError) as caught:
            keys.receive(KODE_DESA, enrol_note(computer.key, "0000-0000-0000-0000"))
        assert caught.value.reason == "unknown"
    assert {it.id: it.tries for it in keys.codes(KODE_DESA)}[issued.id] == 40
    assert keys.receive(KODE_DESA, enrol_note(computer.key, code)).state == "waiting"


def test_a_note_that_was_read_on_its_way_lets_no_other_key_in(house: House) -> None:
    """Whoever copies the line `code` under a key of his own has not known the code."""
    keys, computer = house.registry.desa_keys, newcomer(house)
    code, _ = keys.issue_code(KODE_DESA)
    thief = SigningKey(computer.key.name, b"9" * 32)
    proof = code_proof(code_hash(code), computer.key.verifier)
    said = KeyNote(f"kecamatan.example/{KODE_DESA}", "enrol", thief.verifier, START, code=proof)
    with pytest.raises(EnrolCodeError, match="salah"):
        keys.receive(KODE_DESA, said.signed(thief).to_bytes())
    assert keys.receive(KODE_DESA, enrol_note(computer.key, code)).state == "waiting"


def test_a_code_is_good_for_its_own_desa_alone(house: House) -> None:
    house.registry.add_desa("53.06.14.2002", "Riangbao")
    keys = house.registry.desa_keys
    code, _ = keys.issue_code("53.06.14.2002")
    with pytest.raises(EnrolCodeError):
        keys.receive(KODE_DESA, enrol_note(newcomer(house).key, code))


def test_refusals_of_notes_are_kept(house: House) -> None:
    keys = house.registry.desa_keys
    with pytest.raises(EnrolCodeError):
        keys.receive(KODE_DESA, enrol_note(newcomer(house).key, "0000-0000-0000-0000"))
    from projections.queries.kiriman import refusals  # noqa: PLC0415  # what staff see

    with house.databases.reader.begin() as tx:
        assert [it.code for it in refusals(tx, KODE_DESA)] == ["enrol-code"]


# --- handing over --------------------------------------------------------------------------------


def test_a_key_hands_over_to_the_next_at_once(house: House, village: Village) -> None:
    house.push(village, [penduduk(1)])
    new = newcomer(house, "sekdes-2")
    new.seen = village.seen
    note = rotate_note(village.key, new.key)
    state = house.registry.desa_keys.receive(KODE_DESA, note)
    assert (state.verifier, state.state, state.first) == (new.key.verifier, "valid", 2)
    with pytest.raises(KeyNotValidError):
        house.push(village, [penduduk(2)])
    assert house.push(new, [penduduk(2)]).position == 2
    _, ended, begun = acts(house)
    assert (ended["sampai"], ended["cara"], ended["bukti"]) == (2, "rotasi", note.decode())
    assert (begun["mulai"], begun["cara"], begun["bukti"]) == (2, "rotasi", note.decode())
    with house.databases.reader.begin() as tx:
        assert read_entry(tx, KODE, 4).manifest.count == 2


def test_what_the_old_key_signed_stays_verified(house: House, village: Village) -> None:
    house.push(village, [penduduk(1)])
    new = newcomer(house, "sekdes-2")
    house.registry.desa_keys.receive(KODE_DESA, rotate_note(village.key, new.key))
    keys = {it.verifier.name: it for it in house.registry.keys(KODE_DESA)}
    with house.databases.reader.begin() as tx:
        entry = read_entry(tx, KODE_DESA, 1)
    old = keys[entry.manifest.chain]
    assert old.verifier.signed(Note.from_bytes(entry.note))
    assert old.valid_at(1)
    assert not old.valid_at(2)


def test_a_retry_of_what_the_old_key_signed_is_answered_still(
    house: House, village: Village
) -> None:
    batch = village.sign([penduduk(1)])
    house.append(batch)
    new = newcomer(house, "sekdes-2")
    house.registry.desa_keys.receive(KODE_DESA, rotate_note(village.key, new.key))
    assert house.append(batch).replayed


def test_a_rotation_sent_again_changes_nothing(house: House, village: Village) -> None:
    new = newcomer(house, "sekdes-2")
    note = rotate_note(village.key, new.key)
    first = house.registry.desa_keys.receive(KODE_DESA, note)
    house.push(new, [penduduk(1)])
    assert house.registry.desa_keys.receive(KODE_DESA, note) == first
    assert len(acts(house)) == 3


def test_an_old_key_cannot_hand_over_twice(house: House, village: Village) -> None:
    keys = house.registry.desa_keys
    keys.receive(KODE_DESA, rotate_note(village.key, newcomer(house, "sekdes-2").key))
    with pytest.raises(KeyNotValidError):
        keys.receive(KODE_DESA, rotate_note(village.key, newcomer(house, "pencuri").key))


def test_a_key_cannot_be_taken_over_without_it(house: House, village: Village) -> None:
    thief = newcomer(house, "pencuri").key
    forged = SigningKey(village.key.name, b"9" * 32)
    said = KeyNote(
        f"kecamatan.example/{KODE_DESA}",
        "rotate",
        thief.verifier,
        START,
        old=village.key.verifier,
    )
    lines = said.signed(forged, thief).signatures
    (own,) = village.key.sign("lain\n").signatures
    stolen = Note(said.to_text(), (own, lines[1]))
    with pytest.raises(SignatureError):
        house.registry.desa_keys.receive(KODE_DESA, stolen.to_bytes())


# --- ending --------------------------------------------------------------------------------------


def test_the_office_ends_a_key_from_the_next_position_on(house: House, village: Village) -> None:
    house.push(village, [penduduk(1)])
    ended = house.registry.desa_keys.revoke(KODE_DESA, "sekdes-1")
    assert (ended.end, ended.ended) == (2, "kantor")
    with pytest.raises(KeyNotValidError):
        house.push(village, [penduduk(2)])
    assert acts(house)[-1]["sampai"] == 2
    with pytest.raises(KeyEndedError, match="ke-2"):
        house.registry.desa_keys.revoke(KODE_DESA, "sekdes-1")


@pytest.mark.parametrize("own", [True, False])
def test_the_desa_ends_a_key_itself(house: House, village: Village, own: bool) -> None:  # noqa: FBT001
    other = house.village(label="kades")
    note = revoke_note(village.key, village.key if own else other.key)
    for _ in range(2):
        state = house.registry.desa_keys.receive(KODE_DESA, note)
        assert (state.state, state.end) == ("ended", 1)
    assert acts(house)[-1]["cara"] == "desa"
    assert acts(house)[-1]["bukti"] == note.decode()
    with pytest.raises(KeyNotValidError):
        house.push(village, [penduduk(1)])
    house.push(other, [penduduk(1)])


def test_a_key_that_ended_ends_no_other(house: House, village: Village) -> None:
    other = house.village(label="kades")
    house.registry.desa_keys.revoke(KODE_DESA, "sekdes-1")
    with pytest.raises(KeyNotValidError):
        house.registry.desa_keys.receive(KODE_DESA, revoke_note(other.key, village.key))


def test_a_name_that_ended_is_never_used_again(house: House, village: Village) -> None:
    keys = house.registry.desa_keys
    keys.revoke(KODE_DESA, "sekdes-1")
    again = SigningKey(village.key.name, b"9" * 32)
    with pytest.raises(KeyExistsError):
        keys.enrol(KODE_DESA, again.verifier.to_vkey())
    code, _ = keys.issue_code(KODE_DESA)
    with pytest.raises(KeyExistsError):
        keys.receive(KODE_DESA, enrol_note(again, code))


def test_batches_since_a_suspected_theft_are_disputed_until_acknowledged(
    house: House, village: Village
) -> None:
    for number in range(1, 5):
        house.push(village, [penduduk(number)])
    keys = house.registry.desa_keys
    stolen = keys.revoke(KODE_DESA, "sekdes-1", suspected=3)
    assert [stolen.disputed_at(it) for it in range(1, 5)] == [False, False, True, True]
    assert (acts(house)[-1]["curiga_sejak"], acts(house)[-1]["diakui"]) == (3, False)
    settled = keys.acknowledge(KODE_DESA, "sekdes-1")
    assert not any(settled.disputed_at(it) for it in range(1, 5))
    assert (acts(house)[-1]["curiga_sejak"], acts(house)[-1]["diakui"]) == (3, True)
    assert settled.end == 5


def test_a_theft_may_be_noticed_after_the_key_ended(house: House, village: Village) -> None:
    house.push(village, [penduduk(1)])
    keys = house.registry.desa_keys
    keys.revoke(KODE_DESA, "sekdes-1")
    assert keys.revoke(KODE_DESA, "sekdes-1", suspected=1).disputed_at(1)
    assert acts(house)[-1]["sampai"] == 2


@pytest.mark.parametrize("suspected", [0, 2])
def test_a_key_is_suspected_within_its_own_time(
    house: House, village: Village, suspected: int
) -> None:
    house.push(village, [penduduk(1)])
    with pytest.raises(KeySuspicionError):
        house.registry.desa_keys.revoke(KODE_DESA, "sekdes-1", suspected)
    assert house.registry.keys(KODE_DESA)[0].end is None


def test_only_what_is_suspected_can_be_acknowledged(house: House, village: Village) -> None:
    with pytest.raises(KeySuspicionError):
        house.registry.desa_keys.acknowledge(KODE_DESA, village.key.name)


@pytest.mark.usefixtures("village")
def test_the_offices_own_key_is_not_ended_as_a_desas(house: House) -> None:
    house.tokens.issue(KODE_DESA, "OpenSID")
    for name in (house.office.gateway_key.name, "tidak-ada"):
        with pytest.raises(KeyMissingError):
            house.registry.desa_keys.revoke(KODE_DESA, name)


@pytest.mark.parametrize(
    "do",
    [
        lambda keys: keys.issue_code("53.06.14.2009"),
        lambda keys: keys.accept("53.06.14.2009", "kades"),
        lambda keys: keys.reject("53.06.14.2009", "kades"),
        lambda keys: keys.revoke("53.06.14.2009", "kades"),
        lambda keys: keys.acknowledge("53.06.14.2009", "kades"),
        lambda keys: keys.issue_code(KODE),
    ],
    ids=["issue", "accept", "reject", "revoke", "acknowledge", "office"],
)
def test_nothing_for_a_desa_that_is_not_there(house: House, do: Callable[[Any], object]) -> None:
    with pytest.raises(DesaUnknownError):
        do(house.registry.desa_keys)
