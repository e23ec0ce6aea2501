"""What records are called on pages: by their name, or by that of what they refer to.

A field that holds an id (`catatan.REFERENCES`) says nothing to a clerk; the record behind it does.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any, Final

from flask import url_for

from api import format as fmt
from api.staff.views.frame import Said, title
from ledger.catalogue import ENTITIES, Field
from projections.queries import catatan as catatan_queries
from projections.queries.catatan import CALLED_BY, NO_PLACE, REFERENCES
from projections.queries.statistik import Place

_OWN_PAGES: Final = frozenset({"penduduk"})
"""Entities whose records have a page made for them."""
_ID: Final = "ID "
_SHORT: Final = {"sex": "L/P"}
"""Labels that a table has no room for."""


class Names:
    """The names of what rows refer to; each kind of record is asked for once per `learn`."""

    def __init__(self, tx: Any, where: Sequence[Place]) -> None:  # noqa: ANN401  # a connection
        self._tx, self._where = tx, where
        self._known: dict[str, dict[tuple[str, str], str | None]] = defaultdict(dict)

    def learn(
        self, entity: str, rows: Sequence[Mapping[str, Any]], fields: Sequence[Field] | None = None
    ) -> None:
        """Look up what these rows of an entity refer to, by these fields or by all."""
        shown = ENTITIES[entity].by_name if fields is None else {it.name for it in fields}
        wanted: dict[str, set[str]] = defaultdict(set)
        for name in {*shown, CALLED_BY.get(entity, "")} & REFERENCES.keys():
            wanted[REFERENCES[name]] |= {str(it[name]) for it in rows if it[name] is not None}
        for other, ids in wanted.items():
            if ids:
                found = catatan_queries.called(self._tx, other, self._where, sorted(ids))
                self._known[other].update(found)

    def of(self, field: Field, row: Mapping[str, Any]) -> str | None:
        """What a field of a row refers to is called; None for what does not stand there."""
        entity = REFERENCES.get(field.name)
        key = (row["kode_desa"], str(row[field.name]))
        if entity is None or key not in self._known[entity]:
            return None
        return _worded(entity, self._known[entity][key], key[1])

    def link(self, field: Field, row: Mapping[str, Any], past: Said) -> str:
        """Where the page of what a field refers to is."""
        to = {"kode_desa": row["kode_desa"], "id": row[field.name]}
        return address(REFERENCES[field.name], to, past)

    def title(self, entity: str, row: Mapping[str, Any]) -> str:
        """What a record is called: by its name or title; else by whom or what it is about."""
        by = CALLED_BY.get(entity)
        if by is not None:
            name = self.of(ENTITIES[entity].by_name[by], row)
            return _worded(entity, name, row["id"])
        if entity == "keluarga":
            return _worded(entity, row.get("kepala"), row["id"])
        if entity == "wilayah":
            return _worded(entity, _place(row), row["id"])
        name, field = catatan_queries.name_of(entity, row), catatan_queries.naming(entity)
        if name is not None and field is not None:
            name = fmt.shown(ENTITIES[entity].by_name[field], name)
        return _worded(entity, name, row["id"])


def _place(row: Mapping[str, Any]) -> str | None:
    """A dusun with its RW and RT, as far as a row of wilayah is of a single one."""
    below = [name for name in ("rw", "rt") if row[name] not in {None, *NO_PLACE}]
    parts = [row["dusun"], *(f"{name.upper()} {row[name]}" for name in below)]
    return " ".join(it for it in parts if it) or None


def _worded(entity: str, name: str | None, id_: str) -> str:
    if name is None and entity == "penduduk":
        return fmt.NAMELESS
    if name is None:
        return f"{title(entity)} {fmt.visible(id_)}"
    return f"{title(entity)} {fmt.visible(name)}" if entity == "keluarga" else fmt.visible(name)


def caption(field: Field) -> str:
    """What a column with names instead of ids is headed."""
    label = _SHORT.get(field.name, field.label)
    if field.name in REFERENCES and label.startswith(_ID):
        return label.removeprefix(_ID).capitalize()
    return label


def address(entity: str, row: Mapping[str, Any], past: Said) -> str:
    """Where a record's page is, as of what `past` says."""
    if entity in _OWN_PAGES:
        return url_for("staff.orang", kode=row["kode_desa"], id_=row["id"], **past)
    return url_for(
        "staff.satu_catatan", kode=row["kode_desa"], entity=entity, id_=row["id"], **past
    )
