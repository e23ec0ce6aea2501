"""Settings that cannot be used are named before anything is begun."""

import pytest

from ledger.settings import Settings, SettingsError

WRONG = {
    "LEDGER_MAX_CHANGES": ["1000001"],
    "LEDGER_MAX_LINE": ["1048577"],
    "LEDGER_MAX_BODY": ["134217729"],
    "LEDGER_KODE": ["xx", "53.6.14", "53.06.14.2001", "5306"],
    "LEDGER_ORIGIN": ["Besar.example", "a b", "http://x", "-x"],
    "LEDGER_PORT": ["0", "65536", "-1", "x"],
    "LEDGER_TOTP": ["bos", "camat,bos"],
    "LEDGER_BACKUP_AGE": ["age1", "x"],
    "LEDGER_TLS": ["mungkin"],
    "LEDGER_ZONE": ["Mars/Olympus"],
    "LEDGER_PROXIES": ["10.0.0.0/99"],
}


@pytest.mark.parametrize(("name", "value"), [(name, it) for name in WRONG for it in WRONG[name]])
def test_what_cannot_be_used_is_named(
    name: str, value: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(SettingsError) as caught:
        Settings.from_env()
    said = str(caught.value)
    assert name in said or value.rsplit(",", maxsplit=1)[-1] in said
    assert said.count("\n") == 0
    assert "invalid" not in said.lower()


@pytest.mark.parametrize("kode", ["53", "53.06", "53.06.14"])
def test_an_office_of_any_storey_has_its_code(kode: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LEDGER_KODE", kode)
    assert Settings.from_env().kode == kode
