"""Budgets: the APBDes of a desa as a tree with its sums, and of several desa side by side."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType
from typing import Final

from sqlalchemy import Connection

from projections import sql
from projections.apbdes import (
    BELANJA,
    PEMBIAYAAN,
    PENDAPATAN,
    PENERIMAAN,
    PENGELUARAN,
    Amount,
    Line,
    Lines,
    Node,
)
from projections.queries.statistik import Place, facts_of

__all__ = ["COLUMNS", "Amount", "Budget", "Known", "Node", "Recap", "budget", "known", "recap"]

_SQL = sql.load("projections.queries", "apbdes.sql")
_REVENUE: Final = {
    "pad": ("PADes", "4.1"),
    "dd": ("Dana Desa", "4.2.1"),
    "pbh": ("Bagi hasil pajak dan retribusi", "4.2.2"),
    "add": ("Alokasi Dana Desa", "4.2.3"),
    "bkp": ("Bantuan keuangan provinsi", "4.2.4"),
    "bkk": ("Bantuan keuangan kabupaten/kota", "4.2.5"),
}
_BIDANG: Final = tuple(f"0{number}" for number in range(1, 6))
COLUMNS: Final[Mapping[str, str]] = MappingProxyType(
    {
        **{name: title for name, (title, _) in _REVENUE.items()},
        "lain": "Pendapatan lain",
        "pendapatan": "Jumlah pendapatan",
        **{f"bidang-{it}": f"Belanja bidang {it[1]}" for it in _BIDANG},
        "belanja": "Jumlah belanja",
        "netto": "Pembiayaan netto",
        "silpa": "SiLPA tahun berjalan",
    },
)
"""The columns of the recap of a kecamatan, in the order of print."""


@dataclass(frozen=True)
class Known:
    """A budget that there is: of a year, murni or perubahan, of so many desa."""

    tahun: int
    jenis_anggaran: str
    desa: int


@dataclass(frozen=True)
class Budget:
    """The budget of a desa and year.

    Attributes:
        pendapatan, pembiayaan: akun > kelompok > jenis > objek; so is `belanja`.
        kegiatan: belanja once more, as bidang > subbidang > kegiatan.
        sources: by source of the money ("" where none is stated), then by akun.
        wrong_totals: codes whose stated total is not the sum of what is below them.
    """

    kode_desa: str
    tahun: int
    jenis_anggaran: str
    pendapatan: Node
    belanja: Node
    pembiayaan: Node
    kegiatan: tuple[Node, ...]
    sources: Mapping[str, Mapping[str, Amount]]
    penerimaan: Amount
    pengeluaran: Amount
    wrong_totals: tuple[str, ...]

    @property
    def surplus(self) -> Amount:
        """Surplus, or negative the deficit: pendapatan without belanja."""
        return self.pendapatan.amount.minus(self.belanja.amount)

    @property
    def netto(self) -> Amount:
        """Pembiayaan netto: penerimaan without pengeluaran."""
        return self.penerimaan.minus(self.pengeluaran)

    @property
    def silpa(self) -> Amount:
        """What the year leaves; of the plan it has to be nothing."""
        return self.surplus.plus(self.netto)

    @property
    def balanced(self) -> bool:
        """Whether the plan spends what there is, no more and no less."""
        return not self.silpa.anggaran


@dataclass(frozen=True)
class Recap:
    """A desa's line of the recap, by the names of COLUMNS; all together have no `kode_desa`."""

    kode_desa: str
    columns: Mapping[str, Amount]


def known(tx: Connection, where: Sequence[Place]) -> list[Known]:
    """The budgets that these desa have stated, the newest year first, perubahan before murni."""
    return [Known(**row) for row in tx.execute(_SQL["known"], facts_of(where)).mappings()]


def budget(
    tx: Connection,
    place: Place,
    tahun: int,
    jenis_anggaran: str,
    *,
    until: date | None = None,
    sumber_dana: str | None = None,
) -> Budget | None:
    """The budget of a desa as of a batch; None when it states none.

    `until` leaves out figures of later periods, as the report of the first semester does;
    `sumber_dana` ("DD") all that comes from elsewhere.
    """
    stated = _stated(tx, [place], tahun, jenis_anggaran, sumber_dana).get(place.kode_desa)
    if stated is None:
        return None
    lines = Lines(stated, tahun, until)
    return Budget(
        place.kode_desa,
        tahun,
        jenis_anggaran,
        lines.by_account(PENDAPATAN),
        lines.by_account(BELANJA),
        lines.by_account(PEMBIAYAAN),
        lines.by_activity(),
        lines.by_source(),
        lines.sum(PENERIMAAN),
        lines.sum(PENGELUARAN),
        tuple(
            dict.fromkeys(
                " ".join(filter(None, (it.kegiatan, it.rekening)))
                for it, _ in lines.wrong_totals()
            )
        ),
    )


def recap(
    tx: Connection,
    where: Sequence[Place],
    tahun: int,
    jenis_anggaran: str,
    *,
    until: date | None = None,
) -> tuple[list[Recap], Recap]:
    """The budgets of several desa side by side, and all together; who states none has no line."""
    stated = _stated(tx, where, tahun, jenis_anggaran)
    found = [
        Recap(it.kode_desa, _columns(Lines(stated[it.kode_desa], tahun, until)))
        for it in where
        if it.kode_desa in stated
    ]
    totals = dict.fromkeys(COLUMNS, Amount())
    for it in found:
        totals = {name: amount.plus(it.columns[name]) for name, amount in totals.items()}
    return found, Recap("", totals)


def _columns(lines: Lines) -> dict[str, Amount]:
    revenue = {name: lines.sum(kode) for name, (_, kode) in _REVENUE.items()}
    pendapatan, belanja = lines.sum(PENDAPATAN), lines.sum(BELANJA)
    lain = pendapatan
    for amount in revenue.values():
        lain = lain.minus(amount)
    netto = lines.sum(PENERIMAAN).minus(lines.sum(PENGELUARAN))
    return {
        **revenue,
        "lain": lain,
        "pendapatan": pendapatan,
        **{f"bidang-{it}": lines.sum(BELANJA, it) for it in _BIDANG},
        "belanja": belanja,
        "netto": netto,
        "silpa": pendapatan.minus(belanja).plus(netto),
    }


def _stated(
    tx: Connection,
    where: Sequence[Place],
    tahun: int,
    jenis_anggaran: str,
    sumber_dana: str | None = None,
) -> dict[str, list[Line]]:
    """The lines of each desa that states any."""
    found: dict[str, list[Line]] = defaultdict(list)
    facts = {"tahun": tahun, "jenis": jenis_anggaran, "sumber_dana": sumber_dana}
    for row in tx.execute(_SQL["lines"], {**facts_of(where), **facts}):
        kode_desa, id_, rekening, kegiatan, *more = row
        found[kode_desa].append(Line(id_, rekening, kegiatan or "", *more))
    return dict(found)
