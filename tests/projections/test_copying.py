"""Rows into a table by COPY: whatever the values are, the same come out."""

from datetime import date, datetime
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Column, Date, DateTime, Integer, MetaData, Numeric, Table, Text, select
from sqlalchemy.dialects.postgresql import JSONB

from ledger.database import Databases
from projections.copying import Row, _as_json, _one_by_one, copy_rows

PLAIN = Table(
    "plain",
    MetaData(),
    Column("a", Text),
    Column("b", Integer),
    Column("c", Date),
    Column("d", DateTime),
    Column("e", Numeric),
)
NESTED = Table("nested", MetaData(), Column("a", Text), Column("b", JSONB))
TRICKY = [
    "",
    "null",
    "NULL",
    "\\N",
    '"',
    "\\",
    "a,b",
    "],\n[",
    "\t",
    "\r\n",
    "⟨é⟩",
    "\\.",
    "x\u2028",
]


def through(databases: Databases, table: Table, rows: list[Row]) -> list[Row]:
    with databases.owner.connect() as tx:
        table.metadata.create_all(tx)
        copy_rows(tx, table, rows)
        return list(map(tuple, tx.execute(select(table)).all()))


def test_plain_values(databases: Databases) -> None:
    rows: list[Row] = [
        ("SITI", 1, date(2026, 11, 24), datetime(2026, 11, 24, 8), Decimal("1.50")),  # noqa: DTZ001
        (None, None, None, None, None),
    ]
    assert through(databases, PLAIN, rows) == rows


@pytest.mark.parametrize("text", TRICKY)
def test_tricky_texts(databases: Databases, text: str) -> None:
    rows: list[Row] = [(text, 1, None, None, None), ("SITI", 2, None, None, None)]
    assert through(databases, PLAIN, rows) == rows


@pytest.mark.parametrize("text", TRICKY)
def test_lists_and_objects(databases: Databases, text: str) -> None:
    rows: list[Row] = [(text, [1, {"a": text}]), (None, None)]
    assert through(databases, NESTED, rows) == rows


def test_many_rows_come_in_their_order(databases: Databases) -> None:
    rows: list[Row] = [(str(it), it, None, None, None) for it in range(1_234)]
    assert through(databases, PLAIN, rows) == rows


@settings(max_examples=200)
@given(st.lists(st.tuples(st.text(), st.integers() | st.none()), min_size=1, max_size=5))
def test_both_ways_of_spelling_agree(rows: list[Row]) -> None:
    quick = _as_json(rows)
    assert quick is None or quick == _one_by_one(rows)
