"""The verifier in one file, loaded as whoever was handed it runs it."""

import io
import runpy
from collections.abc import Iterable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from ledger.bundle import report
from ledger.bundle.trust import Trust

PERIKSA = Path(report.__file__).with_name("periksa.py")
periksa: Any = SimpleNamespace(**runpy.run_path(str(PERIKSA)))
Found = tuple[str, str | None, int | None, int | None]
"""A fault's code, log, position and line."""


def policy_text(trust: Trust) -> str:
    pins = "".join(f"key {name} {told}\n" for name, told in trust.first_keys.items())
    return trust.policy.to_bytes().decode() + pins


def by_the_single_file(
    data: bytes, trust: Trust, kept: Iterable[tuple[str, bytes]] = ()
) -> list[Found]:
    """The faults that it finds."""
    policy = periksa.Policy(policy_text(trust))
    faults, _, _ = periksa.verify(io.BytesIO(data), policy, kept)
    return [it[:4] for it in faults]
