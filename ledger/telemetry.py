"""Logs of the program itself: structlog, for people on a terminal and for programs otherwise.

No line ever holds a NIK or KK number: whatever has sixteen digits in a row is masked, also what
other libraries log.
"""

import logging
import re
import sys
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


def configure(level: str = "INFO") -> None:
    """Send everything that is logged to stderr: coloured on a terminal, JSON lines otherwise."""
    shared: list[structlog.types.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
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
