"""Sealed texts: what may stand in a URL although it names a person.

A search for a name or a NIK is a link that staff share and that logs record; sealed, it says
nothing to whoever lacks the office's key. [pure]
"""

import base64
import hashlib

from cryptography.fernet import Fernet, InvalidToken


class Seals:
    """Makes the seals of one secret, a seal for each purpose: none opens what another sealed."""

    def __init__(self, secret: bytes) -> None:
        self._secret = secret

    def of(self, purpose: str) -> "Seal":
        """The seal of a purpose."""
        return Seal(purpose.encode() + b"\n" + self._secret)


class Seal:
    """Seals short texts with one secret, which serves nothing else."""

    def __init__(self, secret: bytes) -> None:
        key = hashlib.sha256(b"opendk-ledger/seal/v1\n" + secret).digest()
        self._fernet = Fernet(base64.urlsafe_b64encode(key))

    def seal(self, text: str) -> str:
        """The text as a token that may stand in a URL."""
        return self._fernet.encrypt(text.encode()).decode().rstrip("=")

    def open(self, token: str) -> str | None:
        """The text, or None for anything this secret did not seal."""
        try:
            padded = token + "=" * (-len(token) % 4)
            return self._fernet.decrypt(padded.encode()).decode()
        except (InvalidToken, ValueError):
            return None
