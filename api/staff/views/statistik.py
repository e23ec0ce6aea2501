"""What a village's statements come to: statistics, alone and of the region."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any, Final, Literal

from flask import Response, abort, render_template, request

from api import format as fmt
from api.auth import needs
from api.charts import lines
from api.context import services
from api.export import download, wanted
from api.permissions import Need
from api.staff import menu
from api.staff.views.frame import (
    as_of_request,
    blueprint,
    kept_link,
    today,
    village_of,
)
from api.staff.views.region import (
    named_day,
    region_of,
    this_day,
)
from api.staff.views.rincian import Numbers, counted, region_numbers
from api.staff.views.shown import Shown, notes, office_name
from projections.queries import dasbor as dasbor_queries
from projections.queries import desa as desa_queries
from projections.queries import indikator as indikator_queries
from projections.queries import mutasi as mutasi_queries
from projections.queries import statistik as statistik_queries
from projections.queries.penduduk import FACETS
from projections.queries.statistik import Place
from projections.statistik import STATISTICS

_FIRST: Final = "agama"

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
        as_of = as_of_request(tx, village)
        where, day = [Place(kode, as_of.batch)], today(as_of)
        begun = dasbor_queries.begun(tx, kode)
        against_on = named_day(
            "banding", begun.astimezone(services().zone).date() if begun else None
        )
        shown = _shown(tx, name, where, day, kode, against_on, "dusun")
        parts = {it: it or "(tanpa dusun)" for it in shown.parts}
        if format_ := wanted():
            as_of_words = f"kiriman ke-{as_of.batch}"
            about = notes(office_name(), f"Desa {village.nama}", as_of_words, day)
            return download(shown.sheet(f"statistik-{name}-{kode}", about, parts), format_)
        months = statistik_queries.monthly(tx, name, where, services().settings.zone)
        account = mutasi_queries.account(tx, kode, day, as_of.batch)
        indicators = [
            *indikator_queries.indicators(tx, where, day, {name: shown.table}),
            *indikator_queries.rates([it for it in account if it.bulan <= day]),
        ]
    return render_template(
        "statistik.html",
        village=village,
        as_of=as_of,
        shown=shown,
        parts=parts,
        months=months,
        chart=lines([it.counts for it in months]),
        indicators=indicators,
        statistics=STATISTICS,
        counted=counted(name),
        facet=_facet(name),
        angka=Numbers(name, "staff.rincian_statistik", "dusun", kode=kode, per=as_of.per),
        dulu=_then(name, kode, against_on),
        first=begun.astimezone(services().zone).date() if begun else None,
        yesterday=this_day() - timedelta(days=1),
        link=lambda **changed: kept_link("staff.statistik", kode=kode, **changed),
    )


@blueprint.get("/statistik")
@needs(Need.FIGURES)
def statistik_wilayah() -> str | Response:
    """One statistic of the account's region: together, desa by desa, and over time."""
    name = _name()
    with services().databases.reader.connect() as tx:
        region = region_of(tx)
        villages = desa_queries.names(tx, region.kode)
        against_on = named_day("banding", region.first)
        shown = _shown(tx, name, region.places, region.day, region.kode, against_on, "desa")
        if format_ := wanted():
            day = fmt.day(region.day)
            about = notes(office_name(), f"{len(villages)} desa", day, region.day)
            file = f"statistik-{name}-{region.kode}"
            return download(shown.sheet(file, about, villages), format_)
        months = statistik_queries.monthly(tx, name, region.places, services().settings.zone)
        known = {name: shown.table}
        indicators = indikator_queries.indicators(tx, region.places, region.day, known)
    return render_template(
        "statistik_wilayah.html",
        region=region,
        names=villages,
        shown=shown,
        months=months,
        chart=lines([it.counts for it in months]),
        indicators=indicators,
        statistics=STATISTICS,
        counted=counted(name),
        angka=region_numbers(name, region),
        dulu=_then(name, region.kode, against_on),
        yesterday=this_day() - timedelta(days=1),
        link=lambda **changed: kept_link("staff.statistik_wilayah", **changed),
    )


def _then(name: str, wilayah: str, day: date | None) -> Numbers:
    """The numbers of a region as of another day."""
    return Numbers(name, "staff.rincian_statistik_wilayah", wilayah=wilayah, tanggal=day)


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
        then = statistik_queries.places(tx, scope, services().end_of(against_on))
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
