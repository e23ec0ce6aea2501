"""`opendk-ledger projections`: status, rebuild and retry, as a person and a program use them."""

import json
import signal
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import text

from cli.main import main
from cli.projections import duration
from ledger.database import Databases
from ledger.server import Server
from projections import PROJECTIONS
from tests import postgres
from tests.simulator import KODE, KODE_DESA, ORIGIN, House, penduduk

Run = Callable[..., Result]


@pytest.fixture
def run(
    tmp_path: Path,
    server: Server,
    database: str,
    databases: Databases,
    monkeypatch: pytest.MonkeyPatch,
) -> Run:
    """The command, in the office of a village with two batches that nobody has followed."""
    house = House(databases)
    village = house.village()
    for number in range(2):
        house.push(village, [penduduk(number + 1)])
    keys = tmp_path / "data" / "keys"
    monkeypatch.setattr("cli.opening.Keyring.open", lambda _folder: house.keyring)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("LEDGER_DATA", str(keys.parent))
    monkeypatch.setenv("LEDGER_ORIGIN", ORIGIN)
    monkeypatch.setenv("LEDGER_KODE", KODE)
    monkeypatch.setenv("DATABASE_URL", postgres.owner_url(server, database))
    return lambda *arguments: CliRunner().invoke(main, ["projections", *arguments])


def test_what_is_behind_is_told_with_how_late_it_is(run: Run) -> None:
    shown = run("status", "penduduk").stdout.splitlines()
    assert shown[0] == "1 proyeksi, 1 desa: 1 tertinggal."
    assert shown[1].split()[:4] == ["penduduk", KODE_DESA, "0/2", "tertinggal"]
    assert "terlambat" in shown[1]
    (told,) = json.loads(run("status", "penduduk", "--json").stdout)
    assert (told["behind"], told["state"], told["lag_s"] > 0) == (2, "behind", True)


def test_what_is_live_is_counted_and_shown_when_asked(run: Run) -> None:
    assert run("rebuild", "--all", "--proses", "1").exit_code == 0
    count = len(PROJECTIONS)
    assert run("status").stdout == f"{count} proyeksi, 1 desa: {count} terkini.\n"
    shown = run("status", "--semua", "--desa", KODE_DESA).stdout.splitlines()
    assert len(shown) == 1 + count


def test_what_was_given_up_is_seen_and_retried(run: Run, databases: Databases) -> None:
    run("rebuild", "--all", "--proses", "1")
    with databases.owner.begin() as tx:
        tx.execute(
            text("""
                UPDATE projections.position
                SET parked_at = now(), attempts = 6, error = 'ValueError'
                WHERE projection = 'mutu'
            """),
        )
    given_up = run("status")
    assert given_up.exit_code == 1
    assert "DIHENTIKAN  ValueError" in given_up.stdout
    assert "projections retry" in given_up.stdout
    assert run("retry", "mutu").stdout == "1 pekerjaan dicoba lagi.\n"
    assert run("status").exit_code == 0


def test_a_rebuild_that_is_told_to_stop_says_so_and_changes_nothing(
    run: Run, databases: Databases, monkeypatch: pytest.MonkeyPatch
) -> None:
    run("rebuild", "--all", "--proses", "1")

    def apply(*_: object) -> None:
        signal.raise_signal(signal.SIGTERM)

    before = signal.getsignal(signal.SIGTERM)
    monkeypatch.setattr(PROJECTIONS[0], "apply", apply)
    for arguments in (["--all", "--proses", "1"], ["penduduk"]):
        stopped = run("rebuild", *arguments)
        assert stopped.exit_code == 130
        assert "tabel lama tetap dipakai" in stopped.stderr
    assert signal.getsignal(signal.SIGTERM) == before
    with databases.reader.connect() as tx:
        assert tx.execute(text("SELECT count(*) FROM projections.penduduk")).scalar_one() == 2


def test_progress_is_told_where_there_is_no_terminal(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cli.projections._TELL_EVERY_S", 0.0)
    told = run("rebuild", "penduduk").stderr
    assert told == "2/2 kiriman (100%), sisa 0 detik\n"


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0.4, "0 detik"),
        (59.6, "1 menit 0 detik"),
        (3_725, "1 jam 2 menit"),
        (200_000, "2 hari 7 jam"),
    ],
)
def test_a_duration_in_words(seconds: float, words: str) -> None:
    assert duration(seconds) == words
