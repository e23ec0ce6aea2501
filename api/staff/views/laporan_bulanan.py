"""The monthly report of people and families: of a village, and of the region."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date
from typing import Final

from flask import Response, abort, render_template, request
from markupsafe import Markup

from api import format as fmt
from api.auth import needs
from api.context import services
from api.export import Cell, Sheet, download, wanted
from api.permissions import Need
from api.staff import menu
from api.staff.cetak import village_head
from api.staff.views.frame import (
    Said,
    as_of_request,
    blueprint,
    kept_link,
    today,
    village_of,
)
from api.staff.views.numbers import Links
from api.staff.views.region import region_of
from api.staff.views.rincian import narrowed
from api.staff.views.shown import notes, office_name
from projections.mutasi import PINDAH
from projections.queries import desa as desa_queries
from projections.queries import mutasi as mutasi_queries
from projections.queries.laporan_bulanan import (
    COLUMNS,
    MOVED,
    WORDS,
    Line,
    Report,
    lines,
    moves,
    reports,
)

_MOST_NAMED: Final = 6
"""Months with an odd date that the report names, before it only counts them."""
_UNSTATED: Final = ("Tanpa jenis kelamin", "KK, kepala tanpa jenis kelamin")
READ_MODELS: Final = ("mutasi", "mutasi_keluarga")
"""What the report is made from."""
_NO_SEX: Final = "0"
_SEXES: Final = {"L": "Jml L", "P": "Jml P", "Jml": "L+P"}
"""The columns of a recap, and which of the report they are."""

menu.office("staff.laporan_bulanan_wilayah", "Laporan bulanan", "laporan", order=40)
menu.village(
    "staff.laporan_bulanan", "Laporan bulanan", "laporan", order=40, also=("staff.rincian_bulan",)
)


class _Months:
    """Links from the numbers of a desa's month to whom they count."""

    def __init__(self, kode: str, bulan: date, past: Said) -> None:
        facts = {"kode": kode, "bulan": f"{bulan:%Y-%m}", **past}
        self._links = {
            baris: Links("staff.rincian_bulan", jenis=baris, **facts) for baris in (*WORDS, PINDAH)
        }

    def number(self, count: int, baris: str, said: Iterable[tuple[str, str]] = ()) -> Markup:
        """A number of a row, as a link."""
        return self._links[baris].to(_drawn(count), count, list(said))

    def cell(self, line: Line, column: str) -> Markup:
        """A number of the report, as a link."""
        of = COLUMNS[column]
        said = [("apa", "keluarga")] if of.families else []
        said += [("wna", str(int(of.wna)))] if of.wna is not None else []
        said += [("sex", str(of.sex))] if of.sex is not None else []
        said += [("ref", str(line.ref))] if line.ref is not None else []
        return self.number(line.cells[column], line.baris, said)

    def unstated(self, line: Line) -> Markup:
        """How many of a row state no sex."""
        return self.number(line.unstated, line.baris, [("sex", _NO_SEX)])

    def unstated_heads(self, line: Line) -> Markup:
        """How many families of a row have a head who states no sex."""
        said = [("apa", "keluarga"), ("sex", _NO_SEX)]
        return self.number(line.unstated_heads, line.baris, said)


def _drawn(count: int) -> Markup:
    """A number as the report has it: what is 0 is a stroke."""
    return Markup(fmt.number(count) if count else "-")  # noqa: S704  # digits


@blueprint.get("/desa/<kode>/laporan-bulanan")
@needs(Need.REPORTS)
def laporan_bulanan(kode: str) -> str | Response:
    """The monthly account of a village, as the report prints it."""
    with services().databases.reader.connect() as tx:
        village = village_of(tx, kode)
        as_of = as_of_request(tx, village, READ_MODELS)
        months = reports(tx, kode, today(as_of), as_of.batch)
        beyond = mutasi_queries.beyond(tx, kode, today(as_of), as_of.batch)
        head = village_head(tx, kode, as_of.batch)
    chosen = request.args.get("bulan", "")
    month = next((it for it in months if f"{it.bulan:%Y-%m}" == chosen), None)
    if chosen and month is None:
        abort(404)
    month = month or (months[-1] if months else None)
    shown = [month] if month else []
    concluded = _concluded(shown)
    if format_ := wanted():
        about = notes(office_name(), f"Desa {village.nama}", as_of.words, today(as_of))
        bulan = month.bulan if month else today(as_of).replace(day=1)
        return download(_sheet(shown, kode, bulan, [*about, *concluded]), format_)
    return render_template(
        "laporan_bulanan.html",
        village=village,
        as_of=as_of,
        months=months,
        month=month,
        beyond={
            "sebelum": [it for it in beyond if not it.later],
            "sesudah": [it for it in beyond if it.later],
        },
        earliest=mutasi_queries.EARLIEST,
        named=_MOST_NAMED,
        lines=lines(shown),
        moves=moves(shown),
        concluded=concluded,
        columns=tuple(COLUMNS),
        moved=MOVED,
        links=_Months(kode, month.bulan, as_of.said) if month else None,
        kepala=head,
        link=lambda **changed: narrowed("staff.laporan_bulanan", kode=kode, **changed),
    )


def _concluded(months: Collection[Report]) -> list[str]:
    """What a report must say of itself when some of its events were concluded, not stated."""
    people = sum(it.people.turunan for it in months)
    families = sum(it.families.turunan for it in months)
    counts = [f"{fmt.number(people)} orang"] if people else []
    counts += [f"{fmt.number(families)} keluarga"] if families else []
    if not counts:
        return []
    said = "terhitung tanpa peristiwa yang dinyatakan desa"
    return [f"Turunan: {' dan '.join(counts)} {said}, disimpulkan dari perubahan data penduduk."]


@blueprint.get("/laporan-bulanan")
@needs(Need.REPORTS)
def laporan_bulanan_wilayah() -> str | Response:
    """The monthly account of the account's region: together, and desa by desa."""
    with services().databases.reader.connect() as tx:
        region = region_of(tx, READ_MODELS)
        names = desa_queries.names(tx, region.kode)
        accounts = {
            it.kode_desa: {
                month.bulan: month for month in reports(tx, it.kode_desa, region.day, it.batch)
            }
            for it in region.places
            if it.batch
        }
    months = sorted({bulan for own in accounts.values() for bulan in own})
    chosen = request.args.get("bulan", "")
    bulan = next((it for it in months if f"{it:%Y-%m}" == chosen), None)
    if chosen and bulan is None:
        abort(404)
    bulan = bulan or (months[-1] if months else region.day.replace(day=1))
    there = {kode: own[bulan] for kode, own in accounts.items() if bulan in own}
    shown = list(there.values())
    if format_ := wanted():
        about = notes(office_name(), f"{len(there)} desa", fmt.day(region.day), region.day)
        about += _concluded(there.values())
        return download(_recap(there, names, region.kode, bulan, about), format_)
    return render_template(
        "laporan_bulanan_wilayah.html",
        region=region,
        names=names,
        months=months,
        bulan=bulan,
        lines=lines(shown),
        words=WORDS,
        moves=moves(shown),
        cell=lambda line, column: _drawn(line.cells[column]),
        unstated=lambda line: _drawn(line.unstated),
        unstated_heads=lambda line: _drawn(line.unstated_heads),
        concluded=_concluded(there.values()),
        columns=tuple(COLUMNS),
        moved=MOVED,
        by_desa={kode: {it.baris: it for it in lines([own])} for kode, own in there.items()},
        links={kode: _Months(kode, bulan, region.said) for kode in there},
        silent=[kode for kode in names if kode not in there],
        link=lambda **changed: kept_link("staff.laporan_bulanan_wilayah", **changed),
    )


def _sheet(months: Sequence[Report], kode: str, bulan: date, about: list[str]) -> Sheet:
    columns = ("No", "Perincian", *COLUMNS, *_UNSTATED)
    name = f"laporan-bulanan-{kode}-{bulan:%Y-%m}"
    return Sheet(name, f"Laporan Bulanan {fmt.month(bulan)}", columns, _rows(months), about)


def _rows(months: Sequence[Report]) -> list[list[Cell]]:
    """The rows of the report, and under them those that tell how far people moved."""
    return [
        [it.number, it.words, *it.cells.values(), it.unstated, it.unstated_heads]
        for it in (*lines(months), *moves(months))
    ]


def _recap(
    there: Mapping[str, Report],
    names: Mapping[str, str],
    kode: str,
    bulan: date,
    about: list[str],
) -> Sheet:
    """A row for each desa, and one for all together: people by sex in each row of the report."""
    heads = [f"{words} {sex}" for words in WORDS.values() for sex in _SEXES]
    columns = ("No", "Kode", "Desa", *heads, *(f"KK akhir {sex}" for sex in _SEXES), "Ket")
    rows: list[list[Cell]] = []
    for at, (code, nama) in enumerate(names.items(), start=1):
        if code in there:
            own = [there[code]]
            rows.append([at, code, nama, *_recapped(own), "turunan" if _concluded(own) else ""])
        else:
            rows.append([at, code, nama, *[None] * (len(columns) - 4), "belum ada data"])
    rows.append([None, kode, "JUMLAH", *_recapped(list(there.values())), ""])
    name = f"rekap-laporan-bulanan-{kode}-{bulan:%Y-%m}"
    return Sheet(name, f"Rekap Laporan Bulanan {fmt.month(bulan)}", columns, rows, about)


def _recapped(months: Sequence[Report]) -> list[Cell]:
    cells = {it.baris: it.cells for it in lines(months)}
    people = [
        cells[it][column] if it in cells else 0 for it in WORDS for column in _SEXES.values()
    ]
    return [*people, *(cells["akhir"][f"KK {it.split()[-1]}"] for it in _SEXES.values())]
