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
from api.staff.views.frame import (
    PER_PAGE,
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
from api.staff.views.region import region_of
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
        region = region_of(tx)
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
        as_of = as_of_request(tx, village)
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
    _known(entity)
    with services().databases.reader.connect() as tx:
        region = region_of(tx)
        names = desa_queries.names(tx, region.kode)
        chosen = desa_asked(names)
        where = [it for it in region.places if not chosen or it.kode_desa == chosen]
        listed = _List(tx, entity, where, region.day)
        if format_ := wanted():
            of = f"Desa {names[chosen]}" if chosen else f"{len(where)} desa"
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
            per=region.batch,
            link=lambda **changed: kept_link("staff.catatan_wilayah", entity=entity, **changed),
        )


@blueprint.get("/desa/<kode>/data/<entity>")
@needs(Need.PEOPLE)
def catatan(kode: str, entity: str) -> str | Response:
    """The records of a kind of one village, as of a batch."""
    _known(entity)
    with services().databases.reader.connect() as tx:
        village = village_of(tx, kode)
        as_of = as_of_request(tx, village)
        listed = _List(tx, entity, [Place(kode, as_of.batch)], today(as_of))
        if format_ := wanted():
            about = [
                office_name(),
                f"Desa {village.nama} ({kode}), keadaan per kiriman ke-{as_of.batch}",
                "Sumber: data desa (OpenSID)",
            ]
            place = f"{kode}-kiriman-{as_of.batch}"
            return _file(listed, format_, place, {kode: village.nama}, about)
        return render_template(
            "catatan.html",
            village=village,
            as_of=as_of,
            listed=listed,
            caption=caption,
            search=url_for("staff.cari", kode=kode, per=as_of.per),
            per=lambda _kode: as_of.per,
            link=lambda **changed: kept_link("staff.catatan", kode=kode, entity=entity, **changed),
        )


@blueprint.get("/desa/<kode>/data/<entity>/<path:id_>")
@needs(Need.PEOPLE)
def satu_catatan(kode: str, entity: str, id_: str) -> str | tuple[str, int] | WerkzeugResponse:
    """One record as of a batch, what belongs to it, and every change of it."""
    _known(entity)
    with services().databases.reader.connect() as tx:
        village = village_of(tx, kode)
        as_of = as_of_request(tx, village)
        place = Place(kode, as_of.batch)
        versions = riwayat_queries.versions(tx, entity, kode, id_)
        erased = redaksi_queries.record(tx, kode, entity, id_)
        family = keluarga_queries.family(tx, place, id_) if entity == "keluarga" else None
        if not versions and (erased or family is None):
            return erased_page(tx, village, erased)
        if family and family["id"] != id_:
            return redirect(address(entity, family, as_of.per))
        here = address(entity, {"kode_desa": kode, "id": id_}, as_of.per)
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

    `first_facets` are those that stand open, `more_facets` the others.
    """

    def __init__(self, tx: Any, entity: str, where: Sequence[Place], on: date) -> None:  # noqa: ANN401
        self.entity = entity
        self.title = title(entity)
        self.fields = [it for it in listed_fields(entity) if not fmt.is_hidden(it)]
        self.by_name = {it.name: it for it in self.fields}
        self.chosen = self._columns()
        # An order would tell of masked numbers what their first digits do not.
        self.sorts = {it.name for it in self.fields if fmt.is_told(it)}
        self._tx, self._where, self._on = tx, where, on
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
        self.pages = pages_of(self.total)
        self.page = page_asked(self.pages)
        self.first = (self.page - 1) * PER_PAGE + 1
        self.names = Names(tx, where)
        for it in self.facets:
            if _is_reference(it):
                like = [self._like(it, value) for value, _ in self.options[it.name]]
                self.names.learn(entity, like, [it])
        self.rows = self._page(PER_PAGE, self.first - 1) if self.total else []
        self.names.learn(entity, self.rows, self.chosen)

    def _like(self, field: Field, value: object) -> Mapping[str, Any]:
        """A row with this reference, of the one desa that the list is of."""
        return {"kode_desa": self._where[0].kode_desa, field.name: value}

    def _page(self, limit: int, offset: int) -> list[Mapping[str, Any]]:
        # Who is older was born earlier.
        by_age = self.sort == _AGE.name
        where = self._where
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

    def everything(self) -> list[Mapping[str, Any]]:
        """All the records, for a file."""
        return self._page(MOST_EXPORTED, 0)

    def _columns(self) -> list[Field]:
        named_ = [it for it in request.args.getlist("kolom") if it in self.by_name]
        if named_:
            return [it for it in self.fields if it.name in named_]
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
        if name not in self.sorts or (_is_reference(field) and len(self._where) != 1):
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
        if value is None:
            return "belum mengisi"
        name = self.names.of(field, self._like(field, value)) if _is_reference(field) else None
        return name or fmt.shown(field, value)

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
        return fmt.shown(field, row[field.name])

    def is_file(self, field: Field, row: Mapping[str, Any]) -> bool:
        """Whether a field's value is a file that came."""
        return is_file(field) and str(row[field.name]).startswith("sha256:")

    def address(self, row: Mapping[str, Any], per: int | None) -> str:
        """Where a record's page is."""
        return address(self.entity, row, per)


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
        cells = _cells(listed.names, fields, row)
        rows.append([listed.name(row), *where, row["id"], *cells, row["from_batch"]])
    name = f"{listed.entity}-{place}"
    return download(Sheet(name, listed.title, [*columns, "Kiriman ke-"], rows, about), format_)


def _is_reference(field: Field) -> bool:
    return field.name in catatan_queries.REFERENCES


def _cells(names: Names, fields: Sequence[Field], row: Mapping[str, Any]) -> Iterator[Cell]:
    for it in fields:
        value = row[it.name]
        if value is None:
            yield None
        elif isinstance(it.kind, Nik | NoKk | Choice) or it.table is not None:
            yield fmt.shown(it, value)
        elif isinstance(value, datetime):
            yield value.isoformat()
        elif isinstance(value, int | float | Decimal | date):
            yield value
        else:
            yield value if isinstance(value, str) else json.dumps(value)
        if _is_reference(it):
            yield names.of(it, row)


def _known(entity: str) -> None:
    if entity not in catatan_queries.TABLES:
        abort(404)
