"""Fixtures that every folder of tests may use."""

from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from ledger.database import Databases, open_databases
from ledger.server import Server
from tests import postgres


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    """The session's embedded server, with a migrated template."""
    with TemporaryDirectory(prefix="opendk-tests-", dir=postgres.quickest_folder()) as folder:
        # As root, the server is another user's: pytest's own folders would keep that one out.
        Path(folder).chmod(0o711)
        with Server(Path(folder)) as running:
            postgres.make_template(running)
            yield running


@pytest.fixture
def database(server: Server) -> Iterator[str]:
    """The name of a migrated, empty database."""
    with postgres.fresh_database(server) as name:
        yield name


@pytest.fixture
def database_url(server: Server, database: str) -> str:
    """Its address, as its owner."""
    return postgres.owner_url(server, database)


@pytest.fixture
def empty_database_url(server: Server) -> Iterator[str]:
    """The address of a database that was never migrated, as its owner."""
    with postgres.fresh_database(server, template="template1") as name:
        yield postgres.owner_url(server, name)


@pytest.fixture
def databases(database_url: str) -> Iterator[Databases]:
    """Engines by role."""
    opened = open_databases(database_url)
    yield opened
    opened.dispose()


@pytest.fixture(scope="module")
def shared_databases(server: Server) -> Iterator[Databases]:
    """Engines by role, of one database for a file of tests that leave it as it was."""
    with postgres.opened_database(server) as opened:
        yield opened


@pytest.fixture(scope="module")
def shared_superuser_databases(server: Server) -> Iterator[Databases]:
    """The same, its owner the superuser."""
    with postgres.opened_database(server, superuser=True) as opened:
        yield opened


@pytest.fixture
def superuser_databases(server: Server, database: str) -> Iterator[Databases]:
    """Engines whose owner is the superuser, for what not even that one may do."""
    opened = open_databases(postgres.superuser_url(server, database))
    yield opened
    opened.dispose()
