"""What a log says of one person: which statements are about them, and which mention them.

A statement is *about* a person when it says nothing of anybody else: the person's own record, an
event of theirs, their part in a programme, a letter for them. These can be redacted whole. Others
only *mention* them: a child's record names its parents, a message names whom it likes. To take
such a line is to take what it says of somebody else, so people decide.

A person is known by the record's id in that desa, and by the NIK and names that it ever stated.
[pure]
"""

import io
import re
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from html import escape
from json import dumps
from typing import Any, Final

from ledger.batch import Change
from ledger.opensid.errors import ExportError
from ledger.opensid.limits import ExportLimits
from ledger.opensid.members import open_zip, read_member

PENDUDUK: Final = "penduduk"
_NIK_DIGITS: Final = 16
_PERSON: Final = 1
"""`sasaran` of lists and programmes that are for single people."""
_NUMBERS: Final[Mapping[str, tuple[str, ...]]] = {
    PENDUDUK: ("nik",),
    "peserta_bantuan": ("peserta", "kartu_nik"),
    "surat": ("nik",),
    "aparatur": ("nik",),
}
"""The fields of a record that hold the NIK of whom it is about."""
_NAMES: Final[Mapping[str, str]] = {
    PENDUDUK: "nama",
    "peserta_bantuan": "kartu_nama",
    "aparatur": "nama",
}
_IDS: Final[Mapping[str, str]] = {
    "peristiwa": "id_pend",
    "peristiwa_keluarga": "id_pend",
    "peserta_bantuan": "kartu_id_pend",
    "anggota_lembaga": "id_penduduk",
    "suplemen_terdata": "id_terdata",
}
"""The field that holds the id of the person whom a record is about."""
_BY_NIK: Final = frozenset({"peserta_bantuan", "surat"})
_POINTERS: Final[Mapping[str, str]] = {
    "keluarga": "kepala_id",
    "rumah_tangga": "kepala_id",
    "lembaga": "ketua_id",
    "aparatur": "id_pend",
}
"""The field by which a record of others points to a person, or one that an office holds."""
_OWNERS: Final[Mapping[str, str]] = {
    "ayah_nama": "ayah_nik",
    "ibu_nama": "ibu_nik",
    "kartu_nama": "kartu_nik",
    "nama": "nik",
}
"""Which NIK belongs to which name: another NIK makes it another person of that name."""
_LIMITS: Final = ExportLimits(
    members=100_000,
    workbook=256 * 1024 * 1024,
    part=1024 * 1024 * 1024,
    directory=64 * 1024 * 1024,
)

Data = Mapping[str, Any]


@dataclass(frozen=True)
class Person:
    """Whom a redaction is for: the record, and what it ever stated of NIK and names.

    `families` are the ids of keluarga whose only member ever was this person.
    """

    entity: str
    id: str
    niks: frozenset[str] = frozenset()
    names: frozenset[str] = frozenset()
    families: frozenset[str] = field(default=frozenset())

    @classmethod
    def of(cls, entity: str, id_: str, statements: Iterable[Data]) -> "Person":
        """The person, from all statements of the record; a record of nobody has no names."""
        niks, names = set(), set()
        for data in statements:
            niks |= {
                str(data[it])
                for it in _NUMBERS.get(entity, ())
                if len(str(data.get(it) or "")) == _NIK_DIGITS
            }
            if name := _plain(data.get(_NAMES.get(entity, ""))):
                names.add(name)
        return cls(entity, id_, frozenset(niks), frozenset(names))

    def is_subject(self, change: Change) -> bool:
        """Whether a change is of the record itself."""
        return (change.entity, change.id) == (self.entity, self.id)

    def is_about(self, change: Change, data: Data) -> bool:
        """Whether a statement is about this person and nobody else."""
        if self.is_subject(change):
            return True
        if self.entity != PENDUDUK:
            return False
        if change.entity == "keluarga":
            return change.id in self.families
        if change.entity == "peristiwa_keluarga" and str(data.get("id_kk")) in self.families:
            return True
        if change.entity == "suplemen_terdata" and data.get("sasaran") not in {_PERSON, "1"}:
            return False
        pointer = _IDS.get(change.entity)
        if pointer is not None and str(data.get(pointer)) == self.id:
            return True
        return change.entity in _BY_NIK and any(
            str(data.get(it)) in self.niks for it in _NUMBERS[change.entity]
        )

    def mentions(self, change: Change, data: Data) -> tuple[str, ...]:
        """The members of a statement that name this person, or point to them."""
        found = []
        for name, text in _texts(data):
            if any(it in text for it in self.niks) or (
                self._names is not None
                and self._names.search(_plain(text))
                and not self._is_namesake(name, text, data)
            ):
                found.append(name)
        pointer = _POINTERS.get(change.entity)
        if self.entity == PENDUDUK and pointer and str(data.get(pointer)) == self.id:
            found.append(pointer)
        return tuple(dict.fromkeys(found))

    def _is_namesake(self, name: str, text: str, data: Data) -> bool:
        """Whether it is somebody else who is called the same, or called so in part."""
        if "nama" not in name.split("_"):
            return False
        if _plain(text) not in self.names:
            return True
        # Everybody's record has their own name; that it has another id says that it is another's.
        owner = str(data.get(_OWNERS.get(name, "")) or "")
        return name == "nama" or (owner != "" and owner not in self.niks)

    @cached_property
    def _names(self) -> re.Pattern[str] | None:
        if not self.names:
            return None
        return re.compile(rf"(?<!\w)(?:{'|'.join(map(re.escape, sorted(self.names)))})(?!\w)")

    def told_by(self, words: str) -> bool:
        """Whether a text names the person: by a NIK, or by a whole name."""
        plain = _plain(words)
        return any(it in plain for it in self.niks) or bool(
            self._names is not None and self._names.search(plain)
        )

    def is_in(self, data: bytes) -> bool | None:
        """Whether a file names the person, also packed; None when it cannot be looked through."""
        if data.startswith(b"PK\x03\x04"):
            return self._is_packed_in(data)
        return self._bytes is not None and self._bytes.search(data) is not None

    def _is_packed_in(self, data: bytes) -> bool | None:
        unread = False
        try:
            with open_zip(io.BytesIO(data), _LIMITS) as archive:
                for member in archive.namelist():
                    found = self.is_in(b"".join(read_member(archive, member, _LIMITS.part)))
                    if found:
                        return True
                    unread = unread or found is None
        except (ExportError, zipfile.BadZipFile, RecursionError):
            return None
        return None if unread else False

    @cached_property
    def _bytes(self) -> re.Pattern[bytes] | None:
        """NIK anywhere, a name as a whole cell, however tables and documents spell it."""
        spelled = {
            form.encode()
            for name in self.names
            for form in (name, escape(name), escape(name, quote=False), dumps(name)[1:-1])
        }
        names = [rb"(?<![\w ])" + re.escape(it) + rb"(?![\w ])" for it in sorted(spelled)]
        words = [*(it.encode() for it in sorted(self.niks)), *names]
        return re.compile(b"|".join(words), re.IGNORECASE) if words else None


def _plain(value: object) -> str:
    """A text as it is compared: upper case, single spaces."""
    return " ".join(value.upper().split()) if isinstance(value, str) else ""


def _texts(value: object, name: str = "") -> Iterator[tuple[str, str]]:
    """All texts and numbers of a statement, each with the name of its member."""
    if isinstance(value, Mapping):
        for key, it in value.items():
            yield from _texts(it, name or str(key))
    elif isinstance(value, list):
        for it in value:
            yield from _texts(it, name)
    elif isinstance(value, str | int) and not isinstance(value, bool):
        yield name, str(value)
