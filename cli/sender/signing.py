"""Drafts made into signed batches, which are pending from then on."""

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime

from cli.sender.state import State
from ledger import Batch, Draft, Limits, split_batches, write_batch


class Signer:
    """Signs for the chain of a state. `now` is the desa's clock.

    Raises:
        OfficeUnknownError: which log to sign for is known only with the office's key.
    """

    def __init__(self, state: State, now: Callable[[], datetime], limits: Limits) -> None:
        self._state = state
        self._now = now
        self._limits = limits
        self._log = state.office.name

    def signed(self, drafts: Iterable[Draft]) -> Iterator[Batch]:
        """The drafts as the next batches of the chain, each kept as pending before it is given."""
        for lines in split_batches((draft.to_line() for draft in drafts), self._limits):
            number, prev = self._state.chain_end()
            batch = write_batch(
                lines,
                self._state.key,
                log=self._log,
                number=number + 1,
                prev=prev,
                seen=self._state.position.seen,
                time=self._now(),
            )
            self._state.add_pending(batch)
            yield batch
