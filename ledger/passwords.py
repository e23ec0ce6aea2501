"""What a password may be.

Length is what counts (NIST SP 800-63B section 3.1.1): no rule of capitals and signs, no change by
the calendar; but nothing that everybody tries first. The list, `common_passwords.txt`, holds the
commonest of the length that we ask for, of the world's and of Indonesia's offices. [pure]
"""

import secrets
from functools import cache
from importlib import resources
from typing import Final

from ledger.errors import PasswordRefusedError

SHORTEST: Final = 10
LONGEST: Final = 200
_FEWEST_DIFFERENT: Final = 4
_PLAIN: Final = "abcdefghjkmnpqrstuvwxyz23456789"
"""Letters and digits that nobody mistakes for others on paper."""


def check_password(password: str, username: str) -> None:
    """Let a password be one, or raise PasswordRefusedError."""
    if len(password) < SHORTEST:
        raise PasswordRefusedError(f"kata sandi paling sedikit {SHORTEST} karakter")
    if len(password) > LONGEST:
        raise PasswordRefusedError(f"kata sandi paling banyak {LONGEST} karakter")
    plain = password.strip().casefold()
    if plain in {username.casefold(), username.partition("@")[0].casefold()}:
        raise PasswordRefusedError("kata sandi tidak boleh sama dengan nama pengguna")
    if plain in _common() or len(set(plain)) < _FEWEST_DIFFERENT:
        raise PasswordRefusedError("kata sandi ini terlalu umum; orang mencobanya lebih dulu")


def made_up(groups: int = 4, letters: int = 4) -> str:
    """A text that nobody guesses and anybody can type: `k7mp-2xqd-w9ha-tn4c`."""
    return "-".join("".join(secrets.choice(_PLAIN) for _ in range(letters)) for _ in range(groups))


@cache
def _common() -> frozenset[str]:
    text = (resources.files("ledger") / "common_passwords.txt").read_text("utf-8")
    return frozenset(text.split("\n"))
