"""Fills the demonstration's logs: everything that happened, each on its day, by who did it.

What is there already is not done again, so that a run that was cut off goes on where it was.
"""

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from datetime import date, datetime, timedelta
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import Final

import click

from api.context import Services
from cli.demo import desk, past, unsigned
from cli.demo.affairs import affairs
from cli.demo.past import Event
from cli.demo.village import Push, Village
from cli.sender import Errands, LedgerClient, RefusedError, Sender, State, open_state
from ledger import Draft, write_batch
from projections.queries import kiriman

_SPOILED: Final = 1
"""Which of the villages has a batch that is refused."""
_AFTER_ALL: Final = timedelta(hours=2)


def folder_of(services: Services, kode_desa: str) -> Path:
    """What a desa's computer keeps."""
    return services.settings.data / "desa" / kode_desa


@contextmanager
def sender_state(services: Services, village: Village) -> Iterator[State]:
    """The folder of a desa that signs."""
    with open_state(folder_of(services, village.kode)) as state:
        state.pin(services.ledger.office.log_key(village.kode).verifier)
        yield state


def go_on(services: Services, clock: past.Clock) -> None:
    """Let the clock be at the newest that is in the logs: no log goes back in time."""
    logs = [services.settings.kode, *(it.kode_desa for it in services.registry.desa())]
    with services.databases.reader.connect() as tx:
        for kode in logs:
            for newest in kiriman.batches(tx, kode, limit=1):
                clock.go_on_from(newest.received_at)


def fill(
    services: Services, villages: Sequence[Village], until: date, address: str, clock: past.Clock
) -> None:
    """Do what has not been done yet, as everybody did: in turn, by date."""
    with ExitStack() as stack:
        folder = folder_of(services, unsigned.KODE)
        events = [*unsigned.uploads(services, address, until, folder)]
        events += desk.answers(services, unsigned.KODE, unsigned.answered_on(until))
        for number, village in enumerate(villages):
            state = stack.enter_context(sender_state(services, village))
            computer = _Computer(services, village, state, address, clock)
            events += computer.events(until, spoils=number == _SPOILED)
        if not events:
            return
        events.sort(key=lambda it: it.on)
        bar = click.progressbar(
            events,
            label=f"Mengirim {len(events)} kiriman, unggahan dan surat",
            item_show_func=lambda it: f"{it.shown} {it.on:%d-%m-%Y}" if it else "",
            file=sys.stderr,
        )
        with bar as shown:
            for event in shown:
                clock.go_to(event.on)
                event.do()


class _Computer:
    """The computer of a desa that signs."""

    def __init__(
        self,
        services: Services,
        village: Village,
        state: State,
        address: str,
        now: Callable[[], datetime],
    ) -> None:
        self._services = services
        self._village = village
        self._state = state
        self._address = address
        self._client = LedgerClient(address, village.kode)
        self._sender = Sender(state, self._client, now=now)
        self._now = now

    def events(self, until: date, *, spoils: bool) -> Iterator[Event]:
        """What is not done yet, and what the office does with the letters among it."""
        village, state = self._village, self._state
        last = affairs(village, until)
        sent = state.position.number
        if sent >= last.number:
            # Cut off at the very last, a batch may be settled and not put away.
            self._sender.resume()
        for push in (*village.pushes(), last):
            if push.number > sent:
                yield Event(push.on, village.nama, partial(self._push, push))
        yield from desk.decisions(
            self._services, village, last, lambda: state.answer(last.number).position
        )
        if spoils and not self._refused():
            yield Event(last.on + _AFTER_ALL, village.nama, partial(self._spoil, last))

    def _push(self, push: Push) -> None:
        """Bring the files, then send; what was signed before the run was cut off, as it was."""
        files = {sha256(it).hexdigest(): it for it in push.files}
        # Of its own, that knows no earlier day: a ticket is good for minutes.
        client = LedgerClient(self._address, self._village.kode)
        errands = Errands(self._state, client, now=self._now)
        for digest in errands.lacking(files):
            errands.bring(digest, files[digest])
        if push.number not in {it.number for it in self._sender.resume()}:
            self._sender.push(push.drafts)

    def _refused(self) -> bool:
        with self._services.databases.reader.connect() as tx:
            return bool(kiriman.refusals(tx, self._village.kode, limit=1))

    def _spoil(self, push: Push) -> None:
        """Send a batch whose lines a script of somebody's has written: some are none."""
        at = self._state.position
        batch = write_batch(
            spoiled_lines(push.drafts),
            self._state.key,
            log=self._state.office.name,
            number=at.number + 1,
            prev=at.prev,
            seen=at.seen,
            time=self._now(),
        )
        with suppress(RefusedError):
            self._client.post(batch.to_bytes())


def spoiled_lines(drafts: Sequence[Draft]) -> list[bytes]:
    """Lines of statements: the first is right, the others each have another fault."""
    right, salt, member, op, cut = (it.to_line() for it in drafts[:5])
    return [
        right,
        salt.replace(b'{"_s":"', b'{"_s":"garam-', 1),
        member.replace(b'"at":', b'"waktu":', 1),
        op.replace(b'"op":"put"', b'"op":"ubah"', 1),
        cut[: len(cut) // 2],
    ]
