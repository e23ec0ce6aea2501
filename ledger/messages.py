"""Messages between a desa and the office.

A desa's are statements in its own log, the office's are acts in the office's; the table puts both
in one order, by which today's OpenSID asks for what is new. Only messages of its own desa are ever
shown to anybody.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Connection, Engine, func, insert, select

from ledger.accounts import Account
from ledger.batch import Draft
from ledger.blobs import Blob
from ledger.errors import ConversationUnknownError, MessageRefusedError
from ledger.gateway import Gateway, Upload
from ledger.log import Ledger
from ledger.opensid import Submission
from ledger.tables import message

DESA: Final = "desa"
KECAMATAN: Final = "kecamatan"
LONGEST: Final = 20_000
_LONGEST_TITLE = 200
_REPEATED = timedelta(seconds=60)
"""A second click sends the same message again: within this time it is not another one."""


@dataclass(frozen=True)
class Message:
    """A message; `number` counts those of its desa, and `conversation` is its first one's."""

    kode_desa: str
    number: int
    conversation: int
    pengirim: str
    nama_pengirim: str
    judul: str
    isi: str
    sent_at: datetime


class Messages:
    """The messages of an office. `engine` connects as the ingest role."""

    def __init__(
        self,
        engine: Engine,
        ledger: Ledger,
        gateway: Gateway,
        now: Callable[[], datetime],
    ) -> None:
        self._engine = engine
        self._ledger = ledger
        self._gateway = gateway
        self._now = now

    def from_desa(
        self, upload: Upload, stated: dict[str, Any], evidence: Callable[[], Blob]
    ) -> Message:
        """Take a message of a desa, as `ledger.opensid.read_message` reads it.

        Raises:
            ConversationUnknownError: it answers none of the desa's.
            MessageRefusedError: it is too long.
        """
        with self._engine.begin() as tx:
            at = self._ledger.lock(tx, upload.kode_desa)
            made = self._made(
                tx,
                upload.kode_desa,
                DESA,
                stated["nama_pengirim"] or "",
                stated["isi"],
                judul=stated["judul"] or "",
                conversation=stated["percakapan"],
            )
            if again := _repeated(tx, made):
                return again
            record = {
                "id": made.number,
                "percakapan": made.conversation,
                "judul": made.judul,
                "isi": made.isi,
                "pengirim": made.pengirim,
                "nama_pengirim": made.nama_pengirim,
            }
            said = Submission("pesan", {str(made.number): record})
            self._gateway.append(tx, at, upload, said, evidence)
            tx.execute(insert(message).values(vars(made)))
        self._ledger.notify(upload.kode_desa)
        return made

    def from_office(
        self,
        kode_desa: str,
        account: Account,
        isi: str,
        *,
        judul: str = "",
        conversation: int | None = None,
    ) -> Message:
        """Write to a desa: begin a conversation with a `judul`, or go on with one.

        Raises:
            DesaUnknownError: no such desa.
            ConversationUnknownError, MessageRefusedError: as for `from_desa`.
        """
        with self._engine.begin() as tx:
            self._ledger.lock(tx, kode_desa)
            return self.write(tx, kode_desa, account, isi, judul=judul, conversation=conversation)

    def write(
        self,
        tx: Connection,
        kode_desa: str,
        account: Account,
        isi: str,
        *,
        judul: str = "",
        conversation: int | None = None,
    ) -> Message:
        """As `from_office`, within a transaction that holds the desa's lock."""
        made = self._made(
            tx,
            kode_desa,
            KECAMATAN,
            account.nama,
            isi.replace("\0", "").strip(),
            judul=judul.replace("\0", "").strip(),
            conversation=conversation,
        )
        if again := _repeated(tx, made):
            return again
        facts = {
            "kode_desa": kode_desa,
            "nomor": made.number,
            "percakapan": made.conversation,
            "judul": made.judul,
            "isi": made.isi,
            "oleh": account.username,
        }
        act = Draft("pesan", f"{kode_desa}/{made.number}", "put", made.sent_at, facts)
        self._ledger.record(tx, [act])
        tx.execute(insert(message).values(vars(made)))
        return made

    def _made(
        self,
        tx: Connection,
        kode_desa: str,
        pengirim: str,
        nama_pengirim: str,
        isi: str,
        *,
        judul: str,
        conversation: int | None,
    ) -> Message:
        if not isi or len(isi) > LONGEST or len(judul) > _LONGEST_TITLE:
            raise MessageRefusedError(LONGEST, _LONGEST_TITLE)
        newest = select(func.max(message.c.number)).where(message.c.kode_desa == kode_desa)
        number = (tx.execute(newest).scalar() or 0) + 1
        if conversation is not None:
            first = select(message.c.judul).where(
                message.c.kode_desa == kode_desa,
                message.c.number == conversation,
                message.c.conversation == conversation,
            )
            row = tx.execute(first).first()
            if row is None:
                raise ConversationUnknownError(conversation)
            judul = row.judul
        elif not judul:
            raise MessageRefusedError(LONGEST, _LONGEST_TITLE)
        return Message(
            kode_desa,
            number,
            conversation or number,
            pengirim,
            nama_pengirim,
            judul,
            isi,
            self._now(),
        )

    def after(self, kode_desa: str, number: int = 0) -> list[Message]:
        """The messages of a desa that came after one, in order."""
        query = select(message).where(
            message.c.kode_desa == kode_desa,
            message.c.number > number,
        )
        with self._engine.begin() as tx:
            rows = tx.execute(query.order_by(message.c.number)).mappings()
            return [Message(**row) for row in rows]


def _repeated(tx: Connection, made: Message) -> Message | None:
    """The message before, when this one says just the same a moment later."""
    query = select(message).where(
        message.c.kode_desa == made.kode_desa,
        message.c.number == made.number - 1,
        message.c.sent_at > made.sent_at - _REPEATED,
    )
    row = tx.execute(query).mappings().first()
    if row is None:
        return None
    last = Message(**row)
    began = made.conversation == made.number
    same_place = last.conversation == (last.number if began else made.conversation)
    said = ("pengirim", "nama_pengirim", "judul", "isi")
    same = all(getattr(last, name) == getattr(made, name) for name in said)
    return last if same and same_place else None
