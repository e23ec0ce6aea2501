"""The account of what batches state: pure, in their order, as projections are given them."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from operator import attrgetter, itemgetter
from typing import Final, NamedTuple

from ledger.catalogue import local_date
from ledger.catalogue.peristiwa import DIBATALKAN
from projections.opened import Line, Opened

LAHIR, MATI, PINDAH, HILANG, DATANG, PERGI = "lahir", "mati", "pindah", "hilang", "datang", "pergi"
SALDO_AWAL, KOREKSI = "saldo_awal", "koreksi"
BY_CODE: Final = {1: LAHIR, 2: MATI, 3: PINDAH, 4: HILANG, 5: DATANG, 6: PERGI}
"""What an event is called in the report."""
INWARD: Final = frozenset({LAHIR, DATANG, SALDO_AWAL})
BY_STATUS: Final = {2: MATI, 3: PINDAH, 4: HILANG, 6: PERGI}
"""Why somebody is gone, by what their record says of it."""
HIDUP, WNA = 1, 2
_INFANT: Final = timedelta(days=366)
"""Whoever is new and younger was born here, as far as can be told without events."""


class Kind(NamedTuple):
    """Whom a report counts together: sex, and whether a foreigner."""

    sex: int | None
    wna: bool


class Warga(NamedTuple):
    """What counts of a person: of which kind, the status, and the day of birth."""

    kind: Kind
    status: int | None
    born: date | None

    @property
    def living(self) -> bool:
        """Whether the person counts."""
        return self.status == HIDUP


@dataclass(frozen=True)
class Began:
    """How a desa's people first came: by which batch, signed when, and by which upload if any."""

    batch: int
    signed_at: datetime
    upload: str | None

    @classmethod
    def by(cls, entry: Opened) -> "Began":
        """The first batch that tells of people."""
        upload = next((it.change.id for it in entry.stated("upload")), None)
        return cls(entry.position, entry.manifest.time, upload)

    def includes(self, entry: Opened, saved_at: datetime) -> bool:
        """Whether somebody new, saved then, belongs to the desa's first push.

        Section 3.1.1 calls that saldo awal, and in its list of corrections also koreksi. Saldo
        awal it is: 1.3.2 says so too of people without events, and a desa does not begin with
        nobody and a mistake. A push may be cut into several batches: one upload has one id, and
        whom a signing desa had saved before it first signed was among its people then.
        """
        if entry.position == self.batch:
            return True
        if self.upload is None:
            return saved_at <= self.signed_at
        return self.upload in {it.change.id for it in entry.stated("upload")}


@dataclass(frozen=True)
class Desa:
    """What counts of a desa as a whole; `events` says whether it has ever stated one."""

    began: Began | None = None
    events: bool = False


class Mutasi(NamedTuple):
    """A row: `jumlah` people more (or fewer, if negative) of a kind, or families of such heads.

    0 for an event whose person nobody has sent: it waits for them.
    """

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


class _Batch:
    """What a batch changes, by person: what they were before it, and what its events explain.

    `saved` says where and when: by the line about the person or, without one, by the newest of
    the events. `told` is how many events it tells for the first time, inward (1) and outward (-1).
    """

    def __init__(self, entry: Opened) -> None:
        self.entry = entry
        self.before: dict[str, Warga | None] = {}
        self.saved: dict[str, tuple[int, datetime]] = {}
        self.explained: dict[str, dict[Kind, int]] = defaultdict(lambda: defaultdict(int))
        self.told: dict[str, Counter[int]] = defaultdict(Counter)
        self._stated: set[str] = set()

    def explain(self, row: Mutasi, times: int = 1) -> None:
        """Take in that a row comes, or (-1) that it goes."""
        self.explained[row.id_pend][row.kind] += times * row.jumlah

    def save(self, line: Line, people: Mapping[str, Warga]) -> None:
        """Take in a line about a person, before they are known by it."""
        id_ = line.change.id
        self.before.setdefault(id_, people.get(id_))
        self.saved[id_] = line.number, line.change.at
        self._stated.add(id_)

    def touch(self, line: Line, id_: str, people: Mapping[str, Warga]) -> None:
        """Take in a line about an event of a person, after all that are about people."""
        self.before.setdefault(id_, people.get(id_))
        if id_ not in self._stated:
            here = line.number, line.change.at
            self.saved[id_] = max(self.saved.get(id_, here), here, key=itemgetter(1))


class Book:
    """Follows batches in order: what people are, which events count, and the rows that come.

    It knows the `people` whom the batches are about, the `events` that they are about, and what
    stands `concluded` of the people of these events.
    """

    def __init__(
        self,
        kode_desa: str,
        desa: Desa,
        people: dict[str, Warga],
        events: dict[str, Mutasi],
        concluded: Iterable[Mutasi],
    ) -> None:
        self._kode_desa = kode_desa
        self.desa = desa
        self.people = people
        self.events = events
        self._waiting = {id_ for id_, it in events.items() if not it.jumlah}
        self._concluded: dict[str, list[Mutasi]] = defaultdict(list)
        for it in concluded:
            self._concluded[it.id_pend].append(it)
        self.rows: list[Mutasi] = []
        self.ends: dict[tuple[str, int], int] = {}

    def enter(self, entry: Opened) -> None:
        """Count a batch: first its people, then its events.

        A desa states both in one push, in whatever order its program writes them; so it does not
        matter in which order a batch has them.
        """
        batch = _Batch(entry)
        for line in entry.stated("penduduk"):
            batch.save(line, self.people)
            self._know(entry, line)
        self._begin(batch)
        if events := entry.stated("peristiwa"):
            self.desa = replace(self.desa, events=True)
        for line in events:
            self._event(batch, line)
        self._arrived(batch)
        self._replace(batch)
        for id_, was in batch.before.items():
            if id_ not in batch.explained and was == self.people.get(id_):
                continue  # mostly something else of a person changed
            self._explain(batch, id_)

    def _begin(self, batch: "_Batch") -> None:
        """Note the first batch that tells of people."""
        if self.desa.began is None and any(it in self.people for it in batch.before):
            self.desa = replace(self.desa, began=Began.by(batch.entry))

    def _know(self, entry: Opened, line: Line) -> None:
        record = entry.usable(line)
        if record is None:
            self.people.pop(line.change.id, None)
            return
        kind = Kind(record.sex, record.warganegara_id == WNA)
        self.people[line.change.id] = Warga(kind, record.status_dasar, record.tanggal_lahir)

    def _event(self, batch: "_Batch", line: Line) -> None:
        """An event counts once; stated again it counts as it is stated now.

        One of a person whom nobody sent is no event of this desa's people: it counts nothing, and
        waits. Data quality says so meanwhile.
        """
        record = batch.entry.usable(line)
        id_ = line.change.id
        known = self.events.get(id_)
        if record is None or record.jenis == DIBATALKAN:
            if known is not None and id_ in self._waiting:
                self._withdraw(batch, line, id_, known)
            return
        if record.kode not in BY_CODE:
            return
        id_pend = str(record.id_pend)
        batch.touch(line, id_pend, self.people)
        if known is not None:
            self._withdraw(batch, line, id_, known)
        jenis = SALDO_AWAL if record.saldo_awal else BY_CODE[record.kode]
        person = self.people.get(id_pend) or batch.before[id_pend]
        # Who was deleted since it was counted had been there then.
        counted = known if known is not None and known.jumlah else None
        whose = person or counted
        row = Mutasi(
            id=named(id_),
            from_batch=batch.entry.position,
            line=line.number,
            bulan=record.tgl_lapor.replace(day=1),
            jenis=jenis,
            kind=whose.kind if whose else Kind(record.sex, record.warganegara_id == WNA),
            jumlah=_one(jenis) if whose else 0,
            id_pend=id_pend,
            ref_pindah=record.ref_pindah,
            tgl_peristiwa=record.tgl_peristiwa,
            turunan=bool(record.turunan),
        )
        self._count(batch, id_, row)

    def _count(self, batch: "_Batch", id_: str, row: Mutasi) -> None:
        self.events[id_] = row
        self.rows.append(row)
        if row.jumlah:
            batch.explain(row)
            batch.told[row.id_pend][row.jumlah] += 1
        else:
            self._waiting.add(id_)

    def _withdraw(self, batch: "_Batch", line: Line, id_: str, row: Mutasi) -> None:
        """Take back what is known of an event: it is stated otherwise, or no more."""
        del self.events[id_]
        self._waiting.discard(id_)
        self._end(row, batch.entry.position)
        if row.jumlah:
            batch.touch(line, row.id_pend, self.people)
            batch.explain(row, -1)
            batch.told[row.id_pend][row.jumlah] -= 1

    def _arrived(self, batch: "_Batch") -> None:
        """Count the events that waited for a person who has come."""
        for id_ in sorted(self._waiting):
            row = self.events[id_]
            if (person := self.people.get(row.id_pend)) is None:
                continue
            self._waiting.remove(id_)
            self._end(row, batch.entry.position)
            counted = row._replace(
                from_batch=batch.entry.position,
                line=batch.saved[row.id_pend][0],
                kind=person.kind,
                jumlah=_one(row.jenis),
            )
            self._count(batch, id_, counted)

    def _replace(self, batch: "_Batch") -> None:
        """Let events stand for what was concluded before they were stated, so it counts once.

        One event in the direction in which the person changes now is of this change; the others
        are of the past, and of what was concluded then the newest goes first: whoever is there
        again though no event says so had left by mistake, and that has been put right.
        """
        for id_, told in batch.told.items():
            standing = self._concluded.get(id_, [])
            change = _living(self.people.get(id_)) - _living(batch.before[id_])
            for row in sorted(standing, key=attrgetter("from_batch"), reverse=True):
                if told[row.jumlah] > (change == row.jumlah):
                    told[row.jumlah] -= 1
                    standing.remove(row)
                    self._end(row, batch.entry.position)
                    batch.explain(row, -1)

    def _end(self, row: Mutasi, batch: int) -> None:
        if row.from_batch == batch:
            # Of several statements in one batch the last one counts.
            self.rows.remove(row)
        else:
            self.ends[row.id, row.from_batch] = batch

    def _explain(self, batch: "_Batch", id_: str) -> None:
        """What no event explains of a person's change: koreksi, or an event concluded."""
        left: dict[Kind, int] = defaultdict(int)
        was, now = batch.before[id_], self.people.get(id_)
        if was is not None and was.living:
            left[was.kind] -= 1
        if now is not None and now.living:
            left[now.kind] += 1
        for kind, count in batch.explained[id_].items():
            left[kind] -= count
        line, at = batch.saved[id_]
        when = local_date(at, self._kode_desa)
        jenis = self._conclusion(batch, id_, when)
        if jenis == SALDO_AWAL and self.desa.began is not None:
            # Its records were saved in all the years before.
            when = local_date(self.desa.began.signed_at, self._kode_desa)
        for number, (kind, count) in enumerate(sorted(left.items(), key=str)):
            if not count:
                continue
            row = Mutasi(
                id=concluded_of(id_, number),
                from_batch=batch.entry.position,
                line=line,
                bulan=when.replace(day=1),
                jenis=jenis,
                kind=kind,
                jumlah=count,
                id_pend=id_,
                turunan=jenis != KOREKSI,
            )
            self.rows.append(row)
            if row.turunan:
                self._concluded[id_].append(row)

    def _conclusion(self, batch: "_Batch", id_: str, when: date) -> str:
        """What happened to a person of whom no event tells.

        Of a desa that has stated events by now, whatever they do not explain is koreksi.
        """
        was, now = batch.before[id_], self.people.get(id_)
        if self.desa.events or now is None:
            return KOREKSI
        if was is None and now.living:
            began = self.desa.began
            if began is not None and began.includes(batch.entry, batch.saved[id_][1]):
                return SALDO_AWAL
            young = now.born is not None and timedelta() <= when - now.born <= _INFANT
            return LAHIR if young else DATANG
        if was is not None and was.living and not now.living:
            return BY_STATUS.get(now.status or 0, KOREKSI)
        return KOREKSI


def _living(person: Warga | None) -> int:
    return int(person is not None and person.living)


def _one(jenis: str) -> int:
    return 1 if jenis in INWARD else -1


def named(id_: str) -> str:
    """An id in which a single slash says nothing: so no event is called as a koreksi is."""
    return id_.replace("/", "//")


def concluded_of(id_pend: str, number: int = 0) -> str:
    """The id of a row that is of no event; what is concluded of a person is always of one kind."""
    return f"{named(id_pend)}/{number}"
