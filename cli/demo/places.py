"""The desa itself: its identity, its border on the map, and its dusun, RW and RT.

Who lives there is for `households`. [pure]
"""

from dataclasses import dataclass
from datetime import date
from math import cos, pi, radians, sin
from random import Random
from typing import Any, ClassVar, Final

from cli.demo import names, traits
from cli.demo.people import Wilayah
from cli.demo.register import Register

_KM: Final = 1 / 111.32
"""Degrees of latitude."""


@dataclass(frozen=True)
class Desa:
    """What a desa says of itself. `border` is a ring of [latitude, longitude]."""

    entity: ClassVar[str] = "desa"
    id: str
    nama: str
    lat: float
    lng: float
    border: list[list[float]]
    luas_wilayah: float
    nama_kepala_desa: str
    complete_on: date

    def data(self) -> dict[str, Any]:
        """The record as it is sent."""
        host = f"{self.nama.lower().replace(' ', '-')}.desa.example"
        return {
            "kode_desa": self.id,
            "nama_desa": self.nama,
            "sebutan_desa": "desa",
            "kode_kecamatan": names.KODE_KECAMATAN,
            "nama_kecamatan": names.KECAMATAN,
            "kode_kabupaten": names.KODE_KECAMATAN[:5],
            "nama_kabupaten": names.KABUPATEN,
            "kode_propinsi": names.KODE_KECAMATAN[:2],
            "nama_propinsi": names.PROPINSI,
            "kode_pos": "86252",
            "nama_kepala_desa": self.nama_kepala_desa,
            "alamat_kantor": f"Jalan Trans Flores, Desa {self.nama}",
            "email_desa": f"kantor@{host}",
            "website": f"https://{host}",
            "lat": self.lat,
            "lng": self.lng,
            "path": [self.border],
            "luas_wilayah": self.luas_wilayah,
            "tgl_data_lengkap": self.complete_on.isoformat(),
        }


def found_desa(rng: Random, kode: str, complete_on: date) -> Desa:
    """The desa of this kode, in a border of some two kilometres around its office."""
    nama, lat, lng = names.DESA[int(kode[-4:]) - names.FIRST_DESA]
    corners = 14
    reaches = [rng.uniform(1.4, 1.9) for _ in range(corners)]
    border = [
        [
            round(lat + reach * _KM * sin(2 * pi * turn / corners), 6),
            round(lng + reach * _KM * cos(2 * pi * turn / corners) / cos(radians(lat)), 6),
        ]
        for turn, reach in enumerate(reaches)
    ]
    sectors = zip(reaches, reaches[1:] + reaches[:1], strict=True)
    area = sum(one * next_ * sin(2 * pi / corners) / 2 for one, next_ in sectors)
    chief = traits.name(
        rng, names.LAKI_LAKI, traits.pick(rng, names.AGAMA), rng.choice(names.CLANS)
    )
    return Desa(kode, nama, lat, lng, [*border, border[0]], round(area, 2), chief, complete_on)


def divide(rng: Random, register: Register, people: int) -> list[Wilayah]:
    """Make the rows of dusun, RW and RT; the RT, where people live, are returned."""
    for dusun in rng.sample(names.DUSUN, k=min(len(names.DUSUN), max(2, people // 900))):
        _add(register, dusun)
        for rw in range(1, rng.randint(2, 3) + 1):
            _add(register, dusun, f"{rw:03d}")
            for rt in range(1, rng.randint(2, 4) + 1):
                _add(register, dusun, f"{rw:03d}", f"{rt:03d}")
    return [place for place in register.wilayah if place.rt != "0"]


def _add(register: Register, dusun: str, rw: str = "0", rt: str = "0") -> None:
    register.wilayah.append(Wilayah(register.next_id("wilayah"), dusun, rw, rt))
