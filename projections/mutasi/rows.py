"""The rows of the account: what is read for some batches, and what is kept of them."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import (
    Connection,
    Row,
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
from projections.copying import copy_rows, write_changed
from projections.mutasi.book import (
    Book,
    Kind,
    Mutasi,
    Warga,
    concluded_of,
    named,
)
from projections.mutasi.desa_rows import read_desa, write_desa
from projections.opened import Opened


class MutasiProjection:
    """Keeps the rows, and of each person what the next change is compared with."""

    name = "mutasi"
    version = 4
    tables: tuple[Table, ...] = (tables.mutasi, tables.warga, tables.mutasi_desa)
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
        people = _read_warga(tx, kode_desa, known)
        desa = read_desa(tx, tables.mutasi_desa, kode_desa)
        concluded = _read_concluded(tx, kode_desa, subject.of_events)
        book = Book(kode_desa, desa, dict(people), events, concluded)
        for entry in entries:
            book.enter(entry)
        _write_warga(tx, kode_desa, people, book.people)
        if book.desa != desa:
            write_desa(tx, tables.mutasi_desa, kode_desa, book.desa)
        begins = entries[0].position
        _close(tx, kode_desa, {it: end for it, end in book.ends.items() if it[1] < begins})
        copy_rows(tx, tables.mutasi, (_row(kode_desa, it, book) for it in book.rows))


class _Subject:
    """Whom and what some batches are about, by id."""

    def __init__(self) -> None:
        self.people: set[str] = set()
        self.events: set[str] = set()
        self.of_events: set[str] = set()

    def meet(self, entry: Opened) -> None:
        """Take in a batch."""
        self.people |= {line.change.id for line in entry.stated("penduduk")}
        for line in entry.stated("peristiwa"):
            self.events.add(line.change.id)
            if (record := entry.usable(line)) is not None:
                self.of_events.add(str(record.id_pend))

    def __bool__(self) -> bool:
        """Whether they are about anybody or anything."""
        return bool(self.people or self.events)


def _read_warga(tx: Connection, kode_desa: str, ids: set[str]) -> dict[str, Warga]:
    table = tables.warga
    facts = table.c.id, table.c.sex, table.c.wna, table.c.status_dasar, table.c.tanggal_lahir
    query = select(*facts).where(
        table.c.kode_desa == kode_desa, table.c.id == func.any(sorted(ids))
    )
    return {
        id_: Warga(Kind(sex, wna), status, born)
        for id_, sex, wna, status, born in tx.execute(query).all()
    }


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
    return {row.id.replace("//", "/"): _mutasi(row) for row in tx.execute(query)}


def _read_concluded(tx: Connection, kode_desa: str, id_pend: set[str]) -> list[Mutasi]:
    """What stands concluded of some people."""
    table = tables.mutasi
    query = select(table).where(
        table.c.kode_desa == kode_desa,
        table.c.id == func.any(sorted(map(concluded_of, id_pend))),
        table.c.turunan,
        table.c.to_batch.is_(None),
    )
    return [_mutasi(row) for row in tx.execute(query)]


def _mutasi(row: Row[Any]) -> Mutasi:
    return Mutasi(
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


def _write_warga(
    tx: Connection, kode_desa: str, before: Mapping[str, Warga], now: Mapping[str, Warga]
) -> None:
    write_changed(
        tx,
        tables.warga,
        kode_desa,
        before,
        now,
        lambda it: (it.kind.sex, it.kind.wna, it.status, it.born),
    )


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
