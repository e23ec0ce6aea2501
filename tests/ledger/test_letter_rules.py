"""Who takes a letter from one state to the next, and who does not."""

from dataclasses import replace
from uuid import UUID

import pytest

from ledger import (
    CABUT,
    DICABUT,
    DIKEMBALIKAN,
    DIPERIKSA_SEKRETARIS,
    DITANDATANGANI,
    DITOLAK,
    KEMBALIKAN,
    MENUNGGU_CAMAT,
    MENUNGGU_TTE,
    PARAF,
    PERIKSA,
    SETUJUI,
    TANDATANGANI,
    TOLAK,
    Act,
    LetterRules,
)
from ledger.errors import LetterRefusedError
from tests.simulator import KODE_DESA, START

PLAIN = LetterRules()
WITH_SECRETARY = LetterRules(frozenset({"sek"}))
STAF, SEK, CAMAT = ("staf1", "staf"), ("sek", "staf"), ("camat", "camat")
Who = tuple[str, str]
MADE = Act(KODE_DESA, UUID(int=1), "1", 1, "", "", "", "", "", "", "", "", "", START, 1)


def walked(rules: LetterRules, *steps: tuple[str, Who]) -> list[Act]:
    """The acts of a way that is allowed."""
    acts: list[Act] = []
    for act, (username, role) in steps:
        state = rules.next_state(act, acts, username, role)
        acts.append(replace(MADE, act=act, state=state, username=username, role=role))
    return acts


@pytest.mark.parametrize(
    ("rules", "steps", "states"),
    [
        (
            PLAIN,
            [(PERIKSA, STAF), (SETUJUI, CAMAT), (TANDATANGANI, STAF), (CABUT, CAMAT)],
            [MENUNGGU_CAMAT, MENUNGGU_TTE, DITANDATANGANI, DICABUT],
        ),
        (
            WITH_SECRETARY,
            [(PERIKSA, STAF), (PARAF, SEK), (SETUJUI, CAMAT), (KEMBALIKAN, CAMAT)],
            [DIPERIKSA_SEKRETARIS, MENUNGGU_CAMAT, MENUNGGU_TTE, DIKEMBALIKAN],
        ),
        (PLAIN, [(KEMBALIKAN, STAF)], [DIKEMBALIKAN]),
        (PLAIN, [(PERIKSA, STAF), (TOLAK, CAMAT)], [MENUNGGU_CAMAT, DITOLAK]),
        (WITH_SECRETARY, [(PERIKSA, STAF), (TOLAK, SEK)], [DIPERIKSA_SEKRETARIS, DITOLAK]),
    ],
)
def test_the_ways_of_a_letter(
    rules: LetterRules, steps: list[tuple[str, Who]], states: list[str]
) -> None:
    assert [it.state for it in walked(rules, *steps)] == states


@pytest.mark.parametrize(
    ("rules", "steps", "act", "who", "why"),
    [
        (PLAIN, [], SETUJUI, CAMAT, "keadaannya sudah berubah"),
        (PLAIN, [], PERIKSA, CAMAT, "peran"),
        (PLAIN, [], PERIKSA, ("x", "auditor"), "peran"),
        (PLAIN, [(PERIKSA, STAF)], SETUJUI, STAF, "peran"),
        (PLAIN, [(PERIKSA, STAF)], KEMBALIKAN, STAF, "peran"),
        # Who checked it is camat (Plt.) by now: two people all the same.
        (PLAIN, [(PERIKSA, STAF)], SETUJUI, ("staf1", "camat"), "tidak boleh juga"),
        (WITH_SECRETARY, [], PERIKSA, SEK, "orang lain"),
        (WITH_SECRETARY, [(PERIKSA, STAF)], PARAF, ("staf2", "staf"), "oleh sekretaris"),
        (WITH_SECRETARY, [(PERIKSA, STAF)], SETUJUI, CAMAT, "keadaannya sudah berubah"),
        (PLAIN, [(PERIKSA, STAF), (SETUJUI, CAMAT)], CABUT, CAMAT, "keadaannya sudah berubah"),
        (PLAIN, [(TOLAK, STAF)], PERIKSA, STAF, "keadaannya sudah berubah"),
    ],
)
def test_who_may_not(
    rules: LetterRules, steps: list[tuple[str, Who]], act: str, who: Who, why: str
) -> None:
    acts = walked(rules, *steps)
    with pytest.raises(LetterRefusedError, match=why):
        rules.next_state(act, acts, *who)
    assert act not in rules.offered(acts, *who)


def test_a_letter_that_waits_for_a_secretary_who_is_none_any_more_goes_on() -> None:
    acts = walked(WITH_SECRETARY, (PERIKSA, STAF))
    assert PLAIN.offered(acts, *CAMAT) == [SETUJUI, KEMBALIKAN, TOLAK]
    assert DIPERIKSA_SEKRETARIS in PLAIN.waits_for(*CAMAT)
    assert DIPERIKSA_SEKRETARIS not in WITH_SECRETARY.waits_for(*CAMAT)
    assert WITH_SECRETARY.waits_for("x", "auditor") == []
