"""doctor and scrub: all that can be wrong is named, with what to do."""

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from pyrage.x25519 import Identity
from sqlalchemy import text

from cli.main import main
from ledger import SigningKey
from ledger.database import Databases
from projections import JOBS
from tests.simulator import KODE, ORIGIN

ERASED = """
    INSERT INTO ledger.redaction VALUES (
        '53.06.14.2001', 1, 1, '', '53.06.14', 1, gen_random_uuid(), 'penduduk', '1', 'UU',
        now() + interval '1 minute'
    )
"""


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
    assert lines["desa"] == ("PERHATIAN", "belum pernah mengirim: 53.06.14.2001")
    told = run("doctor").stdout
    assert "→ hubungi desanya" in told
    assert told.startswith("OK        pengaturan")


def test_who_signs_for_the_desa_is_told(run: Any) -> None:
    for number in (1, 2, 3):
        run("desa", "add", f"53.06.14.200{number}", f"Desa {number}")
    run("desa", "token", "53.06.14.2002")
    key = SigningKey("desa/53.06.14.2001/sekdes-1", bytes(range(32)))
    run("desa", "enrol", "53.06.14.2001", key.verifier.to_vkey(), "--yakin")
    told = "1 desa menandatangani sendiri, 1 hanya dicatat kecamatan: 53.06.14.2002"
    none = "; 1 tanpa kunci yang berlaku: 53.06.14.2003"
    assert found(run("doctor", "--json"))["kunci desa"] == ("PERHATIAN", told + none)
    run("desa", "token", "53.06.14.2003")
    told = told.replace("1 hanya", "2 hanya") + ", 53.06.14.2003"
    assert found(run("doctor", "--json"))["kunci desa"] == ("OK", told)
    run("desa", "keys", "53.06.14.2001", "cabut", "sekdes-1")
    assert "1 tanpa kunci" in found(run("doctor", "--json"))["kunci desa"][1]


def test_how_old_the_newest_backup_is_and_whom_it_still_holds(
    run: Any, tmp_path: Path, databases: Databases, monkeypatch: pytest.MonkeyPatch
) -> None:
    def told() -> tuple[str, str]:
        return found(run("doctor", "--json"))["cadangan"]

    run("desa", "add", "53.06.14.2001", "Lamika")
    assert told() == ("PERHATIAN", "LEDGER_BACKUP belum diisi")
    folder = tmp_path / "cadangan"
    monkeypatch.setenv("LEDGER_BACKUP", str(folder))
    assert told() == ("PERHATIAN", f"foldernya tidak ada: {folder}")
    assert run("backup").exit_code == 0
    (made,) = (it for it in folder.iterdir() if it.is_dir())
    assert told() == ("OK", f"{made.name}, umur 0 jam, tidak tersandi; 1 tersimpan di {folder}")
    recipient = str(Identity.generate().to_public())
    monkeypatch.setenv("LEDGER_BACKUP_AGE", recipient)
    assert told()[1].endswith(f"tidak tersandi menurut LEDGER_BACKUP_AGE: {made.name}")
    manifest = made / "manifest.json"
    said = json.loads(manifest.read_text()) | {"recipients": [recipient]}
    manifest.write_text(json.dumps(said))
    assert told() == ("OK", f"{made.name}, umur 0 jam, tersandi; 1 tersimpan di {folder}")
    with databases.owner.begin() as tx:
        tx.execute(text("ALTER TABLE ledger.redaction DISABLE TRIGGER ALL"))
        tx.execute(text(ERASED))
    assert f"masih memuat orang yang sudah dihapus: {made.name}" in told()[1]
    manifest.write_text(json.dumps({**said, "missing": ["0" * 64]}))
    assert "tanpa 1 berkas" in told()[1]
    manifest.write_text(json.dumps({**said, "taken_at": "2025-01-01T00:00:00Z"}))
    assert told()[1].endswith("hari: terlalu tua")
    manifest.unlink()
    assert told() == ("PERHATIAN", f"belum ada: {folder}")


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
