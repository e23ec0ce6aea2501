"""The offices, institutions and budgets of the demonstration's villages."""

from collections import Counter
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from cli.demo.village import Village, kecamatan
from projections.apbdes import Amount, Line, Lines

State = dict[str, dict[str, dict[str, Any]]]


@pytest.fixture(scope="module")
def full() -> list[Village]:
    """Two years of two small villages."""
    return kecamatan(seed=5, until=date(2026, 11, 24), desa=2, people=80, months=24)


def books(village: Village) -> State:
    return village.state_after(len(list(village.pushes())))


def budget(state: State, tahun: int) -> Lines:
    lines = [
        Line(
            id_,
            it["kode_rekening"],
            it["kode_kegiatan"] or "",
            None,
            Decimal(it["anggaran"]),
            Decimal(it["realisasi"]),
            it["sumber_dana"],
            it["periode"],
        )
        for id_, it in state["apbdes"].items()
        if it["tahun"] == tahun
    ]
    return Lines(lines, tahun)


def test_budgets_of_every_year_balance(full: list[Village]) -> None:
    for village in full:
        state = books(village)
        assert {it["tahun"] for it in state["apbdes"].values()} == {2024, 2025, 2026}
        for tahun in (2024, 2025, 2026):
            lines = budget(state, tahun)
            assert lines.balance() == 0
            assert lines.wrong_totals() == []
            assert lines.repeated() == []
            income, spending = lines.sum("4"), lines.sum("5")
            assert Decimal(10**9) < income.anggaran < Decimal(2 * 10**9)
            assert Amount() < spending
            assert 0 < spending.realisasi <= spending.anggaran


def test_a_year_is_realised_by_half_and_then_nearly_whole(full: list[Village]) -> None:
    state = books(full[0])
    whole, half = (budget(state, tahun).sum("5").persen for tahun in (2025, 2026))
    assert whole is not None
    assert half is not None
    assert 35 < half < 55
    assert 93 < whole <= 100
    assert {it["periode"] for it in state["apbdes"].values()} == {"semester-1", "semester-2"}


def test_a_desa_has_one_head_and_its_people_are_of_the_register(full: list[Village]) -> None:
    for village in full:
        state = books(village)
        officials = list(state["aparatur"].values())
        (head,) = (it for it in officials if it["jenis_jabatan"] == 1)
        (desa,) = state["desa"].values()
        assert head["nama"] == desa["nama_kepala_desa"]
        assert len(officials) == 7
        known = {it["id"] for it in state["penduduk"].values()}
        assert {it["id_pend"] for it in officials if "id_pend" in it} <= known
        members = Counter(it["id_lembaga"] for it in state["anggota_lembaga"].values())
        assert set(members) == {it["id"] for it in state["lembaga"].values()}
        assert {it["id_penduduk"] for it in state["anggota_lembaga"].values()} <= known
