"""The database is edited by its superuser, triggers off: the bundle that it then makes tells."""

import random
from collections.abc import Callable, Iterator

import pytest
from sqlalchemy import Connection, text

from ledger.bundle.tree import GrowingTree
from ledger.database import Databases, open_databases
from ledger.merkle import leaf_hash
from ledger.server import Server
from tests import postgres
from tests.ledger.bundle.conftest import Audited, make_audited, verify
from tests.ledger.bundle.single import by_the_single_file
from tests.simulator import KODE, KODE_DESA

SEEDS = range(6)
Edit = Callable[[random.Random, Connection, str, int], None]
"""Edits the log of a kode that has so many batches."""


@pytest.fixture(scope="module")
def databases(server: Server) -> Iterator[Databases]:
    with postgres.fresh_database(server) as name:
        opened = open_databases(postgres.superuser_url(server, name))
        yield opened
        opened.dispose()


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


def _flip(rng: random.Random, tx: Connection, kode: str, size: int, column: str) -> None:
    place = {"kode": kode, "position": rng.randrange(1, size + 1)}
    where = "WHERE kode_desa = :kode AND position = :position"
    value = tx.execute(text(f"SELECT {column} FROM ledger.batch {where}"), place).scalar_one()
    changed = {**place, "value": _flipped(rng, bytes(value))}
    tx.execute(text(f"UPDATE ledger.batch SET {column} = :value {where}"), changed)


def a_bit_of_a_manifest(rng: random.Random, tx: Connection, kode: str, size: int) -> None:
    _flip(rng, tx, kode, size, "note")


def a_bit_of_the_lines(rng: random.Random, tx: Connection, kode: str, size: int) -> None:
    _flip(rng, tx, kode, size, "packed")


def a_row_deleted(rng: random.Random, tx: Connection, kode: str, size: int) -> None:
    place = {"kode": kode, "position": rng.randrange(1, size + 1)}
    where = "kode_desa = :kode AND position = :position"
    tx.execute(text(f"DELETE FROM ledger.batch WHERE {where}"), place)


def two_rows_swapped(rng: random.Random, tx: Connection, kode: str, size: int) -> None:
    a, b = rng.sample(range(1, size + 1), 2)
    for before, after in ((a, -1), (b, a), (-1, b)):
        facts = {"kode": kode, "before": before, "after": after}
        where = "WHERE kode_desa = :kode AND position = :before"
        tx.execute(text(f"UPDATE ledger.batch SET position = :after {where}"), facts)


def lines_of_another_batch(rng: random.Random, tx: Connection, kode: str, size: int) -> None:
    a, b = rng.sample(range(1, size + 1), 2)
    tx.execute(
        text("""
            UPDATE ledger.batch SET packed = other.packed FROM ledger.batch AS other
            WHERE batch.kode_desa = :kode AND batch.position = :a
                AND other.kode_desa = :kode AND other.position = :b
        """),
        {"kode": kode, "a": a, "b": b},
    )


def a_head_with_another_root(rng: random.Random, tx: Connection, kode: str, size: int) -> None:
    facts = {"kode": kode, "root": rng.randbytes(32)}
    tx.execute(text("UPDATE ledger.head SET root = :root WHERE kode_desa = :kode"), facts)


def a_log_and_its_head_rewritten(rng: random.Random, tx: Connection, kode: str, size: int) -> None:
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


EDITS: tuple[Edit, ...] = (
    a_bit_of_a_manifest,
    a_bit_of_the_lines,
    a_row_deleted,
    two_rows_swapped,
    lines_of_another_batch,
    a_head_with_another_root,
    a_log_and_its_head_rewritten,
)


@pytest.mark.parametrize("edit", EDITS, ids=lambda it: it.__name__)
def test_an_edit_is_noticed_in_its_log(audited: Audited, edit: Edit) -> None:
    owner = audited.house.databases.owner
    with owner.begin() as tx:
        query = "SELECT kode_desa, size FROM public.head"
        sizes = {row.kode_desa: row.size for row in tx.execute(text(query))}
    for seed in SEEDS:
        rng = random.Random(f"{edit.__name__}/{seed}")
        kode = rng.choice([KODE, KODE_DESA])
        with owner.begin() as tx:
            edit(rng, tx, kode, sizes[kode])
        data = audited.bundle()
        with owner.begin() as tx:
            for table in ("batch", "head"):
                tx.execute(text(f"DELETE FROM ledger.{table}"))
                tx.execute(text(f"INSERT INTO ledger.{table} SELECT * FROM public.{table}"))
        report = verify(data, audited.trust)
        assert kode in {it.log for it in report.faults}, f"{seed}: {report.faults}"
        assert {it[1] for it in by_the_single_file(data, audited.trust)} == {
            it.log for it in report.faults
        }
    assert verify(audited.bundle(), audited.trust).faults == []
