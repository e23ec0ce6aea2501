"""The rows behind a statistic's number: of a village as of a batch, of a region as of a day."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from flask import Response, abort, render_template, request, url_for
from werkzeug.wrappers import Response as WerkzeugResponse

from api import format as fmt
from api.auth import needs
from api.context import services
from api.export import MOST_EXPORTED, Cell, Sheet, download, wanted
from api.permissions import Need
from api.staff.views import bnba
from api.staff.views.frame import (
    AsOf,
    as_of_request,
    blueprint,
    desa_asked,
    kept_asked,
    page_asked,
    pages_of,
    title,
    today,
    village_of,
)
from api.staff.views.region import Region, region_of
from api.staff.views.shown import notes, office_name
from api.staff.views.terkait import fields_of
from ledger.catalogue import ENTITIES, TABLES, Field
from projections.names import sought
from projections.queries import desa as desa_queries
from projections.queries import rincian as rincian_queries
from projections.queries.desa import Village
from projections.queries.rincian import Row, Whom
from projections.queries.statistik import Place, read_models
from projections.statistik import STATISTICS, Source, Statistic

_FIRST: Final = "agama"
_FEET: Final = {"jumlah", "belum_mengisi"}
SEXES: Final = {"1": 1, "2": 2, "0": 0}
"""What an address may say of the sex; 0 is that none is stated."""
_UNITS: Final = {
    Source.PENDUDUK: "orang",
    Source.KELUARGA: "keluarga menurut kepalanya",
    Source.KEMATIAN: "orang",
    Source.PESERTA: "kepesertaan",
}
_COUNTED: Final = {
    Source.PENDUDUK: "penduduk hidup",
    Source.KELUARGA: "keluarga yang kepalanya hidup",
    Source.KEMATIAN: "penduduk yang meninggal",
    Source.PESERTA: "peserta program yang sedang berjalan",
}
_RECORDS: Final = {Source.KELUARGA: "keluarga", Source.PESERTA: "peserta_bantuan"}
NUMBERS: Final = [ENTITIES["penduduk"].by_name[it] for it in ("nik", "no_kk")]
"""What such a list shows of people that is masked."""
NO_PAGE: Final[Mapping[str, None]] = {"hal": None, "format": None}
"""What the address of a form leaves out, which is of the whole list."""
MOST_PAGES: Final = 10_000
_WITHHELD: Final = "Nama-namanya tidak disertakan: {} adalah data terlindungi"


_WORD: Final = re.compile(r"\w+")


def protected(statistic: Statistic) -> list[Field]:
    """What a statistic sorts people by that pages show for a reason only.

    Who is counted would tell it: how many they are is no secret, their names are.
    """
    named = _WORD.findall(f"{statistic.category} {statistic.basis}")
    return [it for it in fields_of("penduduk") if it.name in named and fmt.is_hidden(it)]


def counted(nama: str) -> str:
    """What a statistic counts, in words."""
    return _COUNTED[rincian_queries.source(STATISTICS[nama])]


@dataclass(frozen=True)
class Span:
    """Which of the rows are asked for: those of a page, or for a file all of them."""

    page: int
    limit: int
    offset: int
    per_page: int

    @classmethod
    def asked(cls, door: bnba.Door) -> "Span":
        """What the address asks for of a list."""
        per = door.per_page
        page = page_asked(MOST_PAGES) if door.until is None else 1
        whole = wanted() is not None
        return cls(page, *(MOST_EXPORTED, 0) if whole else (per, (page - 1) * per), per)


@dataclass(frozen=True)
class _Behind:
    """A number as an address asks for it: whom it counts, of which desa, as of when."""

    whom: Whom
    where: Sequence[Place]
    day: date
    per: object
    said_per: str

    @property
    def statistic(self) -> Statistic:
        return STATISTICS[self.whom.statistik]

    @property
    def entity(self) -> str | None:
        """What is counted, where that is no person."""
        return _RECORDS.get(rincian_queries.source(self.statistic))

    @property
    def labels(self) -> Mapping[str, str]:
        return {it.value: it.label for it in self.statistic.categories}

    @property
    def listing(self) -> bnba.Listing:
        """The list, to be opened as a whole."""
        withheld = protected(self.statistic)
        # As of a person's own page: fewer would tell of each what the statistic does.
        of_each = [it for it in fields_of("penduduk") if fmt.is_masked(it)] if withheld else []
        # What a desa calls a programme stays out of the log: it may be somebody's name.
        known = self.labels or dict.fromkeys(self.whom.kategori, "satu kelompok")
        return bnba.Listing(
            "penduduk",
            [it.kode_desa for it in self.where],
            [self.whom, self.per],
            [self.statistic.title, *_said(self.whom, known), self.said_per],
            NUMBERS,
            withheld,
            of_each,
        )

    def rows(self, tx: Any, limit: int, offset: int = 0) -> list[Row]:  # noqa: ANN401  # a connection
        return rincian_queries.rows(
            tx, self.whom, self.where, self.day, limit=limit, offset=offset
        )

    def shown(self, tx: Any, span: Span, door: bnba.Door) -> Sequence[Row]:  # noqa: ANN401
        """Who is counted; of a protected statistic only who was opened."""
        if not protected(self.statistic):
            return self.rows(tx, span.limit, span.offset)
        if door.until is None:
            # Nobody is looked for who is not to be named.
            return ()
        found = self.rows(tx, span.limit, span.offset)
        return [it for it in found if door.holds(*subject(it, self.entity))]

    def answer(self, tx: Any, back: str) -> WerkzeugResponse:  # noqa: ANN401
        """Open the list, or close it again."""
        return bnba.answer(
            self.listing,
            lambda: [subject(it, self.entity) for it in self.rows(tx, bnba.ENOUGH)],
            back,
        )


def subject(row: Row, entity: str | None) -> bnba.Subject:
    """Of whom a row shows numbers: a person, or what is counted where nobody is known."""
    if row.id is None:
        return row.kode_desa, entity or "penduduk", row.record or ""
    return row.kode_desa, "penduduk", row.id


def _of_village(tx: Any, kode: str) -> tuple[Village, AsOf, _Behind]:  # noqa: ANN401
    village, whom = village_of(tx, kode), asked()
    as_of = as_of_request(tx, village, read_models(whom.statistik))
    where = [Place(kode, as_of.batch)]
    return village, as_of, _Behind(whom, where, today(as_of), as_of.said, as_of.words)


def _of_region(tx: Any) -> tuple[Region, Mapping[str, str], str, _Behind]:  # noqa: ANN401
    whom = asked()
    region = region_of(tx, read_models(whom.statistik))
    names = desa_queries.names(tx, region.kode)
    chosen = desa_asked(names)
    where = [it for it in region.places if not chosen or it.kode_desa == chosen]
    behind = _Behind(whom, where, region.day, region.per, fmt.day(region.day))
    return region, names, chosen, behind


@blueprint.get("/desa/<kode>/statistik/rincian")
@needs(Need.PEOPLE)
def rincian_statistik(kode: str) -> str | Response:
    """Whom a number of a village's statistic counts."""
    with services().databases.reader.connect() as tx:
        village, as_of, behind = _of_village(tx, kode)
        door = bnba.door(behind.listing, narrowed("staff.buka_rincian", kode=kode, **NO_PAGE))
        span = Span.asked(door)
        counts = rincian_queries.counts(tx, behind.whom, behind.where, behind.day)
        found = behind.shown(tx, span, door)
    whom, day = behind.whom, behind.day
    return _page(
        behind,
        counts.get(kode, 0),
        span,
        door,
        file=kode,
        about=notes(office_name(), f"Desa {village.nama}", behind.said_per, day),
        village=village,
        as_of=as_of,
        found=found,
        day_of_ages=day,
        past=as_of.said,
        back=url_for("staff.statistik", kode=kode, nama=whom.statistik, **as_of.said),
        link=lambda **changed: narrowed("staff.rincian_statistik", kode=kode, **changed),
    )


@blueprint.post("/desa/<kode>/bnba/statistik")
@needs(Need.PROTECTED)
def buka_rincian(kode: str) -> WerkzeugResponse:
    """Open whom a number of a village's statistic counts, by name, for a reason."""
    with services().databases.reader.connect() as tx:
        *_, behind = _of_village(tx, kode)
        return behind.answer(tx, narrowed("staff.rincian_statistik", kode=kode))


@blueprint.get("/statistik/rincian")
@needs(Need.PEOPLE)
def rincian_statistik_wilayah() -> str | Response:
    """Whom a number of a region's statistic counts, in one desa or in all of them."""
    with services().databases.reader.connect() as tx:
        region, names, chosen, behind = _of_region(tx)
        door = bnba.door(behind.listing, narrowed("staff.buka_rincian_wilayah", **NO_PAGE))
        span = Span.asked(door)
        counts = rincian_queries.counts(tx, behind.whom, region.places, region.day)
        found = behind.shown(tx, span, door)
    place = f"Desa {names[chosen]}" if chosen else f"{len(names)} desa"
    return _page(
        behind,
        counts.get(chosen, 0) if chosen else sum(counts.values()),
        span,
        door,
        file=chosen or region.kode,
        about=notes(office_name(), place, behind.said_per, region.day),
        region=region,
        names=names,
        chosen=chosen,
        counts=counts,
        found=found,
        day_of_ages=region.day,
        past=region.said,
        back=url_for(
            "staff.statistik_wilayah",
            nama=behind.whom.statistik,
            wilayah=request.args.get("wilayah"),
            tanggal=region.per,
        ),
        link=lambda **changed: narrowed("staff.rincian_statistik_wilayah", **changed),
    )


@blueprint.post("/bnba/statistik")
@needs(Need.PROTECTED)
def buka_rincian_wilayah() -> WerkzeugResponse:
    """Open whom a number of a region's statistic counts, by name, for a reason."""
    with services().databases.reader.connect() as tx:
        *_, behind = _of_region(tx)
        return behind.answer(tx, narrowed("staff.rincian_statistik_wilayah"))


def asked() -> Whom:
    """Whom the address asks for; a statistic, a category or a foot that is none is not there."""
    name = request.args.get("nama", _FIRST)
    statistic = STATISTICS.get(name) or abort(404)
    known = {it.value for it in statistic.categories}
    kategori = tuple(request.args.getlist("kategori"))
    baris = request.args.get("baris", "")
    sex = request.args.get("sex", "")
    if (known and not known.issuperset(kategori)) or baris not in {"", *_FEET}:
        abort(404)
    if sex and sex not in SEXES:
        abort(404)
    dusun = request.args.get("dusun")
    placed = dusun and sought("dusun", dusun)
    return Whom(name, kategori, baris, SEXES.get(sex), placed)  # type: ignore[arg-type]


def _page(
    behind: _Behind,
    total: int,
    span: Span,
    door: bnba.Door,
    *,
    file: str,
    about: Sequence[str],
    **values: Any,  # noqa: ANN401
) -> str | Response:
    statistic = behind.statistic
    withheld = [] if door.until else [it.label for it in protected(statistic)]
    return rows_page(
        statistic.title,
        _said(behind.whom, behind.labels),
        total,
        span,
        door,
        file=f"rincian-{statistic.name}-{file}",
        labels=behind.labels,
        unit=_UNITS[rincian_queries.source(statistic)],
        entity=behind.entity,
        about=[*about, _WITHHELD.format(", ".join(withheld))] if withheld else about,
        withheld=withheld,
        **values,
    )


def rows_page(
    heading: str,
    said: Sequence[str],
    total: int,
    span: Span,
    door: bnba.Door,
    *,
    file: str,
    about: Sequence[str],
    found: Sequence[Row],
    day_of_ages: date,
    labels: Mapping[str, str] | None = None,
    entity: str | None = None,
    names: Mapping[str, str] | None = None,
    **values: Any,  # noqa: ANN401
) -> str | Response:
    """The rows behind a number, as a page or as a file: of what table, what narrows them there.

    `labels` are those of the categories, `entity` is what is counted where that is no person, and
    `names` are those of the desa where there are several.
    """
    said_ = " · ".join(said) or "semua yang dihitung"
    if format_ := wanted():
        columns = _columns(day_of_ages, labels, entity, names, door)
        rows = [
            [at, *(it(row) for it in columns.values())] for at, row in enumerate(found, start=1)
        ]
        notes_ = [*about, said_, *door.notes()]
        notes_ += cut_off(len(rows), total)
        sheet = Sheet(door.file(file), heading, ["No", *columns], rows, notes_)
        return download(sheet, format_)
    return render_template(
        "rincian_statistik.html",
        heading=heading,
        said=said_,
        total=total,
        page=span.page,
        pages=pages_of(total, span.per_page),
        first=span.offset + 1,
        door=door,
        opened=lambda row: door.holds(*subject(row, entity)),
        found=found,
        day_of_ages=day_of_ages,
        labels=labels,
        entity=entity,
        names=names,
        age=lambda born: fmt.years(born, day_of_ages),
        **values,
    )


def _columns(
    day: date,
    labels: Mapping[str, str] | None,
    entity: str | None,
    names: Mapping[str, str] | None,
    door: bnba.Door,
) -> dict[str, Callable[[Row], Cell]]:
    """The columns of a file: those of the page, by what stands at their head."""

    def digits(row: Row, number: str | None) -> str:
        return fmt.digits(number, opened=door.holds(*subject(row, entity)))

    columns: dict[str, Callable[[Row], Cell]] = {"Nama": lambda it: it.nama}
    if names is not None:
        columns |= {"Kode desa": lambda it: it.kode_desa, "Desa": lambda it: names[it.kode_desa]}
    if labels is not None:
        columns["Kelompok"] = lambda it: labels.get(it.category, it.category or "BELUM MENGISI")
    columns |= {
        "NIK": lambda it: digits(it, it.nik),
        "No. KK": lambda it: digits(it, it.no_kk),
        "Jenis kelamin": lambda it: TABLES["jenis_kelamin"].label(it.sex),
        "Umur": lambda it: int(years) if (years := fmt.years(it.tanggal_lahir, day)) else None,
        "Hubungan": lambda it: TABLES["hubungan_keluarga"].label(it.kk_level),
        "Dusun": lambda it: it.dusun,
        "RT": lambda it: it.rt,
        "RW": lambda it: it.rw,
    }
    if entity is not None:
        columns[title(entity)] = lambda it: it.record
    return columns | {"Kiriman ke-": lambda it: it.from_batch, "Baris": lambda it: it.line}


def _said(whom: Whom, labels: Mapping[str, str]) -> list[str]:
    """What narrows the list, in words."""
    said = [", ".join(fmt.visible(labels.get(it, it)) for it in whom.kategori)]
    said += [{"": "", "jumlah": "yang mengisi", "belum_mengisi": "belum mengisi"}[whom.baris]]
    if whom.sex is not None:
        said += [of_sex(whom.sex)]
    if whom.dusun is not None:
        said += [f"dusun {fmt.visible(whom.dusun)}" if whom.dusun else "tanpa dusun"]
    return [it for it in said if it]


def of_sex(sex: int) -> str:
    """Who states this sex, 0 for none, in words."""
    return {1: "laki-laki", 2: "perempuan"}.get(sex, "tanpa jenis kelamin")


def cut_off(rows: int, total: int) -> list[str]:
    """What a file says of itself that has not all rows."""
    if not 0 < rows < total:
        return []
    return [f"Hanya {fmt.number(rows)} baris pertama dari {fmt.number(total)}"]


def narrowed(endpoint: str, **changed: object) -> str:
    """A link that keeps what the address says, but for what it changes.

    Also what it says to be empty: those without a dusun are not those of all.
    """
    merged: dict[str, Any] = {**kept_asked(empty=True), **changed}
    return url_for(endpoint, **merged)
