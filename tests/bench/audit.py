"""Verification of a bundle of a million changes, by both verifiers: seconds and peak memory.

The bundle is of one desa, in batches of 1,000 signed penduduk changes, made without a database.
Each verifier runs in a process of its own, so that its peak is its own.
"""

import argparse
import hashlib
import os
import subprocess
import sys
import tempfile
import time
import zipfile
from pathlib import Path

from ledger import NO_PREVIOUS, Draft, Seen, SigningKey, write_batch
from ledger.bundle.form import (
    DECLARATION,
    FORMAT,
    Declaration,
    DeclaredLog,
    batch_name,
    checkpoint_name,
)
from ledger.bundle.tree import GrowingTree
from ledger.checkpoint import Checkpoint
from tests.bench.measure import people
from tests.simulator import KODE, KODE_DESA, ORIGIN, START

BATCH = 1_000


def main() -> None:
    """Make the bundle, then verify it twice."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--changes", type=int, default=1_000_000)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        bundle, policy = Path(folder) / "audit.zip", Path(folder) / "kebijakan.txt"
        begun = time.perf_counter()
        write(bundle, policy, options.changes)
        size = bundle.stat().st_size / 1e6
        print(f"{options.changes} changes, {size:.0f} MB, made in {_since(begun):.0f} s")
        periksa = Path(__file__).parents[2] / "ledger" / "bundle" / "periksa.py"
        arguments = [str(bundle), "--policy", str(policy)]
        for name, command in {
            "audit verify": [sys.executable, "-m", "cli", "audit", "verify", *arguments],
            "periksa.py": [sys.executable, str(periksa), *arguments],
        }.items():
            begun = time.perf_counter()
            process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
            _, status, usage = os.wait4(process.pid, 0)
            assert status == 0, name
            seconds = _since(begun)
            print(
                f"  {name:<14} {seconds:7.1f} s   {options.changes / seconds:9.0f} changes/s"
                f"   peak {usage.ru_maxrss / 1024:6.0f} MB",
            )


def _since(begun: float) -> float:
    return time.perf_counter() - begun


def write(bundle: Path, policy: Path, changes: int) -> None:
    """A sound bundle of so many changes."""
    log_key = SigningKey(f"{ORIGIN}/{KODE}", bytes([1]) * 32)
    office = SigningKey(f"server/{ORIGIN}/kantor", bytes([2]) * 32)
    desa = SigningKey(f"desa/{KODE_DESA}/bench", bytes([3]) * 32)
    policy.write_text(f"log {log_key.verifier.to_vkey()}\nquorum none\n")
    kantor = {
        "origin": ORIGIN,
        "kunci_kantor": office.verifier.to_vkey(),
        "kunci_log": log_key.verifier.to_vkey(),
    }
    kunci = {"kode_desa": KODE_DESA, "vkey": desa.verifier.to_vkey(), "mulai": 1}
    acts = [
        Draft("kantor", KODE, "put", START, kantor),
        Draft("registrasi_desa", KODE_DESA, "put", START, {"nama": "Bench"}),
        Draft("kunci_desa", desa.name, "put", START, kunci),
    ]
    stated = people(min(changes, 10_000))
    size = -(-changes // BATCH)
    with zipfile.ZipFile(bundle, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as file:
        logs = (DeclaredLog(KODE, 1), DeclaredLog(KODE_DESA, size))
        made_at = "2026-11-25T00:00:00Z"
        declared = Declaration(FORMAT, ORIGIN, KODE, made_at, "whole", "whole", logs)
        file.writestr(DECLARATION, declared.to_bytes())
        for kode, key, count in ((KODE, office, 1), (KODE_DESA, desa, size)):
            tree, prev = GrowingTree(), NO_PREVIOUS
            for number in range(1, count + 1):
                begin = (number - 1) * BATCH
                drafts = acts if kode == KODE else _drafts(stated, begin, changes)
                batch = write_batch(
                    [draft.to_line() for draft in drafts],
                    key,
                    log=f"{ORIGIN}/{kode}",
                    number=number,
                    prev=prev,
                    seen=Seen(tree.size, tree.root(tree.size) or b""),
                    time=START,
                )
                prev = batch.manifest.hash
                tree.add(hashlib.sha256(b"\0" + batch.note.to_bytes()).digest())
                file.writestr(batch_name(kode, number), batch.to_bytes())
            origin = f"{ORIGIN}/{kode}"
            text = Checkpoint(origin, tree.size, tree.root(tree.size) or b"").to_text()
            note = SigningKey(origin, log_key.seed).sign(text)
            file.writestr(checkpoint_name(kode), note.to_bytes())


def _drafts(stated: list[Draft], begin: int, changes: int) -> list[Draft]:
    return [stated[number % len(stated)] for number in range(begin, min(begin + BATCH, changes))]


if __name__ == "__main__":
    main()
