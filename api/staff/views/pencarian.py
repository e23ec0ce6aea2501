"""The words of a search for people: they name a person, and so stand sealed in an address."""

from typing import Final

from flask import request

from api.context import services

_SEARCH: Final = "pencarian orang"


def sealed(words: str) -> str:
    """The words as they may stand in an address."""
    return services().seals.of(_SEARCH).seal(words)


def words_asked() -> str:
    """The words that the address names by `cari`; empty if it names none."""
    token = request.args.get("cari", "")
    return services().seals.of(_SEARCH).open(token) or "" if token else ""
