"""The desa's side of a push: what has changed, signed, sent, and its receipt verified.

    >>> from cli.sender import LedgerClient, Sender, open_state
    >>> with open_state(folder) as state:
    ...     Sender(state, LedgerClient(url, state.kode_desa), now=now).push(drafts)

`state` is the folder that remembers what was told, `signing` makes batches, `client` speaks HTTP,
`receipts` believes nothing it cannot verify, `delivery` puts them in order, `stick` does without
a line, and `errands` brings files and collects what the office says. What is to be told
(`ledger.compare`), and where records come from, is not known here.
"""

from cli.sender.client import KeyState, LedgerClient, News
from cli.sender.delivery import Sender
from cli.sender.errands import Errands
from cli.sender.errors import (
    AnswerError,
    DivergedError,
    ForkedError,
    KeyNameError,
    KeyWaitsError,
    LabelError,
    NotEnrolledError,
    OfficeUnknownError,
    ReceiptError,
    RefusedError,
    RotationOpenError,
    SenderError,
    StateBehindError,
    StateBusyError,
    StateDamagedError,
    StateError,
    StateMismatchError,
    StateMissingError,
    StateUnusableError,
    UnreachableError,
    UrlError,
)
from cli.sender.receipts import Finding, Findings, Receipt
from cli.sender.signing import Signer
from cli.sender.state import DEFAULT_LABEL, State, create_state, open_state
from cli.sender.stick import Stick

__all__ = [
    "DEFAULT_LABEL",
    "AnswerError",
    "DivergedError",
    "Errands",
    "Finding",
    "Findings",
    "ForkedError",
    "KeyNameError",
    "KeyState",
    "KeyWaitsError",
    "LabelError",
    "LedgerClient",
    "News",
    "NotEnrolledError",
    "OfficeUnknownError",
    "Receipt",
    "ReceiptError",
    "RefusedError",
    "RotationOpenError",
    "Sender",
    "SenderError",
    "Signer",
    "State",
    "StateBehindError",
    "StateBusyError",
    "StateDamagedError",
    "StateError",
    "StateMismatchError",
    "StateMissingError",
    "StateUnusableError",
    "Stick",
    "UnreachableError",
    "UrlError",
    "create_state",
    "open_state",
]
