"""The command line: the office's commands, and a desa's `push`."""

import sys
from types import TracebackType

from cli.indonesian import speak


def _stopped(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    """One word when somebody presses Ctrl-C while the commands are still being loaded."""
    if issubclass(kind, KeyboardInterrupt):
        print("Dibatalkan.", file=sys.stderr)  # noqa: T201  # nothing else is loaded yet
    else:
        sys.__excepthook__(kind, error, trace)


sys.excepthook = _stopped
# Before any command is declared: some of the words are taken then.
speak()
