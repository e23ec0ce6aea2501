"""The order of things: pending first, then what is new; nothing counts before its receipt.

    sign ─► pending ─► post ─► verify the receipt ─► settle ─► sent
              ▲         │ gap: post again from sent what the office lost
              └─────────┘ any crash or lost answer: the same batch again, the same place

A push may be cut off anywhere and run again: the log holds each batch once.
"""

from collections.abc import Callable, Iterable
from datetime import datetime

from msgspec.structs import replace

from cli.sender.client import LedgerClient
from cli.sender.errors import ReceiptError, RefusedError, StateBehindError
from cli.sender.receipts import Answer, Receipt, verify, verify_place
from cli.sender.signing import Signer
from cli.sender.state import State
from ledger import Batch, Draft, Limits, Seen

_GAP = "gap"
_UNKNOWN_POSITION = "position-unknown"


def _silent(_: str) -> None:
    """Tell nobody."""


class Sender:
    """Pushes for one desa. `now` is its clock, `tell` takes a sentence of progress.

    Attributes:
        healed: how many batches the office had lost and was given again.

    Raises:
        OfficeUnknownError: without the office's key no receipt can be verified.
    """

    def __init__(
        self,
        state: State,
        client: LedgerClient,
        *,
        now: Callable[[], datetime],
        limits: Limits | None = None,
        tell: Callable[[str], None] = _silent,
    ) -> None:
        self._state = state
        self._client = client
        self._signer = Signer(state, now, limits or Limits())
        self._office = state.office
        self._tell = tell
        self.healed = 0

    def push(self, drafts: Iterable[Draft] = ()) -> list[Receipt]:
        """Deliver what is pending, then the drafts in as few batches as the limits allow.

        When there is nothing of either, the last receipt is renewed: an office that forgot or
        forked is noticed also on a quiet day.

        Raises:
            RefusedError: the ledger says no.
            ReceiptError: what it answers is no proof; nothing of it was taken over.
            UnreachableError: no connection; what is signed is pending.
            StateError: the folder failed; pushing again goes on from there.
        """
        receipts = self.resume()
        for batch in self._signer.signed(drafts):
            receipts.append(self._deliver(batch))
        if not receipts:
            self.confirm()
        return receipts

    def resume(self) -> list[Receipt]:
        """Deliver what was signed before and has no receipt yet."""
        return [self._deliver(batch) for batch in self._state.pending()]

    def confirm(self) -> None:
        """Let the office prove that the log still begins as we have seen it.

        Where it says that our chain stands is not proved: it only makes us send again, or stop.

        Raises:
            ReceiptError: it does not.
            StateBehindError: our chain goes on there, so this folder is an old copy.
        """
        last = self._state.position.number
        if not last:
            return
        theirs = self._client.head().number(self._state.key.name)
        if theirs > last:
            raise StateBehindError(last, theirs)
        self._heal(theirs + 1)
        answer = self._renewed(self._state.answer(last).position)
        self._state.advance(self._verified(answer, self._state.sent(last)))

    # --- one batch ------------------------------------------------------------------------------

    def _deliver(self, batch: Batch) -> Receipt:
        manifest, position = batch.manifest, self._state.position
        if manifest.number <= position.number:
            # Settled but for its last step when the program was cut off.
            self._state.finish(batch)
            return self._receipt(batch, self._state.answer(manifest.number))
        self._tell(f"mengirim kiriman nomor {manifest.number}: {manifest.count} perubahan")
        answer = self._post(batch)
        if position.size and answer.seen != position.size:
            # Signed when less of the log had been seen than now.
            renewed = self._renewed(answer.position)
            answer = replace(renewed, findings=answer.findings, replayed=answer.replayed)
        seen = self._verified(answer, batch)
        self._state.settle(batch, answer, seen)
        return self._receipt(batch, answer)

    def _post(self, batch: Batch) -> Answer:
        try:
            return self._client.post(batch.to_bytes())
        except RefusedError as error:
            expected = error.facts.get("expected")
            if error.refusal != _GAP or not isinstance(expected, int):
                raise
            self._heal(expected)
            return self._client.post(batch.to_bytes())

    def _heal(self, begin: int) -> None:
        """Give the office again, from number `begin` on, what it once had.

        That nothing else is missing or changed is seen by the next receipt, which must go on
        from the newest checkpoint that we know.
        """
        for number in range(max(begin, 1), self._state.position.number + 1):
            self._tell(f"kecamatan kehilangan kiriman nomor {number}; dikirim ulang")
            batch = self._state.sent(number)
            verify_place(self._client.post(batch.to_bytes()), batch, self._office)
            self.healed += 1

    def _renewed(self, position: int) -> Answer:
        """The receipt of a batch again, from what we have seen on."""
        try:
            return self._client.receipt(position, self._state.position.size)
        except RefusedError as error:
            if error.refusal != _UNKNOWN_POSITION:
                raise
            size = self._state.position.size
            raise ReceiptError(
                f"log kecamatan lebih pendek dari {size} kiriman yang pernah dilihat desa",
            ) from error

    def _verified(self, answer: Answer, batch: Batch) -> Seen:
        try:
            return verify(answer, batch, self._office, self._state.position.seen)
        except ReceiptError as error:
            evidence = self._state.keep_evidence(batch.manifest.number, answer)
            raise ReceiptError(error.why, evidence) from None

    @staticmethod
    def _receipt(batch: Batch, answer: Answer) -> Receipt:
        manifest = batch.manifest
        return Receipt(
            manifest.number,
            answer.position,
            manifest.count,
            answer.replayed,
            answer.findings,
        )
