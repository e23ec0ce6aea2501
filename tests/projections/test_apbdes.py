"""Budgets, against sums made otherwise: of the leaves that they were made of."""

from collections import defaultdict
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger import Draft
from ledger.database import Databases
from projections import catch_up
from projections.apbdes import Amount, Line, Lines
from projections.queries.apbdes import COLUMNS, Budget, Known, budget, known, recap
from projections.queries.statistik import Place, places
from tests.simulator import KODE, KODE_DESA, START, House

OBJEK = ["4.1.1.01", "4.2.1.01", "4.2.3.01", "5.1.1.01", "5.1.2.01", "5.3.5.02", "6.1.1.01"]
KEGIATAN = ["01.01.01", "01.01.02", "02.03.10"]
Leaves = Mapping[tuple[str, str], Amount]


def line(id_: str, rekening: str, kegiatan: str, anggaran: object, realisasi: object) -> Line:
    planned = None if anggaran is None else Decimal(str(anggaran))
    realised = None if realisasi is None else Decimal(str(realisasi))
    return Line(id_, rekening, kegiatan, None, planned, realised, None, None)


def filled(id_: str, code: tuple[str, str], amount: Amount) -> Line:
    return line(id_, *code, amount.anggaran, amount.realisasi)


def above(kode: str) -> list[str]:
    parts = kode.split(".")
    return [".".join(parts[: n + 1]) for n in range(len(parts))]


money = st.decimals(0, 10**9, places=2)


@st.composite
def budgets(draw: st.DrawFn) -> Leaves:
    """The leaves of a budget: only belanja has a kegiatan."""
    codes = st.sampled_from(
        [(it, kegiatan) for it in OBJEK for kegiatan in (KEGIATAN if it[0] == "5" else [""])]
    )
    return draw(st.dictionaries(codes, st.builds(Amount, money, money), min_size=1))


def total(leaves: Leaves, rekening: str, kegiatan: str = "") -> Amount:
    """A sum over leaves, by the texts of their codes."""
    among = [
        amount
        for (leaf, activity), amount in leaves.items()
        if rekening in above(leaf) and (not kegiatan or kegiatan in above(activity))
    ]
    return Amount(sum((it.anggaran for it in among), Decimal(0)),
                  sum((it.realisasi for it in among), Decimal(0)))  # fmt: skip


@given(budgets(), st.data())
def test_sums_are_those_of_the_leaves_whatever_totals_are_stated(
    leaves: Leaves, data: st.DataObject
) -> None:
    """With right totals, some of them stated and some not, nothing changes."""
    places_above = {
        (rekening, kegiatan)
        for leaf, activity in leaves
        for rekening in above(leaf)
        for kegiatan in ("", *(above(activity) if activity else ()))
    } - leaves.keys()
    stated = data.draw(st.sets(st.sampled_from(sorted(places_above))))
    lines = Lines(
        [
            *(filled(f"leaf {key}", key, amount) for key, amount in leaves.items()),
            *(filled(f"total {key}", key, total(leaves, *key)) for key in stated),
        ],
        2026,
    )
    assert {it.id for it in lines.totals} == {f"total {key}" for key in stated}
    assert lines.wrong_totals() == []
    for akun in "456":
        tree = lines.by_account(akun)
        assert tree.amount == total(leaves, akun)
        for node in tree:
            assert node.amount == total(leaves, node.kode)
            expected = total(leaves, node.kode) if (node.kode, "") in stated else None
            assert node.stated == expected
    for tree in lines.by_activity():
        for node in tree:
            assert node.amount == total(leaves, "5", node.kode)
    assert sum(it.amount.anggaran for it in lines.by_activity()) == total(leaves, "5").anggaran


@given(budgets(), st.data())
def test_a_wrong_total_is_found_and_does_not_count(leaves: Leaves, data: st.DataObject) -> None:
    leaf = data.draw(st.sampled_from(sorted(leaves)))
    head = above(leaf[0])[0], ""
    right = total(leaves, *head)
    lines = Lines(
        [
            line("wrong", *head, right.anggaran + 1, None),
            *(filled(f"leaf {key}", key, amount) for key, amount in leaves.items()),
        ],
        2026,
    )
    assert [(it.id, name) for it, name in lines.wrong_totals()] == [("wrong", "anggaran")]
    assert lines.by_account(head[0]).amount == right


def test_lines_that_do_not_say_what_they_are_for_come_last() -> None:
    lines = Lines([line("1", "5.1", "", 5, 0), line("2", "5.2", "02", 7, 1)], 2026)
    assert [it.kode for it in lines.by_activity()] == ["02", ""]
    assert [int(it.amount.anggaran) for it in lines.by_activity()] == [7, 5]


def test_an_account_of_the_kabupaten_is_called_as_the_desa_calls_it() -> None:
    (own, _) = (
        Line("1", "5.1.2.07", "01.01.02", "Tunjangan hari raya", Decimal(1), None, None, None),
        line("2", "5.1.2.01", "01.01.02", 1, 1),
    )
    names = {it.kode: it.nama for it in Lines([own], 2026).by_account("5")}
    assert names["5.1.2.07"] == "Tunjangan hari raya"
    assert names["5.1"] == "Belanja Pegawai"


def test_the_newest_period_counts_and_an_earlier_one_can_be_asked_for() -> None:
    def until(periode: str | None, realisasi: int) -> Line:
        first = line(periode or "plan", "4.2.1", "", 100, realisasi)
        return first._replace(periode=periode)

    stated = [until(None, 0), until("semester-1", 40), until("2026-09-30", 60)]
    assert Lines(stated, 2026).sum("4").realisasi == 60
    assert Lines([*stated, until("semester-2", 90)], 2026).sum("4") == Amount(100, 90)  # type: ignore[arg-type]
    assert Lines(stated, 2026, date(2026, 6, 30)).sum("4").realisasi == 40
    assert Lines(stated, 2026, date(2026, 6, 29)).sum("4").realisasi == 0


def test_one_line_stated_twice_counts_twice_and_is_told() -> None:
    twice = [line("1", "4.2.1", "", 5, 0), line("2", "4.2.1", "", 7, 0)]
    other = line("3", "4.2.1", "", 1, 0)._replace(sumber_dana="DD")
    lines = Lines([*twice, other], 2026)
    assert [it.id for it in lines.repeated()] == ["1", "2"]
    assert lines.sum("4").anggaran == 13


def test_a_total_of_several_sources_is_their_sum() -> None:
    stated = [
        line("DD", "5", "01", 6, None)._replace(sumber_dana="DD"),
        line("ADD", "5", "01", 4, None)._replace(sumber_dana="ADD"),
        line("leaf", "5.1.1", "01.01.01", 10, 3),
    ]
    assert Lines(stated, 2026).wrong_totals() == []


@pytest.mark.parametrize(
    ("amount", "persen", "sisa"),
    [((3, 1), "33.33", 2), ((8, 1), "12.50", 7), ((1, 2), "200.00", -1), ((0, 5), None, -5)],
)
def test_percent_and_what_is_left(amount: tuple[int, int], persen: str | None, sisa: int) -> None:
    figures = Amount(*map(Decimal, amount))
    assert (figures.persen and str(figures.persen)) == persen
    assert figures.sisa == sisa


# --- as the desa stated it -----------------------------------------------------------------------


def stated(id_: str, kode: str, anggaran: str, realisasi: str | None = None, **more: Any) -> Draft:
    record = {"id": id_, "tahun": 2026, "jenis_anggaran": "murni", "kode_rekening": kode}
    figures = {"anggaran": anggaran, "realisasi": realisasi}
    return Draft("apbdes", id_, "put", START, {**record, **figures, **more})


PLAN = [
    stated("1", "4.1.1", "1000.50"),
    stated("2", "4.2.1", "500000", "250000.25", sumber_dana="dd"),
    stated("3", "4.2.3", "300000", sumber_dana="ADD"),
    stated("4", "4.2", "800000"),
    stated("5", "5.1.1.01", "300000", "150000", kode_kegiatan="01.01.01", sumber_dana="ADD"),
    stated("6", "5.3.5.03", "450000.50", "0", kode_kegiatan="02.03.10", sumber_dana="DD"),
    stated("7", "6.1.1", "9000"),
    stated("8", "6.2.2", "60000"),
]


@pytest.fixture
def house(databases: Databases) -> House:
    """Two desa: one with a budget, corrected once; the other with another year's."""
    house = House(databases)
    one, other = house.village(), house.village(f"{KODE}.2002")
    house.push(one, PLAN)
    house.push(one, [stated("6", "5.3.5.03", "450000.50", "1.75", kode_kegiatan="02.03.10")])
    house.push(other, [stated("1", "4.2.1", "700", "70"), stated("2", "4.2.9", "5", tahun=2025)])
    catch_up(databases.projector, house.now)
    return house


def asked(house: House, batch: int, **options: Any) -> Budget:
    with house.databases.reader.connect() as tx:
        found = budget(tx, Place(KODE_DESA, batch), 2026, "murni", **options)
    assert found is not None
    return found


def test_a_budget_as_of_each_batch(house: House) -> None:
    first, second = asked(house, 1), asked(house, 2)
    assert first.pendapatan.amount.anggaran == Decimal("801000.50")
    assert first.belanja.amount == Amount(Decimal("750000.50"), Decimal(150000))
    assert first.netto.anggaran == -51000
    assert first.surplus.anggaran == 51000
    assert first.balanced
    assert first.wrong_totals == ()
    assert second.belanja.amount.realisasi == Decimal("150001.75")
    assert [it.kode for tree in first.kegiatan for it in tree] == [
        "01",
        "01.01",
        "01.01.01",
        "02",
        "02.03",
        "02.03.10",
    ]


def test_sources_of_the_money(house: House) -> None:
    found = asked(house, 1)
    by_source: dict[str, dict[str, Decimal]] = defaultdict(dict)
    for source, amounts in found.sources.items():
        by_source[source] = {akun: it.anggaran for akun, it in amounts.items()}
    assert by_source == {
        "ADD": {"4": 300000, "5": 300000},
        "DD": {"4": 500000, "5": Decimal("450000.50")},
        "": {"4": Decimal("1000.50"), "6": 69000},
    }
    only = asked(house, 1, sumber_dana="DD")
    assert (only.pendapatan.amount.realisasi, only.belanja.amount.anggaran) == (
        Decimal("250000.25"),
        Decimal("450000.50"),
    )
    assert not only.balanced


def test_several_desa_side_by_side(house: House) -> None:
    with house.databases.reader.connect() as tx:
        where = places(tx, KODE)
        rows, together = recap(tx, where, 2026, "murni")
        assert known(tx, where) == [Known(2026, "murni", 2), Known(2025, "murni", 1)]
        assert recap(tx, where, 2026, "perubahan")[0] == []
        assert budget(tx, where[0], 2024, "murni") is None
    one, other = rows
    assert list(one.columns) == list(COLUMNS)
    assert (one.kode_desa, other.kode_desa) == (KODE_DESA, f"{KODE}.2002")
    planned = {name: it.anggaran for name, it in one.columns.items() if it.anggaran}
    assert planned == {
        "pad": Decimal("1000.50"),
        "dd": 500000,
        "add": 300000,
        "pendapatan": Decimal("801000.50"),
        "bidang-01": 300000,
        "bidang-02": Decimal("450000.50"),
        "belanja": Decimal("750000.50"),
        "netto": -51000,
    }
    assert together.columns["dd"] == Amount(Decimal(500700), Decimal("250070.25"))
    for name in COLUMNS:
        assert together.columns[name] == one.columns[name].plus(other.columns[name])
