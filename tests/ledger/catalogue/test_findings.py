import re

import pytest

from ledger.catalogue import ENTITIES
from ledger.catalogue.findings import FINDINGS, HIDDEN


@pytest.mark.parametrize("code", FINDINGS)
def test_codes_are_kebab_case(code: str) -> None:
    assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", code)


@pytest.mark.parametrize("code", FINDINGS)
def test_every_kind_writes_one_sentence(code: str) -> None:
    message = FINDINGS[code].message("Kolom", 7)
    assert message[0].isupper()
    assert message.endswith(".")
    assert "{" not in message


def test_every_rule_has_a_known_code_and_field() -> None:
    for entity in ENTITIES.values():
        for rule in (*entity.rules, *entity.dated_rules):
            assert rule.code in FINDINGS
            assert rule.field in entity.by_name


def test_every_blank_has_a_known_code() -> None:
    for entity in ENTITIES.values():
        assert {field.blank for field in entity.fields if field.blank} <= set(FINDINGS)


@pytest.mark.parametrize("value", [99, "2015-02-30", "30/02/2015", "08:61", -1, 1.5])
def test_short_numbers_and_dates_are_repeated(value: object) -> None:
    assert str(value) in FINDINGS["tanggal-tidak-sah"].message("Tanggal lahir", value)


@pytest.mark.parametrize(
    "value",
    [
        "5306144903840001",
        53061449038,
        "5306 1449 0384",
        "530614.490384.0001",
        "MARIA",
        ["MARIA"],
        {"nama": "MARIA"},
        "٥٣٠٦١٤",
        "1\n2",
    ],
)
def test_what_may_be_a_nik_or_a_name_is_not_repeated(value: object) -> None:
    message = FINDINGS["tanggal-tidak-sah"].message("Tanggal lahir", value)
    assert message == f"Tanggal lahir: {HIDDEN} bukan tanggal yang sah (YYYY-MM-DD)."
