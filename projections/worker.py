"""The worker: follows the logs until told to stop.

It is woken by the ledger's NOTIFY, and looks every 200 ms all the same: a notification is a hint,
what is behind is told by the positions. Several workers share the work, by the positions' locks.
When the database goes away it waits and comes back.
"""

import random
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime

import psycopg
import structlog
from sqlalchemy import Engine
from sqlalchemy.exc import DBAPIError

from ledger import CHANNEL
from projections.forgetting import forget
from projections.projection import Projection
from projections.runner import Runner

POLL_S = 0.2
_LONGEST_PAUSE_S = 10.0
_logger = structlog.get_logger(__name__)


class Worker:
    """Follows the logs in the thread that calls `run`; `stop` may be called from any."""

    def __init__(
        self,
        engine: Engine,
        projections: Sequence[Projection],
        now: Callable[[], datetime],
    ) -> None:
        self._engine = engine
        self._projections = projections
        self._now = now
        # Of several workers each begins elsewhere; which, need not be told to any of them.
        turn = random.random()  # noqa: S311  # nobody's secret
        self._runner = Runner(engine, projections, now, turn=turn)
        self._stopping = threading.Event()

    def stop(self) -> None:
        """Finish the page in hand, then return from `run`."""
        self._stopping.set()

    def run(self) -> None:
        """Follow the logs until stopped."""
        pause = POLL_S
        while not self._stopping.is_set():
            try:
                with self._listening() as wait:
                    pause = POLL_S
                    while not self._stopping.is_set():
                        forget(self._engine, self._projections, self._now)
                        if not self._runner.run_once():
                            wait()
            except (DBAPIError, psycopg.Error) as error:
                _logger.warning("database lost", error=type(error).__name__, pause_s=pause)
                self._stopping.wait(pause)
                pause = min(2 * pause, _LONGEST_PAUSE_S)

    @contextmanager
    def _listening(self) -> Iterator[Callable[[], None]]:
        """A connection of its own that listens; gives a wait for a notification or the poll."""
        connection = self._engine.raw_connection()
        try:
            driver = connection.driver_connection
            if driver is None:
                raise RuntimeError("a connection from the pool has a driver")
            driver.autocommit = True
            driver.execute(f"LISTEN {CHANNEL}")

            def wait() -> None:
                for _ in driver.notifies(timeout=POLL_S, stop_after=1):
                    pass

            yield wait
        finally:
            # Not back into the pool: it listens.
            connection.invalidate()
            connection.close()
