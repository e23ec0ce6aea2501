"""The demonstration's aid: programmes of each year, and who takes part."""

from collections import Counter
from datetime import date

import pytest

from cli.demo.village import Village, kecamatan

UNTIL = date(2026, 3, 10)


@pytest.fixture(scope="module")
def village() -> Village:
    return next(iter(kecamatan(seed=3, until=UNTIL, desa=1, people=600, months=5)))


def test_every_year_has_its_programmes_with_participants(village: Village) -> None:
    *_, last = (it.number for it in village.pushes())
    state = village.state_after(last)
    programmes = state["program_bantuan"]
    assert Counter(it["tgl_mulai"][:4] for it in programmes.values()) == {"2025": 4, "2026": 4}
    taking_part = Counter(str(it["program_id"]) for it in state["peserta_bantuan"].values())
    assert taking_part.keys() == programmes.keys()


def test_who_takes_part_is_known_by_the_right_number(village: Village) -> None:
    first = next(at for at, push in enumerate(village.pushes(), 1)
                 if any(it.entity == "peserta_bantuan" for it in push.drafts))  # fmt: skip
    state = village.state_after(first)
    cards = {it["no_kk"]: it["kepala_id"] for it in state["keluarga"].values()}
    people = state["penduduk"]
    for it in state["peserta_bantuan"].values():
        person = people[str(it["kartu_id_pend"])]
        assert (it["kartu_nik"], it["kartu_nama"]) == (person["nik"], person["nama"])
        if it["sasaran"] == 1:
            assert it["peserta"] == person["nik"]
            assert int(person["tanggal_lahir"][:4]) <= 2025 - 60
        else:
            assert cards[it["peserta"]] == person["id"]
