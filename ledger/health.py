"""What a doctor asks of the database: migrated, roles in place, logs protected.

Read-only, as the owner. The names are those of what is missing.
"""

from pathlib import Path

from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text

from ledger.database import HISTORIES, ROLES

PROTECTED = ("batch", "refusal", "alarm", "alarm_end", "access", "access_anchor")
"""Tables that a trigger keeps from being changed, whoever asks."""


def unmigrated(tx: Connection) -> list[str]:
    """The histories whose newest migration is not that of this program."""
    behind = []
    for history in HISTORIES:
        config = Config()
        folder = Path(__file__).parents[1] / history / "migrations"
        config.set_main_option("script_location", str(folder).replace("%", "%%"))
        newest = ScriptDirectory.from_config(config).get_current_head()
        there = tx.execute(
            text("SELECT to_regclass(:name)"), {"name": f"{history}.alembic_version"}
        )
        if there.scalar() is None:
            behind.append(history)
            continue
        version = tx.execute(text(f"SELECT version_num FROM {history}.alembic_version")).scalar()  # noqa: S608  # a constant name
        if version != newest:
            behind.append(history)
    return behind


def missing_roles(tx: Connection) -> list[str]:
    """The roles that are not there, or are more than they should be."""
    query = text("""
        SELECT rolname FROM pg_roles
        WHERE rolname = ANY(:roles) AND NOT rolcanlogin AND NOT rolsuper AND NOT rolbypassrls
    """)
    found = set(tx.execute(query, {"roles": list(ROLES)}).scalars())
    return [role for role in ROLES if role not in found]


def unprotected(tx: Connection) -> list[str]:
    """The tables whose trigger is not there, or does not always fire."""
    query = text("""
        SELECT c.relname FROM pg_trigger t
        JOIN pg_class c ON c.oid = t.tgrelid
        JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE n.nspname = 'ledger' AND t.tgname LIKE 'refuse_change%' AND t.tgenabled = 'A'
    """)
    found = set(tx.execute(query).scalars())
    return [table for table in PROTECTED if table not in found]


def clock_difference_s(tx: Connection, now: float) -> float:
    """By how many seconds the database's clock is ahead of ours, which is `now` since 1970."""
    return (
        float(tx.execute(text("SELECT extract(epoch FROM clock_timestamp())")).scalar_one()) - now
    )
