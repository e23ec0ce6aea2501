"""`opendk-ledger desa token`."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from cli.main import main
from ledger.server import Server
from tests import postgres

KODE = "53.06.14.2001"
Run = Callable[..., Result]


@pytest.fixture
def run(tmp_path: Path, server: Server, database: str, monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("LEDGER_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("LEDGER_ORIGIN", "kecamatan.example")
    monkeypatch.setenv("LEDGER_KODE", "53.06.14")
    monkeypatch.setenv("DATABASE_URL", postgres.owner_url(server, database))

    def invoke(*arguments: str) -> Result:
        return CliRunner().invoke(main, ["desa", *arguments])

    assert invoke("add", KODE, "Lamika").exit_code == 0
    return invoke


def test_a_token_is_shown_once_and_listed_by_id(run: Run) -> None:
    made = json.loads(run("token", KODE, "--untuk", "OpenSID kantor", "--json").stdout)
    assert made["token"].count(".") == 2
    listed = run("token", KODE, "--daftar").stdout
    assert made["id"] in listed
    assert "OpenSID kantor" in listed
    assert made["token"] not in listed


def test_a_token_is_revoked_by_id(run: Run) -> None:
    made = json.loads(run("token", KODE, "--json").stdout)
    assert "tidak berlaku lagi" in run("token", KODE, "--cabut", made["id"]).stdout
    (row,) = json.loads(run("token", KODE, "--daftar", "--json").stdout)
    assert row["dicabut"]
    gone = run("token", KODE, "--cabut", "x")
    assert gone.exit_code == 1
    assert "tidak memiliki token x" in gone.stderr


def test_for_people_the_token_stands_on_a_line_of_its_own(run: Run) -> None:
    assert run("token", KODE, "--daftar").stdout == "Desa ini belum mempunyai token.\n"
    *_, last = run("token", KODE).stdout.splitlines()
    assert last.count(".") == 2


def test_no_token_for_a_desa_that_is_not_registered(run: Run) -> None:
    result = run("token", "53.06.14.2009")
    assert result.exit_code == 1
    assert "belum terdaftar" in result.stderr
