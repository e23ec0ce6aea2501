"""What is no statement: files that records refer to, and what the office says (PROTOCOL 14).

For both a ticket is shown, for a few minutes by the office's clock: a village's may be wrong.
"""

import re
from base64 import b64encode
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from typing import Final

import msgspec

from cli.sender.client import LedgerClient, News
from cli.sender.errors import RefusedError
from cli.sender.state import State
from ledger import Ticket

_LASTS: Final = timedelta(minutes=10)
_AHEAD: Final = timedelta(minutes=2)
"""A ticket is made anew so long before its end: files take a while on a bad line."""
_AT_ONCE: Final = 1_000
_UNKNOWN: Final = "file-unknown"
_UNFIT: Final = {"file-too-large", "file-type"}
_OTHER: Final = re.compile(r"[^A-Za-z0-9._]+")


class Errands:
    """Runs them for one desa. `now` is its clock, for an office that tells no time.

    Attributes:
        unfit: files that the office does not take, by hash, and its sentence.
    """

    def __init__(self, state: State, client: LedgerClient, *, now: Callable[[], datetime]) -> None:
        self._state = state
        self._client = client
        self._now = now
        self._ticket: tuple[datetime, str] | None = None
        self.unfit: dict[str, str] = {}

    # --- files ----------------------------------------------------------------------------------

    def lacking(self, digests: Iterable[str]) -> set[str]:
        """Which of these files the office has not."""
        asked, found = list(digests), set[str]()
        for begin in range(0, len(asked), _AT_ONCE):
            part = asked[begin : begin + _AT_ONCE]
            found.update(self._client.lacking(part, self._shown()))
        return found

    def bring(self, digest: str, data: bytes) -> bool:
        """Bring a file; whether the office takes it. One that it does not take is in `unfit`.

        Raises:
            RefusedError: it refuses us, not the file.
            UnreachableError, AnswerError: as for a batch.
        """
        try:
            self._client.bring(digest, data, self._shown())
        except RefusedError as error:
            if error.refusal not in _UNFIT:
                raise
            self.unfit[digest] = str(error)
            return False
        return True

    # --- what the office says -------------------------------------------------------------------

    def collect(self) -> list[News]:
        """Keep what the office has said since the last time, and the letters that it signed.

        Cut off, the same is collected again, under the same names.
        """
        collected: list[News] = []
        while True:
            after = self._state.read_until()
            answer = self._client.inbox(after, self._shown())
            for it in answer.items:
                self._keep(it)
            collected += answer.items
            if not answer.items or answer.next == after:
                return collected
            self._state.mark_read(answer.next)

    def _keep(self, it: News) -> None:
        day = f"{it.at:%Y-%m-%d}"
        digest = it.data.get("berkas")
        if isinstance(digest, str) and digest:
            try:
                signed = self._client.fetch(digest, self._shown())
            except RefusedError as error:
                # Erased meanwhile; that it was decided stays known.
                if error.refusal != _UNKNOWN:
                    raise
            else:
                letter = _named(str(it.data.get("nomor")))
                self._state.keep_told(f"{day}-surat-{letter}-{digest[:8]}.pdf", signed)
        self._state.keep_told(f"{day}-{_named(it.id)}.json", msgspec.json.encode(it))

    # --- the ticket -----------------------------------------------------------------------------

    def _shown(self) -> str:
        """The header that says who we are; made anew before it ends."""
        if self._client.office_time() is None:
            self._client.head()
        now = self._client.office_time() or self._now()
        if self._ticket is None or self._ticket[0] < now + _AHEAD:
            until = now + _LASTS
            note = Ticket(self._state.office.name, until).signed(self._state.key)
            self._ticket = until, f"Ticket {b64encode(note.to_bytes()).decode()}"
        return self._ticket[1]


def _named(text: str) -> str:
    """A text as part of a file's name."""
    return _OTHER.sub("-", text).strip("-.")[:100] or "tanpa-nama"
