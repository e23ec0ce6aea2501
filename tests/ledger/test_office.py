"""The office's key files, sealed texts, settings and logs of the program."""

import json
import logging
import os
from pathlib import Path

import pytest
import structlog

from ledger import Keyring, Seal, Seals, telemetry
from ledger.errors import KeyFileError
from ledger.settings import Settings, SettingsError, zone_of


def test_keys_are_made_once_and_for_nobody_else(tmp_path: Path) -> None:
    made = Keyring.open(tmp_path / "keys")
    assert Keyring.open(tmp_path / "keys") == made
    assert len({made.log, made.office, made.gateway, made.web, made.witness}) == 5
    files = sorted((tmp_path / "keys").iterdir())
    names = ["gateway.key", "log.key", "office.key", "web.key", "witness.key"]
    assert [it.name for it in files] == names
    assert {it.stat().st_mode & 0o777 for it in files} == {0o600}
    assert (tmp_path / "keys").stat().st_mode & 0o777 == 0o700


def test_a_key_that_others_can_read_is_not_used(tmp_path: Path) -> None:
    Keyring.open(tmp_path)
    (tmp_path / "log.key").chmod(0o644)
    with pytest.raises(KeyFileError, match="chmod 600"):
        Keyring.open(tmp_path)


def test_half_a_key_is_not_used(tmp_path: Path) -> None:
    Keyring.open(tmp_path)
    (tmp_path / "log.key").write_bytes(b"short")
    with pytest.raises(KeyFileError):
        Keyring.open(tmp_path)


def test_a_folder_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(KeyFileError):
        Keyring.open(tmp_path / "file" / "keys")


def test_secrets_do_not_show_in_a_repr(tmp_path: Path) -> None:
    assert "log=" not in repr(Keyring.open(tmp_path))


def test_a_sealed_text_says_nothing_and_opens_again() -> None:
    token = Seal(b"secret").seal("SITI AMINAH")
    assert "SITI" not in token
    assert Seal(b"secret").open(token) == "SITI AMINAH"


@pytest.mark.parametrize("token", ["", "x", "ä", "A" * 100])
def test_what_was_not_sealed_here_does_not_open(token: str) -> None:
    assert Seal(b"secret").open(token) is None
    assert Seal(b"other").open(Seal(b"secret").seal("SITI")) is None


def test_what_one_seal_made_no_other_opens() -> None:
    seals = Seals(b"secret")
    token = seals.of("pencarian").seal("SITI")
    assert seals.of("pencarian").open(token) == "SITI"
    assert seals.of("halaman").open(token) is None
    assert Seals(b"other").of("pencarian").open(token) is None


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> pytest.MonkeyPatch:
    for name in [*os.environ]:
        if name.startswith("LEDGER_") or name == "DATABASE_URL":
            monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
    return monkeypatch


def test_settings_come_from_the_environment(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("LEDGER_PORT", "9000")
    environment.setenv("LEDGER_KODE", "53.06.14")
    environment.setenv("LEDGER_MAX_CHANGES", "5")
    settings = Settings.from_env()
    assert (settings.port, settings.zone, settings.database_url) == (9000, "Asia/Makassar", None)
    assert settings.limits.changes == 5


def test_options_stand_on_top(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("LEDGER_PORT", "9000")
    assert Settings.from_env(port=1, host=None).port == 1
    assert Settings.from_env(port=None).port == 9000


def test_a_setting_that_cannot_be_read_is_named(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("LEDGER_PORT", "delapan")
    with pytest.raises(SettingsError, match="LEDGER_PORT"):
        Settings.from_env()


def test_a_zone_that_does_not_exist(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("LEDGER_ZONE", "Asia/Nowhere")
    with pytest.raises(SettingsError, match="Asia/Nowhere"):
        Settings.from_env()


@pytest.mark.parametrize(
    ("kode", "zone"),
    [("53.06.14", "Asia/Makassar"), ("91", "Asia/Jayapura"), ("33", "Asia/Jakarta")],
)
def test_time_zones_go_by_province(kode: str, zone: str) -> None:
    assert zone_of(kode) == zone


def test_long_numbers_are_masked_in_every_log(capsys: pytest.CaptureFixture[str]) -> None:
    root = logging.getLogger()
    before, level = root.handlers[:], root.level
    try:
        telemetry.configure()
        logging.getLogger("elsewhere").warning("nik %s of 2026", "5306144107800001")
    finally:
        root.handlers[:] = before
        root.setLevel(level)
    line = json.loads(capsys.readouterr().err)
    assert line["event"] == "nik •••• of 2026"


def test_of_an_exception_only_the_kind_and_the_places_are_logged(
    capsys: pytest.CaptureFixture[str],
) -> None:
    root = logging.getLogger()
    before, level = root.handlers[:], root.level
    try:
        telemetry.configure()
        name = "MARIA GORETI"
        try:
            try:
                {"": 0}[name]
            except KeyError as error:
                raise ValueError(f"failing row contains {name}") from error
        except ValueError:
            structlog.get_logger("ours").exception("it failed")
            logging.getLogger("elsewhere").exception("it failed there")
    finally:
        root.handlers[:] = before
        root.setLevel(level)
    said = capsys.readouterr().err
    assert "MARIA" not in said
    for line in said.splitlines():
        told = json.loads(line)["exception"]
        assert told.startswith("Traceback")
        assert "builtins.ValueError" in told
        assert "builtins.KeyError" in told
        assert "test_office.py" in told
