"""The command `opendk-ledger`: its group, and how every command fails.

Exit codes: 0 done; 1 it could not be done; 2 wrong usage; 3 a verification failed; 4 the database
is not to be had; 5 something must be set up first.
"""

from pathlib import Path
from typing import Any

import click

from cli.audit import audit
from cli.backup import backup, restore
from cli.demo.command import demo
from cli.desa import desa
from cli.kantor import kantor
from cli.operations import doctor, scrub
from cli.projections import projections
from cli.push import push
from cli.receive import receive
from cli.redact import redact
from cli.saksi import saksi
from cli.serve import serve
from cli.users import user
from cli.worker import worker
from ledger import BackupDamagedError, LedgerError, ProofError, telemetry
from ledger.database import OUTAGES, DatabaseError, outage
from ledger.server import ServerError
from ledger.settings import Settings, SettingsError

EXIT_CODES: dict[type[LedgerError], int] = {
    ProofError: 3,
    BackupDamagedError: 3,
    DatabaseError: 4,
    ServerError: 4,
    SettingsError: 5,
}


class FailedError(click.ClickException):
    """One line on stderr, and the exit code that belongs to the error."""

    def __init__(self, error: LedgerError) -> None:
        super().__init__(str(error))
        self.error = error

    @property
    def exit_code(self) -> int:  # type: ignore[override]  # click has it for the whole class
        """That of the error's kind."""
        kinds = (code for kind, code in EXIT_CODES.items() if isinstance(self.error, kind))
        return next(kinds, 1)

    def show(self, file: Any = None) -> None:  # noqa: ANN401  # click's signature
        """Indonesian, as everything that people read."""
        click.echo(f"Gagal: {self.message}", file=file, err=file is None)


class Commands(click.Group):
    """A group whose commands may raise the house's errors."""

    def invoke(self, ctx: click.Context) -> Any:  # noqa: ANN401  # whatever the command returns
        """Run the command; what is refused, or out of order, becomes one line and an exit code."""
        try:
            return super().invoke(ctx)
        except LedgerError as error:
            raise FailedError(error) from error
        except OUTAGES as error:
            raise FailedError(outage(error)) from error


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="opendk-ledger")
@click.option(
    "--data",
    type=click.Path(path_type=Path, file_okay=False),
    help="Folder data: kunci dan basis data bawaan. [LEDGER_DATA]",
)
@click.option("--database-url", help="PostgreSQL sendiri, pengganti yang bawaan. [DATABASE_URL]")
@click.pass_context
def main(ctx: click.Context, data: Path | None, database_url: str | None) -> None:
    """OpenDK Ledger: buku besar data desa di kecamatan.

    Pengaturan dibaca dari lingkungan dan berkas .env. Kode keluar: 0 selesai, 1 gagal,
    2 salah pakai, 3 verifikasi gagal, 4 basis data tidak dapat dipakai, 5 belum disiapkan.
    """
    telemetry.configure()
    ctx.obj = Settings.from_env(data=data, database_url=database_url)


COMMANDS = (
    audit,
    backup,
    demo,
    desa,
    doctor,
    kantor,
    projections,
    push,
    receive,
    redact,
    restore,
    saksi,
    scrub,
    serve,
    user,
    worker,
)
for command in COMMANDS:
    main.add_command(command)
