"""Mutu: what seems wrong with a village's statements, finding by finding, with history.

A row is a finding of the catalogue about a record, valid from the batch that states the record so
until one that states it otherwise or deletes it. Rules that ask what day it is are asked as of the
change's own day. What takes other records to judge is not kept here: queries ask for it.

But for one thing, which no record is left to show afterwards: that a desa deleted somebody of whom
it had never stated anything. So this follows penduduk, whose rows know who had been stated.
"""

from collections.abc import Iterator, Sequence
from itertools import chain
from typing import Final, NamedTuple

from sqlalchemy import Connection, Table, func, select, text, tuple_

from ledger.catalogue import ENTITIES, FINDINGS, Finding
from projections import tables
from projections.copying import Row, copy_rows
from projections.opened import Line, Opened


class Key(NamedTuple):
    """A record."""

    entity: str
    id: str


class What(NamedTuple):
    """A finding about a record; `field` is empty for one about the record itself."""

    field: str
    code: str
    severity: str
    message: str

    @classmethod
    def of(cls, finding: Finding) -> "What":
        """What the catalogue found."""
        return cls(finding.field or "", finding.code, finding.severity, finding.message)


_UNKNOWN: Final = FINDINGS["hapus-tidak-dikenal"]
_STRANGER: Final = What("", _UNKNOWN.code, _UNKNOWN.severity, _UNKNOWN.sentence)
"""What is amiss with a delete of somebody whom the desa never stated."""


class Since(NamedTuple):
    """The batch since which a finding holds; `fresh` ones are not stored yet."""

    batch: int
    fresh: bool


class MutuProjection:
    """Keeps the findings of all entities."""

    name = "mutu"
    version = 4
    tables: tuple[Table, ...] = (tables.mutu,)
    follows: str | None = "penduduk"

    def apply(self, tx: Connection, entries: Sequence[Opened]) -> None:
        """Find what is amiss with what the entries say, and what no longer is."""
        if not entries:
            return
        kode_desa = entries[0].kode_desa
        stated = [(it, list(_stated(it))) for it in entries]
        keys = {Key(it.entity, it.id) for _, lines in stated for _, it in lines}
        held = _held(tx, kode_desa, keys)
        strangers = _strangers(tx, kode_desa, entries)
        rows: list[Row] = []
        ended: list[tuple[Key, What, int]] = []
        for entry, lines in stated:
            batch = entry.position
            for line in lines:
                key = Key(line.change.entity, line.change.id)
                before = held.get(key, {})
                told = map(What.of, entry.findings(line))
                found = set({(it.field, it.code): it for it in told}.values())
                # Who had a finding had been stated, even if no row could be made of it.
                if (batch, key) in strangers and not before.keys() - {_STRANGER}:
                    found.add(_STRANGER)
                for what in before.keys() - found:
                    if before[what].fresh:
                        rows.append(_row(kode_desa, key, what, before[what], batch))
                    else:
                        ended.append((key, what, batch))
                held[key] = {
                    what: before.get(what) or Since(batch, fresh=True) for what in sorted(found)
                }
        _end(tx, kode_desa, ended)
        still = (
            _row(kode_desa, key, what, it, None)
            for key, findings in held.items()
            for what, it in findings.items()
            if it.fresh
        )
        copy_rows(tx, tables.mutu, chain(rows, still))


def _stated(entry: Opened) -> Iterator[Line]:
    """The last change of each record in a batch, of the entities that are known."""
    for entity, lines in entry.by_entity.items():
        if entity in ENTITIES:
            yield from {line.change.id: line for line in lines}.values()


def _strangers(tx: Connection, kode_desa: str, entries: Sequence[Opened]) -> set[tuple[int, Key]]:
    """The people whom batches delete without any row of them before, and the batch that does."""
    deleted = {}
    for entry in entries:
        changes = [it.change for it in entry.by_entity.get("penduduk", ())]
        if gone := {it.id for it in changes if it.op == "delete"}:
            deleted[entry.position] = gone - {it.id for it in changes if it.op == "put"}
    table = tables.penduduk
    ids = sorted(set().union(*deleted.values()))
    query = (
        select(table.c.id, func.min(table.c.from_batch))
        .where(table.c.kode_desa == kode_desa, table.c.id == func.any(ids))
        .group_by(table.c.id)
    )
    since = {row[0]: row[1] for row in tx.execute(query)} if ids else {}
    return {
        (batch, Key("penduduk", id_))
        for batch, gone in deleted.items()
        for id_ in gone
        if since.get(id_, batch) >= batch
    }


def _held(tx: Connection, kode_desa: str, keys: set[Key]) -> dict[Key, dict[What, Since]]:
    """The findings that hold of some records."""
    table = tables.mutu
    wanted = select(
        func.unnest(text("CAST(:entities AS text[])")),
        func.unnest(text("CAST(:ids AS text[])")),
    )
    query = select(table).where(
        table.c.kode_desa == kode_desa,
        table.c.to_batch.is_(None),
        tuple_(table.c.entity, table.c.id).in_(wanted),
    )
    ordered = sorted(keys)
    facts = {"entities": [it.entity for it in ordered], "ids": [it.id for it in ordered]}
    held: dict[Key, dict[What, Since]] = {}
    for row in tx.execute(query, facts):
        of_record = held.setdefault(Key(row.entity, row.id), {})
        what = What(row.field, row.code, row.severity, row.message)
        of_record[what] = Since(row.from_batch, fresh=False)
    return held


def _end(tx: Connection, kode_desa: str, ended: Sequence[tuple[Key, What, int]]) -> None:
    if not ended:
        return
    tx.execute(
        text("""
            UPDATE projections.mutu AS held
            SET to_batch = ended.batch
            FROM unnest(
                CAST(:entities AS text[]), CAST(:ids AS text[]), CAST(:fields AS text[]),
                CAST(:codes AS text[]), CAST(:batches AS bigint[])
            ) AS ended (entity, id, field, code, batch)
            WHERE held.kode_desa = :kode_desa AND held.to_batch IS NULL
                AND held.entity = ended.entity AND held.id = ended.id
                AND held.field = ended.field AND held.code = ended.code
        """),
        {
            "kode_desa": kode_desa,
            "entities": [key.entity for key, _, _ in ended],
            "ids": [key.id for key, _, _ in ended],
            "fields": [what.field for _, what, _ in ended],
            "codes": [what.code for _, what, _ in ended],
            "batches": [batch for _, _, batch in ended],
        },
    )


def _row(kode_desa: str, key: Key, what: What, since: Since, end: int | None) -> Row:
    place = (what.field, what.code, since.batch, end)
    return (kode_desa, key.entity, key.id, *place, what.severity, what.message)


MUTU = MutuProjection()
