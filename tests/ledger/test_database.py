"""Engines by role, and migrations."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

from ledger.database import (
    ROLES,
    Databases,
    NewerDatabaseError,
    UnreachableError,
    UrlError,
    migrate,
    open_databases,
)

ROOT = Path(__file__).parents[2]


def test_two_programs_migrate_at_once(empty_database_url: str) -> None:
    with ThreadPoolExecutor(3) as pool:
        list(pool.map(migrate, [empty_database_url] * 3))
    engine = create_engine(empty_database_url)
    with engine.connect() as tx:
        for history in ("ledger", "projections"):
            made = Path(ROOT, history, "migrations", "versions").glob("[0-9]*.py")
            newest = max(it.name.partition("_")[0] for it in made)
            versions = tx.execute(text(f"SELECT version_num FROM {history}.alembic_version"))
            assert versions.scalars().all() == [newest]
    engine.dispose()


@pytest.mark.parametrize("history", ["ledger", "projections"])
def test_a_database_of_a_newer_program_is_left_alone(
    databases: Databases, database_url: str, history: str
) -> None:
    with databases.owner.begin() as tx:
        tx.execute(text(f"UPDATE {history}.alembic_version SET version_num = '9999'"))
    with pytest.raises(NewerDatabaseError, match=history):
        migrate(database_url)


@pytest.mark.parametrize("url", ["", "nonsense", "sqlite:///x", "mysql://x/y"])
def test_what_is_no_postgresql(url: str) -> None:
    with pytest.raises(UrlError):
        open_databases(url)


def test_the_old_name_of_the_scheme_is_taken(database_url: str) -> None:
    opened = open_databases(database_url.replace("postgresql+psycopg://", "postgres://"))
    with opened.reader.connect() as tx:
        assert tx.execute(text("SELECT 1")).scalar() == 1
    opened.dispose()


def test_a_server_that_does_not_answer_is_one_sentence_without_the_password() -> None:
    with pytest.raises(UnreachableError) as caught:
        migrate("postgresql://siti:rahasia@/none?host=/nowhere")
    assert "rahasia" not in str(caught.value)


@pytest.mark.parametrize("role", ROLES)
def test_an_engine_works_in_its_role(databases: Databases, role: str) -> None:
    engine = getattr(databases, role.removeprefix("opendk_"))
    with engine.connect() as tx:
        for statement in ("SELECT 1", "RESET ROLE", "SET ROLE NONE"):
            tx.execute(text(statement))
        tx.rollback()
        assert tx.execute(text("SELECT current_user")).scalar() == role


@pytest.mark.parametrize("role", ROLES)
def test_a_statement_is_planned_for_what_it_is_asked_with(databases: Databases, role: str) -> None:
    with getattr(databases, role.removeprefix("opendk_")).connect() as connection:
        for number in range(20):
            connection.execute(text("SELECT CAST(:number AS integer)"), {"number": number})
        plans = text("SELECT sum(generic_plans), sum(custom_plans) FROM pg_prepared_statements")
        generic, custom = connection.execute(plans).one()
    assert generic == 0
    assert custom > 0  # it was prepared, so the server might have planned it once for all
