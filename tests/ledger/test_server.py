"""The embedded server's life: start, share, stop, and what stands in its way."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from multiprocessing import Pipe
from pathlib import Path
from tempfile import TemporaryDirectory

import psycopg
import pytest

from ledger.server import (
    DiskFullError,
    FolderError,
    ProgramsError,
    Server,
    StartError,
    VersionError,
)

ROOT = os.geteuid() == 0
NOBODY = 65534
HOLD = """
import sys, time
from pathlib import Path
from ledger.server import Server
with Server(Path(sys.argv[1])):
    print("ready", flush=True)
    time.sleep(float(sys.argv[2]))
"""


@pytest.fixture
def data() -> Iterator[Path]:
    """A data folder that the server's user can reach."""
    with TemporaryDirectory(prefix="opendk-server-") as folder:
        Path(folder).chmod(0o711)
        yield Path(folder) / "data"


def holder(data: Path, seconds: float = 60, **options: object) -> subprocess.Popen[str]:
    """Another process that holds the server, once it says that it does."""
    process = subprocess.Popen(  # type: ignore[call-overload]  # whatever the options are
        [sys.executable, "-c", HOLD, str(data), str(seconds)],
        stdout=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parents[2],
        **options,
    )
    assert process.stdout.readline() == "ready\n"
    process.stdout.close()
    return process  # type: ignore[no-any-return]


def asked(server: Server, question: str = "SELECT 1") -> object:
    with psycopg.connect(server.url.replace("+psycopg", "")) as connection:
        row = connection.execute(question).fetchone()
    assert row
    return row[0]


def running(data: Path) -> bool:
    """Whether a postgres works in the cluster of this data folder."""
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if (process / "cwd").resolve().is_relative_to(data):
                return True
        except OSError:
            continue
    return False


def fill(folder: Path) -> None:
    """Leave no room in a file system."""
    with (folder / "filler").open("wb", buffering=0) as file, suppress(OSError):
        while file.write(bytes(1 << 20)):
            pass


def test_what_was_written_is_there_after_a_restart(data: Path) -> None:
    with Server(data) as server, psycopg.connect(server.url.replace("+psycopg", "")) as first:
        first.execute("CREATE TABLE kept AS SELECT 42 AS value")
    assert not running(data)
    with Server(data) as server:
        assert asked(server, "SELECT value FROM kept") == 42


def test_it_is_durable_checked_and_reached_by_its_socket_alone(data: Path) -> None:
    with Server(data) as server:
        asked_for = ("fsync", "synchronous_commit", "data_checksums", "listen_addresses")
        assert [asked(server, f"SHOW {it}") for it in asked_for] == ["on", "on", "on", ""]
        assert asked(server, "SELECT rolsuper FROM pg_roles WHERE rolname = current_user") is False
        with pytest.raises(psycopg.OperationalError, match="password"):
            psycopg.connect(server.url.replace("+psycopg", "").replace("opendk:", "opendk:x"))


def test_statements_with_what_villages_stated_are_not_logged(data: Path) -> None:
    with Server(data) as server:
        with pytest.raises(psycopg.Error):
            asked(server, "SELECT 'SITI AMINAH'::integer")
        assert "STATEMENT" not in (data / "database" / "log").read_text()


def test_a_second_start_shares_and_the_last_one_out_stops(data: Path) -> None:
    other = holder(data)
    with Server(data) as server:
        other.terminate()
        other.wait()
        assert asked(server) == 1
    assert not running(data)


def test_one_that_leaves_does_not_stop_another(data: Path) -> None:
    other = holder(data)
    with Server(data):
        pass
    assert running(data)
    other.terminate()
    other.wait()
    with Server(data):
        pass
    assert not running(data)


def test_a_killed_holder_holds_no_more(data: Path) -> None:
    other = holder(data)
    other.send_signal(signal.SIGKILL)
    other.wait()
    assert running(data)
    with Server(data) as server:
        assert asked(server) == 1
    assert not running(data)


def test_a_killed_server_starts_again(data: Path) -> None:
    with Server(data):
        pid = int((data / "database" / "pg18" / "postmaster.pid").read_text().split()[0])
        os.kill(pid, signal.SIGKILL)
        with Server(data) as server:
            assert asked(server) == 1


@pytest.mark.parametrize("content", ["{alive}\n", "torn", ""])
def test_a_pid_file_that_outlived_its_server(data: Path, content: str) -> None:
    """After a power cut its number may be any process's."""
    with Server(data):
        pass
    stale = data / "database" / "pg18" / "postmaster.pid"
    stale.write_text(content.format(alive=os.getpid()))
    with Server(data) as server:
        assert asked(server) == 1


def test_a_torn_first_start_is_begun_anew(data: Path) -> None:
    with Server(data):
        pass
    cluster = data / "database" / "pg18"
    cluster.rename(cluster.with_suffix(".new"))
    with Server(data) as server:
        assert asked(server) == 1


def test_a_path_too_long_for_a_socket(data: Path) -> None:
    with Server(data / ("x" * 100)) as server:
        assert asked(server) == 1


def test_modes_of_folders_that_are_not_ours_stay(data: Path) -> None:
    before = data.parent.stat().st_mode
    with Server(data):
        pass
    assert data.parent.stat().st_mode == before
    assert (data / "database").stat().st_mode & 0o777 == 0o700
    passwords = (data / "database").glob("*.password")
    assert {it.stat().st_mode & 0o777 for it in passwords} == {0o600}


def test_a_folder_that_is_a_file(data: Path) -> None:
    data.touch()
    with pytest.raises(FolderError), Server(data):
        pass


def test_a_cluster_of_another_version(data: Path) -> None:
    old = data / "database" / "pg15"
    old.mkdir(parents=True)
    (old / "PG_VERSION").write_text("15\n")
    with pytest.raises(VersionError, match="15"), Server(data):
        pass


def test_programs_that_are_not_there(data: Path) -> None:
    with pytest.raises(ProgramsError), Server(data, bindir=data):
        pass


def test_a_server_that_does_not_start_names_its_log(
    data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Server(data):
        pass
    monkeypatch.setattr("ledger.server._START_RETRIES_S", 0.0)
    with (data / "database" / "pg18" / "postgresql.conf").open("a") as file:
        file.write("shared_buffers = nonsense\n")
    with pytest.raises(StartError, match="log"), Server(data):
        pass


def as_nobody(data: Path) -> str:
    """What becomes of a start by a normal user, in a process of its own."""
    receiver, sender = Pipe(duplex=False)
    if (pid := os.fork()) == 0:  # pragma: no cover  # another process's lines
        try:
            os.setgroups([])
            os.setgid(NOBODY)
            os.setuid(NOBODY)
            with Server(data) as server:
                sender.send(f"answers {asked(server)}")
        except Exception as error:  # noqa: BLE001  # told to the parent
            sender.send(type(error).__name__)
        finally:
            os._exit(0)
    os.waitpid(pid, 0)
    return str(receiver.recv())


@pytest.mark.skipif(not ROOT, reason="every other test here runs as a normal user already")
def test_it_runs_for_a_normal_user_too(data: Path) -> None:
    data.mkdir()
    os.chown(data, NOBODY, NOBODY)
    assert as_nobody(data) == "answers 1"
    assert not running(data)
    assert {it.stat().st_uid for it in data.iterdir()} == {NOBODY}


@pytest.mark.skipif(not ROOT, reason="root can write everywhere, so another user must try")
def test_a_folder_that_cannot_be_written(data: Path) -> None:
    data.mkdir(mode=0o755)
    assert as_nobody(data) == "FolderError"


@pytest.fixture
def small_disk(data: Path, request: pytest.FixtureRequest) -> Iterator[Path]:
    """A data folder on a file system of its own, of the size that the test says."""
    options = f"size={request.param},mode=0711"
    mount = ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(data.parent)]
    if not ROOT or subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("only root can mount, and not everywhere")
    yield data
    for _ in range(50):
        if subprocess.run(["umount", str(data.parent)], check=False).returncode == 0:
            break
        time.sleep(0.1)


@pytest.mark.parametrize("small_disk", ["12m"], indirect=True)
def test_a_disk_too_small_for_a_first_start(small_disk: Path) -> None:
    with pytest.raises(DiskFullError, match="penuh"):
        Server(small_disk).__enter__()


@pytest.mark.parametrize("small_disk", ["100m"], indirect=True)
def test_a_disk_that_filled_up(small_disk: Path) -> None:
    with Server(small_disk):
        pass
    fill(small_disk.parent)
    with pytest.raises(DiskFullError, match="penuh"):
        Server(small_disk).__enter__()
