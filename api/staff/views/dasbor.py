"""The first page: the region at a glance, as of any day, and where its numbers come from."""

from typing import Final

from flask import render_template, request

from api.auth import needs
from api.charts import pyramid, village_map
from api.context import services
from api.permissions import Need
from api.staff import menu
from api.staff.views.frame import blueprint, kept_link, state_of
from api.staff.views.numbers import region_numbers
from api.staff.views.region import region_of
from projections.queries import dasbor as dasbor_queries
from projections.queries import desa as desa_queries
from projections.queries import indikator as indikator_queries
from projections.queries import kiriman as kiriman_queries
from projections.queries import statistik as statistik_queries
from projections.queries.dasbor import Figures
from projections.statistik import STATISTICS

_FIRST: Final = "pendidikan-kk"
_RECEIVING: Final = ("bantuan-penduduk", "bantuan-keluarga")
"""Of the people and of the families, who receives aid."""
SOURCES: Final = {"penduduk": "penduduk", "keluarga": "keluarga"}
"""Whose numbers the page explains."""


menu.office("staff.dasbor", "Dasbor", "dasbor", order=10)


@blueprint.get("/")
@needs(Need.FIGURES)
def dasbor() -> str:
    """The dashboard of the account's region."""
    chosen = request.args.get("statistik", _FIRST)
    if chosen not in STATISTICS:
        chosen = _FIRST
    with services().databases.reader.connect() as tx:
        region = region_of(tx)
        villages = desa_queries.villages(tx, region.kode)
        figures = dasbor_queries.figures(tx, region.places)
        tables = statistik_queries.together(
            tx, {chosen, *_RECEIVING, *indikator_queries.BASES}, region.places, region.day
        )
        indicators = indikator_queries.indicators(tx, region.places, region.day, tables)
        borders = dasbor_queries.borders(tx, region.places)
        newest = [] if region.per else kiriman_queries.newest(tx, region.kode)
        asal = request.args.get("asal")
        evidence = dasbor_queries.evidence(tx, region.places) if asal in SOURCES else None
    ages = tables["umur"]
    angka = region_numbers(chosen, region)
    states = {it.kode_desa: state_of(it) for it in villages}
    return render_template(
        "dasbor.html",
        region=region,
        villages=villages,
        names={it.kode_desa: it.nama for it in villages},
        figures=figures,
        total=_together(figures),
        states=states,
        troubled=[it for it in states.values() if it.css != "s"],
        connected=sum(1 for it in region.places if it.batch),
        bars=pyramid(
            (it.category.label, it.count.laki_laki, it.count.perempuan) for it in ages.lines
        ),
        ages=ages,
        bands={it.label: it.value for it in STATISTICS["umur"].categories},
        angka=angka,
        umur=angka.of("umur"),
        sekalian=angka.of("jenis-kelamin"),
        kepala=angka.of("hubungan-kk"),
        chosen=tables[chosen],
        receiving=[(angka.of(it), tables[it].lines[0]) for it in _RECEIVING],
        indicators=indicators,
        drawing=village_map(
            # A desa that has nobody has not sent its people yet.
            borders,
            {kode: it.penduduk for kode, it in figures.items() if it.penduduk},
        ),
        newest=newest,
        statistics=STATISTICS,
        asal=asal,
        evidence=evidence,
        link=lambda **changed: kept_link("staff.dasbor", **changed),
        batches={it.kode_desa: it.batch for it in region.places},
    )


def _together(figures: dict[str, Figures]) -> Figures:
    rows = figures.values()
    return Figures(
        "",
        sum(it.penduduk for it in rows),
        sum(it.laki_laki for it in rows),
        sum(it.perempuan for it in rows),
        sum(it.keluarga for it in rows),
    )
