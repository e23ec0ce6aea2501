"""Ed25519 keys: names, ids, fingerprints, signing, verifying.

A public key travels as a C2SP *vkey*, `<name>+<id>+<base64>`; people compare its fingerprint.
Keys and signatures of low order are refused: OpenSSL and libsodium disagree about them, and for
such a key anybody can make a signature that verifies (PROTOCOL section 3). [pure]; when a key is
valid is decided by `admission`, where it is kept by `registry` and `keyring`.

Source: RFC 8032 (pure Ed25519), c2sp.org/signed-note@v1; the 14 encodings are those of
github.com/C2SP/CCTV/ed25519.
"""

import hashlib
import re
from dataclasses import dataclass
from functools import cached_property
from typing import ClassVar, Self

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from ledger.errors import NoteError
from ledger.note import Note, Signature, from_base64, to_base64

ED25519 = b"\x01"
"""The signature type of a note's Ed25519 key (signed-note, section Signature types)."""
PUBLIC_SIZE = SEED_SIZE = 32
# No spaces, no plus; and nothing that a note cannot carry.
_NAME = re.compile("[^\\s+\x00-\x1f\ud800-\udfff]+")
_PRIME = 2**255 - 19
_SIGN_BIT = 1 << 255


def _low_order_encodings() -> frozenset[bytes]:
    """Every 32-byte string that decodes to a point of order 1, 2, 4 or 8, canonical or not."""
    # y of the points of order 8; y = 0 has order 4, y = 1 order 1, y = -1 order 2. A value of
    # p or p + 1 is a second spelling of 0 or 1 that some libraries read.
    order_8 = 0x05FC536D880238B13933C6D305ACDFD5F098EFF289F4C345B027B2C28F95E826
    values = (0, 1, _PRIME - 1, _PRIME, _PRIME + 1, order_8, _PRIME - order_8)
    return frozenset(
        (value | sign).to_bytes(32, "little") for value in values for sign in (0, _SIGN_BIT)
    )


LOW_ORDER = _low_order_encodings()


@dataclass(frozen=True)
class VerifierKey:
    """A public key and the name it signs under."""

    kind: ClassVar[bytes] = ED25519

    name: str
    public: bytes

    def __post_init__(self) -> None:
        if not _NAME.fullmatch(self.name):
            raise NoteError("nama kunci tidak sesuai")
        if len(self.public) != PUBLIC_SIZE:
            raise NoteError(f"kunci publik tidak sepanjang {PUBLIC_SIZE} bita")

    @cached_property
    def key_id(self) -> bytes:
        """Four bytes that tell keys of one name apart."""
        return hashlib.sha256(self.name.encode() + b"\n" + self.kind + self.public).digest()[:4]

    @property
    def weak(self) -> bool:
        """Whether the key is of low order, so that it proves nothing."""
        return self.public in LOW_ORDER

    @property
    def fingerprint(self) -> str:
        """What two people read to each other: eight groups of four hexadecimal digits."""
        digest = hashlib.sha256(self.public).hexdigest()
        return " ".join(digest[start : start + 4] for start in range(0, 32, 4))

    def to_vkey(self) -> str:
        """The key as `<name>+<id in hex>+<base64 of type and key>`."""
        return f"{self.name}+{self.key_id.hex()}+{to_base64(self.kind + self.public)}"

    @classmethod
    def from_vkey(cls, text: str) -> Self:
        """Read a vkey, or raise NoteError."""
        parts = text.split("+", 2)
        if len(parts) != 3:  # noqa: PLR2004  # name, id, key
            raise NoteError("bukan vkey")
        name, key_id, encoded = parts
        data = from_base64(encoded)
        if data[:1] != cls.kind:
            raise NoteError("kunci bukan dari jenis yang diharapkan")
        key = cls(name, data[1:])
        if key_id != key.key_id.hex():
            raise NoteError("sidik vkey tidak cocok dengan kuncinya")
        return key

    def verifies(self, message: bytes, signature: bytes) -> bool:
        """Whether `signature` (64 bytes) is this key's over `message`."""
        if self.weak or signature[:32] in LOW_ORDER:
            return False
        try:
            Ed25519PublicKey.from_public_bytes(self.public).verify(signature, message)
        except (InvalidSignature, ValueError):
            return False
        return True

    def claimed(self, note: Note) -> list[Signature]:
        """The signature lines that name this key, whether they are right or not."""
        return [it for it in note.signatures if (it.name, it.key_id) == (self.name, self.key_id)]

    def signed(self, note: Note) -> bool:
        """Whether the note carries a signature of this key, and none of its name that is wrong."""
        claimed = self.claimed(note)
        return bool(claimed) and all(self.accepts(note.text, it.value) for it in claimed)

    def accepts(self, text: str, value: bytes) -> bool:
        """Whether the value of a signature line is right for this text."""
        return self.verifies(text.encode(), value)


@dataclass(frozen=True)
class SigningKey:
    """A private key and the name it signs under."""

    name: str
    seed: bytes

    def __repr__(self) -> str:
        return f"SigningKey({self.name!r}, seed=…)"

    @cached_property
    def _private(self) -> Ed25519PrivateKey:
        return Ed25519PrivateKey.from_private_bytes(self.seed)

    @cached_property
    def verifier(self) -> VerifierKey:
        """The public half, under the same name."""
        return VerifierKey(self.name, self.public)

    @property
    def public(self) -> bytes:
        """The public half, 32 bytes."""
        return self._private.public_key().public_bytes_raw()

    def sign(self, text: str) -> Note:
        """The text (which ends with a newline) as a note signed by this key."""
        value = self.sign_bytes(text.encode())
        return Note(text, (Signature(self.name, self.verifier.key_id, value),))

    def sign_bytes(self, message: bytes) -> bytes:
        """The bare signature, 64 bytes; what is signed must begin as no other text here does."""
        return self._private.sign(message)
