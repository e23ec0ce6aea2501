"""What a view works with, and how it gets it."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Final, cast
from zoneinfo import ZoneInfo

from flask import Flask, current_app

from ledger import (
    AccessLog,
    Accounts,
    Alarms,
    Backups,
    Blobs,
    Exports,
    Figures,
    Gateway,
    Inbox,
    Ledger,
    Letters,
    LogIns,
    Messages,
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
from ledger.database import Databases
from ledger.settings import Settings

FIRST_DAY: Final = date(1900, 1, 1)
"""The first day of the past that is asked for."""
_KEY = "opendk-ledger"


@dataclass(frozen=True)
class Services:
    """An opened office. `now` is the clock."""

    settings: Settings
    ledger: Ledger
    registry: Registry
    accounts: Accounts
    sessions: Sessions
    second_factor: SecondFactor
    log_ins: LogIns
    tokens: Tokens
    blobs: Blobs
    gateway: Gateway
    messages: Messages
    inbox: Inbox
    figures: Figures
    letters: Letters
    access: AccessLog
    searches: Searches
    alarms: Alarms
    scrub: Scrub
    transparency: Transparency
    witness: Witness
    witnesses: Witnesses
    redactions: Redactions
    backups: Backups
    databases: Databases
    seals: Seals
    now: Callable[[], datetime]

    @property
    def exports(self) -> Exports:
        """What auditors take along."""
        return Exports(self.databases.reader, self.ledger.office, self.now)

    @property
    def zone(self) -> ZoneInfo:
        """The time zone of the office."""
        return ZoneInfo(self.settings.zone)

    def day_of(self, moment: datetime) -> date:
        """The day that an aware moment is of where the office is."""
        return moment.astimezone(self.zone).date()

    def today(self) -> date:
        """Today, where the office is."""
        return self.day_of(self.now())

    def end_of(self, day: date) -> datetime:
        """The moment at which a day ends where the office is."""
        if day == date.max:
            return datetime.max.replace(tzinfo=UTC)
        return datetime.combine(day + timedelta(days=1), time(), self.zone)


def install(app: Flask, services: Services) -> None:
    """Give the application its services."""
    app.extensions[_KEY] = services


def services() -> Services:
    """The services of the application that handles this request."""
    return cast("Services", current_app.extensions[_KEY])
