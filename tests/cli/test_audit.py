"""`opendk-ledger audit`: from an office to a bundle, and what an auditor does with it alone."""

import csv
import io
import json
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import select

from cli.main import main
from ledger.database import Databases
from ledger.server import Server
from projections import catch_up, tables
from projections.history import valid_at
from tests import postgres
from tests.ledger.bundle.conftest import Audited, make_audited, receipt_json
from tests.simulator import KODE, KODE_DESA, penduduk

Run = Callable[..., Result]


@pytest.fixture(scope="module")
def audited(shared_databases: Databases) -> Audited:
    """An office whose read models are up to date; tests look, and change nothing."""
    made = make_audited(shared_databases)
    made.house.push(made.first, [penduduk(7, ""), penduduk(2, "BUDI", sex="tidak tahu")])
    catch_up(shared_databases.projector, made.house.now)
    return made


@pytest.fixture(scope="module")
def files(audited: Audited) -> dict[str, bytes]:
    """What an auditor has on the table."""
    key = audited.house.office.log_key(KODE).verifier.to_vkey()
    first = audited.first.key.verifier
    policy = f"log {key}\nquorum none\nkey {first.name} {first.fingerprint}\n"
    return {
        "utuh.zip": audited.bundle(),
        "hash.zip": audited.bundle(whole=False),
        "kebijakan.txt": policy.encode(),
        "tanda-terima.json": receipt_json(audited.house.ledger.receipt(KODE_DESA, 2)),
    }


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, files: dict[str, bytes]) -> Run:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("LEDGER_DATA", str(tmp_path / "data"))
    monkeypatch.delenv("DATABASE_URL", raising=False)
    for name, data in files.items():
        (tmp_path / name).write_bytes(data)

    def invoke(*arguments: str) -> Result:
        return CliRunner().invoke(main, ["audit", *arguments])

    return invoke


def test_a_sound_bundle_ends_with_zero(run: Run, audited: Audited) -> None:
    result = run("verify", "utuh.zip", "--policy", "kebijakan.txt", "--lama", "tanda-terima.json")
    assert result.exit_code == 0, result.output
    assert result.stdout.endswith("Tidak ada kesalahan.\n")
    # Of one key only the office speaks.
    assert f"Kunci {audited.second.key.name} hanya dijamin kecamatan" in result.stdout
    assert f"Kunci {audited.first.key.name}" not in result.stdout


def test_a_bundle_with_a_fault_ends_with_three_and_names_the_place(
    run: Run, audited: Audited, tmp_path: Path
) -> None:
    with zipfile.ZipFile(tmp_path / "utuh.zip") as file:
        members = {it: file.read(it) for it in file.namelist()}
    name = f"{KODE_DESA}/000002.batch"
    members[name] = members[name].replace(b"BUDI HARTONO", b"BUDI HARTATI")
    with zipfile.ZipFile(tmp_path / "salah.zip", "w") as file:
        for it, data in members.items():
            file.writestr(it, data)
    result = run("verify", "salah.zip", "--policy", "kebijakan.txt")
    assert result.exit_code == 3
    expected = f"SALAH    {KODE_DESA}, kiriman 2: Isi kiriman bukan yang ditandatangani."
    assert expected in result.stdout
    told = json.loads(run("verify", "salah.zip", "--policy", "kebijakan.txt", "--json").stdout)
    assert [(it["code"], it["log"], it["position"]) for it in told["faults"]] == [
        ("root-mismatch", KODE_DESA, 2)
    ]


def test_a_policy_that_is_none_is_wrong_usage(run: Run, audited: Audited, tmp_path: Path) -> None:
    (tmp_path / "bukan.txt").write_text("percaya saja\n")
    result = run("verify", "utuh.zip", "--policy", "bukan.txt")
    assert result.exit_code == 2
    assert "baris 1" in result.stderr


def test_a_file_that_is_no_receipt_is_a_fault(run: Run) -> None:
    result = run("verify", "utuh.zip", "--policy", "kebijakan.txt", "--lama", "utuh.zip")
    assert result.exit_code == 3
    assert "[unreadable]" in result.stdout


def test_the_history_of_a_record_is_told_field_by_field(run: Run) -> None:
    told = json.loads(run("history", "utuh.zip", KODE_DESA, "penduduk", "1", "--json").stdout)
    assert [(it["position"], it["kind"]) for it in told] == [(1, "added"), (4, "changed")]
    assert told[1]["differences"] == [
        {"name": "nama", "before": "SITI", "after": "SITI AMINAH"},
        {"name": "alamat", "before": None, "after": "Jl. Baru"},
    ]
    assert (
        'nama: "SITI" → "SITI AMINAH"'
        in run("history", "utuh.zip", KODE_DESA, "penduduk", "1").stdout
    )


def test_two_positions_differ_record_by_record(run: Run) -> None:
    told = json.loads(run("diff", "utuh.zip", KODE_DESA, "1", "4", "--json").stdout)
    assert [(it["id"], it["kind"], it["position"]) for it in told["records"]] == [
        ("1", "changed", 4),
        ("2", "changed", 2),
        ("3", "removed", 3),
        ("4", "added", 2),
    ]
    assert run("diff", "utuh.zip", KODE_DESA, "4", "1").exit_code == 2
    assert run("diff", "utuh.zip", KODE_DESA, "0", "99").exit_code == 2


def test_one_change_is_proved_by_a_small_file(run: Run, audited: Audited, tmp_path: Path) -> None:
    assert run("proof", "utuh.zip", KODE_DESA, "2", "1", "-o", "bukti.json").exit_code == 0
    assert run("verify", "bukti.json", "--policy", "kebijakan.txt").exit_code == 0
    proof = json.loads((tmp_path / "bukti.json").read_text())
    assert '"nama":"BUDI HARTONO"' in proof["change"]
    for name, value, code in [
        ("change", proof["change"].replace("HARTONO", "HARTATI"), "root-mismatch"),
        ("line", 2, "root-mismatch"),
        ("position", 1, "proof"),
        ("vkey", audited.first.key.verifier.to_vkey(), "signature"),
        ("manifest", proof["manifest"].replace("count 2", "count 3"), "signature"),
        ("proof", proof["proof"].replace("\n6\n", "\n7\n"), "checkpoint-key"),
    ]:
        (tmp_path / "palsu.json").write_text(json.dumps({**proof, name: value}))
        told = json.loads(
            run("verify", "palsu.json", "--policy", "kebijakan.txt", "--json").stdout
        )
        assert code in {it["code"] for it in told["faults"]}, name
    assert run("proof", "utuh.zip", KODE_DESA, "2", "9").exit_code == 1


@pytest.mark.parametrize("per", [None, 0, 1, 3, 6])
def test_a_table_replayed_from_a_bundle_is_the_read_model(
    run: Run, audited: Audited, tmp_path: Path, per: int | None
) -> None:
    options = [] if per is None else ["--per", str(per)]
    result = run("replay", "utuh.zip", KODE_DESA, "penduduk", "-o", "tabel.json",
                 "--format", "json", *options)  # fmt: skip
    assert result.exit_code == 0, result.output
    table = tables.penduduk
    query = select(table).where(table.c.kode_desa == KODE_DESA, valid_at(table, per))
    with audited.house.databases.reader.begin() as tx:
        rows = [dict(row) for row in tx.execute(query).mappings()]
    for row in rows:
        del row["to_batch"]
    expected = sorted(rows, key=lambda it: int(it["id"]))
    assert json.loads((tmp_path / "tabel.json").read_text()) == json.loads(
        json.dumps(expected, default=str)
    )


def test_a_replayed_table_is_csv_for_spreadsheets(run: Run) -> None:
    rows = list(
        csv.DictReader(io.StringIO(run("replay", "utuh.zip", KODE_DESA, "penduduk").stdout))
    )
    assert [(it["id"], it["from_batch"], it["nama"]) for it in rows[:2]] == [
        ("1", "4", "SITI AMINAH"),
        ("2", "6", "BUDI"),
    ]


def test_the_verifier_is_printed_as_it_is(run: Run) -> None:
    source = run("verifier").stdout
    assert source.startswith("#!/usr/bin/env python3")
    compile(source, "periksa.py", "exec")


def test_a_bundle_that_lacks_what_is_asked_for_says_so(run: Run) -> None:
    result = run("history", "utuh.zip", "53.06.14.2099", "penduduk", "1")
    assert (result.exit_code, result.stderr) == (
        1,
        "Gagal: Berkas audit tidak dapat dipakai: tidak memuat log 53.06.14.2099.\n",
    )


def test_a_bundle_of_hashes_is_sound_and_says_nothing_of_people(run: Run) -> None:
    assert run("verify", "hash.zip", "--policy", "kebijakan.txt").exit_code == 0
    out = run("diff", "hash.zip", KODE_DESA, "0", "6").stdout
    assert out.startswith("0 catatan berbeda.\n")
    assert "hanya berupa hash" in out
    # What is not shown is not called empty.
    for asked in (("history", "hash.zip", KODE_DESA, "penduduk", "1"),
                  ("replay", "hash.zip", KODE_DESA, "penduduk")):  # fmt: skip
        told = run(*asked)
        assert told.exit_code == 1
        assert "hanya memuat hash setiap baris" in told.stderr


def test_what_cannot_be_written_or_is_no_record_is_told(run: Run) -> None:
    told = run("replay", "utuh.zip", KODE_DESA, "penduduk", "-o", "tidak/ada/x.csv")
    assert told.exit_code == 2
    assert "tidak/ada/x.csv: tidak ada" in told.stderr
    wrong = run("export", "--desa", KODE_DESA, "--catatan", "orang", "1", "-o", "x.zip")
    assert wrong.exit_code == 2
    assert "orang bukan salah satu dari" in wrong.stderr


def test_the_office_exports_what_the_auditor_verifies(
    run: Run, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    with postgres.fresh_database(server) as name:
        monkeypatch.setenv("LEDGER_ORIGIN", "kecamatan.example")
        monkeypatch.setenv("LEDGER_KODE", KODE)
        monkeypatch.setenv("DATABASE_URL", postgres.owner_url(server, name))
        made = CliRunner().invoke(main, ["desa", "add", KODE_DESA, "Lamika"])
        assert made.exit_code == 0, made.output
        vkey = made.stdout.split()[-1]
        Path("kertas.txt").write_text(f"log {vkey}\nquorum none\n")
        assert run("export", "-o", "semua.zip").exit_code == 0
        assert run("export", "--hash", "--desa", KODE_DESA, "-o", "satu.zip").exit_code == 0
        one = ("--desa", KODE_DESA, "--catatan", "penduduk", "1")
        # Without a statement about the record there is nothing that a bundle could show.
        told = run("export", *one, "-o", "catatan.zip")
        assert told.exit_code == 1
        assert "tidak menyatakan apa pun tentang penduduk 1" in told.stderr
        assert not Path("catatan.zip").exists()
        assert run("export", "--catatan", "penduduk", "1", "-o", "x.zip").exit_code == 2
        assert run("export", "--desa", "53.06.14.2099", "-o", "x.zip").exit_code == 1
    for name in ("semua.zip", "satu.zip"):
        assert run("verify", name, "--policy", "kertas.txt").exit_code == 0
