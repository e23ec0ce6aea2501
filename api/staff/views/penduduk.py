"""The people of a village: lists, and one person.

A search names a person, so its words are sealed before they stand in an address.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, Final

from flask import abort, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from api import format as fmt
from api.auth import needs
from api.context import services
from api.export import MOST_EXPORTED, Cell, Sheet, download, wanted
from api.permissions import Need
from api.staff import menu, opened
from api.staff.views import bnba
from api.staff.views.catatan import erased_page
from api.staff.views.frame import (
    as_of_request,
    blueprint,
    kept_asked,
    kept_link,
    page_asked,
    pages_of,
    today,
    village_of,
)
from api.staff.views.nama_catatan import Names, address, caption
from api.staff.views.pencarian import note_number, sealed, words_asked
from api.staff.views.shown import notes, office_name
from api.staff.views.terkait import is_file, related_to
from ledger.catalogue import ENTITIES
from projections.names import sought
from projections.queries import penduduk as penduduk_queries
from projections.queries import redaksi as redaksi_queries
from projections.queries import riwayat as riwayat_queries
from projections.queries.desa import Village
from projections.queries.penduduk import FACETS, HIDUP, SORTS, Filters, Page, Person
from projections.queries.statistik import Place

_NONE: Final = "-"
_CODED: Final = ("pendidikan_kk_id", "pekerjaan_id", "status_kawin")

GROUPS: Final[Mapping[str, tuple[str, ...]]] = {
    "Identitas": (
        "nik", "nama", "sex", "tempat_lahir", "tanggal_lahir", "waktu_lahir", "status_kawin",
        "warganegara_id", "negara_asal", "status", "status_dasar",
    ),
    "Keluarga": (
        "no_kk", "no_kk_sebelumnya", "kk_level", "rtm_level", "ayah_nama", "ayah_nik", "ibu_nama",
        "ibu_nik",
    ),
    "Tempat tinggal": ("dusun", "rw", "rt", "alamat", "alamat_kk", "alamat_sebelumnya"),
    "Pendidikan dan pekerjaan": (
        "pendidikan_kk_id", "pendidikan_sedang_id", "pekerjaan_id", "bahasa_id",
    ),
    "Dokumen": (
        "ktp_el", "status_rekam", "tempat_cetak_ktp", "tanggal_cetak_ktp", "tanggal_akhir_paspor",
        "akta_lahir", "akta_perkawinan", "tanggal_perkawinan", "akta_perceraian",
        "tanggal_perceraian", "asuransi_id",
    ),
    "Catatan": ("ket", "created_at", "updated_at"),
}  # fmt: skip
"""The fields of a person's page; what is protected is named below them."""

menu.village("staff.penduduk", "Penduduk", "orang", order=10, also=("staff.orang",))


class _Asked:
    """The people of a village that an address asks for, as of a batch."""

    def __init__(self, tx: Any, kode: str) -> None:  # noqa: ANN401  # a connection
        self.sort = request.args.get("urut", "nama")
        self.descending = request.args.get("arah") == "turun"
        self.filters = _filters()
        if self.sort not in SORTS:
            abort(404)
        self.village = village_of(tx, kode)
        self.as_of = as_of_request(tx, self.village, ["penduduk"])
        self._tx = tx
        place = Place(kode, self.as_of.batch)
        note_number(tx, self.filters.cari, [place], past=self.as_of.past)

    @property
    def listing(self) -> bnba.Listing:
        """The list, to be opened as a whole."""
        filters = self.filters
        by_name = ENTITIES["penduduk"].by_name
        said = [
            f"{by_name[it].label} {_option(it, value)}" for it, value in filters.values.items()
        ]
        # The words name somebody.
        said += ["hasil pencarian"] if filters.cari else []
        return bnba.Listing(
            "penduduk",
            [self.village.kode_desa],
            [sorted(filters.values.items(), key=lambda it: it[0]), filters.cari, self.as_of.said],
            [*said, self.as_of.words],
            [by_name[it] for it in ("nik", "no_kk")],
        )

    def people(self, offset: int, limit: int) -> Page:
        """Some of them, in order."""
        return penduduk_queries.people(
            self._tx,
            self.village.kode_desa,
            self.filters,
            as_of=self.as_of.per,
            sort=self.sort,
            descending=self.descending,
            offset=offset,
            limit=limit,
        )


@blueprint.get("/desa/<kode>/penduduk")
@needs(Need.PEOPLE)
def penduduk(kode: str) -> str | Response:
    """The people of a village: search, facets, sort, pages, as of a batch; all of them as a file.

    A page beyond the last is the last.
    """
    page = page_asked(10_000)
    with services().databases.reader.connect() as tx:
        asked = _Asked(tx, kode)
        village, as_of, filters = asked.village, asked.as_of, asked.filters
        day = today(as_of)
        door = bnba.door(
            asked.listing, kept_link("staff.buka_penduduk", kode=kode, hal=None, format=None)
        )
        if format_ := wanted():
            about = notes(office_name(), f"Desa {village.nama}", as_of.words, day)
            found = asked.people(0, MOST_EXPORTED)
            coded = _CODED if "status_dasar" in filters.values else (*_CODED, "status_dasar")
            rows = _rows(found.people, village, day, coded, door)
            name = door.file(f"penduduk-{kode}-{as_of.stamp}")
            notes_ = [*about, *door.notes()]
            return download(Sheet(name, "Penduduk", _columns(coded), rows, notes_), format_)
        found = asked.people((page - 1) * door.per_page, door.per_page)
        pages = pages_of(found.total, door.per_page)
        page = min(page, pages)
        facets = {
            name: penduduk_queries.facet(tx, kode, name, filters, as_of.per) for name in FACETS
        }
    fields = ENTITIES["penduduk"].by_name
    return render_template(
        "penduduk.html",
        village=village,
        as_of=as_of,
        found=found,
        door=door,
        opened=lambda person: door.holds(kode, "penduduk", person.id),
        facets=facets,
        fields=fields,
        filters=filters,
        sort=asked.sort,
        descending=asked.descending,
        page=page,
        pages=pages,
        first=(page - 1) * door.per_page + 1,
        age=lambda born: fmt.years(born, day),
        alamat=_alamat,
        link=lambda **changed: kept_link("staff.penduduk", kode=kode, **changed),
        chosen={name: _spelled(value) for name, value in filters.values.items()},
        option=_option,
    )


@blueprint.post("/desa/<kode>/bnba/penduduk")
@needs(Need.PROTECTED)
def buka_penduduk(kode: str) -> Response:
    """Open the people of a village by name, as the list is narrowed, for a reason."""
    with services().databases.reader.connect() as tx:
        asked = _Asked(tx, kode)

        def everybody() -> list[bnba.Subject]:
            return [(kode, "penduduk", it.id) for it in asked.people(0, bnba.ENOUGH).people]

        return bnba.answer(asked.listing, everybody, kept_link("staff.penduduk", kode=kode))


def _age(born: date | None, day: date) -> int | None:
    return int(years) if (years := fmt.years(born, day)) else None


def _alamat(person: Person) -> str:
    """Where somebody lives; desa of the old export say only what stands on the family card."""
    return person["alamat"] or person["alamat_kk"] or ""


def _columns(coded: Sequence[str]) -> list[str]:
    """The columns of the page, for a file; beside the name also which desa and person it is."""
    columns = ["No", "Nama", "Kode desa", "Desa", "ID", "NIK", "Nomor KK", "Jenis kelamin"]
    columns += ["Umur", "Alamat", "Dusun", "RT", "RW"]
    columns += [ENTITIES["penduduk"].by_name[it].label for it in coded]
    return [*columns, "Kiriman ke-"]


def _rows(
    people: Sequence[Person],
    village: Village,
    day: date,
    coded: Sequence[str],
    door: bnba.Door,
) -> list[list[Cell]]:
    by_name = ENTITIES["penduduk"].by_name
    return [
        [
            at,
            fmt.called(it["nama"]),
            village.kode_desa,
            village.nama,
            it.id,
            *(
                fmt.digits(it[name], opened=door.holds(village.kode_desa, "penduduk", it.id))
                for name in ("nik", "no_kk")
            ),
            fmt.shown(by_name["sex"], it["sex"]),
            _age(it["tanggal_lahir"], day),
            _alamat(it),
            it["dusun"],
            it["rt"],
            it["rw"],
            *(fmt.shown(by_name[name], it[name]) for name in coded),
            it.from_batch,
        ]
        for at, it in enumerate(people, start=1)
    ]


@blueprint.post("/desa/<kode>/penduduk")
@needs(Need.PEOPLE)
def cari(kode: str) -> Response:
    """Take a search, which may name a person, and go where it is sealed."""
    words = request.form.get("cari", "").strip()[:100]
    kept = {name: it for name, it in kept_asked().items() if name not in {"cari", "hal"}}
    if words:
        kept["cari"] = sealed(words)
    return redirect(url_for("staff.penduduk", kode=kode, **kept))


def _filters() -> Filters:
    """What the address narrows the list by; living people unless it says otherwise."""
    values: dict[str, int | str | None] = {}
    for name in FACETS:
        text = request.args.get(name, str(HIDUP) if name == "status_dasar" else "")
        if not text:
            continue
        if text == _NONE:
            values[name] = None
        elif ENTITIES["penduduk"].by_name[name].table is None:
            values[name] = sought(name, text)
        elif text.isdecimal() and text.isascii() and len(text) < 10:  # noqa: PLR2004  # an integer
            values[name] = int(text)
        elif text != "semua":
            abort(404)
    return Filters(values, words_asked())


def _spelled(value: int | str | None) -> str:
    """A facet's value as it stands in an address."""
    return _NONE if value is None else str(value)


def _option(name: str, value: int | str | None) -> str:
    """A facet's value as it stands on the page."""
    field = ENTITIES["penduduk"].by_name[name]
    if value is None:
        return "belum mengisi"
    return field.table.label(value) if field.table else fmt.visible(str(value))


@blueprint.get("/desa/<kode>/penduduk/<id_>")
@needs(Need.PEOPLE)
def orang(kode: str, id_: str) -> str | tuple[str, int]:
    """One person as of a batch, with the family and every change."""
    with services().databases.reader.connect() as tx:
        village = village_of(tx, kode)
        as_of = as_of_request(tx, village, ["penduduk"])
        versions = riwayat_queries.versions(tx, "penduduk", kode, id_)
        erased = redaksi_queries.record(tx, kode, "penduduk", id_)
        if not versions:
            return erased_page(tx, village, erased)
        here = url_for("staff.orang", kode=kode, id_=id_, **as_of.said)
        door = opened.door(tx, kode, "penduduk", id_, here)
        person = penduduk_queries.person(tx, kode, id_, as_of.per)
        family = penduduk_queries.family(tx, kode, person, as_of.per) if person else []
        place = Place(kode, as_of.batch)
        related = related_to(tx, "penduduk", id_, place) if person else []
        names = Names(tx, [place])
        for it in related:
            names.learn(it.entity, it.rows, it.fields)
    by_name = ENTITIES["penduduk"].by_name
    day = today(as_of)
    return render_template(
        "orang.html",
        door=door,
        village=village,
        as_of=as_of,
        id=id_,
        person=person,
        family=family,
        related=related,
        names=names,
        is_file=is_file,
        caption=caption,
        address=address,
        versions=versions[::-1],
        erased=erased,
        groups={title: [by_name[name] for name in names] for title, names in GROUPS.items()},
        protected=[
            it
            for it in penduduk_queries.fields()
            if fmt.is_hidden(it) and person and person[it.name] is not None
        ],
        age=lambda born: fmt.years(born, day),
        link=lambda **changed: url_for("staff.orang", kode=kode, id_=id_, **changed),
    )
