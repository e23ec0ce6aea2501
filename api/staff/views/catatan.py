"""Records of any kind that villages state: lists of a village or a region, one record, as files.

What a kind of record has is told by the catalogue; what belongs to a record (the participants of
a programme, the photos of a work) stands in RELATED. Fields that are protected are not shown, and
numbers of people masked, as everywhere. A record that was opened for a reason shows them on its
page; what belongs to it is opened by itself, so that the access log names each.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from http import HTTPStatus
from typing import Any, Final

from flask import Response, abort, render_template, request, url_for

from api import format as fmt
from api.auth import needs
from api.context import services
from api.export import Cell, Sheet, download, wanted
from api.permissions import Need
from api.staff import menu, opened
from api.staff.views.frame import PER_PAGE, as_of_request, blueprint, desa_asked, title, village_of
from api.staff.views.region import region_link, region_of
from api.staff.views.shown import notes, office_name
from ledger import read_redactions
from ledger.catalogue import ENTITIES, Field
from ledger.catalogue.fields import Choice, Code, FileReference, Nik, NoKk, Poligon, YesNo
from projections.queries import catatan as catatan_queries
from projections.queries import desa as desa_queries
from projections.queries import redaksi as redaksi_queries
from projections.queries import riwayat as riwayat_queries
from projections.queries.desa import Village
from projections.queries.redaksi import Erased
from projections.queries.statistik import Place

RELATED: Final[Mapping[str, tuple[tuple[str, str, tuple[str, ...]], ...]]] = {
    "program_bantuan": (
        ("peserta_bantuan", "program_id", ("kartu_nama", "peserta", "kartu_alamat")),
    ),
    "pembangunan": (
        ("dokumentasi_pembangunan", "id_pembangunan", ("tanggal", "persentase", "keterangan")),
    ),
    "keluarga": (
        ("penduduk", "id_kk",
         ("nama", "kk_level", "sex", "tanggal_lahir", "pekerjaan_id", "status_dasar")),
        ("peristiwa_keluarga", "id_kk", ("kode", "tgl_peristiwa", "id_pend")),
    ),
    "rumah_tangga": (
        ("penduduk", "id_rtm", ("nama", "rtm_level", "sex", "tanggal_lahir", "status_dasar")),
    ),
    "lembaga": (
        ("anggota_lembaga", "id_lembaga",
         ("no_anggota", "id_penduduk", "jabatan", "no_sk", "periode")),
    ),
    "suplemen": (
        ("suplemen_terdata", "id_suplemen", ("sasaran", "id_terdata", "keterangan")),
    ),
}  # fmt: skip
"""Of an entity: which other's records belong to one of it, by which of their fields, and which
of them are shown."""
_OWN_PAGES: Final = frozenset({"penduduk"})
"""Entities whose records have a page made for them."""
_COLUMNS: Final = 8
"""How many columns a list has unless it is told which."""
_FACETS: Final = (Code, Choice, YesNo)
_MOST_EXPORTED: Final = 100_000
_MOST_RELATED: Final = 200
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
        link=lambda **changed: region_link("staff.data_wilayah", **changed),
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
        link=lambda **changed: region_link("staff.data", kode=kode, **changed),
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
        listed = _List(tx, entity, where)
        if format_ := wanted():
            as_of = fmt.day(region.day)
            return _file(listed, format_, region.kode, notes(office_name(), "", as_of, region.day))
        return render_template(
            "catatan_wilayah.html",
            region=region,
            names=names,
            listed=listed,
            per=region.batch,
            link=lambda **changed: region_link("staff.catatan_wilayah", entity=entity, **changed),
        )


@blueprint.get("/desa/<kode>/data/<entity>")
@needs(Need.PEOPLE)
def catatan(kode: str, entity: str) -> str | Response:
    """The records of a kind of one village, as of a batch."""
    _known(entity)
    with services().databases.reader.connect() as tx:
        village = village_of(tx, kode)
        as_of = as_of_request(tx, village)
        listed = _List(tx, entity, [Place(kode, as_of.batch)])
        if format_ := wanted():
            about = [
                office_name(),
                f"Desa {village.nama} ({kode}), keadaan per kiriman ke-{as_of.batch}",
                "Sumber: data desa (OpenSID)",
            ]
            return _file(listed, format_, kode, about)
        return render_template(
            "catatan.html",
            village=village,
            as_of=as_of,
            listed=listed,
            per=lambda _kode: as_of.per,
            link=lambda **changed: region_link(
                "staff.catatan", kode=kode, entity=entity, **changed
            ),
        )


@blueprint.get("/desa/<kode>/data/<entity>/<path:id_>")
@needs(Need.PEOPLE)
def satu_catatan(kode: str, entity: str, id_: str) -> str | tuple[str, int]:
    """One record as of a batch, what belongs to it, and every change of it."""
    _known(entity)
    with services().databases.reader.connect() as tx:
        village = village_of(tx, kode)
        as_of = as_of_request(tx, village)
        versions = riwayat_queries.versions(tx, entity, kode, id_)
        erased = redaksi_queries.record(tx, kode, entity, id_)
        if not versions:
            return erased_page(tx, village, erased)
        here = address(entity, {"kode_desa": kode, "id": id_}, as_of.per)
        door = opened.door(tx, kode, entity, id_, here)
        record = catatan_queries.record(tx, entity, kode, id_, as_of.per)
        place = [Place(kode, as_of.batch)]
        related = [
            _Related(tx, other, by, shown, int(id_), place)
            for other, by, shown in RELATED.get(entity, ())
            if other in catatan_queries.TABLES and id_.isdecimal()
        ]
    fields = fields_of(entity)
    stated = [it for it in fields if record and record[it.name] is not None]
    return render_template(
        "satu_catatan.html",
        village=village,
        as_of=as_of,
        entity=entity,
        id=id_,
        record=record,
        name=record and named(entity, record),
        fields=[it for it in fields if not fmt.is_hidden(it)],
        may_hold=any(map(fmt.is_masked, fields)),
        masked=[it for it in stated if fmt.is_masked(it)],
        protected=[it for it in stated if fmt.is_hidden(it)],
        erased=erased,
        door=door,
        versions=versions[::-1],
        related=related,
        is_file=lambda it: isinstance(it.kind, FileReference),
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
    """A page of a list: what is asked for, and what was found."""

    def __init__(self, tx: Any, entity: str, where: Sequence[Place]) -> None:  # noqa: ANN401
        self.entity = entity
        self.title = title(entity)
        self.fields = [it for it in fields_of(entity) if not fmt.is_hidden(it)]
        self.by_name = {it.name: it for it in self.fields}
        self.chosen = self._columns()
        # An order would tell of masked numbers what their first digits do not.
        self.sorts = {it.name for it in self.fields if fmt.is_told(it)}
        self.facets = [
            it for it in self.fields if it.name in self.sorts and isinstance(it.kind, _FACETS)
        ]
        self.filters = self._filters()
        self.sort = request.args.get("urut") or None
        self.descending = request.args.get("arah") == "turun"
        if self.sort is not None and self.sort not in self.sorts:
            abort(404)
        self._tx, self._where = tx, where
        self.total = catatan_queries.count(tx, entity, where, self.filters)
        self.page = _number(request.args.get("hal", "1"))
        self.pages = max(1, -(-self.total // PER_PAGE))
        self.first = (self.page - 1) * PER_PAGE + 1
        names = [it.name for it in self.facets]
        self.options = catatan_queries.facets(tx, entity, where, names, self.filters)
        self.rows = self._page(PER_PAGE, self.first - 1) if self.total else []

    def _page(self, limit: int, offset: int) -> list[Mapping[str, Any]]:
        return catatan_queries.page(
            self._tx,
            self.entity,
            self._where,
            filters=self.filters,
            sort=self.sort,
            descending=self.descending,
            limit=limit,
            offset=offset,
        )

    def everything(self) -> list[Mapping[str, Any]]:
        """All the records, for a file."""
        return self._page(_MOST_EXPORTED, 0)

    def _columns(self) -> list[Field]:
        named_ = [it for it in request.args.getlist("kolom") if it in self.by_name]
        if named_:
            return [it for it in self.fields if it.name in named_]
        untold = {"id", catatan_queries.naming(self.entity)}
        telling = [
            it
            for it in self.fields
            if it.name not in untold and not isinstance(it.kind, Poligon | Nik | NoKk)
        ]
        return telling[:_COLUMNS]

    def _filters(self) -> dict[str, object]:
        found: dict[str, object] = {}
        for field in self.facets:
            text = request.args.get(field.name, "")
            if text == _NONE:
                found[field.name] = None
            elif text:
                value = field.read(text, lambda _code, _value: None)
                if value is None:
                    abort(404)
                found[field.name] = value
        return found

    def spelled(self, value: object) -> str:
        """A facet's value as it stands in an address."""
        if isinstance(value, bool):
            return "1" if value else "0"
        return _NONE if value is None else str(value)

    def option(self, field: Field, value: object) -> str:
        """A facet's value as it stands on the page."""
        return "belum mengisi" if value is None else fmt.shown(field, value)

    def is_chosen(self, field: Field, value: object) -> bool:
        """Whether the list is narrowed to this value."""
        return field.name in self.filters and self.filters[field.name] == value

    def name(self, row: Mapping[str, Any]) -> str:
        """What a record is called."""
        return named(self.entity, row)

    def cell(self, field: Field, row: Mapping[str, Any]) -> str:
        """A field's value for people."""
        return fmt.shown(field, row[field.name])

    def address(self, row: Mapping[str, Any], per: int | None) -> str:
        """Where a record's page is."""
        return address(self.entity, row, per)


class _Related:
    """The records of another kind that belong to one record."""

    def __init__(
        self,
        tx: Any,  # noqa: ANN401  # a connection
        entity: str,
        by: str,
        shown: Sequence[str],
        id_: int,
        where: Sequence[Place],
    ) -> None:
        self.entity, self.by = entity, by
        self.title = title(entity)
        filters = {by: id_}
        self.total = catatan_queries.count(tx, entity, where, filters)
        self.rows = catatan_queries.page(tx, entity, where, filters=filters, limit=_MOST_RELATED)
        open_ = [it for it in fields_of(entity) if not fmt.is_hidden(it)]
        self.fields = [it for it in open_ if it.name in shown]
        self.pictures = [it for it in open_ if isinstance(it.kind, FileReference)]


def fields_of(entity: str) -> list[Field]:
    """The fields of an entity that its read model has, in the catalogue's order."""
    columns = catatan_queries.TABLES[entity].c
    return [it for it in ENTITIES[entity].fields if it.name in columns]


def named(entity: str, row: Mapping[str, Any]) -> str:
    """What a record is called: its name or title; else what it is, and its id."""
    name = catatan_queries.name_of(entity, row)
    field = ENTITIES[entity].by_name.get(catatan_queries.naming(entity) or "")
    if name is None or field is None:
        return f"{title(entity)} {fmt.visible(row['id'])}"
    return fmt.shown(field, name)


def address(entity: str, row: Mapping[str, Any], per: int | None) -> str:
    """Where a record's page is, as of a batch."""
    if entity in _OWN_PAGES:
        return url_for("staff.orang", kode=row["kode_desa"], id_=row["id"], per=per)
    return url_for(
        "staff.satu_catatan", kode=row["kode_desa"], entity=entity, id_=row["id"], per=per
    )


def _file(listed: _List, format_: str, place: str, about: Sequence[str]) -> Response:
    fields = listed.chosen if "kolom" in request.args else listed.fields
    columns = ["Kode desa", "ID", *(it.label for it in fields if it.name != "id"), "Kiriman ke-"]
    rows = [
        [row["kode_desa"], row["id"], *_cells(fields, row), row["from_batch"]]
        for row in listed.everything()
    ]
    name = f"{listed.entity}-{place}"
    return download(Sheet(name, listed.title, columns, rows, about), format_)


def _cells(fields: Sequence[Field], row: Mapping[str, Any]) -> Iterator[Cell]:
    for it in fields:
        if it.name == "id":
            continue
        value = row[it.name]
        if value is None:
            yield None
        elif isinstance(it.kind, Nik | NoKk) or it.table is not None:
            yield fmt.shown(it, value)
        elif isinstance(value, datetime):
            yield value.isoformat()
        elif isinstance(value, int | float | Decimal | date):
            yield value
        else:
            yield value if isinstance(value, str) else json.dumps(value)


def _known(entity: str) -> None:
    if entity not in catatan_queries.TABLES:
        abort(404)


def _number(text: str) -> int:
    few = 6
    if not (text.isdecimal() and text.isascii() and len(text) <= few and int(text)):
        abort(404)
    return int(text)
