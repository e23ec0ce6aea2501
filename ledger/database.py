"""The database as the program meets it: engines by role, and migrations.

Five roles, so that the database refuses what must not happen: the owner migrates and does nothing
else; `opendk_ingest` appends; `opendk_projector` writes read models; `opendk_reader` reads;
`opendk_redactor` appends, and may call the one function that redacts. The four are entered when a
connection starts, so that no RESET ROLE leads out of them.
"""

from dataclasses import dataclass
from pathlib import Path

from alembic import command, context
from alembic.config import Config
from alembic.util import CommandError
from psycopg.errors import DiskFull
from sqlalchemy import Connection, Engine, create_engine, event, make_url, text
from sqlalchemy.exc import ArgumentError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from ledger.errors import LedgerError

INGEST = "opendk_ingest"
PROJECTOR = "opendk_projector"
READER = "opendk_reader"
REDACTOR = "opendk_redactor"
ROLES = (INGEST, PROJECTOR, READER, REDACTOR)
# A statement that is asked for often would be planned once for all desa and any number of records:
# what takes 20 ms for some would take a second from the tenth time on.
_PLANNED_EACH_TIME = "-c plan_cache_mode=force_custom_plan"
# A read model and how far it has come are committed together, and can be made again from the
# logs: a crash may take the last moments of both. Its commits need not wait for the disk.
# A page may group everybody of a region, which fits in here and otherwise goes to the disk.
_OPTIONS = {PROJECTOR: " -c synchronous_commit=off", READER: " -c work_mem=16MB"}
READING = 0x0DD1EADE
"""The advisory lock that every transaction of a reader shares: who has it for itself has no reader
half way through its statements, or through the names in one of them."""

_OLDEST = 16
_MIGRATION_LOCK = 0x0DD1ED6E
HISTORIES = ("ledger", "projections")


class DatabaseError(LedgerError):
    """The database cannot be used."""

    code = "database"


class UrlError(DatabaseError):
    """DATABASE_URL is not one of a PostgreSQL."""

    code = "database-url"

    def __init__(self) -> None:
        super().__init__("DATABASE_URL bukan alamat PostgreSQL (postgresql://…).")


class UnreachableError(DatabaseError):
    """No connection to the database."""

    code = "database-unreachable"

    def __init__(self, why: str) -> None:
        super().__init__(f"Basis data tidak dapat dihubungi: {why}.")


class FullError(DatabaseError):
    """The database has no room left; nothing was written."""

    code = "database-full"

    def __init__(self) -> None:
        super().__init__(
            "Penyimpanan basis data penuh; tidak ada yang ditulis. Hubungi kecamatan."
        )


class OldServerError(DatabaseError):
    """The server is too old."""

    code = "database-old"

    def __init__(self, version: int) -> None:
        super().__init__(f"PostgreSQL {version} terlalu lama; diperlukan {_OLDEST} ke atas.")


class NewerDatabaseError(DatabaseError):
    """The database was migrated by a newer program."""

    code = "database-newer"

    def __init__(self, history: str) -> None:
        super().__init__(
            f"Basis data ({history}) dibuat oleh program yang lebih baru; perbarui program ini.",
        )


@dataclass(frozen=True)
class Databases:
    """One database, by role."""

    owner: Engine
    ingest: Engine
    projector: Engine
    reader: Engine
    redactor: Engine

    def dispose(self) -> None:
        """Close every connection that is not in use."""
        for engine in (self.owner, self.ingest, self.projector, self.reader, self.redactor):
            engine.dispose()


def open_databases(url: str) -> Databases:
    """Engines for a database; nothing is connected yet, and nothing but `dispose` is owed.

    Raises:
        UrlError: not the address of a PostgreSQL.
    """
    return Databases(_engine(url), *(_engine(url, role) for role in ROLES))


def _engine(url: str, role: str | None = None) -> Engine:
    try:
        parsed = make_url(url.replace("postgres://", "postgresql://", 1))
    except ArgumentError:
        raise UrlError from None
    if not parsed.drivername.startswith("postgresql"):
        raise UrlError
    engine = create_engine(
        parsed.set(drivername="postgresql+psycopg"),
        connect_args={"options": _options(role)} if role else {},
        pool_size=8,
        max_overflow=8,
        pool_pre_ping=True,
        # An error that is logged must not tell what a village stated.
        hide_parameters=True,
    )
    if role == READER:
        event.listen(engine, "begin", _read)
    return engine


def _read(connection: Connection) -> None:
    connection.execute(text("SELECT pg_advisory_xact_lock_shared(:key)"), {"key": READING})


def _options(role: str) -> str:
    return f"{_PLANNED_EACH_TIME} -c role={role}{_OPTIONS.get(role, '')}"


def create_roles(connection: Connection) -> None:
    """The roles, of the whole server, unless they are there; the owner may enter them."""
    for role in ROLES:
        connection.execute(
            text(f"""
                DO $$ BEGIN
                    CREATE ROLE {role} NOLOGIN;
                EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL;
                END $$
            """),
        )
        connection.execute(text(f"GRANT {role} TO CURRENT_USER WITH SET TRUE, INHERIT FALSE"))
    # Of the server too, so that no dump of a database holds it.
    connection.execute(text(f"GRANT {INGEST} TO {REDACTOR} WITH INHERIT TRUE, SET FALSE"))


def prepare(owner: Engine) -> None:
    """Make the roles, on a server that a database is to be restored to.

    Raises:
        UnreachableError: no connection.
    """
    try:
        with owner.begin() as connection:
            create_roles(connection)
    except OperationalError as error:
        raise UnreachableError(_reason(error)) from error


def migrate(url: str) -> None:
    """Bring both histories to where this program is; two that do so at once wait for another.

    Raises:
        DatabaseError: not to be had, too old, or newer than this program.
    """
    engine = _engine(url)
    try:
        with engine.connect() as connection:
            version = connection.execute(text("SHOW server_version_num")).scalar_one()
            version = int(version) // 10_000
            if version < _OLDEST:
                raise OldServerError(version)
            connection.execute(text("SELECT pg_advisory_lock(:key)"), {"key": _MIGRATION_LOCK})
            connection.commit()
            for history in HISTORIES:
                _upgrade(connection, history)
    except OperationalError as error:
        raise UnreachableError(_reason(error)) from error
    finally:
        engine.dispose()


def _upgrade(connection: Connection, history: str) -> None:
    folder = Path(__file__).parents[1] / history / "migrations"
    config = Config()
    config.set_main_option("script_location", str(folder).replace("%", "%%"))
    config.attributes["connection"] = connection
    try:
        command.upgrade(config, "head")
    except CommandError as error:
        if "Can't locate revision" in str(error):
            raise NewerDatabaseError(history) from error
        raise


def compact(owner: Engine) -> None:
    """Write the tables of both schemas anew, so that their files hold nothing that was deleted.

    Each is locked meanwhile. The planner's samples of columns go the same way.
    """
    with owner.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        tables = connection.execute(
            text("""
                SELECT format('%I.%I', schemaname, tablename) FROM pg_tables
                WHERE schemaname = ANY(:schemas) ORDER BY 1
            """),
            {"schemas": list(HISTORIES)},
        )
        for name in [*tables.scalars(), "pg_catalog.pg_statistic"]:
            connection.execute(text(f"VACUUM (FULL, ANALYZE) {name}"))


OUTAGES = (OperationalError, PoolTimeoutError)
"""What statements raise when the database cannot serve them; `outage` says it in a sentence."""


def outage(error: Exception) -> DatabaseError:
    """The error of ours for one of OUTAGES."""
    if isinstance(error, OperationalError):
        if isinstance(error.orig, DiskFull):
            return FullError()
        return UnreachableError(_reason(error))
    return UnreachableError("semua sambungan sedang dipakai")


def run_migrations(schema: str) -> None:
    """What a history's `env.py` does: one transaction a migration, on the connection given."""
    connection: Connection = context.config.attributes["connection"]
    connection.execute(text(f"CREATE SCHEMA IF NOT EXISTS {schema}"))
    # Plain PostgreSQL takes any name with a dot; on Citus it keeps DDL in one transaction apart.
    connection.execute(text("SET citus.multi_shard_modify_mode TO 'sequential'"))
    connection.commit()
    context.configure(
        connection=connection,
        version_table_schema=schema,
        transaction_per_migration=True,
    )
    with context.begin_transaction():
        context.run_migrations()
    connection.commit()


def _reason(error: OperationalError) -> str:
    """The driver's first line, which names no password."""
    return str(error.orig).strip().split("\n", 1)[0].rstrip(".")
