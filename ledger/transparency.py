"""What a log shows to everybody: its checkpoint, its tiles, and its anchors.

Manifests and hashes hold no personal data, so nobody is asked who they are. What is shown binds
the office: whoever kept an older checkpoint, and finds that this one does not extend it, has a
proof against us. The logs of the desa are anchored in the office's own log once a day, and that
log's checkpoint is what others witness and what is printed.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, Engine, func, select
from sqlalchemy.dialects.postgresql import insert

from ledger import store
from ledger.batch import Draft
from ledger.errors import DesaUnknownError, NoteError, TileUnknownError
from ledger.log import Ledger
from ledger.note import Note, to_base64
from ledger.store import Head
from ledger.tables import anchor, cosignature, head
from ledger.tiles import EntryBundle, Tile, parse_path


@dataclass(frozen=True)
class Served:
    """A tile or a bundle: its bytes, and whether it will never have others."""

    data: bytes
    full: bool
    entries: bool


@dataclass(frozen=True)
class Anchored:
    """A desa's log as an entry of the office's log states it."""

    kode_desa: str
    size: int
    root: bytes


@dataclass(frozen=True)
class Standing:
    """How far a log is, and how much of it the office's own log states; 0 when nothing."""

    kode_desa: str
    size: int
    appended_at: datetime | None
    anchored: int


class Transparency:
    """The logs of an office, for everybody. `engine` connects as the ingest role."""

    def __init__(self, engine: Engine, ledger: Ledger, now: Callable[[], datetime]) -> None:
        self._engine = engine
        self._ledger = ledger
        self._now = now

    def checkpoint(self, kode: str, *, witnessed: bool = True) -> Note:
        """The newest checkpoint of a log, with the cosignatures that there are for it if wanted.

        Raises:
            DesaUnknownError: no log of this code.
        """
        with self._engine.begin() as tx:
            at = _head(tx, kode)
            return self._cosigned(tx, at) if witnessed else self._ledger.checkpoint(at)

    def witnessed(self, kode: str) -> Note | None:
        """The newest checkpoint that a witness has cosigned; None when there is none.

        It may be older than `checkpoint`: witnesses are asked now and then.

        Raises:
            DesaUnknownError: no log of this code.
        """
        newest = select(func.max(cosignature.c.size)).where(cosignature.c.kode_desa == kode)
        with self._engine.begin() as tx:
            _head(tx, kode)
            size = tx.execute(newest).scalar()
            at = store.head_at(tx, kode, size) if size else None
            return self._cosigned(tx, at) if at else None

    def _cosigned(self, tx: Connection, at: Head) -> Note:
        query = (
            select(cosignature.c.line)
            .where(cosignature.c.kode_desa == at.kode_desa, cosignature.c.size == at.size)
            .order_by(cosignature.c.witness)
        )
        note = self._ledger.checkpoint(at)
        lines = "".join(f"{line}\n" for line in tx.execute(query).scalars())
        return Note.from_bytes(note.to_bytes() + lines.encode())

    def logs(self) -> list[Standing]:
        """Every log that has something in it, the office's own first, then by code."""
        query = (
            select(
                head.c.kode_desa,
                head.c.size,
                head.c.appended_at,
                func.coalesce(anchor.c.size, 0).label("anchored"),
            )
            .outerjoin(anchor, anchor.c.kode_desa == head.c.kode_desa)
            .where(head.c.size > 0)
            .order_by(func.length(head.c.kode_desa), head.c.kode_desa)
        )
        with self._engine.begin() as tx:
            return [Standing(**row) for row in tx.execute(query).mappings()]

    def tile(self, kode: str, path: str) -> Served:
        """A tile of hashes or of entries, by its path.

        Raises:
            DesaUnknownError: no log of this code.
            TileUnknownError: no such path, or beyond the newest checkpoint.
        """
        try:
            wanted = parse_path(path)
        except NoteError:
            raise TileUnknownError(kode) from None
        with self._engine.begin() as tx:
            if not wanted.within(_head(tx, kode).size):
                raise TileUnknownError(kode)
            if isinstance(wanted, Tile):
                nodes = wanted.nodes()
                found = store.read_nodes(tx, kode, nodes)
                return Served(b"".join(found[it] for it in nodes), wanted.full, entries=False)
            notes = store.read_notes(tx, kode, wanted.begin, wanted.width)
        return Served(EntryBundle.to_bytes(notes), wanted.full, entries=True)

    # --- anchors --------------------------------------------------------------------------------

    def anchor(self) -> tuple[Anchored, ...]:
        """Write into the office's log how far every desa's log is, of those that grew since.

        One batch, one transaction; nothing when nothing grew. Repeating it does no harm.
        """
        office = self._ledger.office.kode
        grown = (
            select(head.c.kode_desa, head.c.size, head.c.root)
            .outerjoin(anchor, anchor.c.kode_desa == head.c.kode_desa)
            .where(head.c.kode_desa != office, head.c.size > func.coalesce(anchor.c.size, 0))
            .order_by(head.c.kode_desa)
        )
        with self._engine.begin() as tx:
            # The office's log is locked first: two that anchor at once find the same once.
            store.lock_head(tx, office)
            # The desa's heads are not: whatever has committed is a checkpoint that may be signed.
            found = tuple(Anchored(**row) for row in tx.execute(grown).mappings())
            if not found:
                return ()
            at = self._now()
            position = self._ledger.record(tx, [_act(it, at) for it in found])
            for it in found:
                facts = {"size": it.size, "root": it.root, "position": position}
                row = insert(anchor).values(kode_desa=it.kode_desa, **facts)
                tx.execute(
                    row.on_conflict_do_update(index_elements=[anchor.c.kode_desa], set_=facts)
                )
        return found


def _head(tx: Connection, kode: str) -> Head:
    at = store.read_head(tx, kode)
    if at is None:
        raise DesaUnknownError(kode)
    return at


def _act(it: Anchored, at: datetime) -> Draft:
    facts = {"size": it.size, "root": to_base64(it.root)}
    return Draft("checkpoint", it.kode_desa, "put", at, facts)
