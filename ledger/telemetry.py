"""Logs of the program itself: structlog, for people on a terminal and for programs otherwise.

No line ever holds a NIK or KK number: whatever has sixteen digits in a row is masked, also what
other libraries log. Of an exception the kind and the places in the code are kept, and not its
text: a database's "failing row contains" quotes what a village stated.
"""

import logging
import re
import sys
import traceback
from collections.abc import MutableMapping
from typing import Any

import structlog

_LONG_NUMBER = re.compile(r"(?<![0-9a-fA-F])[0-9]{12}[0-9]{4,}(?![0-9a-fA-F])")


def mask_numbers(
    _logger: object,
    _method: str,
    event: MutableMapping[str, Any],
) -> MutableMapping[str, Any]:
    """A structlog processor: numbers that may be a NIK or KK become dots."""
    for name, value in event.items():
        if isinstance(value, str):
            event[name] = _LONG_NUMBER.sub("••••", value)
    return event


def without_texts(
    _logger: object,
    _method: str,
    event: MutableMapping[str, Any],
) -> MutableMapping[str, Any]:
    """A structlog processor: an exception becomes its kinds and places, the cause last."""
    given = event.pop("exc_info", None)
    if not given:
        return event
    if isinstance(given, tuple):
        given = given[1]
    error = given if isinstance(given, BaseException) else sys.exc_info()[1]
    told = ["Traceback, without texts:\n"]
    while error is not None:
        kind = type(error)
        told.append(f"{kind.__module__}.{kind.__qualname__}\n")
        told += traceback.format_tb(error.__traceback__)
        hidden = error.__suppress_context__
        error = error.__cause__ or (None if hidden else error.__context__)
    event["exception"] = "".join(told).rstrip()
    return event


def configure(level: str = "INFO") -> None:
    """Send everything that is logged to stderr: coloured on a terminal, JSON lines otherwise."""
    shared: list[structlog.types.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        without_texts,
        mask_numbers,
    ]
    renderer: structlog.types.Processor = (
        structlog.dev.ConsoleRenderer()
        if sys.stderr.isatty()
        else structlog.processors.JSONRenderer(ensure_ascii=False)
    )
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
        ),
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    # Which migrations ran is for whoever writes them.
    logging.getLogger("alembic").setLevel("WARNING")
    # Each look for what is due; what a job did, the schedule says itself.
    logging.getLogger("apscheduler").setLevel("ERROR")
