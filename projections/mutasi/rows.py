"""The rows of the account: what is read for some batches, and what is kept of them."""

from collections.abc import Mapping, Sequence

from sqlalchemy import (
    Connection,
    Table,
    and_,
    bindparam,
    func,
    literal_column,
    or_,
    select,
    update,
)

from projections import tables
from projections.copying import copy_rows
from projections.mutasi.book import AN_UPLOAD, UPLOAD, Book, Kind, Mutasi, Warga, named
from projections.opened import Opened


class MutasiProjection:
    """Keeps the rows, and of each person what the next change is compared with."""

    name = "mutasi"
    version = 3
    tables: tuple[Table, ...] = (tables.mutasi, tables.warga)
    follows: str | None = None

    def apply(self, tx: Connection, entries: Sequence[Opened]) -> None:
        """Count what the entries say; of the people, those are read that it is about."""
        if not entries:
            return
        kode_desa = entries[0].kode_desa
        subject = _Subject()
        for entry in entries:
            subject.meet(entry)
        if not subject:
            return
        events = _read_events(tx, kode_desa, subject)
        known = subject.people | subject.of_events | {it.id_pend for it in events.values()}
        first, everybody = _read_uploads(tx, kode_desa) if subject.uploads else ("", 0)
        people = _read_warga(tx, kode_desa, known)
        others = everybody - len(people)
        before = dict(people) | ({first: AN_UPLOAD} if first else {})
        book = Book(kode_desa, people, others, events, first)
        for entry in entries:
            book.enter(entry)
        _write_warga(tx, kode_desa, before, book)
        begins = entries[0].position
        _close(tx, kode_desa, {it: end for it, end in book.ends.items() if it[1] < begins})
        copy_rows(tx, tables.mutasi, (_row(kode_desa, it, book) for it in book.rows))


class _Subject:
    """Whom and what some batches are about, by id."""

    def __init__(self) -> None:
        self.people: set[str] = set()
        self.events: set[str] = set()
        self.of_events: set[str] = set()
        self.uploads = False

    def meet(self, entry: Opened) -> None:
        """Take in a batch."""
        self.people |= {line.change.id for line in entry.stated("penduduk")}
        self.uploads = self.uploads or bool(entry.stated("upload"))
        for line in entry.stated("peristiwa"):
            self.events.add(line.change.id)
            if (record := entry.usable(line)) is not None:
                self.of_events.add(str(record.id_pend))

    def __bool__(self) -> bool:
        """Whether they are about anybody or anything."""
        return bool(self.people or self.events or self.uploads)


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
    first = select(table.c.id).where(mine, table.c.id.startswith(UPLOAD, autoescape=True))
    if (found := tx.execute(first).scalar()) is not None:
        return found, 0
    return "", tx.execute(select(func.count()).select_from(table).where(mine)).scalar_one()


def _read_events(tx: Connection, kode_desa: str, subject: _Subject) -> dict[str, Mutasi]:
    """The events that they are about, and those that wait for the people they are about."""
    table = tables.mutasi
    events = table.c.id == func.any(sorted(map(named, subject.events)))
    # An index has the few that wait; literally 0, so that it is used.
    waiting = and_(
        table.c.jumlah == literal_column("0"), table.c.id_pend == func.any(sorted(subject.people))
    )
    query = select(table).where(
        table.c.kode_desa == kode_desa, or_(events, waiting), table.c.to_batch.is_(None)
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


def _write_warga(tx: Connection, kode_desa: str, before: Mapping[str, Warga], book: Book) -> None:
    table = tables.warga
    now = dict(book.people)
    if book.first_upload:
        now[book.first_upload] = AN_UPLOAD
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


def _close(tx: Connection, kode_desa: str, ends: Mapping[tuple[str, int], int]) -> None:
    if not ends:
        return
    table = tables.mutasi
    statement = (
        update(table)
        .where(
            table.c.kode_desa == kode_desa,
            table.c.id == bindparam("of"),
            table.c.from_batch == bindparam("since"),
        )
        .values(to_batch=bindparam("batch"))
    )
    facts = [{"of": id_, "since": since, "batch": end} for (id_, since), end in ends.items()]
    tx.execute(statement, facts)


def _row(kode_desa: str, it: Mutasi, book: Book) -> tuple[object, ...]:
    end = book.ends.get((it.id, it.from_batch))
    return (
        kode_desa, it.id, it.from_batch, end, it.line, it.bulan, it.jenis, it.kind.sex,
        it.kind.wna, it.jumlah, it.id_pend, it.ref_pindah, it.tgl_peristiwa, it.turunan,
    )  # fmt: skip


MUTASI = MutasiProjection()
