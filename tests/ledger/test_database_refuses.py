"""The database itself refuses what must not happen, whoever asks."""

import pytest
from sqlalchemy import text
from sqlalchemy.exc import ProgrammingError

from ledger.database import Databases
from tests.simulator import House, penduduk

ROLES = ("owner", "ingest", "projector", "reader")
CHANGES = (
    "UPDATE ledger.{table} SET kode_desa = kode_desa",
    "DELETE FROM ledger.{table}",
    "TRUNCATE ledger.{table}",
    "TRUNCATE ledger.{table} CASCADE",
)


@pytest.fixture(scope="module")
def tables() -> tuple[str, ...]:
    return ("batch", "refusal", "alarm", "alarm_end", "access", "access_anchor")


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("change", CHANGES)
def test_no_role_changes_a_log(
    databases: Databases, tables: tuple[str, ...], role: str, change: str
) -> None:
    house = House(databases)
    house.push(house.village(), [penduduk(1)])
    for table in tables:
        with getattr(databases, role).connect() as tx:
            with pytest.raises(ProgrammingError) as caught:
                tx.execute(text(change.format(table=table)))
            assert caught.value.orig.sqlstate == "42501"  # type: ignore[union-attr]


@pytest.mark.parametrize("mode", ["replica", "local"])
def test_not_even_replication_mode_gets_past(superuser_databases: Databases, mode: str) -> None:
    house = House(superuser_databases)
    house.push(house.village(), [penduduk(1)])
    with superuser_databases.owner.connect() as tx:
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


@pytest.mark.parametrize("role", ["ingest", "projector", "reader"])
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
