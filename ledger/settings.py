"""The settings: the one reader of the environment and of `.env`.

Every setting has one name, `LEDGER_…` (and `DATABASE_URL`); commands pass their options on top.
"""

import os
import re
from dataclasses import dataclass, field, replace
from ipaddress import ip_network
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

from environs import Env, EnvError

from ledger.accounts import ROLES
from ledger.age import is_recipient
from ledger.batch import LARGEST, Limits
from ledger.errors import LedgerError

_WITA = {"51", "52", "53", "63", "64", "65", "71", "72", "73", "74", "75", "76"}
_WIT = {"81", "82", "91", "92", "93", "94", "95", "96", "97"}
_DEFAULTS = Limits()
_KODE = re.compile(r"[0-9]{2}(\.[0-9]{2}){0,2}")
_HOST = re.compile(r"[a-z0-9][a-z0-9.:-]{0,252}")
LOOPBACK: Final = ("127.0.0.0/8", "::1/128")


class SettingsError(LedgerError):
    """A setting that is missing or cannot be read."""

    code = "settings"

    def __init__(self, why: str) -> None:
        super().__init__(f"Pengaturan tidak dapat dipakai: {why}.")


def zone_of(kode: str) -> str:
    """The time zone of a region code, by its province: WIB, WITA or WIT."""
    province = kode[:2]
    if province in _WITA:
        return "Asia/Makassar"
    return "Asia/Jayapura" if province in _WIT else "Asia/Jakarta"


def _default_data() -> Path:
    """Where a service keeps its state (root), or a person's programs theirs."""
    if os.geteuid() == 0:
        return Path("/var/lib/opendk-ledger")
    home = os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share"
    return Path(home) / "opendk-ledger"


@dataclass(frozen=True)
class Settings:
    """What an installation is told.

    Attributes:
        data: the folder of everything that is kept: keys, and the embedded database.
        database_url: a PostgreSQL of one's own; None means the embedded one.
        pg_bindir: the folder of PostgreSQL's programs, if not those of the wheel.
        host, port: where the web listens.
        origin: the office's name in its logs, a host name it may use for ever.
        kode: the kecamatan's code, such as 53.06.14.
        nama, kabupaten: what pages are headed with.
        zone: IANA name of the time zone in which pages tell the time.
        workers: web processes; each has 32 threads, since villages upload slowly.
        scrub_days: in so many days everything that is stored is read again and checked.
        backup: the folder in which the worker makes a backup each day; None: it does not.
        backup_keep: how many of those are kept.
        max_file: bytes of a photo or PDF that a desa brings.
        backup_age: for whom backups are sealed (`age1…`); none: they are in clear.
        limits: the most a batch may hold.
        tls: the web is reached by HTTPS only, even if no proxy says so.
        proxies: networks whose X-Forwarded-For and -Proto are believed.
        idle: minutes without use after which a log-in ends.
        longest: hours after which it ends in any case.
        totp: the roles that must use a second factor.
        sekretaris: names of the accounts through whose hands letters go before the camat's.
    """

    data: Path
    database_url: str | None = None
    pg_bindir: Path | None = None
    host: str = "127.0.0.1"
    port: int = 8080
    origin: str = ""
    kode: str = ""
    nama: str = ""
    kabupaten: str = ""
    zone: str = ""
    workers: int = 2
    scrub_days: int = 30
    backup: Path | None = None
    backup_keep: int = 7
    backup_age: tuple[str, ...] = ()
    max_file: int = 10 * 1024 * 1024
    tls: bool = False
    proxies: tuple[str, ...] = LOOPBACK
    idle: int = 60
    longest: int = 12
    totp: tuple[str, ...] = ()
    sekretaris: tuple[str, ...] = ()
    limits: Limits = field(default_factory=Limits)

    def __post_init__(self) -> None:
        if not self.zone:
            object.__setattr__(self, "zone", zone_of(self.kode))
        if not 0 < self.port < 1 << 16:
            raise SettingsError(f"LEDGER_PORT {self.port} bukan nomor porta (1 sampai 65535)")
        if self.kode and not _KODE.fullmatch(self.kode):
            raise SettingsError(f"LEDGER_KODE {self.kode!r} tidak ditulis seperti 53.06.14")
        if self.origin and not _HOST.fullmatch(self.origin):
            raise SettingsError(
                f"LEDGER_ORIGIN {self.origin!r} bukan nama host (huruf kecil), seperti "
                "ilebura.flotimkab.go.id"
            )
        for role in self.totp:
            if role not in ROLES:
                known = ", ".join(ROLES)
                raise SettingsError(f"LEDGER_TOTP {role!r} bukan salah satu peran ({known})")
        for name in ("changes", "line", "body"):
            value, most = getattr(self.limits, name), getattr(LARGEST, name)
            if value > most:
                # No verifier would read what such an office takes.
                raise SettingsError(f"LEDGER_MAX_{name.upper()} {value} lebih dari {most}")
        for network in self.proxies:
            try:
                ip_network(network)
            except ValueError:
                raise SettingsError(f"{network!r} bukan alamat jaringan") from None
        for recipient in self.backup_age:
            if not is_recipient(recipient):
                raise SettingsError(f"LEDGER_BACKUP_AGE {recipient!r} bukan penerima age (age1…)")
        try:
            ZoneInfo(self.zone)
        except (KeyError, ValueError):
            raise SettingsError(f"zona waktu {self.zone!r} tidak dikenal") from None

    @classmethod
    def from_env(cls, **given: Any) -> "Settings":  # noqa: ANN401  # the fields' own types
        """The settings of the environment and `.env`, with what is `given` (not None) on top.

        Raises:
            SettingsError: a value that cannot be read; names the setting.
        """
        env = Env(eager=False)
        env.read_env(".env", recurse=False)
        with env.prefixed("LEDGER_"):
            values: dict[str, Any] = {
                "data": env.path("DATA", _default_data()),
                "pg_bindir": Path(bindir) if (bindir := env.str("PG_BINDIR", "")) else None,
                "host": env.str("HOST", "127.0.0.1"),
                "port": env.int("PORT", 8080),
                "origin": env.str("ORIGIN", ""),
                "kode": env.str("KODE", ""),
                "nama": env.str("NAMA", ""),
                "kabupaten": env.str("KABUPATEN", ""),
                "zone": env.str("ZONE", ""),
                "workers": env.int("WORKERS", 2),
                "scrub_days": env.int("SCRUB_DAYS", 30),
                "backup": Path(backup) if (backup := env.str("BACKUP", "")) else None,
                "backup_keep": env.int("BACKUP_KEEP", 7),
                "max_file": env.int("MAX_FILE", cls.max_file),
                "backup_age": tuple(env.list("BACKUP_AGE", [])),
                "tls": env.bool("TLS", False),
                "proxies": tuple(env.list("PROXIES", list(LOOPBACK))),
                "idle": env.int("IDLE", 60),
                "longest": env.int("LONGEST", 12),
                "totp": tuple(env.list("TOTP", [])),
                "sekretaris": tuple(env.list("SEKRETARIS", [])),
            }
            limits = {
                "changes": env.int("MAX_CHANGES", _DEFAULTS.changes),
                "line": env.int("MAX_LINE", _DEFAULTS.line),
                "body": env.int("MAX_BODY", _DEFAULTS.body),
            }
        values["database_url"] = env.str("DATABASE_URL", "") or None
        try:
            env.seal()
        except EnvError as error:
            names = ", ".join(sorted(getattr(error, "error_messages", {}))) or str(error)
            raise SettingsError(f"{names} tidak terbaca sebagai bilangan atau ya/tidak") from None
        return cls(**values, limits=Limits(**limits)).overridden(**given)

    def to_env(self) -> dict[str, str]:
        """The whole environment of a child process that is to have these settings."""
        limits = self.limits
        told = {
            "DATABASE_URL": self.database_url or "",
            "LEDGER_DATA": self.data,
            "LEDGER_PG_BINDIR": self.pg_bindir or "",
            "LEDGER_HOST": self.host,
            "LEDGER_PORT": self.port,
            "LEDGER_ORIGIN": self.origin,
            "LEDGER_KODE": self.kode,
            "LEDGER_NAMA": self.nama,
            "LEDGER_KABUPATEN": self.kabupaten,
            "LEDGER_ZONE": self.zone,
            "LEDGER_WORKERS": self.workers,
            "LEDGER_SCRUB_DAYS": self.scrub_days,
            "LEDGER_BACKUP": self.backup or "",
            "LEDGER_BACKUP_KEEP": self.backup_keep,
            "LEDGER_BACKUP_AGE": ",".join(self.backup_age),
            "LEDGER_TLS": self.tls,
            "LEDGER_PROXIES": ",".join(self.proxies),
            "LEDGER_IDLE": self.idle,
            "LEDGER_LONGEST": self.longest,
            "LEDGER_TOTP": ",".join(self.totp),
            "LEDGER_SEKRETARIS": ",".join(self.sekretaris),
            "LEDGER_MAX_FILE": self.max_file,
            "LEDGER_MAX_CHANGES": limits.changes,
            "LEDGER_MAX_LINE": limits.line,
            "LEDGER_MAX_BODY": limits.body,
        }
        return {**os.environ, **{name: str(value) for name, value in told.items()}}

    def overridden(self, **given: Any) -> "Settings":  # noqa: ANN401  # the fields' own types
        """These settings with what is `given` (not None) on top."""
        return replace(self, **{name: it for name, it in given.items() if it is not None})
