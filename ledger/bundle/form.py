"""The form of a bundle: the names of its members, and `bundle.json` (PROTOCOL section 12).

    bundle.json                     what the bundle says of itself
    53.06.14/checkpoint             the office's own log …
    53.06.14/witnessed              … an older checkpoint of it, when only that is cosigned
    53.06.14/000001.batch           … as on a USB stick
    53.06.14.2001/checkpoint        a desa's log
    53.06.14.2001/000042.batch
    53.06.14.2001/000042.proof      in a bundle of one record: where that batch stands

Nothing that a bundle says of itself is believed: it says what to look for. [pure]
"""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from itertools import pairwise
from typing import Final, Literal

import msgspec

from ledger.admission import has_duplicate_member
from ledger.errors import BundleError

FORMAT: Final = "opendk-ledger/bundle/v1"
DECLARATION: Final = "bundle.json"
LARGEST_DECLARATION: Final = 4 * 1024 * 1024
_KODE = re.compile(r"[0-9]{2}(\.[0-9]{2}){0,2}(\.[0-9]{4})?")
_BATCH = re.compile(r"(?P<kode>[0-9.]+)/(?P<position>[0-9]{6,19})\.(?P<kind>batch|proof)")

TRUST_ACTS: Final = frozenset(
    {"kantor", "registrasi_desa", "kunci_desa", "redaksi", "checkpoint", "akses"}
)
"""Acts that verification rests on; none of them holds personal data of the desa's people."""


class RecordName(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which record a bundle is about."""

    entity: str
    id: str


class DeclaredLog(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """A log of the bundle: how long it is, and which batches are here when not all are."""

    kode: str
    size: int
    positions: tuple[int, ...] | None = None


class Declaration(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """`bundle.json`.

    Attributes:
        format: FORMAT.
        origin: the office's name in its logs.
        office: the kecamatan's code, whose log is the office's own.
        made_at: when it was made, by the office's clock; a claim only.
        lines: whether the desa's change lines are whole, or their hashes only.
        acts: whether the office's acts are all whole, or only those that trust rests on.
        logs: the office's own first.
        record: what the bundle is about, when only about one record.
    """

    format: str
    origin: str
    office: str
    made_at: str
    lines: Literal["whole", "hashed"]
    acts: Literal["whole", "trust"]
    logs: tuple[DeclaredLog, ...]
    record: RecordName | None = None

    def to_bytes(self) -> bytes:
        """As it stands in the bundle."""
        return msgspec.json.format(msgspec.json.encode(self), indent=1) + b"\n"

    @classmethod
    def from_bytes(cls, data: bytes) -> "Declaration":
        """Read it, or raise BundleError."""
        try:
            found = msgspec.json.decode(data, type=cls)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
            raise BundleError("bukan JSON dari bentuk ini") from None
        if has_duplicate_member(data):
            raise BundleError("memuat anggota yang sama dua kali")
        codes = [it.kode for it in found.logs]
        if found.format != FORMAT:
            raise BundleError(f"bentuknya bukan {FORMAT}")
        if len(set(codes)) < len(codes) or not all(map(_KODE.fullmatch, codes)):
            raise BundleError("daftar log tidak sesuai")
        if not codes or codes[0] != found.office:
            raise BundleError("log kantor tidak disebut pertama")
        if any(it.size < 0 for it in found.logs):
            raise BundleError("ukuran log negatif")
        partial = [it.kode for it in found.logs if it.positions is not None]
        if found.record is None and partial:
            raise BundleError("log sebagian tanpa catatan yang dicari")
        if found.record is not None and (len(codes) != 2 or partial != codes[1:]):  # noqa: PLR2004  # office and desa
            raise BundleError("berkas satu catatan memuat tepat satu log desa, sebagian")
        for it in found.logs:
            if it.positions is not None:
                _check_positions(it.positions, it.size)
        return found


def _check_positions(positions: tuple[int, ...], size: int) -> None:
    if not positions:
        # Whoever leaves all of a record out would else have a sound bundle.
        raise BundleError("tidak memuat satu kiriman pun tentang catatannya")
    rising = all(a < b for a, b in pairwise(positions))
    if not rising or not 1 <= positions[0] <= positions[-1] <= size:
        raise BundleError("posisi kiriman tidak sesuai")


def moment(at: datetime) -> str:
    """A time as `made_at` has it."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def checkpoint_name(kode: str) -> str:
    """The member that holds a log's checkpoint."""
    return f"{kode}/checkpoint"


def witnessed_name(office: str) -> str:
    """The member that holds the newest checkpoint of the office's log that witnesses cosigned."""
    return f"{office}/witnessed"


def batch_name(kode: str, position: int) -> str:
    """The member that holds a batch."""
    return f"{kode}/{position:06d}.batch"


def proof_name(kode: str, position: int) -> str:
    """The member that holds the proof of a batch's place."""
    return f"{kode}/{position:06d}.proof"


def expected_members(declared: Declaration) -> Mapping[str, DeclaredLog | None]:
    """Every member that a bundle of this declaration may have, in order."""
    names: dict[str, DeclaredLog | None] = {
        DECLARATION: None,
        witnessed_name(declared.office): None,
    }
    for log in declared.logs:
        names[checkpoint_name(log.kode)] = log
        if log.positions is None:
            # Not spelled out: a declared size is anybody's number.
            continue
        for position in log.positions:
            names[batch_name(log.kode, position)] = log
            names[proof_name(log.kode, position)] = log
    return names


def batch_position(name: str) -> tuple[str, int] | None:
    """Which batch a member's name says it is, in the one spelling; None when it is none."""
    found = _BATCH.fullmatch(name)
    if not found or found["kind"] != "batch":
        return None
    kode, position = found["kode"], int(found["position"])
    return (kode, position) if batch_name(kode, position) == name else None
