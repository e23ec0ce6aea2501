"""Whom an auditor trusts: the policy, and first keys by their fingerprints.

    log kecamatan-contoh.go.id/53.06.14+8484d8a7+AV…
    key desa/53.06.14.2001/sekdes-1 4f3a 91c2 0b7d e655 8a10 33f9 c47e d201
    quorum none

A policy is a C2SP one (`ledger.policy`), with lines of our own, `key <name> <fingerprint>`: the
first key of a desa as it was compared on paper. One log line for the office's own log is enough:
the same public key signs every desa's log under that log's name. Nothing of this ever comes from
the bundle. [pure]
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from ledger.errors import NoteError
from ledger.keys import VerifierKey
from ledger.policy import Policy

_KEY_LINE = re.compile(
    rb"[ \t]*key[ \t]+(?P<name>[^\s+]+)[ \t]+(?P<print>[0-9a-f]{4}(?:[ \t]?[0-9a-f]{4}){7})[ \t]*"
)


@dataclass(frozen=True)
class Trust:
    """The policy, and the fingerprints of first keys by name (32 digits, no spaces)."""

    policy: Policy
    first_keys: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def from_bytes(cls, data: bytes) -> "Trust":
        """Read an auditor's file, or raise NoteError that names the line."""
        first_keys: dict[str, str] = {}
        lines = data.split(b"\n")
        for number, line in enumerate(lines):
            found = _KEY_LINE.fullmatch(line)
            if found:
                name = found["name"].decode(errors="replace")
                if name in first_keys:
                    raise NoteError(f"kebijakan baris {number + 1}: kunci ini sudah disebut")
                first_keys[name] = re.sub(rb"\s", b"", found["print"]).decode()
                lines[number] = b""  # so that the policy's line numbers stay true
        return cls(Policy.from_bytes(b"\n".join(lines)), first_keys)

    def knows(self, key: VerifierKey) -> bool | None:
        """Whether a key is the one that the auditor has of this name; None when there is none."""
        told = self.first_keys.get(key.name)
        return None if told is None else told == key.fingerprint.replace(" ", "")

    def host_keys(self, host: str) -> set[bytes]:
        """The public keys that the policy trusts to sign logs of this office (section 8)."""
        return {it.key.public for it in self.policy.logs if it.key.name.partition("/")[0] == host}
