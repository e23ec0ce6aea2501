"""The account of what batches state: pure, in their order, as projections are given them."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
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


class Book:
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
                upload = UPLOAD + change.id
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
            id=named(change.id),
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
                    id=f"{named(id_)}/{number}",
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


def named(id_: str) -> str:
    """An id in which a single slash says nothing: so no event is called as a koreksi is."""
    return id_.replace("/", "//")
