"""`opendk-ledger kantor`, as an administrator types it."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from cli.main import main
from ledger.server import Server
from tests import postgres

Run = Callable[..., Result]


@pytest.fixture
def run(tmp_path: Path, server: Server, database: str, monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("LEDGER_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("LEDGER_ORIGIN", "kecamatan.example")
    monkeypatch.setenv("LEDGER_KODE", "53.06.14")
    monkeypatch.setenv("DATABASE_URL", postgres.owner_url(server, database))

    def invoke(*arguments: str, said: str = "") -> Result:
        return CliRunner().invoke(main, ["kantor", *arguments], input=said)

    return invoke


def test_a_log_key_is_handed_over_and_the_old_one_discarded(run: Run, tmp_path: Path) -> None:
    handed = run("ganti-kunci", "log", said="y\n")
    assert "Kunci log kini yang ke-2: kecamatan.example/53.06.14" in handed.stdout
    rows = [it for it in json.loads(run("kunci", "--json").stdout) if it["peran"] == "log"]
    assert [(it["nomor"], it["berlaku"]) for it in rows] == [(1, True), (2, True)]
    assert rows[1]["sidik_jari"] in handed.stdout
    assert "Kunci log ke-1" in run("buang-kunci-lama", "--yakin").stdout
    assert "Tidak ada kunci log lama" in run("buang-kunci-lama", "--yakin").stdout
    assert "log ke-1" in run("kunci").stdout
    assert f"    {rows[1]['vkey']}\n" in run("kunci").stdout
    assert (tmp_path / "data" / "keys" / "log-2.key").exists()


def test_nothing_is_handed_over_by_accident(run: Run) -> None:
    assert run("ganti-kunci", "kantor", said="n\n").exit_code == 1
    assert run("ganti-kunci", "web", "--yakin").exit_code == 2
    rows = json.loads(run("kunci", "--json").stdout)
    assert [(it["peran"], it["nomor"]) for it in rows] == [
        ("log", 1),
        ("kantor", 1),
        ("gateway", 1),
    ]
