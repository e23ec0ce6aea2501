"""PostgreSQL's own programs for carrying a database away and back: found, and run.

The logs alone are carried, schema `ledger`; read models are made from them. What is here knows no
more of a backup than the one stream that `pg_dump` writes and `pg_restore` reads.
"""

import os
import re
import shutil
import subprocess
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from select import select
from subprocess import DEVNULL, PIPE, Popen
from tempfile import TemporaryFile
from typing import IO, Final, cast

from psycopg.conninfo import make_conninfo
from sqlalchemy import URL

from ledger.errors import LedgerError
from ledger.os_errors import reason
from ledger.server import ProgramsError, find_programs, telling_line
from ledger.streams import Readable, Writable

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

    @contextmanager
    def dump(
        self, snapshot: str, *, stopping: Callable[[], bool] = lambda: False
    ) -> Iterator[Readable]:
        """Schema `ledger`, as an exported snapshot sees it: a stream to be read to its end.

        Raises:
            DumpProgramsError, DumpError, StoppedError: what was read is of no use.
        """
        left_out = [f"--exclude-table-data={SCHEMA}.{table}" for table in LEFT_OUT]
        options = [
            "--format=custom",
            # Lines are packed already; what gzip saves is the hexadecimal that they go as.
            "--compress=1",
            f"--schema={SCHEMA}",
            f"--snapshot={snapshot}",
            "--no-owner",
            *left_out,
        ]
        with self._running("pg_dump", options, feeding=False) as stream:
            yield _Stoppable(stream, stopping)

    @contextmanager
    def restore(self) -> Iterator[Writable]:
        """Take such a stream into a database without the schema; all of it, or nothing.

        Raises:
            DumpProgramsError, DumpError: nothing was changed.
        """
        options = ["--no-owner", "--single-transaction", "--exit-on-error"]
        with self._running("pg_restore", options, feeding=True) as stream:
            yield stream

    @contextmanager
    def _running(
        self, program: str, options: Sequence[str], *, feeding: bool
    ) -> Iterator[IO[bytes]]:
        """The pipe to a program, or from it, until that has ended well."""
        path = self._find(program)
        environment = {**os.environ, "LC_ALL": "C", "TZ": "UTC"}  # noqa: TID251  # certificates
        if self._address.password is not None:
            environment["PGPASSWORD"] = str(self._address.password)
        command = [str(path), *options, f"--dbname={self._where()}"]
        with TemporaryFile("w+", errors="replace") as said:
            try:
                running = Popen(  # noqa: S603  # a program of PostgreSQL's, our options
                    command,
                    stdin=PIPE if feeding else DEVNULL,
                    stdout=DEVNULL if feeding else PIPE,
                    stderr=said,
                    env=environment,
                    # What is read is in no buffer, where `select` would not see it.
                    bufsize=-1 if feeding else 0,
                )
            except OSError as error:
                raise DumpError(program, reason(error)) from error
            with running:
                stream = cast("IO[bytes]", running.stdin or running.stdout)
                try:
                    yield stream
                except BrokenPipeError:
                    pass  # It ended before its input did, and has said why.
                except BaseException:
                    # Before its input ends: half of it is not to be taken for all.
                    running.kill()
                    raise
                finally:
                    with suppress(BrokenPipeError):
                        stream.close()
            if running.returncode:
                said.seek(0)
                raise DumpError(program, telling_line(said.read()))

    def _where(self) -> str:
        """The address as libpq reads it, whatever is in its folder's name.

        Without the password: in the arguments everybody on this machine would see it.
        """
        known = self._address.translate_connect_args(username="user", database="dbname")
        known.pop("password", None)
        return make_conninfo(**{**known, **self._address.query})

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


class _Stoppable:
    """What a program says, until somebody wants it to stop."""

    def __init__(self, stream: IO[bytes], stopping: Callable[[], bool]) -> None:
        self._stream = stream
        self._stopping = stopping

    def read(self, size: int) -> bytes:
        """At most so many bytes; none at its end.

        Raises:
            StoppedError: somebody does.
        """
        while True:
            if self._stopping():
                raise StoppedError
            if select([self._stream], [], [], _LOOK_S)[0]:
                return self._stream.read(size)


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
