"""Generated villages as registers really are: fields left empty, codes nobody knows, old dates.

The generator's people are without a flaw, and it knows nothing of aid. Here much is missing or
odd, and there are programmes, their participants and poor households, which change as well. What
was made is a plain list of statements, so that anybody can count it again.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime
from random import Random
from typing import Any, Final

from cli.demo.village import kecamatan
from ledger import Draft

UNTIL: Final = date(2026, 11, 20)
_CHANCE: Final = 0.07
_ODD: Final[dict[str, tuple[object, ...]]] = {
    "sex": (None, None, 0),
    "tanggal_lahir": (None, "", "0000-00-00", "2031-05-01", "2008-02-29", "2009-06-20"),
    "agama_id": (None, 99, "3", 0),
    "pendidikan_kk_id": (None, 77, "5"),
    "pendidikan_sedang_id": (None, 77, "4"),
    "pekerjaan_id": (None, 6, 7, 99),
    "status_kawin": (None, 2, 3, 4, 9),
    "kk_level": (None, 99),
    "warganegara_id": (None, 2, 3),
    "status": (None, 2, 2),
    "golongan_darah_id": (None, 99),
    "cacat_id": (None, 1, 3, "7"),
    "sakit_menahun_id": (None, 2),
    "cara_kb_id": (None, 1, 2, 99),
    "hamil": (1, 2, None),
    "akta_lahir": (None, "", "  ", "AL-1"),
    "akta_perkawinan": ("AP-1", "", None),
    "ktp_el": (None, 3, 3),
    "status_rekam": (None, 2, 99),
    "asuransi_id": (None, 1, 99),
    "bpjs_ketenagakerjaan": ("B-1", "B-2", ""),
    "suku": (None, "lamaholot", " Jawa ", "Sabu  Raijua"),
    "dusun": (None, "", "SEBERANG"),
    "nik": (None, "", "0000000000000000"),
    "nama": (None, "000"),
}
"""What stands in a field instead of what should."""


@dataclass(frozen=True)
class Sent:
    """A push of a desa, at the time at which it comes."""

    kode_desa: str
    on: datetime
    drafts: tuple[Draft, ...]


def pushes(people: int = 220, desa: int = 2) -> Iterator[Sent]:
    """The pushes of neighbouring villages, in the order in which they come."""
    villages = kecamatan(seed=11, until=UNTIL, desa=desa, people=people, months=5)
    found = []
    for village in villages:
        register = _Register(village.kode)
        own = list(village.pushes())
        for at, push in enumerate(own):
            drafts = [register.worn(it) for it in push.drafts]
            register.keep(drafts)
            drafts += register.aid(push.on, first=at == len(_LOADED), last=at == len(own) - 1)
            found.append(Sent(village.kode, push.on, tuple(drafts)))
    yield from sorted(found, key=lambda it: (it.on, it.kode_desa))


_LOADED: Final = ("places and families", "people")
"""What the pushes before the first aid carry."""


class _Register:
    def __init__(self, kode_desa: str) -> None:
        self._dice = Random(f"worn/{kode_desa}")
        self._state: dict[str, dict[str, dict[str, Any]]] = {}

    def worn(self, draft: Draft) -> Draft:
        """The statement with something amiss; one to two fields of a person on average."""
        if draft.data is None:
            return draft
        data = dict(draft.data)
        if draft.entity == "penduduk":
            for name, odd in _ODD.items():
                if self._dice.random() < _CHANCE:
                    data[name] = self._dice.choice(odd)
        if draft.entity == "keluarga":
            data["kelas_sosial"] = self._dice.choice((None, 1, 2, 3, 4, 5, 99))
        if draft.entity == "peristiwa" and data["kode"] == 2:
            data["akta_mati"] = self._dice.choice((None, "AM-1"))
            if self._dice.random() < 0.5:
                data |= {"jenis": "dikoreksi"}
        return replace(draft, data=data)

    def keep(self, drafts: list[Draft]) -> None:
        for it in drafts:
            records = self._state.setdefault(it.entity, {})
            records.pop(it.id, None)
            if it.data is not None:
                records[it.id] = it.data

    def aid(self, on: datetime, *, first: bool, last: bool) -> list[Draft]:
        """Programmes, participants and households: all at first, other ones at last."""
        if not (first or last):
            return []
        people, families = (list(self._state[it].values()) for it in ("penduduk", "keluarga"))
        dice = self._dice
        made: list[tuple[str, int, dict[str, Any] | None]] = []
        if first:
            made += [
                ("program_bantuan", 1, {"nama": "BLT", "sasaran": 1, "tgl_mulai": "2026-07-01"}),
                ("program_bantuan", 2, {"nama": "PKH", "sasaran": 2,
                                        "tgl_selesai": "2026-10-31"}),
                ("program_bantuan", 3, {"nama": "RTLH", "sasaran": 3}),
                ("program_bantuan", 4, {"nama": "BLT", "sasaran": "1",
                                        "tgl_mulai": "0000-00-00", "tgl_selesai": ""}),
            ]  # fmt: skip
            made += [
                ("rumah_tangga", at, {"no_rtm": f"R{at}", "dtks": dice.choice((None, "", "D-1"))})
                for at in range(1, 9)
            ]
            poor = [replace_rtm(it, dice) for it in dice.sample(people, 40)]
            made += [("penduduk", it["id"], it) for it in poor]
            made += [
                ("pembangunan", at, {"judul": f"Jalan {at}", "tahun_anggaran": 2026 - at % 2,
                                     "anggaran": 1_000_000 * dice.randrange(1, 9)})
                for at in range(1, 6)
            ]  # fmt: skip
        else:
            made += [
                ("program_bantuan", 3, None),
                ("rumah_tangga", 2, None),
                ("pembangunan", 2, {"judul": "Jembatan", "tahun_anggaran": 2026}),
            ]
        if last:
            made += self._deaths(people, on.date())
        base = 100 if first else 200
        for at in range(base, base + 40):
            program = dice.choice((1, 2, 3, 4, 99))
            member = dice.choice(families)["no_kk"] if program == 2 else dice.choice(people)["nik"]
            made.append(("peserta_bantuan", at, {"program_id": program, "peserta": member}))
        if last:
            made += [("peserta_bantuan", at, None) for at in range(100, 110)]
        drafts = [
            Draft(entity, str(id_), "delete", on)
            if data is None
            else Draft(entity, str(id_), "put", on, {"id": id_, **data})
            for entity, id_, data in made
        ]
        self.keep(drafts)
        return drafts

    def _deaths(
        self, people: list[dict[str, Any]], on: date
    ) -> list[tuple[str, int, dict[str, Any] | None]]:
        """Some who died, with a certificate or without, as first told or as corrected since."""
        made: list[tuple[str, int, dict[str, Any] | None]] = []
        for at, person in enumerate(self._dice.sample(people, 12)):
            event = {
                "id_pend": person["id"],
                "kode": 2,
                "jenis": (None, "mati", "dikoreksi", "dibatalkan")[at % 4],
                "tgl_peristiwa": f"2026-{1 + at % 9:02}-09",
                "tgl_lapor": on.isoformat(),
                "akta_mati": (None, "AM-2", "AM-3")[at % 3],
            }
            made.append(("penduduk", person["id"], {**person, "status_dasar": 2}))
            made.append(("peristiwa", 9_000 + at, event))
        return made


def replace_rtm(person: dict[str, Any], dice: Random) -> dict[str, Any]:
    """The person as a member of one of the households."""
    return {**person, "id_rtm": dice.randrange(1, 9)}
