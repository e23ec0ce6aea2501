"""The order of things: pending first, then what is new; nothing counts before its receipt.

    sign ─► pending ─► post ─► verify the receipt ─► settle ─► sent
              ▲         │ gap: post again from sent what the office lost
              └─────────┘ any crash or lost answer: the same batch again, the same place

A push may be cut off anywhere and run again: the log holds each batch once.
"""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime

from msgspec.structs import replace

from cli.sender.client import KeyState, LedgerClient
from cli.sender.errors import (
    ForkedError,
    KeyNameError,
    ReceiptError,
    RefusedError,
    SenderError,
    StateBehindError,
)
from cli.sender.receipts import Answer, Receipt, signed_by_another, verify, verify_place
from cli.sender.signing import Signer
from cli.sender.state import State
from ledger import (
    Batch,
    Draft,
    KeyNote,
    LedgerError,
    Limits,
    Seen,
    TlogProof,
    VerifierKey,
    code_hash,
    code_proof,
    follow,
)

_GAP = "gap"
_UNKNOWN_POSITION = "position-unknown"


def _silent(_: str) -> None:
    """Tell nobody."""


class Sender:
    """Pushes for one desa. `now` is its clock, `tell` takes a sentence of progress.

    Attributes:
        state: the folder that it works on.
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
        self.state = state
        self._client = client
        self._signer = Signer(state, now, limits or Limits())
        self._now = now
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
        return [self._deliver(batch) for batch in self.state.pending()]

    def confirm(self) -> None:
        """Let the office prove that the log still begins as we have seen it.

        Where it says that our chain stands is not proved: it only makes us send again, or stop.

        Raises:
            ReceiptError: it does not.
            StateBehindError: our chain goes on there, so this folder is an old copy.
        """
        newest = self.state.newest()
        if newest is None:
            return
        last = self.state.position.number
        theirs = self._client.head().number(self.state.key.name)
        if theirs > last:
            raise StateBehindError(last, theirs)
        self._heal(theirs + 1)
        batch, known = newest
        answer = self._renewed(known.position)
        self.state.advance(answer, self._verified(answer, batch))

    # --- our keys -------------------------------------------------------------------------------

    def enrol(self, code: str) -> KeyState:
        """Introduce our key to the office with a one-time code; again is the same as once.

        Raises:
            EnrolCodeError: this is no code; nothing was sent.
            RefusedError: the office refuses it.
        """
        key = self.state.key
        proof = code_proof(code_hash(code), key.verifier)
        note = self.state.enrol_note(
            lambda: KeyNote(self._office.name, "enrol", key.verifier, self._now(), code=proof)
        )
        return self._client.post_key(note)

    def rotate(self, label: str | None = None) -> KeyState:
        """Hand over to a new key; what is pending must have been delivered.

        When this is cut off, doing it again goes on with the same new key.

        Raises:
            LabelError: the label cannot be part of a key's name.
            RefusedError: the office refuses it; the old key goes on.
            UnreachableError: it may have taken it or not: do it again.
        """
        rotation = self.state.begin_rotation(self._now(), label)
        try:
            state = self._client.post_key(rotation.note.encode())
        except RefusedError:
            self.state.abandon_rotation()
            raise
        self.state.finish_rotation()
        return state

    def finish_rotation(self) -> bool:
        """Go on with a handing over that was cut off; whether there was one."""
        if self.state.rotation is None:
            return False
        state = self.rotate()
        self._tell(f"pergantian kunci yang terputus diselesaikan: kini {state.name}")
        return True

    def revoke(self, name: str) -> KeyState:
        """End a key of this desa, by its name or label, with the word of ours.

        Raises:
            KeyNameError: the office has no key of this name.
        """
        wanted = {name, f"desa/{self.state.kode_desa}/{name}"}
        listed = next((it for it in self._client.listed_keys() if it.name in wanted), None)
        if listed is None:
            raise KeyNameError(name)
        key = VerifierKey.from_vkey(listed.vkey)
        said = KeyNote(self._office.name, "revoke", key, self._now())
        return self._client.post_key(said.signed(self.state.key).to_bytes())

    # --- the office's key -----------------------------------------------------------------------

    def _follow(self, answer: Answer) -> None:
        """Move the pin to the key that the office's has handed over to, if it provably has."""
        if signed_by_another(answer, self._office):
            self._office = follow_office(self.state, self._client.head().rotations, self._tell)

    # --- one batch ------------------------------------------------------------------------------

    def _deliver(self, batch: Batch) -> Receipt:
        manifest, position = batch.manifest, self.state.position
        if manifest.number <= position.number:
            # Settled but for its last step when the program was cut off.
            self.state.finish(batch)
            return Receipt.of(batch, self.state.answer(manifest.number))
        self._tell(f"mengirim kiriman nomor {manifest.number}: {manifest.count} perubahan")
        answer = self._post(batch)
        if position.size and answer.seen != position.size:
            # Signed when less of the log had been seen than now.
            renewed = self._renewed(answer.position)
            answer = replace(renewed, findings=answer.findings, replayed=answer.replayed)
        seen = self._verified(answer, batch)
        self.state.settle(batch, answer, seen)
        return Receipt.of(batch, answer)

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
        for number in range(max(begin, 1), self.state.position.number + 1):
            self._tell(f"kecamatan kehilangan kiriman nomor {number}; dikirim ulang")
            batch = self.state.sent(number)
            answer = self._client.post(batch.to_bytes())
            self._follow(answer)
            verify_place(answer, batch, self._office)
            self.healed += 1

    def _renewed(self, position: int) -> Answer:
        """The receipt of a batch again, from what we have seen on."""
        try:
            return self._client.receipt(position, self.state.position.size)
        except RefusedError as error:
            if error.refusal != _UNKNOWN_POSITION:
                raise
            size = self.state.position.size
            why = f"log kecamatan lebih pendek dari {size} kiriman yang pernah dilihat desa"
            kept = self.state.keep_contradiction(
                self.state.position.number, self._client.head().checkpoint
            )
            raise ForkedError(why, kept) from error

    def _verified(self, answer: Answer, batch: Batch) -> Seen:
        self._follow(answer)
        return verified(self.state, answer, batch)


# --- what a line and a stick have in common ------------------------------------------------------


def follow_office(
    state: State, rotations: Sequence[str], tell: Callable[[str], None]
) -> VerifierKey:
    """Move the pin along the notes by which the office's key handed over; gives where it is.

    Raises:
        ReceiptError: they do not prove it.
    """
    try:
        office, notes = follow(state.office, rotations)
    except SenderError:
        raise
    except LedgerError as error:
        raise ReceiptError(f"pergantian kunci kecamatan tidak sah ({error})") from None
    if notes:
        state.move_pin(office, notes)
        tell(
            "kecamatan berganti kunci log, ditandatangani kunci yang lama; sidik jari yang "
            f"baru {office.fingerprint}"
        )
    return office


def verified(
    state: State,
    answer: Answer,
    batch: Batch,
    check: Callable[[Answer, Batch, VerifierKey, Seen], Seen] = verify,
) -> Seen:
    """What has been seen with an answer, once it is checked; else it is kept as evidence.

    Raises:
        ReceiptError: what `check` has against it.
    """
    number = batch.manifest.number
    try:
        return check(answer, batch, state.office, state.position.seen)
    except ForkedError as error:
        state.keep_evidence(number, answer)
        theirs = TlogProof.from_text(answer.proof).checkpoint.decode()
        kept = state.keep_contradiction(number, theirs)
        raise ForkedError(error.why, kept) from None
    except ReceiptError as error:
        evidence = state.keep_evidence(number, answer)
        raise ReceiptError(error.why, evidence) from None
