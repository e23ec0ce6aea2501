"""The ledger on a real database: append, retry, refuse, answer."""

import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import select, text

from ledger import (
    DesaUnknownError,
    Keyring,
    Ledger,
    Office,
    PositionUnknownError,
    RefusalError,
    Seen,
    TlogProof,
    read_entries,
    read_entry,
    read_sizes,
    verify_consistency,
)
from ledger.database import Databases
from ledger.errors import ForkError, GapError, HistoryError, KeyFileError, OfficeMismatchError
from ledger.merkle import leaf_hash, leaves_root
from ledger.tables import batch as batches
from ledger.tables import refusal as refusals
from tests.simulator import KODE, House, Village, penduduk


@pytest.fixture
def house(databases: Databases) -> House:
    return House(databases)


@pytest.fixture
def village(house: House) -> Village:
    return house.village()


def test_a_batch_is_kept_exactly_as_it_was_signed(house: House, village: Village) -> None:
    batch = village.sign([penduduk(1), penduduk(2)])
    house.append(batch)
    with house.databases.reader.begin() as tx:
        entry = read_entry(tx, village.kode_desa, 1)
    assert (entry.note, entry.body()) == (batch.note.to_bytes(), batch.body)
    assert [change.id for change in entry.changes()] == ["1", "2"]


def test_a_receipt_proves_the_batch_and_the_history_before_it(
    house: House, village: Village
) -> None:
    for number in range(1, 20):
        receipt = house.push(village, [penduduk(number)])
        assert receipt.position == number
    leaves = [leaf_hash(batch.note.to_bytes()) for batch in village.batches]
    assert village.seen == Seen(19, leaves_root(leaves))


def test_every_earlier_receipt_can_be_had_again(house: House, village: Village) -> None:
    roots = [village.seen.root]
    for number in range(1, 12):
        house.push(village, [penduduk(number)])
        roots.append(village.seen.root)
    for position, batch in enumerate(village.batches, start=1):
        for seen in range(12):
            receipt = house.ledger.receipt(village.kode_desa, position, seen)
            proof = TlogProof.from_text(receipt.proof)
            checkpoint = proof.verify(batch.note.to_bytes(), village.pinned)
            verify_consistency(
                seen, checkpoint.size, roots[seen], checkpoint.root, receipt.consistency
            )


def test_the_same_batch_again_gets_the_same_place(house: House, village: Village) -> None:
    batch = village.sign([penduduk(1)])
    first = house.append(batch)
    house.push(house.village(label="kades"), [penduduk(2)])
    again = house.append(batch)
    assert (first.replayed, again.replayed) == (False, True)
    assert again.receipt.position == 1
    assert again.lines == first.lines
    village.accept(batch, again.receipt)
    assert village.seen.size == 2


def test_two_computers_of_one_desa_have_a_chain_each(house: House, village: Village) -> None:
    other = house.village(label="kades")
    house.push(village, [penduduk(1)])
    house.push(other, [penduduk(2)])
    house.push(village, [penduduk(3)])
    head = house.ledger.head(village.kode_desa)
    assert [(it.chain, it.number, it.position) for it in head.chains] == [
        (other.key.name, 1, 2),
        (village.key.name, 2, 3),
    ]


def test_the_head_of_a_new_log_is_empty_and_signed(house: House, village: Village) -> None:
    head = house.ledger.head(village.kode_desa)
    assert (head.size, head.chains) == (0, ())
    assert head.checkpoint.startswith("kecamatan.example/53.06.14.2001\n0\n")


def test_what_the_database_holds_does_not_change_after_a_refusal(
    house: House, village: Village
) -> None:
    house.push(village, [penduduk(1)])
    before = house.ledger.head(village.kode_desa)
    with pytest.raises(GapError):
        house.append(village.sign([penduduk(2)], number=5))
    with pytest.raises(HistoryError):
        house.append(village.sign([penduduk(2)], seen=Seen(9, bytes(32))))
    with pytest.raises(ForkError):
        house.append(village.sign([penduduk(2)], number=1))
    assert house.ledger.head(village.kode_desa) == before


def test_a_refusal_is_kept_with_its_manifest(house: House, village: Village) -> None:
    with pytest.raises(GapError):
        house.append(village.sign([penduduk(2)], number=5))
    with house.databases.reader.begin() as tx:
        row = tx.execute(select(refusals)).mappings().one()
    assert (row["code"], row["number"], row["authentic"]) == ("gap", 5, True)
    assert row["facts"] == {"expected": 1}
    assert bytes(row["note"]).startswith(b"opendk-ledger/batch/v1\n")


def test_of_unsigned_garbage_only_so_much_is_kept(house: House, village: Village) -> None:
    class Garbage:
        def read(self, size: int, /) -> bytes:
            return b""

    for _ in range(105):
        with pytest.raises(RefusalError):
            house.ledger.append(village.kode_desa, Garbage())
    with house.databases.reader.begin() as tx:
        assert len(tx.execute(select(refusals.c.id)).all()) == 100


def test_an_unknown_desa_has_no_log(house: House) -> None:
    with pytest.raises(DesaUnknownError):
        house.ledger.head("53.06.14.2099")
    stranger = Village(house.office.log_key("x").verifier, "53.06.14.2099", "kades")
    with pytest.raises(DesaUnknownError):
        house.append(stranger.sign([penduduk(1)]))


def test_the_office_log_takes_nothing_from_outside(house: House) -> None:
    with pytest.raises(DesaUnknownError):
        house.ledger.head(KODE)


def test_a_position_that_is_not_there(house: House, village: Village) -> None:
    house.push(village, [penduduk(1)])
    with pytest.raises(PositionUnknownError):
        house.ledger.receipt(village.kode_desa, 2)
    with pytest.raises(PositionUnknownError):
        house.ledger.receipt(village.kode_desa, 1, seen=2)


def test_acts_stand_in_the_office_log(house: House, village: Village) -> None:
    house.accounts.add("siti", "Siti", "staf", KODE, "kata sandi panjang")
    with house.databases.reader.begin() as tx:
        acts = [
            change.entity
            for entry in read_entries(tx, KODE, after=0, limit=10)
            for change in entry.changes()
        ]
        assert read_sizes(tx) == {village.kode_desa: 0}
    assert acts == ["kantor", "registrasi_desa", "kunci_desa", "pengguna"]


def test_a_ledger_is_founded_once(house: House) -> None:
    house.ledger.found()
    with house.databases.reader.begin() as tx:
        assert len(read_entries(tx, KODE, after=0, limit=10)) == 1


@pytest.mark.parametrize(
    ("origin", "kode"), [("lain.example", KODE), ("kecamatan.example", "53.06.15")]
)
def test_a_database_of_another_office_is_not_taken(house: House, origin: str, kode: str) -> None:
    office = Office(origin, kode, house.keyring)
    with pytest.raises(OfficeMismatchError):
        Ledger(house.databases.ingest, office, house.limits, house.now).found()


def test_keys_that_the_log_was_not_founded_with_are_not_taken(house: House) -> None:
    office = Office(house.office.origin, KODE, Keyring(*[bytes(32)] * 5))
    with pytest.raises(KeyFileError, match="cadangan"):
        Ledger(house.databases.ingest, office, house.limits, house.now).found()


def test_an_append_that_fails_leaves_nothing(house: House, village: Village) -> None:
    with house.databases.owner.begin() as tx:
        check = f"CHECK (kode_desa = '{KODE}' OR size < 2)"
        tx.execute(text(f"ALTER TABLE ledger.head ADD CONSTRAINT small {check}"))
    house.push(village, [penduduk(1)])
    batch = village.sign([penduduk(2)])
    with pytest.raises(Exception, match="small"):
        house.append(batch)
    with house.databases.owner.begin() as tx:
        kept = tx.execute(select(batches.c.position).where(batches.c.kode_desa != KODE))
        assert kept.scalars().all() == [1]
        tx.execute(text("ALTER TABLE ledger.head DROP CONSTRAINT small"))
    assert house.append(batch).receipt.position == 2


def test_eight_clients_push_to_three_desa_with_retries(house: House) -> None:
    """Whatever the interleaving: no gap, no duplicate, every receipt true."""
    desa = [f"53.06.14.200{it}" for it in range(1, 4)]
    villages = [house.village(desa[it % 3], f"komputer-{it}") for it in range(8)]
    start = threading.Barrier(8)

    def work(village: Village) -> None:
        start.wait()
        for number in range(1, 13):
            batch = village.sign([penduduk(number), penduduk(100 + number)])
            answers = [house.append(batch) for _ in range(1 + number % 3)]
            assert [it.replayed for it in answers] == [False, *[True] * (len(answers) - 1)]
            assert {it.receipt.position for it in answers} == {answers[0].receipt.position}
            village.accept(batch, answers[-1].receipt)

    with ThreadPoolExecutor(8) as pool:
        for done in [pool.submit(work, village) for village in villages]:
            done.result()

    with house.databases.reader.begin() as tx:
        for kode_desa in desa:
            entries = read_entries(tx, kode_desa, after=0, limit=1000)
            assert [it.position for it in entries] == list(range(1, len(entries) + 1))
            counts = Counter((it.manifest.chain, it.manifest.number) for it in entries)
            mine = [it for it in villages if it.kode_desa == kode_desa]
            assert counts == Counter((it.key.name, n) for it in mine for n in range(1, 13))
            root = leaves_root(leaf_hash(entry.note) for entry in entries)
            assert root == house.ledger.head(kode_desa).root


def test_one_batch_sent_by_many_at_once_is_appended_once(house: House, village: Village) -> None:
    for number in range(1, 6):
        batch = village.sign([penduduk(number)])
        with ThreadPoolExecutor(8) as pool:
            answers = list(pool.map(lambda _, it=batch: house.append(it), range(8)))
        assert sorted(it.replayed for it in answers) == [False, *[True] * 7]
        assert {it.receipt.position for it in answers} == {number}
        village.accept(batch, answers[0].receipt)
