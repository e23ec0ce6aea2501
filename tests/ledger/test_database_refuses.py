"""The database itself refuses what must not happen, whoever asks.

What is refused changes nothing, so most tests share a database; those that commit have their own.
"""

from dataclasses import replace
from uuid import uuid4

import pytest
from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError, ProgrammingError

from ledger import Draft, read_entry, redacted_line
from ledger.database import Databases
from ledger.merkle import leaf_hash, node_hash
from ledger.note import to_base64
from ledger.store import pack
from tests.simulator import KODE, KODE_DESA, START, House, penduduk

ROLES = ("owner", "ingest", "projector", "reader", "redactor")
CHANGES = (
    "UPDATE ledger.{table} SET kode_desa = kode_desa",
    "DELETE FROM ledger.{table}",
    "TRUNCATE ledger.{table}",
    "TRUNCATE ledger.{table} CASCADE",
)


@pytest.fixture(scope="module")
def tables() -> tuple[str, ...]:
    return ("batch", "refusal", "alarm", "alarm_end", "access", "access_anchor", "figure")


@pytest.fixture(scope="module")
def databases(shared_databases: Databases) -> Databases:
    """Those of an office with a batch of two lines."""
    return filled(shared_databases).databases


@pytest.fixture(scope="module")
def redactable(shared_superuser_databases: Databases) -> House:
    """A house whose owner is the superuser, with a batch of two lines."""
    return filled(shared_superuser_databases)


def filled(databases: Databases) -> House:
    house = House(databases)
    house.push(house.village(), [penduduk(1), penduduk(2)])
    return house


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("change", CHANGES)
def test_no_role_changes_a_log(
    databases: Databases, tables: tuple[str, ...], role: str, change: str
) -> None:
    for table in tables:
        with getattr(databases, role).connect() as tx:
            with pytest.raises(ProgrammingError) as caught:
                tx.execute(text(change.format(table=table)))
            assert caught.value.orig.sqlstate == "42501"  # type: ignore[union-attr]


@pytest.mark.parametrize("mode", ["replica", "local"])
def test_not_even_replication_mode_gets_past(redactable: House, mode: str) -> None:
    with redactable.databases.owner.connect() as tx:
        tx.execute(text(f"SET session_replication_role = {mode}"))
        with pytest.raises(ProgrammingError, match="never changed"):
            tx.execute(text("DELETE FROM ledger.batch"))


@pytest.mark.parametrize("role", ["projector", "reader"])
@pytest.mark.parametrize(
    "table",
    [
        "access",
        "access_anchor",
        "account",
        "alarm",
        "alarm_end",
        "batch",
        "blob",
        "desa",
        "figure",
        "head",
        "job",
        "key",
        "message",
        "refusal",
        "scrub",
        "stated",
        "token",
        "upload",
        "waiting",
    ],
)
def test_projections_and_pages_cannot_write_the_ledger(
    databases: Databases, role: str, table: str
) -> None:
    with getattr(databases, role).connect() as tx:
        with pytest.raises(ProgrammingError) as caught:
            tx.execute(text(f"INSERT INTO ledger.{table} DEFAULT VALUES"))
        assert caught.value.orig.sqlstate == "42501"  # type: ignore[union-attr]


@pytest.mark.parametrize("role", ["projector", "reader"])
@pytest.mark.parametrize("table", ["account", "access"])
def test_nobody_else_reads_the_passwords_or_who_saw_whom(
    databases: Databases, role: str, table: str
) -> None:
    with getattr(databases, role).connect() as tx, pytest.raises(ProgrammingError):
        tx.execute(text(f"SELECT * FROM ledger.{table}"))


@pytest.mark.parametrize("role", ["ingest", "projector", "reader", "redactor"])
@pytest.mark.parametrize(
    "attempt",
    [
        "RESET ROLE",
        "SET ROLE NONE",
        "ALTER TABLE ledger.batch DISABLE TRIGGER ALL",
        "DROP TABLE ledger.batch",
        "SET session_replication_role = replica",
    ],
)
def test_a_role_cannot_free_itself(databases: Databases, role: str, attempt: str) -> None:
    """Either the attempt is refused, or it leaves the role as powerless as before."""
    with getattr(databases, role).connect() as tx:
        try:
            tx.execute(text(attempt))
        except ProgrammingError:
            return
        with pytest.raises(ProgrammingError):
            tx.execute(text("DELETE FROM ledger.batch"))


@pytest.mark.parametrize("table", ["upload", "message", "blob"])
def test_what_came_by_the_old_protocol_is_not_rewritten(databases: Databases, table: str) -> None:
    for change in CHANGES[:3]:
        with databases.ingest.connect() as tx:
            with pytest.raises(ProgrammingError) as caught:
                tx.execute(text(change.format(table=table)))
            assert caught.value.orig.sqlstate == "42501"  # type: ignore[union-attr]


@pytest.mark.parametrize("role", ["projector", "reader"])
def test_nobody_else_reads_the_tokens(databases: Databases, role: str) -> None:
    with getattr(databases, role).connect() as tx:
        with pytest.raises(ProgrammingError) as caught:
            tx.execute(text("SELECT * FROM ledger.token"))
        assert caught.value.orig.sqlstate == "42501"  # type: ignore[union-attr]


# --- the one function that redacts ---------------------------------------------------------------

UPDATE = "UPDATE ledger.batch SET packed = :body WHERE kode_desa = :kode_desa AND position = 1"
NAME = (
    "INSERT INTO ledger.redaction VALUES (:kode_desa, 1, :line, :hash, :office, :act, :id,"
    " 'penduduk', '1', 'UU', now())"
)


def redaction_facts(house: House) -> dict[str, object]:
    """What would redact the first of two lines, were there an act of the office."""
    with house.databases.owner.connect() as tx:
        first, second = read_entry(tx, KODE_DESA, 1).lines()
    hash_ = leaf_hash(first)
    return {
        "kode_desa": KODE_DESA,
        "line": 1,
        "hash": hash_,
        "office": KODE,
        "act": 1,
        "id": uuid4(),
        "body": redacted_line(hash_) + b"\n" + second + b"\n",
    }


def act(facts: dict[str, object], **changed: object) -> Draft:
    data = {
        "kode_desa": KODE_DESA,
        "entity": "penduduk",
        "id": "1",
        "baris": [[1, facts["line"]]],
        "hash": [to_base64(facts["hash"])],  # type: ignore[arg-type]
        "alasan": "permintaan",
        "dasar_hukum": "UU",
        "nomor": "1",
        "oleh": "camat",
        "disetujui": "sekcam",
    }
    return Draft("redaksi", str(facts["id"]), "put", START, {**data, **changed})


def refused(tx: Connection, statement: str, facts: dict[str, object]) -> None:
    with pytest.raises(DBAPIError) as caught:
        tx.execute(text(statement), facts)
    assert caught.value.orig.sqlstate == "42501"  # type: ignore[union-attr]


def test_an_act_and_the_right_hashes_are_let_through(superuser_databases: Databases) -> None:
    redactable = filled(superuser_databases)
    facts = redaction_facts(redactable)
    with redactable.databases.owner.begin() as tx:
        facts["act"] = redactable.ledger.record(tx, [act(facts)], plain=True)
        tx.execute(text(NAME), facts)
        tx.execute(text(UPDATE), facts)
    with redactable.databases.owner.connect() as tx:
        entry = read_entry(tx, KODE_DESA, 1)
        assert entry.intact
        assert entry.redacted() == {1: facts["hash"]}


def test_without_an_act_not_even_a_superuser_redacts(redactable: House) -> None:
    facts = redaction_facts(redactable)
    with redactable.databases.owner.connect() as tx:
        refused(tx, NAME, facts)
        tx.rollback()
        refused(tx, UPDATE, facts)


def test_an_act_of_another_transaction_does_not_count(redactable: House) -> None:
    facts = redaction_facts(redactable)
    with redactable.databases.owner.begin() as tx:
        facts["act"] = redactable.ledger.record(tx, [act(facts)], plain=True)
    with redactable.databases.owner.connect() as tx:
        refused(tx, NAME, facts)


def test_an_act_that_the_database_cannot_read_does_not_count(redactable: House) -> None:
    facts = redaction_facts(redactable)
    with redactable.databases.owner.connect() as tx:
        facts["act"] = redactable.ledger.record(tx, [act(facts)])
        refused(tx, NAME, facts)


@pytest.mark.parametrize(
    "changed",
    [
        {"baris": [[1, 2]]},
        {"baris": [[2, 1]]},
        {"hash": [to_base64(bytes(32))]},
        {"kode_desa": f"{KODE}.2002"},
        {"alasan": ""},
        {"dasar_hukum": "lain"},
        {"nomor": ""},
        {"disetujui": ""},
        {"disetujui": "Camat"},
        {"id": "2"},
    ],
)
def test_an_act_that_says_otherwise_does_not_count(
    redactable: House, changed: dict[str, object]
) -> None:
    facts = redaction_facts(redactable)
    with redactable.databases.owner.connect() as tx:
        facts["act"] = redactable.ledger.record(tx, [act(facts, **changed)], plain=True)
        refused(tx, NAME, facts)


@pytest.mark.parametrize("of", ["a desa's", "no act"])
def test_only_the_offices_log_holds_acts(redactable: House, of: str) -> None:
    facts = redaction_facts(redactable)
    draft = act(facts) if of == "a desa's" else replace(act(facts), entity="catatan")
    with redactable.databases.owner.connect() as tx:
        facts["act"] = redactable.ledger.record(tx, [draft], plain=True)
        facts["office"] = KODE_DESA if of == "a desa's" else KODE
        refused(tx, NAME, facts)


def broken(body: bytes, line: bytes) -> dict[str, bytes]:
    first, second = body.splitlines()
    empty = redacted_line(bytes(32))
    return {
        "another line changed": first + b"\n" + second.replace(b"SITI", b"SITA") + b"\n",
        "another line redacted too": first + b"\n" + redacted_line(leaf_hash(second)) + b"\n",
        "nothing redacted": line + b"\n" + second + b"\n",
        "the wrong hash": empty + b"\n" + second + b"\n",
        "no newline at the end": first + b"\n" + second,
        "a newline more": first + b"\n" + second + b"\n\n",
        "a line more": first + b"\n" + second + b"\n" + empty + b"\n",
        "one line for both": redacted_line(node_hash(leaf_hash(line), leaf_hash(second))) + b"\n",
        "swapped": second + b"\n" + first + b"\n",
        "packed": pack(body),
        "nothing": b"",
    }


@pytest.mark.parametrize("how", broken(b"{}\n{}", b"{}"))
def test_a_body_that_is_not_just_that_is_refused(redactable: House, how: str) -> None:
    facts = redaction_facts(redactable)
    with redactable.databases.owner.connect() as tx:
        line = read_entry(tx, KODE_DESA, 1).lines()[0]
        facts["act"] = redactable.ledger.record(tx, [act(facts)], plain=True)
        tx.execute(text(NAME), facts)
        facts["body"] = broken(facts["body"], line)[how]  # type: ignore[arg-type]
        refused(tx, UPDATE, facts)


@pytest.mark.parametrize(
    "column", ["note", "nodes", "root", "manifest_hash", "changes", "bytes", "number", "position"]
)
def test_nothing_but_the_lines_may_differ(redactable: House, column: str) -> None:
    facts = redaction_facts(redactable)
    value = "1 + " if column in {"changes", "bytes", "number", "position"} else "'x'::bytea || "
    statement = UPDATE.replace("WHERE", f", {column} = {value}{column} WHERE")
    with redactable.databases.owner.connect() as tx:
        facts["act"] = redactable.ledger.record(tx, [act(facts)], plain=True)
        tx.execute(text(NAME), facts)
        refused(tx, statement, facts)


def test_a_redacted_batch_is_no_freer_than_another(superuser_databases: Databases) -> None:
    redactable = filled(superuser_databases)
    facts = redaction_facts(redactable)
    with redactable.databases.owner.begin() as tx:
        facts["act"] = redactable.ledger.record(tx, [act(facts)], plain=True)
        tx.execute(text(NAME), facts)
        tx.execute(text(UPDATE), facts)
    for statement in (UPDATE, "DELETE FROM ledger.batch", "DELETE FROM ledger.redaction"):
        with redactable.databases.owner.connect() as tx:
            refused(tx, statement, facts)
    with redactable.databases.owner.connect() as tx:
        refused(tx, "UPDATE ledger.redaction SET line = line", facts)


@pytest.mark.parametrize("role", ["ingest", "projector", "reader"])
def test_only_the_redactor_may_call_it(databases: Databases, role: str) -> None:
    call = "SELECT ledger.redact('', 1, '', '{}', '{}', '', 1, NULL, '', '', '', now())"
    with getattr(databases, role).connect() as tx:
        refused(tx, call, {})


def test_the_redactor_names_no_lines_by_himself(databases: Databases, redactable: House) -> None:
    facts = redaction_facts(redactable)
    for statement in (NAME, UPDATE):
        with databases.redactor.connect() as tx:
            refused(tx, statement, facts)
