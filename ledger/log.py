"""The ledger: appends to logs, and answers for them.

What may be appended is decided by `admission`, what is stored by `store`; here is the order of
things, and the one transaction.
"""

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import uuid4

import msgspec
import structlog
from sqlalchemy import Connection, Engine, text

from ledger import store
from ledger.admission import admit_body, admit_manifest
from ledger.batch import (
    Batch,
    BatchReader,
    Draft,
    Limits,
    Manifest,
    Seen,
    Source,
    split_batches,
    write_batch,
)
from ledger.checkpoint import Checkpoint, TlogProof
from ledger.errors import (
    DesaUnknownError,
    ForkError,
    HistoryError,
    KeyFileError,
    KeyUnknownError,
    KeyWaitingError,
    OfficeMismatchError,
    PositionUnknownError,
    RefusalError,
)
from ledger.keys import SigningKey
from ledger.merkle import (
    EMPTY_ROOT,
    Node,
    Range,
    append,
    consistency_ranges,
    full_subtrees,
    inclusion_ranges,
    leaf_hash,
    range_hash,
)
from ledger.note import Note
from ledger.office import GATEWAY, KANTOR, LOG, KnownKey, Office
from ledger.store import ChainState, Entry, Head

CHANNEL = "opendk_appended"
"""NOTIFY channel that wakes the workers; its payload is the kode_desa, a hint only."""
_NOTIFY_EVERY_S = 0.1

_logger = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Receipt:
    """The office's answer to a batch: where it stands, provably.

    Attributes:
        position: where in the log, from 1.
        proof: a C2SP tlog-proof: the manifest note is leaf `position - 1` of its checkpoint.
        consistency: the RFC 6962 proof that the checkpoint extends the log of size `seen`.
    """

    kode_desa: str
    position: int
    chain: str
    number: int
    manifest_hash: bytes
    proof: str
    consistency: tuple[bytes, ...]
    seen: int


@dataclass(frozen=True)
class Appended:
    """What became of a batch that was taken: `replayed` when it was in the log before.

    `lines` are those that came; none when only the manifest was repeated.
    """

    receipt: Receipt
    replayed: bool
    lines: list[bytes]


@dataclass(frozen=True)
class _Proofs:
    """Where a batch stands in the log as it is `at`, before anything is signed."""

    at: Head
    position: int
    seen: int
    inclusion: tuple[bytes, ...]
    consistency: tuple[bytes, ...]

    @classmethod
    def made(cls, at: Head, position: int, seen: int, nodes: Mapping[Node, bytes]) -> "_Proofs":
        """The proofs, from the stored nodes that their ranges fall into."""
        return cls(
            at,
            position,
            seen,
            tuple(range_hash(span, nodes) for span in inclusion_ranges(position - 1, at.size)),
            tuple(range_hash(span, nodes) for span in consistency_ranges(seen, at.size)),
        )


@dataclass(frozen=True)
class LogHead:
    """Where a log stands. `checkpoint` is a signed note, `chains` where each key may go on.

    `rotations` are the notes by which the office's log key handed over, the oldest first.
    """

    kode_desa: str
    origin: str
    size: int
    root: bytes
    checkpoint: str
    chains: tuple[ChainState, ...]
    rotations: tuple[str, ...] = ()


class Ledger:
    """The logs of one office.

    `engine` connects as the ingest role; `now` is the clock, an aware datetime.
    """

    def __init__(
        self,
        engine: Engine,
        office: Office,
        limits: Limits,
        now: Callable[[], datetime],
    ) -> None:
        self._engine = engine
        self.office = office
        self.limits = limits
        self._now = now
        self._notified = 0.0

    # --- append ---------------------------------------------------------------------------------

    def append(self, kode_desa: str, source: Source) -> Appended:
        """Append the batch in `source` to the desa's log.

        When this returns, the batch is durable and the receipt binds the office. Repeating the
        same batch is safe at any time: it gives the same place again. After an error the log is
        as it was; the refusal itself is kept.

        Raises:
            DesaUnknownError: nothing is read or kept.
            RefusalError: the first rule of PROTOCOL section 5 that the batch breaks.
        """
        reader = None
        try:
            reader = BatchReader(source, self.limits)
            return self._append(kode_desa, reader)
        except RefusalError as refusal:
            self._keep(kode_desa, refusal, reader)
            raise

    def _append(self, kode_desa: str, reader: BatchReader) -> Appended:
        # Looked at without the lock first, so that a batch that has no place here is refused
        # before its body is read; and so that no lock is held while a slow line sends one.
        with self._engine.begin() as tx:
            at = self.registered(tx, kode_desa)
            position = self._admit(tx, at, reader.note, reader.manifest)
        if position is None:
            return self._replayed(kode_desa, reader.manifest, self._lines_again(reader))

        body = reader.body()
        with ThreadPoolExecutor(1) as pool:
            # zstd works outside the interpreter's lock, so on two cores it costs no time.
            packing = pool.submit(store.pack, body)
            lines = admit_body(reader.manifest, body, self.limits)
            packed = packing.result()

        with self._engine.begin() as tx:
            at = self.registered(tx, kode_desa, lock=True)
            position = self._admit(tx, at, reader.note, reader.manifest)
            proofs = (
                None
                if position is None
                else self._insert(tx, at, reader.note, reader.manifest, packed)
            )
            self._adopt(tx)
        # --- the point of no return: from here on the batch is in the log, whatever happens ---
        if proofs is None:
            return self._replayed(kode_desa, reader.manifest, lines)
        self.notify(kode_desa)
        return Appended(self._receipt(reader.manifest, proofs), replayed=False, lines=lines)

    def append_for(
        self,
        tx: Connection,
        at: Head,
        heading: Draft,
        drafts: Sequence[Draft],
    ) -> tuple[int, ...]:
        """Append what the office attests for a desa that cannot sign, signed by its gateway key.

        `at` is from `lock`, in the same transaction. Each batch begins with `heading`, which
        says where the changes come from. What is signed here passes the same rules as what comes
        from outside. Gives the positions of the batches; none for no drafts.

        Whoever calls this owes a `notify` after the commit.

        Raises:
            KeyUnknownError: the gateway was not opened for this desa.
        """
        room = replace(
            self.limits,
            changes=self.limits.changes - 1,
            body=self.limits.body - len(heading.to_line()) - 1,
        )
        positions = []
        for lines in split_batches((draft.to_line() for draft in drafts), room):
            batch = self._signed(tx, at, self.current_gateway_key(tx), [heading.to_line(), *lines])
            self._admit(tx, at, batch.note, batch.manifest)
            admit_body(batch.manifest, batch.body, self.limits)
            packed = store.pack(batch.body)
            at = self._insert(tx, at, batch.note, batch.manifest, packed).at
            positions.append(at.size)
        return tuple(positions)

    def lock(self, tx: Connection, kode_desa: str) -> Head:
        """Where a desa's log stands, and will until the transaction ends.

        Raises:
            DesaUnknownError: no such desa.
        """
        return self.registered(tx, kode_desa, lock=True)

    def record(self, tx: Connection, acts: Sequence[Draft], *, plain: bool = False) -> int:
        """Append acts to the office's own log, in the transaction that does them.

        Whoever holds the lock of a desa as well took that first. Acts that the database is to
        read for itself are stored `plain`. Gives the batch's position.
        """
        at = store.lock_head(tx, self.office.kode)
        if at is None:
            raise DesaUnknownError(self.office.kode)
        self._adopt(tx)
        batch = self._signed(tx, at, self.office.key, [act.to_line() for act in acts])
        packed = batch.body if plain else store.pack(batch.body)
        return self._insert(tx, at, batch.note, batch.manifest, packed).position

    def current_gateway_key(self, tx: Connection) -> SigningKey:
        """The gateway's key whose turn it is, while the transaction holds a desa's lock."""
        self._adopt(tx)
        return self.office.gateway_key

    def look(self) -> None:
        """Look whose turn it is to sign, before anything is; a process begins with this."""
        with self._engine.begin() as tx:
            self._adopt(tx)

    def _adopt(self, tx: Connection) -> tuple[KnownKey, ...]:
        """Look whose turn it is to sign: another process may have handed over."""
        known = store.read_office_keys(tx, self.office.kode)
        self.office.adopt(known)
        return known

    def _signed(self, tx: Connection, at: Head, key: SigningKey, lines: Sequence[bytes]) -> Batch:
        """The next batch of a chain of the office's own."""
        chain = store.chain_head(tx, at.kode_desa, key.name)
        return write_batch(
            lines,
            key,
            log=self.office.log_name(at.kode_desa),
            number=chain.number + 1,
            prev=chain.hash,
            seen=Seen(at.size, at.root),
            time=self._now(),
        )

    def found(self) -> None:
        """Begin the office's own log, unless it is there; then check that it is this office's.

        Raises:
            OfficeMismatchError: the database belongs to another office.
            KeyFileError: the key files are not those that the log was founded with.
        """
        office = self.office
        with self._engine.begin() as tx:
            strangers = store.read_offices(tx) - {office.kode}
            if strangers:
                raise OfficeMismatchError(min(strangers), office.kode)
            store.found_log(tx, office.kode, EMPTY_ROOT)
            at = store.lock_head(tx, office.kode)
            if at and at.size:
                self._check_founding(tx, store.read_entry(tx, office.kode, 1))
                return
            self._note_first_keys(tx)
            founding = Draft("kantor", office.kode, "put", self._now(), self.named_keys())
            self.record(tx, [founding])

    def note_restored(self, taken_at: datetime, sizes: Mapping[str, int]) -> None:
        """Keep in the office's log that its database was restored, and from what.

        What it held later is gone: whoever has seen that can read here why.
        """
        facts = {"keadaan": taken_at.isoformat(), "kiriman": dict(sizes)}
        act = Draft("pemulihan", str(uuid4()), "put", self._now(), facts)
        with self._engine.begin() as tx:
            self.record(tx, [act])

    def named_keys(self) -> dict[str, Any]:
        """The office and its keys, as an act names them."""
        office = self.office
        return {
            "origin": office.origin,
            "kunci_kantor": office.key.verifier.to_vkey(),
            "kunci_log": office.log_key(office.kode).verifier.to_vkey(),
        }

    def _note_first_keys(self, tx: Connection) -> None:
        office = self.office
        for role, key in (
            (LOG, office.log_key(office.kode)),
            (KANTOR, office.key),
            (GATEWAY, office.gateway_key),
        ):
            store.write_office_key(tx, office.kode, KnownKey(role, 1, key.verifier.public))

    def _check_founding(self, tx: Connection, entry: Entry) -> None:
        """New keys made in silence would look, to every desa, like a forged office."""
        ours = self.office.log_name(self.office.kode)
        if entry.manifest.log != ours:
            raise OfficeMismatchError(entry.manifest.log, ours)
        if not store.read_office_keys(tx, self.office.kode):
            # Founded before keys could hand over: those of the founding are still the ones.
            (founding,) = entry.changes()
            stated = msgspec.json.decode(founding.data) if founding.data else None
            if stated != self.named_keys():
                raise KeyFileError(
                    "bukan kunci yang tercatat dalam log kantor; pulihkan folder keys dari "
                    "cadangan",
                )
            self._note_first_keys(tx)
        # The register says what the newest acts say: they are written in one transaction.
        self._adopt(tx)

    def _admit(self, tx: Connection, at: Head, note: Note, manifest: Manifest) -> int | None:
        log = self.office.log_name(at.kode_desa)
        try:
            return admit_manifest(note, manifest, store.standing(tx, log, at, manifest))
        except KeyUnknownError:
            if store.key_waits(tx, at.kode_desa, manifest.chain):
                raise KeyWaitingError(manifest.chain) from None
            raise

    def _insert(
        self,
        tx: Connection,
        at: Head,
        note: Note,
        manifest: Manifest,
        packed: bytes,
    ) -> "_Proofs":
        position = at.size + 1
        leaf = note.to_bytes()
        seen = manifest.seen.size
        ranges = [Range(0, at.size), *consistency_ranges(seen, position)]
        nodes = store.read_nodes(tx, at.kode_desa, _stored(ranges, at.size))
        added = append(at.size, leaf_hash(leaf), nodes)
        nodes |= added
        root = range_hash(Range(0, position), nodes)
        entry = Entry(at.kode_desa, position, leaf, packed, self._now())
        store.append_batch(tx, entry, root=root, nodes=added)
        return _Proofs.made(Head(at.kode_desa, position, root), position, seen, nodes)

    def _lines_again(self, reader: BatchReader) -> list[bytes]:
        """The lines of a batch that is in the log, if whoever sends it has them.

        Its manifest is shown to everybody: who repeats that alone has a receipt, and hears
        nothing of what was stated.
        """
        try:
            return admit_body(reader.manifest, reader.body(), self.limits)
        except RefusalError:
            return []

    def _replayed(self, kode_desa: str, manifest: Manifest, lines: list[bytes]) -> Appended:
        with self._engine.begin() as tx:
            at = self.registered(tx, kode_desa)
            position = store.position_of(tx, kode_desa, manifest.hash)
            if position is None:  # unreachable while a log is never changed
                raise PositionUnknownError(kode_desa, 0)
            proofs = self._prove(tx, at, position, manifest.seen.size)
            self._adopt(tx)
            # As they stand by now: of an erased line nothing is said to anybody.
            lines = store.read_entry(tx, kode_desa, position).lines() if lines else []
        return Appended(self._receipt(manifest, proofs), replayed=True, lines=lines)

    def _keep(self, kode_desa: str, refusal: RefusalError, reader: BatchReader | None) -> None:
        note, manifest = (reader.note, reader.manifest) if reader else (None, None)
        with self._engine.begin() as tx:
            self.registered(tx, kode_desa)
            store.keep_refusal(tx, kode_desa, refusal, note, manifest, self._now())
        # A fork or a lost history is nobody's typing error: somebody must look.
        log = _logger.error if isinstance(refusal, ForkError | HistoryError) else _logger.info
        log("batch refused", kode_desa=kode_desa, code=refusal.code)

    def notify(self, kode_desa: str) -> None:
        """Wake the workers, after an append to this desa's log has committed."""
        # Never inside the append: NOTIFY takes a lock of the whole server at commit. Seldom
        # enough, since whoever misses one polls.
        if time.monotonic() - self._notified < _NOTIFY_EVERY_S:
            return
        self._notified = time.monotonic()
        with self._engine.begin() as tx:
            tx.execute(
                text("SELECT pg_notify(:channel, :kode_desa)"),
                {"channel": CHANNEL, "kode_desa": kode_desa},
            )

    # --- answers --------------------------------------------------------------------------------

    def head(self, kode_desa: str) -> LogHead:
        """Where a desa's log and its chains stand, or raise DesaUnknownError."""
        with self._engine.begin() as tx:
            at = self.registered(tx, kode_desa)
            chains = store.read_chains(tx, kode_desa)
            known = self._adopt(tx)
        origin = self.office.log_name(kode_desa)
        checkpoint = self._sign(at).to_bytes().decode()
        rotations = tuple(it.note for it in known if it.role == LOG and it.note)
        return LogHead(kode_desa, origin, at.size, at.root, checkpoint, chains, rotations)

    def receipt(self, kode_desa: str, position: int, seen: int | None = None) -> Receipt:
        """The receipt of a batch, of today's checkpoint.

        `seen` is the log size that the asker has verified; else that of the manifest.

        Raises:
            DesaUnknownError, PositionUnknownError: no such desa or batch, or `seen` is ahead.
        """
        with self._engine.begin() as tx:
            at = self.registered(tx, kode_desa)
            manifest = store.read_entry(tx, kode_desa, position).manifest
            if seen is not None and not 0 <= seen <= at.size:
                raise PositionUnknownError(kode_desa, seen)
            since = manifest.seen.size if seen is None else seen
            proofs = self._prove(tx, at, position, since)
            self._adopt(tx)
        return self._receipt(manifest, proofs)

    def registered(self, tx: Connection, kode_desa: str, *, lock: bool = False) -> Head:
        """The head of a desa's log, or raise DesaUnknownError."""
        at = (store.lock_head if lock else store.read_head)(tx, kode_desa)
        # The office's own log takes nothing from outside.
        if at is None or kode_desa == self.office.kode:
            raise DesaUnknownError(kode_desa)
        return at

    def _prove(self, tx: Connection, at: Head, position: int, seen: int) -> "_Proofs":
        ranges = [*inclusion_ranges(position - 1, at.size), *consistency_ranges(seen, at.size)]
        nodes = store.read_nodes(tx, at.kode_desa, _stored(ranges, at.size))
        return _Proofs.made(at, position, seen, nodes)

    def consistency(self, tx: Connection, at: Head, since: int) -> tuple[bytes, ...]:
        """The RFC 6962 proof that a log, as it is `at`, extends what it was at size `since`.

        Raises:
            ProofError: `since` is ahead of it.
        """
        ranges = consistency_ranges(since, at.size)
        nodes = store.read_nodes(tx, at.kode_desa, _stored(ranges, at.size))
        return tuple(range_hash(span, nodes) for span in ranges)

    def _receipt(self, manifest: Manifest, proofs: "_Proofs") -> Receipt:
        checkpoint = self._sign(proofs.at).to_bytes()
        return Receipt(
            kode_desa=proofs.at.kode_desa,
            position=proofs.position,
            chain=manifest.chain,
            number=manifest.number,
            manifest_hash=manifest.hash,
            proof=TlogProof(proofs.position - 1, proofs.inclusion, checkpoint).to_text(),
            consistency=proofs.consistency,
            seen=proofs.seen,
        )

    def checkpoint(self, at: Head) -> Note:
        """Sign a log's state; only ever called with one that is committed."""
        self.look()
        return self._sign(at)

    def _sign(self, at: Head) -> Note:
        """As `checkpoint`, by whoever has looked whose turn it is."""
        checkpoint = Checkpoint(self.office.log_name(at.kode_desa), at.size, at.root)
        return self.office.sign_log(at.kode_desa, checkpoint.to_text())


def _stored(ranges: Iterable[Range], size: int) -> set[Node]:
    """The nodes that the ranges fall into and that a log of this size holds."""
    nodes = (node for span in ranges for node in full_subtrees(span))
    return {node for node in nodes if node.end <= size}
