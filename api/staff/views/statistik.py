"""What a village's statements come to: statistics, the monthly account, and their quality."""

from collections import Counter
from datetime import date
from typing import Any, Final

from flask import abort, render_template, request, url_for

from api.auth import needs
from api.context import services
from api.permissions import Need
from api.staff import menu
from api.staff.views.frame import PER_PAGE, as_of_request, blueprint, today, village_of
from projections.queries import catatan as catatan_queries
from projections.queries import indikator as indikator_queries
from projections.queries import mutasi as mutasi_queries
from projections.queries import mutu as mutu_queries
from projections.queries import statistik as statistik_queries
from projections.queries.mutasi import Month
from projections.queries.mutu import KindCount
from projections.queries.statistik import Place
from projections.statistik import STATISTICS

_FIRST: Final = "agama"
ROWS: Final = (
    ("1", "Penduduk awal bulan ini", ("awal", "saldo_awal")),
    ("2", "Kelahiran bulan ini", ("lahir",)),
    ("3", "Kematian bulan ini", ("mati",)),
    ("4", "Pendatang bulan ini", ("datang",)),
    ("5", "Pindah/pergi bulan ini", ("pindah", "pergi")),
    ("6", "Penduduk hilang bulan ini", ("hilang",)),
    ("", "Koreksi data bulan ini", ("koreksi",)),
    ("7", "Penduduk akhir bulan ini", ("akhir",)),
)
"""The rows of the report, and what of the account stands in each."""
_MANY: Final = 20
"""Of a statistic with more categories than this, those without people are left out at first."""
SEVERITIES: Final = {"severe": "berat", "warning": "peringatan", "notice": "catatan"}

menu.village("staff.statistik", "Statistik", "grafik", order=30)
menu.village(
    "staff.laporan_bulanan", "Laporan bulanan", "laporan", order=40, also=("staff.rincian_bulan",)
)
menu.village("staff.mutu", "Mutu data", "hati", order=50, also=("staff.satu_mutu",))


@blueprint.get("/desa/<kode>/statistik")
@needs(Need.FIGURES)
def statistik(kode: str) -> str:
    """One statistic of a village, and the ratios."""
    name = request.args.get("nama", _FIRST)
    if name not in STATISTICS:
        abort(404)
    with services().databases.reader.connect() as tx:
        village = village_of(tx, kode)
        as_of = as_of_request(tx, village)
        where, day = [Place(kode, as_of.batch)], today(as_of)
        table = statistik_queries.table(tx, name, where, day)
        months = mutasi_queries.account(tx, kode, day, as_of.batch)
        indicators = [
            *indikator_queries.indicators(tx, where, day),
            *indikator_queries.rates([it for it in months if it.bulan <= day]),
        ]
    lines = list(enumerate(table.lines, start=1))
    if len(lines) > _MANY and "semua" not in request.args:
        lines = [(number, line) for number, line in lines if line.count.jumlah]
    return render_template(
        "statistik.html",
        village=village,
        as_of=as_of,
        day_=day,
        table=table,
        lines=lines,
        hidden=len(table.lines) - len(lines),
        longest=max((line.count.jumlah for _, line in lines), default=0),
        indicators=indicators,
        statistics=STATISTICS,
        link=lambda **changed: _link("staff.statistik", kode, **changed),
    )


@blueprint.get("/desa/<kode>/laporan-bulanan")
@needs(Need.REPORTS)
def laporan_bulanan(kode: str) -> str:
    """The monthly account of a village, as the report prints it."""
    with services().databases.reader.connect() as tx:
        village = village_of(tx, kode)
        as_of = as_of_request(tx, village)
        months = mutasi_queries.account(tx, kode, today(as_of), as_of.batch)
    chosen = request.args.get("bulan", "")
    month = next((it for it in months if f"{it.bulan:%Y-%m}" == chosen), None)
    if chosen and month is None:
        abort(404)
    month = month or (months[-1] if months else None)
    return render_template(
        "laporan_bulanan.html",
        village=village,
        as_of=as_of,
        months=months,
        month=month,
        rows=_rows(month) if month else [],
        link=lambda **changed: _link("staff.laporan_bulanan", kode, **changed),
    )


def _rows(month: Month) -> list[dict[str, Any]]:
    """The report's rows: counts of WNI and WNA by sex, and together."""
    parts = {"awal": month.awal, "akhir": month.akhir, **month.flows}
    found = []
    for number, words, names in ROWS:
        counts: Counter[tuple[bool, int | None]] = Counter()
        for name in names:
            for kind, count in parts[name].items():
                counts[kind.wna, kind.sex] += count
        cells = [counts[wna, sex] for wna in (False, True) for sex in (1, 2)]
        both = [counts[False, sex] + counts[True, sex] for sex in (1, 2)]
        total = sum(counts.values())
        if number or any(counts.values()):
            found.append(
                {"number": number, "words": words, "cells": [*cells, *both, total],
                 "jenis": names[-1]},
            )  # fmt: skip
    return found


@blueprint.get("/desa/<kode>/laporan-bulanan/<bulan>/<jenis>")
@needs(Need.PEOPLE)
def rincian_bulan(kode: str, bulan: str, jenis: str) -> str:
    """The people behind a number of the monthly account."""
    if jenis not in mutasi_queries.FLOWS:
        abort(404)
    try:
        month = date.fromisoformat(f"{bulan}-01")
    except ValueError:
        abort(404)
    with services().databases.reader.connect() as tx:
        village = village_of(tx, kode)
        as_of = as_of_request(tx, village)
        found = mutasi_queries.rows(tx, kode, month, jenis, as_of.batch)
    return render_template(
        "rincian_bulan.html", village=village, as_of=as_of, bulan=month, jenis=jenis, rows=found
    )


@blueprint.get("/desa/<kode>/mutu")
@needs(Need.FIGURES)
def mutu(kode: str) -> str:
    """What seems wrong with a village's statements, kind by kind."""
    with services().databases.reader.connect() as tx:
        village = village_of(tx, kode)
        as_of = as_of_request(tx, village)
        kinds = [
            *mutu_queries.kinds(tx, kode, as_of.batch),
            *mutu_queries.across(tx, kode, today(as_of), as_of.batch),
        ]
        kinds.sort(key=lambda it: list(SEVERITIES).index(it.severity))
        shared = mutu_queries.sharing_nik(tx, kode, as_of.batch)
        headless = mutu_queries.headless(tx, kode, as_of.batch)
    return render_template(
        "mutu.html",
        village=village,
        as_of=as_of,
        kinds=kinds,
        shared=shared,
        headless=headless,
        severities=SEVERITIES,
        link=lambda **changed: _link("staff.mutu", kode, **changed),
    )


@blueprint.get("/desa/<kode>/mutu/<entity>/<code>")
@needs(Need.PEOPLE)
def satu_mutu(kode: str, entity: str, code: str) -> str:
    """The records of one kind of finding."""
    field, after = request.args.get("kolom", ""), request.args.get("setelah", "")
    with services().databases.reader.connect() as tx:
        village = village_of(tx, kode)
        as_of = as_of_request(tx, village)
        kind = KindCount("", entity, code, field, 0, "")
        found = mutu_queries.records(
            tx, kode, kind, as_of=as_of.batch, on=today(as_of), after=after, limit=PER_PAGE
        )
        names = catatan_queries.names(tx, entity, kode, [it.id for it in found])
    if not found:
        abort(404)
    return render_template(
        "satu_mutu.html",
        village=village,
        as_of=as_of,
        found=found,
        names=names,
        severities=SEVERITIES,
        more=found[-1].id if len(found) == PER_PAGE else None,
        field=field,
    )


def _link(endpoint: str, kode: str, **changed: object) -> str:
    """A link that keeps what the address says, but for what it changes."""
    merged: dict[str, Any] = {**request.args, **changed}
    return url_for(endpoint, kode=kode, **{k: v for k, v in merged.items() if v not in (None, "")})
