"""The house's own rules: documents say what is true, migrations make what the code knows."""

import re
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import MetaData, text

import ledger.tables
import projections.tables
from ledger import errors
from ledger.database import Databases

ROOT = Path(__file__).parents[1]
PROTOCOL = (ROOT / "ledger" / "PROTOCOL.md").read_text()
CONTRACT = (ROOT / "api" / "compat" / "CONTRACT.md").read_text()
README = (ROOT / "README.md").read_text()


def kinds(base: type[errors.LedgerError]) -> set[type[errors.LedgerError]]:
    return {it for kind in base.__subclasses__() for it in (kind, *kinds(kind))}


def test_every_refusal_is_in_the_protocol() -> None:
    codes = {kind.code for kind in kinds(errors.RefusalError)} - {"refusal"}
    codes |= {*errors.LINE_FAULTS, "desa-unknown", "position-unknown", "tile-unknown"}
    codes |= {kind.code for kind in kinds(errors.WitnessError)}
    assert {code for code in codes if f"`{code}`" not in PROTOCOL} == set()


def test_no_two_errors_share_a_code() -> None:
    codes = [kind.code for kind in kinds(errors.LedgerError) if "code" in vars(kind)]
    assert sorted(codes) == sorted(set(codes))


def test_every_setting_is_in_the_readme() -> None:
    source = (ROOT / "ledger" / "settings.py").read_text()
    names = {f"LEDGER_{name}" for name in re.findall(r'env\.(?!prefixed)\w+\("([A-Z_]+)"', source)}
    names = {name.replace("LEDGER_DATABASE_URL", "DATABASE_URL") for name in names}
    assert {name for name in names if f"`{name}`" not in README} == set()


def test_every_old_address_is_in_the_contract() -> None:
    sources = (ROOT / "api" / "compat").glob("*.py")
    found = set()
    for source in sources:
        text_ = source.read_text()
        prefix = re.search(r'url_prefix="([^"]+)"', text_)
        routes = re.findall(r'@blueprint\.(?:get|post)\("([^"]*)"\)', text_)
        found |= {(prefix[1] if prefix else "") + route for route in routes}
    assert len(found) == 21
    assert {address for address in found if f"{address}`" not in CONTRACT} == set()


def test_every_command_in_the_readme_exists() -> None:
    from cli.main import main  # noqa: PLC0415  # the whole house, for this test alone

    used = set(re.findall(r"opendk-ledger (\w+)", README))
    assert used <= set(main.commands)


def test_nobody_counts_lines_for_himself() -> None:
    """A redacted line keeps its number: whoever counts the changes that are left is one off."""
    sources = (
        it
        for room in ("ledger", "projections", "api", "cli")
        for it in ROOT.glob(f"{room}/**/*.py")
    )
    counting = re.compile(r"enumerate\([^)\n]*(\.changes\(\)|read_change)")
    assert [it.name for it in sources if counting.search(it.read_text())] == []


@pytest.mark.parametrize("schema", ["ledger", "projections"])
def test_migrations_make_what_the_tables_say(databases: Databases, schema: str) -> None:
    metadata: dict[str, MetaData] = {
        "ledger": ledger.tables.metadata,
        "projections": projections.tables.metadata,
    }
    with databases.owner.connect() as connection:
        context = MigrationContext.configure(
            connection,
            opts={
                "include_schemas": True,
                "include_name": lambda name, kind, _: kind != "schema" or name == schema,
                "compare_type": True,
                "version_table_schema": schema,
            },
        )
        differences = [
            it
            for it in compare_metadata(context, metadata[schema])
            # Indexes beyond primary keys are the migration's business.
            if not str(it[0]).endswith("_index")
        ]
    assert differences == []


def test_kode_desa_is_first_in_every_key_of_a_desa_table(databases: Databases) -> None:
    """So that the tables distribute by it (one desa, one machine)."""
    with databases.owner.connect() as tx:
        keys = tx.execute(
            text("""
                SELECT c.conrelid::regclass::text AS relation, a.attname AS first
                FROM pg_constraint c
                JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = c.conkey[1]
                JOIN pg_namespace n ON n.oid = c.connamespace
                WHERE n.nspname IN ('ledger', 'projections') AND c.contype IN ('p', 'u', 'f')
            """),
        ).all()
    others = {"ledger.alembic_version", "projections.alembic_version"}
    accounts = ("account", "recovery", "session", "log_in", "attempt")
    others |= {f"ledger.{it}" for it in (*accounts, "job", "witness", "witnessed")}
    wrong = {relation for relation, first in keys if first != "kode_desa"}
    assert wrong - others == set()


def test_no_sequence_anywhere(databases: Databases) -> None:
    """Order is per desa; a global sequence would have gaps to mind."""
    with databases.owner.connect() as tx:
        found = tx.execute(
            text("SELECT sequencename FROM pg_sequences WHERE schemaname = ANY(:schemas)"),
            {"schemas": ["ledger", "projections"]},
        ).all()
    assert found == []
