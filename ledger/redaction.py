"""Redaction: erasing one person from the logs, on a lawful order of two people (PROTOCOL 11).

The lines that are about the person are replaced by their leaf hashes, through the one function of
the database that may; an act of the office says which, why, and by whom. Roots, signatures and
receipts stay what they were. What the office keeps beside the logs goes as well: hashes of what
was stated, photos and letters, and the whole of an upload that was kept as evidence and names the
person.

What only *mentions* the person says something of somebody else. It is found and listed, and goes
when whoever orders the redaction names its record, or asks for the old versions of such records.

Read models are another storey's: they see `head.redactions` and forget.
"""

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final
from uuid import UUID, uuid4

import msgspec
from sqlalchemy import Connection, Engine, delete, func, select, tuple_, update

from ledger import store
from ledger.batch import Change, Draft, redacted_line
from ledger.blobs import Blobs
from ledger.errors import DesaUnknownError, NothingToRedactError, RedactionRefusedError
from ledger.log import Ledger
from ledger.merkle import leaf_hash
from ledger.note import to_base64
from ledger.person import PENDUDUK, Person
from ledger.store import Entry, Redaction
from ledger.tables import letter_act, message, stated, waiting
from ledger.tables import upload as upload_table

_MOST_LINES: Final = 500
"""Lines that one act names: an act is a line, and those are at most 64 KiB."""
_LEAST_REASON: Final = 10
_REFERENCE = re.compile(rb'"sha256:([0-9a-f]{64})"')
_ERASED: Final = "(dihapus)"

_LETTER, _DECISION = "surat", "keputusan_surat"

Key = tuple[str, str]
"""A record: entity and id."""


@dataclass(frozen=True)
class Order:
    """Who orders a redaction, why, and on what ground.

    `oleh` carries it out, `disetujui` is the second person who answers for it; `nomor` is that of
    the order on paper.
    """

    alasan: str
    dasar_hukum: str
    nomor: str
    oleh: str
    disetujui: str


@dataclass(frozen=True)
class Line:
    """A line of a log that is to go; the log is a desa's, or the office's own."""

    log: str
    position: int
    line: int
    entity: str
    id: str
    hash: bytes


@dataclass(frozen=True)
class Mention:
    """A line about somebody else that names the person, in these members.

    `superseded` says that a later line states that record anew, without the person.
    """

    log: str
    position: int
    line: int
    entity: str
    id: str
    hash: bytes
    members: tuple[str, ...]
    superseded: bool


@dataclass(frozen=True)
class Elsewhere:
    """Another desa's log, and in how many lines the person's NIK stands there."""

    kode_desa: str
    lines: int


@dataclass(frozen=True)
class Plan:
    """What a redaction takes, and what it leaves.

    Attributes:
        lines: lines that go, in the order of the logs.
        mentions: lines that stay although they name the person.
        files: photos and letters that go, as SHA-256 in hexadecimal.
        evidence: uploads that go, whole, because they name the person; also as SHA-256.
        unread: uploads that cannot be looked through, and stay.
        elsewhere: other desa whose log has the NIK.
    """

    kode_desa: str
    entity: str
    id: str
    lines: tuple[Line, ...]
    mentions: tuple[Mention, ...]
    files: tuple[str, ...]
    evidence: tuple[str, ...]
    unread: tuple[str, ...]
    elsewhere: tuple[Elsewhere, ...]


@dataclass(frozen=True)
class Wish:
    """A record to redact; with it further `records`, and old versions that mention it."""

    kode_desa: str
    entity: str
    id: str
    records: frozenset[Key] = frozenset()
    old_mentions: bool = False


class Redactions:
    """The redactions of an office. `engine` connects as the redactor's role."""

    def __init__(
        self,
        engine: Engine,
        ledger: Ledger,
        blobs: Blobs,
        now: Callable[[], datetime],
    ) -> None:
        self._engine = engine
        self._ledger = ledger
        self._blobs = blobs
        self._now = now

    def plan(self, wish: Wish) -> Plan:
        """What a redaction would take and leave; nothing is changed.

        Raises:
            DesaUnknownError: no such desa.
            NothingToRedactError: the log says nothing of the record.
        """
        with self._engine.begin() as tx:
            if store.read_head(tx, wish.kode_desa) is None or self._is_office(wish.kode_desa):
                raise DesaUnknownError(wish.kode_desa)
            return self._plan(tx, wish)[0]

    def redact(self, wish: Wish, order: Order) -> Plan:
        """Erase a record from the logs; gives what was taken and what was left.

        When this returns it is durable, all of it, and receipts and proofs hold as before; after
        an error everything is as it was. Files are removed right after the commit, or, should that
        be interrupted, by the next `sweep`.

        Raises:
            DesaUnknownError, NothingToRedactError: as for `plan`.
            RedactionRefusedError: the order lacks something, or names the person: it stays.
        """
        with self._engine.begin() as tx:
            self._ledger.lock(tx, wish.kode_desa)
            plan, person, reading = self._plan(tx, wish)
            _check(order, person)
            done = self._take_lines(tx, plan, order)
            self._take_the_rest(tx, plan, reading.gone(plan.lines), done[0].id)
        # --- the point of no return: what follows, a sweep and the workers do again -------------
        self.sweep()
        self._ledger.notify(wish.kode_desa)
        return plan

    def sweep(self) -> int:
        """Remove files that a redaction took and that are still there; gives how many."""
        with self._engine.begin() as tx:
            return self._blobs.sweep(tx)

    def _is_office(self, kode: str) -> bool:
        return kode == self._ledger.office.kode

    # --- what there is to take ------------------------------------------------------------------

    def _plan(self, tx: Connection, wish: Wish) -> tuple[Plan, Person, "_Reading"]:
        person = self._person(tx, wish)
        reading = _Reading(person, wish)
        for entry in store.read_whole(tx, wish.kode_desa):
            reading.read(entry)
        office = self._ledger.office.kode
        for entry in store.read_whole(tx, office):
            reading.read_office(entry)
        lines, mentions = reading.decided()
        if not lines:
            raise NothingToRedactError(wish.kode_desa, wish.entity, wish.id)
        evidence, unread = self._evidence(tx, wish.kode_desa, person, reading.uploads(lines))
        plan = Plan(
            wish.kode_desa,
            wish.entity,
            wish.id,
            tuple(lines),
            tuple(mentions),
            tuple(sorted(reading.files(lines))),
            tuple(sorted(evidence)),
            tuple(sorted(unread)),
            tuple(self._elsewhere(tx, wish.kode_desa, person)),
        )
        return plan, person, reading

    def _person(self, tx: Connection, wish: Wish) -> Person:
        """Whom the record is of: what it ever stated, and the families that are theirs alone."""
        said: list[dict[str, Any]] = []
        members: dict[str, set[str]] = defaultdict(set)
        for entry in store.read_whole(tx, wish.kode_desa):
            for _, change in entry.numbered():
                mine = (change.entity, change.id) == (wish.entity, wish.id)
                if mine or change.entity == PENDUDUK:
                    data = _data(change)
                    if mine:
                        said.append(data)
                    if change.entity == PENDUDUK and data.get("id_kk"):
                        members[str(data["id_kk"])].add(change.id)
        person = Person.of(wish.entity, wish.id, said)
        alone = {it for it, ids in members.items() if ids == {wish.id}}
        return replace(person, families=frozenset(alone if wish.entity == PENDUDUK else ()))

    def _evidence(
        self, tx: Connection, kode_desa: str, person: Person, certain: set[str]
    ) -> tuple[set[str], set[str]]:
        """The uploads that name the person, and those that cannot be looked through."""
        query = select(upload_table.c.sha256).where(
            upload_table.c.kode_desa == kode_desa,
            upload_table.c.sha256 != "",
            upload_table.c.erased.is_(None),
        )
        evidence, unread = set(), set()
        for digest in set(tx.execute(query).scalars()):
            data = self._blobs.read(kode_desa, digest)
            if data is None:
                continue
            found = True if digest in certain else person.is_in(data)
            if found:
                evidence.add(digest)
            elif found is None:
                unread.add(digest)
        return evidence, unread

    def _elsewhere(self, tx: Connection, kode_desa: str, person: Person) -> Iterator[Elsewhere]:
        """The other desa whose log has a NIK of the person: a move, or a copy of somebody's."""
        niks = [it.encode() for it in person.niks]
        for other in store.read_sizes(tx) if niks else ():
            if other == kode_desa:
                continue
            found = 0
            for entry in store.read_whole(tx, other):
                body = entry.body()
                if any(it in body for it in niks):
                    found += sum(any(it in line for it in niks) for line in entry.lines())
            if found:
                yield Elsewhere(other, found)

    # --- taking it ------------------------------------------------------------------------------

    def _take_lines(self, tx: Connection, plan: Plan, order: Order) -> list[Redaction]:
        """Record the acts, and let the database put hashes in place of the lines."""
        now = self._now()
        parts = [
            part
            for log in (plan.kode_desa, self._ledger.office.kode)
            for part in _parts([it for it in plan.lines if it.log == log])
        ]
        ids = [uuid4() for _ in parts]
        drafts = [
            Draft("redaksi", str(id_), "put", now, _act(plan, part, order))
            for id_, part in zip(ids, parts, strict=True)
        ]
        act = self._ledger.record(tx, drafts, plain=True)
        done: list[Redaction] = []
        for id_, part in zip(ids, parts, strict=True):
            for position in sorted({it.position for it in part}):
                lines = [
                    Redaction(
                        it.log,
                        it.position,
                        it.line,
                        it.hash,
                        self._ledger.office.kode,
                        act,
                        id_,
                        plan.entity,
                        plan.id,
                        order.dasar_hukum,
                        now,
                    )
                    for it in part
                    if it.position == position
                ]
                entry = store.read_entry(tx, lines[0].kode_desa, position)
                store.redact(tx, _without(entry, lines), lines)
                done += lines
        return done

    def _take_the_rest(self, tx: Connection, plan: Plan, records: set[Key], act: UUID) -> None:
        """What is kept beside the logs: hashes, deletions that wait, files, messages."""
        kode_desa = plan.kode_desa
        gone = sorted(records)
        if gone:
            mine = (
                stated.c.kode_desa == kode_desa,
                tuple_(stated.c.entity, stated.c.id).in_(gone),
            )
            tx.execute(delete(stated).where(*mine))
        for entity, id_ in gone:
            waits = (waiting.c.kode_desa == kode_desa, waiting.c.entity == entity)
            left = func.array_remove(waiting.c.ids, id_)
            tx.execute(update(waiting).where(*waits).values(ids=left))
        emptied = (waiting.c.kode_desa == kode_desa, func.cardinality(waiting.c.ids) == 0)
        tx.execute(delete(waiting).where(*emptied))
        self._blobs.discard(tx, kode_desa, [*plan.files, *plan.evidence])
        if plan.evidence:
            kept = (
                upload_table.c.kode_desa == kode_desa,
                upload_table.c.sha256 == func.any(list(plan.evidence)),
            )
            tx.execute(update(upload_table).where(*kept).values(erased=act))
        numbers = [int(it.id.rpartition("/")[2]) for it in plan.lines if it.entity == "pesan"]
        if numbers:
            told = (message.c.kode_desa == kode_desa, message.c.number == func.any(numbers))
            erased = {"nama_pengirim": _ERASED, "judul": _ERASED, "isi": _ERASED}
            tx.execute(update(message).where(*told).values(erased))
        decisions = [UUID(it.id) for it in plan.lines if it.entity == _DECISION]
        if decisions:
            made = (letter_act.c.kode_desa == kode_desa, letter_act.c.id == func.any(decisions))
            tx.execute(update(letter_act).where(*made).values(reason=_ERASED))


class _Reading:
    """Reads the logs once, and keeps what a redaction must know of them."""

    def __init__(self, person: Person, wish: Wish) -> None:
        self._person = person
        self._wish = wish
        self._office_records = {
            (entity, f"{wish.kode_desa}/{id_}" if entity == "pesan" else id_)
            for entity, id_ in wish.records
            if entity in {"pesan", _DECISION}
        }
        self._signed: dict[str, set[str]] = defaultdict(set)
        """The signed PDFs of letters, by their number."""
        self._about: list[Line] = []
        self._deletes: list[Line] = []
        self._mentions: list[Mention] = []
        self._left: set[Key] = set()
        """Records with a statement that is about somebody else."""
        self._clean: set[Key] = set()
        """Records that do not mention the person any more, as far as was read."""
        self._refers: dict[tuple[str, int, int], set[str]] = {}
        self._uploads: dict[int, str] = {}

    def read(self, entry: Entry) -> None:
        """Take note of a batch of the desa's log."""
        raw = entry.lines()
        for number, change in entry.numbered():
            data = _data(change)
            key = (change.entity, change.id)
            line = Line(entry.kode_desa, entry.position, number, *key, leaf_hash(raw[number - 1]))
            if change.entity == "upload":
                self._uploads[entry.position] = str(data.get("sha256") or "")
                continue
            if found := _REFERENCE.findall(raw[number - 1]):
                self._refers[line.log, line.position, line.line] = {it.decode() for it in found}
            if self._person.is_about(change, data) or key in self._wish.records:
                self._about.append(line)
            elif change.op == "delete":
                self._deletes.append(line)
                self._clean.add(key)
            else:
                self._left.add(key)
                self._mention(line, change, data)

    def read_office(self, entry: Entry) -> None:
        """Take note of a batch of the office's own log."""
        raw = entry.lines()
        for number, change in entry.numbered():
            data = _data(change)
            key = (change.entity, change.id)
            line = Line(entry.kode_desa, entry.position, number, *key, leaf_hash(raw[number - 1]))
            decides = change.entity == _DECISION and data.get("kode_desa") == self._wish.kode_desa
            if decides and data.get("berkas"):
                self._signed[str(data["nomor"])].add(str(data["berkas"]))
            if key in self._office_records and (decides or change.entity != _DECISION):
                self._about.append(line)
            elif self._person.told_by(_words(data)):
                members = ("alasan",) if change.entity == _DECISION else ("isi",)
                self._mentions.append(Mention(**vars(line), members=members, superseded=False))

    def _mention(self, line: Line, change: Change, data: dict[str, Any]) -> None:
        members = self._person.mentions(change, data)
        if not members:
            self._clean.add((line.entity, line.id))
            return
        self._clean.discard((line.entity, line.id))
        self._mentions.append(Mention(**vars(line), members=members, superseded=False))

    def decided(self) -> tuple[list[Line], list[Mention]]:
        """The lines that go, and the mentions that stay."""
        about = {(it.entity, it.id) for it in self._about} - self._left
        lines = self._about + [it for it in self._deletes if (it.entity, it.id) in about]
        mentions = [
            replace(it, superseded=(it.entity, it.id) in self._clean) for it in self._mentions
        ]
        if self._wish.old_mentions:
            lines += [
                Line(it.log, it.position, it.line, it.entity, it.id, it.hash)
                for it in mentions
                if it.superseded
            ]
            mentions = [it for it in mentions if not it.superseded]
        lines.sort(key=lambda it: (it.log, it.position, it.line))
        return lines, mentions

    def gone(self, lines: Iterable[Line]) -> set[Key]:
        """The records of which no statement is left."""
        return {(it.entity, it.id) for it in lines if it.log == self._wish.kode_desa} - self._left

    def files(self, lines: Sequence[Line]) -> set[str]:
        """The files that these lines refer to, and no other line of the desa; and signed ones."""
        going = {(it.log, it.position, it.line) for it in lines}
        taken: set[str] = set()
        kept: set[str] = set()
        for place, found in self._refers.items():
            (taken if place in going else kept).update(found)
        for entity, id_ in self.gone(lines):
            if entity == _LETTER:
                taken |= self._signed[id_]
        return taken - kept

    def uploads(self, lines: Iterable[Line]) -> set[str]:
        """The uploads that brought these lines."""
        return {self._uploads.get(it.position, "") for it in lines} - {""}


def _data(change: Change) -> dict[str, Any]:
    if not isinstance(change.data, msgspec.Raw):
        return {}
    value = msgspec.json.decode(change.data)
    return value if isinstance(value, dict) else {}


def _words(value: object) -> str:
    """All that a statement says, for looking through."""
    if isinstance(value, dict):
        return "\n".join(map(_words, value.values()))
    if isinstance(value, list):
        return "\n".join(map(_words, value))
    return str(value)


def _parts(lines: Sequence[Line]) -> Iterator[list[Line]]:
    for begin in range(0, len(lines), _MOST_LINES):
        yield list(lines[begin : begin + _MOST_LINES])


def _act(plan: Plan, lines: Sequence[Line], order: Order) -> dict[str, Any]:
    return {
        "kode_desa": lines[0].log,
        "entity": plan.entity,
        "id": plan.id,
        "baris": [[it.position, it.line] for it in lines],
        "hash": [to_base64(it.hash) for it in lines],
        "alasan": order.alasan,
        "dasar_hukum": order.dasar_hukum,
        "nomor": order.nomor,
        "oleh": order.oleh,
        "disetujui": order.disetujui,
    }


def _without(entry: Entry, lines: Sequence[Redaction]) -> bytes:
    """The body of a batch with hashes in place of some of its lines."""
    body = entry.lines()
    for it in lines:
        body[it.line - 1] = redacted_line(it.hash)
    return b"".join(line + b"\n" for line in body)


def _check(order: Order, person: Person) -> None:
    """An order is of two people, has its grounds, and does not itself keep the person's name."""
    said = {
        "alasan": order.alasan,
        "dasar hukum": order.dasar_hukum,
        "nomor": order.nomor,
        "oleh": order.oleh,
        "disetujui": order.disetujui,
    }
    for name, words in said.items():
        if not words.strip():
            raise RedactionRefusedError(f"{name} belum diisi")
        # Who carries it out may be called the same; what is written about it need not say.
        if name not in {"oleh", "disetujui"} and person.told_by(words):
            raise RedactionRefusedError(f"{name} menyebut nama atau NIK yang hendak dihapus")
    if order.oleh.strip().lower() == order.disetujui.strip().lower():
        raise RedactionRefusedError("yang melaksanakan dan yang menyetujui harus dua orang")
