"""One-time codes: how the office knows that a key comes from the desa it was meant for.

    7KQ2-M4XN-0TCB-V9EH

Sixteen characters of Crockford's base 32, which has no I, L, O or U: read aloud over a bad line,
copied from paper, typed in either case, it is the same code. 80 bits are beyond guessing even for
somebody who has a note and all the time until the code expires; a shorter code would need to be
hashed slowly, and would be none against whoever reads the line. The code itself never travels: an
enrol note carries what only its holder can make of it and of the key that is enrolled, so that
nobody on the way can put another key in. [pure]

Source: Crockford, base 32 encoding; RFC 2104 (HMAC).
"""

import hmac
import secrets
from hashlib import sha256
from typing import Final

from ledger.errors import EnrolCodeError
from ledger.keys import VerifierKey

ALPHABET: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
LENGTH: Final = 16
_GROUP: Final = 4
_READ_AS: Final = str.maketrans({"O": "0", "I": "1", "L": "1", "-": "", " ": ""})


def new_code() -> str:
    """A fresh code: 80 random bits in four groups of four."""
    characters = "".join(secrets.choice(ALPHABET) for _ in range(LENGTH))
    return "-".join(characters[at : at + _GROUP] for at in range(0, LENGTH, _GROUP))


def code_hash(code: str) -> bytes:
    """What the office keeps of a code: SHA-256 of its sixteen characters.

    Raises:
        EnrolCodeError: not a code, however it is read.
    """
    characters = code.upper().translate(_READ_AS)
    if len(characters) != LENGTH or not set(characters) <= set(ALPHABET):
        raise EnrolCodeError("malformed")
    return sha256(characters.encode()).digest()


def code_proof(hash_: bytes, key: VerifierKey) -> bytes:
    """What an enrol note says of its code: HMAC-SHA256 of the vkey, keyed with the code's hash."""
    return hmac.digest(hash_, key.to_vkey().encode(), "sha256")


def proves(proof: bytes, hash_: bytes, key: VerifierKey) -> bool:
    """Whether a note's `code` was made of this code for this key."""
    return hmac.compare_digest(proof, code_proof(hash_, key))
