"""doctor and scrub: all that can be wrong is named, with what to do."""

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import text

from cli.main import main
from ledger.database import Databases
from projections import JOBS
from tests.simulator import KODE, ORIGIN


@pytest.fixture
def run(tmp_path: Path, database_url: str, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Runs a command of an office in a folder of its own."""
    monkeypatch.chdir(tmp_path)
    for name, value in {"ORIGIN": ORIGIN, "KODE": KODE, "PORT": "1"}.items():
        monkeypatch.setenv(f"LEDGER_{name}", value)

    def run(*arguments: str) -> Result:
        options = ["--data", str(tmp_path / "data"), "--database-url", database_url]
        return CliRunner().invoke(main, [*options, *arguments])

    return run


def found(done: Result) -> dict[str, tuple[str, str]]:
    return {it["what"]: (it["state"], it["says"]) for it in json.loads(done.stdout)}


def test_what_was_never_run_is_said_and_nothing_is_made(run: Any, tmp_path: Path) -> None:
    done = run("doctor", "--json")
    assert found(done)["basis data"][0] == "PERHATIAN"
    assert done.exit_code == 1
    assert not (tmp_path / "data").exists()


def test_an_office_that_is_set_up(run: Any, databases: Databases, tmp_path: Path) -> None:
    assert run("desa", "add", "53.06.14.2001", "Lamika").exit_code == 0
    lines = found(run("doctor", "--json"))
    for what in ("pengaturan", "kunci kantor", "basis data", "peran basis data", "pelindung log"):
        assert lines[what][0] == "OK", lines[what]
    assert lines["jam"][0] == "OK"
    assert lines["alarm"] == ("OK", "tidak ada yang terbuka")
    assert {f"jadwal {job.name}" for job in JOBS} <= lines.keys()
    assert lines["desa"] == ("PERHATIAN", "tidak terdengar 14 hari: 53.06.14.2001")
    told = run("doctor").stdout
    assert "→ hubungi desanya" in told
    assert told.startswith("OK        pengaturan")


def test_a_log_without_its_trigger_is_broken(run: Any, superuser_databases: Databases) -> None:
    run("desa", "list")
    with superuser_databases.owner.begin() as tx:
        tx.execute(text("ALTER TABLE ledger.batch ENABLE TRIGGER refuse_change"))
    done = run("doctor", "--json")
    assert found(done)["pelindung log"] == ("RUSAK", "tidak ada: batch")
    assert done.exit_code == 3


def test_keys_that_others_may_read_are_broken(run: Any, tmp_path: Path) -> None:
    run("desa", "list")
    (tmp_path / "data" / "keys" / "log.key").chmod(0o644)
    done = run("doctor", "--json")
    assert found(done)["kunci kantor"][0] == "RUSAK"
    assert done.exit_code == 3


def test_a_database_that_is_behind_is_not_migrated_by_looking(
    run: Any, databases: Databases
) -> None:
    run("desa", "list")
    with databases.owner.begin() as tx:
        tx.execute(text("UPDATE ledger.alembic_version SET version_num = '0001'"))
    assert found(run("doctor", "--json"))["basis data"] == ("PERHATIAN", "belum dimigrasi: ledger")


def test_a_scrub_on_demand_names_what_is_damaged(run: Any, superuser_databases: Databases) -> None:
    run("desa", "add", "53.06.14.2001", "Lamika")
    done = run("scrub")
    assert "semuanya utuh" in done.stdout
    assert done.exit_code == 0
    with superuser_databases.owner.begin() as tx:
        tx.execute(text("ALTER TABLE ledger.batch DISABLE TRIGGER refuse_change"))
        tx.execute(text("UPDATE ledger.batch SET changes = 9 WHERE position = 1"))
    done = run("scrub")
    assert "RUSAK  53.06.14, kiriman ke-1: kolom berbeda dari manifes (changes)" in done.stdout
    assert done.exit_code == 3
    assert json.loads(run("scrub", "--json").stdout)["damages"][0]["fault"] == "column"
    assert found(run("doctor", "--json"))["alarm"][0] == "RUSAK"
