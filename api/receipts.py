"""What the office answers to a batch, as JSON: over HTTP, and on a stick (PROTOCOL section 7)."""

import base64
from itertools import islice
from typing import Any, Final

from ledger import Appended, Receipt, numbered_changes
from ledger.catalogue import examine

MOST_FINDINGS: Final = 1_000


def told_receipt(receipt: Receipt) -> dict[str, Any]:
    """A receipt, for ReceiptSchema."""
    return {
        "kode_desa": receipt.kode_desa,
        "position": receipt.position,
        "chain": receipt.chain,
        "number": receipt.number,
        "manifest": told_hash(receipt.manifest_hash),
        "seen": receipt.seen,
        "proof": receipt.proof,
        "consistency": [told_hash(step) for step in receipt.consistency],
    }


def told_appended(appended: Appended) -> dict[str, Any]:
    """The answer to a batch that was taken, for AppendedSchema."""
    found = examine(numbered_changes(appended.lines), appended.receipt.kode_desa)
    items = list(islice(found, MOST_FINDINGS))
    more = sum(1 for _ in found)
    return {
        **told_receipt(appended.receipt),
        "replayed": appended.replayed,
        "findings": {"total": len(items) + more, "items": items},
    }


def told_hash(value: bytes) -> str:
    """A hash in standard base64."""
    return base64.b64encode(value).decode()
