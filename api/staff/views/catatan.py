"""Records of any kind that villages state: lists of a village or a region, one record, as files.

What a kind of record has is told by the catalogue, what belongs to a record by `terkait`. Fields
that are protected are not shown, and numbers of people masked, as everywhere. A record that was
opened for a reason shows them on its page; what belongs to it is opened by itself, so that the
access log names each. What an id refers to is said by its name (`nama_catatan`).
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from http import HTTPStatus
from typing import Any, Final

from flask import Response, abort, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as WerkzeugResponse

from api import format as fmt
from api.auth import needs
from api.context import services
from api.export import MOST_EXPORTED, Cell, Sheet, download, wanted
from api.permissions import Need
from api.staff import menu, opened
from api.staff.views import bnba
from api.staff.views.frame import (
    AsOf,
    Said,
    as_of_request,
    blueprint,
    desa_asked,
    kept_link,
    page_asked,
    pages_of,
    title,
    today,
    village_of,
)
from api.staff.views.nama_catatan import Names, address, caption
from api.staff.views.region import Region, region_of
from api.staff.views.shown import notes, office_name
from api.staff.views.terkait import Related, fields_of, is_file, related_to
from ledger import read_redactions
from ledger.catalogue import ENTITIES, Field, Sensitivity, age
from ledger.catalogue.fields import (
    Choice,
    Code,
    Integer,
    Nik,
    NoKk,
    Poligon,
    Waktu,
    YesNo,
)
from projections.names import sought
from projections.queries import catatan as catatan_queries
from projections.queries import desa as desa_queries
from projections.queries import keluarga as keluarga_queries
from projections.queries import redaksi as redaksi_queries
from projections.queries import riwayat as riwayat_queries
from projections.queries.desa import Village
from projections.queries.penduduk import HIDUP
from projections.queries.redaksi import Erased
from projections.queries.statistik import Place

_MEMBERS: Final = (
    "nama", "kk_level", "sex", "tanggal_lahir", "pekerjaan_id", "status_dasar",
)  # fmt: skip
"""What is shown of the people of a family."""
_COLUMNS: Final[Mapping[str, tuple[str, ...]]] = {
    "keluarga": ("no_kk", "dusun", "rw", "rt", "anggota"),
    "penduduk": ("nik", "sex", "umur", "dusun", "alamat", "status_dasar"),
    "peristiwa": ("jenis", "tgl_peristiwa", "tgl_lapor"),
    "peserta_bantuan": ("program_id", "sasaran", "kartu_id_pend", "kartu_alamat"),
    "pembangunan": (
        "tahun_anggaran", "anggaran", "sumber_dana", "lokasi", "volume", "status",
    ),
    "laporan": ("jenis", "tahun", "periode", "created_at", "berkas"),
    "aparatur": ("jabatan", "id_pend", "sex", "nip", "nipd", "aktif"),
    "apbdes": ("tahun", "jenis_anggaran", "kode_rekening", "anggaran", "realisasi", "periode"),
    "desa": ("nama_kepala_desa", "alamat_kantor", "kode_pos", "website", "luas_wilayah"),
    "produk_hukum": ("jenis", "nomor", "tahun", "tgl_ditetapkan", "aktif", "berkas"),
}  # fmt: skip
"""The columns of a list unless it is told which; of other entities, the first ones."""
_FEW: Final = 7
_AGE: Final = Field("umur", "Umur", Integer(), Sensitivity.DASAR)
"""On the day of the list; nobody states it."""
_FIRST_FACETS: Final[Mapping[str, tuple[str, ...]]] = {
    "penduduk": ("dusun", "rw", "rt", "status_dasar", "sex"),
    "keluarga": ("dusun", "rw", "rt", "kepala_hidup", "turunan"),
}
"""Facets that stand open; the others of these entities stand behind them."""
_NARROWED_BY: Final[Mapping[str, tuple[str, ...]]] = {
    "pembangunan": ("tahun_anggaran",),
    "apbdes": ("tahun",),
    "laporan": ("tahun", "periode"),
    "potensi": ("tahun",),
    "produk_hukum": ("tahun",),
    "sarana": ("tahun",),
    "peserta_bantuan": ("program_id",),
}
"""Facets of an entity besides its codes, choices and yes or no."""
_IN_DUSUN: Final = ("rw", "rt")
"""Facets that are there when a dusun is chosen: an RW 001 is in each."""
_UNLESS_TOLD: Final[Mapping[str, Mapping[str, object]]] = {"penduduk": {"status_dasar": HIDUP}}
"""What a list is narrowed to unless its address says otherwise, as the dashboard's number is."""
_BY_NAME: Final[Mapping[str, tuple[str, ...]]] = {"penduduk": ("nik", "no_kk")}
"""The numbers that a list has as columns when it is opened; of other entities, all that it has."""
_ALL: Final = "semua"
_SEXES: Final = {1: "L", 2: "P"}
_FACETS: Final = (Code, Choice, YesNo)
_NONE: Final = "-"


menu.office("staff.data_wilayah", "Data desa", "kotak", order=35, also=("staff.catatan_wilayah",))
menu.village(
    "staff.data",
    "Data desa",
    "kotak",
    order=25,
    also=("staff.catatan", "staff.satu_catatan", "staff.akses_catatan"),
)


@blueprint.get("/data")
@needs(Need.PEOPLE)
def data_wilayah() -> str:
    """Which kinds of records the account's region has, and how many of each."""
    with services().databases.reader.connect() as tx:
        region = region_of(tx, catatan_queries.TABLES)
        counts = catatan_queries.counts(tx, region.places)
    return render_template(
        "data_wilayah.html",
        region=region,
        counts=counts,
        link=lambda **changed: kept_link("staff.data_wilayah", **changed),
    )


@blueprint.get("/desa/<kode>/data")
@needs(Need.PEOPLE)
def data(kode: str) -> str:
    """Which kinds of records a village has, and how many of each."""
    with services().databases.reader.connect() as tx:
        village = village_of(tx, kode)
        as_of = as_of_request(tx, village, catatan_queries.TABLES)
        counts = catatan_queries.counts(tx, [Place(kode, as_of.batch)])
    return render_template(
        "data.html",
        village=village,
        as_of=as_of,
        counts=counts,
        link=lambda **changed: kept_link("staff.data", kode=kode, **changed),
    )


@blueprint.get("/data/<entity>")
@needs(Need.PEOPLE)
def catatan_wilayah(entity: str) -> str | Response:
    """The records of a kind in the account's region, as of a day."""
    with services().databases.reader.connect() as tx:
        region, names, chosen, listed = _of_region(tx, entity)
        if format_ := wanted():
            of = f"Desa {names[chosen]}" if chosen else f"{len(listed.where)} desa"
            about = notes(office_name(), of, fmt.day(region.day), region.day)
            place = f"{chosen or region.kode}-{region.day.isoformat()}"
            return _file(listed, format_, place, names, about)
        return render_template(
            "catatan_wilayah.html",
            region=region,
            names=names,
            listed=listed,
            caption=caption,
            search=url_for(
                "staff.cari_orang", wilayah=request.args.get("wilayah"), tanggal=region.per
            ),
            past=region.said,
            link=lambda **changed: kept_link("staff.catatan_wilayah", entity=entity, **changed),
        )


@blueprint.post("/bnba/data/<entity>")
@needs(Need.PROTECTED)
def buka_catatan_wilayah(entity: str) -> WerkzeugResponse:
    """Open the records of a kind in the account's region, by name, for a reason."""
    with services().databases.reader.connect() as tx:
        *_, listed = _of_region(tx, entity)
        return listed.answer(kept_link("staff.catatan_wilayah", entity=entity))


@blueprint.get("/desa/<kode>/data/<entity>")
@needs(Need.PEOPLE)
def catatan(kode: str, entity: str) -> str | Response:
    """The records of a kind of one village, as of a batch."""
    with services().databases.reader.connect() as tx:
        village, as_of, listed = _of_village(tx, kode, entity)
        if format_ := wanted():
            about = [
                office_name(),
                f"Desa {village.nama} ({kode}), keadaan per {as_of.words}",
                "Sumber: data desa (OpenSID)",
            ]
            place = f"{kode}-{as_of.stamp}"
            return _file(listed, format_, place, {kode: village.nama}, about)
        return render_template(
            "catatan.html",
            village=village,
            as_of=as_of,
            listed=listed,
            caption=caption,
            search=url_for("staff.cari", kode=kode, **as_of.said),
            past=as_of.said,
            link=lambda **changed: kept_link("staff.catatan", kode=kode, entity=entity, **changed),
        )


@blueprint.post("/desa/<kode>/bnba/data/<entity>")
@needs(Need.PROTECTED)
def buka_catatan(kode: str, entity: str) -> WerkzeugResponse:
    """Open the records of a kind of one village, by name, for a reason."""
    with services().databases.reader.connect() as tx:
        *_, listed = _of_village(tx, kode, entity)
        return listed.answer(kept_link("staff.catatan", kode=kode, entity=entity))


def _of_region(tx: Any, entity: str) -> tuple[Region, Mapping[str, str], str, "_List"]:  # noqa: ANN401
    """The region that is asked for, its desa by name, the one that is chosen, and the list."""
    _known(entity)
    region = region_of(tx, catatan_queries.read_models(entity))
    names = desa_queries.names(tx, region.kode)
    chosen = desa_asked(names)
    where = [it for it in region.places if not chosen or it.kode_desa == chosen]
    action = kept_link("staff.buka_catatan_wilayah", entity=entity, hal=None, format=None)
    as_of = (region.per, fmt.day(region.day))
    return region, names, chosen, _List(tx, entity, where, region.day, as_of, action)


def _of_village(tx: Any, kode: str, entity: str) -> tuple[Village, AsOf, "_List"]:  # noqa: ANN401
    """The village that is asked for, as of which batch, and the list."""
    _known(entity)
    village = village_of(tx, kode)
    as_of = as_of_request(tx, village, catatan_queries.read_models(entity))
    action = kept_link("staff.buka_catatan", kode=kode, entity=entity, hal=None, format=None)
    where, when = [Place(kode, as_of.batch)], (as_of.said, as_of.words)
    return village, as_of, _List(tx, entity, where, today(as_of), when, action)


@blueprint.get("/desa/<kode>/data/<entity>/<path:id_>")
@needs(Need.PEOPLE)
def satu_catatan(kode: str, entity: str, id_: str) -> str | tuple[str, int] | WerkzeugResponse:
    """One record as of a batch, what belongs to it, and every change of it."""
    _known(entity)
    with services().databases.reader.connect() as tx:
        village = village_of(tx, kode)
        as_of = as_of_request(tx, village, catatan_queries.read_models(entity))
        place = Place(kode, as_of.batch)
        versions = riwayat_queries.versions(tx, entity, kode, id_)
        erased = redaksi_queries.record(tx, kode, entity, id_)
        family = keluarga_queries.family(tx, place, id_) if entity == "keluarga" else None
        if not versions and (erased or family is None):
            return erased_page(tx, village, erased)
        if family and family["id"] != id_:
            return redirect(address(entity, family, as_of.said))
        here = address(entity, {"kode_desa": kode, "id": id_}, as_of.said)
        door = opened.door(tx, kode, entity, id_, here)
        record = catatan_queries.record(tx, entity, kode, id_, as_of.per) or family
        related = [_family(tx, family, place)] if family else []
        related += related_to(tx, entity, id_, place)
        names = Names(tx, [place])
        names.learn(entity, [record] if record else [])
        for it in related:
            names.learn(it.entity, it.rows, it.fields)
    fields = fields_of(entity)
    stated = [it for it in fields if record and record[it.name] is not None]
    return render_template(
        "satu_catatan.html",
        village=village,
        as_of=as_of,
        entity=entity,
        id=id_,
        record=record,
        family=family,
        name=record and names.title(entity, {**record, **(family or {})}),
        names=names,
        fields=[it for it in fields if not fmt.is_hidden(it)],
        # Who is in a concluded family is opened there: nobody stated a card.
        may_hold=bool(versions) and any(map(fmt.is_masked, fields)),
        masked=versions and [it for it in stated if fmt.is_masked(it)],
        protected=[it for it in stated if fmt.is_hidden(it)],
        erased=erased,
        door=door,
        versions=versions[::-1],
        related=related,
        is_file=is_file,
        caption=caption,
        address=address,
        link=lambda **changed: url_for(
            "staff.satu_catatan", kode=kode, entity=entity, id_=id_, **changed
        ),
    )


def erased_page(tx: Any, village: Village, erased: Erased | None) -> tuple[str, int]:  # noqa: ANN401
    """What is left of a record that was redacted; one that never was is not there."""
    if erased is None:
        abort(404)
    lines = read_redactions(tx, erased.kode_desa, record=(erased.entity, erased.id))
    page = render_template("dihapus.html", village=village, it=erased, lines=lines)
    return page, HTTPStatus.GONE


class _List:
    """A page of a list: what is asked for, and what was found.

    `first_facets` are those that stand open, `more_facets` the others. `as_of` is the batch or day
    of the past that the list is of, None for the present, and the same in words; `action` is
    where the form goes by which it is opened.
    """

    def __init__(
        self,
        tx: Any,  # noqa: ANN401  # a connection
        entity: str,
        where: Sequence[Place],
        on: date,
        as_of: tuple[object, str],
        action: str,
    ) -> None:
        self.entity = entity
        self.title = title(entity)
        self.fields = [it for it in listed_fields(entity) if not fmt.is_hidden(it)]
        self.by_name = {it.name: it for it in self.fields}
        # An order would tell of masked numbers what their first digits do not.
        self.sorts = {it.name for it in self.fields if fmt.is_told(it)}
        self._tx, self.where, self._on = tx, where, on
        self.facets = [it for it in self.fields if self._is_facet(it)]
        self.first_facets, self.more_facets = self._open_facets()
        self.filters = self._filters()
        self.sort = request.args.get("urut") or None
        self.descending = request.args.get("arah") == "turun"
        if self.sort is not None and self.sort not in self.sorts:
            abort(404)
        facets = [it.name for it in self.facets]
        self._counted = catatan_queries.facets(
            tx, entity, where, facets, self.filters, concluded=True
        )
        self.total, self.options = self._counted.total, self._counted.options
        self.listing = self._listing(*as_of)
        self.door = bnba.door(self.listing, action)
        self.chosen = self._columns()
        self.pages = pages_of(self.total, self.door.per_page)
        self.page = page_asked(self.pages)
        self.first = (self.page - 1) * self.door.per_page + 1
        self.names = Names(tx, where)
        for it in self.facets:
            if _is_reference(it):
                like = [self._like(it, value) for value, _ in self.options[it.name]]
                self.names.learn(entity, like, [it])
        self.rows = self._page(self.door.per_page, self.first - 1) if self.total else []
        self.names.learn(entity, self.rows, self.chosen)

    def _like(self, field: Field, value: object) -> Mapping[str, Any]:
        """A row with this reference, of the one desa that the list is of."""
        return {"kode_desa": self.where[0].kode_desa, field.name: value}

    def _page(self, limit: int, offset: int) -> list[Mapping[str, Any]]:
        # Who is older was born earlier.
        by_age = self.sort == _AGE.name
        where = self.where
        if self.sort is None:
            where, offset = self._counted.span(where, offset, limit)
        rows = catatan_queries.page(
            self._tx,
            self.entity,
            where,
            filters=self.filters,
            sort="tanggal_lahir" if by_age else self.sort,
            descending=self.descending is not by_age,
            limit=limit,
            offset=offset,
            concluded=True,
        )
        if _AGE.name not in self.by_name:
            return rows
        return [{**it, _AGE.name: self._age(it["tanggal_lahir"])} for it in rows]

    def _age(self, born: date | None) -> int | None:
        return None if born is None or born > self._on else age(born, self._on)

    def _listing(self, per: object, said_per: str) -> bnba.Listing:
        # What a reference is called stays out of the log: it may be somebody's name.
        said = [f"{it.label} {self._worded(it, self.filters[it.name])}" for it in self._narrowed()]
        return bnba.Listing(
            self.entity,
            [it.kode_desa for it in self.where],
            [sorted(self.filters.items(), key=lambda it: it[0]), per],
            [*said, said_per],
            bnba.numbers_of(self.fields),
        )

    def _narrowed(self) -> list[Field]:
        return [it for it in self.facets if it.name in self.filters]

    def answer(self, back: str) -> WerkzeugResponse:
        """Open the list, or close it again; one that has nobody's number is not there."""
        if not self.may_hold:
            abort(404)
        return bnba.answer(
            self.listing,
            lambda: [self._subject(it) for it in self._page(bnba.ENOUGH, 0)],
            back,
        )

    @property
    def may_hold(self) -> bool:
        """Whether the records have numbers of people, so that there is something to open."""
        return bool(self.listing.fields)

    def is_open(self, row: Mapping[str, Any]) -> bool:
        """Whether a record is open as part of the list."""
        return self.door.holds(*self._subject(row))

    def _subject(self, row: Mapping[str, Any]) -> bnba.Subject:
        return row["kode_desa"], self.entity, row["id"]

    def everything(self) -> list[Mapping[str, Any]]:
        """All the records, for a file."""
        return self._page(MOST_EXPORTED, 0)

    def _columns(self) -> list[Field]:
        named_ = [it for it in request.args.getlist("kolom") if it in self.by_name]
        if named_:
            return [it for it in self.fields if it.name in named_]
        numbers = self._numbers() if self.door.until else []
        return [*numbers, *(it for it in self._usual() if it not in numbers)]

    def _numbers(self) -> list[Field]:
        """The numbers that the list is opened for."""
        named_ = _BY_NAME.get(self.entity)
        return [it for it in self.listing.fields if named_ is None or it.name in named_]

    def _usual(self) -> list[Field]:
        if self.entity in _COLUMNS:
            return [self.by_name[it] for it in _COLUMNS[self.entity]]
        untold = {
            "id",
            catatan_queries.naming(self.entity),
            catatan_queries.CALLED_BY.get(self.entity),
        }
        telling = [
            it
            for it in self.fields
            if it.name not in untold and not isinstance(it.kind, Poligon | Nik | NoKk | Waktu)
        ]
        return telling[:_FEW]

    def _is_facet(self, field: Field) -> bool:
        name, entity = field.name, self.entity
        if name in _IN_DUSUN and not any(request.args.get(it) for it in ("dusun", *_IN_DUSUN)):
            return False
        # An id is something else in another desa.
        if name not in self.sorts or (_is_reference(field) and len(self.where) != 1):
            return False
        others = (*_FIRST_FACETS.get(entity, ()), *_NARROWED_BY.get(entity, ()))
        return isinstance(field.kind, _FACETS) or name in others

    def _open_facets(self) -> tuple[list[Field], list[Field]]:
        first = _FIRST_FACETS.get(self.entity)
        if first is None:
            return self.facets, []
        others = [it for it in self.facets if it.name not in first]
        return [self.by_name[it] for it in first if self.by_name[it] in self.facets], others

    def _filters(self) -> dict[str, object]:
        found: dict[str, object] = {}
        unless_told = _UNLESS_TOLD.get(self.entity, {})
        for field in self.facets:
            text = request.args.get(field.name, "")
            if not text and field.name in unless_told:
                found[field.name] = unless_told[field.name]
            elif text == _NONE:
                found[field.name] = None
            elif text and text != _ALL:
                stated = text if text.strip(_NONE) else text.removeprefix(_NONE)
                value = field.read(sought(field.name, stated), lambda _code, _value: None)
                if value is None:
                    abort(404)
                found[field.name] = value
        return found

    @property
    def narrowed(self) -> Field | None:
        """The field that the list is narrowed by although the address does not say so."""
        names = _UNLESS_TOLD.get(self.entity, {})
        return next((self.by_name[it] for it in names if not request.args.get(it)), None)

    def whole(self, field: Field) -> str:
        """How an address asks for every value of a facet."""
        return _ALL if field.name in _UNLESS_TOLD.get(self.entity, {}) else ""

    def spelled(self, value: object) -> str:
        """A facet's value as it stands in an address; OpenSID has an RT "-", which is not none."""
        if isinstance(value, bool):
            return "1" if value else "0"
        text = "" if value is None else str(value)
        return text if text.strip(_NONE) else _NONE + text

    def option(self, field: Field, value: object) -> str:
        """A facet's value as it stands on the page."""
        named_ = _is_reference(field) and value is not None
        name = self.names.of(field, self._like(field, value)) if named_ else None
        return name or self._worded(field, value)

    @staticmethod
    def _worded(field: Field, value: object) -> str:
        return "belum mengisi" if value is None else fmt.shown(field, value)

    def label(self, field: Field) -> str:
        """What a facet is headed."""
        return caption(field) if _is_reference(field) else field.label

    def is_chosen(self, field: Field, value: object) -> bool:
        """Whether the list is narrowed to this value."""
        return field.name in self.filters and self.filters[field.name] == value

    def naming(self) -> Field | None:
        """The field that the first column can be sorted by; None without a name of its own."""
        name = "kepala" if self.entity == "keluarga" else catatan_queries.naming(self.entity)
        return self.by_name.get(name or "")

    def name(self, row: Mapping[str, Any]) -> str:
        """What a record is called."""
        return self.names.title(self.entity, row)

    def cell(self, field: Field, row: Mapping[str, Any]) -> str:
        """A field's value for people."""
        if field.name == "sex":
            return _SEXES.get(row["sex"], "?")
        return fmt.shown(field, row[field.name], opened=self.is_open(row))

    def is_file(self, field: Field, row: Mapping[str, Any]) -> bool:
        """Whether a field's value is a file that came."""
        return is_file(field) and str(row[field.name]).startswith("sha256:")

    def address(self, row: Mapping[str, Any], past: Said) -> str:
        """Where a record's page is."""
        return address(self.entity, row, past)


def _family(tx: Any, card: Mapping[str, Any], place: Place) -> Related:  # noqa: ANN401
    """The people of a family."""
    rows = keluarga_queries.members(tx, place, card)
    by_name = ENTITIES["penduduk"].by_name
    fields = [by_name[it] for it in _MEMBERS]
    return Related("penduduk", "Anggota", len(rows), rows, fields, [])


def listed_fields(entity: str) -> list[Field]:
    """The fields of an entity that its list has: also what is concluded."""
    fields = fields_of(entity)
    if entity == "keluarga":
        return [*fields, *keluarga_queries.CONCLUDED]
    return [*fields, _AGE] if entity == "penduduk" else fields


def _file(
    listed: _List, format_: str, place: str, desa: Mapping[str, str], about: Sequence[str]
) -> Response:
    """The columns of the page, as a file; beside a name also the code or the id that it is of."""
    fields = [it for it in listed.chosen if it.name not in {"id", "kode_desa"}]
    found = listed.everything()
    listed.names.learn(listed.entity, found, fields)
    # What desa are called stands in the first column of their own list.
    named_ = {} if listed.entity == "desa" else desa
    columns = [listed.title, "Kode desa", *(["Desa"] if named_ else []), "ID"]
    for it in fields:
        columns += [it.label, caption(it)] if _is_reference(it) else [it.label]
    rows: list[list[Cell]] = []
    for row in found:
        kode = row["kode_desa"]
        where = [kode, named_[kode]] if named_ else [kode]
        cells = _cells(listed, fields, row)
        rows.append([listed.name(row), *where, row["id"], *cells, row["from_batch"]])
    name = listed.door.file(f"{listed.entity}-{place}")
    about = [*about, *listed.door.notes()]
    return download(Sheet(name, listed.title, [*columns, "Kiriman ke-"], rows, about), format_)


def _is_reference(field: Field) -> bool:
    return field.name in catatan_queries.REFERENCES


def _cells(listed: _List, fields: Sequence[Field], row: Mapping[str, Any]) -> Iterator[Cell]:
    opened_ = listed.is_open(row)
    for it in fields:
        value = row[it.name]
        if value is None:
            yield None
        elif isinstance(it.kind, Nik | NoKk | Choice) or it.table is not None:
            yield fmt.shown(it, value, opened=opened_)
        elif isinstance(value, datetime):
            yield value.isoformat()
        elif isinstance(value, int | float | Decimal | date):
            yield value
        else:
            yield value if isinstance(value, str) else json.dumps(value)
        if _is_reference(it):
            yield listed.names.of(it, row)


def _known(entity: str) -> None:
    if entity not in catatan_queries.TABLES:
        abort(404)
