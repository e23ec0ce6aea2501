"""What becomes of a letter: its states, and who may take it from one to the next.

    diajukan ──periksa──► (diperiksa_sekretaris ──paraf──►) menunggu_camat ──setujui──►
        menunggu_tte ──tandatangani──► ditandatangani ──cabut──► dicabut

On the way, whoever has it in hand may return it (`dikembalikan`: the desa sends it again) or
reject it (`ditolak`). All of that is said of one version of a letter, the very PDF that was looked
at: a letter that is sent anew begins at `diajukan`.

Nobody decides on a letter twice: who checked it does not approve it, whatever their role is by
then. The step of the sekretaris is there when the office names one. [pure]

Source: OpenDK's workflow and its `log_verifikasi`, with an actor for each step.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from ledger.errors import LetterRefusedError

DIAJUKAN: Final = "diajukan"
DIPERIKSA_SEKRETARIS: Final = "diperiksa_sekretaris"
MENUNGGU_CAMAT: Final = "menunggu_camat"
MENUNGGU_TTE: Final = "menunggu_tte"
DITANDATANGANI: Final = "ditandatangani"
DIKEMBALIKAN: Final = "dikembalikan"
DITOLAK: Final = "ditolak"
DICABUT: Final = "dicabut"
STATES: Final = (
    DIAJUKAN, DIPERIKSA_SEKRETARIS, MENUNGGU_CAMAT, MENUNGGU_TTE, DITANDATANGANI, DIKEMBALIKAN,
    DITOLAK, DICABUT,
)  # fmt: skip
"""Where a version of a letter may stand."""

PERIKSA: Final = "periksa"
PARAF: Final = "paraf"
SETUJUI: Final = "setujui"
TANDATANGANI: Final = "tandatangani"
KEMBALIKAN: Final = "kembalikan"
TOLAK: Final = "tolak"
CABUT: Final = "cabut"
WITH_REASON: Final = frozenset({KEMBALIKAN, TOLAK, CABUT})
"""What is not done without a reason, which the desa is told."""

ELEKTRONIK: Final = "elektronik"
BASAH: Final = "basah"
WAYS: Final = (ELEKTRONIK, BASAH)
"""How a letter was signed: by a certificate, in the PDF; or with ink, and scanned."""

_STEPS: Final[Mapping[str, Mapping[str, str]]] = {
    DIAJUKAN: {PERIKSA: MENUNGGU_CAMAT, KEMBALIKAN: DIKEMBALIKAN, TOLAK: DITOLAK},
    DIPERIKSA_SEKRETARIS: {PARAF: MENUNGGU_CAMAT, KEMBALIKAN: DIKEMBALIKAN, TOLAK: DITOLAK},
    MENUNGGU_CAMAT: {SETUJUI: MENUNGGU_TTE, KEMBALIKAN: DIKEMBALIKAN, TOLAK: DITOLAK},
    MENUNGGU_TTE: {TANDATANGANI: DITANDATANGANI, KEMBALIKAN: DIKEMBALIKAN, TOLAK: DITOLAK},
    DITANDATANGANI: {CABUT: DICABUT},
}
_CAMAT, _STAF = "camat", "staf"
_BOTH: Final = frozenset({_CAMAT, _STAF})


@dataclass(frozen=True)
class Act:
    """A decision of the office on a version of a letter.

    Attributes:
        position: the batch of the desa's log with which this version began.
        sha256: of the PDF that was decided on, in hexadecimal.
        state: where the letter stands since.
        signed: SHA-256 of the signed PDF, of `tandatangani`; empty else.
        way: of WAYS, likewise.
        office_position: the batch of the office's log that says so.
    """

    kode_desa: str
    id: UUID
    nomor: str
    position: int
    sha256: str
    act: str
    state: str
    username: str
    nama: str
    role: str
    reason: str
    signed: str
    way: str
    at: datetime
    office_position: int


def state_of(acts: Sequence[Act]) -> str:
    """Where a version stands, by its acts in order."""
    return acts[-1].state if acts else DIAJUKAN


@dataclass(frozen=True)
class LetterRules:
    """The rules of an office; `secretaries` are the names of accounts, none for no such step."""

    secretaries: frozenset[str] = frozenset()

    def offered(self, acts: Sequence[Act], username: str, role: str) -> list[str]:
        """What an account may do with a version that has come so far, in the order of a page."""
        steps = self._steps(state_of(acts))
        return [act for act in steps if self._refusal(act, acts, username, role) is None]

    def next_state(self, act: str, acts: Sequence[Act], username: str, role: str) -> str:
        """Where an act takes a version.

        Raises:
            LetterRefusedError: not from here, or not by this account.
        """
        why = self._refusal(act, acts, username, role)
        if why is not None:
            raise LetterRefusedError(why)
        return self._steps(state_of(acts))[act]

    def waits_for(self, username: str, role: str) -> list[str]:
        """The states in which a letter may wait for this account."""
        turns = {
            DIAJUKAN: role == _STAF and username not in self.secretaries,
            DIPERIKSA_SEKRETARIS: (
                username in self.secretaries if self.secretaries else role == _CAMAT
            ),
            MENUNGGU_CAMAT: role == _CAMAT,
            MENUNGGU_TTE: role in _BOTH,
        }
        return [state for state, turn in turns.items() if turn and role in _BOTH]

    def _steps(self, state: str) -> Mapping[str, str]:
        if state == DIAJUKAN and self.secretaries:
            return {**_STEPS[DIAJUKAN], PERIKSA: DIPERIKSA_SEKRETARIS}
        if state == DIPERIKSA_SEKRETARIS and not self.secretaries:
            # The office has none any more: what waits for one goes on without.
            return _STEPS[MENUNGGU_CAMAT]
        return _STEPS.get(state, {})

    def _refusal(self, act: str, acts: Sequence[Act], username: str, role: str) -> str | None:
        """Why an account cannot do this now; None when it can."""
        state = state_of(acts)
        if act not in self._steps(state):
            return "keadaannya sudah berubah; periksa lagi halamannya"
        if role not in _may(state, act):
            return "peran Anda tidak berwenang untuk langkah ini"
        if act == PARAF and username not in self.secretaries:
            return "paraf diberikan oleh sekretaris"
        if act == PERIKSA and username in self.secretaries:
            return "sekretaris memberi paraf; yang memeriksa lebih dahulu orang lain"
        checked = {it.username for it in acts if it.act in {PERIKSA, PARAF}}
        if act in {PARAF, SETUJUI} and username in checked:
            return "yang sudah memeriksa surat ini tidak boleh juga menyetujuinya"
        return None


def _may(state: str, act: str) -> frozenset[str]:
    """The roles that may do this here."""
    if act in {PERIKSA, PARAF}:
        return frozenset({_STAF})
    if act in {SETUJUI, CABUT}:
        return frozenset({_CAMAT})
    # What the camat has in hand, the camat sends back.
    if act in WITH_REASON and state in {MENUNGGU_CAMAT, MENUNGGU_TTE}:
        return frozenset({_CAMAT})
    return _BOTH
