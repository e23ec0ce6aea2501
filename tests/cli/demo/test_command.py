"""The demonstration, as a new user starts it: filled over HTTP, and found again."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

ROOT = Path(__file__).parents[3]


@pytest.fixture
def folder() -> Iterator[Path]:
    with TemporaryDirectory(prefix="opendk-demo-") as name:
        Path(name).chmod(0o711)
        yield Path(name) / "data"


def run(folder: Path) -> tuple[str, str]:
    """What the command says on stdout and stderr."""
    small = ("--orang", "80", "--bulan", "3", "--sekali", "--folder", str(folder))
    done = subprocess.run(
        [sys.executable, "-m", "cli", "demo", *small],
        capture_output=True,
        text=True,
        cwd=ROOT,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout, done.stderr


def test_a_second_run_finds_everything(folder: Path) -> None:
    stdout, stderr = run(folder)
    assert "kata sandi  demo-saja-ya" in stdout
    assert "http://127.0.0.1:" in stdout
    assert "Mengirim" in stderr
    again, silent = run(folder)
    assert "siap dalam" in again
    assert "Mengirim" not in silent
