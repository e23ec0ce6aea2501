"""The monthly account of people and families, for programs: each month in the report's rows.

It is that of the pages: of a desa, or of all desa of a region together or one by one.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, ClassVar, Final, NamedTuple

from flask import Response
from flask.views import MethodView

from api.auth import known_account, needs
from api.context import services
from api.data.asked import (
    RESPONSES,
    as_of,
    blueprint,
    check_day,
    check_members,
    day_asked,
    places_asked,
    scope_asked,
    wait_asked,
)
from api.export import Cell, Sheet, download
from api.permissions import Need
from api.schemas import DataMutasiQuerySchema, MutasiSchema
from projections.mutasi import PINDAH
from projections.queries.laporan_bulanan import Line, Report, lines, moves, reports

_MEMBERS: Final = frozenset(DataMutasiQuerySchema().fields)
_OF: Final = ("mutasi", "mutasi_keluarga")
_COUNTS: Final = {
    "wni_l": "WNI L",
    "wni_p": "WNI P",
    "wna_l": "WNA L",
    "wna_p": "WNA P",
    "laki_laki": "Jml L",
    "perempuan": "Jml P",
    "jumlah": "L+P",
    "kk_l": "KK L",
    "kk_p": "KK P",
    "kk": "KK L+P",
}
"""What the columns of the report are called here."""


@blueprint.route("/mutasi")
class Mutasi(MethodView):
    """The account of a region."""

    decorators: ClassVar = [needs(Need.REPORTS, basic=True)]

    @blueprint.doc(responses=RESPONSES, security=[{"basic": []}])
    @blueprint.arguments(DataMutasiQuerySchema, location="query")
    @blueprint.response(200, MutasiSchema)
    def get(self, query: dict[str, Any]) -> Response | dict[str, Any]:
        """Perkembangan penduduk bulan demi bulan, menurut baris laporan bulanan (lampiran A-9)."""
        account = known_account()
        check_members(_MEMBERS)
        check_day(query)
        wait_asked(_OF, account, query)
        where = places_asked(_OF, account, query)
        with services().databases.reader.connect() as tx:
            until = day_asked(tx, query, where)
            by_desa = {
                it.kode_desa: reports(tx, it.kode_desa, until, it.batch)
                for it in where
                if it.batch
            }
        if "rinci" in query:
            told = [_Told(kode, it.bulan, [it]) for kode, own in by_desa.items() for it in own]
        else:
            told = _together(scope_asked(account, query), by_desa)
        items = [it.item() for it in told if it.month == query.get("bulan", it.month)]
        if query["format"] == "csv":
            columns = ("kode", "bulan", "nama", "judul", *_COUNTS)
            rows = [row for it in items for row in _rows(it)]
            return download(Sheet("mutasi", "Mutasi penduduk", columns, rows), "csv")
        return {"items": items, "per": as_of(where)}


class _Told(NamedTuple):
    """A month that an answer tells: of a desa, or of several together."""

    kode: str
    bulan: date
    months: Sequence[Report]

    @property
    def month(self) -> str:
        """As addresses and answers have it."""
        return f"{self.bulan:%Y-%m}"

    def item(self) -> dict[str, Any]:
        """As answers have it."""
        return {
            "kode": self.kode,
            "bulan": self.month,
            "baris": [_line(it) for it in lines(self.months)],
            "rincian_pindah": [_line(it) for it in moves(self.months)],
            "turunan": sum(it.people.turunan for it in self.months),
            "turunan_kk": sum(it.families.turunan for it in self.months),
        }


def _together(kode: str, by_desa: Mapping[str, Sequence[Report]]) -> list[_Told]:
    """Each month of all desa that have begun by then."""
    found: dict[date, list[Report]] = {}
    for months in by_desa.values():
        for it in months:
            found.setdefault(it.bulan, []).append(it)
    return [_Told(kode, bulan, found[bulan]) for bulan in sorted(found)]


def _line(line: Line) -> dict[str, Any]:
    nama = line.baris if line.ref is None else f"{PINDAH}-{line.ref}"
    counts = {name: line.cells[column] for name, column in _COUNTS.items()}
    return {"nama": nama, "judul": line.words, **counts}


def _rows(item: Mapping[str, Any]) -> list[list[Cell]]:
    lines_ = (*item["baris"], *item["rincian_pindah"])
    return [[item["kode"], item["bulan"], *it.values()] for it in lines_]
