"""The account of what batches state: pure, in their order, as projections are given them."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from operator import itemgetter
from typing import Final, NamedTuple

from ledger.catalogue import local_time
from ledger.catalogue.peristiwa import DIBATALKAN
from projections.opened import Line, Opened

LAHIR, MATI, PINDAH, HILANG, DATANG, PERGI = "lahir", "mati", "pindah", "hilang", "datang", "pergi"
SALDO_AWAL, KOREKSI = "saldo_awal", "koreksi"
BY_CODE: Final = {1: LAHIR, 2: MATI, 3: PINDAH, 4: HILANG, 5: DATANG, 6: PERGI}
"""What an event is called in the report."""
INWARD: Final = frozenset({LAHIR, DATANG, SALDO_AWAL})
_BY_STATUS: Final = {2: MATI, 3: PINDAH, 4: HILANG, 6: PERGI}
_HIDUP, _WNA = 1, 2
_GATEWAY: Final = "server/"
UPLOAD: Final = "upload:"
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


AN_UPLOAD: Final = Warga(Kind(None, wna=False), None, None)
"""What stands in the table for a desa's first upload."""


class Mutasi(NamedTuple):
    """A row: `jumlah` people more (or fewer, if negative) of a kind.

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
    the events.
    """

    def __init__(self, entry: Opened) -> None:
        self.entry = entry
        self.before: dict[str, Warga | None] = {}
        self.saved: dict[str, tuple[int, datetime]] = {}
        self.explained: dict[str, dict[Kind, int]] = defaultdict(lambda: defaultdict(int))
        self._stated: set[str] = set()

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

    It knows the `people` whom the batches are about, and that there are some `others`.
    """

    def __init__(
        self,
        kode_desa: str,
        people: dict[str, Warga],
        others: int,
        events: dict[str, Mutasi],
        first_upload: str,
    ) -> None:
        self._kode_desa = kode_desa
        self.people = people
        self._others = others
        self.events = events
        self._waiting = {id_ for id_, it in events.items() if not it.jumlah}
        self.first_upload = first_upload
        self.rows: list[Mutasi] = []
        self.ends: dict[tuple[str, int], int] = {}

    def enter(self, entry: Opened) -> None:
        """Count a batch: first its people, then its events.

        A desa states both in one push, in whatever order its program writes them; so it does not
        matter in which order a batch has them.
        """
        batch = _Batch(entry)
        uploads = [UPLOAD + line.change.id for line in entry.stated("upload")]
        if uploads and not self.people and not self._others and not self.first_upload:
            self.first_upload = uploads[-1]
        for line in entry.stated("penduduk"):
            batch.save(line, self.people)
            self._know(entry, line)
        for line in entry.stated("peristiwa"):
            self._event(batch, line)
        self._arrived(batch)
        first = self.first_upload in uploads
        for id_, was in batch.before.items():
            if id_ not in batch.explained and was == self.people.get(id_):
                continue  # mostly something else of a person changed
            self._explain(batch, id_, first=first)

    def _know(self, entry: Opened, line: Line) -> None:
        record = entry.usable(line)
        if record is None:
            self.people.pop(line.change.id, None)
            return
        kind = Kind(record.sex, record.warganegara_id == _WNA)
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
            kind=whose.kind if whose else Kind(record.sex, record.warganegara_id == _WNA),
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
            batch.explained[row.id_pend][row.kind] += row.jumlah
        else:
            self._waiting.add(id_)

    def _withdraw(self, batch: "_Batch", line: Line, id_: str, row: Mutasi) -> None:
        """Take back what is known of an event: it is stated otherwise, or no more."""
        del self.events[id_]
        self._waiting.discard(id_)
        self._end(row, batch.entry.position)
        if row.jumlah:
            batch.touch(line, row.id_pend, self.people)
            batch.explained[row.id_pend][row.kind] -= row.jumlah

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

    def _end(self, row: Mutasi, batch: int) -> None:
        if row.from_batch == batch:
            # Of several statements in one batch the last one counts.
            self.rows.remove(row)
        else:
            self.ends[row.id, row.from_batch] = batch

    def _explain(self, batch: "_Batch", id_: str, *, first: bool) -> None:
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
        when = local_time(at, self._kode_desa).date()
        for number, (kind, count) in enumerate(sorted(left.items(), key=str)):
            if not count:
                continue
            jenis = self._concluded(batch.entry, was, now, when, first=first)
            self.rows.append(
                Mutasi(
                    id=f"{named(id_)}/{number}",
                    from_batch=batch.entry.position,
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


def _one(jenis: str) -> int:
    return 1 if jenis in INWARD else -1


def named(id_: str) -> str:
    """An id in which a single slash says nothing: so no event is called as a koreksi is."""
    return id_.replace("/", "//")
