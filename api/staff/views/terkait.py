"""What belongs to a record: who takes part in a programme, photos of a work, a person's events.

It is masked as everywhere, and opened by itself.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from api import format as fmt
from api.staff.views.frame import title
from ledger.catalogue import ENTITIES, Field
from ledger.catalogue.fields import FileReference
from projections.queries import catatan as catatan_queries
from projections.queries.statistik import Place

RELATED: Final[Mapping[str, tuple[tuple[str, str, tuple[str, ...]], ...]]] = {
    "program_bantuan": (
        ("peserta_bantuan", "program_id", ("kartu_nama", "peserta", "kartu_alamat")),
    ),
    "pembangunan": (
        ("dokumentasi_pembangunan", "id_pembangunan", ("created_at", "persentase", "keterangan")),
    ),
    "keluarga": (
        ("peristiwa_keluarga", "id_kk", ("kode", "tgl_peristiwa", "id_pend")),
    ),
    "rumah_tangga": (
        ("penduduk", "id_rtm", ("nama", "rtm_level", "sex", "tanggal_lahir", "status_dasar")),
    ),
    "lembaga": (
        ("anggota_lembaga", "id_lembaga",
         ("no_anggota", "id_penduduk", "jabatan", "no_sk", "periode")),
    ),
    "penduduk": (
        ("peristiwa", "id_pend", ("jenis", "tgl_peristiwa", "tgl_lapor", "catatan")),
        ("peserta_bantuan", "kartu_id_pend", ("program_id", "kartu_nama", "kartu_alamat")),
        ("anggota_lembaga", "id_penduduk", ("id_lembaga", "jabatan", "no_sk", "periode")),
    ),
    "suplemen": (
        ("suplemen_terdata", "id_suplemen", ("sasaran", "id_terdata", "keterangan")),
    ),
}  # fmt: skip
"""Of an entity: which other's records belong to one of it, by which of their fields, and which
of them are shown."""
_MOST: Final = 200


@dataclass(frozen=True)
class Related:
    """The records of another kind that belong to one record; `total` is how many there are."""

    entity: str
    title: str
    total: int
    rows: Sequence[Mapping[str, Any]]
    fields: Sequence[Field]
    pictures: Sequence[Field]


def related_to(tx: Any, entity: str, id_: str, place: Place) -> list[Related]:  # noqa: ANN401
    """What belongs to a record as of a batch, kind by kind; also those of which there are none."""
    if not id_.isdecimal():
        return []
    return [
        _related(tx, other, {by: int(id_)}, shown, place)
        for other, by, shown in RELATED.get(entity, ())
    ]


def _related(
    tx: Any,  # noqa: ANN401  # a connection
    entity: str,
    filters: Mapping[str, object],
    shown: Sequence[str],
    place: Place,
) -> Related:
    total = catatan_queries.count(tx, entity, [place], filters)
    rows = catatan_queries.page(tx, entity, [place], filters=filters, limit=_MOST)
    open_ = [it for it in fields_of(entity) if not fmt.is_hidden(it)]
    fields = [it for it in open_ if it.name in shown]
    pictures = [it for it in open_ if is_file(it)]
    return Related(entity, title(entity), total, rows, fields, pictures)


def fields_of(entity: str) -> list[Field]:
    """The fields of an entity that its read model has, in the catalogue's order."""
    columns = catatan_queries.TABLES[entity].c
    return [it for it in ENTITIES[entity].fields if it.name in columns]


def is_file(field: Field) -> bool:
    """Whether a field's value is a file."""
    return isinstance(field.kind, FileReference)
