"""Desa and keys: what the office decides, and what it cannot."""

import pytest

from ledger import DesaUnknownError, SigningKey, dotted, read_entries
from ledger.database import Databases
from ledger.errors import DesaExistsError, KeyExistsError, KeyRefusedError, KodeError
from ledger.keys import LOW_ORDER, VerifierKey
from tests.simulator import KODE, KODE_DESA, House, penduduk


@pytest.fixture
def house(databases: Databases) -> House:
    return House(databases)


def vkey(name: str = f"desa/{KODE_DESA}/kades", seed: bytes = bytes(32)) -> str:
    return SigningKey(name, seed).verifier.to_vkey()


def office_log(house: House) -> list[tuple[str, str]]:
    with house.databases.reader.begin() as tx:
        entries = read_entries(tx, KODE, after=0, limit=100)
        return [(change.entity, change.id) for entry in entries for change in entry.changes()]


def test_a_desa_is_registered_with_either_spelling_of_its_code(house: House) -> None:
    assert house.registry.add_desa("5306142001", "  Lamika ").nama == "Lamika"
    assert [it.kode_desa for it in house.registry.desa()] == [KODE_DESA]
    assert house.registry.get_desa(KODE_DESA).nama == "Lamika"
    assert office_log(house)[-1] == ("registrasi_desa", KODE_DESA)


@pytest.mark.parametrize("kode", ["", "53.06.14", "53.06.14.20011", "5306142001x", "desa"])
def test_a_code_that_is_none(kode: str) -> None:
    with pytest.raises(KodeError):
        dotted(kode)


def test_a_desa_elsewhere_is_not_ours(house: House) -> None:
    with pytest.raises(KodeError):
        house.registry.add_desa("53.06.15.2001", "Jauh")


def test_a_desa_is_registered_once_and_the_second_try_leaves_no_entry(house: House) -> None:
    house.registry.add_desa(KODE_DESA, "Lamika")
    before = office_log(house)
    with pytest.raises(DesaExistsError):
        house.registry.add_desa(KODE_DESA, "Lamika")
    assert office_log(house) == before


def test_a_desa_needs_a_name(house: House) -> None:
    with pytest.raises(KodeError):
        house.registry.add_desa(KODE_DESA, "  ")


def test_an_unknown_desa_cannot_be_looked_up(house: House) -> None:
    with pytest.raises(DesaUnknownError):
        house.registry.get_desa(KODE_DESA)


def test_a_key_is_valid_from_the_next_position_on(house: House) -> None:
    village = house.village()
    house.push(village, [penduduk(1)])
    registered = house.registry.enrol(KODE_DESA, vkey())
    assert (registered.first, registered.end) == (2, None)
    assert [it.verifier.name for it in house.registry.keys(KODE_DESA)] == [
        f"desa/{KODE_DESA}/kades",
        village.key.name,
    ]
    assert office_log(house)[-1] == ("kunci_desa", f"desa/{KODE_DESA}/kades")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "bukan vkey",
        vkey("desa/53.06.14.2002/kades"),
        vkey("kades"),
        vkey(f"desa/{KODE_DESA}/"),
        vkey(f"desa/{KODE_DESA}/Kades"),
        vkey(f"server/{KODE_DESA}/kades"),
        VerifierKey(f"desa/{KODE_DESA}/kades", min(LOW_ORDER)).to_vkey(),
    ],
    ids=["empty", "none", "other desa", "short", "no label", "capital", "server", "low order"],
)
def test_a_key_that_cannot_be_registered(house: House, text: str) -> None:
    house.registry.add_desa(KODE_DESA, "Lamika")
    with pytest.raises(KeyRefusedError):
        house.registry.enrol(KODE_DESA, text)


def test_neither_a_name_nor_a_key_is_registered_twice(house: House) -> None:
    house.registry.add_desa(KODE_DESA, "Lamika")
    house.registry.enrol(KODE_DESA, vkey())
    with pytest.raises(KeyExistsError):
        house.registry.enrol(KODE_DESA, vkey(seed=b"\1" * 32))
    with pytest.raises(KeyExistsError):
        house.registry.enrol(KODE_DESA, vkey(f"desa/{KODE_DESA}/sekdes"))


def test_no_key_for_a_desa_that_is_not_there(house: House) -> None:
    with pytest.raises(DesaUnknownError):
        house.registry.enrol(KODE_DESA, vkey())
