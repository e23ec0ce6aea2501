"""Every tampering of the corpus is noticed, in its place, by both verifiers.

The single-file verifier was written from PROTOCOL.md alone; here the two are held against each
other, fault by fault.
"""

import io
import json
import random
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from ledger.batch import redacted_line
from ledger.bundle.batches import Stored
from ledger.bundle.report import Report
from tests.ledger.bundle.conftest import verify
from tests.ledger.bundle.single import PERIKSA, Found, by_the_single_file, policy_text
from tests.ledger.bundle.tampering import TAMPERINGS, Honest, Tampered, packed
from tests.simulator import KODE_DESA

SEEDS = range(8)


def single(tampered: Tampered) -> list[Found]:
    return by_the_single_file(tampered.data, tampered.trust, tampered.kept)


def comparable(faults: list[Found]) -> set[object]:
    """What both say: where, and what; of a line's grammar only that it is wrong."""
    return {
        ("line" if code.startswith("line-") and code not in EXACT else code, *place)
        for code, *place in faults
    }


EXACT = {"line-hash", "line-whole"}


def faults_of(found: Report) -> list[Found]:
    return [(it.code, it.log, it.position, it.line) for it in found.faults]


@pytest.mark.parametrize("kind", TAMPERINGS)
def test_a_tampering_is_noticed_in_its_place(honest: Honest, kind: str) -> None:
    for seed in SEEDS:
        tampered = TAMPERINGS[kind](random.Random(f"{kind}/{seed}"), honest)
        found = verify(tampered.data, tampered.trust, tampered.kept)
        named = {(it.log, it.position) for it in found.faults}
        assert tampered.places & named, f"{kind}/{seed}: {found.faults}"
        ours, theirs = comparable(faults_of(found)), comparable(single(tampered))
        assert ours == theirs, f"{kind}/{seed}"


def test_the_corpus_is_of_two_hundred_and_more() -> None:
    assert len(TAMPERINGS) * len(SEEDS) >= 200


@pytest.mark.parametrize("which", ["whole", "hashed", "record"])
def test_what_is_honest_is_sound_to_both(honest: Honest, which: str) -> None:
    tampered = Tampered(packed(getattr(honest, which)), honest.trust, frozenset())
    assert verify(tampered.data, honest.trust).faults == []
    assert single(tampered) == []


def test_a_flipped_bit_of_the_file_is_noticed_or_changes_nothing(honest: Honest) -> None:
    """A ZIP file has bits that mean nothing, such as a member's date."""
    data = packed(honest.whole)
    rng = random.Random(7)
    for _ in range(150):
        at = rng.randrange(len(data))
        flipped = data[:at] + bytes([data[at] ^ 1 << rng.randrange(8)]) + data[at + 1 :]
        found = verify(flipped, honest.trust)
        tampered = Tampered(flipped, honest.trust, frozenset())
        assert found.sound is (single(tampered) == [])
        if found.sound:
            with zipfile.ZipFile(io.BytesIO(flipped)) as file:
                read = {it.filename: file.read(it) for it in file.infolist()}
            assert {**read, "bundle.json": b""} == {**honest.whole, "bundle.json": b""}
            declared = json.loads(read["bundle.json"])
            before = json.loads(honest.whole["bundle.json"])
            assert {**declared, "made_at": ""} == {**before, "made_at": ""}


def test_a_fault_is_told_in_a_sentence_with_its_place(honest: Honest) -> None:
    left = {k: v for k, v in honest.whole.items() if k != f"{KODE_DESA}/000002.batch"}
    first = verify(packed(left), honest.trust).faults[0]
    assert (first.place, first.message) == (
        f"{KODE_DESA}, kiriman 2",
        "Kiriman ini hilang.",
    )


def test_the_single_file_runs_alone(honest: Honest, tmp_path: Path) -> None:
    """In a folder of its own, without anything of ours on its path."""
    (tmp_path / "periksa.py").write_bytes(PERIKSA.read_bytes())
    (tmp_path / "kebijakan.txt").write_text(policy_text(honest.trust))
    (tmp_path / "tanda-terima.json").write_bytes(honest.receipts[2])
    (tmp_path / "utuh.zip").write_bytes(packed(honest.whole))
    left = {name: it for name, it in honest.whole.items() if name != f"{KODE_DESA}/000002.batch"}
    (tmp_path / "kurang.zip").write_bytes(packed(left))

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-I", "periksa.py", "--policy", "kebijakan.txt", *arguments]
        return subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)

    sound = run("--lama", "tanda-terima.json", "utuh.zip")
    assert (sound.returncode, sound.stderr) == (0, "")
    assert sound.stdout.endswith("Tidak ada kesalahan.\n")
    wrong = run("kurang.zip")
    assert wrong.returncode == 3
    assert f"SALAH  {KODE_DESA}, kiriman 2: batch-missing\n" in wrong.stdout
    unreadable = run("--lama", "utuh.zip", "--lama", "tanda-terima.json", "utuh.zip")
    assert unreadable.returncode == 3
    assert "SALAH  berkas: unreadable (utuh.zip: " in unreadable.stdout
    assert run("--lama", "tidak-ada.json", "utuh.zip").returncode == 2
    assert "import ledger" not in PERIKSA.read_text()
    assert "from ledger" not in PERIKSA.read_text()


BOMBS = {
    "many lines": (b"ab\n", 42 * 2**20),
    "many lines of a hash": (b"ab\n", 42 * 2**20),
    "no line": (b"[", 127 * 2**20),
    "one line of lists": (b"[],", 42 * 2**20),
}
VERIFIED = """
import resource, sys
resource.setrlimit(resource.RLIMIT_AS, (2**30, 2**30))
from pathlib import Path
from ledger import Trust, verify_bundle
report = verify_bundle(Path("bom.zip"), Trust.from_bytes(Path("kebijakan.txt").read_bytes()))
print(*(it.code for it in report.faults))
"""
CHECKED = """
import resource, runpy, sys
resource.setrlimit(resource.RLIMIT_AS, (2**30, 2**30))
it = runpy.run_path("periksa.py")
policy = it["Policy"](open("kebijakan.txt").read())
print(*(code for code, *_ in it["verify"]("bom.zip", policy)[0]))
"""


@pytest.mark.parametrize("kind", BOMBS)
def test_a_small_file_that_unpacks_to_much_fills_no_memory(
    honest: Honest, tmp_path: Path, kind: str
) -> None:
    (tmp_path / "periksa.py").write_bytes(PERIKSA.read_bytes())
    (tmp_path / "kebijakan.txt").write_text(policy_text(honest.trust))
    name = f"{KODE_DESA}/000002.batch"
    note = Stored.from_bytes(2, honest.whole[name]).note
    body, times = BOMBS[kind]
    hashed = redacted_line(bytes(32)) + b"\n" if "hash" in kind else b""
    with zipfile.ZipFile(tmp_path / "bom.zip", "w", zipfile.ZIP_DEFLATED) as file:
        for member, data in honest.whole.items():
            file.writestr(member, data if member != name else note + b"\n" + hashed + body * times)
    found = []
    for program in (VERIFIED, CHECKED):
        command = [sys.executable, "-c", program]
        done = subprocess.run(
            command,
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
            env={"PYTHONPATH": str(Path.cwd())},
        )
        assert done.returncode == 0, done.stderr
        found.append(done.stdout.split())
    assert found[0] == found[1]
    assert found[0][0] == "count-mismatch"
