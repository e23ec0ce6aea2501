"""`opendk-ledger backup` and `restore`: an office carried to another machine, and what is told."""

import io
import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner
from sqlalchemy import text

from cli.main import main
from cli.opening import open_services
from ledger import RESTORING, Account, Backup, Keyring, Order, Visitor, Wish, restore_database
from ledger.database import Databases, open_databases
from ledger.server import Server, find_programs
from ledger.settings import Settings
from projections import PROJECTIONS, catch_up
from tests import postgres
from tests.installation import ROOT
from tests.projections import invented
from tests.simulator import KODE, KODE_DESA, ORIGIN, START, House, Village, penduduk

PASSWORD = "kata sandi panjang"
ORDER = Order("permintaan", "UU 27/2022 pasal 43", "470/12", "camat", "sekcam")
FORGOTTEN = {"session", "attempt", "scrub", "job"}
"""Tables that are empty, or begin anew, after a restore."""


@pytest.fixture
def empty_database(server: Server) -> Iterator[str]:
    """The name of a database that was never migrated."""
    with postgres.fresh_database(server, template="template1") as name:
        yield name


def run(settings: Settings, *arguments: object, code: int = 0) -> str:
    done = CliRunner().invoke(main, list(map(str, arguments)), env=settings.to_env())
    assert done.exit_code == code, done.output
    assert not isinstance(done.exception, (AssertionError, KeyError, TypeError, AttributeError))
    return done.output


def rows(databases: Databases, schema: str) -> dict[str, set[str]]:
    """Every row of every table of a schema."""
    with databases.owner.connect() as tx:
        query = text("SELECT tablename FROM pg_tables WHERE schemaname = :schema ORDER BY 1")
        tables = tx.execute(query, {"schema": schema}).scalars().all()
        return {
            it: set(tx.execute(text(f"SELECT t::text FROM {schema}.{it} AS t")).scalars())
            for it in tables
        }


def read_models(databases: Databases) -> dict[str, set[str]]:
    names = {table.name for projection in PROJECTIONS for table in projection.tables}
    return {name: it for name, it in rows(databases, "projections").items() if name in names}


def schema_of(url: str) -> str:
    """Everything that makes schema `ledger` what it is: tables, triggers, functions, rights."""
    pg_dump = find_programs(None) / "pg_dump"
    address = url.replace("postgresql+psycopg:", "postgresql:")
    command = [
        str(pg_dump),
        "--schema=ledger",
        "--schema-only",
        "--no-owner",
        f"--dbname={address}",
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return re.sub(r"(?m)^\\(un)?restrict .*$", "", done.stdout)


@dataclass
class Carried:
    """An office that was backed up, and what it held at that moment."""

    settings: Settings
    house: House
    village: Village
    backup: Path
    keys: Path
    ledger: dict[str, set[str]]
    models: dict[str, set[str]]
    schema: str


@pytest.fixture(scope="module")
def carried(server: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Carried]:
    folder = tmp_path_factory.mktemp("kantor")
    with postgres.fresh_database(server) as name:
        url = postgres.owner_url(server, name)
        settings = Settings(
            data=folder / "data",
            database_url=url,
            origin=ORIGIN,
            kode=KODE,
            backup=folder / "cadangan",
        )
        databases = open_databases(url)
        keyring = Keyring.open(settings.data / "keys")
        with pytest.MonkeyPatch.context() as patch:
            # Before the clock of whoever restores, whenever that is.
            patch.setattr("tests.simulator.START", datetime(2025, 1, 6, tzinfo=UTC))
            house = House(databases, folder=settings.data / "blobs", keyring=keyring)
        village = filled(house)
        catch_up(databases.projector, house.now)
        run(settings, "backup", "--kunci", folder / "kunci", folder / "cadangan")
        (backup,) = (it for it in (folder / "cadangan").iterdir() if it.is_dir())
        (keys,) = (folder / "kunci").iterdir()
        yield Carried(
            settings,
            house,
            village,
            backup,
            keys,
            rows(databases, "ledger"),
            read_models(databases),
            schema_of(url),
        )
        databases.dispose()


def filled(house: House) -> Village:
    """Of everything that an office holds, something."""
    kode_desa, pushes = next(it for it in invented.villages() if it[0] != KODE_DESA)
    other = house.village(kode_desa)
    for drafts in pushes:
        house.push(other, drafts)
    village = house.village()
    house.push(village, [penduduk(1), penduduk(8271, "MARIA GORETI"), penduduk(8272)])
    house.accounts.add("siti", "Siti", "staf", KODE, PASSWORD)
    house.sessions.begin("siti", "staf", Visitor("", ""))
    house.tokens.issue(KODE_DESA, "OpenSID")
    house.registry.desa_keys.issue_code(KODE_DESA)
    photo = house.blobs.keep(b"\xff\xd8\xff photo", "image/jpeg")
    with house.databases.ingest.begin() as tx:
        house.blobs.belong(tx, KODE_DESA, [photo], START)
    staff = Account("siti", "Siti", "staf", KODE)
    why = ("pelayanan", "surat pindah yang bersangkutan")
    house.access.open(staff, KODE_DESA, "penduduk", "1", ["nik"], why)
    house.access.anchor()
    house.transparency.anchor()
    house.redactions.redact(Wish(KODE_DESA, "penduduk", "8271"), ORDER)
    return village


@pytest.fixture
def elsewhere(carried: Carried, tmp_path: Path) -> Settings:
    """A new machine: nothing there, a PostgreSQL of its own, and who the office is."""
    tmp_path.chmod(0o711)
    return replace(carried.settings, data=tmp_path / "baru", database_url=None, backup=None)


def test_an_office_goes_on_elsewhere_as_it_was(carried: Carried, elsewhere: Settings) -> None:
    lost = carried.village.sign([penduduk(2, "SESUDAH CADANGAN")])
    receipt = carried.house.append(lost).receipt
    carried.village.accept(lost, receipt)
    told = run(elsewhere, "restore", carried.backup, "--kunci", carried.keys)
    assert "semuanya utuh, dan setiap log berdiri tepat di tempat" in told
    assert "dua kantor dengan satu kunci bercabang" in told
    with Server(elsewhere.data) as server:
        running = replace(elsewhere, database_url=server.url)
        databases = open_databases(server.url)
        held = rows(databases, "ledger")
        # One act more: that it was restored.
        (act,) = held["batch"] - carried.ledger["batch"]
        assert act.startswith(f"({KODE},")
        for table in carried.ledger.keys() - {*FORGOTTEN, "batch", "head"}:
            assert held[table] == carried.ledger[table], table
        assert carried.ledger["batch"] <= held["batch"]
        assert {it for it in held["head"] if not it.startswith(f"({KODE},")} == {
            it for it in carried.ledger["head"] if not it.startswith(f"({KODE},")
        }
        assert carried.ledger["session"]
        assert held["session"] == set()
        assert schema_of(server.url) == carried.schema
        # The read models were not in it, and are what they were.
        assert not any(read_models(databases).values())
        catch_up(databases.projector, carried.house.now)
        assert read_models(databases) == carried.models
        assert any(carried.models.values())
        with open_services(running) as services:
            # Who pushed after the backup is answered as the first time, and its receipt holds.
            again = services.ledger.append(KODE_DESA, io.BytesIO(lost.to_bytes()))
            assert (again.replayed, again.receipt.position) == (False, receipt.position)
            theirs = Village(carried.village.pinned, KODE_DESA, "sekdes-1")
            theirs.number, theirs.seen = lost.manifest.number - 1, lost.manifest.seen
            theirs.accept(lost, again.receipt)
            assert services.ledger.head(KODE_DESA).root == carried.village.seen.root
            # The roles of this server are members of each other as they were of that one.
            wish = Wish(KODE_DESA, "penduduk", "8272")
            assert len(services.redactions.redact(wish, ORDER).lines) == 1
            assert services.accounts.verify("siti", PASSWORD)
            assert services.blobs.read(KODE_DESA, photo_of(carried)) == b"\xff\xd8\xff photo"
        databases.dispose()
    again_told = run(elsewhere, "restore", carried.backup, code=1)
    assert "sudah berisi 3 log" in again_told


def photo_of(carried: Carried) -> str:
    (path,) = (carried.settings.data / "blobs").glob("*/*")
    return path.name


def test_what_is_there_is_never_written_over(
    carried: Carried, elsewhere: Settings, database_url: str, tmp_path: Path
) -> None:
    held = replace(elsewhere, database_url=database_url)
    told = run(held, "restore", carried.backup, "--kunci", carried.keys, code=1)
    assert "sudah berisi tabel OpenDK Ledger; pemulihan tidak menimpa apa pun" in told
    assert not (held.data / "blobs").exists()
    foreign = replace(held, origin="lain.example")
    assert "milik kecamatan.example/53.06.14" in run(foreign, "restore", carried.backup, code=1)
    unnamed = replace(held, origin="")
    assert "cadangan ini milik kecamatan.example" in run(
        unnamed, "restore", carried.backup, code=5
    )
    keyless = replace(held, data=tmp_path / "tanpa-kunci")
    told = run(keyless, "restore", carried.backup, code=1)
    assert "tidak memuat log.key, office.key, gateway.key; pasang salinan" in told
    assert list((tmp_path / "tanpa-kunci").iterdir()) == []
    Keyring.open(keyless.data / "keys")
    told = run(keyless, "restore", carried.backup, "--kunci", carried.keys, code=1)
    assert "sudah memuat" in told
    assert "yang lain; tidak ditimpa" in told
    told = run(keyless, "restore", carried.backup, "--kunci", tmp_path, code=1)
    assert "bukan salinan kunci kantor" in told


def test_a_restore_goes_on_where_it_was_cut_off_and_tells_what_is_damaged(
    carried: Carried, elsewhere: Settings, server: Server, empty_database: str
) -> None:
    """Cut off after the database was written, where somebody then changed a batch."""
    databases = open_databases(postgres.superuser_url(server, empty_database))
    opened, begun = Backup.open(carried.backup).unlock(None), elsewhere.data / RESTORING
    elsewhere.data.mkdir()
    assert restore_database(opened, databases.owner, None, begun)
    with databases.owner.begin() as tx:
        tx.execute(text("ALTER TABLE ledger.batch DISABLE TRIGGER ALL"))
        tx.execute(
            text("UPDATE ledger.batch SET changes = 9 WHERE position = 1 AND kode_desa = :kode"),
            {"kode": KODE_DESA},
        )
    databases.dispose()
    settings = replace(elsewhere, database_url=postgres.superuser_url(server, empty_database))
    told = run(settings, "restore", carried.backup, "--kunci", carried.keys, code=3)
    assert not begun.exists()
    assert "RUSAK  53.06.14.2001, kiriman ke-1: kolom berbeda dari manifes (changes)" in told
    assert "Dipulihkan, tetapi tidak utuh" in told


def test_an_office_at_work_is_not_restored_into(carried: Carried, tmp_path: Path) -> None:
    """Not even from a backup that says just what it holds."""
    run(carried.settings, "backup", tmp_path)
    (backup,) = (it for it in tmp_path.iterdir() if it.is_dir())
    told = run(carried.settings, "restore", backup, code=1)
    assert "sudah berisi 3 log" in told


def test_an_office_whose_restore_was_cut_off_is_not_opened(
    carried: Carried, elsewhere: Settings
) -> None:
    elsewhere.data.mkdir()
    (elsewhere.data / RESTORING).write_text(f"{carried.backup.name}\n")
    told = run(elsewhere, "desa", "list", code=1)
    assert f"pemulihan {carried.backup.name} belum selesai; jalankan opendk-ledger restore" in told


def test_a_folder_with_a_space_is_backed_up_and_restored(
    carried: Carried, elsewhere: Settings, tmp_path: Path
) -> None:
    there = replace(elsewhere, data=tmp_path / "kantor 2+b% 'x")
    told = run(there, "restore", carried.backup, "--kunci", carried.keys)
    assert "semuanya utuh" in told
    assert "  3 log" in run(there, "backup", tmp_path / "cadangan 2")


def test_a_backup_is_looked_through_without_restoring(carried: Carried, tmp_path: Path) -> None:
    told = run(carried.settings, "restore", carried.backup, "--periksa")
    assert "utuh: setiap bita sama" in told
    told = run(carried.settings, "restore", carried.backup, "--periksa", "--json")
    assert {it["kode"] for it in json.loads(told)["logs"]} >= {KODE, KODE_DESA}
    assert "memuat 1 cadangan" in run(
        carried.settings, "restore", carried.backup.parent, "--periksa", code=1
    )
    assert "rusak" in run(
        carried.settings, "restore", damaged(carried.backup, tmp_path), "--periksa", code=3
    )


def test_a_sealed_backup_is_restored_by_whoever_has_the_key(
    carried: Carried, elsewhere: Settings, tmp_path: Path
) -> None:
    office = replace(carried.settings, backup=None)
    for inside in (office.data / "x", office.data.parent):
        told = run(office, "kantor", "kunci-cadangan", inside, code=1)
        assert "simpan di tempat lain" in told
    told = run(office, "kantor", "kunci-cadangan", tmp_path / "lemari")
    (key,) = (tmp_path / "lemari").iterdir()
    assert str(key) in told
    found = re.search(r"LEDGER_BACKUP_AGE=(age1\w+)$", told, re.MULTILINE)
    assert found
    told = run(replace(office, backup_age=(found[1],)), "backup", tmp_path / "cadangan")
    assert f"tersandi untuk {found[1]}" in told
    assert "tidak tersandi" not in told
    (backup,) = (it for it in (tmp_path / "cadangan").iterdir() if it.is_dir())
    assert "tidak dibuka: kunci pembuka" in run(elsewhere, "restore", backup, "--periksa")
    assert "dapat dibuka." in run(elsewhere, "restore", backup, "--periksa", "--pembuka", key)
    told = run(elsewhere, "restore", backup, "--kunci", carried.keys, code=1)
    assert "sebutkan berkas kunci pembukanya dengan --pembuka" in told
    wrong = tmp_path / "salah.txt"
    wrong.write_text(found[1])
    told = run(elsewhere, "restore", backup, "--pembuka", wrong, code=1)
    assert "salah.txt tidak memuat kunci pembuka" in told
    assert not elsewhere.data.exists()
    told = run(elsewhere, "restore", backup, "--kunci", carried.keys, "--pembuka", key)
    assert "semuanya utuh, dan setiap log berdiri tepat di tempat" in told
    with Server(elsewhere.data) as server:
        databases = open_databases(server.url)
        held = rows(databases, "ledger")
        databases.dispose()
    assert carried.ledger["batch"] <= held["batch"]
    photo = photo_of(carried)
    assert (elsewhere.data / "blobs" / photo[:2] / photo).read_bytes() == b"\xff\xd8\xff photo"


def test_a_recipient_that_is_none_is_refused(carried: Carried) -> None:
    done = CliRunner().invoke(
        main, ["doctor"], env={**carried.settings.to_env(), "LEDGER_BACKUP_AGE": "age1,x"}
    )
    assert done.exit_code == 5
    assert "LEDGER_BACKUP_AGE 'age1' bukan penerima age" in done.output


def damaged(backup: Path, folder: Path) -> Path:
    copy = folder / "rusak"
    subprocess.run(["cp", "-r", backup, copy], check=True)
    os.truncate(copy / "database.dump", 10_000)
    return copy


def test_keys_are_copied_elsewhere_and_for_their_owner_alone(
    carried: Carried, tmp_path: Path
) -> None:
    assert carried.keys.stat().st_mode & 0o777 == 0o700
    files = sorted(it.name for it in carried.keys.iterdir())
    assert files == [
        "gateway.key", "kunci.json", "log.key", "office.key", "web.key", "witness.key",
    ]  # fmt: skip
    assert all(it.stat().st_mode & 0o777 == 0o600 for it in carried.keys.iterdir())
    public = json.loads((carried.keys / "kunci.json").read_text())["public"]
    assert public["log.key"] == carried.house.office.log_key(KODE).verifier.to_vkey()
    secrets = [it.read_bytes() for it in carried.keys.glob("*.key")]
    for path in carried.backup.rglob("*"):
        if path.is_file():
            data = path.read_bytes()
            assert not any(it in data or it.hex().encode() in data for it in secrets)
    settings, folder = carried.settings, carried.backup.parent
    for inside in (folder, folder / "kunci", folder.parent):
        told = run(settings, "backup", folder, "--kunci", inside, code=1)
        assert "pisahkan keduanya" in told
        assert "pisahkan keduanya" in run(settings, "backup", "--kunci", inside, code=1)
    told = run(settings, "backup", "--kunci", tmp_path / "lemari")
    assert "Kunci kantor disalin ke" in told
    assert len(list(folder.glob("5*"))) == 1
    assert "belum pernah dijalankan" in run(
        replace(settings, data=tmp_path / "x"), "backup", tmp_path / "y", code=1
    )
    run(replace(settings, backup=None), "backup", code=2)


SLOW = """#!/bin/sh
if [ "$1" = --version ]; then echo "pg_dump (PostgreSQL) 99.0"; exit; fi
head -c 3000000 /dev/zero
echo $$ > "$LEDGER_DATA/pid"
exec sleep 60
"""


def test_killed_half_way_it_is_no_backup(
    database_url: str, tmp_path: Path, server: Server
) -> None:
    settings = Settings(
        data=tmp_path / "data", database_url=database_url, origin=ORIGIN, kode=KODE
    )
    run(settings, "desa", "add", KODE_DESA, "Lamika")
    programs, folder = tmp_path / "bin", tmp_path / "cadangan"
    programs.mkdir()
    (programs / "pg_dump").write_text(SLOW)
    (programs / "pg_dump").chmod(0o755)
    slow = replace(settings, pg_bindir=programs)
    process = subprocess.Popen(
        [sys.executable, "-m", "cli", "backup", folder], env=slow.to_env(), cwd=ROOT
    )
    pid = settings.data / "pid"
    for _ in range(300):
        if pid.exists() and pid.read_text().endswith("\n"):
            break
        time.sleep(0.1)
    process.kill()
    process.wait()
    os.kill(int(pid.read_text()), signal.SIGKILL)
    (left,) = (it for it in folder.iterdir() if it.is_dir())
    assert 0 < (left / "database.dump").stat().st_size <= 3_000_000
    for path, why in ((left, "terputus saat dibuat"), (folder, "bukan cadangan")):
        assert why in run(settings, "restore", path, "--periksa", code=1)
    told = run(settings, "backup", folder, "--json")
    (whole,) = (it for it in folder.iterdir() if it.is_dir())
    assert str(whole) == json.loads(told)["path"]
    run(settings, "restore", whole, "--periksa")
