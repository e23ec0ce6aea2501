"""Why a push does not go through, and what the operator can do about it.

    SenderError
    ├── UrlError                      the address is none, or would send in the open   2
    ├── LabelError                    the label cannot be part of a key's name         2
    ├── KeyNameError                  the office has no such key of this desa          2
    ├── UnreachableError              no connection, also after retries                1
    ├── AnswerError                   an answer that is not the ledger's               1
    ├── RefusedError                  the ledger said no; `refusal` is its code        1
    │   ├── NotEnrolledError          it does not know our key yet                     5
    │   │   └── KeyWaitsError         it does, and has not accepted it                 5
    │   └── DivergedError             its history is not ours (fork, history)          3
    ├── ReceiptError                  an answer that proves nothing, or a lost past    3
    │   └── ForkedError               what it signed contradicts what it signed before 3
    ├── StateError                    the folder cannot be used                        5
    │   ├── StateMissingError         there is none
    │   ├── StateBusyError            another push is running
    │   ├── StateDamagedError         a file in it cannot be read
    │   ├── StateUnusableError        it cannot be opened or written
    │   └── StateMismatchError        it is for something else
    ├── StateBehindError              the folder is an old copy                        3
    ├── RotationOpenError             a new key was begun, and the office not asked    5
    └── OfficeUnknownError            the office's key has not been given              5

The number is the exit code of `opendk-ledger push`. After any of them the folder is as it was, or
one step further; the same push can be run again.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import ClassVar

from ledger import LedgerError

_ADVICE = {
    "fork": (
        "Jangan mengirim lagi dengan folder ini. Hubungi kecamatan; setelah diperiksa, mulai "
        "dengan kunci baru: --state FOLDER-BARU --label NAMA-BARU."
    ),
    "history": "Simpan folder ini sebagai bukti dan hubungi kecamatan.",
    "wrong-log": "Periksa --url: alamat ini milik kantor lain.",
    "desa-unknown": "Minta kecamatan mendaftarkan desa ini, atau periksa --url dan --desa.",
    "key-foreign": "Periksa --desa.",
    "key-not-valid": (
        "Kunci dicabut atau sudah diganti; hubungi kecamatan, dan mulai dengan kunci baru: "
        "--state FOLDER-BARU --label NAMA-BARU --kode KODE."
    ),
    "key-waiting": "Bacakan sidik jarinya kepada petugas kecamatan, lalu ulangi nanti.",
    "key-exists": "Pakai nama lain: --label NAMA-BARU.",
    "enrol-code": "",
    "ticket": "Periksa jam komputer ini, lalu ulangi.",
    "file-too-large": "Kecilkan berkasnya di OpenSID, lalu ulangi.",
    "file-type": "Ganti berkasnya di OpenSID dengan gambar atau PDF, lalu ulangi.",
    "signature": "Cocokkan sidik jari kunci dengan yang terdaftar di kecamatan.",
}
_CONTACT = "Hubungi kecamatan dan sebutkan kode {refusal}."


class SenderError(LedgerError):
    """A push that did not go through. `exit_code` is that of the command."""

    code = "push"
    exit_code: ClassVar[int] = 1


class UrlError(SenderError):
    """The office's address cannot be used."""

    code = "push-url"
    exit_code = 2

    def __init__(self, why: str) -> None:
        super().__init__(f"Alamat kecamatan tidak dapat dipakai: {why}.")


class LabelError(SenderError):
    """A label that cannot be part of a key's name (PROTOCOL section 2)."""

    code = "push-label"
    exit_code = 2

    def __init__(self, label: str) -> None:
        super().__init__(
            f"Label {label!r} tidak dapat dipakai: huruf kecil, angka dan tanda hubung saja.",
        )
        self.label = label


class KeyNameError(SenderError):
    """The office has no key of this name for the desa."""

    code = "push-key-name"
    exit_code = 2

    def __init__(self, name: str) -> None:
        super().__init__(f"Kecamatan tidak memiliki kunci {name} milik desa ini.")
        self.name = name


class UnreachableError(SenderError):
    """No answer, also after retries; or the office was too busy each time."""

    code = "push-unreachable"

    def __init__(self, host: str, why: str, attempts: int) -> None:
        super().__init__(
            f"Kecamatan ({host}) tidak dapat dihubungi setelah {attempts} kali mencoba: {why}. "
            "Periksa sambungan lalu ulangi; yang belum terkirim disimpan.",
        )
        self.host = host
        self.why = why
        self.attempts = attempts


class AnswerError(SenderError):
    """An answer that is not the ledger's: a captive portal, another program, a newer version."""

    code = "push-answer"

    def __init__(self, status: int, why: str) -> None:
        super().__init__(
            f"Jawaban dari alamat itu bukan jawaban OpenDK Ledger (HTTP {status}, {why}). "
            "Periksa --url.",
        )
        self.status = status
        self.why = why


class RefusedError(SenderError):
    """The ledger said no. `refusal` is its stable code, `facts` what else it told."""

    code = "push-refused"

    def __init__(
        self, status: int, refusal: str, detail: str, facts: Mapping[str, object]
    ) -> None:
        advice = _ADVICE.get(refusal, _CONTACT.format(refusal=refusal))
        super().__init__(f"{detail} {advice}".rstrip())
        self.status = status
        self.refusal = refusal
        self.detail = detail
        self.facts = dict(facts)


class NotEnrolledError(RefusedError):
    """The office does not know our key yet."""

    code = "push-not-enrolled"
    exit_code = 5


class KeyWaitsError(NotEnrolledError):
    """The office has our key and nobody there has accepted it yet."""

    code = "push-key-waits"


class DivergedError(RefusedError):
    """Its history and ours part: an old backup or copied key here, or lost data there."""

    code = "push-diverged"
    exit_code = 3


class ReceiptError(SenderError):
    """A receipt that proves nothing, or proves that the log is not the one we have seen.

    `evidence` is the file in which the answer was kept, if it was.
    """

    code = "push-receipt"
    exit_code = 3

    def __init__(self, why: str, evidence: Path | None = None) -> None:
        kept = f" (disimpan di {evidence})" if evidence else ""
        super().__init__(
            f"Tanda terima ditolak: {why}. Jangan hapus folder ini; jawaban kecamatan adalah "
            f"bukti{kept}. Hubungi kecamatan atau kabupaten.",
        )
        self.why = why
        self.evidence = evidence


class ForkedError(ReceiptError):
    """The office signed a log that is not the continuation of the one it signed before.

    `kept` are the two signed checkpoints, as files: a proof that needs nobody's word.
    """

    code = "push-forked"

    def __init__(self, why: str, kept: tuple[Path, ...] = ()) -> None:
        names = " dan ".join(str(path) for path in kept)
        SenderError.__init__(
            self,
            f"Log kecamatan bertentangan dengan yang pernah ditandatanganinya: {why}. Buktinya "
            f"disimpan di {names}. Jangan mengirim lagi dan jangan hapus folder ini; serahkan "
            "bukti itu kepada kecamatan dan kabupaten.",
        )
        self.why = why
        self.evidence = kept[-1] if kept else None
        self.kept = kept


class StateError(SenderError):
    """The sender's folder cannot be used."""

    code = "push-state"
    exit_code = 5


class StateMissingError(StateError):
    """There is no state in the folder."""

    code = "push-state-missing"

    def __init__(self, folder: Path) -> None:
        super().__init__(
            f"Folder {folder} belum berisi kunci desa. Sebutkan --desa untuk membuatnya.",
        )
        self.folder = folder


class StateBusyError(StateError):
    """Another push is using the folder."""

    code = "push-state-busy"

    def __init__(self, folder: Path) -> None:
        super().__init__(f"Pengiriman lain sedang memakai folder {folder}. Tunggu sampai selesai.")
        self.folder = folder


class StateDamagedError(StateError):
    """A file of the folder cannot be read as what it should be."""

    code = "push-state-damaged"

    def __init__(self, path: Path, why: str) -> None:
        super().__init__(
            f"Berkas {path} rusak atau hilang ({why}). Pulihkan dari cadangan; bila tidak ada, "
            "mulai dengan kunci baru: --state FOLDER-BARU --label NAMA-BARU.",
        )
        self.path = path
        self.why = why


class StateUnusableError(StateError):
    """The folder cannot be opened or written."""

    code = "push-state-unusable"

    def __init__(self, path: Path, why: str) -> None:
        super().__init__(f"{path} tidak dapat dipakai: {why}. Periksa izin dan ruang disk.")
        self.path = path
        self.why = why


class StateMismatchError(StateError):
    """The folder is for something else than what is asked for."""

    code = "push-state-mismatch"

    def __init__(self, what: str, ours: str, asked: str) -> None:
        super().__init__(
            f"Folder ini untuk {what} {ours}, bukan {asked}. Pakai folder lain dengan --state.",
        )
        self.what = what
        self.ours = ours
        self.asked = asked


class StateBehindError(SenderError):
    """The office has batches of our chain that this folder does not know."""

    code = "push-state-behind"
    exit_code = 3

    def __init__(self, ours: int, theirs: int) -> None:
        super().__init__(
            f"Folder ini berhenti pada kiriman nomor {ours}, tetapi kecamatan memiliki sampai "
            f"nomor {theirs}: mungkin dipulihkan dari cadangan lama, atau kunci disalin. "
            f"{_ADVICE['fork']}",
        )
        self.ours = ours
        self.theirs = theirs


class RotationOpenError(SenderError):
    """A new key was begun, and whether the office has taken it is not known here."""

    code = "push-rotation-open"
    exit_code = 5

    def __init__(self, label: str) -> None:
        super().__init__(
            f"Pergantian kunci ke {label} belum selesai. Jalankan sekali dengan --url, baru "
            "kemudian tulis ke USB.",
        )
        self.label = label


class OfficeUnknownError(SenderError):
    """The office's key has not been given, so no receipt could be verified."""

    code = "push-office-unknown"
    exit_code = 5

    def __init__(self) -> None:
        super().__init__(
            "Kunci kecamatan belum diketahui. Minta dari kecamatan (ditampilkan saat kunci desa "
            "didaftarkan) dan sebutkan sekali: --kunci-kecamatan VKEY.",
        )
