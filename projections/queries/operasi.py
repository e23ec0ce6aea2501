"""How the machine's database stands: what it holds, and who works on it."""

from dataclasses import dataclass

from sqlalchemy import Connection

from projections import sql

_SQL = sql.load("projections.queries", "operasi.sql")


@dataclass(frozen=True)
class Storage:
    """What takes room, in bytes: the whole database, its logs, read models, and files."""

    database: int
    logs: int
    read_models: int
    files: int
    file_count: int


def storage(tx: Connection) -> Storage:
    """What takes room."""
    return Storage(**tx.execute(_SQL["storage"]).mappings().one())
