"""The rows of the account of families: what is read for some batches, and what is kept of them."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple, TypeVar

from sqlalchemy import ColumnElement, Connection, Table, func, or_, select

from projections import tables
from projections.copying import copy_rows, write_changed
from projections.mutasi.book import Mutasi
from projections.mutasi.desa_rows import read_desa, write_desa
from projections.mutasi.keluarga import Anggota, FamilyBook, Kartu, given
from projections.opened import Opened

_T = TypeVar("_T")
_ABOUT = ("penduduk", "keluarga", "peristiwa", "peristiwa_keluarga")
_MOST_ROUNDS = 6
"""Steps from a changed person to whoever shares an id or number; a family takes two or three."""


class MutasiKeluargaProjection:
    """Keeps the rows, and of people and cards what the next change is compared with."""

    name = "mutasi_keluarga"
    version = 1
    tables: tuple[Table, ...] = (
        tables.mutasi_keluarga,
        tables.mutasi_anggota,
        tables.mutasi_kartu,
        tables.mutasi_keluarga_desa,
    )
    follows: str | None = None

    def apply(self, tx: Connection, entries: Sequence[Opened]) -> None:
        """Count what the entries say; of the families, those are read whom it changes."""
        if not any(it.stated(*_ABOUT) for it in entries):
            return
        kode_desa = entries[0].kode_desa
        desa = read_desa(tx, tables.mutasi_keluarga_desa, kode_desa)
        known = _Known(tx, kode_desa)
        told = known.changes(entries)
        book = FamilyBook(kode_desa, desa, known.people, known.cards)
        for entry, it in zip(entries, told, strict=True):
            book.enter(entry, it.people, it.cards)
        now = book.families
        write_changed(tx, tables.mutasi_anggota, kode_desa, known.people, now.people, tuple)
        write_changed(tx, tables.mutasi_kartu, kode_desa, known.cards, now.cards, tuple)
        if book.desa != desa:
            write_desa(tx, tables.mutasi_keluarga_desa, kode_desa, book.desa)
        if book.rows:
            copy_rows(tx, tables.mutasi_keluarga, (_row(kode_desa, it) for it in book.rows))


class _Stated(NamedTuple):
    """What a batch says of people and cards, by id; the last line about each."""

    people: dict[str, Anggota | None]
    cards: dict[str, Kartu | None]

    @classmethod
    def of(cls, entry: Opened) -> "_Stated":
        """Read it."""
        return cls(
            {it.change.id: Anggota.of(entry.usable(it)) for it in entry.stated("penduduk")},
            {it.change.id: Kartu.of(entry.usable(it)) for it in entry.stated("keluarga")},
        )


class _Known:
    """The people and cards of a desa as they were, as far as they are read."""

    def __init__(self, tx: Connection, kode_desa: str) -> None:
        self._tx = tx
        self._kode_desa = kode_desa
        self.people: dict[str, Anggota] = {}
        self.cards: dict[str, Kartu] = {}

    def changes(self, entries: Sequence[Opened]) -> list[_Stated]:
        """What each batch changes, and from now on know whose family that may be about.

        Mostly it is nothing, since something else of people changed.
        """
        said = [_Stated.of(it) for it in entries]
        people = self._people(_any_of(tables.mutasi_anggota.c.id, *(it.people for it in said)))
        cards = self._cards(_any_of(tables.mutasi_kartu.c.id, *(it.cards for it in said)))
        changed = {
            id_ for it in said for id_, person in it.people.items() if people.get(id_) != person
        }
        turned = {id_ for it in said for id_, card in it.cards.items() if cards.get(id_) != card}
        self.people, self.cards = _only(people, changed), _only(cards, turned)
        told = [_Stated(_only(it.people, changed), _only(it.cards, turned)) for it in said]
        if changed or turned:
            self._read_belonging(told)
        return told

    def _read_belonging(self, told: Sequence[_Stated]) -> None:
        """Read all who may be of a family with these people and cards, as they were or will be."""
        led = self._cards(_any_of(tables.mutasi_kartu.c.kepala_id, *(it.people for it in told)))
        people: list[Anggota | None] = [*self.people.values()]
        cards: list[Kartu | None] = [*self.cards.values()]
        ids = set(led)
        for it in told:
            people += it.people.values()
            cards += it.cards.values()
            ids |= it.cards.keys()
        numbers = given(it.no_kk for it in people if it) | given(it.no_kk for it in cards if it)
        self._follow(ids | given(it.id_kk for it in people if it), numbers)
        cards += self.cards.values()
        heads = given(it.kepala_id for it in cards if it)
        self._people(_any_of(tables.mutasi_anggota.c.id, heads - self.people.keys()))

    def _follow(self, ids: set[str], numbers: set[str]) -> None:
        """Read whoever shares these ids and numbers of families, and theirs, and so on."""
        people, cards = tables.mutasi_anggota.c, tables.mutasi_kartu.c
        read_ids: set[str] = set()
        read_numbers: set[str] = set()
        for _ in range(_MOST_ROUNDS):
            new_ids, new_numbers = ids - read_ids, numbers - read_numbers
            if not new_ids and not new_numbers:
                return
            read_ids, read_numbers = set(ids), set(numbers)
            of_number = _any_of(people.no_kk, new_numbers)
            found = self._people(or_(_any_of(people.id_kk, new_ids), of_number)).values()
            of_number = _any_of(cards.no_kk, new_numbers)
            found_cards = self._cards(or_(_any_of(cards.id, new_ids), of_number))
            ids |= found_cards.keys() | given(it.id_kk for it in found)
            numbers |= given(it.no_kk for it in found)
            numbers |= given(it.no_kk for it in found_cards.values())
        # Whatever is linked so widely, all people of the desa are no more than these.
        self._people(people.id.is_not(None))
        self._cards(cards.id.is_not(None))

    def _people(self, whom: ColumnElement[bool]) -> dict[str, Anggota]:
        table = tables.mutasi_anggota
        query = select(
            table.c.id, table.c.sex, table.c.wna, table.c.status_dasar, table.c.kepala,
            table.c.id_kk, table.c.no_kk,
        ).where(table.c.kode_desa == self._kode_desa, whom)  # fmt: skip
        found = {id_: Anggota(*rest) for id_, *rest in self._tx.execute(query).all()}
        self.people.update(found)
        return found

    def _cards(self, which: ColumnElement[bool]) -> dict[str, Kartu]:
        table = tables.mutasi_kartu
        query = select(table.c.id, table.c.no_kk, table.c.kepala_id).where(
            table.c.kode_desa == self._kode_desa, which
        )
        found = {id_: Kartu(*rest) for id_, *rest in self._tx.execute(query).all()}
        self.cards.update(found)
        return found


def _any_of(column: ColumnElement[Any], *values: Iterable[str]) -> ColumnElement[bool]:
    return column == func.any(sorted({it for them in values for it in them}))


def _only(them: Mapping[str, _T], ids: set[str]) -> dict[str, _T]:
    return {id_: it for id_, it in them.items() if id_ in ids}


def _row(kode_desa: str, it: Mutasi) -> tuple[object, ...]:
    return (
        kode_desa, it.id, it.from_batch, it.jumlah, it.line, it.bulan, it.jenis, it.kind.sex,
        it.kind.wna, it.id_pend, it.ref_pindah, it.turunan,
    )  # fmt: skip


MUTASI_KELUARGA = MutasiKeluargaProjection()
