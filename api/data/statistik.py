"""The statistics of pages, for programs: which there are, and each with its categories and counts.

They are those of the pages, counted the same way: of a desa or a region, as of a batch or a day,
and part by part. Nobody is named.
"""

from collections.abc import Mapping
from typing import Any, ClassVar, Final

from flask import Response
from flask.views import MethodView
from flask_smorest import abort

from api.auth import known_account, needs
from api.context import services
from api.data.asked import (
    RESPONSES,
    as_of,
    blueprint,
    check_day,
    check_members,
    day_asked,
    is_desa,
    places_asked,
    refuse,
    wait_asked,
)
from api.export import Cell, Sheet, download
from api.permissions import Need
from api.schemas import DataStatisticQuerySchema, StatisticSchema, StatisticsSchema
from projections.queries import statistik
from projections.queries.statistik import Count, Table
from projections.statistik import STATISTICS, Category

_MEMBERS: Final = frozenset(DataStatisticQuerySchema().fields)
_FEET: Final = ("jumlah", "belum_mengisi", "total")
_COLUMNS: Final = ("kode", "nilai", "judul", "jumlah", "laki_laki", "perempuan")


@blueprint.route("/statistik")
class Statistics(MethodView):
    """The catalogue of statistics."""

    decorators: ClassVar = [needs(Need.FIGURES, basic=True)]

    @blueprint.doc(
        responses={it: RESPONSES[it] for it in ("401", "403", "429")}, security=[{"basic": []}]
    )
    @blueprint.response(200, StatisticsSchema)
    def get(self) -> dict[str, Any]:
        """Statistik yang ada, dan kelompoknya."""
        return {
            "items": [
                {
                    "nama": it.name,
                    "judul": it.title,
                    "opensid": it.opensid,
                    "kelompok": [_category(category) for category in it.categories],
                }
                for it in STATISTICS.values()
            ]
        }


@blueprint.route("/statistik/<nama>")
class OneStatistic(MethodView):
    """A statistic of a region."""

    decorators: ClassVar = [needs(Need.FIGURES, basic=True)]

    @blueprint.doc(responses=RESPONSES, security=[{"basic": []}])
    @blueprint.arguments(DataStatisticQuerySchema, location="query")
    @blueprint.response(200, StatisticSchema)
    def get(self, query: dict[str, Any], nama: str) -> Response | dict[str, Any]:
        """Satu statistik: jumlah, laki-laki, dan perempuan setiap kelompok."""
        account = known_account()
        if nama not in STATISTICS:
            abort(404)
        check_members(_MEMBERS)
        by = query.get("rinci")
        if by == "dusun" and not is_desa(query.get("desa") or account.scope):
            refuse({"rinci": ["Menurut dusun hanya untuk satu desa."]})
        check_day(query)
        of = statistik.read_models(nama)
        wait_asked(of, account, query)
        where = places_asked(of, account, query)
        with services().databases.reader.connect() as tx:
            day = day_asked(tx, query, where)
            if by is None:
                parts: Mapping[str, Table] = {}
                table = statistik.table(tx, nama, where, day)
            else:
                parts = statistik.tables(tx, nama, where, day, by)
                table = statistik.whole(nama, parts.values())
        if query["format"] == "csv":
            rows = _rows({"": table} if by is None else parts)
            title = table.statistic.title
            return download(Sheet(f"statistik-{nama}", title, _COLUMNS, rows), "csv")
        return {
            "nama": nama,
            "judul": table.statistic.title,
            "tanggal": day,
            **_told(table),
            "bagian": [{"kode": kode, **_told(it)} for kode, it in parts.items()],
            "per": as_of(where),
        }


def _told(table: Table) -> dict[str, Any]:
    lines = [{**_category(it.category), **_counts(it.count)} for it in table.lines]
    return {"kelompok": lines, **{foot: _counts(getattr(table, foot)) for foot in _FEET}}


def _category(category: Category) -> dict[str, str]:
    return {"nilai": category.value, "judul": category.label}


def _counts(count: Count) -> dict[str, int]:
    return {
        "jumlah": count.jumlah, "laki_laki": count.laki_laki, "perempuan": count.perempuan,
    }  # fmt: skip


def _rows(parts: Mapping[str, Table]) -> list[list[Cell]]:
    """A row for each category of each part, and what stands under them in reports."""
    rows: list[list[Cell]] = []
    for part, table in parts.items():
        rows += [[part, *it.category, *_counts(it.count).values()] for it in table.lines]
        for foot in _FEET:
            words = foot.replace("_", " ").upper()
            rows.append([part, "", words, *_counts(getattr(table, foot)).values()])
    return rows
