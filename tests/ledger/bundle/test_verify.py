"""Bundles of a whole office's life verify: keys that change, redactions, anchors, witnesses."""

import io
import zipfile
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from ledger import (
    NO_PREVIOUS,
    Cosigner,
    Draft,
    KeyNote,
    Order,
    Policy,
    SigningKey,
    Wish,
)
from ledger.bundle.report import Report
from ledger.bundle.trust import Trust
from ledger.database import Databases
from ledger.errors import RecordUnknownError
from ledger.note import Note
from ledger.policy import KnownLog, KnownWitness
from tests.ledger.bundle.conftest import Audited, make_audited, receipt_json, verify
from tests.ledger.bundle.single import by_the_single_file, periksa, policy_text
from tests.ledger.bundle.tampering import batches, packed, resized, unpacked
from tests.simulator import KODE, KODE_DESA, ORIGIN, START, penduduk

ORDER = Order(
    alasan="permintaan subjek data, tidak lagi menjadi penduduk",
    dasar_hukum="UU 27/2022 pasal 43",
    nomor="470/12/2026",
    oleh="camat",
    disetujui="sekcam",
)


def both(data: bytes, trust: Trust, *kept: tuple[str, bytes]) -> Report:
    """What our verifier finds; the single file must find faults at the same places."""
    report = verify(data, trust, kept)
    ours = {(it.code, it.log, it.position, it.line) for it in report.faults}
    assert ours == set(by_the_single_file(data, trust, kept))
    return report


def codes(report: Report) -> set[tuple[str, str | None, int | None]]:
    return {(it.code, it.log, it.position) for it in report.faults}


@pytest.fixture
def audited(databases: Databases, tmp_path: Path) -> Audited:
    return make_audited(databases, tmp_path / "blobs")


def test_a_key_that_hands_over_and_one_that_ends(audited: Audited) -> None:
    house, village = audited.house, audited.first
    new = SigningKey(f"desa/{KODE_DESA}/sekdes-2", bytes(range(32)))
    note = KeyNote(
        f"{ORIGIN}/{KODE_DESA}", "rotate", new.verifier, START, village.key.verifier
    ).signed(village.key, new)
    house.registry.desa_keys.receive(KODE_DESA, note.to_bytes())
    house.registry.desa_keys.revoke(KODE_DESA, audited.second.key.name, suspected=5)
    report = both(audited.bundle(), audited.trust)
    assert report.faults == []
    assert report.logs[1].disputed == [5]
    assert any("disengketakan" in it for it in report.remarks)


def vouched_by_the_office_alone(audited: Audited, trust: Trust) -> list[str]:
    """The keys of which both verifiers say that only the office vouches for them."""
    data = audited.bundle()
    ours = both(data, trust).remarks
    _, theirs, _ = periksa.verify(io.BytesIO(data), periksa.Policy(policy_text(trust)))
    names = [[it.split()[1] for it in found if "hanya dijamin" in it] for found in (ours, theirs)]
    assert sorted(names[0]) == sorted(names[1])
    return sorted(names[0])


def test_a_pinned_key_vouches_for_the_one_it_hands_over_to(audited: Audited) -> None:
    house, village = audited.house, audited.first
    old, pin = village.key, village.key.verifier.fingerprint.replace(" ", "")
    trust = replace(audited.trust, first_keys={old.name: pin})
    others = [audited.other.key.name, audited.second.key.name]
    for seed in (1, 2):
        new = SigningKey(f"desa/{KODE_DESA}/sekdes-{seed + 1}", bytes([seed]) * 32)
        log, mine = f"{ORIGIN}/{KODE_DESA}", village.key
        note = KeyNote(log, "rotate", new.verifier, START, mine.verifier).signed(mine, new)
        house.registry.desa_keys.receive(KODE_DESA, note.to_bytes())
        village.key, village.number, village.prev = new, 0, NO_PREVIOUS
        house.push(village, [penduduk(9)])
    assert vouched_by_the_office_alone(audited, trust) == sorted(others)
    # Another pin under the first name is the first key's fault; the others it then leaves alone.
    wrong = replace(trust, first_keys={old.name: "0" * 32})
    assert codes(both(audited.bundle(), wrong)) == {("fingerprint", KODE_DESA, 1)}
    # Of a key that a thief may have handed over, the office alone speaks.
    act = {"kode_desa": KODE_DESA, "vkey": old.verifier.to_vkey(), "mulai": 1, "sampai": 6}
    with house.databases.ingest.begin() as tx:
        house.ledger.record(tx, [_act("kunci_desa", old.name, {**act, "curiga_sejak": 5})])
    found = vouched_by_the_office_alone(audited, trust)
    assert found == sorted([*others, *(f"desa/{KODE_DESA}/sekdes-{n}" for n in (2, 3))])


def test_a_batch_signed_after_its_keys_end(audited: Audited) -> None:
    """The office forgets that it ended the key: the bundle does not."""
    audited.house.registry.desa_keys.revoke(KODE_DESA, audited.first.key.name)
    with audited.house.databases.ingest.begin() as tx:
        tx.exec_driver_sql('UPDATE ledger.key SET "end" = NULL')
    audited.house.push(audited.first, [penduduk(9)])
    report = both(audited.bundle(), audited.trust)
    assert codes(report) == {("key-not-valid", KODE_DESA, 6)}


def test_a_redaction_leaves_a_sound_bundle(audited: Audited) -> None:
    audited.house.redactions.redact(Wish(KODE_DESA, "penduduk", "1"), ORDER)
    data = audited.bundle()
    report = both(data, audited.trust)
    assert report.faults == []
    assert report.logs[1].redacted == report.logs[1].hidden == 2
    members = unpacked(data)
    assert b"SITI AMINAH" not in b"".join(
        it for name, it in members.items() if name.startswith(KODE_DESA)
    )
    # And the same batch as it was before contradicts the act.
    name = f"{KODE_DESA}/000001.batch"
    before = audited.first.batches[0].to_bytes()
    wrong = both(packed({**members, name: before}), audited.trust)
    assert codes(wrong) == {("redaction-undone", KODE_DESA, 1)}


def test_the_offices_notes_of_a_log_bind_it(audited: Audited) -> None:
    house = audited.house
    house.transparency.anchor()
    assert both(audited.bundle(), audited.trust).faults == []
    # A key that is entered late as if it had always been there.
    stranger = SigningKey(f"desa/{KODE_DESA}/asing", bytes(32))
    facts = {"kode_desa": KODE_DESA, "vkey": stranger.verifier.to_vkey(), "mulai": 2}
    with house.databases.ingest.begin() as tx:
        house.ledger.record(tx, [_act("kunci_desa", stranger.name, facts)])
    assert {it.code for it in both(audited.bundle(), audited.trust).faults} == {"key-backdated"}


def test_a_log_that_was_rolled_back_contradicts_the_offices_note(audited: Audited) -> None:
    facts = {"size": 9, "root": "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="}
    with audited.house.databases.ingest.begin() as tx:
        audited.house.ledger.record(tx, [_act("checkpoint", KODE_DESA, facts)])
    assert codes(both(audited.bundle(), audited.trust)) == {("anchor", KODE_DESA, 9)}


@pytest.mark.parametrize("entity", ["kantor", "kunci_desa", "redaksi", "checkpoint"])
def test_an_act_that_cannot_be_read_is_a_fault(audited: Audited, entity: str) -> None:
    with audited.house.databases.ingest.begin() as tx:
        audited.house.ledger.record(tx, [_act(entity, KODE, {"size": "x"})])
    assert {it.code for it in both(audited.bundle(), audited.trust).faults} == {"act"}


def test_the_offices_keys_change_only_by_notes(audited: Audited) -> None:
    office = audited.house.office
    log, kantor = office.log_key(KODE).verifier, office.key.verifier
    other = SigningKey(log.name, bytes(range(32)))
    facts = {
        "origin": ORIGIN,
        "kunci_kantor": kantor.to_vkey(),
        "kunci_log": other.verifier.to_vkey(),
    }
    with audited.house.databases.ingest.begin() as tx:
        audited.house.ledger.record(tx, [_act("kantor", KODE, facts)])
    found = {it.code for it in both(audited.bundle(), audited.trust).faults}
    assert found == {"office-key", "checkpoint-key"}


def test_the_log_key_hands_over_by_a_note(audited: Audited) -> None:
    office = audited.house.office
    old = office.log_key(KODE)
    new = SigningKey(old.name, bytes(range(32)))
    note = KeyNote(old.name, "rotate", new.verifier, START, old.verifier).signed(old, new)
    facts = {
        "origin": ORIGIN,
        "kunci_kantor": office.key.verifier.to_vkey(),
        "kunci_log": new.verifier.to_vkey(),
        "bukti": [note.to_bytes().decode()],
    }
    kept = "lama", receipt_json(audited.house.ledger.receipt(KODE_DESA, 2))
    with audited.house.databases.ingest.begin() as tx:
        audited.house.ledger.record(tx, [_act("kantor", KODE, facts)])
    members = unpacked(audited.bundle())
    for name in [it for it in members if it.endswith("/checkpoint")]:
        text = Note.from_bytes(members[name]).text
        members[name] = SigningKey(text.split("\n")[0], new.seed).sign(text).to_bytes()
    # The policy names the old key or the new: either leads to the other.
    for key in (old.verifier, new.verifier):
        trust = Trust(Policy((KnownLog(key),), (), (), "none"))
        assert both(packed(members), trust, kept).faults == []
    assert both(audited.bundle(), audited.trust).faults != []


def test_witnesses_of_the_offices_log_vouch_for_the_desas(audited: Audited) -> None:
    house = audited.house
    witness = Cosigner("kabupaten.example/saksi", bytes(range(32)))
    known = KnownWitness("kabupaten", witness.verifier)
    trust = Trust(Policy(audited.trust.policy.logs, (known,), (), "kabupaten"))
    assert {it.code for it in both(audited.bundle(), trust).faults} == {"quorum"}
    house.transparency.anchor()
    note = house.transparency.checkpoint(KODE)
    line = witness.cosign(note.text, datetime(2026, 11, 25, tzinfo=UTC)).to_line()
    house.push(audited.first, [penduduk(9)])
    with house.databases.ingest.begin() as tx:
        tx.exec_driver_sql(
            "INSERT INTO ledger.cosignature VALUES (%s, %s, %s, %s, now())",
            (KODE, int(note.text.split("\n")[1]), witness.verifier.to_vkey(), line),
        )
    report = both(audited.bundle(), trust)
    assert report.faults == []
    assert report.logs[1].witnessed == 5
    assert f"{KODE_DESA}: disaksikan sampai kiriman 5 dari 6." in report.remarks
    house.accounts.add("budi", "Budi", "staf", KODE, "kata sandi panjang")
    members = unpacked(audited.bundle())
    assert f"{KODE}/witnessed" in members
    assert both(packed(members), trust).faults == []
    members[f"{KODE}/witnessed"] = members[f"{KODE_DESA}/checkpoint"]
    assert ("checkpoint-key", KODE, None) in codes(both(packed(members), trust))


def test_a_part_of_a_log_stands_with_what_was_kept(audited: Audited) -> None:
    """Of its own size, of a batch that is here, and of another time, which it cannot show."""
    ledger = audited.house.ledger
    older = receipt_json(ledger.receipt(KODE_DESA, 2))
    here = receipt_json(ledger.receipt(KODE_DESA, 4))
    audited.house.push(audited.first, [penduduk(9)])
    data = audited.record("1")
    same = unpacked(data)[f"{KODE_DESA}/checkpoint"]
    kept = ("sama.txt", same), ("di-sini.json", here), ("lama.json", older)
    report = both(data, audited.trust, *kept)
    assert report.faults == []
    told = [it for it in report.remarks if "tidak dapat dibandingkan" in it]
    assert [it.split()[1] for it in told] == ["lama.json"]
    assert any("tidak ada pernyataan lain" in it for it in report.remarks)


def test_a_part_that_is_older_than_the_offices_note_of_the_log(audited: Audited) -> None:
    before = unpacked(audited.record("1"))
    audited.house.push(audited.first, [penduduk(9)])
    audited.house.transparency.anchor()
    now = unpacked(audited.record("1"))
    office = {name: data for name, data in now.items() if name.startswith(f"{KODE}/")}
    members = resized({**before, **office}, KODE, len(batches(now, KODE)))
    assert codes(both(packed(members), audited.trust)) == {("anchor", KODE_DESA, 6)}


def test_a_bundle_about_nothing_is_not_made(audited: Audited) -> None:
    with pytest.raises(RecordUnknownError):
        audited.exports.record(KODE_DESA, "penduduk", "99", whole=True)


def test_a_bundle_is_written_in_pieces(audited: Audited) -> None:
    chunks = list(audited.exports.logs(None, whole=True))
    assert len(chunks) > 10
    with zipfile.ZipFile(io.BytesIO(b"".join(chunks))) as file:
        assert file.testzip() is None


def _act(entity: str, id_: str, facts: dict[str, Any]) -> Draft:
    return Draft(entity, id_, "put", START, facts)
