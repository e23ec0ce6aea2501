"""Families that no card states: concluded from people, as of any batch, and never doubled."""

from collections.abc import Mapping, Sequence
from datetime import date
from random import Random
from typing import Any

import pytest

from ledger import Draft
from ledger.database import Databases
from projections import catch_up, rebuild
from projections.mutasi import MUTASI_KELUARGA
from projections.queries import catatan
from projections.queries.indikator import indicators
from projections.queries.keluarga import family, members
from projections.queries.rincian import Whom, counts, rows
from projections.queries.statistik import Place, table
from tests.projections.accounts import families as account_of_families
from tests.projections.accounts import stored
from tests.simulator import KODE_DESA, START, House, Village, deleted, penduduk

ON = date(2026, 11, 24)
NO_KK, OTHER = "5306140101800011", "5306140101800012"
KEPALA, ISTRI, ANAK = 1, 3, 4


class Books:
    """A village whose pushes are read at once."""

    def __init__(self, databases: Databases) -> None:
        self.house = House(databases)
        self.village: Village = self.house.village()
        self.batch = 0

    def push(self, *drafts: Draft) -> None:
        self.house.push(self.village, drafts)
        catch_up(self.house.databases.projector, self.house.now)
        self.batch += 1

    def families(self, per: int | None = None) -> dict[str, Mapping[str, Any]]:
        where = [Place(KODE_DESA, per or self.batch)]
        with self.house.databases.reader.connect() as tx:
            found = catatan.page(tx, "keluarga", where, filters={}, concluded=True)
            assert catatan.count(tx, "keluarga", where, {}, concluded=True) == len(found)
            # What statistics count is what lists say to have a living head, by the same ids.
            active = sorted(it["id"] for it in found if it["kepala_hidup"])
            behind = rows(tx, Whom("keluarga"), where, ON, limit=len(found) + 1)
            assert sorted(it.record or "" for it in behind) == active
            total = table(tx, "keluarga", where, ON).total
            assert total.jumlah == len(active)
            # So does the monthly account, which was counted batch by batch.
            assert account_of_families(tx, where[0]) == (
                total.laki_laki,
                total.perempuan,
                total.jumlah,
            )
        return {it["id"]: it for it in found}

    def members(self, id_: str) -> Sequence[str]:
        place = Place(KODE_DESA, self.batch)
        with self.house.databases.reader.connect() as tx:
            card = family(tx, place, id_)
            assert card
            return [it["id"] for it in members(tx, place, card)]


@pytest.fixture
def books(databases: Databases) -> Books:
    return Books(databases)


def person(id_: int, nama: str, kk_level: int, **data: object) -> Draft:
    told = {"no_kk": NO_KK, "status_dasar": 1, "dusun": "LEWOHALA", **data}
    return penduduk(id_, nama, kk_level=kk_level, **told)


def card(id_: int, **data: object) -> Draft:
    return Draft("keluarga", str(id_), "put", START, {"id": id_, "no_kk": NO_KK, **data})


def told(found: Mapping[str, Any]) -> tuple[object, ...]:
    return tuple(found[it] for it in ("kepala", "dusun", "anggota", "kepala_hidup", "turunan"))


def test_who_shares_a_number_is_a_family_that_goes_by_its_head(books: Books) -> None:
    books.push(
        person(4, "ANA", ANAK),
        person(7, "YOHANES", KEPALA),
        person(9, "LENA", ISTRI, status_dasar=2),
        person(5, "PETRUS", KEPALA, no_kk=OTHER),
        penduduk(6, "TANPA KELUARGA", status_dasar=1),
    )
    found = books.families()
    assert list(found) == ["orang-5", "orang-7"]
    assert told(found["orang-7"]) == ("YOHANES", "LEWOHALA", 2, True, True)
    assert found["orang-7"]["kepala_id"] == 7
    assert found["orang-7"]["no_kk"] == NO_KK
    # Whoever is in it leads to it; the dead are in it too.
    assert books.members("orang-4") == books.members("orang-7") == ["7", "9", "4"]


def test_a_card_that_is_stated_takes_the_place_of_what_was_concluded(books: Books) -> None:
    books.push(person(7, "YOHANES", KEPALA), person(4, "ANA", ANAK))
    books.push(card(3, kepala_id=4))
    assert list(books.families(per=1)) == ["orang-7"]
    found = books.families()
    assert list(found) == ["3"]
    assert told(found["3"]) == ("ANA", "LEWOHALA", 2, True, False)
    assert books.members("3") == books.members("orang-7") == ["7", "4"]
    books.push(Draft("keluarga", "3", "delete", START))
    assert list(books.families()) == ["orang-7"]


def test_a_family_that_people_name_by_id_keeps_it(books: Books) -> None:
    books.push(
        person(7, "YOHANES", KEPALA, id_kk=3),
        person(4, "ANA", ANAK, id_kk=3, no_kk=None),
        person(5, "LENA", ISTRI),
    )
    found = books.families()
    assert {id_: it["anggota"] for id_, it in found.items()} == {"3": 3}
    assert books.members("3") == ["7", "5", "4"]
    books.push(card(3, no_kk=OTHER, kepala_id=7))
    # The card has another number now, but who is in it still shares theirs.
    assert {id_: (it["anggota"], it["turunan"]) for id_, it in books.families().items()} == {
        "3": (3, False)
    }
    assert books.members("3") == ["7", "5", "4"]


def test_a_family_without_anybody_alive_is_none_and_one_without_a_head_says_so(
    books: Books,
) -> None:
    books.push(person(7, "YOHANES", KEPALA, status_dasar=2), person(4, "ANA", ANAK))
    books.push(person(5, "PETRUS", KEPALA, no_kk=OTHER))
    assert told(books.families()["orang-7"]) == ("YOHANES", "LEWOHALA", 1, False, True)
    books.push(person(4, "ANA", ANAK, status_dasar=2), deleted(5))
    assert books.families() == {}
    assert list(books.families(per=2)) == ["orang-5", "orang-7"]


def test_places_of_a_card_are_those_of_its_wilayah(books: Books) -> None:
    place = {"id": 8, "dusun": "TANAH BELEN", "rw": "002", "rt": "001"}
    books.push(
        Draft("wilayah", "8", "put", START, place),
        person(7, "YOHANES", KEPALA, id_kk=3),
        card(3, kepala_id=7, id_cluster=8),
    )
    found = books.families()["3"]
    assert [found[it] for it in ("dusun", "rw", "rt")] == ["TANAH BELEN", "002", "001"]
    with books.house.databases.reader.connect() as tx:
        where = [Place(KODE_DESA, 1)]
        assert catatan.called(tx, "wilayah", where, ["8", "9"]) == {
            (KODE_DESA, "8"): "TANAH BELEN RW 002 RT 001"
        }
        assert catatan.called(tx, "keluarga", where, ["3"]) == {(KODE_DESA, "3"): "YOHANES"}


def test_statistics_count_what_lists_do_whatever_a_village_states(books: Books) -> None:
    random = Random(7)
    numbers = [f"530614010180001{it}" for it in range(4)]

    def any_of(*values: object) -> Any:
        return random.choice([*values, None])

    def anybody() -> Draft:
        stated: dict[str, Any] = {
            "kk_level": any_of(1, 1, 3, 4),
            "status_dasar": random.choice([1, 1, 2]),
            "sex": random.choice([1, 2]),
        }
        family: dict[str, Any] = {"no_kk": any_of(*numbers), "id_kk": any_of(1, 2, 3)}
        return penduduk(random.randrange(1, 12), **stated, **family)

    def any_card() -> Draft:
        facts = {"no_kk": any_of(*numbers), "kepala_id": any_of(*range(1, 13))}
        return card(random.randrange(1, 5), **facts)

    shown: set[bool] = set()
    for _ in range(25):
        books.push(
            *(random.choice([anybody, anybody, any_card])() for _ in range(4)),
            Draft("keluarga", str(random.randrange(1, 5)), "delete", START),
            deleted(random.randrange(1, 12)),
        )
        shown |= {it["turunan"] for it in books.families().values() if it["kepala_hidup"]}
    assert shown == {True, False}
    house = books.house
    with house.databases.reader.connect() as tx:
        live = stored(tx, KODE_DESA)
    rebuild(house.databases.projector, [MUTASI_KELUARGA], [KODE_DESA], house.now)
    with house.databases.reader.connect() as tx:
        assert stored(tx, KODE_DESA) == live


def test_the_families_of_a_village_without_cards_are_counted_in_every_statistic(
    books: Books,
) -> None:
    programme = {"id": 1, "nama": "PKH", "sasaran": 2}
    taking = {"id": 1, "program_id": 1, "sasaran": 2, "peserta": NO_KK}
    books.push(
        person(7, "YOHANES", KEPALA, sex=1),
        person(9, "LENA", ISTRI, sex=2),
        person(4, "ANA", ANAK, sex=2),
        person(5, "PETRA", KEPALA, sex=2, no_kk=OTHER, dusun="TANAH BELEN"),
        Draft("program_bantuan", "1", "put", START, programme),
        Draft("peserta_bantuan", "1", "put", START, taking),
    )
    where = [Place(KODE_DESA, books.batch)]
    with books.house.databases.reader.connect() as tx:
        classes = table(tx, "kelas-sosial", where, ON)
        aid = table(tx, "bantuan-keluarga", where, ON)
        there = table(tx, "keluarga", where, ON, "TANAH BELEN")
        average = {it.name: it.value for it in indicators(tx, where, ON)}["anggota-keluarga"]
        assert counts(tx, Whom("bantuan-keluarga", ("1",)), where, ON) == {KODE_DESA: 1}
    assert (classes.total.jumlah, classes.belum_mengisi.jumlah) == (2, 2)
    assert [it.count.jumlah for it in aid.lines] == [1, 1]
    assert (there.total.jumlah, there.total.perempuan) == (1, 1)
    assert average == 2
