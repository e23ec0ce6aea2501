"""Why the ledger says no.

    LedgerError
    ├── RefusalError                 a batch that is not taken; the log is as it was
    │   ├── TooLargeError            size               batch-too-large
    │   ├── ManifestError            grammar            manifest-grammar
    │   ├── WrongLogError            place              wrong-log
    │   ├── KeyUnknownError          who                key-unknown
    │   ├── KeyForeignError                             key-foreign
    │   ├── KeyWeakError                                key-weak
    │   ├── KeyNotValidError                            key-not-valid
    │   ├── SignatureError                              signature
    │   ├── ForkError                order              fork
    │   ├── GapError                                    gap
    │   ├── HistoryError                                history
    │   ├── BytesMismatchError       body               bytes-mismatch
    │   ├── CountMismatchError                          count-mismatch
    │   ├── RootMismatchError                           root-mismatch
    │   ├── LinesError               lines              line-…, see LINE_FAULTS
    │   ├── KeyNoteError             a key note         key-note-grammar
    │   ├── KeyWaitingError                             key-waiting
    │   ├── EnrolCodeError                              enrol-code
    │   ├── TicketError              a ticket           ticket
    │   ├── FileTooLargeError        a file             file-too-large
    │   ├── FileTypeError                               file-type
    │   └── FileHashError                               file-hash
    ├── FileUnknownError             no such file       file-unknown
    ├── CursorError                  no cursor of ours  cursor
    ├── DesaUnknownError             no such desa       desa-unknown
    ├── PositionUnknownError         no such batch      position-unknown
    ├── TileUnknownError             no such tile       tile-unknown
    ├── WitnessError                 a checkpoint that we do not cosign
    │   ├── WitnessRequestError      grammar            witness-request
    │   ├── LogUnwatchedError        which log          log-unwatched
    │   ├── CheckpointUnsignedError  who                checkpoint-unsigned
    │   ├── OldSizeError             since when         old-size
    │   └── InconsistentError        a fork, perhaps    inconsistent
    ├── RegistryError                an act of the office that cannot be done
    │   └── …                        see the classes
    ├── TokenRefusedError            a token that is none              token
    ├── LogInError                   somebody is not let in
    │   ├── LogInRefusedError        wrong name, password or code      log-in-refused
    │   ├── LogInPausedError         too many failures                 log-in-paused
    │   └── LogInWebOnlyError        needs more than a password        log-in-web-only
    ├── CodeRefusedError             no code that is good now          totp-code
    ├── ConversationUnknownError     an answer to nothing              conversation-unknown
    ├── MessageRefusedError          too long, or without a text       message
    ├── LetterRefusedError           a decision that cannot be made    letter-refused
    ├── LetterGoneError              a letter that is not so any more  letter-gone
    ├── FigureRefusedError           a statement that cannot be made   figure-refused
    ├── FigureGoneError              one stated by somebody else       figure-gone
    ├── FigureFileError              a file of figures that is wrong   figure-file
    ├── BundleError                  a file that is no bundle          bundle
    ├── AlarmGoneError               an alarm that is settled          alarm-gone
    ├── AlarmNoteError               nothing said of how               alarm-note
    ├── AccessRefusedError           who may not see unmasked data     access-refused
    ├── AccessReasonError            a reason that will not do         access-reason
    ├── AccessTooManyError           a list too long to be opened      access-too-many
    ├── SearchPausedError            too many numbers of nobody        search-paused
    ├── ProofError                   a proof that does not prove    proof
    └── NoteError                    a text that is no signed note  note

Codes are kebab-case and for ever: villages' programs decide by them. The sentence is for the
operator in the village, in Indonesian, and holds no NIK and no name.
"""

from dataclasses import asdict, dataclass
from typing import ClassVar


class LedgerError(Exception):
    """Anything the ledger refuses to do; `code` is stable, `str(error)` is one sentence."""

    code: ClassVar[str] = "ledger"


class NoteError(LedgerError):
    """A text that is no C2SP signed note, vkey, checkpoint or proof in its one spelling."""

    code = "note"

    def __init__(self, what: str) -> None:
        super().__init__(what)
        self.what = what


class BundleError(LedgerError):
    """A file that is no bundle, or lacks what is asked of it (PROTOCOL section 12)."""

    code = "bundle"

    def __init__(self, what: str) -> None:
        super().__init__(f"Berkas audit tidak dapat dipakai: {what}.")
        self.what = what


class ProofError(LedgerError):
    """A proof that does not lead to the root it should (RFC 6962 section 2.1)."""

    code = "proof"

    def __init__(self, what: str) -> None:
        super().__init__(f"Bukti tidak cocok: {what}.")
        self.what = what


class DesaUnknownError(LedgerError):
    """The office has not registered a desa of this code."""

    code = "desa-unknown"

    def __init__(self, kode_desa: str) -> None:
        super().__init__(f"Desa {kode_desa} belum terdaftar di kecamatan ini.")
        self.kode_desa = kode_desa


class RecordUnknownError(LedgerError):
    """The log says nothing of the record, or nothing any more."""

    code = "record-unknown"

    def __init__(self, kode_desa: str, entity: str, id_: str) -> None:
        super().__init__(f"Log desa {kode_desa} tidak menyatakan apa pun tentang {entity} {id_}.")
        self.kode_desa = kode_desa


class PositionUnknownError(LedgerError):
    """The log has no batch at this position."""

    code = "position-unknown"

    def __init__(self, kode_desa: str, position: int) -> None:
        super().__init__(f"Log desa {kode_desa} tidak memiliki kiriman ke-{position}.")
        self.kode_desa = kode_desa
        self.position = position


class TileUnknownError(LedgerError):
    """The log has no such tile, or not yet."""

    code = "tile-unknown"

    def __init__(self, kode_desa: str) -> None:
        super().__init__(f"Log {kode_desa} tidak memiliki ubin ini pada checkpoint terbarunya.")
        self.kode_desa = kode_desa


# --- why a witness does not cosign, in the order of tlog-witness ---------------------------------


class WitnessError(LedgerError):
    """A checkpoint that this office does not cosign."""

    code = "witness"


class WitnessRequestError(WitnessError):
    """Not a request of tlog-witness, or one whose old size is above the checkpoint's."""

    code = "witness-request"

    def __init__(self, what: str) -> None:
        super().__init__(f"Permintaan kesaksian tidak sesuai: {what}.")


class LogUnwatchedError(WitnessError):
    """Nobody asked this office to be a witness of that log."""

    code = "log-unwatched"

    def __init__(self) -> None:
        super().__init__("Log ini tidak disaksikan di sini.")


class CheckpointUnsignedError(WitnessError):
    """The checkpoint bears no valid signature of the log's key."""

    code = "checkpoint-unsigned"

    def __init__(self) -> None:
        super().__init__("Checkpoint tidak ditandatangani dengan kunci log ini.")


class OldSizeError(WitnessError):
    """The proof does not begin at the checkpoint that was cosigned last, which is of `size`."""

    code = "old-size"

    def __init__(self, size: int) -> None:
        super().__init__(f"Checkpoint terakhir yang disaksikan berukuran {size}.")
        self.size = size


class InconsistentError(WitnessError):
    """The log does not extend what was cosigned before: it forgot, or it forked.

    `proven` says that the two checkpoints, both signed, contradict each other by themselves.
    """

    code = "inconsistent"

    def __init__(self, size: int, *, proven: bool = False) -> None:
        super().__init__(
            f"Checkpoint tidak terbukti melanjutkan yang terakhir disaksikan (ukuran {size}).",
        )
        self.size = size
        self.proven = proven


# --- refusals of a batch, in the order in which they are looked for (PROTOCOL section 5) ---------


class RefusalError(LedgerError):
    """A batch that is not taken. The log is unchanged; the refusal itself is kept.

    `authentic` says whether the sender's signature had been verified by then.
    """

    code = "refusal"
    authentic: ClassVar[bool] = False

    @property
    def facts(self) -> dict[str, object]:
        """What a program needs to go on; JSON values only."""
        return {}

    @property
    def kept(self) -> dict[str, object]:
        """What is kept of it for desa and staff to see: the facts, and what more helps to mend."""
        return self.facts


class TooLargeError(RefusalError):
    """More than the limits allow; reading stopped there."""

    code = "batch-too-large"

    def __init__(self, what: str, limit: int) -> None:
        super().__init__(f"Kiriman terlalu besar: {what} melebihi batas {limit}.")
        self.what = what
        self.limit = limit

    @property
    def facts(self) -> dict[str, object]:
        """The limit that was passed."""
        return {"limit": self.limit}


class ManifestError(RefusalError):
    """The manifest is not the text of PROTOCOL section 2 in its one spelling."""

    code = "manifest-grammar"

    def __init__(self, what: str) -> None:
        super().__init__(f"Manifes kiriman tidak sesuai tata tulis: {what}.")
        self.what = what


class WrongLogError(RefusalError):
    """The manifest is for another log: another office, or another desa."""

    code = "wrong-log"

    def __init__(self, expected: str) -> None:
        super().__init__(f"Kiriman ini bukan untuk log {expected}.")
        self.expected = expected

    @property
    def facts(self) -> dict[str, object]:
        """The log that stands at this address."""
        return {"expected": self.expected}


class KeyUnknownError(RefusalError):
    """No key of this name is registered."""

    code = "key-unknown"

    def __init__(self, name: str) -> None:
        super().__init__(f"Kunci {name} belum didaftarkan di kecamatan.")
        self.name = name


class KeyForeignError(RefusalError):
    """The chain belongs to another desa than the log."""

    code = "key-foreign"

    def __init__(self, name: str) -> None:
        super().__init__(f"Kunci {name} bukan milik desa ini.")
        self.name = name


class KeyWeakError(RefusalError):
    """A public key of low order: anybody can sign for it (PROTOCOL section 3)."""

    code = "key-weak"

    def __init__(self, name: str) -> None:
        super().__init__(f"Kunci {name} lemah (low order) dan tidak boleh dipakai.")
        self.name = name


class KeyNotValidError(RefusalError):
    """The key is not valid at the position where the batch would stand."""

    code = "key-not-valid"

    def __init__(self, name: str, position: int) -> None:
        super().__init__(f"Kunci {name} tidak berlaku untuk kiriman ke-{position}.")
        self.name = name
        self.position = position


class SignatureError(RefusalError):
    """The signature is not one of the chain's key over this manifest."""

    code = "signature"

    def __init__(self, name: str) -> None:
        super().__init__(f"Tanda tangan dengan kunci {name} tidak sah.")
        self.name = name


class ForkError(RefusalError):
    """The chain has another text where this one wants to stand: an alarm.

    A computer restored from an old backup, or a copied key. `ours` is the manifest note that
    the log holds at `number`, or None when nothing of the chain is there.
    """

    code = "fork"
    authentic = True

    def __init__(self, chain: str, number: int, ours: str | None) -> None:
        super().__init__(
            f"Rantai {chain} bercabang: kiriman nomor {number} di kecamatan berbeda. "
            "Mungkin komputer dipulihkan dari cadangan lama atau kunci disalin.",
        )
        self.chain = chain
        self.number = number
        self.ours = ours

    @property
    def facts(self) -> dict[str, object]:
        """The number where the texts part, and our manifest of that number."""
        return {"number": self.number, "ours": self.ours}


class GapError(RefusalError):
    """The number is ahead of the chain: a batch before it has not arrived."""

    code = "gap"
    authentic = True

    def __init__(self, chain: str, number: int, expected: int) -> None:
        super().__init__(
            f"Urutan rantai {chain} tidak sambung: diharapkan {expected}, diterima {number}.",
        )
        self.chain = chain
        self.number = number
        self.expected = expected

    @property
    def facts(self) -> dict[str, object]:
        """The number that is expected next."""
        return {"expected": self.expected}


class HistoryError(RefusalError):
    """The desa has seen a history that is not ours: data was lost here, or someone forked."""

    code = "history"
    authentic = True

    def __init__(self, size: int, ours: int) -> None:
        super().__init__(
            f"Riwayat yang dilihat desa (sampai kiriman ke-{size}) tidak ada dalam log ini "
            f"(sampai ke-{ours}). Hubungi kecamatan: data mungkin hilang atau log bercabang.",
        )
        self.size = size
        self.ours = ours

    @property
    def facts(self) -> dict[str, object]:
        """The size that the desa has seen, and ours."""
        return {"seen": self.size, "size": self.ours}


class BytesMismatchError(RefusalError):
    """The body is shorter or longer than the manifest says."""

    code = "bytes-mismatch"
    authentic = True

    def __init__(self, stated: int, received: int) -> None:
        more = " atau lebih" if received > stated else ""
        super().__init__(f"Manifes menyebut {stated} bita, diterima {received}{more}.")
        self.stated = stated
        self.received = received


class CountMismatchError(RefusalError):
    """The body has more or fewer lines than the manifest says."""

    code = "count-mismatch"
    authentic = True

    def __init__(self, stated: int, received: int) -> None:
        super().__init__(f"Manifes menyebut {stated} perubahan, diterima {received}.")
        self.stated = stated
        self.received = received


class RootMismatchError(RefusalError):
    """The lines are not those that were signed."""

    code = "root-mismatch"
    authentic = True

    def __init__(self) -> None:
        super().__init__("Isi kiriman berbeda dari yang ditandatangani.")


LINE_FAULTS = {
    "line-too-long": "baris terlalu panjang",
    "line-utf8": "baris bukan UTF-8",
    "line-json": "baris bukan satu objek JSON",
    "line-deep": "baris bersarang terlalu dalam",
    "line-duplicate-member": "nama anggota muncul dua kali",
    "line-salt": "tidak diawali garam _s yang benar",
    "line-members": "anggota baris kurang, lebih, atau salah jenis",
}


@dataclass(frozen=True)
class LineFault:
    """One line that is no change line; `line` counts from 1, `code` is of LINE_FAULTS.

    `entity`, `id` and `member` are the record it is about and what of the line is wrong, as far as
    that can be read; else empty.
    """

    line: int
    code: str
    entity: str = ""
    id: str = ""
    member: str = ""


class LinesError(RefusalError):
    """Lines that are no change lines (PROTOCOL section 4); at most 1,000 are named."""

    authentic = True

    def __init__(self, faults: tuple[LineFault, ...]) -> None:
        first = faults[0]
        more = f" (dan {len(faults) - 1} baris lain)" if len(faults) > 1 else ""
        super().__init__(
            f"Baris {first.line} tidak dapat dibaca: {LINE_FAULTS[first.code]}{more}.",
        )
        self.faults = faults
        self.code = first.code  # type: ignore[misc]  # the first fault decides

    @property
    def facts(self) -> dict[str, object]:
        """The lines, each with its code."""
        return {"lines": [{"line": fault.line, "code": fault.code} for fault in self.faults]}

    @property
    def kept(self) -> dict[str, object]:
        """The lines, each with all that is known of it."""
        return {"lines": [asdict(fault) for fault in self.faults]}


# --- refusals of a key note (PROTOCOL section 9) -------------------------------------------------


class KeyNoteError(RefusalError):
    """A key note that is not the text of PROTOCOL section 9 in its one spelling."""

    code = "key-note-grammar"

    def __init__(self, what: str) -> None:
        super().__init__(f"Surat kunci tidak sesuai tata tulis: {what}.")
        self.what = what


class TicketError(RefusalError):
    """A ticket that is not the text of PROTOCOL section 14, or not for this moment."""

    code = "ticket"

    def __init__(self, what: str) -> None:
        super().__init__(f"Tiket tidak dapat dipakai: {what}.")
        self.what = what


class FileTooLargeError(RefusalError):
    """A file that is larger than the office takes."""

    code = "file-too-large"

    def __init__(self, most: int) -> None:
        super().__init__(f"Berkas lebih besar dari {most} bita.")
        self.most = most


class FileTypeError(RefusalError):
    """A file whose bytes are neither a picture's nor a PDF's."""

    code = "file-type"

    def __init__(self) -> None:
        super().__init__("Berkas bukan gambar (JPEG, PNG, GIF, WebP) dan bukan PDF.")


class FileHashError(RefusalError):
    """A file that is not the one of its address."""

    code = "file-hash"

    def __init__(self, digest: str) -> None:
        super().__init__("Isi berkas bukan yang disebut alamatnya; kirim ulang.")
        self.digest = digest


class FileUnknownError(LedgerError):
    """The desa sent no such file."""

    code = "file-unknown"

    def __init__(self, kode_desa: str) -> None:
        super().__init__(f"Desa {kode_desa} belum mengirim berkas ini.")
        self.kode_desa = kode_desa


class CursorError(LedgerError):
    """A cursor that was given by nobody here."""

    code = "cursor"

    def __init__(self) -> None:
        super().__init__("Penanda `after` bukan dari jawaban sebelumnya; mulailah tanpa penanda.")


class KeyWaitingError(RefusalError):
    """The office was given this key and has not decided on it."""

    code = "key-waiting"

    def __init__(self, name: str) -> None:
        super().__init__(f"Kunci {name} sudah diterima kecamatan dan menunggu disetujui.")
        self.name = name


CODE_FAULTS = {
    "malformed": "bukan 16 huruf dan angka",
    "unknown": "salah",
    "expired": "sudah kedaluwarsa",
    "used": "sudah dipakai",
}


class EnrolCodeError(RefusalError):
    """A one-time code that does not let this key in; `reason` is of CODE_FAULTS."""

    code = "enrol-code"

    def __init__(self, reason: str) -> None:
        super().__init__(
            f"Kode pendaftaran {CODE_FAULTS[reason]}. Periksa ketikannya, atau minta kode baru di "
            "kecamatan.",
        )
        self.reason = reason

    @property
    def facts(self) -> dict[str, object]:
        """What is wrong with the code."""
        return {"reason": self.reason}


# --- acts of the office --------------------------------------------------------------------------


class RegistryError(LedgerError):
    """An act of the office that cannot be done as asked."""

    code = "registry"


class DesaExistsError(RegistryError):
    """The desa is registered already."""

    code = "desa-exists"

    def __init__(self, kode_desa: str) -> None:
        super().__init__(f"Desa {kode_desa} sudah terdaftar.")
        self.kode_desa = kode_desa


class KodeError(RegistryError):
    """A code that is none, or is outside the office's own area."""

    code = "kode"

    def __init__(self, kode: str, why: str) -> None:
        super().__init__(f"Kode {kode!r} tidak dapat dipakai: {why}.")
        self.kode = kode


class KeyExistsError(RegistryError):
    """The name, or the key itself, is registered already."""

    code = "key-exists"

    def __init__(self, name: str) -> None:
        super().__init__(f"Kunci {name} sudah terdaftar.")
        self.name = name


class KeyRefusedError(RegistryError):
    """A verifier key that cannot be registered for this desa."""

    code = "key-refused"

    def __init__(self, why: str) -> None:
        super().__init__(f"Kunci tidak dapat didaftarkan: {why}.")


class KeyMissingError(RegistryError):
    """The desa has no key, or none that waits, of this name."""

    code = "key-missing"

    def __init__(self, kode_desa: str, name: str) -> None:
        super().__init__(f"Desa {kode_desa} tidak memiliki kunci {name} untuk itu.")
        self.kode_desa = kode_desa
        self.name = name


class KeyEndedError(RegistryError):
    """The key has ended already, and does so once."""

    code = "key-ended"

    def __init__(self, name: str, end: int) -> None:
        super().__init__(f"Kunci {name} sudah tidak berlaku sejak kiriman ke-{end}.")
        self.name = name
        self.end = end


class KeySuspicionError(RegistryError):
    """A position from which a key cannot be suspected, or a key that nobody suspects."""

    code = "key-suspicion"

    def __init__(self, name: str, why: str) -> None:
        super().__init__(f"Kecurigaan terhadap kunci {name} tidak dapat dicatat: {why}.")
        self.name = name


class OfficeKeyError(RegistryError):
    """A key of the office's own that cannot be handed over as asked."""

    code = "office-key"

    def __init__(self, why: str) -> None:
        super().__init__(f"Kunci kantor tidak dapat diganti: {why}.")


class AccountExistsError(RegistryError):
    """An account of this name exists."""

    code = "account-exists"

    def __init__(self, username: str) -> None:
        super().__init__(f"Pengguna {username} sudah ada.")
        self.username = username


class AccountRefusedError(RegistryError):
    """An account that cannot be as asked: role, scope, name or password."""

    code = "account-refused"

    def __init__(self, why: str, field: str = "") -> None:
        super().__init__(f"Pengguna tidak dapat disimpan: {why}.")
        self.why = why
        self.field = field


class PasswordRefusedError(AccountRefusedError):
    """A password that is too short, or that everybody tries first."""

    code = "password-refused"


class AccountUnknownError(RegistryError):
    """No account of this name, or none that the administrator may see."""

    code = "account-unknown"

    def __init__(self, username: str) -> None:
        super().__init__(f"Pengguna {username} tidak ada.")
        self.username = username


class LastAdministratorError(RegistryError):
    """Nobody would be left who may say who logs in."""

    code = "last-administrator"

    def __init__(self) -> None:
        super().__init__("Ini administrator terakhir; angkat yang lain dahulu.")


class CodeRefusedError(LedgerError):
    """A code of a second factor that is not good now."""

    code = "totp-code"

    def __init__(self) -> None:
        super().__init__("Kode tidak cocok. Periksa jam telepon, lalu coba kode berikutnya.")


class LogInError(LedgerError):
    """Somebody is not let in."""

    code = "log-in"


class LogInRefusedError(LogInError):
    """No such name, or not its password or code: which of them is not told."""

    code = "log-in-refused"

    def __init__(self) -> None:
        super().__init__("Nama pengguna, kata sandi, atau kode salah.")


class LogInPausedError(LogInError):
    """Too many failures; what was sent was not looked at."""

    code = "log-in-paused"

    def __init__(self, seconds: float) -> None:
        self.seconds = max(1, round(seconds))
        super().__init__(f"Terlalu banyak percobaan; coba lagi dalam {self.seconds} detik.")


class LogInWebOnlyError(LogInError):
    """Name and password are not enough for this account; only the pages ask for more."""

    code = "log-in-web-only"

    def __init__(self) -> None:
        super().__init__("Akun ini masuk lewat halaman web saja.")


class OfficeMismatchError(RegistryError):
    """The database belongs to another office than the settings say."""

    code = "office-mismatch"

    def __init__(self, ours: str, settings: str) -> None:
        super().__init__(
            f"Basis data ini milik {ours}, tetapi pengaturan menyebut {settings}: "
            "periksa LEDGER_ORIGIN dan LEDGER_KODE.",
        )


class TokenRefusedError(LedgerError):
    """A bearer token that is none of ours, or no more."""

    code = "token"

    def __init__(self, why: str) -> None:
        super().__init__(f"Token {why}. Minta token baru kepada kecamatan.")
        self.why = why


class WitnessRefusedError(RegistryError):
    """A witness, or a log to witness, that cannot be registered as asked."""

    code = "witness-refused"

    def __init__(self, why: str) -> None:
        super().__init__(f"Tidak dapat didaftarkan: {why}.")


class WitnessUnknownError(RegistryError):
    """No witness and no witnessed log has this name."""

    code = "witness-unknown"

    def __init__(self, name: str) -> None:
        super().__init__(f"{name} bukan saksi kantor ini, bukan pula log yang disaksikannya.")
        self.name = name


class TokenUnknownError(RegistryError):
    """The desa has no token of this id."""

    code = "token-unknown"

    def __init__(self, kode_desa: str, id_: str) -> None:
        super().__init__(f"Desa {kode_desa} tidak memiliki token {id_}.")
        self.kode_desa = kode_desa
        self.id = id_


class WaitingGoneError(RegistryError):
    """The deletions that somebody decides on do not wait any more."""

    code = "waiting-gone"

    def __init__(self) -> None:
        super().__init__(
            "Penghapusan ini tidak menunggu lagi: sudah diputuskan, atau ada unggahan yang lebih "
            "baru. Periksa lagi daftarnya.",
        )


class ConversationUnknownError(LedgerError):
    """The desa has no conversation of this number."""

    code = "conversation-unknown"

    def __init__(self, number: int) -> None:
        super().__init__("Percakapan yang dibalas tidak ada pada desa ini.")
        self.number = number


class MessageRefusedError(LedgerError):
    """A message without a text or a title, or longer than messages are."""

    code = "message"

    def __init__(self, longest: int, longest_title: int) -> None:
        super().__init__(
            f"Pesan memerlukan isi (paling banyak {longest} huruf) dan judul "
            f"(paling banyak {longest_title} huruf).",
        )


class LetterRefusedError(LedgerError):
    """A decision on a letter that cannot be made as it was asked for."""

    code = "letter-refused"

    def __init__(self, why: str) -> None:
        super().__init__(f"Keputusan atas surat ini tidak dapat dicatat: {why}.")
        self.why = why


class LetterGoneError(LedgerError):
    """The letter that somebody decides on is not what the desa states any more."""

    code = "letter-gone"

    def __init__(self) -> None:
        super().__init__(
            "Surat ini sudah dikirim ulang atau ditarik desa sejak halamannya dibuka. Periksa "
            "lagi isinya sebelum memutuskan.",
        )


class FigureRefusedError(LedgerError):
    """A statement of the office's own figures that cannot be made as it was asked for."""

    code = "figure-refused"

    def __init__(self, why: str) -> None:
        super().__init__(f"Angka ini tidak dapat dicatat: {why}.")
        self.why = why


class FigureGoneError(LedgerError):
    """Somebody stated the same figures since whoever states them looked."""

    code = "figure-gone"

    def __init__(self) -> None:
        super().__init__(
            "Angka yang sama sudah dicatat orang lain sejak halamannya dibuka. Periksa lagi "
            "sebelum mencatatnya.",
        )


@dataclass(frozen=True)
class FigureFault:
    """What is wrong: in which row of a file (0: a form), in which column, and what stood there."""

    row: int
    column: str
    why: str
    text: str = ""


class FigureFileError(LedgerError):
    """A file of figures of which nothing was taken; `faults` says where it is wrong, and why."""

    code = "figure-file"

    def __init__(self, why: str, faults: tuple[FigureFault, ...] = ()) -> None:
        super().__init__(f"Berkas ditolak seluruhnya: {why}.")
        self.why = why
        self.faults = faults


class AlarmGoneError(LedgerError):
    """An alarm that is not there, or was settled by somebody else."""

    code = "alarm-gone"

    def __init__(self) -> None:
        super().__init__("Alarm ini sudah diselesaikan.")


class AlarmNoteError(LedgerError):
    """Whoever settles an alarm says how."""

    code = "alarm-note"

    def __init__(self, least: int, longest: int) -> None:
        super().__init__(
            f"Tuliskan bagaimana alarm ini diselesaikan, {least} sampai {longest} huruf.",
        )


class AccessRefusedError(LedgerError):
    """A viewer whose role never sees this data unmasked."""

    code = "access-refused"

    def __init__(self, kode_desa: str) -> None:
        super().__init__(f"Peran Anda tidak boleh membuka data terlindungi desa {kode_desa}.")
        self.kode_desa = kode_desa


class SearchPausedError(LedgerError):
    """Too many numbers were looked for that are nobody's; this one was not looked for."""

    code = "search-paused"

    def __init__(self, seconds: float) -> None:
        self.seconds = max(1, round(seconds))
        super().__init__(
            "Terlalu banyak nomor yang tidak ditemukan; "
            f"mencari nomor lagi dapat dalam {self.seconds} detik. Mencari nama tetap bisa."
        )


class AccessReasonError(LedgerError):
    """A reason for seeing unmasked data that will not do."""

    code = "access-reason"

    def __init__(self, why: str) -> None:
        super().__init__(f"Alasan membuka data tidak dapat diterima: {why}.")
        self.why = why


class AccessTooManyError(LedgerError):
    """A list that is too long to be opened at once."""

    code = "access-too-many"

    def __init__(self, most: int) -> None:
        super().__init__(
            f"Yang dibuka sekaligus paling banyak {most} catatan: persempit dahulu daftar ini, "
            "misalnya per dusun."
        )
        self.most = most


class NothingToRedactError(RegistryError):
    """The log says nothing of the record, or nothing any more."""

    code = "redaction-nothing"

    def __init__(self, kode_desa: str, entity: str, id_: str) -> None:
        super().__init__(
            f"Log desa {kode_desa} tidak (lagi) menyatakan apa pun tentang {entity} {id_}.",
        )
        self.kode_desa = kode_desa


class RedactionRefusedError(RegistryError):
    """A redaction that cannot be done as it was ordered."""

    code = "redaction-refused"

    def __init__(self, why: str) -> None:
        super().__init__(f"Penghapusan tidak dapat dilakukan: {why}.")


class KeyFileError(LedgerError):
    """A key file that is missing, unreadable, or readable by others."""

    code = "key-file"

    def __init__(self, why: str) -> None:
        super().__init__(f"Berkas kunci tidak dapat dipakai: {why}.")
