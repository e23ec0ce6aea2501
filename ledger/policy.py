"""Whom an auditor trusts: a C2SP policy, read strictly and held against checkpoints.

    log kecamatan-contoh.go.id/53.06.14+8484d8a7+AV…
    witness kabupaten kabupaten-contoh.go.id/saksi+2f0a…+BM…
    witness tetangga  kecamatan-lain.go.id/saksi+91c4…+BK…
    group saksi any kabupaten tetangga
    quorum saksi

A checkpoint counts when one of the logs signed it under its own name, and the witnesses who
cosigned it are a quorum. People write the file, so spaces, comments and the order are theirs;
what it means is read in one way only, and `to_text` writes the one spelling. The policy never
comes from the server that it is held against. [pure]

Source: c2sp.org/tlog-policy. Keys are Ed25519 (types 0x01 and 0x04); a file that names another
kind is refused rather than read in part.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from ledger.checkpoint import Checkpoint, CosignerKey
from ledger.errors import NoteError, ProofError
from ledger.keys import VerifierKey
from ledger.note import Note

NO_QUORUM = "none"
"""The predefined name: no cosignature is asked for."""
_MAX_BYTES = 1 << 20
_BLANKS = re.compile("[ \t]+")
_FORBIDDEN = re.compile(rb"[\x00-\x08\x0b-\x1f\x7f]")
_THRESHOLD = re.compile("[1-9][0-9]{0,5}")


@dataclass(frozen=True)
class KnownLog:
    """A log whose checkpoints are taken; `key` bears the log's name."""

    key: VerifierKey
    url: str | None = None


@dataclass(frozen=True)
class KnownWitness:
    """A witness, under the name that it has in this policy."""

    name: str
    key: CosignerKey
    url: str | None = None


@dataclass(frozen=True)
class Group:
    """Witnesses, or groups of them, of which `least` must have cosigned."""

    name: str
    least: int
    members: tuple[str, ...]


@dataclass(frozen=True)
class Witnessed:
    """A checkpoint that a policy takes: who signed it, and which witnesses when.

    `cosigned` is by the witness' name in the policy, in seconds since 1970.
    """

    checkpoint: Checkpoint
    log: VerifierKey
    cosigned: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Policy:
    """What a policy file says; `groups` in an order in which each names only earlier ones."""

    logs: tuple[KnownLog, ...]
    witnesses: tuple[KnownWitness, ...]
    groups: tuple[Group, ...]
    quorum: str

    @classmethod
    def from_bytes(cls, data: bytes) -> "Policy":
        """Read a policy file, or raise NoteError that names the line."""
        if len(data) > _MAX_BYTES:
            raise NoteError("kebijakan terlalu besar")
        if _FORBIDDEN.search(data):
            raise NoteError("kebijakan memuat karakter kendali")
        # Octets beyond ASCII are opaque: what is no UTF-8 survives as what it is.
        *lines, end = data.decode(errors="surrogateescape").split("\n")
        if end:
            raise NoteError("kebijakan tidak berakhir dengan baris baru")
        reader = _Reader()
        for number, line in enumerate(lines, 1):
            words = _BLANKS.split(line.strip(" \t"))
            if words == [""] or words[0].startswith("#"):
                continue
            try:
                reader.read(words)
            except NoteError as error:
                raise NoteError(f"kebijakan baris {number}: {error}") from None
        return reader.policy()

    def to_bytes(self) -> bytes:
        """The policy in one spelling; `from_bytes` gives the same policy back."""
        lines = [_words("log", it.key.to_vkey(), it.url) for it in self.logs]
        lines += [_words("witness", it.name, it.key.to_vkey(), it.url) for it in self.witnesses]
        lines += [_words("group", it.name, str(it.least), *it.members) for it in self.groups]
        lines.append(_words("quorum", self.quorum))
        return "".join(lines).encode(errors="surrogateescape")

    def opened(self, note: Note, log: VerifierKey | None = None) -> Witnessed:
        """The checkpoint in a note, if this policy takes it.

        `log` is the key of a log that is known from elsewhere, such as from the office's own log;
        without it, the policy must name the log.

        Raises:
            NoteError: not a checkpoint.
            ProofError: of an unknown log, a signature of a known key is wrong, or no quorum.
        """
        checkpoint = Checkpoint.from_text(note.text)
        keys = [log] if log else [it.key for it in self.logs]
        signer = _signer(note, [it for it in keys if it.name == checkpoint.origin], checkpoint)
        cosigned = dict(self._cosigned(note))
        if not self._reached(set(cosigned)):
            told = ", ".join(sorted(cosigned)) or "tidak ada"
            raise ProofError(f"saksi belum cukup untuk {self.quorum} (yang menyaksikan: {told})")
        return Witnessed(checkpoint, signer, cosigned)

    def _cosigned(self, note: Note) -> Iterator[tuple[str, int]]:
        for witness in self.witnesses:
            if not witness.key.claimed(note):
                continue
            at = witness.key.cosigned_at(note)
            if at is None:
                # A note with a known key's signature that is wrong is no note (signed-note).
                raise ProofError(f"tanda tangan saksi {witness.name} tidak sah")
            yield witness.name, at

    def _reached(self, names: set[str]) -> bool:
        for group in self.groups:
            if len(names.intersection(group.members)) >= group.least:
                names.add(group.name)
        return self.quorum == NO_QUORUM or self.quorum in names


def _signer(note: Note, keys: Sequence[VerifierKey], checkpoint: Checkpoint) -> VerifierKey:
    claimed = [key for key in keys if key.claimed(note)]
    if not claimed:
        raise ProofError(f"checkpoint {checkpoint.origin} tidak ditandatangani log yang dikenal")
    if not all(key.signed(note) for key in claimed):
        raise ProofError("tanda tangan checkpoint tidak sah")
    return claimed[0]


def _words(*words: str | None) -> str:
    return " ".join(it for it in words if it is not None) + "\n"


class _Reader:
    """A policy file while it is read, line by line."""

    def __init__(self) -> None:
        self._logs: list[KnownLog] = []
        self._witnesses: list[KnownWitness] = []
        self._groups: list[Group] = []
        self._quorum: str | None = None
        self._defined: set[str] = set()
        self._members: set[str] = set()

    def read(self, words: list[str]) -> None:
        """Take one line."""
        match words:
            case ["log", vkey, *url] if len(url) <= 1:
                self._log(KnownLog(VerifierKey.from_vkey(vkey), *url))
            case ["witness", name, vkey, *url] if len(url) <= 1:
                self._witness(KnownWitness(name, CosignerKey.from_vkey(vkey), *url))
            case ["group", name, least, *members] if members:
                self._group(name, least, tuple(members))
            case ["quorum", name]:
                if self._quorum is not None:
                    raise NoteError("quorum kedua")
                if name != NO_QUORUM and name not in self._defined:
                    raise NoteError(f"{name!r} belum ditentukan")
                self._quorum = name
            case _:
                raise NoteError("baris tidak dikenal")

    def policy(self) -> Policy:
        """What was read; a policy must say what its quorum is."""
        if self._quorum is None:
            raise NoteError("kebijakan tanpa baris quorum")
        return Policy(tuple(self._logs), tuple(self._witnesses), tuple(self._groups), self._quorum)

    def _log(self, log: KnownLog) -> None:
        if log.key.public in {it.key.public for it in self._logs}:
            raise NoteError("kunci log ini sudah disebut")
        self._logs.append(log)

    def _witness(self, witness: KnownWitness) -> None:
        if witness.key.public in {it.key.public for it in self._witnesses}:
            raise NoteError("kunci saksi ini sudah disebut")
        self._define(witness.name)
        self._witnesses.append(witness)

    def _group(self, name: str, least: str, members: tuple[str, ...]) -> None:
        for member in members:
            if member not in self._defined:
                raise NoteError(f"{member!r} belum ditentukan")
            # Each name counts in one place only, or one witness could make a quorum alone.
            if member in self._members:
                raise NoteError(f"{member!r} sudah menjadi anggota")
            self._members.add(member)
        self._define(name)
        self._groups.append(Group(name, _threshold(least, len(members)), members))

    def _define(self, name: str) -> None:
        if name in self._defined or name == NO_QUORUM:
            raise NoteError(f"nama {name!r} sudah dipakai")
        self._defined.add(name)


def _threshold(least: str, members: int) -> int:
    if least in ("any", "all"):
        return 1 if least == "any" else members
    if not _THRESHOLD.fullmatch(least) or int(least) > members:
        raise NoteError("jumlah anggota yang diminta tidak sesuai")
    return int(least)
