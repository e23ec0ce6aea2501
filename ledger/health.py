"""What a doctor asks of the database: migrated, roles in place, logs protected.

Read-only, as the owner. The names are those of what is missing.
"""

from dataclasses import dataclass
from datetime import datetime
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


@dataclass(frozen=True)
class Keyed:
    """The desa by who signs for them: they themselves, the office alone, nobody."""

    own: list[str]
    gateway: list[str]
    none: list[str]


def keyed(tx: Connection) -> Keyed:
    """By what kind of valid key each registered desa may send."""
    rows = tx.execute(
        text("""
            SELECT desa.kode_desa,
                coalesce(bool_or(key.name LIKE 'desa/%'), false) AS own,
                coalesce(bool_or(key.name LIKE 'server/%'), false) AS gateway
            FROM ledger.desa
            LEFT JOIN ledger.key ON key.kode_desa = desa.kode_desa AND key."end" IS NULL
            GROUP BY desa.kode_desa
            ORDER BY desa.kode_desa
        """)
    ).all()
    return Keyed(
        [it.kode_desa for it in rows if it.own],
        [it.kode_desa for it in rows if it.gateway and not it.own],
        [it.kode_desa for it in rows if not it.own and not it.gateway],
    )


def newest_redaction(tx: Connection) -> datetime | None:
    """When somebody was erased last: older backups hold them still."""
    return tx.execute(text("SELECT max(redacted_at) FROM ledger.redaction")).scalar()


def clock_difference_s(tx: Connection, now: float) -> float:
    """By how many seconds the database's clock is ahead of ours, which is `now` since 1970."""
    return (
        float(tx.execute(text("SELECT extract(epoch FROM clock_timestamp())")).scalar_one()) - now
    )
