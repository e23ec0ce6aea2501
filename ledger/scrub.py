"""The scrub: reads what is stored again, and says what is not as it was stored.

A log is gone through from its first batch to its last: each row against its own note, each note
against the key it was signed with, all of them against the tree, and the tree against the head and
against the checkpoints that the office's log holds. Then the desa's files against their names, and
its access log against the anchors. It goes on where it stopped, so that whoever lets it run a
little now and then has read everything in so many days; what it finds is an alarm.

It reads and compares only; nothing is mended here. What a server forgot *and* its whole database
agrees about, only receipts, cosignatures and bundles can tell.
"""

import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any, Final

import msgspec
import zstandard
from sqlalchemy import Connection, Engine, RowMapping, func, select, union
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import DBAPIError, OperationalError

from ledger import access as access_log
from ledger import store
from ledger.admission import RegisteredKey
from ledger.alarms import ACCESS, FILES, LOG, Alarms, Damage
from ledger.batch import Manifest, line_hash, split_lines
from ledger.blobs import EVIDENCE, Blobs, media_type
from ledger.errors import ManifestError, NoteError
from ledger.keys import VerifierKey
from ledger.log import Ledger
from ledger.merkle import (
    EMPTY_ROOT,
    HASH_SIZE,
    Node,
    Range,
    append,
    full_subtrees,
    leaf_hash,
    leaves_root,
    range_hash,
)
from ledger.note import Note, from_base64
from ledger.office import KANTOR
from ledger.tables import access, access_anchor, batch, blob, head, scrub

PARTS: Final = (LOG, FILES, ACCESS)
_CHECKPOINT: Final = "checkpoint"
_FEW: Final = 16
_ALIKE: Final = 20
_KEEP_EVERY_S: Final = 1.0
_CHUNK: Final = 256 * 1024
_SLACK: Final = timedelta(minutes=10)
"""By how much a server's clock may be set back without a batch's time being doubted."""


@dataclass(frozen=True)
class Progress:
    """How far the scrub of one part of a desa is; `reached` is a position, number or hash."""

    kode_desa: str
    part: str
    reached: str
    begun_at: datetime
    finished_at: datetime | None


@dataclass
class Run:
    """What one run did: rows and files read, their bytes, and what was damaged.

    Of damages of one kind in one log, which have one cause, only the first are named.
    """

    rows: int = 0
    bytes: int = 0
    damages: list[Damage] = field(default_factory=list)
    alike: Counter[tuple[str, str, str]] = field(default_factory=Counter)

    def found(self, damages: Iterable[Damage]) -> None:
        """Add what was found."""
        for it in damages:
            kind = (it.kode_desa, it.fault, it.detail)
            self.alike[kind] += 1
            if self.alike[kind] <= _ALIKE and it not in self.damages:
                self.damages.append(it)

    def read(self, length: int) -> None:
        """Count something that was read."""
        self.rows += 1
        self.bytes += length


class Scrub:
    """The scrub of an office. `engine` connects as the ingest role."""

    def __init__(
        self,
        engine: Engine,
        ledger: Ledger,
        blobs: Blobs,
        alarms: Alarms,
        now: Callable[[], datetime],
    ) -> None:
        self._engine = engine
        self._ledger = ledger
        self._blobs = blobs
        self._alarms = alarms
        self._now = now

    def run(
        self,
        budget: int,
        *,
        stopping: Callable[[], bool] = lambda: False,
    ) -> Run:
        """Go on with what was checked longest ago, until `budget` bytes are read.

        Each part is begun at most once, so that a small office is not read in circles.
        """
        done = Run()
        for kode_desa, part in self._due():
            if done.bytes >= budget or stopping():
                break
            self._go_on(done, kode_desa, part, lambda: done.bytes >= budget or stopping())
        self._alarms.sound(done.damages)
        return done

    def everything(
        self,
        kode_desa: str | None = None,
        progress: Callable[[int], None] = lambda _: None,
    ) -> Run:
        """Read all there is, of one log or of all, whatever was read before."""
        done = Run()
        for kode, part in self._due():
            if kode_desa in {None, kode}:
                self._keep(kode, part, "", begun=True)
                self._go_on(done, kode, part, lambda: False, progress)
        self._alarms.sound(done.damages)
        return done

    def size(self, kode_desa: str | None = None) -> int:
        """How many bytes there are to read: lines and files."""
        with self._engine.begin() as tx:
            total = 0
            for table in (batch, blob):
                query = select(func.coalesce(func.sum(table.c.bytes), 0))
                if kode_desa is not None:
                    query = query.where(table.c.kode_desa == kode_desa)
                total += int(tx.execute(query).scalar_one())
            return total

    def _due(self) -> list[tuple[str, str]]:
        """Every part of every log: what is half done first, then what was done longest ago."""
        with self._engine.begin() as tx:
            # Rows that no head speaks of are damage too.
            query = union(select(head.c.kode_desa), select(batch.c.kode_desa))
            logs: list[str] = sorted(tx.execute(query).scalars())
            known = {(it.kode_desa, it.part): it for it in read_progress(tx)}

        def order(which: tuple[str, str]) -> tuple[bool, float]:
            at = known.get(which)
            if at is not None and at.reached:
                return False, 0.0
            done = at.finished_at if at else None
            return True, done.timestamp() if done else 0.0

        return sorted(((kode, part) for kode in logs for part in PARTS), key=order)

    def _go_on(
        self,
        done: Run,
        kode_desa: str,
        part: str,
        enough: Callable[[], bool],
        progress: Callable[[int], None] = lambda _: None,
    ) -> None:
        with self._engine.begin() as tx:
            at = {(it.kode_desa, it.part): it for it in read_progress(tx)}.get((kode_desa, part))
        since = at.reached if at else ""
        if not since:
            self._keep(kode_desa, part, "", begun=True)
        steps = {LOG: self._log, FILES: self._files, ACCESS: self._access}[part]
        before, kept_at = done.bytes, time.monotonic()
        for place in steps(done, kode_desa, since):
            progress(done.bytes - before)
            before = done.bytes
            if enough():
                self._keep(kode_desa, part, place)
                return
            if time.monotonic() - kept_at > _KEEP_EVERY_S:
                self._keep(kode_desa, part, place)
                kept_at = time.monotonic()
        progress(done.bytes - before)
        self._keep(kode_desa, part, "", finished=True)

    def _keep(
        self, kode_desa: str, part: str, place: str, *, begun: bool = False, finished: bool = False
    ) -> None:
        at = self._now()
        changed: dict[str, Any] = {"reached": place}
        if begun:
            changed["begun_at"] = at
        if finished:
            changed["finished_at"] = at
        row = insert(scrub).values(
            kode_desa=kode_desa,
            part=part,
            begun_at=at,
            **{name: value for name, value in changed.items() if name != "begun_at"},
        )
        with self._engine.begin() as tx:
            tx.execute(
                row.on_conflict_do_update(
                    index_elements=[scrub.c.kode_desa, scrub.c.part], set_=changed
                )
            )

    # --- a log -----------------------------------------------------------------------------------

    def _log(self, done: Run, kode_desa: str, reached: str) -> Iterator[str]:
        """Read on in a log; gives each place that was reached."""
        after = int(reached or 0)
        with self._engine.begin() as tx:
            at = store.read_head(tx, kode_desa)
            size = at.size if at else 0
            newest = select(func.max(batch.c.position)).where(batch.c.kode_desa == kode_desa)
            # A head that is damaged may speak of more rows than anybody could look for.
            end = min(size, (tx.execute(newest).scalar() or 0) + _FEW)
            keys = {it.verifier.name: it for it in self._keys(tx, kode_desa)}
            walk = _Walk(tx, kode_desa, after)
        checks = _Rows(kode_desa, self._ledger.office.log_name(kode_desa), keys, self._now())
        while after < end:
            upto = min(after + _FEW, end)
            rows = self._rows(done, kode_desa, after, upto)
            with self._engine.begin() as tx:
                for position in range(after + 1, upto + 1):
                    row = rows.get(position)
                    if row is None:
                        if position not in rows:
                            done.found([_damage(kode_desa, position, "row-missing")])
                        walk.lose()
                        continue
                    found, good = walk.step(tx, row, checks.signed)
                    done.found(_damage(kode_desa, position, *it) for it in found)
                    faults = checks.check(row) if good else checks.skip(row)
                    done.found(faults)
                    if good and not faults and kode_desa == self._ledger.office.kode:
                        done.found(self._check_acts(tx, row))
                    done.read(len(row["packed"]) + len(row["note"]))
            after = upto
            yield str(after)
        done.found(self._check_end(kode_desa, size))
        done.found(self._check_head(kode_desa, walk, size))

    def _rows(
        self, done: Run, kode_desa: str, after: int, upto: int
    ) -> dict[int, RowMapping | None]:
        """The rows of some positions; None for one that the database cannot read."""
        query = select(batch).where(batch.c.kode_desa == kode_desa)
        try:
            with self._engine.begin() as tx:
                some = query.where(batch.c.position > after, batch.c.position <= upto)
                return {row["position"]: row for row in tx.execute(some).mappings()}
        except OperationalError:
            raise
        except DBAPIError:
            # A damaged page of the disk: one by one, so that the others are read.
            found: dict[int, RowMapping | None] = {}
            for position in range(after + 1, upto + 1):
                try:
                    with self._engine.begin() as tx:
                        one = query.where(batch.c.position == position)
                        row = tx.execute(one).mappings().first()
                        if row is not None:
                            found[position] = row
                except DBAPIError:
                    found[position] = None
                    done.found([_damage(kode_desa, position, "row-unreadable")])
            return found

    def _keys(self, tx: Connection, kode_desa: str) -> list[RegisteredKey]:
        """Who may have signed in a log."""
        office = self._ledger.office
        if kode_desa == office.kode:
            # Which of them was valid where, the acts themselves say; an auditor reads those.
            return [
                RegisteredKey(VerifierKey(office.key_name(KANTOR, it.number), it.public), first=1)
                for it in store.read_office_keys(tx, office.kode)
                if it.role == KANTOR
            ]
        return store.read_keys(tx, kode_desa)

    def _check_end(self, kode_desa: str, size: int) -> list[Damage]:
        """Rows beyond the head, which moves with each that is appended."""
        query = select(batch.c.position).where(batch.c.kode_desa == kode_desa)
        query = query.where(batch.c.position > size).order_by(batch.c.position).limit(_FEW)
        with self._engine.begin() as tx:
            at = store.lock_head(tx, kode_desa)
            beyond = [it for it in tx.execute(query).scalars() if at is None or it > at.size]
        return [_damage(kode_desa, position, "row-extra") for position in beyond]

    def _check_head(self, kode_desa: str, walk: "_Walk", size: int) -> list[Damage]:
        with self._engine.begin() as tx:
            row = tx.execute(select(head).where(head.c.kode_desa == kode_desa)).mappings().first()
            if row is None or row["size"] != size:
                return []  # appended to meanwhile; the next round sees
            newest = select(batch.c.root, batch.c.received_at, batch.c.position).where(
                batch.c.kode_desa == kode_desa
            )
            last = tx.execute(newest.order_by(batch.c.position.desc()).limit(1)).first()
        found = []
        if (last.position if last else 0) != size:
            found.append(_damage(kode_desa, "", "head-size"))
        root = walk.root(size) if size else EMPTY_ROOT
        if root is not None and row["root"] != root:
            found.append(_damage(kode_desa, "", "head-root"))
        if last and last.position == size and row["appended_at"] != last.received_at:
            found.append(_damage(kode_desa, "", "head-time"))
        return found

    def _check_acts(self, tx: Connection, row: RowMapping) -> list[Damage]:
        """What the office's log says of other logs, against those."""
        found = []
        names = ("kode_desa", "position", "note", "packed", "received_at")
        for change in store.Entry(*(row[name] for name in names)).changes():
            if change.op != "put" or not isinstance(change.data, msgspec.Raw):
                continue
            if change.entity == _CHECKPOINT:
                found += _check_checkpoint(tx, change.id, msgspec.json.decode(change.data))
            elif change.entity == access_log.ENTITY:
                found += _check_anchor(tx, change.id, msgspec.json.decode(change.data))
        return found

    # --- files -----------------------------------------------------------------------------------

    def _files(self, done: Run, kode_desa: str, reached: str) -> Iterator[str]:
        """Read on in a desa's files, by hash; gives each that was reached."""
        while True:
            query = select(blob).where(blob.c.kode_desa == kode_desa, blob.c.sha256 > reached)
            with self._engine.begin() as tx:
                rows = tx.execute(query.order_by(blob.c.sha256).limit(_FEW)).mappings().all()
            for row in rows:
                done.found(
                    Damage(kode_desa, FILES, row["sha256"], fault)
                    for fault in self._check_file(done, row)
                )
                reached = row["sha256"]
                yield reached
            if len(rows) < _FEW:
                return

    def _check_file(self, done: Run, row: RowMapping) -> list[str]:
        digest, length, begin = sha256(), 0, b""
        try:
            with self._blobs.where(row["sha256"]).open("rb") as file:
                while chunk := file.read(_CHUNK):
                    begin = begin or chunk
                    digest.update(chunk)
                    length += len(chunk)
        except FileNotFoundError:
            return ["file-missing"]
        except OSError:
            return ["file-unreadable"]
        finally:
            done.read(length)
        if digest.hexdigest() != row["sha256"]:
            return ["file-hash"]
        found = []
        if length != row["bytes"]:
            found.append("file-bytes")
        # Whatever came as evidence keeps that type, also when its bytes are a picture's.
        if row["type"] not in {media_type(begin), EVIDENCE}:
            found.append("file-type")
        return found

    # --- the access log --------------------------------------------------------------------------

    def _access(self, done: Run, kode_desa: str, reached: str) -> Iterator[str]:
        """Read on in a desa's access log; gives each number that was reached."""
        after = int(reached or 0)
        with self._engine.begin() as tx:
            newest = select(func.max(access.c.number)).where(access.c.kode_desa == kode_desa)
            anchored = select(func.max(access_anchor.c.size))
            anchored = anchored.where(access_anchor.c.kode_desa == kode_desa)
            last = max(tx.execute(query).scalar() or 0 for query in (newest, anchored))
        while after < last:
            upto = min(after + 1_000, last)
            with self._engine.begin() as tx:
                rows = access_log.read_rows(tx, kode_desa, after, upto - after)
            found = {entry.number: (entry, hash_) for entry, hash_ in rows}
            for number in range(after + 1, upto + 1):
                if number not in found:
                    done.found([Damage(kode_desa, ACCESS, str(number), "access-missing")])
                elif found[number][0].leaf != found[number][1]:
                    done.found([Damage(kode_desa, ACCESS, str(number), "access-changed")])
                else:
                    done.read(len(found[number][0].to_text()))
            after = upto
            yield str(after)
        with self._engine.begin() as tx:
            anchors = select(access_anchor).where(access_anchor.c.kode_desa == kode_desa)
            newest_anchor = anchors.order_by(access_anchor.c.size.desc()).limit(1)
            row = tx.execute(newest_anchor).mappings().first()
            if row is not None:
                root = leaves_root(access_log.read_leaves(tx, kode_desa, row["size"]))
                if root != row["root"]:
                    place = str(row["size"])
                    done.found([Damage(kode_desa, ACCESS, place, "access-root")])


def read_progress(tx: Connection) -> list[Progress]:
    """How far the scrub of every part of every desa is."""
    query = select(scrub).order_by(scrub.c.kode_desa, scrub.c.part)
    return [Progress(**row) for row in tx.execute(query).mappings()]


def _damage(kode_desa: str, place: object, fault: str, detail: str = "") -> Damage:
    return Damage(kode_desa, LOG, str(place), fault, detail)


def _check_checkpoint(tx: Connection, kode_desa: str, stated: dict[str, Any]) -> list[Damage]:
    query = select(batch.c.root).where(
        batch.c.kode_desa == kode_desa, batch.c.position == stated["size"]
    )
    root = tx.execute(query).scalar() if stated["size"] else EMPTY_ROOT
    if root == from_base64(stated["root"], HASH_SIZE):
        return []
    return [_damage(kode_desa, stated["size"], "checkpoint")]


def _check_anchor(tx: Connection, kode_desa: str, stated: dict[str, Any]) -> list[Damage]:
    size = int(stated["sampai"])
    leaves = access_log.read_leaves(tx, kode_desa, size)
    if len(leaves) == size and leaves_root(leaves) == from_base64(stated["akar"], HASH_SIZE):
        return []
    return [Damage(kode_desa, ACCESS, str(size), "access-root")]


class _Walk:
    """The tree of a log, row by row: what each adds, from the notes alone.

    Where it does not come to what is stored, either the note is another one or a node or root is;
    the stored nodes of the rows before say which, and from there it goes on.
    """

    def __init__(self, tx: Connection, kode_desa: str, after: int) -> None:
        self._kode_desa = kode_desa
        self._doubted = False
        self._nodes: dict[Node, bytes] | None = self._stored(tx, after)
        if self._nodes is None:
            self._nodes = self._from_notes(tx, after)

    def root(self, size: int) -> bytes | None:
        """The root after the row that was walked last; None when it cannot be known."""
        return None if self._nodes is None else range_hash(Range(0, size), self._nodes)

    def lose(self) -> None:
        """A row is not there: no root after it can be made from the notes."""
        self._nodes = None

    def step(
        self, tx: Connection, row: RowMapping, signed: Callable[[bytes, int], bool]
    ) -> tuple[list[tuple[str, ...]], bool]:
        """Walk on by a row; gives what is wrong in it, and whether its note is the right one."""
        position, leaf = row["position"], leaf_hash(row["note"])
        if self._nodes is None:
            return self._blindly(tx, row, leaf, signed)
        added = append(position - 1, leaf, self._nodes)
        joined = b"".join(hash_ for _, hash_ in sorted(added.items()))
        others: list[tuple[str, ...]] = [("nodes",)] if joined != row["nodes"] else []
        if range_hash(Range(0, position), self._nodes | added) == row["root"]:
            self._doubted = False
            self._forget(added, position)
            return others, True
        instead = self._with(row["nodes"][:HASH_SIZE], position, row["root"])
        if instead is not None:
            self._forget(instead, position)
            return [("note",)], False
        if self._doubted or not signed(row["note"], position):
            found, good = self._blindly(tx, row, leaf, signed)
            return found or ([] if self._doubted else [("root",)]), good
        # Either this root is damaged, or a row that nobody can tell from its own note stands in
        # the place of another one: the next row says which.
        self._doubted = True
        self._forget(added, position)
        return [("root",), *others], True

    def _blindly(
        self,
        tx: Connection,
        row: RowMapping,
        leaf: bytes,
        signed: Callable[[bytes, int], bool],
    ) -> tuple[list[tuple[str, ...]], bool]:
        """A row without a tree to stand in: its note against the hash that is kept of it."""
        position = row["position"]
        self._nodes = self._stored(tx, position)
        if leaf == row["nodes"][:HASH_SIZE]:
            # A row of another place completes another number of subtrees.
            completed = (position & -position).bit_length()
            return [("nodes",)] if len(row["nodes"]) != completed * HASH_SIZE else [], True
        good = signed(row["note"], position)
        return [("nodes",) if good else ("note",)], good

    def _with(self, leaf: bytes, position: int, root: bytes) -> dict[Node, bytes] | None:
        """What a row adds when its leaf is this one, if that comes to the root."""
        if len(leaf) != HASH_SIZE or self._nodes is None:
            return None
        added = append(position - 1, leaf, self._nodes)
        return added if range_hash(Range(0, position), self._nodes | added) == root else None

    def _forget(self, added: dict[Node, bytes], size: int) -> None:
        """Keep the frontier only."""
        known = (self._nodes or {}) | added
        self._nodes = {node: known[node] for node in full_subtrees(Range(0, size))}

    def _stored(self, tx: Connection, size: int) -> dict[Node, bytes] | None:
        """The frontier of a size from the stored nodes, if they come to the stored root."""
        with suppress(KeyError):
            nodes = store.read_nodes(tx, self._kode_desa, full_subtrees(Range(0, size)))
            if all(len(it) == HASH_SIZE for it in nodes.values()):
                return nodes if self._agrees(tx, size, nodes) else None
        return None

    def _from_notes(self, tx: Connection, size: int) -> dict[Node, bytes] | None:
        """The same, from the notes of all rows before."""
        query = select(batch.c.position, batch.c.note).where(
            batch.c.kode_desa == self._kode_desa, batch.c.position <= size
        )
        nodes: dict[Node, bytes] = {}
        index = 0
        for row in tx.execute(query.order_by(batch.c.position)):
            if row.position != index + 1:
                return None
            nodes |= append(index, leaf_hash(row.note), nodes)
            nodes = {node: nodes[node] for node in full_subtrees(Range(0, index + 1))}
            index += 1
        return nodes if index == size and self._agrees(tx, size, nodes) else None

    def _agrees(self, tx: Connection, size: int, nodes: dict[Node, bytes]) -> bool:
        if size == 0:
            return True
        query = select(batch.c.root).where(
            batch.c.kode_desa == self._kode_desa, batch.c.position == size
        )
        return bool(tx.execute(query).scalar() == range_hash(Range(0, size), nodes))


class _Rows:
    """The checks of a row that need no other row's hash."""

    def __init__(
        self, kode_desa: str, log: str, keys: dict[str, RegisteredKey], now: datetime
    ) -> None:
        self._kode_desa = kode_desa
        self._log = log
        self._keys = keys
        self._now = now
        self._before: datetime | None = None
        self._numbers: Counter[str] = Counter()

    def skip(self, row: RowMapping) -> list[Damage]:
        """A row whose note is not the right one: nothing else of it can be checked."""
        self._before = row["received_at"]
        return []

    def signed(self, data: bytes, position: int) -> bool:
        """Whether the bytes are a manifest of this log, rightly signed."""
        try:
            note = Note.from_bytes(data)
            manifest = Manifest.from_text(note.text)
        except (NoteError, ManifestError):
            return False
        return not list(self._signer(note, manifest, position))

    def check(self, row: RowMapping) -> list[Damage]:
        """Everything that a row says, against its note."""
        return [_damage(self._kode_desa, row["position"], *it) for it in self._faults(row)]

    def _faults(self, row: RowMapping) -> Iterator[tuple[str, ...]]:
        before, self._before = self._before, row["received_at"]
        if row["received_at"] > self._now + _SLACK or (
            before is not None and row["received_at"] < before - _SLACK
        ):
            yield ("time",)
        try:
            note = Note.from_bytes(row["note"])
            manifest = Manifest.from_text(note.text)
        except (NoteError, ManifestError):
            yield ("note",)
            return
        if manifest.log != self._log:
            yield ("log-name",)
        if manifest.number <= self._numbers[manifest.chain]:
            yield ("order",)
        self._numbers[manifest.chain] = max(self._numbers[manifest.chain], manifest.number)
        yield from self._signer(note, manifest, row["position"])
        stated = {
            "chain": manifest.chain,
            "number": manifest.number,
            "manifest_hash": manifest.hash,
            "changes": manifest.count,
            "bytes": manifest.length,
        }
        yield from (("column", name) for name, value in stated.items() if row[name] != value)
        yield from _body_faults(row["packed"], manifest)

    def _signer(self, note: Note, manifest: Manifest, position: int) -> Iterator[tuple[str, ...]]:
        key = self._keys.get(manifest.chain)
        if key is None:
            yield "key-unknown", manifest.chain
            return
        if position < key.first or (key.end is not None and position >= key.end):
            yield "key-not-valid", manifest.chain
        if not key.verifier.signed(note):
            yield ("signature",)


_LINE: Final = b'{"_'
"""How every line begins, redacted or not."""


def _body_faults(packed: bytes, manifest: Manifest) -> Iterator[tuple[str, ...]]:
    """The lines, unpacked, against what was signed of them."""
    if not packed.startswith(zstandard.FRAME_HEADER):
        # A body that was redacted, or that redacts, is kept as it is: so the database could check.
        lines = split_lines(packed)
        if not packed.startswith(_LINE):
            yield ("lines",)
        elif len(lines) != manifest.count:
            yield ("lines-count",)
        elif leaves_root(map(line_hash, lines)) != manifest.changes:
            yield ("lines-root",)
        return
    try:
        # A damaged length must not make us ask for more memory than there can be lines.
        told = zstandard.get_frame_parameters(packed).content_size
        if not 0 < told <= manifest.length:
            yield ("lines-bytes",)
            return
        frame = zstandard.ZstdDecompressor().decompressobj()
        body = frame.decompress(packed)
    except zstandard.ZstdError:
        yield ("lines",)
        return
    if not frame.eof or frame.unused_data:
        yield ("lines",)
        return
    lines = split_lines(body)
    if len(lines) != manifest.count:
        yield ("lines-count",)
    if len(body) != manifest.length:
        yield ("lines-bytes",)
    if leaves_root(map(leaf_hash, lines)) != manifest.changes:
        yield ("lines-root",)
