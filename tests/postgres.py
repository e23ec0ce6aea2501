"""A real PostgreSQL for every test: one server a session, one database a test.

The database of a test is a copy of a migrated template, so that tests have real commits, NOTIFY,
roles and triggers. That is 350 files: some 20 ms in memory, and up to 600 on a disk.
"""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

from sqlalchemy import URL, create_engine, make_url, text

from ledger.database import Databases, migrate, open_databases
from ledger.server import Server

TEMPLATE = "opendk_template"
_MEMORY = Path("/dev/shm")  # a folder of the session's own is made in it
_ROOM = 4 << 30


def quickest_folder() -> Path | None:
    """Where a session's server is best: in memory, if there is room; else wherever files go."""
    if _MEMORY.is_dir() and shutil.disk_usage(_MEMORY).free >= _ROOM:
        return _MEMORY
    return None


def make_template(server: Server) -> None:
    """Migrate the database that tests are copied from.

    Tests kill processes, not the machine: nobody waits for the disk, or fills it with what only
    a crash of it would ask for.
    """
    for setting in ("fsync = off", "full_page_writes = off", "max_wal_size = '256MB'"):
        _administer(server, f"ALTER SYSTEM SET {setting}", server.superuser_url)
    _administer(server, "SELECT pg_reload_conf()", server.superuser_url)
    _administer(server, f"CREATE DATABASE {TEMPLATE}")
    migrate(_named(server.url, TEMPLATE))


@contextmanager
def fresh_database(server: Server, template: str = TEMPLATE) -> Iterator[str]:
    """The name of a new database, dropped afterwards."""
    name = f"test_{uuid4().hex[:12]}"
    _administer(server, f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY file_copy")
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
