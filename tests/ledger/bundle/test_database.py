"""The database is edited by its superuser, triggers off: the bundle that it then makes tells."""

import random
from collections.abc import Callable

import pytest
from sqlalchemy import Connection, text

from ledger import Manifest, Note
from ledger.bundle.tree import GrowingTree
from ledger.database import Databases
from ledger.merkle import leaf_hash
from tests.ledger.bundle.conftest import Audited, make_audited, verify
from tests.ledger.bundle.single import by_the_single_file
from tests.simulator import KODE, KODE_DESA

SEEDS = range(6)
Edit = Callable[[random.Random, Connection, str, int], set[int]]
"""Edits the log of a kode that has so many batches; gives the positions that were edited.

None where what was edited is of no batch: the head.
"""
Named = set[int | None]
"""Positions as faults of one log name them; None is the log as a whole."""


@pytest.fixture(scope="module")
def databases(shared_superuser_databases: Databases) -> Databases:
    return shared_superuser_databases


@pytest.fixture(scope="module")
def audited(databases: Databases) -> Audited:
    made = make_audited(databases)
    with databases.owner.begin() as tx:
        tx.execute(text("ALTER TABLE ledger.batch DISABLE TRIGGER ALL"))
        for table in ("batch", "head"):
            tx.execute(text(f"CREATE TABLE public.{table} AS SELECT * FROM ledger.{table}"))
    return made


def _flipped(rng: random.Random, data: bytes) -> bytes:
    at = rng.randrange(len(data))
    return data[:at] + bytes([data[at] ^ 1 << rng.randrange(8)]) + data[at + 1 :]


def _flip(rng: random.Random, tx: Connection, kode: str, size: int, column: str) -> set[int]:
    position = rng.randrange(1, size + 1)
    place = {"kode": kode, "position": position}
    where = "WHERE kode_desa = :kode AND position = :position"
    value = tx.execute(text(f"SELECT {column} FROM ledger.batch {where}"), place).scalar_one()
    changed = {**place, "value": _flipped(rng, bytes(value))}
    tx.execute(text(f"UPDATE ledger.batch SET {column} = :value {where}"), changed)
    return {position}


def a_bit_of_a_manifest(rng: random.Random, tx: Connection, kode: str, size: int) -> set[int]:
    return _flip(rng, tx, kode, size, "note")


def a_bit_of_the_lines(rng: random.Random, tx: Connection, kode: str, size: int) -> set[int]:
    return _flip(rng, tx, kode, size, "packed")


def a_row_deleted(rng: random.Random, tx: Connection, kode: str, size: int) -> set[int]:
    position = rng.randrange(1, size + 1)
    where = "kode_desa = :kode AND position = :position"
    place = {"kode": kode, "position": position}
    tx.execute(text(f"DELETE FROM ledger.batch WHERE {where}"), place)
    return {position}


def two_rows_swapped(rng: random.Random, tx: Connection, kode: str, size: int) -> set[int]:
    a, b = rng.sample(range(1, size + 1), 2)
    for before, after in ((a, -1), (b, a), (-1, b)):
        facts = {"kode": kode, "before": before, "after": after}
        where = "WHERE kode_desa = :kode AND position = :before"
        tx.execute(text(f"UPDATE ledger.batch SET position = :after {where}"), facts)
    return {a, b}


def lines_of_another_batch(rng: random.Random, tx: Connection, kode: str, size: int) -> set[int]:
    a, b = rng.sample(range(1, size + 1), 2)
    tx.execute(
        text("""
            UPDATE ledger.batch SET packed = other.packed FROM ledger.batch AS other
            WHERE batch.kode_desa = :kode AND batch.position = :a
                AND other.kode_desa = :kode AND other.position = :b
        """),
        {"kode": kode, "a": a, "b": b},
    )
    return {a}


def a_head_with_another_root(rng: random.Random, tx: Connection, kode: str, size: int) -> set[int]:
    facts = {"kode": kode, "root": rng.randbytes(32)}
    tx.execute(text("UPDATE ledger.head SET root = :root WHERE kode_desa = :kode"), facts)
    return set()


def a_log_and_its_head_rewritten(
    rng: random.Random, tx: Connection, kode: str, size: int
) -> set[int]:
    """A batch is taken out, the others move up, and the head is right for what is left."""
    gone = rng.randrange(1, size - 1)
    place = {"kode": kode, "gone": gone}
    where = "kode_desa = :kode AND position"
    tx.execute(text(f"DELETE FROM ledger.batch WHERE {where} = :gone"), place)
    for position in range(gone + 1, size + 1):
        tx.execute(
            text(f"UPDATE ledger.batch SET position = position - 1 WHERE {where} = :position"),
            {"kode": kode, "position": position},
        )
    order = "SELECT note FROM ledger.batch WHERE kode_desa = :kode ORDER BY position"
    tree = GrowingTree()
    for note in tx.execute(text(order), {"kode": kode}).scalars():
        tree.add(leaf_hash(bytes(note)))
    facts = {"kode": kode, "size": tree.size, "root": tree.root(tree.size)}
    head = "UPDATE ledger.head SET size = :size, root = :root WHERE kode_desa = :kode"
    tx.execute(text(head), facts)
    return {gone}


EDITS: tuple[Edit, ...] = (
    a_bit_of_a_manifest,
    a_bit_of_the_lines,
    a_row_deleted,
    two_rows_swapped,
    lines_of_another_batch,
    a_head_with_another_root,
    a_log_and_its_head_rewritten,
)


MOVED = (two_rows_swapped, a_log_and_its_head_rewritten)
"""What leaves each batch whole and in an order that only later senders can deny."""


def expected_in_a_bundle(edit: Edit, positions: set[int], seen: int) -> Callable[[Named], bool]:
    """What the bundle's verifier must name; `seen` is how far the senders of the log had seen it.

    A bundle has no rows to compare with: which batch moved, it can tell only by who saw it before.
    """
    if not positions:
        return lambda named: None in named
    if edit not in MOVED:
        return lambda named: positions <= named
    first = min(positions)
    if first > seen:
        return lambda named: named == {None}
    return lambda named: any(it is not None and it >= first for it in named)


@pytest.mark.parametrize("edit", EDITS, ids=lambda it: it.__name__)
def test_an_edit_is_noticed_in_its_place(audited: Audited, edit: Edit) -> None:
    """By the scrub where it lies, and by both verifiers in the bundle that is made of it."""
    owner = audited.house.databases.owner
    with owner.begin() as tx:
        query = "SELECT kode_desa, size FROM public.head"
        sizes = {row.kode_desa: row.size for row in tx.execute(text(query))}
        notes = tx.execute(text("SELECT kode_desa, note FROM public.batch")).all()
    seen = dict.fromkeys(sizes, 0)
    for row in notes:
        size = Manifest.from_text(Note.from_bytes(row.note).text).seen.size
        seen[row.kode_desa] = max(seen[row.kode_desa], size)
    for seed in SEEDS:
        rng = random.Random(f"{edit.__name__}/{seed}")
        kode = rng.choice([KODE, KODE_DESA])
        with owner.begin() as tx:
            positions = edit(rng, tx, kode, sizes[kode])
        data = audited.bundle()
        damages = audited.house.scrub.everything().damages
        with owner.begin() as tx:
            for table in ("batch", "head"):
                tx.execute(text(f"DELETE FROM ledger.{table}"))
                tx.execute(text(f"INSERT INTO ledger.{table} SELECT * FROM public.{table}"))
        told = f"{seed}: {kode} {positions}, {damages}"
        assert {it.kode_desa for it in damages} == {kode}, told
        scrubbed = {int(it.place) for it in damages if it.place}
        if edit is two_rows_swapped:
            # Each is whole. Of two chains, the first says that something is wrong from here on.
            assert min(positions) in scrubbed, told
            assert scrubbed <= set(range(min(positions), max(positions) + 1)), told
        elif edit is a_log_and_its_head_rewritten:
            assert positions <= scrubbed, told
        else:
            assert positions == scrubbed, told
        report = verify(data, audited.trust)
        named = {it.position for it in report.faults if it.log == kode}
        must = expected_in_a_bundle(edit, positions, seen[kode])
        assert must(named), f"{seed}: {positions}, {report.faults}"
        if named == {None} and positions:
            (fault,) = report.faults
            assert f"sampai kiriman ke-{seen[kode]} log ini" in fault.message
        single = by_the_single_file(data, audited.trust)
        assert {(log, position) for _, log, position, _ in single} == {
            (it.log, it.position) for it in report.faults
        }
    assert verify(audited.bundle(), audited.trust).faults == []
    assert audited.house.scrub.everything().damages == []
