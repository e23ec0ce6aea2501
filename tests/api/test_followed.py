"""What is asked of read models that stand still: no answer claims a batch that is not in it."""

import csv
import io

import pytest
from flask.testing import FlaskClient
from sqlalchemy import text as statement

from ledger import Draft
from tests.api.conftest import Web
from tests.api.markup import text
from tests.ledger.catalogue.records import SOUND
from tests.simulator import KODE_DESA, START, penduduk

HERE = f"/desa/{KODE_DESA}"
APBDES = f"/v1/data/apbdes?desa={KODE_DESA}"


def line(id_: int, kode: str) -> Draft:
    stated = {**SOUND["apbdes"], "id": str(id_), "kode_rekening": kode}
    return Draft("apbdes", str(id_), "put", START, stated)


@pytest.fixture(scope="module")
def client(shared_web: Web) -> FlaskClient:
    """Two batches; the second is in all read models but that of the budgets, which is parked."""
    village = shared_web.village()
    shared_web.push(village, [penduduk(1, "SITI"), line(1, "4.1.1.01.")])
    shared_web.push(village, [penduduk(2, "BUDI"), line(2, "4.1.2.01.")])
    shared_web.follow()
    with shared_web.databases.projector.begin() as tx:
        # As the runner leaves it behind when it has given up at the second.
        tx.execute(statement("DELETE FROM projections.apbdes WHERE from_batch = 2"))
        tx.execute(
            statement("""
                UPDATE projections.position SET position = 1, attempts = 6, parked_at = now(),
                    error = 'ValueError'
                WHERE projection = 'apbdes'
            """)
        )
    return shared_web.log_in(role="camat")


def test_a_list_says_the_batch_that_is_in_it(client: FlaskClient) -> None:
    found = client.get(APBDES).get_json()
    assert [it["id"] for it in found["items"]] == ["1"]
    assert found["per"] == [{"kode_desa": KODE_DESA, "kiriman": 1}]
    # The others go on.
    assert client.get("/v1/data/penduduk").get_json()["per"][0]["kiriman"] == 2


@pytest.mark.parametrize("asked", ["per=2", "per=2&format=csv", "sampai=2", "sampai=2&format=csv"])
def test_a_batch_that_was_given_up_is_not_waited_for(client: FlaskClient, asked: str) -> None:
    answer = client.get(f"{APBDES}&{asked}")
    assert (answer.status_code, answer.get_json()["code"]) == (503, "parked")
    assert "berhenti" in answer.get_json()["detail"]
    assert "coba lagi" not in answer.get_json()["detail"]
    assert "Retry-After" not in answer.headers


def test_what_was_there_before_is_given(client: FlaskClient) -> None:
    for asked in ("per=1", "sampai=1"):
        assert len(client.get(f"{APBDES}&{asked}").get_json()["items"]) == 1
    rows = csv.DictReader(io.StringIO(client.get(f"{APBDES}&per=1&format=csv").text))
    assert len(list(rows)) == 1
    assert client.get(f"{APBDES}&per=3").status_code == 422
    assert client.get(f"{APBDES}&sampai=3").status_code == 404


def test_one_that_is_late_is_asked_for_again(shared_web: Web, client: FlaskClient) -> None:
    late, sql = (
        "53.06.14.2002",
        "UPDATE projections.position SET position = 0 WHERE kode_desa = :k",
    )
    shared_web.push(shared_web.village(late), [line(1, "4.1.1.01.")])
    shared_web.follow()
    with shared_web.databases.projector.begin() as tx:
        tx.execute(statement(f"{sql} AND projection = 'apbdes'"), {"k": late})
    answer = client.get(f"/v1/data/apbdes?desa={late}&per=1")
    assert (answer.status_code, answer.get_json()["code"]) == (503, "not-followed")
    assert int(answer.headers["Retry-After"]) > 0
    assert [it["kiriman"] for it in client.get("/v1/data/apbdes").get_json()["per"]] == [1, 0]
    assert client.get(f"/v1/data/penduduk?desa={late}&per=1").status_code == 200


@pytest.mark.parametrize("page", ["data/apbdes", "apbdes", "data"])
def test_a_page_of_what_stands_still_is_as_of_what_it_shows(
    client: FlaskClient, page: str
) -> None:
    said = text(client.get(f"{HERE}/{page}"))
    assert "Keadaan per kiriman ke-1 ·" in said
    assert "Belum lengkap: pengolahan apbdes berhenti" in said.replace("APBDes", "apbdes")
    assert "masa lalu" not in said
    late = client.get(f"{HERE}/{page}?per=2")
    assert late.status_code == 503
    assert "pengolahannya berhenti" in late.text


def test_a_file_of_what_stands_still_says_what_it_holds(client: FlaskClient) -> None:
    file = client.get(f"{HERE}/data/apbdes?format=json").get_json()
    assert len(file["baris"]) == 1
    assert any("kiriman ke-1" in it for it in file["keterangan"])
    named = client.get(f"{HERE}/data/apbdes?format=csv").headers["Content-Disposition"]
    assert f"apbdes-{KODE_DESA}-kiriman-1.csv" in named
    report = client.get(f"{HERE}/apbdes?format=json").get_json()
    assert any("kiriman ke-1" in it for it in report["keterangan"])


@pytest.mark.parametrize("page", ["penduduk", "statistik?nama=umur", "laporan-bulanan"])
def test_pages_of_all_else_go_on(client: FlaskClient, page: str) -> None:
    assert "Keadaan per kiriman ke-2 ·" in text(client.get(f"{HERE}/{page}"))
    assert client.get(f"{HERE}/{page}{'&' if '?' in page else '?'}per=2").status_code == 200
