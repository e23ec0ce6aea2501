"""A computer of a desa that pushes what is in its register."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from cli.sender import LedgerClient, Receipt, Sender, create_state, open_state
from ledger import Limits, VerifierKey, compare
from tests.cli.sender.office import KODE_DESA, Office

NOW = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)

Records = dict[str, dict[str, Any]]


@dataclass
class Computer:
    """A folder, and the address of the office; `said` and `slept` is what it did meanwhile."""

    folder: Path
    url: str
    office: Office
    limits: Limits = field(default_factory=Limits)
    said: list[str] = field(default_factory=list)
    slept: list[float] = field(default_factory=list)

    def set_up(self, label: str | None = None) -> "Computer":
        """Make a key, and exchange keys with the office."""
        create_state(self.folder, KODE_DESA, label)
        with open_state(self.folder) as state:
            state.pin(VerifierKey.from_vkey(self.office.vkey))
            self.office.enrol(state.key.verifier)
        return self

    def push(self, records: Records) -> list[Receipt]:
        """What the command does: what is pending, then what has changed."""
        with self.sending() as sender:
            state = sender.state
            receipts = sender.resume()
            changes = compare(
                "penduduk",
                records,
                state.told().get("penduduk", {}),
                present=set(records),
                saved_at=lambda _: NOW,
                now=NOW,
                sure=True,
            )
            return [*receipts, *sender.push(changes.drafts)]

    @contextmanager
    def sending(self) -> Iterator[Sender]:
        """Its folder, open, and a sender at work on it."""
        with open_state(self.folder) as state:
            client = LedgerClient(self.url, KODE_DESA, sleep=self.slept.append)
            yield Sender(
                state,
                client,
                now=lambda: NOW,
                limits=self.limits,
                tell=self.said.append,
            )

    def position(self) -> tuple[int, int]:
        """The number of our newest batch, and the size of the log that we have seen."""
        with open_state(self.folder) as state:
            return state.position.number, state.position.size

    def files(self, folder: str) -> list[str]:
        """The names in one of its folders."""
        return sorted(path.name for path in (self.folder / folder).iterdir())


def people(count: int, **names: str) -> Records:
    """Records with the ids up to a number; `id3="BUDI"` gives one of them another name."""
    return {
        str(id_): {"id": id_, "nama": names.get(f"id{id_}", "SITI")} for id_ in range(1, count + 1)
    }
