"""What is masked is masked in every order too: no list is sorted or narrowed by it."""

import re

import pytest
from flask.testing import FlaskClient

from api import format as fmt
from api.data.records import sortable
from ledger import Draft
from ledger.catalogue import ENTITIES, Field
from projections.queries import penduduk as penduduk_queries
from projections.queries.catatan import TABLES
from tests.api.conftest import Web
from tests.ledger.catalogue.records import SOUND
from tests.simulator import KODE_DESA, START

NUMBERS = {"penduduk": ("5306141111111113", "5306141111111111", "5306141111111112")}
MASKED: list[tuple[str, Field]] = [
    (entity, field)
    for entity in TABLES
    for field in ENTITIES[entity].fields
    if fmt.is_hidden(field) or fmt.is_masked(field)
]


@pytest.fixture(scope="module")
def client(shared_web: Web) -> FlaskClient:
    village = shared_web.village()
    for entity in TABLES:
        kind = ENTITIES[entity]
        if entity == "desa":
            continue
        for id_ in (1, 2, 3):
            data = {**SOUND[entity], kind.key: id_ if kind.key == "id" else str(id_)}
            if entity == "apbdes":
                data["id"] = str(id_)
            if "nik" in kind.by_name:
                data["nik"] = NUMBERS["penduduk"][id_ - 1]
            shared_web.push(village, [Draft(str(entity), str(id_), "put", START, data)])
    shared_web.follow()
    return shared_web.log_in()


def test_there_are_such_fields() -> None:
    found = {(entity, it.name) for entity, it in MASKED}
    assert {("penduduk", "nik"), ("keluarga", "no_kk"), ("penduduk", "agama_id")} <= found
    assert len(found) > 20


@pytest.mark.parametrize(("entity", "field"), MASKED, ids=lambda it: getattr(it, "name", it))
def test_no_list_is_sorted_or_narrowed_by_it(
    client: FlaskClient, entity: str, field: Field
) -> None:
    name = field.name
    assert name not in sortable(entity)
    assert name not in penduduk_queries.SORTS
    assert name not in penduduk_queries.FACETS
    for address in (f"/desa/{KODE_DESA}/data/{entity}", f"/data/{entity}"):
        assert client.get(f"{address}?urut={name}").status_code == 404
        assert client.get(f"{address}?urut={name}&arah=turun&format=csv").status_code == 404
        page = client.get(f"{address}?kolom={name}").text
        assert f"urut={name}&" not in page
        assert f'urut={name}"' not in page
        assert f'name="{name}"' not in page
        whole, narrowed = (rows(client.get(f"{address}{it}").text) for it in ("", f"?{name}=1"))
        assert narrowed == whole
    for query in (f"urut={name}", f"{name}=1", f"{name}=-"):
        assert client.get(f"/v1/data/{entity}?{query}").status_code == 422


def rows(page: str) -> list[str]:
    return re.findall(r'<th scope="row"[^>]*>.*?</th>', page)


def test_what_is_shown_can_be_sorted_by(client: FlaskClient) -> None:
    page = client.get(f"/desa/{KODE_DESA}/data/keluarga").text
    assert re.search(r'href="[^"]*urut=[a-z_]+', page)
    assert client.get(f"/desa/{KODE_DESA}/data/penduduk?urut=nama").status_code == 200
