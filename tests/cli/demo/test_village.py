"""The villages of the demonstration: what they send, and whether it could be true."""

import os
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from datetime import date, timedelta
from itertools import pairwise
from typing import Any

import pytest

from cli.demo import village as village_module
from cli.demo.register import ENTITIES
from cli.demo.village import Month, Push, Village, kecamatan
from ledger import numbered_changes
from ledger.catalogue import examine

UNTIL = date(2026, 11, 24)
LOADED = 3
"""The push with which the register is complete."""
State = dict[str, dict[str, dict[str, Any]]]


@pytest.fixture(scope="module")
def villages() -> list[Village]:
    return kecamatan(seed=5, until=UNTIL, people=260)


@pytest.fixture(scope="module")
def full() -> list[Village]:
    """The villages of the demonstration, of full size."""
    return kecamatan(seed=1, until=UNTIL)


@pytest.fixture
def village(villages: list[Village]) -> Village:
    return villages[0]


def states(village: Village) -> Iterator[tuple[Push, State]]:
    """Each push after the load, and the records that stand after it."""
    for push in village.pushes():
        if push.number >= LOADED:
            yield push, village.state_after(push.number)


def last(village: Village) -> int:
    return len(list(village.pushes()))


def living(state: State) -> list[dict[str, Any]]:
    return [person for person in state["penduduk"].values() if person["status_dasar"] == 1]


# --- the pushes ----------------------------------------------------------------------------------

DIGEST = """
from datetime import date
from hashlib import sha256
from cli.demo.village import kecamatan

lines = sha256()
for village in kecamatan(seed=5, until=date(2026, 11, 24), desa=2, people=120, months=12):
    for push in village.pushes():
        lines.update(f"{village.kode} {push.number} {push.on}".encode())
        for draft in push.drafts:
            lines.update(draft.to_line("x" * 22))
print(lines.hexdigest())
"""


def digest(hash_seed: str) -> str:
    environment = {**os.environ, "PYTHONHASHSEED": hash_seed}
    command = [sys.executable, "-c", DIGEST]
    return subprocess.run(
        command, env=environment, capture_output=True, text=True, check=True
    ).stdout


def test_same_arguments_same_bytes_in_every_process() -> None:
    assert digest("1") == digest("2")


def test_another_seed_is_another_village() -> None:
    one, other = (kecamatan(seed, UNTIL, desa=1, people=50, months=1)[0] for seed in (1, 2))
    assert one.state_after(2) != other.state_after(2)


def test_three_villages_of_one_kecamatan(villages: list[Village]) -> None:
    assert [(it.kode, it.nama) for it in villages] == [
        ("53.06.14.2001", "Lamika"),
        ("53.06.14.2002", "Watotika Ile"),
        ("53.06.14.2003", "Lewokluok"),
    ]


def test_about_fifty_pushes(full: list[Village]) -> None:
    assert all(45 <= last(village) <= 55 for village in full)


def test_about_three_thousand_people(full: list[Village]) -> None:
    for village in full:
        assert all(2700 <= village.living_after(at) <= 3300 for at in (LOADED, last(village)))


def test_pushes_count_from_one(village: Village) -> None:
    assert [push.number for push in village.pushes()] == list(range(1, last(village) + 1))


def test_pushes_follow_each_other_until_the_last_day(village: Village) -> None:
    moments = [push.on for push in village.pushes()]
    assert moments == sorted(set(moments))
    assert moments[0].date() == date(2024, 11, 24)
    assert moments[-1].date() == UNTIL


def test_pushes_are_in_wita(village: Village) -> None:
    assert {push.on.utcoffset() for push in village.pushes()} == {timedelta(hours=8)}


def test_load_goes_by_entity(village: Village) -> None:
    load = [{draft.entity for draft in push.drafts} for push in village.pushes()][:LOADED]
    books = {
        "aparatur",
        "lembaga",
        "anggota_lembaga",
        "apbdes",
        "program_bantuan",
        "peserta_bantuan",
    }
    assert load == [{"desa", "wilayah", "keluarga"}, {"penduduk"}, {"peristiwa", *books}]


def test_no_push_is_larger_than_the_largest(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(village_module, "LARGEST_PUSH", 40)
    village = kecamatan(seed=5, until=UNTIL, desa=1, people=100, months=1)[0]
    sizes = [len(push.drafts) for push in village.pushes()]
    assert max(sizes) == 40
    assert sum(sizes[:9]) > 200


def test_changes_were_saved_since_the_push_before(village: Village) -> None:
    pushes = list(village.pushes())
    for before, push in pairwise(pushes):
        moments = [draft.at for draft in push.drafts]
        assert max(moments) <= push.on
        assert push.number <= LOADED or min(moments) > before.on


def test_one_change_a_record_in_a_push(village: Village) -> None:
    for push in village.pushes():
        keys = [(draft.entity, draft.id) for draft in push.drafts]
        assert len(keys) == len(set(keys))


def test_every_put_changes_something(village: Village) -> None:
    for push in village.pushes():
        before = village.state_after(push.number - 1)
        for draft in push.drafts:
            known = before[draft.entity].get(draft.id, {})
            assert draft.data is None or draft.data != {
                **known,
                "updated_at": draft.data.get("updated_at"),
            }


# --- ids and numbers -----------------------------------------------------------------------------


def test_ids_are_the_keys_of_the_records(village: Village) -> None:
    for push in village.pushes():
        for draft in push.drafts:
            if draft.data and draft.entity != "desa":
                assert draft.id == str(draft.data["id"])


def test_desa_is_known_by_its_kode(village: Village) -> None:
    assert list(village.state_after(1)["desa"]) == [village.kode]


@pytest.mark.parametrize("entity", ENTITIES[1:])
def test_ids_count_from_one(village: Village, entity: str) -> None:
    sent = [
        int(draft.id)
        for push in village.pushes()
        for draft in push.drafts
        if draft.entity == entity
    ]
    assert set(sent) == set(range(1, max(sent) + 1))


def test_ids_of_deleted_records_are_not_used_again(full: list[Village]) -> None:
    gone: set[tuple[str, str]] = set()
    for push in full[0].pushes():
        for draft in push.drafts:
            assert (draft.entity, draft.id) not in gone
            if draft.op == "delete":
                gone.add((draft.entity, draft.id))
    assert {entity for entity, _ in gone} == {"penduduk", "peristiwa"}


def test_nik_is_unique_in_the_kecamatan(full: list[Village]) -> None:
    niks = [
        person["nik"]
        for village in full
        for person in village.state_after(last(village))["penduduk"].values()
        if person["nik"]
    ]
    assert len(niks) == len(set(niks))


def test_no_kk_is_unique_in_the_kecamatan(full: list[Village]) -> None:
    numbers = [
        family["no_kk"]
        for village in full
        for family in village.state_after(last(village))["keluarga"].values()
    ]
    assert len(numbers) == len(set(numbers))


def is_true_nik(person: dict[str, Any]) -> bool:
    """Sixteen digits that agree with birth date and sex, 40 added to a woman's day."""
    nik, born = person["nik"], date.fromisoformat(person["tanggal_lahir"])
    day = born.day + (40 if person["sex"] == 2 else 0)
    return (
        nik is not None
        and len(nik) == 16
        and nik[6:12] == f"{day:02d}{born:%m%y}"
        and nik[12:] != "0000"
    )


def test_nik_tells_birth_date_and_sex_of_nearly_all(full: list[Village]) -> None:
    people = full[0].state_after(LOADED)["penduduk"].values()
    false = [person for person in people if not is_true_nik(person)]
    assert 0.002 * len(people) < len(false) < 0.015 * len(people)


def test_about_one_row_of_a_hundred_has_a_flaw(full: list[Village]) -> None:
    for village in full:
        people = village.state_after(LOADED)["penduduk"].values()
        flawed = [it for it in people if not is_true_nik(it) or it["tempat_lahir"] is None]
        assert 0.005 * len(people) < len(flawed) < 0.015 * len(people)


def test_flaws_get_fewer(full: list[Village]) -> None:
    village = full[0]
    flawed = [
        {id_ for id_, it in village.state_after(number)["penduduk"].items() if not is_true_nik(it)}
        for number in (LOADED, last(village))
    ]
    assert len(flawed[0] & flawed[1]) < len(flawed[0])


def test_catalogue_finds_only_the_flaws(full: list[Village]) -> None:
    found = {
        (finding.entity, finding.field, finding.code)
        for village in full
        for push in village.pushes()
        for finding in examine(
            numbered_changes([draft.to_line() for draft in push.drafts]), village.kode
        )
    }
    assert found == {
        ("penduduk", "nik", "nik-kosong"),
        ("penduduk", "nik", "nik-sementara"),
        ("penduduk", "nik", "nik-jk-beda"),
        ("penduduk", "tempat_lahir", "kosong"),
    }


# --- families ------------------------------------------------------------------------------------


def test_every_reference_is_known(village: Village) -> None:
    for _, state in states(village):
        people, families, places = state["penduduk"], state["keluarga"], state["wilayah"]
        assert all(str(family["kepala_id"]) in people for family in families.values())
        assert all(str(family["id_cluster"]) in places for family in families.values())
        assert all(str(person["id_kk"]) in families for person in people.values())
        assert all(str(event["id_pend"]) in people for event in state["peristiwa"].values())


def test_every_living_family_has_one_living_head(village: Village) -> None:
    for _, state in states(village):
        heads = Counter(it["id_kk"] for it in living(state) if it["kk_level"] == 1)
        assert set(heads) == {person["id_kk"] for person in living(state)}
        assert set(heads.values()) == {1}


def test_keluarga_names_its_head(village: Village) -> None:
    for _, state in states(village):
        for person in living(state):
            if person["kk_level"] == 1:
                assert state["keluarga"][str(person["id_kk"])]["kepala_id"] == person["id"]


def test_people_agree_with_their_family(village: Village) -> None:
    for _, state in states(village):
        for person in living(state):
            family = state["keluarga"][str(person["id_kk"])]
            assert person["no_kk"] == family["no_kk"]
            assert person["id_cluster"] == family["id_cluster"]


def test_people_agree_with_their_place(village: Village) -> None:
    for _, state in states(village):
        for person in living(state):
            place = state["wilayah"][str(person["id_cluster"])]
            assert [person[it] for it in ("dusun", "rw", "rt")] == [
                place[it] for it in ("dusun", "rw", "rt")
            ]
            assert place["rt"] != "0"


def test_wives_are_women_and_husbands_are_men(village: Village) -> None:
    for _, state in states(village):
        assert {it["sex"] for it in living(state) if it["kk_level"] == 3} == {2}
        assert {it["sex"] for it in living(state) if it["kk_level"] == 2} <= {1}


def test_nobody_has_two_spouses(village: Village) -> None:
    for _, state in states(village):
        spouses = Counter(it["id_kk"] for it in living(state) if it["kk_level"] in {2, 3})
        assert set(spouses.values()) == {1}


def test_spouses_of_a_head_are_both_married(village: Village) -> None:
    for _, state in states(village):
        people = state["penduduk"]
        for person in living(state):
            if person["kk_level"] in {2, 3}:
                head = people[str(state["keluarga"][str(person["id_kk"])]["kepala_id"])]
                assert person["status_kawin"] == head["status_kawin"] == 2


def test_nobody_marries_as_a_child(village: Village) -> None:
    for push, state in states(village):
        for person in living(state):
            if person["status_kawin"] != 1:
                born = date.fromisoformat(person["tanggal_lahir"])
                assert push.on.date() - born > timedelta(days=18 * 365)


@pytest.mark.parametrize("parent", ["ayah", "ibu"])
def test_rows_of_children_name_their_parents(village: Village, parent: str) -> None:
    for _, state in states(village):
        names = {it["nik"]: it["nama"] for it in state["penduduk"].values() if it["nik"]}
        children = [it for it in living(state) if it[f"{parent}_nik"]]
        assert children
        assert all(names[it[f"{parent}_nik"]] == it[f"{parent}_nama"] for it in children)


def test_mothers_are_older_than_their_children(village: Village) -> None:
    people = village.state_after(last(village))["penduduk"].values()
    born = {it["nik"]: date.fromisoformat(it["tanggal_lahir"]) for it in people}
    ages = [
        (date.fromisoformat(it["tanggal_lahir"]) - born[it["ibu_nik"]]).days / 365.25
        for it in people
        if it["ibu_nik"]
    ]
    assert min(ages) > 15
    assert max(ages) < 48


# --- what happens --------------------------------------------------------------------------------


def test_everything_happens(full: list[Village]) -> None:
    kinds = Counter(
        (draft.op, draft.data["kode"] if draft.data else None)
        for village in full
        for push in village.pushes()
        if push.number > LOADED
        for draft in push.drafts
        if draft.entity == "peristiwa"
    )
    assert set(kinds) == {("delete", None), *(("put", kode) for kode in range(1, 7))}


def test_load_is_the_opening_balance(village: Village) -> None:
    state = village.state_after(LOADED)
    events = [it for it in state["peristiwa"].values() if it.get("saldo_awal")]
    assert [it["id_pend"] for it in events] == [it["id"] for it in living(state)]


def test_status_is_that_of_the_last_event(village: Village) -> None:
    for _, state in states(village):
        last_kode = {event["id_pend"]: event["kode"] for event in state["peristiwa"].values()}
        for person in state["penduduk"].values():
            expected = {1: 1, 5: 1}.get(last_kode[person["id"]], last_kode[person["id"]])
            assert person["status_dasar"] == expected


def test_who_is_gone_is_not_edited(village: Village) -> None:
    before: State = village.state_after(LOADED)
    for push in village.pushes():
        for draft in push.drafts:
            known = before["penduduk"].get(draft.id)
            if push.number > LOADED and draft.entity == "penduduk" and draft.data and known:
                assert known["status_dasar"] == 1 or draft.data["status_dasar"] == 1
        before = village.state_after(push.number)


def test_events_are_reported_after_they_happen_and_before_they_are_sent(village: Village) -> None:
    for push in village.pushes():
        for draft in push.drafts:
            if draft.entity == "peristiwa" and draft.data:
                dates = [
                    date.fromisoformat(draft.data[it]) for it in ("tgl_peristiwa", "tgl_lapor")
                ]
                assert dates[0] <= dates[1] <= draft.at.date() <= push.on.date()


def test_births_are_born_when_the_event_says(village: Village) -> None:
    state = village.state_after(last(village))
    births = [it for it in state["peristiwa"].values() if it["kode"] == 1]
    assert births
    for birth in births:
        child = state["penduduk"][str(birth["id_pend"])]
        assert child["tanggal_lahir"] == birth["tgl_peristiwa"]


@pytest.mark.parametrize("seed", range(4))
def test_hamlet_of_a_few_people_lives_too(seed: int) -> None:
    """Where there is no groom, and where families die out."""
    village = kecamatan(seed, UNTIL, desa=1, people=25, months=120)[0]
    assert sum(village.account()[-1].akhir) == village.living_after(last(village))


# --- the account ---------------------------------------------------------------------------------

INFLOWS, OUTFLOWS = ("lahir", "datang", "koreksi"), ("mati", "pindah", "hilang", "pergi")


def test_account_balances(villages: list[Village]) -> None:
    for village in villages:
        for month in village.account():
            for sex in (0, 1):
                flow = sum(getattr(month, it)[sex] for it in INFLOWS) - sum(
                    getattr(month, it)[sex] for it in OUTFLOWS
                )
                assert month.akhir[sex] == month.awal[sex] + flow


def test_account_begins_where_the_month_before_ended(village: Village) -> None:
    account = village.account()
    assert [month.awal for month in account[1:]] == [month.akhir for month in account[:-1]]


def test_account_has_every_month_of_the_pushes(village: Village) -> None:
    months = [month.month for month in village.account()]
    assert months == sorted(set(months))
    assert (months[0], months[-1], len(months)) == ("2024-11", "2026-11", 25)


def test_account_opens_with_the_load_and_ends_with_the_records(villages: list[Village]) -> None:
    for village in villages:
        account = village.account()
        assert sum(account[0].awal) == village.living_after(LOADED)
        assert sum(account[-1].akhir) == village.living_after(last(village))


def test_account_has_the_sexes_of_the_records(full: list[Village]) -> None:
    for village in full:
        sexes = Counter(it["sex"] for it in living(village.state_after(last(village))))
        assert village.account()[-1].akhir == (sexes[1], sexes[2])


@pytest.mark.parametrize(
    ("line", "kode"),
    [("lahir", 1), ("mati", 2), ("pindah", 3), ("hilang", 4), ("datang", 5), ("pergi", 6)],
)
def test_account_counts_events_by_month_of_report(
    full: list[Village], line: str, kode: int
) -> None:
    """Also those that were deleted later: they come back as koreksi."""
    for village in full:
        reported = Counter(
            (draft.data["tgl_lapor"][:7], draft.data["sex"])
            for push in village.pushes()
            for draft in push.drafts
            if draft.entity == "peristiwa" and draft.data and draft.data["kode"] == kode
            if not draft.data.get("saldo_awal")
        )
        for month in village.account():
            expected = (reported[month.month, 1], reported[month.month, 2])
            assert flow(month, line) == expected


def flow(month: Month, line: str) -> tuple[int, int]:
    both: tuple[int, int] = getattr(month, line)
    return both
