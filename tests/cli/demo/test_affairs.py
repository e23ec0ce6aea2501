"""What the demonstration's desa send beside their registers."""

import json
from collections import Counter, defaultdict
from datetime import date
from hashlib import sha256
from typing import Any

import pytest

from cli.demo.affairs import LETTERS, affairs
from cli.demo.village import Push, Village, kecamatan
from ledger import numbered_changes
from ledger.catalogue import examine

UNTIL = date(2026, 11, 20)


@pytest.fixture(scope="module")
def villages() -> list[Village]:
    return kecamatan(seed=1, until=UNTIL, people=120, months=3)


def records(push: Push, entity: str) -> list[dict[str, Any]]:
    return [it.data for it in push.drafts if it.entity == entity and it.data is not None]


def test_it_comes_after_the_register(villages: list[Village]) -> None:
    for village in villages:
        *_, last = village.pushes()
        push = affairs(village, UNTIL)
        assert push.number == last.number + 1
        assert last.on < push.on
        assert push.on.date() == UNTIL
        assert all(it.at <= push.on for it in push.drafts)


def test_it_is_the_same_in_every_run(villages: list[Village]) -> None:
    again = kecamatan(seed=1, until=UNTIL, people=120, months=3)
    assert [affairs(it, UNTIL) for it in villages] == [affairs(it, UNTIL) for it in again]


def test_no_statement_is_amiss(villages: list[Village]) -> None:
    for village in villages:
        lines = [it.to_line() for it in affairs(village, UNTIL).drafts]
        assert list(examine(numbered_changes(lines), village.kode)) == []


def test_what_records_refer_to_comes_along(villages: list[Village]) -> None:
    for village in villages:
        push = affairs(village, UNTIL)
        brought = {f"sha256:{sha256(it).hexdigest()}" for it in push.files}
        said = json.dumps([it.data for it in push.drafts])
        assert all(it in said for it in brought)
        assert said.count("sha256:") >= len(brought) == len(push.files)
        assert {it["gambar"] for it in records(push, "dokumentasi_pembangunan")} <= brought


def test_no_two_desa_keep_the_same(villages: list[Village]) -> None:
    kept = [Counter(it.entity for it in affairs(village, UNTIL).drafts) for village in villages]
    everything = {
        "pembangunan", "dokumentasi_pembangunan", "laporan", "produk_hukum", "sarana", "potensi",
        "suplemen", "suplemen_terdata", "surat",
    }  # fmt: skip
    assert set(kept[0]) == everything
    assert set(kept[2]) < set(kept[1]) | {"potensi"} < everything


def test_works_go_on(villages: list[Village]) -> None:
    push = affairs(villages[0], UNTIL)
    progress = defaultdict(list)
    for it in records(push, "dokumentasi_pembangunan"):
        progress[it["id_pembangunan"]].append(it["persentase"])
    assert progress == {1: [0, 40, 100], 2: [0, 65]}
    assert [it["id"] for it in records(push, "pembangunan")] == [1, 2, 3]


def test_lists_name_people_and_families_of_the_desa(villages: list[Village]) -> None:
    village = villages[0]
    *_, last = village.pushes()
    state = village.state_after(last.number)
    of = {1: state["penduduk"], 2: state["keluarga"]}
    push = affairs(village, UNTIL)
    listed = records(push, "suplemen_terdata")
    assert {it["id_suplemen"] for it in listed} == {it["id"] for it in records(push, "suplemen")}
    assert all(str(it["id_terdata"]) in of[it["sasaran"]] for it in listed)


def test_letters_are_for_people_who_live_there(villages: list[Village]) -> None:
    for village in villages:
        push = affairs(village, UNTIL)
        *_, last = village.pushes()
        people = village.state_after(last.number)["penduduk"].values()
        living = {it["nik"] for it in people if it["status_dasar"] == 1}
        letters = records(push, "surat")
        assert [it["nomor"] for it in letters] == [
            it.nomor for it in LETTERS.get(village.kode, ())
        ]
        assert {it["nik"] for it in letters} <= living
