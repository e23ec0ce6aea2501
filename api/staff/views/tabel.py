"""The office's own figures: what it states of health and education, desa by period.

Each figure leads to its statements, and each of those to the batch of the office's log that holds
it, by the log's own bytes. To state them is `isi_tabel`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from flask import Response, abort, render_template, request, url_for

from api import export
from api import format as fmt
from api.auth import needs
from api.context import services
from api.export import Cell, Sheet, download, wanted
from api.permissions import Need
from api.staff import menu
from api.staff.figure_table import (
    Series,
    YearTable,
    charts_of,
    figure,
    parts_of_year,
    period_name,
    period_short,
    series_of,
)
from api.staff.views.frame import (
    PER_PAGE,
    blueprint,
    kept_link,
    page_asked,
    scope,
    this_day,
    village_of,
)
from api.staff.views.shown import office_name
from ledger import (
    CABUT_ANGKA,
    FIGURE_KINDS,
    FIRST_YEAR,
    WITHDRAWALS,
    Figure,
    FigureKind,
    figures_known,
    read_entry,
    read_figure_acts,
    read_figure_batch,
    read_figures,
)
from projections.queries import desa as desa_queries

SOURCE: Final = "Sumber: pernyataan kecamatan, bukan kiriman desa"

menu.office(
    "staff.tabel",
    "Data kecamatan",
    "tabel",
    order=37,
    also=(
        "staff.satu_tabel",
        "staff.sel_tabel",
        "staff.cabut_tabel",
        "staff.pernyataan_tabel",
        "staff.isi_tabel",
        "staff.simpan_tabel",
        "staff.unggah_tabel",
        "staff.baca_tabel",
        "staff.catat_tabel",
    ),
)


@dataclass(frozen=True)
class Listed:
    """A kind in the list: its newest period, how many desa that has, when it was last stated."""

    kind: FigureKind
    years: list[int]
    newest: Figure | None
    stating: int
    last: Figure | None


def kind_of(tabel: str) -> FigureKind:
    """The kind that an address names."""
    return FIGURE_KINDS.get(tabel) or abort(404)


def names_of_period(kind: FigureKind, tahun: int, periode: int) -> str:
    """A period in words."""
    return f"{period_name(kind, periode)} {tahun}"


@blueprint.get("/tabel")
@needs(Need.FIGURES)
def tabel() -> str:
    """All kinds, and how far each is stated."""
    with services().databases.reader.connect() as tx:
        names = desa_queries.names(tx, scope())
        figures = read_figures(tx, scope())
    return render_template(
        "tabel.html",
        listed=[_listed(it, figures) for it in FIGURE_KINDS.values()],
        names=names,
        period=names_of_period,
    )


def _listed(kind: FigureKind, figures: list[Figure]) -> Listed:
    of = [it for it in figures if it.jenis == kind.name]
    newest = max(of, key=lambda it: (it.tahun, it.periode), default=None)
    period = newest and (newest.tahun, newest.periode)
    return Listed(
        kind,
        sorted({it.tahun for it in of}),
        newest,
        len({it.kode_desa for it in of if (it.tahun, it.periode) == period}),
        max(of, key=lambda it: it.at, default=None),
    )


@blueprint.get("/tabel/<tabel>")
@needs(Need.FIGURES)
def satu_tabel(tabel: str) -> str | Response:
    """A kind's figures of a year, desa by period, and over the years."""
    kind = kind_of(tabel)
    with services().databases.reader.connect() as tx:
        names = desa_queries.names(tx, scope())
        figures = read_figures(tx, scope(), kind.name)
    years = sorted({it.tahun for it in figures if it.kode_desa in names})
    tahun = _year(years)
    series = series_of(kind)
    table = YearTable(kind, tahun, figures, names)
    if format_ := wanted():
        return download(_sheet(table, series), format_)
    shown = next((it for it in series if it.name == request.args.get("isi", series[0].name)), None)
    parts = parts_of_year(kind)
    of_year = {part: table.point(series, periods) for part, periods in parts.items()}
    over_years = {str(year): YearTable(kind, year, figures, names).point(series) for year in years}
    unit = "triwulan" if kind.period == "bulan" else "semester"
    return render_template(
        "satu_tabel.html",
        kind=kind,
        table=table,
        series=series,
        shown=shown or abort(404),
        years=sorted({*years, tahun, this_day().year}, reverse=True),
        charts=[
            *charts_of(f"Per {unit} tahun {tahun}", series, of_year),
            *charts_of("Dari tahun ke tahun", series, over_years),
        ],
        figure=figure,
        short=period_short,
        period=names_of_period,
        begun=lambda periode: kind.begins(tahun, periode) <= this_day(),
        link=lambda **changed: kept_link("staff.satu_tabel", tabel=kind.name, **changed),
    )


def _year(years: list[int]) -> int:
    """The year that the address names, else the newest that was stated, else this one."""
    text = request.args.get("tahun", "")
    if not text:
        return years[-1] if years else this_day().year
    known = {str(it): it for it in range(FIRST_YEAR, this_day().year + 1)}
    return known.get(text) or abort(404)


def _sheet(table: YearTable, series: list[Series]) -> Sheet:
    """Every statement of the year that stands, and the year of all together."""
    kind = table.kind
    by_detail = ["Penyakit"] if kind.details else []
    columns = ["Kode desa", "Desa", "Tahun", kind.period.capitalize(), *by_detail,
               *(it.label for it in kind.columns), "Dicatat", "Log kantor ke-"]  # fmt: skip
    rows: list[list[Cell]] = []
    for it in table.figures:
        detail = [kind.details[it.rincian]] if kind.details else []
        at = services().day_of(it.at)
        rows.append(
            [it.kode_desa, table.names[it.kode_desa], it.tahun, it.periode, *detail,
             *(it.angka.get(column.name) for column in kind.columns), at, it.office_position]
        )  # fmt: skip
    totals = [table.total(it) for it in series if it.rincian is None]
    detail = ["semua"] if kind.details else []
    rows.append([None, table.foot, table.tahun, None, *detail, *totals, None, None])
    about = [
        f"{office_name()} · {len(table.names)} desa, tahun {table.tahun}, dalam {kind.unit}",
        f"{table.foot} setahun: {kind.makes.value} tiap desa",
        f"{SOURCE}; dibaca {fmt.day(this_day())}",
    ]
    return Sheet(f"{kind.name}-{table.tahun}-{scope()}", kind.title, columns, rows, about)


@blueprint.get("/tabel/<tabel>/templat")
@needs(Need.FIGURES)
def templat_tabel(tabel: str) -> Response:
    """An empty file of a kind, with OpenDK's heads and a row for each desa."""
    kind = kind_of(tabel)
    with services().databases.reader.connect() as tx:
        names = desa_queries.names(tx, scope())
    columns = ["desa_id", "nama_desa", *kind.keys[1:], *(it.name for it in kind.columns)]
    rows = [[kode, nama, *([""] * (len(columns) - 2))] for kode, nama in names.items()]
    return export.template(f"templat-{kind.name}", columns, rows, wanted() or "xlsx")


@blueprint.get("/desa/<kode>/tabel/<tabel>/<int:tahun>/<int:periode>")
@needs(Need.FIGURES)
def sel_tabel(kode: str, tabel: str, tahun: int, periode: int) -> str:
    """What the office states of a desa and period, and everything that it stated before."""
    return cell_page(kode, tabel, tahun, periode)


def cell_page(kode: str, tabel: str, tahun: int, periode: int, error: str = "") -> str:
    """The page of a desa's period; `error` is why a withdrawal was not taken."""
    kind = kind_of(tabel)
    years = range(FIRST_YEAR, this_day().year + 1)
    with services().databases.reader.connect() as tx:
        desa = village_of(tx, kode)
        if tahun not in years or periode not in kind.periods:
            abort(404)
        acts = read_figure_acts(tx, kode, kind.name, tahun, periode)
        known = figures_known(tx)
    newest = {it.rincian: it for it in reversed(acts)}
    return render_template(
        "sel_tabel.html",
        kind=kind,
        desa=desa,
        tahun=tahun,
        periode=periode,
        period=names_of_period(kind, tahun, periode),
        standing=[it for _, it in sorted(newest.items()) if it.act != CABUT_ANGKA],
        acts=acts,
        before=_before(acts),
        begun=kind.begins(tahun, periode) <= this_day(),
        figure=figure,
        reasons=WITHDRAWALS,
        known=known,
        error=error,
    )


def _before(acts: list[Figure]) -> Mapping[Any, Figure | None]:
    """What stood before each act, by the act's id; None where nothing did."""
    found: dict[Any, Figure | None] = {}
    last: dict[int, Figure | None] = {}
    for it in reversed(acts):
        found[it.id] = last.get(it.rincian)
        last[it.rincian] = None if it.act == CABUT_ANGKA else it
    return found


@blueprint.get("/tabel/pernyataan/<int:position>")
@needs(Need.FIGURES)
def pernyataan_tabel(position: int) -> str:
    """A batch of the office's log that states figures: who, when, and its very lines."""
    office = services().ledger.office
    with services().databases.reader.connect() as tx:
        names = desa_queries.names(tx, scope())
        rows = [it for it in read_figure_batch(tx, scope(), position) if it.kode_desa in names]
        if not rows:
            abort(404)
        entry = read_entry(tx, office.kode, position)
    pages = -(-len(rows) // PER_PAGE)
    page = page_asked(pages)
    shown = rows[(page - 1) * PER_PAGE : page * PER_PAGE]
    lines = dict(enumerate(entry.lines(), start=1))
    return render_template(
        "pernyataan_tabel.html",
        kind=FIGURE_KINDS[rows[0].jenis],
        position=position,
        rows=shown,
        total=len(rows),
        first=rows[0],
        names=names,
        lines={it.line: lines[it.line].decode() for it in shown},
        period=names_of_period,
        figure=figure,
        reasons=WITHDRAWALS,
        log=office.log_name(office.kode),
        office_kode=office.kode,
        page=page,
        pages=pages,
        link=lambda **changed: url_for("staff.pernyataan_tabel", position=position, **changed),
    )
