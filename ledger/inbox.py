"""What the office has to say to a desa, in one order that its computer can follow.

Three kinds: messages, decisions on letters, and batches that were refused (also those that came on
a stick, whose sender heard no answer). The first two have numbers that only grow, given under the
desa's lock; refusals have their time, and are told when nothing older can come any more. A cursor
says how far each was read.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from sqlalchemy import Connection, Engine, select

from ledger.errors import CursorError
from ledger.letters import ENTITY as LETTERS
from ledger.messages import KECAMATAN
from ledger.tables import letter_act, message, refusal

MOST: Final = 200
"""Items of a kind that are told at once."""
_SETTLED: Final = timedelta(seconds=30)
"""A refusal is written this long after its time at most."""
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_CURSOR: Final = re.compile(r"([0-9]{1,18})\.([0-9]{1,18})\.([0-9]{1,18})")


@dataclass(frozen=True)
class Item:
    """Something that a desa should know: `pesan`, `keputusan_surat` or `penolakan`.

    `id` is its own for ever; `data` is what there is to say.
    """

    id: str
    kind: str
    at: datetime
    data: Mapping[str, Any]


@dataclass(frozen=True)
class Read:
    """How far a desa has read: messages, letters' acts by the office's log, refusals by time."""

    messages: int = 0
    letters: int = 0
    refusals: int = 0

    @classmethod
    def from_text(cls, text: str) -> "Read":
        """A cursor as it was given, or raise CursorError."""
        found = _CURSOR.fullmatch(text)
        if found is None:
            raise CursorError
        return cls(*map(int, found.groups()))

    def to_text(self) -> str:
        """The cursor, which means nothing to anybody else."""
        return f"{self.messages}.{self.letters}.{self.refusals}"


class Inbox:
    """What an office has for its desa. `engine` connects as the ingest role."""

    def __init__(self, engine: Engine, now: Callable[[], datetime]) -> None:
        self._engine = engine
        self._now = now

    def after(self, kode_desa: str, read: Read, most: int = MOST) -> tuple[list[Item], Read]:
        """What is new for a desa, by time, and how far that is; nothing new when it is as far."""
        until = self._now() - _SETTLED
        with self._engine.begin() as tx:
            messages = list(_messages(tx, kode_desa, read.messages, most))
            letters = list(_letters(tx, kode_desa, read.letters, most))
            refusals = list(_refusals(tx, kode_desa, read.refusals, until, most))
        if messages:
            read = replace(read, messages=messages[-1][0])
        if letters:
            read = replace(read, letters=letters[-1][0])
        if refusals:
            read = replace(read, refusals=refusals[-1][0])
        items = [item for _, item in (*messages, *letters, *refusals)]
        return sorted(items, key=lambda it: (it.at, it.id)), read


def _messages(tx: Connection, kode_desa: str, after: int, most: int) -> Iterator[tuple[int, Item]]:
    query = (
        select(message)
        .where(
            message.c.kode_desa == kode_desa,
            message.c.number > after,
            message.c.pengirim == KECAMATAN,
        )
        .order_by(message.c.number)
        .limit(most)
    )
    for row in tx.execute(query):
        data = {
            "nomor": row.number,
            "percakapan": row.conversation,
            "judul": row.judul,
            "isi": row.isi,
            "nama_pengirim": row.nama_pengirim,
        }
        yield row.number, Item(f"pesan/{row.number}", "pesan", row.sent_at, data)


def _letters(tx: Connection, kode_desa: str, after: int, most: int) -> Iterator[tuple[int, Item]]:
    query = (
        select(letter_act)
        .where(letter_act.c.kode_desa == kode_desa, letter_act.c.office_position > after)
        .order_by(letter_act.c.office_position)
        .limit(most)
    )
    for row in tx.execute(query):
        data = {
            "nomor": row.nomor,
            "kiriman": row.position,
            "sha256": row.sha256,
            "keputusan": row.act,
            "keadaan": row.state,
            "alasan": row.reason,
            "berkas": row.signed,
            "cara": row.way,
        }
        yield row.office_position, Item(f"{LETTERS}/{row.id}", LETTERS, row.at, data)


def _refusals(
    tx: Connection, kode_desa: str, after: int, until: datetime, most: int
) -> Iterator[tuple[int, Item]]:
    query = (
        select(refusal)
        .where(
            refusal.c.kode_desa == kode_desa,
            refusal.c.authentic,
            refusal.c.refused_at > _EPOCH + timedelta(microseconds=after),
            refusal.c.refused_at <= until,
        )
        .order_by(refusal.c.refused_at)
        .limit(most)
    )
    for row in tx.execute(query):
        data = {"code": row.code, "detail": row.message, "chain": row.chain, "number": row.number}
        number = (row.refused_at - _EPOCH) // timedelta(microseconds=1)
        yield number, Item(f"penolakan/{row.id}", "penolakan", row.refused_at, data)
