"""The scrub: whatever is damaged is named, and nothing else is."""

import hashlib
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import text

from ledger import Account, Damage, Draft, Keyring, OfficeKeys, Progress, read_progress
from ledger.blobs import EVIDENCE
from ledger.database import Databases
from ledger.note import to_base64
from tests.simulator import KODE, KODE_DESA, START, House, Village, penduduk

HERE = "WHERE kode_desa = :kode AND position = :at"
STAFF = Account("siti", "Siti", "staf", KODE)
WHY = ("pelayanan", "surat pindah yang bersangkutan")


@pytest.fixture
def house(superuser_databases: Databases, tmp_path: Path) -> House:
    return House(superuser_databases, folder=tmp_path / "blobs")


@pytest.fixture
def village(house: House) -> Village:
    """Eleven batches, so that a batch is in the middle of subtrees of every kind."""
    village = house.village()
    for number in range(1, 12):
        house.push(village, [penduduk(number), penduduk(number + 100)])
    return village


@pytest.fixture
def damaged(house: House) -> House:
    """The triggers are off, as for somebody who owns the machine."""
    with house.databases.owner.begin() as tx:
        for table in ("batch", "access", "access_anchor"):
            tx.execute(text(f"ALTER TABLE ledger.{table} DISABLE TRIGGER refuse_change"))
    return house


def change(house: House, statement: str, **facts: object) -> None:
    with house.databases.owner.begin() as tx:
        assert tx.execute(text(statement), facts).rowcount == 1


def found(house: House) -> set[tuple[str, str, str, str]]:
    damages = house.scrub.everything().damages
    return {(it.kode_desa, it.place, it.fault, it.detail) for it in damages}


def test_what_is_as_it_was_stored_is_all_right(house: House, village: Village) -> None:
    done = house.scrub.everything()
    assert done.damages == []
    assert done.rows >= 11 + 1
    assert all(it.finished_at for it in progress(house))


def progress(house: House) -> list[Progress]:
    with house.databases.reader.connect() as tx:
        return read_progress(tx)


def flipped(column: str, at: int) -> str:
    return f"set_byte({column}, {at - 1}, get_byte({column}, {at - 1}) # 170)"


FORGED = "convert_to(replace(convert_from(note, 'UTF8'), 'count 2', 'count 3'), 'UTF8')"


@pytest.mark.parametrize(
    ("column", "value", "faults"),
    [
        ("kode_desa", "'53.06.14.2099'", {"row-missing "}),
        ("chain", "'desa/53.06.14.2001/lain'", {"column chain"}),
        ("number", "99", {"column number"}),
        ("manifest_hash", flipped("manifest_hash", 3), {"column manifest_hash"}),
        ("note", flipped("note", 90), {"note "}),
        ("note", FORGED, {"note "}),
        ("note", "''", {"note "}),
        ("packed", flipped("packed", 40), {"lines-root ", "lines "}),
        ("packed", "''", {"lines "}),
        ("packed", "packed || '\\x00'::bytea", {"lines "}),
        ("packed", "substr(packed, 1, 60)", {"lines "}),
        ("changes", "3", {"column changes"}),
        ("bytes", "bytes + 1", {"column bytes"}),
        ("root", flipped("root", 5), {"root "}),
        ("nodes", flipped("nodes", 5), {"nodes "}),
        ("nodes", "nodes || nodes", {"nodes "}),
        ("nodes", "''", {"nodes "}),
        ("received_at", "received_at + interval '1 year'", {"time "}),
        ("received_at", "received_at - interval '1 year'", {"time "}),
    ],
    ids=lambda value: value[:30] if isinstance(value, str) else "",
)
def test_every_column_of_a_batch(
    damaged: House, village: Village, column: str, value: str, faults: set[str]
) -> None:
    """One row after another is damaged in one column, named, and put back."""
    with damaged.databases.owner.begin() as tx:
        tx.execute(text("CREATE TABLE saved AS SELECT * FROM ledger.batch"))
    for position in (2, 7, 8, 11):
        change(
            damaged,
            f"UPDATE ledger.batch SET {column} = {value} {HERE}",
            kode=KODE_DESA,
            at=position,
        )
        named = {
            (kode, place): f"{fault} {detail}" for kode, place, fault, detail in found(damaged)
        }
        assert named.pop((KODE_DESA, str(position)), None) in faults
        # A time in the future makes the next one early; a foreign row is one too many there.
        named.pop((KODE_DESA, str(position + 1) if column == "received_at" else ""), None)
        if position == 11:
            named.pop((KODE_DESA, ""), None)
        named.pop(("53.06.14.2099", str(position)), None)
        assert named == {}
        with damaged.databases.owner.begin() as tx:
            tx.execute(text("DELETE FROM ledger.batch"))
            tx.execute(text("INSERT INTO ledger.batch SELECT * FROM saved"))


def test_a_batch_that_moved(damaged: House, village: Village) -> None:
    change(damaged, f"UPDATE ledger.batch SET position = 99 {HERE}", kode=KODE_DESA, at=3)
    assert found(damaged) == {
        (KODE_DESA, "3", "row-missing", ""),
        (KODE_DESA, "99", "row-extra", ""),
        (KODE_DESA, "", "head-size", ""),
    }


def test_a_batch_that_is_gone(damaged: House, village: Village) -> None:
    change(damaged, f"DELETE FROM ledger.batch {HERE}", kode=KODE_DESA, at=6)
    assert found(damaged) == {(KODE_DESA, "6", "row-missing", "")}


def test_two_batches_that_were_swapped(damaged: House, village: Village) -> None:
    for old, new in ((5, 99), (6, 5), (99, 6)):
        change(
            damaged,
            f"UPDATE ledger.batch SET position = :new {HERE}",
            at=old,
            new=new,
            kode=KODE_DESA,
        )
    assert {place for _, place, _, _ in found(damaged)} == {"5", "6"}


@pytest.mark.parametrize(
    ("value", "fault", "place"),
    [
        ("size = 9", "row-extra", "10"),
        ("size = 13", "row-missing", "12"),
        ("size = 900000000000000", "row-missing", "12"),
        ("root = '\\x00'::bytea", "head-root", ""),
        ("appended_at = appended_at - interval '1 day'", "head-time", ""),
    ],
)
def test_every_column_of_a_head(
    damaged: House, village: Village, value: str, fault: str, place: str
) -> None:
    change(damaged, f"UPDATE ledger.head SET {value} WHERE kode_desa = :kode", kode=KODE_DESA)
    assert (KODE_DESA, place, fault, "") in found(damaged)


@pytest.mark.parametrize(
    ("value", "fault", "positions"),
    [
        ("public = decode(repeat('11', 32), 'hex')", "signature", range(1, 12)),
        ("name = 'desa/53.06.14.2001/lain'", "key-unknown", range(1, 12)),
        ("first = 3", "key-not-valid", range(1, 3)),
        ('"end" = 3', "key-not-valid", range(3, 12)),
    ],
)
def test_a_key_that_is_another(
    damaged: House, village: Village, value: str, fault: str, positions: range
) -> None:
    change(damaged, f"UPDATE ledger.key SET {value} WHERE kode_desa = :kode", kode=KODE_DESA)
    named = {(kode, place, fault) for kode, place, fault, _ in found(damaged)}
    assert named == {(KODE_DESA, str(it), fault) for it in positions}


def test_damage_of_one_cause_is_not_named_without_end(house: House) -> None:
    village = house.village()
    for number in range(30):
        house.push(village, [penduduk(number)])
    change(house, "UPDATE ledger.key SET public = decode(repeat('11', 32), 'hex')")
    assert len(found(house)) == 20


def test_a_log_that_no_head_speaks_of(damaged: House, village: Village) -> None:
    change(damaged, "DELETE FROM ledger.head WHERE kode_desa = :kode", kode=KODE_DESA)
    assert (KODE_DESA, "1", "row-extra", "") in found(damaged)


@pytest.mark.parametrize("root", [b"\x01" * 32, None])
def test_a_log_is_compared_with_the_checkpoints_of_the_office(
    house: House, village: Village, root: bytes | None
) -> None:
    with house.databases.ingest.begin() as tx:
        true = house.ledger.lock(tx, KODE_DESA).root
        stated = {"size": 11, "root": to_base64(root or true)}
        house.ledger.record(tx, [Draft("checkpoint", KODE_DESA, "put", START, stated)])
    assert found(house) == ({(KODE_DESA, "11", "checkpoint", "")} if root else set())


def test_what_the_office_signed_before_its_keys_changed_is_all_right(
    superuser_databases: Databases, tmp_path: Path
) -> None:
    house = House(superuser_databases, keyring=Keyring.open(tmp_path / "keys"))
    house.push(house.village(), [penduduk(1)])
    keys = OfficeKeys(house.databases.ingest, house.ledger, house.now)
    for role in ("kantor", "log"):
        keys.rotate(role)
    house.access.open(STAFF, KODE_DESA, "penduduk", "1", ["nik"], WHY)
    house.access.anchor()
    assert found(house) == set()


# --- a little now and then -----------------------------------------------------------------------


def test_a_whole_log_is_gone_through_in_pieces(house: House) -> None:
    village = house.village()
    for number in range(40):
        house.push(village, [penduduk(number)])
    runs = 0
    while not all(it.finished_at for it in progress(house)) or len(progress(house)) < 6:
        runs += 1
        assert house.scrub.run(1).damages == []
        assert runs < 20
    assert runs > 3


def test_damage_before_the_place_where_it_goes_on_does_not_hide_what_follows(
    damaged: House,
) -> None:
    village = damaged.village()
    for number in range(40):
        damaged.push(village, [penduduk(number)])
    while "16" not in {it.reached for it in progress(damaged)}:
        damaged.scrub.run(1)
    for position in (16, 20):
        change(damaged, f"UPDATE ledger.batch SET nodes = '' {HERE}", at=position, kode=KODE_DESA)
    named: set[str] = set()
    for _ in range(8):
        named |= {it.place for it in damaged.scrub.run(1).damages}
    assert named == {"16", "20"}


def test_it_stops_when_it_is_told_to(house: House, village: Village) -> None:
    assert house.scrub.run(1 << 30, stopping=lambda: True).rows == 0


# --- files ---------------------------------------------------------------------------------------


@pytest.fixture
def kept(house: House) -> tuple[str, Path]:
    """A PDF that the desa sent."""
    house.village()
    blob = house.blobs.keep(b"%PDF-1.4\n%%EOF\n", "application/pdf")
    with house.databases.ingest.begin() as tx:
        house.blobs.belong(tx, KODE_DESA, [blob], START)
    return blob.sha256, house.blobs.where(blob.sha256)


@pytest.mark.parametrize(
    ("damage", "fault"),
    [
        (lambda path: path.unlink(), "file-missing"),
        (lambda path: path.write_bytes(b"%PDF-1.4\n%%EOG\n"), "file-hash"),
        (lambda path: path.write_bytes(b""), "file-hash"),
        (lambda path: (path.unlink(), path.mkdir()), "file-unreadable"),
    ],
    ids=["gone", "changed", "emptied", "a-folder"],
)
def test_every_file(
    house: House, kept: tuple[str, Path], damage: Callable[[Path], object], fault: str
) -> None:
    assert found(house) == set()
    damage(kept[1])
    assert found(house) == {(KODE_DESA, kept[0], fault, "")}


@pytest.mark.parametrize(
    ("value", "fault"),
    [
        ("bytes = bytes + 1", "file-bytes"),
        ("type = 'image/png'", "file-type"),
        (f"sha256 = '{hashlib.sha256(b'x').hexdigest()}'", "file-missing"),
    ],
)
def test_every_column_of_a_file(
    house: House, kept: tuple[str, Path], value: str, fault: str
) -> None:
    change(house, f"UPDATE ledger.blob SET {value}")
    assert {it[2] for it in found(house)} == {fault}


def test_evidence_is_evidence_whatever_its_bytes_are(house: House) -> None:
    house.village()
    blob = house.blobs.keep(b"%PDF-1.4\n", EVIDENCE)
    with house.databases.ingest.begin() as tx:
        house.blobs.belong(tx, KODE_DESA, [blob], START)
    assert found(house) == set()


# --- the access log ------------------------------------------------------------------------------


@pytest.fixture
def seen(damaged: House) -> House:
    """Five people were looked at; three of them before the anchor."""
    damaged.village()
    for number in range(1, 6):
        damaged.access.open(STAFF, KODE_DESA, "penduduk", str(number), ["nik"], WHY)
        if number == 3:
            assert damaged.access.anchor() == 1
    assert found(damaged) == set()
    return damaged


@pytest.mark.parametrize(
    "value",
    [
        "at = at + interval '1 second'", "username = 'budi'", "role = 'camat'",
        "entity = 'keluarga'", "id = '99'", "people = 0", "fields = '{}'", "query = 'x'",
        "purpose = 'darurat'", "reason = 'tidak apa-apa'", "until = NULL",
        "hash = decode(repeat('11', 32), 'hex')",
    ],
)  # fmt: skip
def test_every_column_of_an_access(seen: House, value: str) -> None:
    change(seen, f"UPDATE ledger.access SET {value} WHERE number = 5")
    assert found(seen) == {(KODE_DESA, "5", "access-changed", "")}


def test_an_access_that_is_gone_or_moved(seen: House) -> None:
    change(seen, "DELETE FROM ledger.access WHERE number = 4")
    assert found(seen) == {(KODE_DESA, "4", "access-missing", "")}


def test_an_access_that_was_forged_with_its_hash_differs_from_the_anchor(seen: House) -> None:
    with seen.databases.ingest.begin() as tx:
        rows = {
            it.number: it.hash for it in tx.execute(text("SELECT number, hash FROM ledger.access"))
        }
    change(seen, "UPDATE ledger.access SET username = 'budi' WHERE number = 2")
    entry = next(it for it in seen.access.of_records(KODE_DESA, [("penduduk", "2")]))
    assert entry.leaf != rows[2]
    change(seen, "UPDATE ledger.access SET hash = :hash WHERE number = 2", hash=entry.leaf)
    assert found(seen) == {(KODE_DESA, "3", "access-root", "")}


def test_the_newest_accesses_cannot_be_cut_off_below_an_anchor(seen: House) -> None:
    for number in (5, 4, 3):
        change(seen, "DELETE FROM ledger.access WHERE number = :number", number=number)
    assert (KODE_DESA, "3", "access-missing", "") in found(seen)


# --- alarms --------------------------------------------------------------------------------------


def test_damage_is_one_alarm_until_somebody_settles_it(damaged: House, village: Village) -> None:
    change(damaged, f"UPDATE ledger.batch SET changes = 3 {HERE}", at=4, kode=KODE_DESA)
    damage = Damage(KODE_DESA, "log", "4", "column", "changes")
    assert damaged.alarms.sound([damage]) == [damage]
    assert damaged.alarms.sound(damaged.scrub.everything().damages) == []
    assert str(damage) == "53.06.14.2001, kiriman ke-4: kolom berbeda dari manifes (changes)"
