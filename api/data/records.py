"""The records of each entity, as JSON or CSV, page by page.

Who asks is logged in as on the pages, or sends name and password (HTTP Basic). NIK and KK numbers
are masked and protected fields left out, here as there. What narrows or sorts a list stands in an
address, so it can be a code, a place or a day, but nobody's name or number.

Whose role may see what is protected gets it with the header `Alasan: tujuan: keterangan`; that is
kept in the access log, desa by desa, before anything is sent.
"""

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any, ClassVar, Final

from flask import Response, request, stream_with_context
from flask.views import MethodView
from flask_smorest import abort

from api import format as fmt
from api.auth import known_account, may, needs
from api.context import services
from api.data.asked import (
    RESPONSES,
    as_of,
    blueprint,
    check_once,
    places_asked,
    refuse,
    wait_asked,
)
from api.export import csv_line
from api.permissions import Need
from api.schemas import DataQuerySchema, DataSchema
from ledger import PURPOSES, Account, Seal
from ledger.catalogue import ENTITIES, Field
from ledger.catalogue.fields import (
    Choice,
    Code,
    Id,
    Integer,
    KodeKegiatan,
    KodeRekening,
    Nik,
    NoKk,
    Tanggal,
    YesNo,
)
from ledger.errors import AccessRefusedError
from projections.names import sought
from projections.queries import catatan, redaksi
from projections.queries.statistik import Place

PAGE: Final = 1_000
_PLACES: Final = frozenset({"dusun", "rw", "rt"})
_TELLING: Final = (Code, Integer, Id, YesNo, Tanggal, Choice, KodeRekening, KodeKegiatan)
"""Kinds of field whose values name nobody."""
_MEMBERS: Final = frozenset(DataQuerySchema().fields)
"""What an address says that filters by no field."""
_NO_FILTER: Final = frozenset({"urut", "arah", "setelah", "format"})
_OWN: Final = ("kode_desa", "id", "kiriman")
"""What every record says first, also where its entity has a field of that name."""
_LONGEST: Final = 500
_REASON: Final = "Alasan"
_REASON_HEADER: Final = {
    "in": "header",
    "name": _REASON,
    "schema": {"type": "string"},
    "description": "Membuka data terlindungi: `tujuan: keterangan`; setiap permintaan dicatat. "
    f"Tujuan: {', '.join(PURPOSES)}",
}


@blueprint.route("/<entity>")
class Records(MethodView):
    """The records of an entity."""

    decorators: ClassVar = [needs(Need.PEOPLE, basic=True)]

    @blueprint.doc(responses=RESPONSES, security=[{"basic": []}], parameters=[_REASON_HEADER])
    @blueprint.arguments(DataQuerySchema, location="query")
    @blueprint.response(200, DataSchema)
    def get(self, query: dict[str, Any], entity: str) -> Response | dict[str, Any]:
        """Catatan satu jenis, disaring, diurutkan, sehalaman demi sehalaman."""
        account = known_account()
        if entity not in catatan.TABLES:
            abort(404)
        check_once()
        why = _why()
        wanted = _Wanted.of(entity, query, opened=why is not None)
        wait_asked([entity], account, query)
        where = places_asked([entity], account, query)
        if query["format"] == "csv":
            if why is not None:
                _note(account, entity, wanted, why, _counts(entity, wanted, where))
            name = f'attachment; filename="{entity}.csv"'
            body = stream_with_context(_csv(entity, wanted, where))
            return Response(body, mimetype="text/csv", headers={"Content-Disposition": name})
        after = _opened(entity, wanted, query.get("setelah"))
        rows = _page(entity, wanted, where, after, query["batas"])
        more = len(rows) == query["batas"]
        if why is not None:
            _note(account, entity, wanted, why, Counter(row["kode_desa"] for row in rows))
        return {
            "items": [_shown(wanted, row) for row in rows],
            "berikut": _sealed(entity, wanted, rows[-1]) if more else None,
            "per": as_of(where),
            "dihapus": _erased(entity, where),
        }


def sortable(entity: str) -> Mapping[str, Field]:
    """The fields by which an entity's list may be filtered and sorted in an address."""
    columns = catatan.TABLES[entity].c
    return {
        it.name: it
        for it in ENTITIES[entity].fields
        if it.name in columns and fmt.is_told(it)
        if isinstance(it.kind, _TELLING) or it.name in _PLACES
    }


class _Wanted:
    """What is asked of an entity: its fields, and how they are filtered and sorted."""

    def __init__(
        self,
        fields: Sequence[Field],
        filters: Mapping[str, object],
        sort: str | None,
        *,
        descending: bool,
        opened: bool,
    ) -> None:
        self.opened = opened
        self.fields = fields
        self.filters = filters
        self.sort = sort
        self.descending = descending

    @classmethod
    def of(cls, entity: str, query: Mapping[str, Any], *, opened: bool) -> "_Wanted":
        columns = catatan.TABLES[entity].c
        fields = [it for it in ENTITIES[entity].fields if it.name in columns]
        open_ = {it.name: it for it in fields if not fmt.is_hidden(it)}
        telling = sortable(entity)
        asked = {name: it for name, it in request.args.items() if name not in _MEMBERS}
        if unknown := sorted(asked.keys() - telling.keys()):
            refuse({name: ["Tidak dapat dipakai untuk menyaring."] for name in unknown})
        filters = {name: _read(telling[name], value) for name, value in asked.items()}
        sort = query.get("urut")
        if sort is not None and sort not in telling:
            refuse({"urut": ["Tidak dapat dipakai untuk mengurutkan."]})
        descending = query["arah"] == "turun"
        shown = [
            it
            for it in fields
            if it.name not in _OWN and (it.name in open_ or (opened and fmt.is_masked(it)))
        ]
        return cls(shown, filters, sort, descending=descending, opened=opened)

    @property
    def unmasked(self) -> list[str]:
        """The fields that are shown for a reason only."""
        return [it.name for it in self.fields if self.opened and fmt.is_masked(it)]


def _why() -> tuple[str, str] | None:
    """Purpose and reason for seeing what is protected, if the request states them."""
    stated = request.headers.get(_REASON)
    if stated is None:
        return None
    purpose, _, reason = stated.partition(":")
    return purpose.strip(), reason.strip()


def _counts(entity: str, wanted: _Wanted, where: Sequence[Place]) -> Mapping[str, int]:
    with services().databases.reader.connect() as tx:
        return catatan.count_by_desa(tx, entity, where, wanted.filters)


def _note(
    account: Account,
    entity: str,
    wanted: _Wanted,
    why: tuple[str, str],
    counts: Mapping[str, int],
) -> None:
    """Keep in the access log what is about to be shown, or raise AccessRefusedError."""
    if not may(Need.PROTECTED):
        raise AccessRefusedError(account.scope)
    asked = {name: it for name, it in request.args.items() if name not in _NO_FILTER}
    query = "&".join(f"{name}={it}" for name, it in sorted(asked.items()))
    services().access.open_list(account, counts, entity, wanted.unmasked, query[:_LONGEST], why)


def _page(
    entity: str,
    wanted: _Wanted,
    where: Sequence[Place],
    after: Sequence[object] | None,
    limit: int,
) -> list[Mapping[str, Any]]:
    with services().databases.reader.connect() as tx:
        return catatan.page(
            tx,
            entity,
            where,
            filters=wanted.filters,
            sort=wanted.sort,
            descending=wanted.descending,
            after=after,
            limit=limit,
        )


# --- values in and out ---------------------------------------------------------------------------


def _read(field: Field, value: str) -> object:
    """A filter's value as its column has it; `-` asks for those without."""
    if value == "-":
        return None
    found = field.read(sought(field.name, value), lambda _code, _value: None)
    if found is None:
        refuse({field.name: ["Nilainya tidak dapat dibaca."]})
    # Ids are texts, whatever a desa's OpenSID has.
    return str(found) if field.name == "id" else found


def _shown(wanted: _Wanted, row: Mapping[str, Any]) -> dict[str, Any]:
    own = dict(zip(_OWN, (row["kode_desa"], row["id"], row["from_batch"]), strict=True))
    values = {it.name: _value(it, row[it.name], opened=wanted.opened) for it in wanted.fields}
    return {**own, **values}


def _erased(entity: str, where: Sequence[Place]) -> list[dict[str, Any]]:
    with services().databases.reader.connect() as tx:
        found = redaksi.records(tx, [it.kode_desa for it in where], entity)
    return [
        {
            "kode_desa": it.kode_desa,
            "id": it.id,
            "dihapus_pada": it.redacted_at,
            "dasar_hukum": it.dasar_hukum,
        }
        for it in found
    ]


def _value(field: Field, value: Any, *, opened: bool) -> Any:  # noqa: ANN401  # the field's type
    if value is not None and not opened and isinstance(field.kind, Nik | NoKk):
        return fmt.masked(str(value))
    if isinstance(value, date | datetime):
        return value.isoformat()
    return str(value) if isinstance(value, Decimal) else value


def _csv(entity: str, wanted: _Wanted, where: Sequence[Place]) -> Iterator[str]:
    """All pages, as they are read; a byte order mark, so that spreadsheets know it is UTF-8."""
    names = [*_OWN, *(it.name for it in wanted.fields)]
    yield "\ufeff" + csv_line(names)
    after: Sequence[object] | None = None
    while rows := _page(entity, wanted, where, after, PAGE):
        for row in rows:
            shown = _shown(wanted, row)
            yield csv_line(_cell(shown[name]) for name in names)
        after = catatan.key(rows[-1], wanted.sort)


def _cell(value: object) -> object:
    """A cell of CSV; lists and objects are written as JSON."""
    return json.dumps(value) if isinstance(value, list | dict) else value


def _seal(entity: str, wanted: _Wanted) -> Seal:
    """The seal of the places in one list, in one order."""
    return services().seals.of(f"data {entity} {wanted.sort} {wanted.descending}")


def _sealed(entity: str, wanted: _Wanted, row: Mapping[str, Any]) -> str:
    """Where the next page begins; sealed, since it may hold what a desa stated."""
    return _seal(entity, wanted).seal(json.dumps(catatan.key(row, wanted.sort), default=str))


def _opened(entity: str, wanted: _Wanted, token: str | None) -> list[Any] | None:
    if token is not None:
        try:
            written = json.loads(_seal(entity, wanted).open(token) or "[]")
            return catatan.read_key(entity, wanted.sort, written)
        except (ValueError, TypeError):
            refuse({"setelah": ["Bukan halaman dari daftar ini."]})
    return None
