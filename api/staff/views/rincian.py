"""The rows behind a statistic's number: of a village as of a batch, of a region as of a day."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from flask import Response, abort, render_template, request, url_for

from api import format as fmt
from api.auth import needs
from api.context import services
from api.export import MOST_EXPORTED, Cell, Sheet, download, wanted
from api.permissions import Need
from api.staff.views.frame import (
    PER_PAGE,
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
from api.staff.views.region import region_of
from api.staff.views.shown import notes, office_name
from api.staff.views.terkait import fields_of
from ledger.catalogue import TABLES
from projections.names import sought
from projections.queries import desa as desa_queries
from projections.queries import rincian as rincian_queries
from projections.queries.rincian import Row, Whom
from projections.queries.statistik import Place
from projections.statistik import STATISTICS, Source, Statistic

_FIRST: Final = "agama"
_FEET: Final = {"jumlah", "belum_mengisi"}
_SEXES: Final = {"1": 1, "2": 2, "0": 0}
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
MOST_PAGES: Final = 10_000
_WITHHELD: Final = "Nama-namanya tidak disertakan: {} adalah data terlindungi"


_WORD: Final = re.compile(r"\w+")


def protected(statistic: Statistic) -> list[str]:
    """What a statistic sorts people by that pages show for a reason only, by its labels.

    Who is counted would tell it: how many they are is no secret, their names are.
    """
    named = _WORD.findall(f"{statistic.category} {statistic.basis}")
    return [it.label for it in fields_of("penduduk") if it.name in named and fmt.is_hidden(it)]


def counted(nama: str) -> str:
    """What a statistic counts, in words."""
    return _COUNTED[rincian_queries.source(STATISTICS[nama])]


@dataclass(frozen=True)
class Span:
    """Which of the rows are asked for: those of a page, or for a file all of them."""

    page: int
    limit: int
    offset: int

    @classmethod
    def asked(cls) -> "Span":
        """What the address asks for."""
        page = page_asked(MOST_PAGES)
        whole = wanted() is not None
        return cls(page, MOST_EXPORTED, 0) if whole else cls(page, PER_PAGE, (page - 1) * PER_PAGE)


@blueprint.get("/desa/<kode>/statistik/rincian")
@needs(Need.PEOPLE)
def rincian_statistik(kode: str) -> str | Response:
    """Whom a number of a village's statistic counts."""
    whom = asked()
    span = Span.asked()
    with services().databases.reader.connect() as tx:
        village = village_of(tx, kode)
        as_of = as_of_request(tx, village)
        where, day = [Place(kode, as_of.batch)], today(as_of)
        counts = rincian_queries.counts(tx, whom, where, day)
        found = _rows(tx, whom, where, day, span)
    return _page(
        whom,
        counts.get(kode, 0),
        span,
        file=kode,
        about=notes(office_name(), f"Desa {village.nama}", f"kiriman ke-{as_of.batch}", day),
        village=village,
        as_of=as_of,
        found=found,
        day_of_ages=day,
        per=lambda _: as_of.per,
        back=url_for("staff.statistik", kode=kode, nama=whom.statistik, per=as_of.per),
        link=lambda **changed: narrowed("staff.rincian_statistik", kode=kode, **changed),
    )


@blueprint.get("/statistik/rincian")
@needs(Need.PEOPLE)
def rincian_statistik_wilayah() -> str | Response:
    """Whom a number of a region's statistic counts, in one desa or in all of them."""
    whom = asked()
    span = Span.asked()
    with services().databases.reader.connect() as tx:
        region = region_of(tx)
        names = desa_queries.names(tx, region.kode)
        chosen = desa_asked(names)
        counts = rincian_queries.counts(tx, whom, region.places, region.day)
        where = [it for it in region.places if not chosen or it.kode_desa == chosen]
        found = _rows(tx, whom, where, region.day, span)
    place = f"Desa {names[chosen]}" if chosen else f"{len(names)} desa"
    return _page(
        whom,
        counts.get(chosen, 0) if chosen else sum(counts.values()),
        span,
        file=chosen or region.kode,
        about=notes(office_name(), place, fmt.day(region.day), region.day),
        region=region,
        names=names,
        chosen=chosen,
        counts=counts,
        found=found,
        day_of_ages=region.day,
        per=region.batch,
        back=url_for(
            "staff.statistik_wilayah",
            nama=whom.statistik,
            wilayah=request.args.get("wilayah"),
            tanggal=region.per,
        ),
        link=lambda **changed: narrowed("staff.rincian_statistik_wilayah", **changed),
    )


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
    if sex and sex not in _SEXES:
        abort(404)
    dusun = request.args.get("dusun")
    placed = dusun and sought("dusun", dusun)
    return Whom(name, kategori, baris, _SEXES.get(sex), placed)  # type: ignore[arg-type]


def _rows(
    tx: Any,  # noqa: ANN401  # a connection
    whom: Whom,
    where: Sequence[Place],
    on: date,
    span: Span,
) -> Sequence[Row]:
    """Who is counted; of a protected statistic nobody is looked for."""
    if protected(STATISTICS[whom.statistik]):
        return ()
    return rincian_queries.rows(tx, whom, where, on, limit=span.limit, offset=span.offset)


def _page(
    whom: Whom,
    total: int,
    span: Span,
    *,
    file: str,
    about: Sequence[str],
    **values: Any,  # noqa: ANN401
) -> str | Response:
    statistic = STATISTICS[whom.statistik]
    withheld = protected(statistic)
    labels = {it.value: it.label for it in statistic.categories}
    source = rincian_queries.source(statistic)
    return rows_page(
        statistic.title,
        _said(whom, labels),
        total,
        span,
        file=f"rincian-{whom.statistik}-{file}",
        labels=labels,
        unit=_UNITS[source],
        entity=_RECORDS.get(source),
        about=[*about, _WITHHELD.format(", ".join(withheld))] if withheld else about,
        withheld=withheld,
        **values,
    )


def rows_page(
    heading: str,
    said: Sequence[str],
    total: int,
    span: Span,
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
        columns = _columns(day_of_ages, labels, entity, names)
        rows = [
            [at, *(it(row) for it in columns.values())] for at, row in enumerate(found, start=1)
        ]
        notes_ = [*about, said_]
        if 0 < len(rows) < total:
            notes_ += [f"Hanya {fmt.number(len(rows))} baris pertama dari {fmt.number(total)}"]
        return download(Sheet(file, heading, ["No", *columns], rows, notes_), format_)
    return render_template(
        "rincian_statistik.html",
        heading=heading,
        said=said_,
        total=total,
        page=span.page,
        pages=pages_of(total),
        first=span.offset + 1,
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
) -> dict[str, Callable[[Row], Cell]]:
    """The columns of a file: those of the page, by what stands at their head."""
    columns: dict[str, Callable[[Row], Cell]] = {"Nama": lambda it: it.nama}
    if names is not None:
        columns |= {"Kode desa": lambda it: it.kode_desa, "Desa": lambda it: names[it.kode_desa]}
    if labels is not None:
        columns["Kelompok"] = lambda it: labels.get(it.category, it.category or "BELUM MENGISI")
    columns |= {
        "NIK": lambda it: fmt.masked(it.nik),
        "No. KK": lambda it: fmt.masked(it.no_kk),
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
        said += [{1: "laki-laki", 2: "perempuan"}.get(whom.sex, "tanpa jenis kelamin")]
    if whom.dusun is not None:
        said += [f"dusun {fmt.visible(whom.dusun)}" if whom.dusun else "tanpa dusun"]
    return [it for it in said if it]


def narrowed(endpoint: str, **changed: object) -> str:
    """A link that keeps what the address says, but for what it changes.

    Also what it says to be empty: those without a dusun are not those of all.
    """
    merged: dict[str, Any] = {**kept_asked(empty=True), **changed}
    return url_for(endpoint, **merged)
