"""Alembic for schema `ledger`."""

from ledger.database import run_migrations

run_migrations("ledger")
