"""What a village's statements come to: statistics, alone and of the region."""

from calendar import monthrange
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any, Final, Literal

from flask import Response, abort, render_template, request

from api import format as fmt
from api.auth import needs
from api.context import services
from api.export import download, wanted
from api.permissions import Need
from api.staff import menu
from api.staff.views.frame import (
    as_of_request,
    blueprint,
    kept_link,
    this_day,
    today,
    village_of,
)
from api.staff.views.numbers import Numbers, region_numbers
from api.staff.views.region import (
    named_day,
    region_of,
)
from api.staff.views.rincian import counted
from api.staff.views.shown import Shown, Trend, notes, office_name
from projections.queries import dasbor as dasbor_queries
from projections.queries import desa as desa_queries
from projections.queries import indikator as indikator_queries
from projections.queries import statistik as statistik_queries
from projections.queries.indikator import Indicator
from projections.queries.penduduk import FACETS
from projections.queries.rincian import source
from projections.queries.statistik import Place, read_models
from projections.statistik import STATISTICS, Counted, Source

_FIRST: Final = "agama"
_YEAR: Final = 12
_BY_MONTH: Final = "bulanan"
"""What the address says to have what takes long counted, and which table it wants as a file."""

menu.office(
    "staff.statistik_wilayah",
    "Statistik",
    "grafik",
    order=30,
    also=("staff.rincian_statistik_wilayah",),
)
menu.village("staff.statistik", "Statistik", "grafik", order=30, also=("staff.rincian_statistik",))


@blueprint.get("/desa/<kode>/statistik")
@needs(Need.FIGURES)
def statistik(kode: str) -> str | Response:
    """One statistic of a village, by dusun, over time, and the ratios."""
    name = _name()
    with services().databases.reader.connect() as tx:
        village = village_of(tx, kode)
        as_of = as_of_request(tx, village, read_models(name))
        where, day = [Place(kode, as_of.batch)], today(as_of)
        begun = dasbor_queries.begun(tx, kode)
        against_on = named_day("banding", services().day_of(begun) if begun else None)
        shown = _shown(tx, name, where, day, kode, against_on, "dusun")
        parts = {it: it or "(tanpa dusun)" for it in shown.parts}
        trend = _trend(tx, name, where, day, kode)
        if format_ := wanted():
            about = notes(office_name(), f"Desa {village.nama}", as_of.words, day)
            return _file(format_, f"statistik-{name}-{kode}", about, shown, parts, trend)
        indicators = _indicators(tx, name, where, day, shown)
    angka = Numbers(name, "staff.rincian_statistik", "dusun", kode=kode, **as_of.said)
    return render_template(
        "statistik.html",
        village=village,
        as_of=as_of,
        shown=shown,
        parts=parts,
        trend=trend,
        at=_at(name, kode, day, angka, trend),
        indicators=indicators,
        statistics=STATISTICS,
        counted=counted(name),
        facet=_facet(name),
        angka=angka,
        dulu=_then(name, kode, against_on),
        first=services().day_of(begun) if begun else None,
        yesterday=this_day() - timedelta(days=1),
        link=lambda **changed: kept_link("staff.statistik", kode=kode, **changed),
    )


@blueprint.get("/statistik")
@needs(Need.FIGURES)
def statistik_wilayah() -> str | Response:
    """One statistic of the account's region: together, desa by desa, and over time."""
    name = _name()
    with services().databases.reader.connect() as tx:
        region = region_of(tx, read_models(name))
        villages = desa_queries.names(tx, region.kode)
        against_on = named_day("banding", region.first)
        shown = _shown(tx, name, region.places, region.day, region.kode, against_on, "desa")
        trend = _trend(tx, name, region.places, region.day, region.kode)
        if format_ := wanted():
            day = fmt.day(region.day)
            about = notes(office_name(), f"{len(villages)} desa", day, region.day)
            file = f"statistik-{name}-{region.kode}"
            return _file(format_, file, about, shown, villages, trend)
        indicators = _indicators(tx, name, region.places, region.day, shown)
    angka = region_numbers(name, region)
    return render_template(
        "statistik_wilayah.html",
        region=region,
        names=villages,
        shown=shown,
        trend=trend,
        at=_at(name, region.kode, region.day, angka, trend),
        indicators=indicators,
        statistics=STATISTICS,
        counted=counted(name),
        angka=angka,
        dulu=_then(name, region.kode, against_on),
        yesterday=this_day() - timedelta(days=1),
        link=lambda **changed: kept_link("staff.statistik_wilayah", **changed),
    )


def _indicators(
    tx: Any,  # noqa: ANN401  # a connection
    name: str,
    where: Sequence[Place],
    day: date,
    shown: Shown,
) -> Sequence[Indicator]:
    """The ratios of the people, beside statistics of them; none beside those of other rows."""
    if source(STATISTICS[name]) not in {Source.PENDUDUK, Source.KELUARGA}:
        return ()
    return indikator_queries.indicators(tx, where, day, {name: shown.table})


def _then(name: str, wilayah: str, day: date | None) -> Numbers:
    """The numbers of a region as of another day."""
    return Numbers(name, "staff.rincian_statistik_wilayah", wilayah=wilayah, tanggal=day)


def _trend(
    tx: Any,  # noqa: ANN401  # a connection
    name: str,
    where: Sequence[Place],
    day: date,
    scope: str,
) -> Trend | None:
    """How a statistic came about; None for one that takes long, unless the address asks for it."""
    statistic = STATISTICS[name]
    if isinstance(statistic, Counted):
        zone = services().settings.zone
        return Trend(statistic, statistik_queries.monthly(tx, name, where, zone))
    if _BY_MONTH not in request.args:
        return None
    ends = [day]
    for _ in range(_YEAR):
        ends.insert(0, ends[0].replace(day=1) - timedelta(days=1))
    then = [(it, _places(tx, name, scope, it)) for it in ends[:-1]]
    return Trend(statistic, statistik_queries.month_by_month(tx, name, [*then, (day, where)]))


def _places(tx: Any, name: str, scope: str, day: date) -> list[Place]:  # noqa: ANN401
    """The desa of a scope at the end of a day, as far as a statistic knows them."""
    return statistik_queries.places(tx, scope, services().end_of(day), read_models(name))


def _at(name: str, scope: str, day: date, now: Numbers, trend: Trend | None) -> list[Numbers]:
    """The numbers of each month; those of the month of the day are as of the page itself."""
    months = [it.bulan for it in trend.months] if trend else []
    return [
        now if it == day.replace(day=1) else _then(name, scope, _last_day(it)) for it in months
    ]


def _last_day(bulan: date) -> date:
    return bulan.replace(day=monthrange(bulan.year, bulan.month)[1])


def _file(
    format_: str,
    name: str,
    about: list[str],
    shown: Shown,
    part_names: Mapping[str, str],
    trend: Trend | None,
) -> Response:
    """The table of the page, or the one of its months."""
    if trend and request.args.get("isi") == _BY_MONTH:
        return download(trend.sheet(f"{name}-{_BY_MONTH}", about), format_)
    return download(shown.sheet(name, about, part_names), format_)


def _name() -> str:
    """The statistic that the address names."""
    name = request.args.get("nama", _FIRST)
    return name if name in STATISTICS else abort(404)


def _shown(
    tx: Any,  # noqa: ANN401  # a connection
    name: str,
    where: Sequence[Place],
    day: date,
    scope: str,
    against_on: date | None,
    by: Literal["desa", "dusun"],
) -> Shown:
    against = None
    if against_on:
        then = _places(tx, name, scope, against_on)
        against = statistik_queries.table(tx, name, then, against_on)
    parts = statistik_queries.tables(tx, name, where, day, by)
    return Shown(
        statistik_queries.whole(name, parts.values()),
        day,
        "semua" in request.args,
        against,
        against_on,
        parts,
    )


def _facet(name: str) -> str | None:
    """The facet of the list of people whose values a statistic counts, if there is one."""
    statistic = STATISTICS[name]
    return statistic.category if statistic.category in FACETS else None
