"""What a verification finds: faults with their place, remarks, and where each log stands.

A fault is something that cannot be in a bundle of an honest office. A remark is what the auditor
should know and that is none: batches that no witness has seen yet, a key that only the office
vouches for. Codes are kebab-case and for ever (PROTOCOL section 12). [pure]
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Final

SENTENCES: Final[Mapping[str, str]] = MappingProxyType(
    {
        # the file
        "container": "Berkas tidak dapat dibaca sebagai ZIP: {why}.",
        "declaration": "bundle.json tidak sesuai: {why}.",
        "member": "Berkas {why} tidak semestinya ada di dalamnya.",
        "member-twice": "Berkas {why} ada lebih dari satu kali.",
        "member-unreadable": "Isinya rusak atau terpotong: {why}.",
        "batch-missing": "Kiriman ini hilang{why}.",
        "log-missing": "Log desa ini terdaftar di kecamatan tetapi tidak ada dalam berkas.",
        # checkpoints
        "checkpoint": "Checkpoint tidak ada atau tidak dapat dibaca: {why}.",
        "checkpoint-key": "Checkpoint tidak ditandatangani oleh kunci yang dipercaya auditor.",
        "quorum": "Tidak ada checkpoint log ini yang disaksikan sebagaimana kebijakan auditor.",
        "size": "Checkpoint menyebut {expected} kiriman, berkas menyebut {found}.",
        "root": "Akar yang dihitung dari semua kiriman bukan akar yang ditandatangani{why}.",
        # batches
        "manifest-grammar": "Manifes rusak: {why}.",
        "wrong-log": "Kiriman ini milik log lain.",
        "key-unknown": "Kunci {why} tidak pernah didaftarkan.",
        "key-foreign": "Kunci {why} milik desa lain.",
        "key-weak": "Kunci {why} lemah (low order).",
        "key-not-valid": "Kunci {why} tidak berlaku pada posisi ini.",
        "signature": "Tanda tangan tidak sah untuk kunci {why}.",
        "gap": "Rantai {why} meloncat: seharusnya nomor {expected}, ternyata {found}.",
        "fork": "Rantai {why} bercabang: nomor {found} tidak menyambung.",
        "history": "Pengirim menandatangani riwayat lain: akar log berukuran {found} berbeda.",
        "batch-too-large": "Manifes menyebut {expected} baris; tidak ada kantor yang menerimanya.",
        "count-mismatch": "Manifes menyebut {expected} baris, isinya {found}.",
        "bytes-mismatch": "Manifes menyebut {expected} bita, isinya {found}.",
        "root-mismatch": "Isi kiriman bukan yang ditandatangani.",
        "line-hash": "Hash pengganti baris tidak ditulis sebagaimana mestinya.",
        "line-whole": "Baris ini utuh, padahal berkas menyatakan hanya hash.",
        "line-too-long": "Baris lebih panjang dari yang diterima kantor mana pun.",
        "line-utf8": "Baris bukan UTF-8.",
        "line-json": "Baris bukan JSON.",
        "line-deep": "Baris bersarang terlalu dalam.",
        "line-duplicate-member": "Baris memuat anggota yang sama dua kali.",
        "line-salt": "Baris tidak diawali garam.",
        "line-members": "Anggota baris tidak sesuai.",
        "redaction-unnamed": "Baris ini tinggal hash tanpa catatan penghapusan di log kantor.",
        "redaction-hash": "Hash baris bukan yang dicatat penghapusan di log kantor.",
        "redaction-place": "Log kantor mencatat penghapusan baris yang tidak ada.",
        "redaction-undone": "Baris ini utuh, padahal log kantor mencatat penghapusannya.",
        "proof": "Bukti tempat kiriman dalam log tidak sah: {why}.",
        # the office's acts
        "founding": "Log kantor tidak dimulai dengan pendirian kantor ini: {why}.",
        "act": "Catatan kantor tidak dapat dipakai: {why}.",
        "office-key": "Pergantian kunci kantor tidak terbukti: {why}.",
        "key-changed": "Kunci {why} dicatat ulang dengan isi lain.",
        "key-backdated": "Kunci {why} dicatat untuk kiriman yang saat itu sudah ada.",
        "key-note": "Bukti pendaftaran kunci {why} tidak sah.",
        "fingerprint": "Kunci pertama {why} bukan yang dipegang auditor.",
        "anchor": "Log kantor mencatat {expected} kiriman dengan akar lain, atau tidak ada lagi.",
        # what the auditor brought
        "older-checkpoint": "Checkpoint lama ({why}) bukan awal dari log ini.",
        "receipt": "Tanda terima ({why}) tidak cocok dengan log ini.",
        "unreadable": "Berkas bukti ({why}) bukan checkpoint atau tanda terima.",
    }
)
"""What is said of each code of a fault; `why`, `expected` and `found` are filled in."""

MOST_FAULTS: Final = 100_000
"""Beyond these they are counted, not kept: a file of garbage must not fill the memory."""


@dataclass(frozen=True)
class Fault:
    """Something wrong, and where: the log (kode), the batch's position, the line; from 1.

    Without a log it is about the file as a whole.
    """

    code: str
    message: str
    log: str | None = None
    position: int | None = None
    line: int | None = None

    @property
    def place(self) -> str:
        """Where, in words."""
        parts = [self.log or "berkas"]
        parts += [f"kiriman {self.position}"] if self.position is not None else []
        parts += [f"baris {self.line}"] if self.line is not None else []
        return ", ".join(parts)

    def to_json(self) -> dict[str, object]:
        """As programs read it."""
        return {
            "code": self.code,
            "log": self.log,
            "position": self.position,
            "line": self.line,
            "message": self.message,
        }


@dataclass
class LogReport:
    """Where a log stands in a bundle.

    Attributes:
        size, root: what its checkpoint says; the root in hexadecimal.
        batches, changes: how many are in the bundle.
        hidden: lines of which only the hash is there, redacted ones among them.
        redacted: lines that an act of the office names as redacted.
        witnessed: how many batches the newest checkpoint with a quorum covers; None when the
            policy asks for none.
        disputed: batches that a suspected key signed and that the desa has not confirmed.
        keys: the names of the keys that signed, and whether the policy knows them itself.
    """

    kode: str
    size: int = 0
    root: str = ""
    batches: int = 0
    changes: int = 0
    hidden: int = 0
    redacted: int = 0
    witnessed: int | None = None
    disputed: list[int] = field(default_factory=list)
    keys: dict[str, bool] = field(default_factory=dict)


@dataclass
class Report:
    """All that a verification found."""

    faults: list[Fault] = field(default_factory=list)
    more_faults: int = 0
    remarks: list[str] = field(default_factory=list)
    logs: list[LogReport] = field(default_factory=list)
    declared: dict[str, Any] = field(default_factory=dict)

    @property
    def sound(self) -> bool:
        """Whether nothing is wrong."""
        return not self.faults

    def fault(
        self,
        code: str,
        log: str | None = None,
        position: int | None = None,
        line: int | None = None,
        **facts: object,
    ) -> None:
        """Note a fault; its sentence is of its code."""
        if len(self.faults) == MOST_FAULTS:
            self.more_faults += 1
            return
        message = SENTENCES[code].format(**facts)
        self.faults.append(Fault(code, message, log, position, line))

    def to_json(self) -> dict[str, Any]:
        """As programs read it."""
        return {
            "sound": self.sound,
            "faults": [it.to_json() for it in self.faults],
            "more_faults": self.more_faults,
            "remarks": self.remarks,
            "logs": [vars(it) for it in self.logs],
            "bundle": self.declared,
        }
