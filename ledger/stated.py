"""What a log says now, as hashes of its records: what a dump is compared with.

Follows a log no faster than it is asked: batches that came since are read first, whoever signed
them. Bookkeeping that could be told again from the log; a desa that compares for itself costs
nothing here.
"""

from collections import defaultdict

from sqlalchemy import Connection, delete, func, select, text, update
from sqlalchemy.dialects.postgresql import insert

from ledger import store
from ledger.changes import Told, learn
from ledger.store import Head
from ledger.tables import head, stated

_FEW_BATCHES = 16


def hashes(tx: Connection, at: Head, entity: str) -> dict[str, str]:
    """Id → hash in hexadecimal of every record of an entity, as of the head; that is locked."""
    _catch_up(tx, at)
    query = select(stated.c.id, stated.c.hash).where(
        stated.c.kode_desa == at.kode_desa,
        stated.c.entity == entity,
    )
    return {id_: hash_.hex() for id_, hash_ in tx.execute(query)}


def _catch_up(tx: Connection, at: Head) -> None:
    query = select(head.c.known).where(head.c.kode_desa == at.kode_desa)
    known = tx.execute(query).scalar_one()
    while known < at.size:
        entries = store.read_entries(tx, at.kode_desa, known, _FEW_BATCHES)
        told: Told = {}
        gone: dict[str, set[str]] = defaultdict(set)
        for entry in entries:
            changes = [it for it in entry.changes() if it.entity != "upload"]
            for change in changes:
                if change.op == "delete":
                    gone[change.entity].add(change.id)
            learn(told, changes)
        for entity, ids in gone.items():
            _forget(tx, at.kode_desa, entity, ids - told.get(entity, {}).keys())
        for entity, records in told.items():
            _remember(tx, at.kode_desa, entity, records)
        known = entries[-1].position
    tx.execute(update(head).where(head.c.kode_desa == at.kode_desa).values(known=known))


def _remember(tx: Connection, kode_desa: str, entity: str, records: dict[str, str]) -> None:
    rows = select(
        text(":kode_desa"),
        text(":entity"),
        func.unnest(text("CAST(:ids AS text[])")),
        func.unnest(text("CAST(:hashes AS bytea[])")),
    )
    new = insert(stated).from_select(["kode_desa", "entity", "id", "hash"], rows)
    new = new.on_conflict_do_update(
        index_elements=["kode_desa", "entity", "id"],
        set_={"hash": new.excluded.hash},
    )
    facts = {
        "kode_desa": kode_desa,
        "entity": entity,
        "ids": list(records),
        "hashes": [bytes.fromhex(hash_) for hash_ in records.values()],
    }
    tx.execute(new, facts)


def _forget(tx: Connection, kode_desa: str, entity: str, ids: set[str]) -> None:
    tx.execute(
        delete(stated).where(
            stated.c.kode_desa == kode_desa,
            stated.c.entity == entity,
            stated.c.id == func.any(sorted(ids)),
        ),
    )
