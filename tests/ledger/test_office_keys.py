"""The office's own keys hand over, and everybody who follows them still can."""

import io
from pathlib import Path
from typing import Any

import msgspec
import pytest
from sqlalchemy import delete

from ledger import (
    Checkpoint,
    Draft,
    Exports,
    Keyring,
    Ledger,
    Note,
    Office,
    OfficeKeys,
    Policy,
    TlogProof,
    Trust,
    VerifierKey,
    follow,
    read_entries,
    read_entry,
    verify_bundle,
)
from ledger.database import Databases
from ledger.errors import KeyFileError, OfficeKeyError
from ledger.key_note import read_key_note
from ledger.log import LogHead
from ledger.policy import NO_QUORUM, KnownLog
from ledger.tables import office_key
from tests.simulator import KODE, KODE_DESA, ORIGIN, START, House, Village, penduduk


@pytest.fixture
def house(databases: Databases, tmp_path: Path) -> House:
    return House(databases, folder=tmp_path / "blobs", keyring=Keyring.open(tmp_path / "keys"))


@pytest.fixture
def keys(house: House) -> OfficeKeys:
    return OfficeKeys(house.databases.ingest, house.ledger, house.now)


@pytest.fixture
def village(house: House) -> Village:
    return house.village()


def another_process(house: House) -> Ledger:
    """A web process that opened the office before, and hears of nothing by itself."""
    office = Office(ORIGIN, KODE, house.keyring)
    ledger = Ledger(house.databases.ingest, office, house.limits, house.now)
    ledger.look()
    return ledger


def acts(house: House, entity: str) -> list[tuple[str, dict[str, Any]]]:
    """The chain that signed each act, and what it says."""
    with house.databases.reader.begin() as tx:
        return [
            (entry.manifest.chain, msgspec.json.decode(change.data))  # type: ignore[arg-type]
            for entry in read_entries(tx, KODE, after=0, limit=1000)
            for change in entry.changes()
            if change.entity == entity
        ]


def signers(head: LogHead) -> list[bytes]:
    return [it.key_id for it in Note.from_bytes(head.checkpoint.encode()).signatures]


def followed(pinned: VerifierKey, head: LogHead) -> VerifierKey:
    return follow(pinned, head.rotations)[0]


# --- the log key ---------------------------------------------------------------------------------


def test_a_new_log_key_signs_beside_the_old_one(
    house: House, keys: OfficeKeys, village: Village
) -> None:
    other = another_process(house)
    house.push(village, [penduduk(1)])
    new = keys.rotate("log")
    name = f"{ORIGIN}/{KODE_DESA}"
    newest = VerifierKey(name, new.verifier.public)
    for ledger in (house.ledger, other):
        head = ledger.head(KODE_DESA)
        assert signers(head) == [newest.key_id, village.pinned.key_id]
        assert followed(village.pinned, head) == newest
    house.push(village, [penduduk(2)])
    village.pinned = newest
    house.push(village, [penduduk(3)])


def test_the_act_is_signed_by_the_office_and_proved_by_both_log_keys(
    house: House, keys: OfficeKeys
) -> None:
    old = house.office.log_key(KODE).verifier
    new = keys.rotate("log").verifier
    _, (chain, said) = acts(house, "kantor")
    assert chain == f"server/{ORIGIN}/kantor"
    assert said["kunci_log"] == new.to_vkey()
    assert said["kunci_kantor"] == house.office.key.verifier.to_vkey()
    note, read = read_key_note(said["bukti"][0].encode())
    assert (read.act, read.old, read.key) == ("rotate", old, new)
    assert old.signed(note)
    assert new.signed(note)


def test_once_discarded_only_the_new_one_signs_and_notes_still_lead_there(
    house: House, keys: OfficeKeys, village: Village, tmp_path: Path
) -> None:
    other = another_process(house)
    for _ in range(2):
        keys.rotate("log")
    assert [it.number for it in keys.discard()] == [1, 2]
    head = other.head(KODE_DESA)
    (key_id,) = signers(head)
    assert followed(village.pinned, head).key_id == key_id
    names = {it.name for it in (tmp_path / "keys").glob("log*.key")}
    assert names == {"log-3.key"}
    assert keys.discard() == []
    # A process that starts now makes a first key anew, and does not sign with it.
    again = Office(ORIGIN, KODE, Keyring.open(tmp_path / "keys"))
    fresh = Ledger(house.databases.ingest, again, house.limits, house.now)
    fresh.found()
    assert signers(fresh.head(KODE_DESA)) == [key_id]


def test_a_kept_receipt_of_before_still_proves(
    house: House, keys: OfficeKeys, village: Village
) -> None:
    receipt = house.push(village, [penduduk(1)])
    keys.rotate("log")
    keys.discard()
    proof = TlogProof.from_text(receipt.proof)
    leaf = village.batches[0].note.to_bytes()
    assert proof.verify(leaf, village.pinned).size == 1


# --- the office's key ----------------------------------------------------------------------------


def test_the_old_office_key_signs_who_follows_and_the_new_one_the_next_act(
    house: House, keys: OfficeKeys
) -> None:
    other = another_process(house)
    new = keys.rotate("kantor").verifier
    _, (chain, said) = acts(house, "kantor")
    assert chain == f"server/{ORIGIN}/kantor"
    assert said["kunci_kantor"] == new.to_vkey()
    assert new.name == f"server/{ORIGIN}/kantor-2"
    with house.databases.ingest.begin() as tx:
        other.record(tx, [Draft("uji", "1", "put", house.now(), {})])
    with house.databases.reader.begin() as tx:
        entry = read_entries(tx, KODE, after=0, limit=1000)[-1]
    assert (entry.manifest.chain, entry.manifest.number) == (new.name, 1)
    assert new.signed(Note.from_bytes(entry.note))


# --- the gateway's key ---------------------------------------------------------------------------


def test_a_new_gateway_key_goes_on_for_every_desa_it_is_opened_for(
    house: House, keys: OfficeKeys
) -> None:
    for kode in (KODE_DESA, "53.06.14.2002", "53.06.14.2003"):
        house.registry.add_desa(kode, "Desa")
    text, _ = house.tokens.issue(KODE_DESA, "OpenSID")
    house.tokens.issue("53.06.14.2002", "OpenSID")
    old = house.office.gateway_key.verifier
    new = keys.rotate("gateway").verifier
    assert new.name == f"server/{ORIGIN}/opendk-v1-2"
    for kode in (KODE_DESA, "53.06.14.2002"):
        before, after = house.registry.keys(kode)
        assert (before.verifier, before.end) == (old, 1)
        assert (after.verifier, after.first, after.end) == (new, 1, None)
    assert house.registry.keys("53.06.14.2003") == []
    written = [said for _, said in acts(house, "kunci_desa")][2:]
    assert [it["cara"] for it in written] == ["rotasi"] * 4
    assert read_key_note(written[0]["bukti"].encode())[1].log == f"{ORIGIN}/{KODE_DESA}"
    assert house.tokens.verify(text).kode_desa == KODE_DESA
    house.tokens.issue("53.06.14.2003", "OpenSID")
    assert house.registry.keys("53.06.14.2003")[0].verifier == new


def test_the_next_upload_is_signed_by_the_new_gateway_key(house: House, keys: OfficeKeys) -> None:
    house.registry.add_desa(KODE_DESA, "Lamika")
    house.tokens.issue(KODE_DESA, "OpenSID")
    other = another_process(house)
    heading = Draft("upload", "1", "put", START, {"endpoint": "penduduk"})

    def upload(ledger: Ledger) -> None:
        with house.databases.ingest.begin() as tx:
            ledger.append_for(tx, ledger.lock(tx, KODE_DESA), heading, [penduduk(1)])

    upload(house.ledger)
    new = keys.rotate("gateway").verifier
    upload(other)
    with house.databases.reader.begin() as tx:
        first, second = (read_entry(tx, KODE_DESA, it).manifest.chain for it in (1, 2))
    assert (first, second) == (f"server/{ORIGIN}/opendk-v1", new.name)


# --- whoever checks ------------------------------------------------------------------------------


def test_an_auditor_who_trusts_the_first_log_key_follows_every_change(
    house: House, keys: OfficeKeys, village: Village
) -> None:
    trusted = house.office.log_key(KODE).verifier
    house.tokens.issue(KODE_DESA, "OpenSID")
    house.push(village, [penduduk(1)])
    for role in ("log", "kantor", "gateway", "log"):
        keys.rotate(role)
    keys.discard()
    village.pinned = house.ledger.office.log_key(KODE_DESA).verifier
    house.push(village, [penduduk(2)])
    exports = Exports(house.databases.reader, house.office, house.now)
    bundle = io.BytesIO(b"".join(exports.logs(None, whole=True)))
    trust = Trust(Policy((KnownLog(trusted),), (), (), NO_QUORUM), {})
    report = verify_bundle(bundle, trust, [])
    assert [it.code for it in report.faults] == []
    assert sum(log.size for log in report.logs) > 2


# --- what cannot be ------------------------------------------------------------------------------


def test_no_other_key_can_be_handed_over(keys: OfficeKeys) -> None:
    with pytest.raises(OfficeKeyError):
        keys.rotate("web")


def test_a_crash_before_the_commit_leaves_the_old_key_and_the_same_new_one(
    house: House, keys: OfficeKeys, tmp_path: Path
) -> None:
    """The file is durable first: what was made is used when it is tried again."""
    made = house.keyring.make("log", 2)
    assert len(signers(house.ledger.head(house.village().kode_desa))) == 1
    keys.rotate("log")
    assert (tmp_path / "keys" / "log-2.key").read_bytes() == made
    assert (tmp_path / "keys" / "log-2.key").stat().st_mode & 0o777 == 0o600


def test_without_the_new_keys_file_the_office_does_not_start(
    house: House, keys: OfficeKeys, tmp_path: Path
) -> None:
    keys.rotate("kantor")
    (tmp_path / "keys" / "office-2.key").unlink()
    office = Office(ORIGIN, KODE, Keyring.open(tmp_path / "keys"))
    with pytest.raises(KeyFileError, match="pulihkan"):
        Ledger(house.databases.ingest, office, house.limits, house.now).found()


def test_an_office_of_before_learns_its_first_keys_from_its_founding(
    house: House, keys: OfficeKeys, databases: Databases
) -> None:
    with databases.owner.begin() as tx:
        tx.execute(delete(office_key))
    house.ledger.found()
    assert [(it.role, it.number) for it in keys.listed()] == [
        ("log", 1),
        ("kantor", 1),
        ("gateway", 1),
    ]


def test_a_checkpoint_names_the_log_whichever_key_signs(
    house: House, keys: OfficeKeys, village: Village
) -> None:
    keys.rotate("log")
    note = Note.from_bytes(house.ledger.head(village.kode_desa).checkpoint.encode())
    assert Checkpoint.opened(note, village.pinned).origin == f"{ORIGIN}/{KODE_DESA}"
