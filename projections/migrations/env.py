"""Alembic for schema `projections`: one transaction a migration, on the connection given."""

from alembic import context
from sqlalchemy import Connection, text

SCHEMA = "projections"


def run(connection: Connection) -> None:
    """Migrate on a connection that holds the migration lock."""
    connection.execute(text(f"CREATE SCHEMA IF NOT EXISTS {SCHEMA}"))
    # Plain PostgreSQL takes any name with a dot; on Citus it keeps DDL in one transaction apart.
    connection.execute(text("SET citus.multi_shard_modify_mode TO 'sequential'"))
    connection.commit()
    context.configure(
        connection=connection,
        version_table_schema=SCHEMA,
        transaction_per_migration=True,
    )
    with context.begin_transaction():
        context.run_migrations()
    connection.commit()


run(context.config.attributes["connection"])
