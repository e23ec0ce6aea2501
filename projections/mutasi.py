"""Mutasi: how a village's population changed, as monthly reports count it.

A row is some people who came or went in a month: one for each event that the desa stated, in the
month of its `tgl_lapor`, and *koreksi* for whatever change of the living no event explains, in the
month in which it was saved. So a month's end is always its beginning and its rows together, by
construction, and the next month's beginning.

Events keep what the person was when they were recorded (sex, citizenship). A cancelled one stays
where it was counted; what its cancelling changes is koreksi of the month of the cancelling. What
came by the old protocol has no events: there, they are concluded from changes of status, and
marked `turunan`. The people of a desa's first upload are its `saldo_awal`.

Source: the monthly report of a desa (Lampiran A-9), domain rules of section 3.1.1.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final, NamedTuple

from sqlalchemy import Connection, Table, bindparam, func, select, update

from ledger.catalogue import local_time
from ledger.catalogue.peristiwa import DIBATALKAN
from projections import tables
from projections.copying import copy_rows
from projections.opened import Line, Opened

LAHIR, MATI, PINDAH, HILANG, DATANG, PERGI = "lahir", "mati", "pindah", "hilang", "datang", "pergi"
SALDO_AWAL, KOREKSI = "saldo_awal", "koreksi"
BY_CODE: Final = {1: LAHIR, 2: MATI, 3: PINDAH, 4: HILANG, 5: DATANG, 6: PERGI}
"""What an event is called in the report."""
INWARD: Final = frozenset({LAHIR, DATANG, SALDO_AWAL})
_BY_STATUS: Final = {2: MATI, 3: PINDAH, 4: HILANG, 6: PERGI}
_HIDUP, _WNA = 1, 2
_GATEWAY: Final = "server/"
_UPLOAD: Final = "upload:"
"""Begins the id of the row that remembers a desa's first upload."""
_INFANT: Final = timedelta(days=366)
"""Whoever is new and younger was born here, as far as a dump can tell."""


class Kind(NamedTuple):
    """Whom a report counts together: sex, and whether a foreigner."""

    sex: int | None
    wna: bool


@dataclass(frozen=True)
class Warga:
    """What counts of a person: of which kind, the status, and the day of birth."""

    kind: Kind
    status: int | None
    born: date | None

    @property
    def living(self) -> bool:
        """Whether the person counts."""
        return self.status == _HIDUP


_AN_UPLOAD: Final = Warga(Kind(None, wna=False), None, None)
"""What stands in the table for a desa's first upload."""


class Mutasi(NamedTuple):
    """A row: `jumlah` people more (or fewer, if negative) of a kind."""

    id: str
    from_batch: int
    line: int
    bulan: date
    jenis: str
    kind: Kind
    jumlah: int
    id_pend: str
    ref_pindah: int | None = None
    tgl_peristiwa: date | None = None
    turunan: bool = False


class MutasiProjection:
    """Keeps the rows, and of each person what the next change is compared with."""

    name = "mutasi"
    version = 2
    tables: tuple[Table, ...] = (tables.mutasi, tables.warga)
    follows: str | None = None

    def apply(self, tx: Connection, entries: Sequence[Opened]) -> None:
        """Count what the entries say; of the people, those are read that it is about."""
        if not entries:
            return
        kode_desa = entries[0].kode_desa
        stated = [(it, it.stated("penduduk", "peristiwa", "upload")) for it in entries]
        subject = _Subject()
        for entry, lines in stated:
            subject.meet(entry, lines)
        if not any(lines for _, lines in stated):
            return
        events = _read_events(tx, kode_desa, subject.events)
        known = subject.people | subject.of_events | {it.id_pend for it in events.values()}
        first, everybody = _read_uploads(tx, kode_desa) if subject.uploads else ("", 0)
        people = _read_warga(tx, kode_desa, known)
        others = everybody - len(people)
        before = dict(people) | ({first: _AN_UPLOAD} if first else {})
        book = _Book(kode_desa, entries[0].position, people, others, events, first)
        for entry, lines in stated:
            book.enter(entry, lines)
        _write_warga(tx, kode_desa, before, book)
        _close(tx, kode_desa, book.closed)
        copy_rows(tx, tables.mutasi, (_row(kode_desa, it, book) for it in book.rows))


class _Subject:
    """Whom and what some batches are about, by id."""

    def __init__(self) -> None:
        self.people: set[str] = set()
        self.events: set[str] = set()
        self.of_events: set[str] = set()
        self.uploads = False

    def meet(self, entry: Opened, lines: Sequence[Line]) -> None:
        """Take in a batch."""
        for line in lines:
            change = line.change
            if change.entity == "penduduk":
                self.people.add(change.id)
            elif change.entity == "upload":
                self.uploads = True
            else:
                self.events.add(change.id)
                if (record := entry.usable(line)) is not None:
                    self.of_events.add(str(record.id_pend))


class _Book:
    """Follows batches in order: what people are, which events count, and the rows that come.

    It knows the `people` whom the batches are about, and that there are some `others`.
    """

    def __init__(
        self,
        kode_desa: str,
        begins: int,
        people: dict[str, Warga],
        others: int,
        events: dict[str, Mutasi],
        first_upload: str,
    ) -> None:
        self._kode_desa = kode_desa
        self._begins = begins
        self.people = people
        self._others = others
        self.events = events
        self.first_upload = first_upload
        self.rows: list[Mutasi] = []
        self.closed: dict[str, int] = {}
        self.ends: dict[tuple[str, int], int] = {}

    def enter(self, entry: Opened, lines: Sequence[Line]) -> None:
        """Count a batch."""
        before: dict[str, Warga | None] = {}
        saved: dict[str, tuple[int, datetime]] = {}
        explained: dict[str, dict[Kind, int]] = defaultdict(lambda: defaultdict(int))
        upload = ""
        for line in lines:
            number, change = line
            if change.entity == "upload":
                upload = _UPLOAD + change.id
                if not self.people and not self._others and not self.first_upload:
                    self.first_upload = upload
            elif change.entity == "penduduk":
                before.setdefault(change.id, self.people.get(change.id))
                saved[change.id] = number, change.at
                self._know(entry, line)
            else:
                self._event(entry, line, before, saved, explained)
        first = bool(upload) and upload == self.first_upload
        for id_, was in before.items():
            if id_ not in explained and was == self.people.get(id_):
                continue  # mostly something else of a person changed
            number, at = saved[id_]
            self._explain(entry, number, at, id_, was, explained[id_], first=first)

    def _know(self, entry: Opened, line: Line) -> None:
        record = entry.usable(line)
        if record is None:
            self.people.pop(line.change.id, None)
            return
        kind = Kind(record.sex, record.warganegara_id == _WNA)
        self.people[line.change.id] = Warga(kind, record.status_dasar, record.tanggal_lahir)

    def _event(
        self,
        entry: Opened,
        line: Line,
        before: dict[str, Warga | None],
        saved: dict[str, tuple[int, datetime]],
        explained: dict[str, dict[Kind, int]],
    ) -> None:
        """An event counts once; stated again it counts as it is stated now."""
        record = entry.usable(line)
        if record is None or record.jenis == DIBATALKAN or record.kode not in BY_CODE:
            return
        number, change = line
        batch = entry.position
        id_pend = str(record.id_pend)
        person = self.people.get(id_pend)
        before.setdefault(id_pend, person)
        saved.setdefault(id_pend, (number, change.at))
        if known := self.events.get(change.id):
            if known.from_batch == batch:
                # Of several statements in one batch the last one counts.
                self.rows.remove(known)
            else:
                self._end(known, batch)
            explained[known.id_pend][known.kind] -= known.jumlah
            before.setdefault(known.id_pend, self.people.get(known.id_pend))
            saved.setdefault(known.id_pend, (number, change.at))
        jenis = SALDO_AWAL if record.saldo_awal else BY_CODE[record.kode]
        stated = Kind(record.sex, record.warganegara_id == _WNA)
        kind = person.kind if person else stated
        row = Mutasi(
            id=_named(change.id),
            from_batch=batch,
            line=number,
            bulan=record.tgl_lapor.replace(day=1),
            jenis=jenis,
            kind=kind,
            jumlah=1 if jenis in INWARD else -1,
            id_pend=id_pend,
            ref_pindah=record.ref_pindah,
            tgl_peristiwa=record.tgl_peristiwa,
            turunan=bool(record.turunan),
        )
        self.events[change.id] = row
        self.rows.append(row)
        explained[id_pend][kind] += row.jumlah

    def _end(self, row: Mutasi, batch: int) -> None:
        if row.from_batch >= self._begins:
            self.ends[row.id, row.from_batch] = batch
        else:
            self.closed[row.id] = batch

    def _explain(
        self,
        entry: Opened,
        line: int,
        at: datetime,
        id_: str,
        was: Warga | None,
        explained: dict[Kind, int],
        *,
        first: bool,
    ) -> None:
        """What no event explains of a person's change: koreksi, or an event concluded."""
        left: dict[Kind, int] = defaultdict(int)
        now = self.people.get(id_)
        if was is not None and was.living:
            left[was.kind] -= 1
        if now is not None and now.living:
            left[now.kind] += 1
        for kind, count in explained.items():
            left[kind] -= count
        when = local_time(at, self._kode_desa).date()
        for number, (kind, count) in enumerate(sorted(left.items(), key=str)):
            if not count:
                continue
            jenis = self._concluded(entry, was, now, when, first=first)
            self.rows.append(
                Mutasi(
                    id=f"{_named(id_)}/{number}",
                    from_batch=entry.position,
                    line=line,
                    bulan=when.replace(day=1),
                    jenis=jenis,
                    kind=kind,
                    jumlah=count,
                    id_pend=id_,
                    turunan=jenis != KOREKSI,
                ),
            )

    def _concluded(
        self, entry: Opened, was: Warga | None, now: Warga | None, when: date, *, first: bool
    ) -> str:
        if not entry.manifest.chain.startswith(_GATEWAY) or now is None:
            return KOREKSI
        if was is None and now.living:
            if first:
                return SALDO_AWAL
            young = now.born is not None and timedelta() <= when - now.born <= _INFANT
            return LAHIR if young else DATANG
        if was is not None and was.living and not now.living:
            return _BY_STATUS.get(now.status or 0, KOREKSI)
        return KOREKSI


def _named(id_: str) -> str:
    """An id in which a single slash says nothing: so no event is called as a koreksi is."""
    return id_.replace("/", "//")


# --- rows ----------------------------------------------------------------------------------------


def _read_warga(tx: Connection, kode_desa: str, ids: set[str]) -> dict[str, Warga]:
    table = tables.warga
    query = select(table).where(
        table.c.kode_desa == kode_desa, table.c.id == func.any(sorted(ids))
    )
    return {
        row.id: Warga(Kind(row.sex, row.wna), row.status_dasar, row.tanggal_lahir)
        for row in tx.execute(query)
    }


def _read_uploads(tx: Connection, kode_desa: str) -> tuple[str, int]:
    """The row of the desa's first upload; without one, how many people there are."""
    table = tables.warga
    mine = table.c.kode_desa == kode_desa
    first = select(table.c.id).where(mine, table.c.id.startswith(_UPLOAD, autoescape=True))
    if (found := tx.execute(first).scalar()) is not None:
        return found, 0
    return "", tx.execute(select(func.count()).select_from(table).where(mine)).scalar_one()


def _read_events(tx: Connection, kode_desa: str, ids: set[str]) -> dict[str, Mutasi]:
    table = tables.mutasi
    query = select(table).where(
        table.c.kode_desa == kode_desa,
        table.c.id == func.any(sorted(map(_named, ids))),
        table.c.to_batch.is_(None),
    )
    return {
        row.id.replace("//", "/"): Mutasi(
            row.id,
            row.from_batch,
            row.line,
            row.bulan,
            row.jenis,
            Kind(row.sex, row.wna),
            row.jumlah,
            row.id_pend,
            row.ref_pindah,
            row.tgl_peristiwa,
            row.turunan,
        )
        for row in tx.execute(query)
    }


def _write_warga(tx: Connection, kode_desa: str, before: Mapping[str, Warga], book: _Book) -> None:
    table = tables.warga
    now = dict(book.people)
    if book.first_upload:
        now[book.first_upload] = _AN_UPLOAD
    # Mostly something else of a person changed than what is kept here.
    changed = sorted(it for it in before.keys() | now.keys() if before.get(it) != now.get(it))
    mine = table.c.kode_desa == kode_desa
    gone = [it for it in changed if it in before]
    if gone:
        tx.execute(table.delete().where(mine, table.c.id == func.any(gone)))
    rows = (
        (kode_desa, id_, it.kind.sex, it.kind.wna, it.status, it.born)
        for id_ in changed
        if (it := now.get(id_)) is not None
    )
    copy_rows(tx, table, rows)


def _close(tx: Connection, kode_desa: str, closed: dict[str, int]) -> None:
    if not closed:
        return
    table = tables.mutasi
    statement = (
        update(table)
        .where(
            table.c.kode_desa == kode_desa,
            table.c.id == bindparam("of"),
            table.c.to_batch.is_(None),
        )
        .values(to_batch=bindparam("batch"))
    )
    tx.execute(statement, [{"of": id_, "batch": batch} for id_, batch in closed.items()])


def _row(kode_desa: str, it: Mutasi, book: _Book) -> tuple[object, ...]:
    end = book.ends.get((it.id, it.from_batch))
    return (
        kode_desa, it.id, it.from_batch, end, it.line, it.bulan, it.jenis, it.kind.sex,
        it.kind.wna, it.jumlah, it.id_pend, it.ref_pindah, it.tgl_peristiwa, it.turunan,
    )  # fmt: skip


MUTASI = MutasiProjection()
