"""`opendk-ledger saksi`."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from cli.main import main
from ledger import Cosigner, Note, SigningKey, VerifierKey
from ledger.server import Server
from tests import postgres

Run = Callable[..., Result]
WITNESS = Cosigner("kabupaten.example/saksi", b"\7" * 32).verifier.to_vkey()
LOG = SigningKey("tetangga.example/53.06.15", b"\x08" * 32).verifier.to_vkey()


@pytest.fixture
def run(tmp_path: Path, server: Server, database: str, monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("LEDGER_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("LEDGER_ORIGIN", "kecamatan.example")
    monkeypatch.setenv("LEDGER_KODE", "53.06.14")
    monkeypatch.setenv("DATABASE_URL", postgres.owner_url(server, database))

    def invoke(*arguments: str, answer: str | None = None) -> Result:
        return CliRunner().invoke(main, ["saksi", *arguments], input=answer)

    return invoke


def test_keys_are_shown_and_made_for_nobody_else(run: Run, tmp_path: Path) -> None:
    shown = run("kunci").stdout
    assert "kecamatan.example/saksi+" in shown
    assert "kecamatan.example/53.06.14+" in shown
    assert (tmp_path / "data" / "keys" / "witness.key").stat().st_mode & 0o777 == 0o600


def test_a_witness_is_added_asked_listed_and_removed(run: Run) -> None:
    assert "saksi minta" in run("add", WITNESS, "http://127.0.0.1:1", "--yakin").stdout
    assert "tidak menjawab" in run("minta").stdout
    listed = json.loads(run("list", "--json").stdout)
    assert listed["saksi"][0]["url"] == "http://127.0.0.1:1"
    assert "kabupaten.example/saksi" in run("list").stdout
    assert run("hapus", "kabupaten.example/saksi").exit_code == 0
    assert run("minta").stdout == "Tidak ada checkpoint baru untuk disaksikan.\n"


def test_a_log_is_witnessed_after_its_fingerprint_was_compared(run: Run) -> None:
    fingerprint = VerifierKey.from_vkey(LOG).fingerprint
    refused = run("amati", LOG, answer="n\n")
    assert fingerprint in refused.stdout
    assert refused.exit_code == 1
    assert run("amati", LOG, answer="y\n").exit_code == 0
    assert "belum pernah diminta" in run("list").stdout
    assert run("hapus", "tetangga.example/53.06.15").exit_code == 0
    assert "belum menyaksikan" in run("list").stdout
    gone = run("hapus", "tetangga.example/53.06.15")
    assert gone.exit_code == 1
    assert "bukan saksi" in gone.stderr


def test_one_kind_of_key_is_not_taken_for_the_other(run: Run) -> None:
    assert run("add", LOG, "https://x.example").exit_code == 2
    assert run("amati", WITNESS).exit_code == 2
    wrong = run("add", WITNESS, "x.example", "--yakin")
    assert wrong.exit_code == 1
    assert "alamat" in wrong.stderr


def test_an_anchor_ends_with_the_signed_checkpoint(run: Run) -> None:
    told = run("jangkar").stdout
    first, _, note = told.partition("\n\n")
    assert "Tidak ada log desa" in first
    assert Note.from_bytes(note.encode()).text.startswith("kecamatan.example/53.06.14\n")
