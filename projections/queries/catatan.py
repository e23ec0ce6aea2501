"""Records of any entity that has a read model of its own.

Where `concluded` is asked for, families are also those that no card states (`queries.keluarga`).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    Connection,
    FromClause,
    Join,
    Table,
    Text,
    and_,
    case,
    cast,
    func,
    literal,
    or_,
    select,
    text,
    true,
    tuple_,
)

from ledger.catalogue import ENTITIES
from projections import tables
from projections.history import valid_at
from projections.queries.keluarga import families
from projections.queries.statistik import Place, facts_of

TABLES: Final = {
    table.name: table for table in tables.metadata.sorted_tables if table.name in ENTITIES
}
"""The read models with history, by entity."""
_NAMES: Final = ("nama", "judul", "kartu_nama", "nama_desa", "tentang", "uraian")
"""What a record is called by, the first that its entity has."""
_NUMBERED: Final = {"keluarga": "no_kk"}
"""Those that are called by a number."""
REFERENCES: Final[Mapping[str, str]] = {
    "id_kk": "keluarga",
    "id_rtm": "rumah_tangga",
    "id_cluster": "wilayah",
    "id_kepala": "penduduk",
    "id_lembaga": "lembaga",
    "id_log_penduduk": "peristiwa",
    "id_pembangunan": "pembangunan",
    "id_pend": "penduduk",
    "id_penduduk": "penduduk",
    "id_suplemen": "suplemen",
    "kartu_id_pend": "penduduk",
    "kepala_id": "penduduk",
    "ketua_id": "penduduk",
    "program_id": "program_bantuan",
}
"""The fields that hold an id, in whichever entity, and of which entity it is."""
NO_PLACE: Final = ("0", "-", "")
"""How a row of wilayah says that it is above an RW or an RT."""
_DIGITS: Final = 10
"""Texts with more digits than this are not ordered as numbers."""
CALLED_BY: Final[Mapping[str, str]] = {
    "anggota_lembaga": "id_penduduk",
    "dokumentasi_pembangunan": "id_pembangunan",
    "peristiwa": "id_pend",
    "peristiwa_keluarga": "id_kk",
    "rumah_tangga": "kepala_id",
}
"""Entities without a name of their own, and what they are called by: a field of REFERENCES."""


def read_models(entity: str) -> frozenset[str]:
    """The read models that a list of an entity is made from, with those that are concluded."""
    return frozenset({entity, "penduduk"} if entity == "keluarga" else {entity})


def record(
    tx: Connection, entity: str, kode_desa: str, id_: str, as_of: int | None = None
) -> Mapping[str, Any] | None:
    """One record as of a batch: column → value; None when it is not there, or has no table."""
    table = TABLES.get(entity)
    if table is None:
        return None
    query = select(table).where(
        table.c.kode_desa == kode_desa,
        table.c.id == id_,
        valid_at(table, as_of),
    )
    row = tx.execute(query).mappings().first()
    return dict(row) if row else None


def is_known(tx: Connection, entity: str, kode_desa: str, id_: str) -> bool:
    """Whether the desa states a record, or ever did."""
    table = TABLES.get(entity)
    if table is None:
        return False
    query = select(table.c.id).where(table.c.kode_desa == kode_desa, table.c.id == id_).limit(1)
    return tx.execute(query).first() is not None


def naming(entity: str) -> str | None:
    """The column that says what a record is called, if its entity has one."""
    table = TABLES.get(entity)
    if table is None or entity in _NUMBERED:
        return _NUMBERED.get(entity)
    return next((it for it in _NAMES if it in table.c), None)


def name_of(entity: str, row: Mapping[str, Any]) -> str | None:
    """What a record is called, if it says."""
    column = naming(entity)
    return row[column] if column else None


def names(tx: Connection, entity: str, kode_desa: str, ids: Sequence[str]) -> dict[str, str]:
    """What the records of these ids are called now; those without a name are not there.

    Nor are those that are called by a number: a family's is not shown whole.
    """
    table, column = TABLES.get(entity), naming(entity)
    if table is None or column is None or entity in _NUMBERED:
        return {}
    query = select(table.c.id, table.c[column]).where(
        table.c.kode_desa == kode_desa,
        table.c.id == func.any(list(ids)),
        table.c[column].is_not(None),
        valid_at(table, None),
    )
    return {row.id: row[1] for row in tx.execute(query)}


def called(
    tx: Connection, entity: str, where: Sequence[Place], ids: Sequence[str]
) -> dict[tuple[str, str], str | None]:
    """What the records of these ids are called, each desa's as of its batch, by kode desa and id.

    A record that stands there without a name has None.
    """
    source, table, conditions = standing(entity, {}, concluded=True)
    rows = source
    name: ColumnElement[Any] = literal(None, Text())
    if entity == "keluarga":
        name = table.c.kepala
    elif entity == "wilayah":
        name = func.concat_ws(
            " ", table.c.dusun, _place("RW", table.c.rw), _place("RT", table.c.rt)
        )
    elif entity in CALLED_BY and REFERENCES[CALLED_BY[entity]] == "penduduk":
        person, by = tables.penduduk, table.c[CALLED_BY[entity]]
        stood = (
            person.c.kode_desa == table.c.kode_desa,
            person.c.id == cast(by, Text),
            person.c.from_batch <= text("place.batch"),
            or_(person.c.to_batch.is_(None), person.c.to_batch > text("place.batch")),
        )
        rows, name = source.outerjoin(person, and_(*stood)), person.c.nama
    elif (column := naming(entity)) is not None:
        name = table.c[column]
    query = (
        select(table.c.kode_desa, table.c.id, name)
        .select_from(rows)
        .where(*conditions, table.c.id == func.any(literal(list(ids), ARRAY(Text()))))
    )
    return {(row[0], row[1]): row[2] for row in tx.execute(query, facts_of(where))}


def _place(word: str, column: ColumnElement[Any]) -> ColumnElement[Any]:
    """An RW or RT with its number; nothing where a row of wilayah stands for no single one."""
    return case((column.not_in(NO_PLACE), func.concat(f"{word} ", column)))


def page(
    tx: Connection,
    entity: str,
    where: Sequence[Place],
    *,
    filters: Mapping[str, object],
    sort: str | None = None,
    descending: bool = False,
    after: Sequence[object] | None = None,
    limit: int = 100,
    offset: int = 0,
    concluded: bool = False,
) -> list[Mapping[str, Any]]:
    """Records of several desa, each as of its own batch, in an order without gaps or repeats.

    The order is that of `sort` (those without it last), then kode desa and id, shorter ids before
    longer ones, since most are numbers. `filters` are
    column → value, None asks for those without. `after` is the `key` of the last record before;
    programs page by it, people, who leaf to a numbered page, by `offset`.

    Raises:
        KeyError: there is no such table.
    """
    source, table, conditions = standing(entity, filters, concluded=concluded)
    if after is not None:
        conditions.append(_beyond(table, sort, after, descending=descending))
    order: list[ColumnElement[Any]] = [
        (it.desc() if descending else it.asc()).nulls_last() for it in _sorted_by(table, sort)
    ]
    order += [table.c.kode_desa, *_by_id(table.c.id)]
    query = select(table).select_from(source).where(*conditions).order_by(*order)
    rows = tx.execute(query.limit(limit).offset(offset), facts_of(where)).mappings()
    return [dict(row) for row in rows]


def count(
    tx: Connection,
    entity: str,
    where: Sequence[Place],
    filters: Mapping[str, object],
    *,
    concluded: bool = False,
) -> int:
    """How many records `page` has in all."""
    source, _, conditions = standing(entity, filters, concluded=concluded)
    query = select(func.count()).select_from(source).where(*conditions)
    return tx.execute(query, facts_of(where)).scalar_one()


def count_by_desa(
    tx: Connection, entity: str, where: Sequence[Place], filters: Mapping[str, object]
) -> dict[str, int]:
    """How many records `page` has in all, by desa; desa without any are left out."""
    source, table, conditions = standing(entity, filters)
    query = (
        select(table.c.kode_desa, func.count())
        .select_from(source)
        .where(*conditions)
        .group_by(table.c.kode_desa)
        .order_by(table.c.kode_desa)
    )
    return {row[0]: row[1] for row in tx.execute(query, facts_of(where))}


def counts(tx: Connection, where: Sequence[Place]) -> dict[str, int]:
    """How many records of each entity stand in these desa, by entity; concluded ones too."""
    return {entity: count(tx, entity, where, {}, concluded=True) for entity in TABLES}


@dataclass(frozen=True)
class Counted:
    """How many records there are.

    Attributes:
        by_desa: in each desa, by code; those without any are left out.
        options: the values of each field, None last, and how many records have it.
    """

    by_desa: Mapping[str, int]
    options: Mapping[str, list[tuple[Any, int]]]

    @property
    def total(self) -> int:
        """In all desa together."""
        return sum(self.by_desa.values())

    def span(self, where: Sequence[Place], offset: int, limit: int) -> tuple[list[Place], int]:
        """Of which desa the records at an offset are, in the order of codes, and where in them.

        A page of a list need not look at the other desa.
        """
        first, seen, codes = 0, 0, list[str]()
        for kode_desa, jumlah in self.by_desa.items():
            if seen + jumlah > offset and seen < offset + limit:
                first = first if codes else seen
                codes.append(kode_desa)
            seen += jumlah
        return [it for it in where if it.kode_desa in codes], offset - first


def facets(
    tx: Connection,
    entity: str,
    where: Sequence[Place],
    names: Sequence[str],
    filters: Mapping[str, object],
    *,
    concluded: bool = False,
) -> "Counted":
    """How many records `page` has, and the values that each field has in these desa.

    `filters` are of these fields. A value is counted under all the other filters, and so says what
    choosing it would show. The one that is filtered by is there also when nobody has it.
    """
    source, table, conditions = standing(entity, {}, concluded=concluded)
    columns = [table.c.kode_desa, *(table.c[it] for it in names)]
    held = {
        it: table.c[it].is_(None) if value is None else table.c[it] == value
        for it, value in filters.items()
    }
    # The rows are read once, and only the counts come back. One column of each is told, and which
    # one it is; it is counted under all the filters, or all but its own.
    query = (
        select(
            func.grouping(*columns),
            *columns,
            _counted(held.values()),
            *(_counted(held[it] for it in held if it != name) for name in held),
        )
        .select_from(source)
        .where(*conditions)
        .group_by(func.grouping_sets(*(tuple_(it) for it in columns)))
    )
    last = len(names)
    by_desa: dict[str, int] = {}
    found = {it: {filters[it]: 0} if it in filters else dict[Any, int]() for it in names}
    counts = [by_desa, *found.values()]
    without = {name: at for at, name in enumerate(held, start=last + 2)}
    stands = [without.get(it, last + 1) for it in ("", *names)]
    for which, *told in tx.execute(query, facts_of(where)):
        at = next(it for it in range(len(columns)) if not which >> (last - it) & 1)
        if jumlah := told[stands[at]]:
            counts[at][told[at]] = jumlah
    options = {name: sorted(it.items(), key=_blank_last) for name, it in found.items()}
    return Counted(dict(sorted(by_desa.items())), options)


def _counted(conditions: Iterable[ColumnElement[bool]]) -> ColumnElement[int]:
    """How many rows of a group are under these conditions."""
    return func.count().filter(and_(true(), *conditions))


def _blank_last(option: tuple[Any, int]) -> tuple[bool, Any, Any]:
    """The order of values: RT 2 comes before RT 10, though both are texts."""
    value = option[0]
    number = value.zfill(_DIGITS) if isinstance(value, str) and value.isdecimal() else value
    return value is None, number, value


def standing(
    entity: str, filters: Mapping[str, object], *, concluded: bool = False
) -> tuple[Join, FromClause, list[ColumnElement[bool]]]:
    """A table joined with the desa that are asked for, itself, and the conditions of its rows.

    The parameters are those of `facts_of`.
    """
    table: FromClause = families() if concluded and entity == "keluarga" else TABLES[entity]
    place = select(
        func.unnest(text("CAST(:desa AS text[])")).label("kode_desa"),
        func.unnest(text("CAST(:batches AS bigint[])")).label("batch"),
    ).subquery("place")
    conditions: list[ColumnElement[bool]] = []
    if isinstance(table, Table):
        conditions = [
            table.c.from_batch <= place.c.batch,
            or_(table.c.to_batch.is_(None), table.c.to_batch > place.c.batch),
        ]
    for name, value in filters.items():
        column = table.c[name]
        conditions.append(column.is_(None) if value is None else column == value)
    return table.join(place, table.c.kode_desa == place.c.kode_desa), table, conditions


def key(record: Mapping[str, Any], sort: str | None) -> list[Any]:
    """Where a record stands in the order of `page`."""
    place = [record["kode_desa"], record["id"]]
    return place if sort is None else [record[sort], *place]


def read_key(entity: str, sort: str | None, written: Sequence[Any]) -> list[Any]:
    """A `key` again that was written as JSON, days and amounts as texts.

    Raises:
        ValueError, TypeError: it is none of this order.
    """
    *of_sort, kode_desa, id_ = written
    if sort is not None:
        (value,) = of_sort
        kind = TABLES[entity].c[sort].type.python_type
        read = kind.fromisoformat if issubclass(kind, date) else kind
        of_sort = [None if value is None else read(value)]
    elif of_sort:
        raise ValueError
    return [*of_sort, str(kode_desa), str(id_)]


def _by_id(id_: ColumnElement[Any]) -> tuple[ColumnElement[Any], ...]:
    """The order of ids, most of which are numbers."""
    return func.length(id_), id_


def _sorted_by(table: FromClause, sort: str | None) -> tuple[ColumnElement[Any], ...]:
    if sort is None:
        return ()
    return _by_id(table.c.id) if sort == "id" else (table.c[sort],)


def _beyond(
    table: FromClause, sort: str | None, after: Sequence[Any], *, descending: bool
) -> ColumnElement[bool]:
    """The condition that a record comes after a key."""
    *of_sort, kode_desa, id_ = after
    later = tuple_(table.c.kode_desa, *_by_id(table.c.id)) > tuple_(
        kode_desa, *_by_id(literal(id_, Text()))
    )
    if sort is None:
        return later
    columns, column = tuple_(*_sorted_by(table, sort)), table.c[sort]
    if of_sort[0] is None:
        return and_(column.is_(None), later)
    # Not bare: of true and false it could not be said which is more.
    value = literal(of_sort[0], column.type)
    values = tuple_(*_by_id(value) if sort == "id" else (value,))
    further = columns < values if descending else columns > values
    return or_(further, and_(column == value, later), column.is_(None))
