"""Alembic for schema `projections`."""

from ledger.database import run_migrations

run_migrations("projections")
