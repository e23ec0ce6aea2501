"""The people, families and places of one village, and what the desa states of each.

A family knows its head, and kinship to the head is computed, never told: when the head changes,
everyone's `kk_level` follows. What happens to people is `life`'s part; what of it has still to be
sent is `register`'s. [pure]
"""

from dataclasses import dataclass, field, fields
from datetime import date, datetime
from typing import Any, ClassVar, Final

from cli.demo.names import LAKI_LAKI

KEPALA, SUAMI, ISTRI, ANAK, MENANTU, CUCU, ORANGTUA, MERTUA, FAMILI = range(1, 10)
BELUM_KAWIN, KAWIN, CERAI_HIDUP, CERAI_MATI = range(1, 5)
HIDUP, TIDAK_VALID = 1, 9
TETAP, TIDAK_TETAP = 1, 2
WNI, WNA = 1, 2
YEAR: Final = 365.25
"""Days."""


@dataclass(eq=False)
class Wilayah:
    """A dusun (rw and rt "0"), an RW (rt "0") or an RT, where people live."""

    entity: ClassVar[str] = "wilayah"
    id: int
    dusun: str
    rw: str = "0"
    rt: str = "0"
    kepala: "Person | None" = None

    def holds(self, place: "Wilayah") -> bool:
        """Whether a place is this one or within it."""
        return (
            self.dusun == place.dusun and self.rw in {"0", place.rw} and self.rt in {"0", place.rt}
        )

    @property
    def alamat(self) -> str:
        """As it is written on letters."""
        return f"DUSUN {self.dusun} RT {self.rt} RW {self.rw}"

    def data(self) -> dict[str, Any]:
        """The record as it is sent."""
        return {
            "id": self.id,
            "dusun": self.dusun,
            "rw": self.rw,
            "rt": self.rt,
            "id_kepala": self.kepala.id if self.kepala else None,
        }


@dataclass(eq=False)
class Family:
    """A family (KK). `members` live in it now; `head` stays the last one when all are gone."""

    entity: ClassVar[str] = "keluarga"
    id: int
    no_kk: str
    wilayah: Wilayah
    tgl_daftar: date
    kelas_sosial: int | None = None
    members: list["Person"] = field(default_factory=list)
    head: "Person" = field(init=False)

    def lead_by(self, head: "Person") -> None:
        """Set the head, and what everyone is to them."""
        self.head = head
        for member in self.members:
            member.kk_level = kinship(head, member)

    def data(self) -> dict[str, Any]:
        """The record as it is sent."""
        return {
            "id": self.id,
            "no_kk": self.no_kk,
            "kepala_id": self.head.id,
            "tgl_daftar": self.tgl_daftar.isoformat(),
            "tgl_cetak_kk": self.tgl_daftar.isoformat(),
            "kelas_sosial": self.kelas_sosial,
            "alamat": self.wilayah.alamat,
            "id_cluster": self.wilayah.id,
        }


@dataclass(eq=False, kw_only=True)
class Person:
    """Someone in the register, alive there or not. Fields are named as they are sent.

    `ambition` is the last school that the person will finish, a code of pendidikan_kk; `since` is
    the day before which nothing more can have happened to them here.
    """

    entity: ClassVar[str] = "penduduk"
    id: int
    nik: str | None
    nama: str
    clan: str
    sex: int
    born: date
    since: date
    agama_id: int
    family: Family
    father: "Person | None" = None
    mother: "Person | None" = None
    spouse: "Person | None" = None
    children: list["Person"] = field(default_factory=list)
    ambition: int = 1

    kk_level: int = FAMILI
    tempat_lahir: str | None = None
    pendidikan_kk_id: int = 1
    pendidikan_sedang_id: int = 1
    pekerjaan_id: int = 1
    status_kawin: int = BELUM_KAWIN
    warganegara_id: int = WNI
    negara_asal: str | None = None
    dokumen_paspor: str | None = None
    tanggal_akhir_paspor: date | None = None
    dokumen_kitas: str | None = None
    ayah_nama: str = ""
    ibu_nama: str = ""
    golongan_darah_id: int = 13
    cacat_id: int = 7
    sakit_menahun_id: int = 14
    cara_kb_id: int | None = None
    hamil: int | None = None
    akta_lahir: str | None = None
    akta_perkawinan: str | None = None
    tanggal_perkawinan: date | None = None
    akta_perceraian: str | None = None
    tanggal_perceraian: date | None = None
    ktp_el: int = 1
    status_rekam: int = 1
    asuransi_id: int = 1
    suku: str = "Lamaholot"
    bahasa_id: int | None = None
    alamat_sebelumnya: str | None = None
    status: int = TETAP
    status_dasar: int = HIDUP
    no_kk_sebelumnya: str | None = None
    foto: str | None = None
    created_at: datetime | None = None
    updated_at: datetime | None = None

    def age(self, on: date) -> float:
        """Years of life on a day."""
        return (on - self.born).days / YEAR

    @property
    def parents(self) -> list["Person"]:
        """Those that the register knows."""
        return [it for it in (self.father, self.mother) if it is not None]

    @property
    def living(self) -> bool:
        """Whether the person lives here, as the register has it."""
        return self.status_dasar == HIDUP

    @property
    def husband_or_wife(self) -> "Person | None":
        """The living spouse."""
        married = self.status_kawin == KAWIN and self.spouse is not None and self.spouse.living
        return self.spouse if married else None

    def move_to(self, family: Family) -> None:
        """Leave the family for another; who leads them is for the caller to say."""
        self.family.members.remove(self)
        self.no_kk_sebelumnya = self.family.no_kk
        self.family = family
        family.members.append(self)

    def data(self) -> dict[str, Any]:
        """The record as it is sent."""
        place = self.family.wilayah
        return {
            **{name: _json(getattr(self, name)) for name in _STATED},
            "tanggal_lahir": self.born.isoformat(),
            "id_kk": self.family.id,
            "no_kk": self.family.no_kk,
            "ayah_nik": self.father.nik if self.father else None,
            "ayah_nama": self.father.nama if self.father else self.ayah_nama,
            "ibu_nik": self.mother.nik if self.mother else None,
            "ibu_nama": self.mother.nama if self.mother else self.ibu_nama,
            "id_cluster": place.id,
            "dusun": place.dusun,
            "rw": place.rw,
            "rt": place.rt,
            "alamat": place.alamat,
        }


_OWN: Final = {
    *("clan", "born", "since", "family", "ambition"),
    *("father", "mother", "spouse", "children"),
}
_STATED: Final = [field.name for field in fields(Person) if field.name not in _OWN]
"""The fields that are sent as they are; the others are only thought with."""


@dataclass(eq=False)
class Peristiwa:
    """Something that happened to a person, as it was recorded; later edits leave it as it is."""

    entity: ClassVar[str] = "peristiwa"
    id: int
    recorded: dict[str, Any]

    def data(self) -> dict[str, Any]:
        """The record as it is sent."""
        return {"id": self.id, **self.recorded}


def kinship(head: Person, person: Person) -> int:
    """What a person is to the head of the family, a code of hubungan_keluarga."""
    if person is head:
        return KEPALA
    if person.husband_or_wife is head:
        return SUAMI if person.sex == LAKI_LAKI else ISTRI
    if _is_child(person, head):
        return ANAK
    if person in head.parents:
        return ORANGTUA
    if head.spouse is not None and person in head.spouse.parents:
        return MERTUA
    if person.spouse is not None and _is_child(person.spouse, head):
        return MENANTU
    if any(_is_child(parent, head) for parent in person.parents):
        return CUCU
    return FAMILI


def _is_child(person: Person, head: Person) -> bool:
    """A child of the head or, as families count, of the head's spouse."""
    return any(parent is head or parent is head.spouse for parent in person.parents)


def _json(value: object) -> object:
    return value.isoformat() if isinstance(value, date) else value
