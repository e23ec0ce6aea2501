"""The words of a search for people: they name a person, and so stand sealed in an address.

Whoever looks for a number learns whose it is, which nobody sees without a reason: that is kept
first (`ledger.searches`).
"""

from collections.abc import Sequence
from typing import Any, Final

from flask import request

from api.auth import known_account
from api.context import services
from projections.queries import orang as orang_queries
from projections.queries.penduduk import number_of
from projections.queries.statistik import Place

_SEARCH: Final = "pencarian orang"


def sealed(words: str) -> str:
    """The words as they may stand in an address."""
    return services().seals.of(_SEARCH).seal(words)


def words_asked() -> str:
    """The words that the address names by `cari`; empty if it names none."""
    token = request.args.get("cari", "")
    return services().seals.of(_SEARCH).open(token) or "" if token else ""


def note_number(tx: Any, words: str, where: Sequence[Place], *, past: bool) -> None:  # noqa: ANN401  # a connection
    """Keep that a number is looked for in these desa, if the words are one; before it is shown.

    Raises:
        SearchPausedError: too many were nobody's.
    """
    if number_of(words):
        services().searches.number(
            known_account(),
            [it.kode_desa for it in where],
            lambda: orang_queries.numbered(tx, where, words, past=past),
        )
