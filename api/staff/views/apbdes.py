"""Budgets: the realisation of a village's APBDes, and those of a region side by side.

The report's rows and their words follow the form that OpenSID prints (Permendagri 20/2018).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, Final

from flask import Response, abort, render_template, request

from api import format as fmt
from api.auth import needs
from api.context import services
from api.export import Cell, Sheet, download, wanted
from api.permissions import Need
from api.staff import menu
from api.staff.cetak import village_head
from api.staff.views.frame import as_of_request, blueprint, kept_link, village_of
from api.staff.views.region import region_of
from api.staff.views.shown import office_name
from projections.queries import apbdes as apbdes_queries
from projections.queries import desa as desa_queries
from projections.queries.apbdes import COLUMNS, Amount, Budget, Known, Node
from projections.queries.statistik import Place

KINDS: Final = {"perubahan": "Perubahan", "murni": "Murni"}
PARTS: Final = {"bidang": "per bidang", "jenis": "per jenis belanja"}
"""How belanja is divided."""
PERIODS: Final = {"": "sampai akhir tahun", "1": "semester pertama"}
_FIRST_HALF: Final = (6, 30)


menu.office("staff.apbdes_wilayah", "APBDes", "laporan", order=45)
menu.village("staff.apbdes", "APBDes", "laporan", order=45)


@dataclass(frozen=True)
class Row:
    """A line of the report; `level` 0 is a sum, the others are indented by theirs."""

    kode: str
    uraian: str
    amount: Amount | None
    level: int


@blueprint.get("/desa/<kode>/apbdes")
@needs(Need.REPORTS)
def apbdes(kode: str) -> str | Response:
    """The realisation of a village's budget of a year."""
    with services().databases.reader.connect() as tx:
        village = village_of(tx, kode)
        as_of = as_of_request(tx, village, ["apbdes"])
        place = Place(kode, as_of.batch)
        known = apbdes_queries.known(tx, [place])
        chosen = _chosen(known)
        part = _one_of("belanja", PARTS)
        period = _one_of("semester", PERIODS)
        budget = chosen and apbdes_queries.budget(
            tx,
            place,
            chosen.tahun,
            chosen.jenis_anggaran,
            until=date(chosen.tahun, *_FIRST_HALF) if period else None,
        )
        head = village_head(tx, kode, as_of.batch)
    rows = list(_rows(budget, part)) if budget else []
    if format_ := wanted():
        about = [
            office_name(),
            f"Pemerintah Desa {village.nama} ({kode}), {_which(chosen, period)}",
            f"Keadaan per {as_of.words}. Sumber: data desa (OpenSID)",
        ]
        return download(_sheet(kode, chosen, rows, about), format_)
    return render_template(
        "apbdes.html",
        village=village,
        as_of=as_of,
        known=known,
        kepala=head,
        chosen=chosen,
        budget=budget,
        rows=rows,
        kinds=KINDS,
        parts=PARTS,
        part=part,
        periods=PERIODS,
        period=period,
        money=fmt.money,
        link=lambda **changed: kept_link("staff.apbdes", kode=kode, **changed),
    )


@blueprint.get("/apbdes")
@needs(Need.REPORTS)
def apbdes_wilayah() -> str | Response:
    """The budgets of a year of all desa that state theirs, side by side."""
    with services().databases.reader.connect() as tx:
        region = region_of(tx, ["apbdes"])
        names = desa_queries.names(tx, region.kode)
        known = apbdes_queries.known(tx, region.places)
        chosen = _chosen(known)
        lines, total = (
            apbdes_queries.recap(tx, region.places, chosen.tahun, chosen.jenis_anggaran)
            if chosen
            else ([], None)
        )
    if (format_ := wanted()) and chosen and total:
        columns = ["Kode desa", "Desa"]
        for title in COLUMNS.values():
            columns += [f"{title}, anggaran", f"{title}, realisasi"]
        rows: list[list[Cell]] = [
            [it.kode_desa, names.get(it.kode_desa, "JUMLAH"), *_figures(it.columns)]
            for it in [*lines, total]
        ]
        about = [office_name(), f"Keadaan per {fmt.day(region.day)}",
                 "Sumber: data desa (OpenSID)"]  # fmt: skip
        title = f"Rekap APBDes {chosen.tahun} {KINDS[chosen.jenis_anggaran].lower()}"
        name = f"apbdes-{chosen.tahun}-{region.kode}"
        return download(Sheet(name, title, columns, rows, about), format_)
    return render_template(
        "apbdes_wilayah.html",
        region=region,
        names=names,
        known=known,
        chosen=chosen,
        lines=lines,
        total=total,
        columns=COLUMNS,
        kinds=KINDS,
        money=fmt.money,
        link=lambda **changed: kept_link("staff.apbdes_wilayah", **changed),
    )


def _chosen(known: Sequence[Known]) -> Known | None:
    """The budget that the address names, else the newest; None when there is none."""
    tahun, jenis = request.args.get("tahun", ""), request.args.get("jenis", "")
    if not tahun and not jenis:
        return next(iter(known), None)
    found = [
        it for it in known if tahun in ("", str(it.tahun)) and jenis in ("", it.jenis_anggaran)
    ]
    return next(iter(found), None) or abort(404)


def _one_of(name: str, known: dict[str, str]) -> str:
    """The value of the address that is one of these; the first where it says none."""
    value = request.args.get(name, next(iter(known)))
    return value if value in known else abort(404)


def _rows(budget: Budget, part: str) -> Iterator[Row]:
    """The rows of the report, from pendapatan to what the year leaves."""
    yield from _nodes([budget.pendapatan])
    yield Row("", "JUMLAH PENDAPATAN", budget.pendapatan.amount, 0)
    if part == "bidang":
        yield Row("5", "BELANJA", None, 1)
        yield from _nodes(budget.kegiatan, deeper=1)
    else:
        yield from _nodes([budget.belanja])
    yield Row("", "JUMLAH BELANJA", budget.belanja.amount, 0)
    yield Row("", "SURPLUS / (DEFISIT)", budget.surplus, 0)
    yield from _nodes([budget.pembiayaan])
    yield Row("", "PEMBIAYAAN NETTO", budget.netto, 0)
    yield Row("", "SiLPA TAHUN BERJALAN", budget.silpa, 0)


def _nodes(nodes: Sequence[Node], deeper: int = 0) -> Iterator[Row]:
    for node in nodes:
        for it in node:
            empty = it.amount == Amount()
            if not empty or it.level == 1:
                yield Row(it.kode, it.nama, it.amount, it.level + deeper)


def _which(chosen: Known | None, period: str) -> str:
    """Which budget a file is of; until a desa states one, it has no rows."""
    if chosen is None:
        return "belum ada anggaran"
    kind = KINDS[chosen.jenis_anggaran].lower()
    return f"tahun anggaran {chosen.tahun} {kind}, {PERIODS[period]}"


def _sheet(kode: str, chosen: Known | None, rows: Sequence[Row], about: Sequence[str]) -> Sheet:
    columns = ["Kode", "Uraian", "Anggaran (Rp)", "Realisasi (Rp)", "Lebih/(Kurang) (Rp)",
               "Persentase (%)"]  # fmt: skip
    cells: list[list[Cell]] = [[it.kode, it.uraian, *_amounts(it.amount)] for it in rows]
    which = f"{chosen.tahun}-{chosen.jenis_anggaran}-" if chosen else ""
    name = f"apbdes-{which}{kode}"
    return Sheet(name, "Laporan Realisasi Pelaksanaan APBDes", columns, cells, about)


def _amounts(amount: Amount | None) -> list[Cell]:
    if amount is None:
        return [None] * 4
    return [amount.anggaran, amount.realisasi, amount.sisa, amount.persen]


def _figures(columns: Any) -> Iterator[Decimal]:  # noqa: ANN401  # by the names of COLUMNS
    for name in COLUMNS:
        yield columns[name].anggaran
        yield columns[name].realisasi
