"""/v1/data, page by page: every kind of record in every order, as the same rows sorted here."""

import random
from typing import Any, Final

import pytest
from flask.testing import FlaskClient

from api.data.records import sortable
from ledger import Draft
from ledger.catalogue import ENTITIES, Field
from projections.queries import catatan
from tests.api.conftest import Web
from tests.ledger.catalogue.records import SOUND
from tests.simulator import KODE_DESA, START

OTHER: Final = "53.06.14.2002"
POOL: Final[tuple[Any, ...]] = (
    1, 2, 3, 10, 2026, 2025, True, False, "2026-01-31", "1990-04-20", "0001-01-01", "9999-12-31",
    "4.1.1.01", "5.1.2.01", "01.01.01", "02.03.04", "DUSUN A", "dusun b", "001", "002", "10",
)  # fmt: skip
PER_PAGE: Final = 3


def is_sound(field: Field, value: object) -> bool:
    """Whether a field reads this and finds nothing amiss."""
    amiss = []
    read = field.read(value, lambda code, _value: amiss.append(code))
    return read is not None and not amiss


def told(field: Field) -> list[Any]:
    """What a field may say: few values, so that some say the same; or nothing."""
    sound = [it for it in getattr(field.kind, "words", POOL) if is_sound(field, it)]
    # What a record must have it has, or it would not be there.
    return [*sound, *([] if field.blank else [None])]


def record(entity: str, id_: int, chance: random.Random) -> Draft:
    kind = ENTITIES[entity]
    data = dict(SOUND[entity])
    for name in sortable(entity):
        if name not in {kind.key, "id"} and (choices := told(kind.by_name[name])):
            data[name] = chance.choice(choices)
    data[kind.key] = id_ if kind.key == "id" and entity != "apbdes" else str(id_)
    return Draft(str(entity), str(id_), "put", START, data)


@pytest.fixture(scope="module")
def client(shared_web: Web) -> FlaskClient:
    chance = random.Random(9)
    for kode_desa in (KODE_DESA, OTHER):
        village = shared_web.village(kode_desa)
        for entity in catatan.TABLES:
            if entity == "desa":
                data = SOUND["desa"] | {"kode_desa": kode_desa}
                shared_web.push(village, [Draft("desa", kode_desa, "put", START, data)])
            else:
                ids = (1, 2, 3, 9, 10, 11, 100)
                shared_web.push(village, [record(entity, it, chance) for it in ids])
    shared_web.follow()
    return shared_web.log_in()


def whole(client: FlaskClient, entity: str, query: str = "") -> list[dict[str, Any]]:
    """The list, page by page."""
    found: list[dict[str, Any]] = []
    after = ""
    while True:
        answer = client.get(f"/v1/data/{entity}?batas={PER_PAGE}{query}{after}")
        assert answer.status_code == 200, answer.text
        page = answer.get_json()
        found += page["items"]
        if page["berikut"] is None:
            return found
        after = f"&setelah={page['berikut']}"


@pytest.mark.parametrize("entity", list(catatan.TABLES))
def test_pages_are_the_rows_in_order(client: FlaskClient, entity: str) -> None:
    rows = whole(client, entity)
    assert len(rows) >= (2 if entity == "desa" else PER_PAGE + 1)
    assert rows == sorted(rows, key=lambda it: (it["kode_desa"], len(it["id"]), it["id"]))
    for name in sortable(entity):
        stated = [it for it in rows if it[name] is not None]
        values: dict[str, Any] = {"key": lambda it, name=name: in_order(name, it[name])}
        for way, backwards in (("naik", False), ("turun", True)):
            expected = sorted(stated, reverse=backwards, **values)
            expected += [it for it in rows if it[name] is None]
            assert whole(client, entity, f"&urut={name}&arah={way}") == expected, (name, way)


def in_order(name: str, value: Any) -> Any:
    """What is compared of a value."""
    return (len(value), value) if name == "id" else value


def test_the_orders_have_ties_and_gaps(client: FlaskClient) -> None:
    """So that the test above says something."""
    ties, gaps, all_ = 0, 0, 0
    for entity in catatan.TABLES:
        rows = whole(client, entity)
        for name in sortable(entity):
            values = [it[name] for it in rows]
            all_ += 1
            gaps += 0 < values.count(None) < len(values)
            ties += len(set(values) - {None}) < len(values) - values.count(None)
    assert min(ties, gaps) > all_ / 3


@pytest.mark.parametrize("entity", [it for it in catatan.TABLES if "id" in sortable(it)])
def test_records_are_found_by_id(client: FlaskClient, entity: str) -> None:
    of_all = whole(client, entity)
    id_ = of_all[-1]["id"]
    found = client.get(f"/v1/data/{entity}?id={id_}").get_json()["items"]
    assert found == [it for it in of_all if it["id"] == id_]


def test_a_place_in_one_list_is_none_in_another(client: FlaskClient, shared_web: Web) -> None:
    """Whatever else this office seals: words of a search, or the place in another order."""
    posted = client.post(f"/desa/{KODE_DESA}/penduduk", data={"cari": '["53.06.14.2001",{}]'})
    tokens = [posted.location.partition("cari=")[2]]
    for query in ("aparatur?", "penduduk?urut=dusun&", "penduduk?urut=rw&arah=turun&"):
        page = client.get(f"/v1/data/{query}batas=1").get_json()
        tokens.append(page["berikut"])
    for token in (*tokens, "x", ""):
        for query in ("", "&urut=rw", "&urut=tanggal_lahir"):
            answer = client.get(f"/v1/data/penduduk?setelah={token}{query}")
            assert answer.status_code == 422
