"""Records of any entity that has a read model of its own."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, Final

from sqlalchemy import (
    ColumnElement,
    Connection,
    FromClause,
    Table,
    Text,
    and_,
    func,
    literal,
    or_,
    select,
    text,
    tuple_,
)

from ledger.catalogue import ENTITIES
from projections import tables
from projections.history import valid_at
from projections.queries.statistik import Place

TABLES: Final = {
    table.name: table for table in tables.metadata.sorted_tables if table.name in ENTITIES
}
"""The read models with history, by entity."""
_NAMES: Final = ("nama", "judul", "kartu_nama", "nama_desa")
"""What a record is called by, the first that its entity has."""
_NUMBERED: Final = {"keluarga": "no_kk"}
"""Those that are called by a number."""


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
) -> list[Mapping[str, Any]]:
    """Records of several desa, each as of its own batch, in an order without gaps or repeats.

    The order is that of `sort` (those without it last), then kode desa and id, shorter ids before
    longer ones, since most are numbers. `filters` are
    column → value, None asks for those without. `after` is the `key` of the last record before;
    programs page by it, people, who leaf to a numbered page, by `offset`.

    Raises:
        KeyError: there is no such table.
    """
    table = TABLES[entity]
    source, conditions = _standing(table, filters)
    if after is not None:
        conditions.append(_beyond(table, sort, after, descending=descending))
    order: list[ColumnElement[Any]] = [
        (it.desc() if descending else it.asc()).nulls_last() for it in _sorted_by(table, sort)
    ]
    order += [table.c.kode_desa, *_by_id(table.c.id)]
    query = select(table).select_from(source).where(*conditions).order_by(*order)
    rows = tx.execute(query.limit(limit).offset(offset), _facts(where)).mappings()
    return [dict(row) for row in rows]


def count(
    tx: Connection, entity: str, where: Sequence[Place], filters: Mapping[str, object]
) -> int:
    """How many records `page` has in all."""
    source, conditions = _standing(TABLES[entity], filters)
    query = select(func.count()).select_from(source).where(*conditions)
    return tx.execute(query, _facts(where)).scalar_one()


def count_by_desa(
    tx: Connection, entity: str, where: Sequence[Place], filters: Mapping[str, object]
) -> dict[str, int]:
    """How many records `page` has in all, by desa; desa without any are left out."""
    table = TABLES[entity]
    source, conditions = _standing(table, filters)
    query = (
        select(table.c.kode_desa, func.count())
        .select_from(source)
        .where(*conditions)
        .group_by(table.c.kode_desa)
        .order_by(table.c.kode_desa)
    )
    return {row[0]: row[1] for row in tx.execute(query, _facts(where))}


def counts(tx: Connection, where: Sequence[Place]) -> dict[str, int]:
    """How many records of each entity stand in these desa, by entity."""
    return {entity: count(tx, entity, where, {}) for entity in TABLES}


def facets(
    tx: Connection,
    entity: str,
    where: Sequence[Place],
    names: Sequence[str],
    filters: Mapping[str, object],
) -> dict[str, list[tuple[Any, int]]]:
    """The values that each field has in these desa, and how many records have it; None last.

    Each is counted under all the other filters, which are of these fields too, and so says what
    choosing it would show. The value that is filtered by is there also when nobody has it.
    """
    if not names:
        return {}
    source, conditions = _standing(TABLES[entity], {})
    columns = [TABLES[entity].c[it] for it in names]
    # All at once: the rows are read once, and few combinations of codes occur.
    query = select(func.count(), *columns).select_from(source).where(*conditions)
    found: dict[str, Counter[Any]] = {it: Counter() for it in names}
    for name in found.keys() & filters:
        found[name][filters[name]] = 0
    for jumlah, *values in tx.execute(query.group_by(*columns), _facts(where)):
        told = dict(zip(names, values, strict=True))
        apart = {it for it in filters if told[it] != filters[it]}
        for name, value in told.items():
            if apart <= {name}:
                found[name][value] += jumlah
    return {name: sorted(it.items(), key=_blank_last) for name, it in found.items()}


def _blank_last(option: tuple[Any, int]) -> tuple[bool, Any]:
    return option[0] is None, option[0]


def _standing(
    table: Table, filters: Mapping[str, object]
) -> tuple[FromClause, list[ColumnElement[bool]]]:
    """A table with the desa that are asked for, and the conditions of what stands there."""
    place = select(
        func.unnest(text("CAST(:desa AS text[])")).label("kode_desa"),
        func.unnest(text("CAST(:batches AS bigint[])")).label("batch"),
    ).subquery("place")
    conditions: list[ColumnElement[bool]] = [
        table.c.from_batch <= place.c.batch,
        or_(table.c.to_batch.is_(None), table.c.to_batch > place.c.batch),
    ]
    for name, value in filters.items():
        column = table.c[name]
        conditions.append(column.is_(None) if value is None else column == value)
    return table.join(place, table.c.kode_desa == place.c.kode_desa), conditions


def _facts(where: Sequence[Place]) -> dict[str, object]:
    return {"desa": [it.kode_desa for it in where], "batches": [it.batch for it in where]}


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


def _sorted_by(table: Table, sort: str | None) -> tuple[ColumnElement[Any], ...]:
    if sort is None:
        return ()
    return _by_id(table.c.id) if sort == "id" else (table.c[sort],)


def _beyond(
    table: Table, sort: str | None, after: Sequence[Any], *, descending: bool
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
