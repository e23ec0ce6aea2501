"""The rows behind a number of the monthly report: who came or went, and which families."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from flask import Response, abort, render_template, request, url_for
from werkzeug.wrappers import Response as WerkzeugResponse

from api import format as fmt
from api.auth import needs
from api.context import services
from api.export import Cell, Sheet, download, wanted
from api.permissions import Need
from api.staff.views import bnba
from api.staff.views.frame import AsOf, as_of_request, blueprint, pages_of, today, village_of
from api.staff.views.laporan_bulanan import READ_MODELS
from api.staff.views.rincian import (
    NO_PAGE,
    NUMBERS,
    SEXES,
    Span,
    cut_off,
    narrowed,
    of_sex,
)
from api.staff.views.shown import notes, office_name
from ledger.catalogue import TABLES
from projections.queries import mutasi as mutasi_queries
from projections.queries.desa import Village
from projections.queries.laporan_bulanan import FAMILY_WORDS, WORDS
from projections.queries.mutasi import Row, Rows, Whom

_FAR: Final = {int(it): words for it, words in TABLES["jenis_pindah"].labels.items()}


@dataclass(frozen=True)
class _Behind:
    """A number of a desa's month as an address asks for it, and as of when."""

    village: Village
    as_of: AsOf
    whom: Whom

    @classmethod
    def asked(cls, tx: Any, kode: str, bulan: str, jenis: str) -> "_Behind":  # noqa: ANN401
        village, whom = village_of(tx, kode), _asked(bulan, jenis)
        return cls(village, as_of_request(tx, village, READ_MODELS), whom)

    @property
    def words(self) -> str:
        """What the row is called."""
        words = FAMILY_WORDS if self.whom.families else WORDS
        return words.get(self.whom.baris, self.whom.baris.replace("_", " ").capitalize())

    @property
    def said(self) -> list[str]:
        """The month, and what narrows the list, in words."""
        whom, said = self.whom, [fmt.month(self.whom.bulan)]
        if whom.wna is not None:
            said.append("WNA" if whom.wna else "WNI")
        if whom.sex is not None:
            said.append(of_sex(whom.sex))
        if whom.ref_pindah is not None:
            said.append(_FAR.get(whom.ref_pindah, "tidak disebutkan ke mana"))
        return said

    @property
    def listing(self) -> bnba.Listing:
        """The list, to be opened as a whole."""
        said = ["Laporan bulanan", self.words, *self.said, self.as_of.words]
        narrowed_ = [self.whom, self.as_of.said]
        return bnba.Listing("penduduk", [self.village.kode_desa], narrowed_, said, NUMBERS)

    def rows(self, tx: Any, limit: int, offset: int = 0) -> Rows:  # noqa: ANN401  # a connection
        kode, batch = self.village.kode_desa, self.as_of.batch
        return mutasi_queries.rows(tx, kode, self.whom, batch, limit=limit, offset=offset)

    def subject(self, row: Row) -> bnba.Subject:
        """Of whom a row shows numbers: the person, or the head of the family."""
        return self.village.kode_desa, "penduduk", row.id_pend


@blueprint.get("/desa/<kode>/laporan-bulanan/<bulan>/<jenis>")
@needs(Need.PEOPLE)
def rincian_bulan(kode: str, bulan: str, jenis: str) -> str | Response:
    """The people or families behind a number of the monthly account."""
    address = {"kode": kode, "bulan": bulan, "jenis": jenis}
    with services().databases.reader.connect() as tx:
        behind = _Behind.asked(tx, kode, bulan, jenis)
        door = bnba.door(
            behind.listing, narrowed("staff.buka_rincian_bulan", **address, **NO_PAGE)
        )
        span = Span.asked(door)
        found = behind.rows(tx, span.limit, span.offset)
    if format_ := wanted():
        return download(_sheet(behind, found, door, f"{kode}-{bulan}-{jenis}"), format_)
    as_of = behind.as_of
    return render_template(
        "rincian_bulan.html",
        village=behind.village,
        as_of=as_of,
        whom=behind.whom,
        words=behind.words,
        said=behind.said,
        found=found,
        door=door,
        opened=lambda row: door.holds(*behind.subject(row)),
        origin=_origin,
        first=span.offset + 1,
        page=span.page,
        pages=pages_of(found.total, span.per_page),
        back=url_for("staff.laporan_bulanan", kode=kode, bulan=bulan, **as_of.said),
        link=lambda **changed: narrowed("staff.rincian_bulan", **{**address, **changed}),
    )


@blueprint.post("/desa/<kode>/bnba/laporan-bulanan/<bulan>/<jenis>")
@needs(Need.PROTECTED)
def buka_rincian_bulan(kode: str, bulan: str, jenis: str) -> WerkzeugResponse:
    """Open whom a number of the monthly account counts, by name, for a reason."""
    back = narrowed("staff.rincian_bulan", kode=kode, bulan=bulan, jenis=jenis)
    with services().databases.reader.connect() as tx:
        behind = _Behind.asked(tx, kode, bulan, jenis)
        return bnba.answer(
            behind.listing,
            lambda: [behind.subject(it) for it in behind.rows(tx, bnba.ENOUGH).rows],
            back,
        )


def _asked(bulan: str, jenis: str) -> Whom:
    """Whom the address asks for; what the account does not tell apart is not there."""
    said = {name: request.args.get(name, "") for name in ("apa", "sex", "wna", "ref")}
    known = {
        "apa": {"", "keluarga"},
        "sex": {"", *SEXES},
        "wna": {"", "0", "1"},
        "ref": {"", "0", *map(str, _FAR)},
    }
    if jenis not in mutasi_queries.ROWS or any(said[it] not in known[it] for it in known):
        abort(404)
    try:
        month = date.fromisoformat(f"{bulan}-01")
    except ValueError:
        abort(404)
    wna = said["wna"] == "1" if said["wna"] else None
    ref = int(said["ref"]) if said["ref"] else None
    return Whom(month, jenis, SEXES.get(said["sex"]), wna, ref, said["apa"] == "keluarga")


def _origin(row: Row) -> str:
    """What a row is, and whence it is known."""
    known = "tanpa peristiwa" if row.jenis in {"koreksi", "saldo_awal"} else "peristiwa"
    if row.turunan:
        known = "disimpulkan dari perubahan data penduduk"
    return f"{row.jenis.replace('_', ' ')}, {known}"


def _sheet(behind: _Behind, found: Rows, door: bnba.Door, name: str) -> Sheet:
    """The table of the page, with all its rows."""

    def digits(row: Row, number: str | None) -> str:
        return fmt.digits(number, opened=door.holds(*behind.subject(row)))

    columns: dict[str, Callable[[Row], Cell]] = {
        "Nama": lambda it: it.nama,
        "NIK": lambda it: digits(it, it.nik),
        "No. KK": lambda it: digits(it, it.no_kk),
        "Jenis kelamin": lambda it: TABLES["jenis_kelamin"].label(it.sex),
        "Tempat lahir": lambda it: it.tempat_lahir,
        "Tanggal lahir": lambda it: it.tanggal_lahir,
        "Nama ayah": lambda it: it.ayah_nama,
        "Nama ibu": lambda it: it.ibu_nama,
        "Keluarga" if behind.whom.families else "Orang": lambda it: it.jumlah,
        "Tanggal peristiwa": lambda it: it.tgl_peristiwa,
        "Asal": _origin,
        "Kiriman ke-": lambda it: it.from_batch,
        "Baris": lambda it: it.line,
    }
    rows = [
        [at, *(it(row) for it in columns.values())] for at, row in enumerate(found.rows, start=1)
    ]
    of = f"Desa {behind.village.nama}"
    about = notes(office_name(), of, behind.as_of.words, today(behind.as_of))
    about += [" · ".join(behind.said), *door.notes(), *cut_off(len(rows), found.total)]
    file = door.file(f"rincian-laporan-bulanan-{name}")
    return Sheet(file, behind.words, ["No", *columns], rows, about)
