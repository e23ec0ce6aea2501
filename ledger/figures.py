"""The office's own figures: what it states of each desa and period, and what it took back.

Nothing here is a desa's statement. Each form or file is one batch of the office's own log, with a
line for every row: who, when, the whole row. A later statement of the same cell replaces the one
before, a withdrawal leaves the cell empty, and both stay in the log; the table looks them up, and
is written in the same transaction.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final
from uuid import UUID, uuid4

from sqlalchemy import ColumnElement, Connection, Engine, Select, func, insert, or_, select
from sqlalchemy.dialects.postgresql import distinct_on

from ledger import store
from ledger.accounts import Account
from ledger.batch import Draft
from ledger.errors import FigureGoneError, FigureRefusedError
from ledger.figure_kinds import FigureCell, FigureKind, FigureRow
from ledger.log import Ledger
from ledger.tables import desa, figure

ENTITY: Final = "tabel_kecamatan"
"""What statements of figures are called in the office's log."""
NYATAKAN: Final = "nyatakan"
CABUT_ANGKA: Final = "cabut"
FORMULIR: Final = "formulir"
BERKAS: Final = "berkas"
WITHDRAWALS: Final[Mapping[str, str]] = {
    "salah-desa": "angka milik desa lain",
    "salah-periode": "angka milik periode lain",
    "salah-angka": "angka salah dan yang benar belum diketahui",
    "salah-berkas": "berkas yang diunggah keliru",
}
"""Why figures may be withdrawn. Nobody writes a text, in which somebody could be named."""


@dataclass(frozen=True)
class Figure:
    """A statement of the office's, or its withdrawal.

    Attributes:
        act: NYATAKAN or CABUT_ANGKA; `angka` is empty for the latter, `reason` for the former.
        way: FORMULIR or BERKAS; of a file, `source` is its SHA-256 and `row` its row.
        office_position, line: where it stands in the office's log.
    """

    kode_desa: str
    id: UUID
    jenis: str
    tahun: int
    periode: int
    rincian: int
    act: str
    angka: Mapping[str, int | None]
    username: str
    nama: str
    role: str
    way: str
    source: str
    row: int
    reason: str
    at: datetime
    office_position: int
    line: int

    @property
    def cell(self) -> FigureCell:
        """What it is of."""
        return FigureCell(self.kode_desa, self.tahun, self.periode, self.rincian)


class Figures:
    """The office's own figures. `engine` connects as the ingest role."""

    def __init__(self, engine: Engine, ledger: Ledger, now: Callable[[], datetime]) -> None:
        self._engine = engine
        self._ledger = ledger
        self._now = now

    def state(
        self,
        kind: FigureKind,
        rows: Sequence[tuple[int, FigureRow]],
        account: Account,
        *,
        known: int,
        source: str = "",
    ) -> list[Figure]:
        """State rows, numbered as in their file; all of them, or none.

        `known` is how far whoever states them knows the office's log, `source` the SHA-256 of the
        file; empty for a form. Rows that say what stands already are left out. When this returns
        it is durable.

        Raises:
            FigureRefusedError: a desa that is not registered or not the account's; nothing new.
            FigureGoneError: somebody stated one of these cells meanwhile.
        """
        at = self._now()
        with self._engine.begin() as tx:
            before = self._standing(tx, kind, [row.cell for _, row in rows], account, known)
            made = [
                self._figure(kind, row, account, at, source, number)
                for number, row in rows
                if (old := before.get(row.cell)) is None or old.angka != dict(row.angka)
            ]
            if not made:
                raise FigureRefusedError("semuanya sama dengan yang sudah tercatat")
            return self._record(tx, kind, made)

    def withdraw(
        self, kind: FigureKind, cell: FigureCell, account: Account, reason: str, *, known: int
    ) -> Figure:
        """Take back what stands in a cell; `reason` is one of WITHDRAWALS.

        Raises:
            FigureRefusedError: there is nothing in it, or no such reason.
            FigureGoneError: somebody stated it anew meanwhile.
        """
        if reason not in WITHDRAWALS:
            raise FigureRefusedError("pilih alasan pencabutannya")
        with self._engine.begin() as tx:
            if cell not in self._standing(tx, kind, [cell], account, known):
                raise FigureRefusedError("tidak ada yang tercatat di sini")
            made = self._figure(kind, FigureRow(cell, {}), account, self._now())
            return self._record(tx, kind, [replace(made, act=CABUT_ANGKA, reason=reason)])[0]

    def _standing(
        self,
        tx: Connection,
        kind: FigureKind,
        cells: Sequence[FigureCell],
        account: Account,
        known: int,
    ) -> dict[FigureCell, Figure]:
        """What stands in cells, under the lock of the office's log."""
        # Whoever holds it may append: nobody states anything between this look and the record.
        store.lock_head(tx, self._ledger.office.kode)
        codes = {it.kode_desa for it in cells}
        registered = tx.execute(select(desa.c.kode_desa).where(desa.c.kode_desa.in_(codes)))
        if codes - set(registered.scalars()) or not all(map(account.sees, codes)):
            raise FigureRefusedError("ada desa yang tidak terdaftar di wilayah Anda")
        wanted = set(cells)
        newest = _newest(tx, kind.name, figure.c.kode_desa.in_(codes))
        standing = {it.cell: it for it in newest if it.cell in wanted}
        if any(it.office_position > known for it in standing.values()):
            raise FigureGoneError
        return {cell: it for cell, it in standing.items() if it.act == NYATAKAN}

    @staticmethod
    def _figure(
        kind: FigureKind,
        row: FigureRow,
        account: Account,
        at: datetime,
        source: str = "",
        number: int = 0,
    ) -> Figure:
        cell = row.cell
        return Figure(
            cell.kode_desa,
            uuid4(),
            kind.name,
            cell.tahun,
            cell.periode,
            cell.rincian,
            NYATAKAN,
            dict(row.angka),
            account.username,
            account.nama,
            account.role,
            BERKAS if source else FORMULIR,
            source,
            number,
            "",
            at,
            0,
            0,
        )

    def _record(self, tx: Connection, kind: FigureKind, made: Sequence[Figure]) -> list[Figure]:
        position = self._ledger.record(tx, [_draft(kind, it) for it in made])
        kept = [
            replace(it, office_position=position, line=line) for line, it in enumerate(made, 1)
        ]
        tx.execute(insert(figure), [vars(it) for it in kept])
        return kept


def read_figures(tx: Connection, scope: str, jenis: str | None = None) -> list[Figure]:
    """What stands in the cells of a scope, of one kind or all, by desa and period."""
    return [it for it in _newest(tx, jenis, _within(scope)) if it.act == NYATAKAN]


def read_figure_acts(
    tx: Connection, kode_desa: str, jenis: str, tahun: int, periode: int
) -> list[Figure]:
    """Every statement and withdrawal of a desa's period, the newest first."""
    query = (
        select(figure)
        .where(
            figure.c.kode_desa == kode_desa,
            figure.c.jenis == jenis,
            figure.c.tahun == tahun,
            figure.c.periode == periode,
        )
        .order_by(figure.c.office_position.desc(), figure.c.line.desc())
    )
    return _figures(tx, query)


def read_figure_batch(tx: Connection, scope: str, position: int) -> list[Figure]:
    """What one batch of the office's log states of the desa of a scope, line by line."""
    query = select(figure).where(figure.c.office_position == position, _within(scope))
    return _figures(tx, query.order_by(figure.c.line))


def figures_known(tx: Connection) -> int:
    """The newest batch of the office's log that states figures; 0 before the first."""
    return tx.execute(select(func.max(figure.c.office_position))).scalar() or 0


def _within(scope: str) -> ColumnElement[bool]:
    return or_(figure.c.kode_desa == scope, figure.c.kode_desa.startswith(f"{scope}."))


def _newest(tx: Connection, jenis: str | None, *narrowed: ColumnElement[bool]) -> list[Figure]:
    cell = [figure.c[it] for it in ("kode_desa", "jenis", "tahun", "periode", "rincian")]
    if jenis is not None:
        narrowed = (*narrowed, figure.c.jenis == jenis)
    query = (
        select(figure)
        .ext(distinct_on(*cell))
        .where(*narrowed)
        .order_by(*cell, figure.c.office_position.desc(), figure.c.line.desc())
    )
    return _figures(tx, query)


def _figures(tx: Connection, query: Select[Any]) -> list[Figure]:
    return [Figure(**row) for row in tx.execute(query).mappings()]


def _draft(kind: FigureKind, it: Figure) -> Draft:
    facts: dict[str, object] = {
        "tabel": it.jenis,
        "kode_desa": it.kode_desa,
        "tahun": it.tahun,
        kind.period: it.periode,
    }
    if kind.details:
        facts["penyakit_id"] = it.rincian
    facts["tindakan"] = it.act
    if it.act == NYATAKAN:
        facts |= {"angka": dict(it.angka), "cara": it.way}
        if it.source:
            facts |= {"berkas": it.source, "baris": it.row}
    else:
        facts["alasan"] = it.reason
    facts |= {"oleh": it.username, "peran": it.role}
    return Draft(ENTITY, str(it.id), "put", it.at, facts)
