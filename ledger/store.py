"""Schema `ledger`, read and written: the only module that does.

Functions take `tx`, a connection in a transaction, first, and give back frozen values. What may
be written is decided elsewhere; every statement names one `kode_desa`, so that one desa is one
transaction on one machine.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from functools import cached_property
from importlib import resources
from typing import Any
from uuid import UUID, uuid4

import zstandard
from sqlalchemy import Connection, RowMapping, bindparam, func, literal, select, text, update
from sqlalchemy.dialects.postgresql import distinct_on, insert

from ledger.admission import ChainHead, RegisteredKey, Standing
from ledger.batch import Change, Manifest, line_hash, numbered_changes, redacted_hash, split_lines
from ledger.errors import PositionUnknownError, RefusalError
from ledger.keys import VerifierKey
from ledger.merkle import HASH_SIZE, Node, leaves_root
from ledger.note import Note
from ledger.office import KnownKey
from ledger.tables import batch, desa, enrolment, head, key, office_key, redaction, refusal

_UNSIGNED_REFUSALS_AN_HOUR = 100
_ZSTD_LEVEL = 3
_FEW_BATCHES = 16
_LARGEST = 2**63 - 1
"""Of PostgreSQL's type bigint."""


@dataclass(frozen=True)
class Head:
    """Where a log stands: how many batches it has, and the RFC 6962 root over them."""

    kode_desa: str
    size: int
    root: bytes


@dataclass(frozen=True)
class ChainState:
    """Where one chain of a log stands: its newest number, that text's hash, and its position."""

    chain: str
    number: int
    hash: bytes
    position: int


@dataclass(frozen=True)
class Entry:
    """One batch of a log, as it was signed and when it came."""

    kode_desa: str
    position: int
    note: bytes
    packed: bytes
    received_at: datetime

    @cached_property
    def manifest(self) -> Manifest:
        """What was signed."""
        return Manifest.from_text(Note.from_bytes(self.note).text)

    def body(self) -> bytes:
        """The change lines as they came, each with its newline; of redacted ones, the hash."""
        # A body that was redacted is not packed: so the database could check what was done.
        if not self.packed.startswith(zstandard.FRAME_HEADER):
            return self.packed
        return zstandard.ZstdDecompressor().decompress(self.packed)

    def lines(self) -> list[bytes]:
        """The change lines without their newlines."""
        return split_lines(self.body())

    @property
    def intact(self) -> bool:
        """Whether the lines are, byte for byte, those that the manifest was signed for.

        Of redacted ones only the hash is left to compare.
        """
        lines = self.lines()
        return (
            len(lines) == self.manifest.count
            and leaves_root(map(line_hash, lines)) == self.manifest.changes
        )

    def numbered(self) -> Iterator[tuple[int, Change]]:
        """The change lines, read, each with its number from 1; redacted ones are left out.

        `data` is left as JSON.
        """
        return numbered_changes(self.lines())

    def changes(self) -> Iterator[Change]:
        """The change lines, read, for whoever does not ask for their numbers."""
        return (change for _, change in self.numbered())

    def redacted(self) -> dict[int, bytes]:
        """The lines that were redacted: number → leaf hash."""
        hashes = ((number, redacted_hash(line)) for number, line in enumerate(self.lines(), 1))
        return {number: hash_ for number, hash_ in hashes if hash_ is not None}


def pack(body: bytes) -> bytes:
    """A body as it is stored."""
    return zstandard.ZstdCompressor(level=_ZSTD_LEVEL).compress(body)


# --- heads ---------------------------------------------------------------------------------------


def lock_head(tx: Connection, kode_desa: str) -> Head | None:
    """The head of a log, locked until the transaction ends: whoever holds it may append."""
    return _head(tx.execute(_select_head(kode_desa).with_for_update()).mappings().first())


def read_head(tx: Connection, kode_desa: str) -> Head | None:
    """The head of a log."""
    return _head(tx.execute(_select_head(kode_desa)).mappings().first())


def _select_head(kode_desa: str) -> Any:  # noqa: ANN401  # a Select of three columns
    return select(head.c.kode_desa, head.c.size, head.c.root).where(head.c.kode_desa == kode_desa)


def _head(row: RowMapping | None) -> Head | None:
    return Head(**row) if row else None


def found_log(tx: Connection, kode_desa: str, root: bytes) -> None:
    """Begin an empty log, unless it is there."""
    row = insert(head).values(kode_desa=kode_desa, size=0, root=root)
    tx.execute(row.on_conflict_do_nothing(index_elements=[head.c.kode_desa]))


def read_offices(tx: Connection) -> set[str]:
    """The codes of the logs that are no desa's: those of offices."""
    query = (
        select(head.c.kode_desa)
        .outerjoin(desa, desa.c.kode_desa == head.c.kode_desa)
        .where(desa.c.kode_desa.is_(None))
    )
    return set(tx.execute(query).scalars())


def read_heads(tx: Connection) -> list[Head]:
    """The heads of all logs, the office's own too, by code."""
    query = select(head.c.kode_desa, head.c.size, head.c.root).order_by(head.c.kode_desa)
    return [Head(**row) for row in tx.execute(query).mappings()]


def head_at(tx: Connection, kode_desa: str, size: int) -> Head | None:
    """Where a log stood when it had so many batches, at least one."""
    query = select(batch.c.kode_desa, batch.c.position.label("size"), batch.c.root).where(
        batch.c.kode_desa == kode_desa, batch.c.position == size
    )
    return _head(tx.execute(query).mappings().first())


def read_sizes(tx: Connection) -> dict[str, int]:
    """How many batches each registered desa's log has."""
    query = (
        select(head.c.kode_desa, head.c.size)
        .join(desa, desa.c.kode_desa == head.c.kode_desa)
        .order_by(head.c.kode_desa)
    )
    return {row.kode_desa: row.size for row in tx.execute(query)}


def read_chains(tx: Connection, kode_desa: str) -> tuple[ChainState, ...]:
    """Where each chain of a log stands, by name."""
    query = (
        select(batch.c.chain, batch.c.number, batch.c.manifest_hash, batch.c.position)
        .where(batch.c.kode_desa == kode_desa)
        .ext(distinct_on(batch.c.chain))
        .order_by(batch.c.chain, batch.c.number.desc())
    )
    return tuple(ChainState(*row) for row in tx.execute(query))


# --- what a manifest meets -----------------------------------------------------------------------


_STANDING = text(resources.files("ledger").joinpath("standing.sql").read_text())


def standing(tx: Connection, log: str, at: Head, manifest: Manifest) -> Standing:
    """What the log knows at the place where a manifest wants to stand."""
    facts = {
        "kode_desa": at.kode_desa,
        "chain": manifest.chain,
        "manifest_hash": manifest.hash,
        "seen": manifest.seen.size,
    }
    row = tx.execute(_STANDING, facts).one()
    verifier = VerifierKey(manifest.chain, row.public) if row.public else None
    chain = ChainHead(row.number, row.manifest_hash) if row.number else ChainHead()
    # Where the chain parts from the manifest, if it does: at its number, or the one before.
    parting = min(manifest.number, chain.number)
    parts = (manifest.number, manifest.prev) != (chain.number + 1, chain.hash)
    return Standing(
        log=log,
        size=at.size,
        key=RegisteredKey(verifier, row.first, row.end) if verifier else None,
        chain=chain,
        replayed=row.replayed,
        seen_root=row.seen_root,
        rival=_note_at(tx, at.kode_desa, manifest.chain, parting) if parts else None,
    )


def chain_head(tx: Connection, kode_desa: str, chain: str) -> ChainHead:
    """The newest batch of a chain: number 0 and no hash when there is none."""
    query = (
        select(batch.c.number, batch.c.manifest_hash)
        .where(batch.c.kode_desa == kode_desa, batch.c.chain == chain)
        .order_by(batch.c.number.desc())
        .limit(1)
    )
    row = tx.execute(query).first()
    return ChainHead(*row) if row else ChainHead()


def position_of(tx: Connection, kode_desa: str, manifest_hash: bytes) -> int | None:
    """Where the batch with this manifest text stands, if it is in the log."""
    query = select(batch.c.position).where(
        batch.c.kode_desa == kode_desa,
        batch.c.manifest_hash == manifest_hash,
    )
    return tx.execute(query).scalar()


def _note_at(tx: Connection, kode_desa: str, chain: str, number: int) -> str | None:
    query = select(batch.c.note).where(
        batch.c.kode_desa == kode_desa,
        batch.c.chain == chain,
        batch.c.number == number,
    )
    note = tx.execute(query).scalar()
    return note.decode() if note else None


def read_nodes(tx: Connection, kode_desa: str, nodes: Iterable[Node]) -> dict[Node, bytes]:
    """The hashes of stored nodes: each stands with the leaf that completed it."""
    wanted = set(nodes)
    positions = sorted({node.end for node in wanted})
    query = (
        select(batch.c.position, batch.c.nodes)
        .where(batch.c.kode_desa == kode_desa, batch.c.position == func.any(positions))
        .order_by(batch.c.position)
    )
    rows = {row.position: row.nodes for row in tx.execute(query)}
    found = {}
    for node in wanted:
        hashes = rows[node.end]
        found[node] = hashes[node.level * HASH_SIZE : (node.level + 1) * HASH_SIZE]
    return found


# --- batches -------------------------------------------------------------------------------------


def append_batch(
    tx: Connection,
    entry: Entry,
    *,
    root: bytes,
    nodes: Mapping[Node, bytes],
) -> None:
    """Put a batch at the end of its log, and move the head there; the head must be locked."""
    manifest = entry.manifest
    tx.execute(
        insert(batch).values(
            kode_desa=entry.kode_desa,
            position=entry.position,
            chain=manifest.chain,
            number=manifest.number,
            manifest_hash=manifest.hash,
            note=entry.note,
            packed=entry.packed,
            changes=manifest.count,
            bytes=manifest.length,
            root=root,
            nodes=b"".join(hash_ for _, hash_ in sorted(nodes.items())),
            received_at=entry.received_at,
        ),
    )
    tx.execute(
        update(head)
        .where(head.c.kode_desa == entry.kode_desa)
        .values(size=entry.position, root=root, appended_at=entry.received_at),
    )


def read_entries(tx: Connection, kode_desa: str, after: int, limit: int) -> list[Entry]:
    """The batches of a log that follow position `after`, at most `limit`, in order."""
    query = (
        select(*_ENTRY)
        .where(batch.c.kode_desa == kode_desa, batch.c.position > after)
        .order_by(batch.c.position)
        .limit(limit)
    )
    return [Entry(**row) for row in tx.execute(query).mappings()]


def read_notes(tx: Connection, kode_desa: str, after: int, limit: int) -> list[bytes]:
    """The signed manifests that follow position `after`, at most `limit`, in order."""
    query = (
        select(batch.c.note)
        .where(batch.c.kode_desa == kode_desa, batch.c.position > after)
        .order_by(batch.c.position)
        .limit(limit)
    )
    return list(tx.execute(query).scalars())


def read_whole(tx: Connection, kode_desa: str) -> Iterator[Entry]:
    """All batches of a log, in order, a few at a time."""
    position = 0
    while entries := read_entries(tx, kode_desa, position, _FEW_BATCHES):
        yield from entries
        position = entries[-1].position


def read_entry(tx: Connection, kode_desa: str, position: int) -> Entry:
    """One batch of a log, or raise PositionUnknownError."""
    if position > _LARGEST:
        raise PositionUnknownError(kode_desa, position)
    query = select(*_ENTRY).where(batch.c.kode_desa == kode_desa, batch.c.position == position)
    row = tx.execute(query).mappings().first()
    if row is None:
        raise PositionUnknownError(kode_desa, position)
    return Entry(**row)


def count_changes(tx: Connection, codes: Iterable[str]) -> dict[str, int]:
    """How many change lines each of these logs has; empty logs are left out."""
    query = (
        select(batch.c.kode_desa, func.sum(batch.c.changes).label("changes"))
        .where(batch.c.kode_desa == func.any(sorted(codes)))
        .group_by(batch.c.kode_desa)
    )
    return {row.kode_desa: int(row.changes) for row in tx.execute(query)}


_ENTRY = (
    batch.c.kode_desa,
    batch.c.position,
    batch.c.note,
    batch.c.packed,
    batch.c.received_at,
)


# --- redactions ----------------------------------------------------------------------------------


_REDACT = text("""
    SELECT ledger.redact(
        :kode_desa, :position, :body, CAST(:lines AS integer[]), CAST(:hashes AS bytea[]),
        :office, :act, :id, :entity, :record, :dasar_hukum, :redacted_at
    )
""")


@dataclass(frozen=True)
class Redaction:
    """A line that was redacted: by which act of the office, for which record, on what ground.

    `id` is the act's, `act` its position in the office's log; `record` is the id of the record
    that the redaction was for, which need not be the line's own.
    """

    kode_desa: str
    position: int
    line: int
    hash: bytes
    office: str
    act: int
    id: UUID
    entity: str
    record: str
    dasar_hukum: str
    redacted_at: datetime


def redact(tx: Connection, body: bytes, lines: Sequence[Redaction]) -> None:
    """Put hashes in place of lines of one batch, as its `body` has them; all are of one act.

    The act stands in the office's log, since this transaction. The database checks all of it.
    """
    first = lines[0]
    facts = {name: getattr(first, name) for name in Redaction.__dataclass_fields__}
    facts |= {
        "body": body,
        "lines": [it.line for it in lines],
        "hashes": [it.hash for it in lines],
    }
    tx.execute(_REDACT, facts)


def read_redactions(
    tx: Connection,
    kode_desa: str,
    *,
    position: int | None = None,
    record: tuple[str, str] | None = None,
) -> list[Redaction]:
    """The redacted lines of a log, of one batch, or those that a record (entity, id) asked for."""
    query = select(redaction).where(redaction.c.kode_desa == kode_desa)
    if position is not None:
        query = query.where(redaction.c.position == position)
    if record is not None:
        query = query.where(redaction.c.entity == record[0], redaction.c.record == record[1])
    query = query.order_by(redaction.c.position, redaction.c.line)
    return [Redaction(**row) for row in tx.execute(query).mappings()]


def keep_refusal(
    tx: Connection,
    kode_desa: str,
    error: RefusalError,
    note: Note | None,
    manifest: Manifest | None,
    at: datetime,
) -> None:
    """Keep a refusal; of those without a valid signature only so many an hour.

    Anybody can send garbage, and a full disk would stop the villages that send none.
    """
    recent = (
        select(func.count())
        .select_from(refusal)
        .where(
            refusal.c.kode_desa == kode_desa,
            refusal.c.refused_at > at - timedelta(hours=1),
            refusal.c.authentic.is_(False),
        )
        .scalar_subquery()
    )
    values = {
        "kode_desa": kode_desa,
        "id": uuid4(),
        "refused_at": at,
        "code": error.code,
        "message": str(error),
        "chain": manifest.chain if manifest else None,
        "number": manifest.number if manifest else None,
        "authentic": error.authentic,
        "note": note.to_bytes() if note and error.authentic else None,
        "facts": error.kept,
    }
    row = select(*(literal(value, refusal.c[name].type) for name, value in values.items()))
    if not error.authentic:
        row = row.where(recent < _UNSIGNED_REFUSALS_AN_HOUR)
    tx.execute(insert(refusal).from_select(list(values), row))


# --- desa and keys -------------------------------------------------------------------------------


def read_keys(tx: Connection, kode_desa: str) -> list[RegisteredKey]:
    """Every key that the desa has registered, by name."""
    query = select(key).where(key.c.kode_desa == kode_desa).order_by(key.c.name)
    return [
        RegisteredKey(
            VerifierKey(row["name"], row["public"]),
            **{name: row[name] for name in ("first", *_KEY_CHANGES, "how", "note")},
        )
        for row in tx.execute(query).mappings()
    ]


def key_waits(tx: Connection, kode_desa: str, name: str) -> bool:
    """Whether a key of this name came with a one-time code, and the office has not decided."""
    query = select(enrolment.c.id).where(
        enrolment.c.kode_desa == kode_desa,
        enrolment.c.vkey.startswith(f"{name}+", autoescape=True),
        enrolment.c.decided_at.is_(None),
    )
    return tx.execute(query).first() is not None


def add_key(tx: Connection, kode_desa: str, registered: RegisteredKey) -> None:
    """Register a key."""
    tx.execute(
        insert(key).values(
            kode_desa=kode_desa,
            name=registered.verifier.name,
            public=registered.verifier.public,
            first=registered.first,
            how=registered.how,
            note=registered.note,
            **{name: getattr(registered, name) for name in _KEY_CHANGES},
        ),
    )


def change_key(tx: Connection, kode_desa: str, registered: RegisteredKey) -> None:
    """Note that a registered key has ended, is suspected, or was acknowledged."""
    tx.execute(
        update(key)
        .where(key.c.kode_desa == kode_desa, key.c.name == registered.verifier.name)
        .values({name: getattr(registered, name) for name in _KEY_CHANGES}),
    )


_KEY_CHANGES = ("end", "ended", "suspected", "acknowledged", "end_note")
"""What a key may become; all else about it stays for ever."""


# --- the office's own keys -----------------------------------------------------------------------


# Every checkpoint asks this; it is put together once.
_OFFICE_KEYS = (
    select(*(office_key.c[name] for name in ("role", "number", "public", "note", "signs")))
    .where(office_key.c.kode_desa == bindparam("kode"))
    .order_by(office_key.c.role, office_key.c.number)
)


def read_office_keys(tx: Connection, kode: str) -> tuple[KnownKey, ...]:
    """Every key of the office's own, by role and number."""
    return tuple(KnownKey(*row) for row in tx.execute(_OFFICE_KEYS, {"kode": kode}))


def write_office_key(tx: Connection, kode: str, known: KnownKey) -> None:
    """Note a key of the office's own, or whether it still signs."""
    row = insert(office_key).values(kode_desa=kode, **asdict(known))
    columns = [office_key.c.kode_desa, office_key.c.role, office_key.c.number]
    tx.execute(row.on_conflict_do_update(index_elements=columns, set_={"signs": known.signs}))
