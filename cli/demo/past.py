"""The demonstration's past: its villages push on the days on which it happened.

While the logs are filled the office's clock stands at the day of each push, so that the pages'
*keadaan per* has two years to show. Everything else is as in earnest: HTTP, signatures, receipts.
"""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, time, timedelta
from email.utils import format_datetime
from typing import NamedTuple

from werkzeug.serving import WSGIRequestHandler, make_server

from api.app import create_app
from api.context import Services

_MORNING = time(1, 15)
"""A quarter past nine in the morning of Central Indonesia, in UTC."""


_OVER = timedelta(hours=2)


def last_day(now: datetime) -> date:
    """The newest day on which the villages have pushed by now: yesterday, in the early morning.

    A batch that came in the future would be damage to whoever checks the log.
    """
    return (now.astimezone(UTC) - _OVER).date()


class Clock:
    """Stands at a day, and goes on a second each time it is looked at.

    Days are told as the villages have them; `shift` moves them all, so that the last is
    `last_day`.
    """

    def __init__(self, day: date, shift: timedelta) -> None:
        self._shift = shift
        self._lock = threading.Lock()
        self.go_to(day)

    def go_to(self, day: date) -> None:
        """Stand at the morning of a day, unless it is later already."""
        self.go_on_from(datetime.combine(day, _MORNING, UTC) + self._shift)

    def go_on_from(self, moment: datetime) -> None:
        """Be no earlier than this."""
        with self._lock:
            self._at = max(moment, getattr(self, "_at", moment))

    def __call__(self) -> datetime:
        """The moment."""
        with self._lock:
            self._at += timedelta(seconds=1)
            return self._at


class Event(NamedTuple):
    """Something that happened: when, what is shown of it, and how it is done now."""

    on: datetime
    shown: str
    do: Callable[[], object]


class _Quiet(WSGIRequestHandler):
    """Says nothing of each request."""

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Nothing."""


def _dated(now: Callable[[], datetime]) -> type[_Quiet]:
    """One whose answers are dated by the office's clock: tickets are made by it."""

    class Dated(_Quiet):
        def date_time_string(self, timestamp: float | None = None) -> str:
            return format_datetime(now().astimezone(UTC), usegmt=True)

    return Dated


@contextmanager
def serving(services: Services, host: str) -> Iterator[str]:
    """The address of a web of this office, on its own clock, in this process."""
    handler = _dated(services.now)
    server = make_server(host, 0, create_app(services), threaded=True, request_handler=handler)
    thread = threading.Thread(target=server.serve_forever, name="past", daemon=True)
    thread.start()
    try:
        yield f"http://{host}:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
