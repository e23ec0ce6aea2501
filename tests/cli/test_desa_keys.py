"""`opendk-ledger desa enrol` and `desa keys`, as an administrator types them."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from cli.main import main
from cli.opening import open_office
from ledger import KeyNote, RefusalError, SigningKey, code_hash, code_proof
from ledger.server import Server
from ledger.settings import Settings
from tests import postgres
from tests.simulator import START

KODE = "53.06.14.2001"
KEY = SigningKey(f"desa/{KODE}/kades", b"7" * 32)
Run = Callable[..., Result]


@pytest.fixture
def run(tmp_path: Path, server: Server, database: str, monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("LEDGER_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("LEDGER_ORIGIN", "kecamatan.example")
    monkeypatch.setenv("LEDGER_KODE", "53.06.14")
    monkeypatch.setenv("DATABASE_URL", postgres.owner_url(server, database))

    def invoke(*arguments: str, said: str = "") -> Result:
        return CliRunner().invoke(main, ["desa", *arguments], input=said)

    assert invoke("add", KODE, "Lamika").exit_code == 0
    return invoke


def introduced(code: str) -> None:
    """The desa's side: its key comes with the code."""
    proof = code_proof(code_hash(code), KEY.verifier)
    said = KeyNote(f"kecamatan.example/{KODE}", "enrol", KEY.verifier, START, code=proof)
    with open_office(Settings.from_env()) as services:
        services.registry.desa_keys.receive(KODE, said.signed(KEY).to_bytes())


def test_a_key_comes_by_code_and_is_accepted_after_its_fingerprint_was_compared(run: Run) -> None:
    code = json.loads(run("enrol", KODE, "--json").stdout)["kode"]
    with pytest.raises(RefusalError):
        introduced("0000-0000-0000-0000")
    assert "1 kali dicoba dengan salah" in run("keys", KODE).stdout
    introduced(code)
    assert "menunggu diterima" in run("keys", KODE).stdout
    doubtful = run("enrol", KODE, "--terima", "kades", said="n\n")
    assert doubtful.exit_code == 1
    assert KEY.verifier.fingerprint in doubtful.stdout
    accepted = run("enrol", KODE, "--terima", "kades", said="y\n")
    assert "berlaku mulai kiriman ke-1" in accepted.stdout
    (row,) = json.loads(run("keys", KODE, "--json").stdout)
    assert (row["nama"], row["keadaan"], row["cara"]) == (KEY.name, "berlaku", "kode")


def test_the_code_is_shown_with_what_the_desa_types(run: Run) -> None:
    shown = run("enrol", KODE).stdout
    code = shown.splitlines()[1].strip()
    assert [len(group) for group in code.split("-")] == [4, 4, 4, 4]
    assert f"--kode {code}" in shown
    assert f"--kunci-kecamatan kecamatan.example/{KODE}+" in shown


def test_a_key_that_is_not_the_desas_is_turned_away(run: Run) -> None:
    introduced(json.loads(run("enrol", KODE, "--json").stdout)["kode"])
    assert run("enrol", KODE, "--tolak", "kades").stdout == f"Kunci {KEY.name} ditolak.\n"
    assert run("keys", KODE).stdout == "Desa ini belum mempunyai kunci.\n"
    gone = run("enrol", KODE, "--terima", "kades", "--yakin")
    assert (gone.exit_code, "tidak memiliki kunci kades" in gone.stderr) == (1, True)


def test_a_key_is_ended_and_told_once(run: Run) -> None:
    run("enrol", KODE, KEY.verifier.to_vkey(), "--yakin")
    assert "tidak berlaku mulai kiriman ke-1" in run("keys", KODE, "cabut", "kades").stdout
    assert "berakhir" in run("keys", KODE).stdout
    again = run("keys", KODE, "cabut", "kades")
    assert (again.exit_code, "sudah tidak berlaku" in again.stderr) == (1, True)
    never = run("keys", KODE, "cabut", "kades", "--curiga-sejak", "5")
    assert (never.exit_code, "bukan dari masa berlakunya" in never.stderr) == (1, True)
    assert run("keys", KODE, "akui", "kades").exit_code == 1


@pytest.mark.parametrize(
    "arguments",
    [
        ("enrol", KODE, KEY.verifier.to_vkey(), "--terima", "kades"),
        ("enrol", KODE, "--terima", "kades", "--tolak", "kades"),
        ("enrol", KODE, "bukan-kunci"),
        ("keys", KODE, "cabut"),
        ("keys", KODE, "hapus", "kades"),
    ],
    ids=["two", "both", "no key", "no name", "no such act"],
)
def test_wrong_usage_is_exit_code_2(run: Run, arguments: tuple[str, ...]) -> None:
    assert run(*arguments).exit_code == 2
