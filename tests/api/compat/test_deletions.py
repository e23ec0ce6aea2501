"""Who is missing from a dump: deleted when they are few, waiting when they are many."""

from uuid import UUID, uuid4

import pytest
from flask.testing import FlaskClient

from ledger import MANY, UNREADABLE, Entry, read_entries
from projections.queries.penduduk import Filters, people
from tests.api.compat.conftest import Gate
from tests.api.compat.made import PROGRAMMES, crowd, csv_zip, dump, form
from tests.recorded import A, B
from tests.simulator import penduduk


def push(gate: Gate, first: int, last: int, kode_desa: str = A) -> str:
    """Upload a dump of the people from first to last; gives the operator's message."""
    data = form(dump(crowd(first, last, kode_desa)))
    message = gate.post("penduduk/storedata", kode_desa, data=data).get_json()["message"]
    assert isinstance(message, str)
    return message


def listed(gate: Gate, *ids: int, kode_desa: str = A) -> str:
    """Send a list of deletions; gives the operator's message."""
    items = [{"desa_id": kode_desa, "id_pend_desa": str(id_), "foto": None} for id_ in ids]
    answer = gate.post("penduduk", kode_desa, json={"hapus_penduduk": items})
    message = answer.get_json()["message"]
    assert isinstance(message, str)
    return message


def living(gate: Gate) -> set[int]:
    gate.follow()
    with gate.databases.reader.connect() as tx:
        return {int(it.id) for it in people(tx, A, Filters({}), limit=10_000).people}


@pytest.fixture
def client(gate: Gate) -> FlaskClient:
    return gate.log_in(gate.kode)


def decide(gate: Gate, client: FlaskClient, decision: str, upload: UUID | None = None) -> str:
    """Press one of the buttons; gives the page that follows."""
    waiting = gate.gateway.waiting(A)
    form_ = {
        "entitas": "penduduk",
        "unggahan": str(upload or waiting[0].upload),
        "keputusan": decision,
    }
    address = f"/desa/{A}/unggahan/penghapusan"
    return client.post(address, data=form_, follow_redirects=True).text


def test_twenty_may_go_at_once(gate: Gate) -> None:
    push(gate, 1, 100)
    assert "20 dihapus" in push(gate, 21, 100)
    assert living(gate) == set(range(21, 101))


def test_a_dump_cut_in_half_deletes_nobody_and_says_so(gate: Gate) -> None:
    push(gate, 1, 100)
    message = push(gate, 1, 50)
    assert "50 catatan tidak ada lagi dalam unggahan ini: belum dihapus" in message
    assert message in listed(gate)
    assert living(gate) == set(range(1, 101))
    (waiting,) = gate.gateway.waiting(A)
    assert (waiting.reason, len(waiting.ids)) == (MANY, 50)


def test_what_else_a_cut_dump_says_is_taken(gate: Gate) -> None:
    push(gate, 1, 100)
    rows = [*crowd(1, 49), *crowd(50, 50, nama="DIUBAH"), *crowd(200, 200)]
    message = gate.post("penduduk/storedata", data=form(dump(rows))).get_json()["message"]
    assert message.startswith("Data penduduk diterima: 1 baru, 1 berubah, 49 tetap.")
    assert "50 catatan tidak ada lagi" in message


def test_five_percent_of_many_may_go(gate: Gate) -> None:
    push(gate, 1, 1000)
    assert "50 dihapus" in push(gate, 51, 1000)
    push(gate, 1, 1000)
    assert "51 catatan tidak ada lagi" in push(gate, 52, 1000)


def test_when_they_come_back_nothing_waits(gate: Gate) -> None:
    push(gate, 1, 100)
    push(gate, 1, 50)
    push(gate, 1, 100)
    assert gate.gateway.waiting(A) == []


def test_when_some_come_back_the_others_are_few(gate: Gate) -> None:
    push(gate, 1, 100)
    push(gate, 1, 50)
    assert "10 dihapus" in push(gate, 1, 90)
    assert gate.gateway.waiting(A) == []


def test_staff_confirm_and_that_is_an_act_of_the_office(gate: Gate, client: FlaskClient) -> None:
    push(gate, 1, 100)
    push(gate, 1, 50)
    gate.follow()
    page = client.get(f"/desa/{A}/unggahan").text
    assert "50 penduduk menunggu untuk dihapus" in page
    assert "WARGA 77" in page
    assert "50 catatan dihapus" in decide(gate, client, "setuju")
    assert living(gate) == set(range(1, 51))
    *_, (heading, *deletes) = gate.logged()
    assert len(deletes) == 50
    assert {(it.op, it.derived) for it in deletes} == {("delete", "absent")}
    act = office_log(gate)[-1]
    (change,) = act.changes()
    assert (change.entity, b'"disetujui"' in bytes(change.data or b"")) == (
        "penghapusan_tertunda",
        True,
    )
    assert f'"persetujuan":{act.position}'.encode() in bytes(heading.data or b"")
    assert gate.gateway.waiting(A) == []


def office_log(gate: Gate) -> list[Entry]:
    with gate.databases.ingest.connect() as tx:
        return read_entries(tx, gate.kode, 0, 1000)


def test_staff_dismiss_and_nobody_goes(gate: Gate, client: FlaskClient) -> None:
    push(gate, 1, 100)
    push(gate, 1, 50)
    size = gate.size()
    assert "Tidak ada yang dihapus" in decide(gate, client, "abaikan")
    assert gate.gateway.waiting(A) == []
    assert gate.size() == size
    assert living(gate) == set(range(1, 101))
    (change,) = office_log(gate)[-1].changes()
    assert b'"diabaikan"' in bytes(change.data or b"")


def test_who_was_dismissed_waits_again_after_the_next_dump(
    gate: Gate, client: FlaskClient
) -> None:
    push(gate, 1, 100)
    push(gate, 1, 50)
    decide(gate, client, "abaikan")
    push(gate, 1, 50)
    assert len(gate.gateway.waiting(A)[0].ids) == 50


def test_a_decision_on_an_old_list_is_not_taken(gate: Gate, client: FlaskClient) -> None:
    push(gate, 1, 100)
    push(gate, 1, 50)
    seen = gate.gateway.waiting(A)[0].upload
    push(gate, 1, 40)
    assert "Periksa lagi daftarnya" in decide(gate, client, "setuju", seen)
    assert living(gate) == set(range(1, 101))
    assert "Periksa lagi" in decide(gate, client, "setuju", uuid4())


def test_two_clerks_decide_once(gate: Gate, client: FlaskClient) -> None:
    push(gate, 1, 100)
    push(gate, 1, 50)
    upload = gate.gateway.waiting(A)[0].upload
    decide(gate, client, "setuju", upload)
    size = gate.size()
    assert "sudah diputuskan" in decide(gate, client, "setuju", upload)
    assert gate.size() == size


@pytest.mark.parametrize("role", ["auditor", "operator"])
def test_who_only_looks_does_not_decide(gate: Gate, role: str) -> None:
    push(gate, 1, 100)
    push(gate, 1, 50)
    client = gate.log_in(A if role == "operator" else gate.kode, role)
    assert "Setujui" not in client.get(f"/desa/{A}/unggahan").text
    form_ = {
        "entitas": "penduduk",
        "unggahan": str(gate.gateway.waiting(A)[0].upload),
        "keputusan": "setuju",
    }
    assert client.post(f"/desa/{A}/unggahan/penghapusan", data=form_).status_code == 403
    assert living(gate) == set(range(1, 101))


def test_staff_of_another_desa_do_not_decide(gate: Gate) -> None:
    push(gate, 1, 100)
    push(gate, 1, 50)
    client = gate.log_in(B)
    form_ = {
        "entitas": "penduduk",
        "unggahan": str(gate.gateway.waiting(A)[0].upload),
        "keputusan": "setuju",
    }
    assert client.post(f"/desa/{A}/unggahan/penghapusan", data=form_).status_code == 404


def test_a_row_without_an_id_may_be_anybodys(gate: Gate) -> None:
    push(gate, 1, 10)
    rows = [*crowd(1, 8), *crowd(9, 9, id="")]
    message = gate.post("penduduk/storedata", data=form(dump(rows))).get_json()["message"]
    assert "1 tidak dibaca: baris 10 tanpa id." in message
    assert "2 catatan tidak ada lagi dalam unggahan ini: belum dihapus" in message
    assert gate.gateway.waiting(A)[0].reason == UNREADABLE
    assert living(gate) == set(range(1, 11))


def test_a_list_of_deletions_confirms_those_that_wait(gate: Gate) -> None:
    push(gate, 1, 100)
    push(gate, 1, 50)
    assert "Daftar hapus: 2 dihapus." in listed(gate, 60, 61)
    assert len(gate.gateway.waiting(A)[0].ids) == 48
    assert living(gate) == set(range(1, 101)) - {60, 61}


def test_who_is_in_the_dump_is_not_deleted_by_an_old_list(gate: Gate) -> None:
    """The list is a history; MySQL may give an id away again."""
    push(gate, 1, 10)
    assert "1 dalam daftar hapus masih ada dalam data penduduk" in listed(gate, 5)
    assert living(gate) == set(range(1, 11))


def test_after_a_dump_that_failed_the_list_is_all_that_is_known(gate: Gate) -> None:
    push(gate, 1, 10)
    gate.post("penduduk/storedata", data=form(b"rusak"))
    assert "Daftar hapus: 1 dihapus." in listed(gate, 5)
    assert living(gate) == set(range(1, 11)) - {5}


def test_programmes_are_guarded_too(gate: Gate) -> None:
    rows = "".join(f"{A},{id_},P{id_},1,,2026-01-01,2026-12-31,1,\n" for id_ in range(1, 31))
    gate.post("program-bantuan", data=form(csv_zip(PROGRAMMES + rows)))
    told = gate.post("program-bantuan", data=form(csv_zip(PROGRAMMES))).get_json()
    assert "30 catatan tidak ada lagi" in told["message"]
    assert gate.gateway.waiting(A)[0].entity == "program_bantuan"


def test_what_a_desa_signed_itself_is_known_to_the_gateway(gate: Gate) -> None:
    """A desa that changes from one way to the other does not begin anew."""
    push(gate, 1, 3)
    village = gate.village(A)
    gate.push(village, [penduduk(9, "DITANDATANGANI")])
    assert "1 dihapus, 3 tetap" in push(gate, 1, 3)
