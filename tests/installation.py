"""A whole installation in processes of its own: `serve`, and the commands beside it."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import urllib3

ROOT = Path(__file__).parents[1]
KODE_DESA = "52.03.04.2001"


@dataclass
class Office:
    """An installation: a data folder and the commands that work on it."""

    folder: Path
    port: int
    logged: str = ""
    """What `serve` and its worker have logged, once they stopped."""

    @property
    def log(self) -> Path:
        """What `serve` and its worker log."""
        return self.folder / "serve.log"

    def run(self, *arguments: str, code: int = 0) -> subprocess.CompletedProcess[str]:
        """Run a command of ours, which must end with this exit code."""
        done = subprocess.run(
            [sys.executable, "-m", "cli", *arguments],
            capture_output=True,
            text=True,
            env=self.environment,
            cwd=ROOT,
            check=False,
        )
        assert done.returncode == code, done.stderr
        assert "Traceback" not in done.stderr
        return done

    def push(self, *arguments: str, code: int = 0) -> subprocess.CompletedProcess[str]:
        """Run the desa's command."""
        state = ("--state", str(self.folder / "desa"), "--desa", KODE_DESA)
        return self.run("push", *state, "--url", self.address, *arguments, code=code)

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def environment(self) -> dict[str, str]:
        return {
            **os.environ,
            "LEDGER_DATA": str(self.folder / "office"),
            "LEDGER_ORIGIN": "batulayar.example",
            "LEDGER_KODE": "52.03.04",
            "LEDGER_NAMA": "Kecamatan Uji",
            "LEDGER_PORT": str(self.port),
            "LEDGER_WORKERS": "1",
            "DATABASE_URL": "",
        }


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def serving() -> Iterator[Office]:
    """An office of 52.03.04 that serves, and stops without complaint."""
    with TemporaryDirectory(prefix="opendk-journey-") as folder:
        Path(folder).chmod(0o711)
        office = Office(Path(folder), free_port())
        with office.log.open("w") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", "cli", "serve"],
                env=office.environment,
                cwd=ROOT,
                stdout=log,
                stderr=log,
            )
        try:
            for _ in range(200):
                try:
                    urllib3.request("GET", f"{office.address}/readyz", retries=False)
                    break
                except urllib3.exceptions.HTTPError:
                    time.sleep(0.1)
            yield office
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(timeout=60)
            office.logged = office.log.read_text()
        assert "Traceback" not in office.logged
        assert process.returncode == 0
