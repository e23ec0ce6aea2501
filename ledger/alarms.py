"""Alarms: damage that was found in what is kept, until somebody settles it.

An alarm is never changed, nor is how it was settled; what is damaged still is named again by the
next scrub.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID, uuid4

import structlog
from sqlalchemy import Connection, Engine, RowMapping, Select, and_, insert, select

from ledger.errors import AlarmGoneError, AlarmNoteError
from ledger.tables import alarm, alarm_end

LOG: Final = "log"
FILES: Final = "berkas"
ACCESS: Final = "akses"
LEAST_NOTE: Final = 10
LONGEST_NOTE: Final = 1_000

FAULTS: Final = {
    "row-missing": "kiriman hilang",
    "row-extra": "kiriman melampaui ujung log",
    "row-unreadable": "basis data tidak dapat membacanya",
    "note": "manifes bertanda tangan berubah",
    "log-name": "manifes ini milik log lain",
    "order": "urutan kiriman dalam rantainya terbalik",
    "key-unknown": "kunci penanda tangan tidak terdaftar",
    "key-not-valid": "kunci penanda tangan tidak berlaku di sini",
    "signature": "tanda tangan tidak sah",
    "column": "kolom berbeda dari manifes",
    "time": "waktu penerimaan tidak masuk akal",
    "lines": "isi tidak dapat dibuka",
    "lines-count": "banyaknya baris berbeda dari manifes",
    "lines-bytes": "panjang isi berbeda dari manifes",
    "lines-root": "isi berbeda dari yang ditandatangani",
    "nodes": "simpul pohon berubah",
    "root": "akar log berubah",
    "head-size": "kepala log menyebut banyaknya kiriman yang lain",
    "head-root": "kepala log menyebut akar yang lain",
    "head-time": "kepala log menyebut waktu yang lain",
    "checkpoint": "log berbeda dari checkpoint yang pernah dicatat",
    "file-missing": "berkas hilang",
    "file-unreadable": "berkas tidak dapat dibaca",
    "file-hash": "isi berkas berubah",
    "file-bytes": "panjang berkas berbeda dari catatannya",
    "file-type": "jenis berkas berbeda dari catatannya",
    "access-missing": "catatan akses hilang",
    "access-changed": "catatan akses berubah",
    "access-root": "catatan akses berbeda dari jangkarnya dalam log kantor",
}
"""What can be wrong, by its stable code."""

_logger = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Damage:
    """Something that is not as it was stored: where, and what; `detail` names a column."""

    kode_desa: str
    part: str
    place: str
    fault: str
    detail: str = ""

    def __str__(self) -> str:
        """One line for people: desa, place, and what is wrong."""
        where = {LOG: "kiriman ke-", FILES: "berkas ", ACCESS: "akses ke-"}[self.part] + self.place
        what = FAULTS[self.fault] + (f" ({self.detail})" if self.detail else "")
        return f"{self.kode_desa}, {where if self.place else self.part}: {what}"


@dataclass(frozen=True)
class Alarm:
    """An alarm; `ended_at`, `username` and `note` say how it was settled."""

    id: UUID
    raised_at: datetime
    damage: Damage
    ended_at: datetime | None
    username: str | None
    note: str | None


class Alarms:
    """The alarms of an office. `engine` connects as the ingest role."""

    def __init__(self, engine: Engine, now: Callable[[], datetime]) -> None:
        self._engine = engine
        self._now = now

    def sound(self, damages: Iterable[Damage]) -> list[Damage]:
        """Raise an alarm for each damage that has none open; gives those that are new."""
        found = list(dict.fromkeys(damages))
        if not found:
            return []
        at = self._now()
        with self._engine.begin() as tx:
            open_ = {it.damage for it in read_alarms(tx, open_only=True)}
            new = [it for it in found if it not in open_]
            rows = [
                {
                    "kode_desa": it.kode_desa,
                    "id": uuid4(),
                    "raised_at": at,
                    "part": it.part,
                    "place": it.place,
                    "fault": it.fault,
                    "detail": it.detail,
                }
                for it in new
            ]
            if rows:
                tx.execute(insert(alarm), rows)
        for it in new:
            _logger.error(
                "damage found",
                kode_desa=it.kode_desa,
                part=it.part,
                place=it.place,
                fault=it.fault,
                detail=it.detail,
            )
        return new

    def settle(self, kode_desa: str, id_: UUID, username: str, note: str) -> None:
        """Keep how an alarm was settled, and by whom.

        Raises:
            AlarmNoteError: nothing, or too little or much, is said of how.
            AlarmGoneError: there is no such alarm, or it is settled.
        """
        note = " ".join(note.split())
        if not LEAST_NOTE <= len(note) <= LONGEST_NOTE:
            raise AlarmNoteError(LEAST_NOTE, LONGEST_NOTE)
        with self._engine.begin() as tx:
            query = _query(open_only=True).where(alarm.c.kode_desa == kode_desa, alarm.c.id == id_)
            if tx.execute(query).first() is None:
                raise AlarmGoneError
            tx.execute(
                insert(alarm_end).values(
                    kode_desa=kode_desa,
                    id=id_,
                    ended_at=self._now(),
                    username=username,
                    note=note,
                ),
            )


def read_alarms(tx: Connection, *, open_only: bool = False, limit: int = 1_000) -> list[Alarm]:
    """The alarms, the open ones first, then the newest."""
    query = _query(open_only=open_only).order_by(
        alarm_end.c.ended_at.is_not(None), alarm.c.raised_at.desc(), alarm.c.kode_desa
    )
    return [_alarm(row) for row in tx.execute(query.limit(limit)).mappings()]


def _query(*, open_only: bool) -> Select[tuple[object, ...]]:
    same = and_(alarm_end.c.kode_desa == alarm.c.kode_desa, alarm_end.c.id == alarm.c.id)
    query = select(alarm, alarm_end.c.ended_at, alarm_end.c.username, alarm_end.c.note)
    query = query.outerjoin(alarm_end, same)
    return query.where(alarm_end.c.id.is_(None)) if open_only else query


def _alarm(row: RowMapping) -> Alarm:
    names = ("kode_desa", "part", "place", "fault", "detail")
    damage = Damage(*(row[name] for name in names))
    return Alarm(
        row["id"], row["raised_at"], damage, row["ended_at"], row["username"], row["note"]
    )
