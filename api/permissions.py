"""Who may do what: one table of roles, and what a view may need.

Every view of the application declares one `Need` (`api.auth.needs`); a test fails for a view that
declares none, and another asks every address as every role. What a role may do ends, besides, at
the scope of the account: a desa outside of it is as if it were not there.

An administrator looks after the machine and its users, and needs nobody's data for that. Whoever
is both gets two accounts.
"""

from collections.abc import Mapping
from enum import StrEnum, auto
from typing import Final


class Need(StrEnum):
    """What a view needs of whoever asks."""

    PUBLIC = auto()
    """Nothing: anybody may ask."""
    SIGNATURE = auto()
    """A desa's signature on what is sent; the ledger verifies it."""
    TOKEN = auto()
    """A desa's bearer token, or name and password for one; the room `api.compat` verifies it."""
    OWN = auto()
    """Somebody logged in, for their own account: also who has to change the password first."""
    FIGURES = auto()
    """Villages and counts, of nobody in particular."""
    REPORTS = auto()
    """The official reports, which are counts too, and their files."""
    RECEIVED = auto()
    """What came, when, how big, signed by whom, and what was refused; not what it says."""
    PEOPLE = auto()
    """What a desa states about people: names, families, changes; numbers masked."""
    PROTECTED = auto()
    """Of these, what is masked or left out, for a stated reason."""
    MESSAGES = auto()
    """To read what a desa and the office write to each other."""
    WRITE = auto()
    """To write for the office: to a desa, and the figures that the office itself states."""
    DECIDE = auto()
    """To decide for the office on a desa's data: deletions that wait, what is to be forgotten."""
    SEEN = auto()
    """Who saw whose protected data, and why; not the data."""
    AUDIT = auto()
    """Histories, proofs and bundles, with all that they hold."""
    WITNESSED = auto()
    """Who cosigned which checkpoint of the logs, and whose logs the office witnesses."""
    REGISTRY = auto()
    """Desa, their keys and tokens."""
    OPERATIONS = auto()
    """Workers, storage, backups."""
    USERS = auto()
    """Who may log in."""


OPEN: Final = frozenset({Need.PUBLIC, Need.SIGNATURE, Need.TOKEN})
"""Needs that no log-in answers."""
_EVERYBODY: Final = frozenset({Need.OWN, Need.FIGURES, Need.REPORTS, Need.RECEIVED})
_READER: Final = _EVERYBODY | {Need.PEOPLE, Need.PROTECTED, Need.MESSAGES}
_CLERK: Final = _READER | {Need.WRITE, Need.DECIDE}

ALLOWED: Final[Mapping[str, frozenset[Need]]] = {
    "administrator": _EVERYBODY
    | {Need.SEEN, Need.WITNESSED, Need.REGISTRY, Need.OPERATIONS, Need.USERS},
    "camat": _CLERK | {Need.SEEN, Need.AUDIT, Need.WITNESSED, Need.REGISTRY},
    "staf": _CLERK,
    "auditor": _READER | {Need.SEEN, Need.AUDIT, Need.WITNESSED},
    "operator": _READER | {Need.SEEN},
}
"""What each role may do, within the scope of its account."""


def allowed(role: str, need: Need) -> bool:
    """Whether a role may do what a view needs; a role that nobody knows may do nothing."""
    return need in ALLOWED.get(role, frozenset())
