"""OpenSID's language against a real office: a batch made and a receipt verified by plain PHP."""

import json
import shutil
import subprocess
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from werkzeug.serving import make_server

from ledger import Receipt, SigningKey, log
from ledger.database import Databases
from tests.api.conftest import Web
from tests.simulator import KODE_DESA, START, penduduk

SCRIPT = Path(__file__).parent / "kirim.php"
PHP = shutil.which("php")
DATA = {"nama": 'É/\\"'}
Run = Callable[..., "subprocess.CompletedProcess[str]"]

pytestmark = pytest.mark.skipif(PHP is None, reason="php-cli is not installed")


@pytest.fixture
def web(databases: Databases, tmp_path: Path) -> Web:
    made = Web(databases, folder=tmp_path / "blobs")
    made.registry.add_desa(KODE_DESA, "Lamika")
    return made


@pytest.fixture
def url(web: Web) -> Iterator[str]:
    server = make_server("127.0.0.1", 0, web.app, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def run(web: Web, tmp_path: Path) -> Run:
    """Run the script as the desa; its key is enrolled when it has shown it."""
    folder = tmp_path / "desa"
    folder.mkdir()
    office = web.office.log_key(KODE_DESA).verifier.to_vkey()

    def invoke(
        ids: list[int], *arguments: str, pinned: str = office
    ) -> "subprocess.CompletedProcess[str]":
        at = START.isoformat()
        rows = [
            {"entity": "penduduk", "id": str(it), "at": at, "data": DATA if it else None}
            for it in (*ids, 0)
        ]
        (folder / "data.json").write_text(json.dumps(rows))
        command = [str(PHP), "-d", "display_errors=stderr", str(SCRIPT), str(folder), pinned]
        return subprocess.run(
            [*command, str(folder / "data.json"), *arguments],
            capture_output=True,
            text=True,
            check=False,
        )

    vkey = invoke([1]).stdout.splitlines()[0].removeprefix("kunci ")
    web.registry.enrol(KODE_DESA, vkey)
    return invoke


def test_the_example_is_short() -> None:
    """Lines of code, without comments and what closes a block."""
    lines = [it.strip() for it in SCRIPT.read_text().splitlines()]
    code = [it for it in lines if it not in ("", "}", "<?php") and not it.startswith("//")]
    assert len(code) < 60


def test_php_sends_and_believes_what_it_verified(web: Web, run: Run, url: str) -> None:
    """Batches of many sizes between batches of others: proofs of every shape."""
    others = web.village(label="lain-1")
    expected = 0
    for number in range(1, 7):
        done = run(list(range(number)), url)
        assert (done.returncode, done.stderr) == (0, "")
        assert f"kiriman ke-{expected + 1}, tanda terima terbukti" in done.stdout
        for id_ in range(number % 3):
            web.push(others, [penduduk(id_)])
        expected += 1 + number % 3
    head = web.ledger.head(KODE_DESA)
    assert head.size == expected
    assert f"desa/{KODE_DESA}/php-1" in {it.chain for it in head.chains}


def test_php_sends_again_what_has_no_receipt_yet(web: Web, run: Run, url: str) -> None:
    assert run([1]).returncode == 0  # written only, as for a stick
    assert run([1, 2, 3], "http://127.0.0.1:1").returncode == 3
    assert run([1, 2, 3], url).returncode == 0
    assert web.ledger.head(KODE_DESA).size == 1


def test_php_stops_at_another_key(run: Run, url: str, web: Web) -> None:
    other = SigningKey(web.office.log_name(KODE_DESA), bytes(32)).verifier
    done = run([1], url, pinned=other.to_vkey())
    assert done.returncode == 3
    assert "tidak ditandatangani" in done.stderr


def test_php_stops_when_the_log_is_another(web: Web, run: Run, url: str, tmp_path: Path) -> None:
    """It remembers a root that the office never had, as after a fork that was kept from it."""
    assert run([1], url).returncode == 0
    remembered = tmp_path / "desa" / "posisi.json"
    facts = json.loads(remembered.read_text())
    remembered.write_text(json.dumps({**facts, "root": "A" * 43 + "="}))
    done = run([2], url)
    assert done.returncode == 3
    assert "Riwayat" in done.stderr
    assert web.ledger.head(KODE_DESA).size == 1


def test_php_stops_at_a_receipt_that_proves_nothing(
    web: Web, run: Run, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A server that lies: each proof is one of another place."""
    others = web.village(label="lain-1")
    for id_ in range(2):
        web.push(others, [penduduk(id_)])
    assert run([1], url).returncode == 0
    honest = log.Ledger._receipt

    def lying(**changed: Any) -> Callable[..., Receipt]:
        return lambda self, manifest, proofs: replace(honest(self, manifest, proofs), **changed)

    monkeypatch.setattr(log.Ledger, "_receipt", lying(consistency=()))
    assert "riwayat log berubah" in run([2], url).stderr
    monkeypatch.setattr(log.Ledger, "_receipt", lying(consistency=(bytes(32),) * 2))
    assert "riwayat log berubah" in run([2], url).stderr
    elsewhere = web.ledger.receipt(KODE_DESA, 1).proof
    monkeypatch.setattr(log.Ledger, "_receipt", lying(proof=elsewhere))
    assert "tidak terbukti ada" in run([2], url).stderr
    monkeypatch.undo()
    assert run([2], url).returncode == 0
