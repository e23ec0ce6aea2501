"""The pages of the office's staff: villages, people, and the batches that they come from.

Each view is load, call, render. What is shown is as of a batch when `per` is in the address; all
links on a page keep it. A search names a person, so its words are sealed before they stand in an
address.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from flask import Blueprint, abort, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from api import format as fmt
from api.auth import (
    attempts,
    check_scope,
    current_account,
    log_in,
    log_out,
    login_required,
    safe_target,
)
from api.context import Services, services
from ledger import Note, read_entry
from ledger.catalogue import ENTITIES, TABLES
from projections.queries import desa as desa_queries
from projections.queries import kiriman as kiriman_queries
from projections.queries import penduduk as penduduk_queries
from projections.queries import riwayat as riwayat_queries
from projections.queries.desa import Village
from projections.queries.penduduk import FACETS, HIDUP, SORTS, Filters

blueprint = Blueprint("staff", __name__)
PER_PAGE: Final = 50
LINES_PER_PAGE: Final = 200
LATE_DAYS: Final = 14
"""A village that is silent for longer is late."""
_NONE: Final = "-"

GROUPS: Final[Mapping[str, tuple[str, ...]]] = {
    "Identitas": (
        "nik", "nama", "sex", "tempat_lahir", "tanggal_lahir", "status_kawin",
        "warganegara_id", "negara_asal", "status", "status_dasar",
    ),
    "Keluarga": ("no_kk", "kk_level", "ayah_nama", "ayah_nik", "ibu_nama", "ibu_nik"),
    "Tempat tinggal": ("dusun", "rw", "rt", "alamat", "alamat_kk", "alamat_sebelumnya"),
    "Pendidikan dan pekerjaan": (
        "pendidikan_kk_id", "pendidikan_sedang_id", "pekerjaan_id", "bahasa_id",
    ),
    "Dokumen": (
        "ktp_el", "status_rekam", "akta_lahir", "akta_perkawinan", "tanggal_perkawinan",
        "akta_perceraian", "tanggal_perceraian", "asuransi_id",
    ),
    "Catatan": ("ket", "created_at", "updated_at"),
}  # fmt: skip
"""The fields of a person's page; what is protected is named below them."""


def globals_of(services: Services) -> dict[str, Any]:
    """What every template may use."""
    settings = services.settings
    return {
        "moment": fmt.moments(settings.zone),
        "number": fmt.number,
        "day": fmt.day,
        "masked": fmt.masked,
        "shown": fmt.shown,
        "visible": fmt.visible,
        "is_hidden": fmt.is_hidden,
        "label": lambda table, code: TABLES[table].label(code),
        "office": settings.nama or f"Kecamatan {settings.kode}",
        "kabupaten": settings.kabupaten,
        "account": current_account,
        "state": _state,
    }


# --- log-in --------------------------------------------------------------------------------------


@blueprint.route("/masuk", methods=["GET", "POST"])
def masuk() -> Any:  # noqa: ANN401  # a page or a redirect
    """Log in."""
    target = safe_target(request.values.get("ke"))
    if request.method == "GET":
        return redirect(target) if current_account() else _log_in_page(target)
    username = request.form.get("username", "").strip()
    pause = attempts.pause_s(username)
    if pause > 0:
        why = f"Terlalu banyak percobaan; coba lagi dalam {pause:.0f} detik."
        return _log_in_page(target, username, why), 429
    account = services().accounts.verify(username, request.form.get("password", ""))
    if account is None:
        attempts.failed(username)
        return _log_in_page(target, username, "Nama pengguna atau kata sandi salah."), 401
    attempts.succeeded(username)
    log_in(account)
    return redirect(target)


def _log_in_page(target: str, username: str = "", why: str = "") -> str:
    return render_template("masuk.html", target=target, username=username, why=why)


@blueprint.post("/keluar")
def keluar() -> Response:
    """Log out."""
    log_out()
    return redirect(url_for("staff.masuk"))


# --- villages ------------------------------------------------------------------------------------


@blueprint.get("/")
@login_required
def desa() -> str:
    """The villages of the account's scope, with their last batch."""
    scope = _scope()
    with services().databases.reader.connect() as tx:
        villages = desa_queries.villages(tx, scope)
        newest = kiriman_queries.newest(tx, scope)
    return render_template("desa.html", villages=villages, newest=newest)


def _scope() -> str:
    account = current_account()
    return account.scope if account else abort(404)


@dataclass(frozen=True)
class State:
    """How a village stands, in words and as a colour's class."""

    words: str
    css: str


def _state(village: Village) -> State:
    if village.refusals:
        return State(f"{village.refusals} kiriman ditolak", "t")
    if village.appended_at is None:
        return State("belum pernah mengirim", "l")
    if village.behind:
        return State(f"{village.behind} kiriman sedang diolah", "l")
    silent = (services().now() - village.appended_at).days
    return State(f"terlambat {silent} hari", "l") if silent > LATE_DAYS else State("terkini", "s")


# --- a village as of a batch ---------------------------------------------------------------------


@dataclass(frozen=True)
class AsOf:
    """The batch as of which a page shows a village.

    `per` is None for the present; `at` is when the batch came; `newest` is the newest that the
    read models know.
    """

    per: int | None
    at: datetime | None
    newest: int

    @property
    def batch(self) -> int:
        """The batch's position; 0 before the first."""
        return self.newest if self.per is None else self.per


def _village(tx: Any, kode: str) -> Village:  # noqa: ANN401  # a connection
    check_scope(kode)
    return desa_queries.village(tx, kode) or abort(404)


def _as_of(tx: Any, village: Village) -> AsOf:  # noqa: ANN401
    newest = village.followed
    text = request.args.get("per", "").strip()
    per = (
        int(text)
        if text.isdecimal() and text.isascii() and len(text) <= len(str(newest))
        else None
    )
    if per is not None and not 0 < per < newest:
        per = None
    batch = per or newest
    at = read_entry(tx, village.kode_desa, batch).received_at if batch else None
    return AsOf(per, at, newest)


def _today(as_of: AsOf) -> Any:  # noqa: ANN401
    zone = ZoneInfo(services().settings.zone)
    moment = as_of.at if as_of.per is not None and as_of.at else services().now()
    return moment.astimezone(zone).date()


# --- people --------------------------------------------------------------------------------------


@blueprint.get("/desa/<kode>/penduduk")
@login_required
def penduduk(kode: str) -> str:
    """The people of a village: search, facets, sort, pages, as of a batch."""
    sort = request.args.get("urut", "nama")
    descending = request.args.get("arah") == "turun"
    page = max(1, min(request.args.get("hal", 1, type=int), 10_000))
    filters = _filters()
    if sort not in SORTS:
        abort(404)
    with services().databases.reader.connect() as tx:
        village = _village(tx, kode)
        as_of = _as_of(tx, village)
        found = penduduk_queries.people(
            tx,
            kode,
            filters,
            as_of=as_of.per,
            sort=sort,
            descending=descending,
            offset=(page - 1) * PER_PAGE,
            limit=PER_PAGE,
        )
        facets = {
            name: penduduk_queries.facet(tx, kode, name, filters, as_of.per) for name in FACETS
        }
    today = _today(as_of)
    fields = ENTITIES["penduduk"].by_name
    return render_template(
        "penduduk.html",
        village=village,
        as_of=as_of,
        found=found,
        facets=facets,
        fields=fields,
        filters=filters,
        sort=sort,
        descending=descending,
        page=page,
        pages=max(1, -(-found.total // PER_PAGE)),
        first=(page - 1) * PER_PAGE + 1,
        age=lambda born: fmt.years(born, today),
        link=_keeping("staff.penduduk", kode),
        chosen={name: _spelled(value) for name, value in filters.values.items()},
        option=_option,
    )


@blueprint.post("/desa/<kode>/penduduk")
@login_required
def cari(kode: str) -> Response:
    """Take a search, which may name a person, and go where it is sealed."""
    check_scope(kode)
    words = request.form.get("cari", "").strip()[:100]
    kept: dict[str, Any] = {
        name: value for name, value in request.args.items() if name not in {"cari", "hal"}
    }
    if words:
        kept["cari"] = services().seal.seal(words)
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
            values[name] = text
        elif text.isdecimal() and text.isascii() and len(text) < 10:  # noqa: PLR2004  # an integer
            values[name] = int(text)
        elif text != "semua":
            abort(404)
    token = request.args.get("cari", "")
    return Filters(values, services().seal.open(token) or "" if token else "")


def _spelled(value: int | str | None) -> str:
    """A facet's value as it stands in an address."""
    return _NONE if value is None else str(value)


def _option(name: str, value: int | str | None) -> str:
    """A facet's value as it stands on the page."""
    field = ENTITIES["penduduk"].by_name[name]
    if value is None:
        return "belum mengisi"
    return field.table.label(value) if field.table else fmt.visible(str(value))


def _keeping(endpoint: str, kode: str) -> Callable[..., str]:
    """Makes links that keep what the address says, but for what they change."""
    kept = {name: value for name, value in request.args.items() if value}

    def link(**changed: object) -> str:
        merged: dict[str, Any] = {**kept, **changed}
        return url_for(endpoint, kode=kode, **{k: v for k, v in merged.items() if v is not None})

    return link


@blueprint.get("/desa/<kode>/penduduk/<id_>")
@login_required
def orang(kode: str, id_: str) -> str:
    """One person as of a batch, with the family and every change."""
    with services().databases.reader.connect() as tx:
        village = _village(tx, kode)
        as_of = _as_of(tx, village)
        versions = riwayat_queries.versions(tx, "penduduk", kode, id_)
        if not versions:
            abort(404)
        person = penduduk_queries.person(tx, kode, id_, as_of.per)
        family = penduduk_queries.family(tx, kode, person, as_of.per) if person else []
    by_name = ENTITIES["penduduk"].by_name
    today = _today(as_of)
    return render_template(
        "orang.html",
        village=village,
        as_of=as_of,
        id=id_,
        person=person,
        family=family,
        versions=versions[::-1],
        groups={title: [by_name[name] for name in names] for title, names in GROUPS.items()},
        protected=[
            it
            for it in penduduk_queries.fields()
            if fmt.is_hidden(it) and person and person[it.name] is not None
        ],
        age=lambda born: fmt.years(born, today),
        link=lambda **changed: url_for("staff.orang", kode=kode, id_=id_, **changed),
    )


# --- batches -------------------------------------------------------------------------------------


@blueprint.get("/desa/<kode>/kiriman")
@login_required
def kiriman(kode: str) -> str:
    """The batches of a village, and those that were refused."""
    before = request.args.get("sebelum", type=int)
    with services().databases.reader.connect() as tx:
        village = _village(tx, kode)
        batches = kiriman_queries.batches(tx, kode, before, PER_PAGE)
        refusals = kiriman_queries.refusals(tx, kode)
    return render_template(
        "kiriman.html", village=village, batches=batches, refusals=refusals, before=before
    )


@blueprint.get("/desa/<kode>/kiriman/<int:position>")
@login_required
def satu_kiriman(kode: str, position: int) -> str:
    """One batch: what was signed, checked now from its bytes, and its changes."""
    page = max(1, request.args.get("hal", 1, type=int))
    with services().databases.reader.connect() as tx:
        village = _village(tx, kode)
        entry = read_entry(tx, kode, position)
    receipt = services().ledger.receipt(kode, position)
    keys = {it.verifier.name: it.verifier for it in services().registry.keys(kode)}
    key = keys.get(entry.manifest.chain)
    note = Note.from_bytes(entry.note)
    changes = list(enumerate(entry.changes(), start=1))
    pages = max(1, -(-len(changes) // LINES_PER_PAGE))
    return render_template(
        "satu_kiriman.html",
        village=village,
        entry=entry,
        manifest=entry.manifest,
        text=entry.note.decode(),
        key=key,
        signed=key is not None and key.signed(note),
        intact=entry.intact,
        receipt=receipt,
        changes=changes[(page - 1) * LINES_PER_PAGE : page * LINES_PER_PAGE],
        page=min(page, pages),
        pages=pages,
        title=lambda name: ENTITIES[name].title if name in ENTITIES else fmt.visible(name),
    )
