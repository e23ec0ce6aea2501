"""The office, opened for a command: settings, database, ledger and registers, and closed again."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from api.context import Services
from ledger import (
    RESTORING,
    AccessLog,
    Accounts,
    Alarms,
    BackupError,
    Backups,
    Blobs,
    Figures,
    Gateway,
    Inbox,
    Keyring,
    Ledger,
    LetterRules,
    Letters,
    LogIns,
    Messages,
    Office,
    Redactions,
    Registry,
    Scrub,
    Seals,
    Searches,
    SecondFactor,
    Sessions,
    Tokens,
    Transparency,
    Witness,
    Witnesses,
)
from ledger.database import migrate, open_databases
from ledger.server import Server
from ledger.settings import Settings, SettingsError


def now() -> datetime:
    """The clock of the whole program."""
    return datetime.now(UTC)  # noqa: TID251  # the one place where time is looked up


@contextmanager
def running_database(settings: Settings) -> Iterator[Settings]:
    """The settings with a `database_url` that answers: the embedded server runs meanwhile."""
    if settings.database_url:
        yield settings
        return
    with Server(settings.data, bindir=settings.pg_bindir) as server:
        yield replace(settings, database_url=server.url)


@contextmanager
def open_services(settings: Settings, clock: Callable[[], datetime] = now) -> Iterator[Services]:
    """Everything a command or a web process works with; the database must be running.

    Raises:
        SettingsError: the office has no name or code.
        LedgerError: the keys or the database cannot be used.
    """
    if not settings.origin or not settings.kode:
        raise SettingsError(
            "LEDGER_ORIGIN (nama host kantor) dan LEDGER_KODE (kode kecamatan) belum diisi, "
            "di lingkungan atau di berkas .env",
        )
    keyring = Keyring.open(settings.data / "keys")
    office = Office(settings.origin, settings.kode, keyring)
    with ExitStack() as stack:
        databases = open_databases(settings.database_url or "")
        stack.callback(databases.dispose)
        ingest = databases.ingest
        ledger = Ledger(ingest, office, settings.limits, clock)
        ledger.look()
        blobs = Blobs(settings.data / "blobs", ingest)
        accounts = Accounts(ingest, ledger, clock)
        second_factor = SecondFactor(ingest, ledger, accounts, clock)
        gateway = Gateway(ingest, ledger, blobs, clock)
        messages = Messages(ingest, ledger, gateway, clock)
        access = AccessLog(ingest, ledger, clock)
        rules = LetterRules(frozenset(settings.sekretaris))
        alarms = Alarms(ingest, clock)
        yield Services(
            settings=settings,
            ledger=ledger,
            registry=Registry(ingest, ledger, clock),
            accounts=accounts,
            sessions=Sessions(
                ingest,
                clock,
                idle=timedelta(minutes=settings.idle),
                longest=timedelta(hours=settings.longest),
            ),
            second_factor=second_factor,
            log_ins=LogIns(ingest, accounts, second_factor, clock),
            tokens=Tokens(ingest, ledger, clock),
            blobs=blobs,
            gateway=gateway,
            messages=messages,
            inbox=Inbox(ingest, clock),
            figures=Figures(ingest, ledger, clock),
            letters=Letters(ingest, ledger, blobs, messages, rules, clock),
            access=access,
            searches=Searches(ingest, access, clock),
            alarms=alarms,
            redactions=Redactions(databases.redactor, ledger, blobs, clock),
            scrub=Scrub(ingest, ledger, blobs, alarms, clock),
            transparency=Transparency(ingest, ledger, clock),
            witness=Witness(ingest, ledger, clock),
            witnesses=Witnesses(ingest, ledger, clock),
            backups=Backups(
                databases.owner,
                settings.data / "blobs",
                clock,
                origin=settings.origin,
                kode=settings.kode,
                bindir=settings.pg_bindir,
                recipients=settings.backup_age,
            ),
            databases=databases,
            seals=Seals(keyring.web),
            now=clock,
        )


@contextmanager
def open_office(settings: Settings, clock: Callable[[], datetime] = now) -> Iterator[Services]:
    """`open_services` on a database that is started, migrated and founded as needed.

    Raises:
        BackupError: a restore was cut off here, and has to be run again first.
    """
    if (settings.data / RESTORING).exists():
        name = (settings.data / RESTORING).read_text().strip()
        raise BackupError(f"pemulihan {name} belum selesai; jalankan opendk-ledger restore lagi")
    with running_database(settings) as running:
        migrate(running.database_url or "")
        with open_services(running, clock) as services:
            services.ledger.found()
            # Files that a redaction took, should it have been interrupted right after.
            services.redactions.sweep()
            yield services
