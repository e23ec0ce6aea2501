"""PostgreSQL's own programs for carrying a database away and back: found, and run.

The logs alone are carried, schema `ledger`; read models are made from them. What is here knows no
more of a backup than the one file that `pg_dump` writes and `pg_restore` reads.
"""

import os
import re
import shutil
import subprocess
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryFile
from typing import Final

from sqlalchemy import URL

from ledger.errors import LedgerError
from ledger.server import ProgramsError, find_programs, telling_line

SCHEMA: Final = "ledger"
LEFT_OUT: Final = ("session", "attempt")
"""Tables that are carried empty: nobody is to be logged in again by a restore."""
_LOOK_S: Final = 0.2


class DumpError(LedgerError):
    """One of the programs failed; what it was to do is not done."""

    code = "dump"

    def __init__(self, program: str, why: str) -> None:
        super().__init__(f"{program} gagal: {why}.")


class DumpProgramsError(LedgerError):
    """There is no such program, or only one that is older than the server."""

    code = "dump-programs"

    def __init__(self, program: str, server: int, found: str) -> None:
        super().__init__(
            f"{program} untuk PostgreSQL {server} tidak ditemukan ({found}); pasang klien "
            f"PostgreSQL {server} ke atas dan isi LEDGER_PG_BINDIR dengan folder programnya.",
        )


class StoppedError(LedgerError):
    """It was told to stop, and left nothing."""

    code = "dump-stopped"

    def __init__(self) -> None:
        super().__init__("Dihentikan; tidak ada yang ditinggalkan.")


class Programs:
    """The programs that fit a server.

    Attributes:
        address: the database's, as its owner.
        bindir: the folder of the programs, when somebody said which; else those on the PATH, of
            the wheel, or of the system, whichever are new enough.
        server: the server's major version.
    """

    def __init__(self, address: URL, bindir: Path | None, server: int) -> None:
        self._address = address
        self._bindir = bindir
        self._server = server

    def dump(
        self,
        path: Path,
        snapshot: str,
        *,
        stopping: Callable[[], bool] = lambda: False,
    ) -> None:
        """Write schema `ledger`, as an exported snapshot sees it, to a file that is not there.

        Raises:
            DumpProgramsError, DumpError, StoppedError: the file is of no use.
        """
        left_out = [f"--exclude-table-data={SCHEMA}.{table}" for table in LEFT_OUT]
        self._run(
            "pg_dump",
            [
                "--format=custom",
                # Lines are packed already; what gzip saves is the hexadecimal that they go as.
                "--compress=1",
                f"--schema={SCHEMA}",
                f"--snapshot={snapshot}",
                "--no-owner",
                *left_out,
                f"--file={path}",
            ],
            stopping,
        )

    def restore(self, path: Path) -> None:
        """Put the schema of such a file into a database that has none; all of it, or nothing.

        Raises:
            DumpProgramsError, DumpError: nothing was changed.
        """
        options = ["--no-owner", "--single-transaction", "--exit-on-error"]
        self._run("pg_restore", [*options, str(path)], lambda: False)

    def _run(self, program: str, options: Sequence[str], stopping: Callable[[], bool]) -> None:
        path = self._find(program)
        # A password in the arguments would be seen by everybody on this machine.
        where = self._address._replace(drivername="postgresql", password=None)
        environment = {**os.environ, "LC_ALL": "C", "TZ": "UTC"}  # noqa: TID251  # certificates
        if self._address.password is not None:
            environment["PGPASSWORD"] = str(self._address.password)
        command = [str(path), *options, f"--dbname={where.render_as_string()}"]
        with TemporaryFile("w+", errors="replace") as said:
            try:
                running = subprocess.Popen(  # noqa: S603  # a program of PostgreSQL's, our options
                    command, stdin=subprocess.DEVNULL, stdout=said, stderr=said, env=environment
                )
            except OSError as error:
                raise DumpError(program, error.strerror or str(error)) from error
            stopped = _wait(running, stopping)
            said.seek(0)
            told = said.read()
        if stopped:
            raise StoppedError
        if running.returncode:
            raise DumpError(program, telling_line(told))

    def _find(self, program: str) -> Path:
        """Of the programs that the server lets in, the one nearest to it in age.

        A newer one says things that an older server does not understand.
        """
        found: dict[int, Path] = {}
        for folder in self._folders(program):
            version = _major(folder / program)
            if version is not None:
                found.setdefault(version, folder / program)
        if good := [it for it in found if it >= self._server]:
            return found[min(good)]
        others = "; ".join(f"{path} versi {version}" for version, path in found.items())
        raise DumpProgramsError(program, self._server, others or "tidak ada satu pun")

    def _folders(self, program: str) -> Iterator[Path]:
        if self._bindir is not None:
            yield self._bindir
            return
        if on_path := shutil.which(program):
            yield Path(on_path).parent
        with suppress(ProgramsError):
            yield find_programs(None)
        yield from sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)


def _wait(running: "subprocess.Popen[bytes]", stopping: Callable[[], bool]) -> bool:
    """Wait for a program; whether it was stopped before its end."""
    try:
        while True:
            with suppress(subprocess.TimeoutExpired):
                running.wait(_LOOK_S)
                return False
            if stopping():
                return True
    finally:
        # Also when Ctrl-C comes here: it must not write on into what is being thrown away.
        if running.poll() is None:
            running.terminate()
            running.wait()


def _major(program: Path) -> int | None:
    """The major version of a program; None when it does not run."""
    try:
        done = subprocess.run(  # noqa: S603  # asks a program of PostgreSQL's for its version
            [str(program), "--version"], capture_output=True, text=True, check=False
        )
    except OSError:
        return None
    found = re.search(r"\(PostgreSQL\) (\d+)", done.stdout)
    return int(found[1]) if found and not done.returncode else None
