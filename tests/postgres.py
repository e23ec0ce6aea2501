"""A real PostgreSQL for every test: one server a session, one database a test.

The database of a test is a copy of a migrated template, which costs some 60 ms, so that tests have
real commits, NOTIFY, roles and triggers.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from uuid import uuid4

from sqlalchemy import URL, create_engine, make_url, text

from ledger.database import Databases, migrate, open_databases
from ledger.server import Server

TEMPLATE = "opendk_template"


def make_template(server: Server) -> None:
    """Migrate the database that tests are copied from.

    Tests kill processes, not the machine: nobody waits for the disk.
    """
    for setting in ("fsync", "full_page_writes"):
        _administer(server, f"ALTER SYSTEM SET {setting} = off", server.superuser_url)
    _administer(server, "SELECT pg_reload_conf()", server.superuser_url)
    _administer(server, f"CREATE DATABASE {TEMPLATE}")
    migrate(_named(server.url, TEMPLATE))


@contextmanager
def fresh_database(server: Server, template: str = TEMPLATE) -> Iterator[str]:
    """The name of a new database, dropped afterwards."""
    name = f"test_{uuid4().hex[:12]}"
    _administer(server, f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY wal_log")
    try:
        yield name
    finally:
        # As superuser: an autovacuum worker may be at it, which nobody else may end.
        _administer(server, f"DROP DATABASE {name} WITH (FORCE)", server.superuser_url)


@contextmanager
def opened_database(server: Server, *, superuser: bool = False) -> Iterator[Databases]:
    """Engines by role of a new database, whose owner may be the superuser."""
    with fresh_database(server) as name:
        opened = open_databases((superuser_url if superuser else owner_url)(server, name))
        yield opened
        opened.dispose()


def _named(url: str, database: str) -> str:
    parsed: URL = make_url(url).set(database=database)
    return parsed.render_as_string(hide_password=False)


def owner_url(server: Server, database: str) -> str:
    """The address of a database as its owner."""
    return _named(server.url, database)


def superuser_url(server: Server, database: str) -> str:
    """The address of a database as superuser."""
    return _named(server.superuser_url, database)


def _administer(server: Server, statement: str, url: str | None = None) -> None:
    engine = create_engine(url or server.url, isolation_level="AUTOCOMMIT")
    try:
        with engine.connect() as connection:
            connection.execute(text(statement))
    finally:
        engine.dispose()
