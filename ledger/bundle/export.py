"""Bundles made from the store: whole logs, or the batches that touch one record.

A bundle is written as a stream, member by member, from one snapshot of the database: what the
office's log says of redactions and checkpoints is then true of the desa's logs beside it.
Checkpoints are signed for heads that are committed, as everywhere.
"""

import io
import zipfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from itertools import chain
from typing import Any, Final

import msgspec
import structlog
import zstandard
from sqlalchemy import Connection, Engine, func, select

from ledger import store
from ledger.batch import Change, read_change
from ledger.bundle.batches import Stored, hidden, is_hashed
from ledger.bundle.form import (
    DECLARATION,
    FORMAT,
    TRUST_ACTS,
    Declaration,
    DeclaredLog,
    RecordName,
    batch_name,
    checkpoint_name,
    moment,
    proof_name,
    witnessed_name,
)
from ledger.bundle.proof import ChangeProof
from ledger.bundle.trace import Span, touches
from ledger.checkpoint import Checkpoint, TlogProof
from ledger.errors import DesaUnknownError, PositionUnknownError, RecordUnknownError
from ledger.merkle import full_subtrees, inclusion_ranges, range_hash
from ledger.office import Office
from ledger.store import Head
from ledger.tables import cosignature

_logger = structlog.get_logger(__name__)
_PAGE: Final = 16
_LEVEL: Final = 1
"""Of deflate: a million lines are waited for; the file is a few parts in a hundred larger."""


@dataclass(frozen=True)
class _Log:
    """A log as it goes into a bundle; `show` says which of its lines are written whole."""

    head: Head
    show: Callable[[bytes], bool]
    positions: tuple[int, ...] | None = None


@dataclass(frozen=True)
class _Plan:
    """What a bundle holds; the office's own log first."""

    logs: tuple[_Log, ...]
    whole: bool
    acts: bool
    record: RecordName | None = None


class Exports:
    """Makes bundles. `engine` connects as the reader role; `now` is the clock."""

    def __init__(self, engine: Engine, office: Office, now: Callable[[], datetime]) -> None:
        self._engine = engine
        self._office = office
        self._now = now

    def logs(self, codes: Sequence[str] | None, *, whole: bool) -> Iterator[bytes]:
        """A bundle of the whole logs of these desa, or of all for None, as it is written.

        A `whole` one holds what the desa stated about people, another only its hashes. When it
        is of all desa, the office's acts are whole too: only so can anyone see that none hides
        behind its hash.

        Raises:
            DesaUnknownError: at once.
        """
        if codes is not None:
            self._check_known(codes)

        def plan(tx: Connection) -> _Plan:
            chosen = sorted(store.read_sizes(tx) if codes is None else set(codes))
            acts = whole and codes is None
            logs = [_Log(_head(tx, it), _all if whole else _none) for it in chosen]
            return _Plan((self._own(tx, acts=acts), *logs), whole, acts)

        return self._stream(plan)

    def record(self, kode_desa: str, entity: str, id_: str, *, whole: bool) -> Iterator[bytes]:
        """A bundle of the batches that touch one record, each with the proof of its place.

        Of their lines only the record's own are written, and those only in a `whole` one.

        Raises:
            DesaUnknownError, RecordUnknownError: at once.
        """
        self._check_known([kode_desa])

        def own(line: bytes) -> bool:
            change = _readable(line)
            return change is not None and (change.entity, change.id) == (entity, id_)

        def plan(tx: Connection) -> _Plan:
            head = _head(tx, kode_desa)
            positions = tuple(it.position for it in _batches(tx, head) if touches(it, entity, id_))
            if not positions:
                raise RecordUnknownError(kode_desa, entity, id_)
            log = _Log(head, own if whole else _none, positions)
            logs = (self._own(tx, acts=False), log)
            return _Plan(logs, whole, acts=False, record=RecordName(entity, id_))

        chunks = self._stream(plan)
        # Begun here: whoever sends it on has said that all is well by the time it is read.
        return chain([next(chunks)], chunks)

    def batches(self, kode_desa: str) -> Span:
        """A log's batches as the office has them, span by span.

        Raises:
            DesaUnknownError: no such desa.
        """
        self._check_known([kode_desa])

        def span(after: int, upto: int) -> Iterator[Stored]:
            with self._engine.begin() as tx:
                while after < upto:
                    limit = min(_PAGE, upto - after)
                    entries = store.read_entries(tx, kode_desa, after, limit)
                    yield from (Stored(it.position, it.note, it.body()) for it in entries)
                    after += limit if entries else upto

        return span

    def size(self, kode_desa: str) -> int:
        """How many batches a log has, or raise DesaUnknownError."""
        with self._engine.begin() as tx:
            return _head(tx, kode_desa).size

    def changes(self, codes: Iterable[str]) -> dict[str, int]:
        """How many change lines the logs of these desa hold."""
        with self._engine.begin() as tx:
            return store.count_changes(tx, codes)

    def prove(self, kode_desa: str, position: int, line: int, *, whole: bool) -> ChangeProof:
        """The proof of one change; the line itself, or else its hash.

        Raises:
            DesaUnknownError, PositionUnknownError: no such desa, batch or line.
        """
        self._check_known([kode_desa])
        with self._snapshot() as tx:
            head = _head(tx, kode_desa)
            entry = store.read_entry(tx, kode_desa, position)
            batch = Stored(position, entry.note, entry.body())
            if not 1 <= line <= len(batch.lines):
                raise PositionUnknownError(kode_desa, position)
            note = self._checkpoint(tx, head)
            proof = TlogProof.from_text(_proof(tx, head, position, note).decode())
            chain = entry.manifest.chain
            keys = [it.verifier for it in store.read_keys(tx, kode_desa)]
        vkey = next((it.to_vkey() for it in keys if it.name == chain), "")
        made = ChangeProof.made(batch, line, proof, vkey)
        return made if whole else made.hashed()

    def _check_known(self, codes: Iterable[str]) -> None:
        with self._engine.begin() as tx:
            unknown = sorted(set(codes) - store.read_sizes(tx).keys())
        if unknown:
            raise DesaUnknownError(unknown[0])

    def _own(self, tx: Connection, *, acts: bool) -> _Log:
        return _Log(_head(tx, self._office.kode), _all if acts else _for_trust)

    # --- written --------------------------------------------------------------------------------

    def _stream(self, plan: Callable[[Connection], _Plan]) -> Iterator[bytes]:
        sink = _Sink()
        made_at = self._now()
        with (
            self._snapshot() as tx,
            zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED, compresslevel=_LEVEL) as file,
        ):
            for name, data in self._members(tx, plan(tx), made_at):
                member = zipfile.ZipInfo(name, made_at.timetuple()[:6])
                member.compress_type = zipfile.ZIP_DEFLATED
                member.external_attr = 0o644 << 16
                file.writestr(member, data)
                yield sink.taken()
        yield sink.taken()

    @contextmanager
    def _snapshot(self) -> Iterator[Connection]:
        engine = self._engine.execution_options(
            isolation_level="REPEATABLE READ", postgresql_readonly=True
        )
        with engine.begin() as tx:
            # Whose turn it is to sign, another process may have decided.
            self._office.adopt(store.read_office_keys(tx, self._office.kode))
            yield tx

    def _members(
        self, tx: Connection, plan: _Plan, made_at: datetime
    ) -> Iterator[tuple[str, bytes]]:
        yield DECLARATION, self._declaration(plan, made_at).to_bytes()
        for log in plan.logs:
            kode = log.head.kode_desa
            note = self._checkpoint(tx, log.head)
            yield checkpoint_name(kode), note
            if kode == self._office.kode and (older := self._witnessed(tx, log.head)):
                yield witnessed_name(kode), older
            for batch in _batches(tx, log.head, log.positions):
                position = batch.position
                yield batch_name(kode, position), _shown(batch, log.show).to_bytes()
                if log.positions is not None:
                    yield proof_name(kode, position), _proof(tx, log.head, position, note)

    def _declaration(self, plan: _Plan, made_at: datetime) -> Declaration:
        return Declaration(
            format=FORMAT,
            origin=self._office.origin,
            office=self._office.kode,
            made_at=moment(made_at),
            lines="whole" if plan.whole else "hashed",
            acts="whole" if plan.acts else "trust",
            logs=tuple(
                DeclaredLog(it.head.kode_desa, it.head.size, it.positions) for it in plan.logs
            ),
            record=plan.record,
        )

    def _checkpoint(self, tx: Connection, head: Head) -> bytes:
        name = self._office.log_name(head.kode_desa)
        text = Checkpoint(name, head.size, head.root).to_text()
        note = self._office.sign_log(head.kode_desa, text)
        query = (
            select(cosignature.c.line)
            .where(cosignature.c.kode_desa == head.kode_desa, cosignature.c.size == head.size)
            .order_by(cosignature.c.witness)
        )
        lines = "".join(f"{line}\n" for line in tx.execute(query).scalars())
        return note.to_bytes() + lines.encode()

    def _witnessed(self, tx: Connection, head: Head) -> bytes | None:
        """The newest cosigned checkpoint of a log, if it is an older one."""
        query = select(func.max(cosignature.c.size)).where(
            cosignature.c.kode_desa == head.kode_desa, cosignature.c.size <= head.size
        )
        size = tx.execute(query).scalar()
        if size is None or size == head.size:
            return None
        older = store.head_at(tx, head.kode_desa, size)
        return self._checkpoint(tx, older) if older else None


class _Sink(io.RawIOBase):
    """What zipfile writes into, taken away as it comes; a stream, without places to go back to."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []

    def writable(self) -> bool:
        """It is."""
        return True

    def write(self, data: Any, /) -> int:  # noqa: ANN401  # whatever has bytes
        """Keep it until it is taken."""
        self._parts.append(bytes(data))
        return len(data)

    def taken(self) -> bytes:
        """What was written since the last time."""
        data = b"".join(self._parts)
        self._parts.clear()
        return data


def _head(tx: Connection, kode: str) -> Head:
    found = store.read_head(tx, kode)
    if found is None:
        raise DesaUnknownError(kode)
    return found


def _batches(
    tx: Connection, head: Head, positions: tuple[int, ...] | None = None
) -> Iterator[Stored]:
    """The batches of a log up to its head, or only those at some positions."""
    if positions is not None:
        entries = (store.read_entry(tx, head.kode_desa, it) for it in positions)
        yield from (Stored(it.position, it.note, it.body()) for it in entries)
        return
    after = 0
    while after < head.size:
        limit = min(_PAGE, head.size - after)
        for entry in store.read_entries(tx, head.kode_desa, after, limit):
            try:
                yield Stored(entry.position, entry.note, entry.body())
            except zstandard.ZstdError:
                # Damaged beyond reading: it is not in the bundle, and a verifier says so.
                _logger.exception("batch unreadable", kode=head.kode_desa, at=entry.position)
        after += limit


def _shown(batch: Stored, show: Callable[[bytes], bool]) -> Stored:
    """The batch with every line that may not be shown as its hash."""
    if show is _all:
        return batch
    lines = (line if is_hashed(line) or show(line) else hidden(line) for line in batch.lines)
    return Stored(batch.position, batch.note, b"".join(line + b"\n" for line in lines))


def _proof(tx: Connection, head: Head, position: int, note: bytes) -> bytes:
    spans = inclusion_ranges(position - 1, head.size)
    nodes = store.read_nodes(tx, head.kode_desa, {n for it in spans for n in full_subtrees(it)})
    path = tuple(range_hash(span, nodes) for span in spans)
    return TlogProof(position - 1, path, note).to_text().encode()


def _all(_: bytes) -> bool:
    return True


def _none(_: bytes) -> bool:
    return False


def _for_trust(line: bytes) -> bool:
    change = _readable(line)
    return change is not None and change.entity in TRUST_ACTS


def _readable(line: bytes) -> Change | None:
    """The change in a line; None when the store was damaged, which is for a verifier to say."""
    try:
        return read_change(line)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return None
