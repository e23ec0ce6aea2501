"""Pages and programs are told of an erasure, and of nothing else about the person."""

import io
from uuid import uuid4

from ledger import Order, Outcome, Upload, Wish
from ledger.opensid import Submission
from projections import PROJECTIONS, forget
from tests.api.conftest import Web
from tests.simulator import KODE_DESA, Village, penduduk

NIK = "5306145203850001"
NAMA = "MARIA GORETI"
GROUND = "UU 27/2022 pasal 43"
ORDER = Order("permintaan", GROUND, "470/12", "camat", "sekcam")


def redact(web: Web) -> None:
    web.redactions.redact(Wish(KODE_DESA, "penduduk", "8271"), ORDER)
    forget(web.databases.projector, PROJECTIONS, web.now)


def test_pages_say_on_what_ground(web: Web, village: Village) -> None:
    web.push(village, [penduduk(1), penduduk(8271, NAMA, nik=NIK)])
    web.follow()
    redact(web)
    client = web.log_in()
    person = client.get(f"/desa/{KODE_DESA}/penduduk/8271")
    assert person.status_code == 410
    batch = client.get(f"/desa/{KODE_DESA}/kiriman/1")
    assert batch.status_code == 200
    for page in (person.text, batch.text):
        assert f"atas dasar {GROUND}" in page
        assert NAMA not in page
    assert "Isi sama dengan yang ditandatangani" in batch.text
    assert "tinggal hash-nya" in batch.text
    assert client.get(f"/desa/{KODE_DESA}/penduduk/8272").status_code == 404
    assert "dinyatakan lagi" not in client.get(f"/desa/{KODE_DESA}/kiriman").text


def test_who_comes_back_is_told(web: Web, village: Village) -> None:
    web.push(village, [penduduk(8271, NAMA)])
    web.follow()
    redact(web)
    web.push(village, [penduduk(8271, NAMA)])
    web.follow()
    client = web.log_in()
    assert "lalu dinyatakan lagi" in client.get(f"/desa/{KODE_DESA}/kiriman").text
    page = client.get(f"/desa/{KODE_DESA}/penduduk/8271")
    assert page.status_code == 200
    assert "lalu dinyatakan lagi oleh desa" in page.text


def test_programs_are_told_what_to_erase(web: Web, village: Village) -> None:
    web.push(village, [penduduk(1), penduduk(8271, NAMA)])
    web.follow()
    redact(web)
    client = web.log_in()
    answer = client.get(f"/v1/data/penduduk?desa={KODE_DESA}").get_json()
    assert [it["id"] for it in answer["items"]] == ["1"]
    (erased,) = answer["dihapus"]
    assert (erased["id"], erased["dasar_hukum"]) == ("8271", GROUND)
    assert client.get(f"/v1/data/keluarga?desa={KODE_DESA}").get_json()["dihapus"] == []


def test_an_upload_says_that_its_file_was_erased(web: Web, village: Village) -> None:
    web.tokens.issue(KODE_DESA, "OpenSID")
    evidence = web.blobs.keep_stream(io.BytesIO(f"{NIK};{NAMA}".encode()))
    upload = Upload(KODE_DESA, "penduduk/storedata", "penduduk", "t", evidence.sha256, 9)
    records = {"8271": {"id": 8271, "nama": NAMA, "nik": NIK}}
    outcome = web.gateway.take(upload, Submission("penduduk", records), lambda: evidence)
    web.follow()
    address = f"/desa/{KODE_DESA}/unggahan/{outcome.id}"
    client = web.log_in()
    assert "Berkas asli" not in client.get(address).text
    redact(web)
    assert f"atas dasar {GROUND}" in client.get(address).text
    assert client.get(f"/desa/{KODE_DESA}/unggahan/{uuid4()}").status_code == 404


def test_a_retry_of_a_redacted_batch_is_answered_over_http(web: Web, village: Village) -> None:
    batch = village.sign([penduduk(1, "SITI", agama_id=77), penduduk(8271, NAMA, agama_id=77)])
    url = f"/v1/desa/{KODE_DESA}/batches"
    first = web.client.post(url, data=batch.to_bytes()).get_json()
    lines = {it["line"] for it in first["findings"]["items"]}
    assert lines == {1, 2}
    redact(web)
    again = web.client.post(url, data=batch.to_bytes())
    assert again.status_code == 200
    told = again.get_json()
    assert {it["line"] for it in told["findings"]["items"]} == {1}
    assert told["manifest"] == first["manifest"]


def test_the_gateway_goes_on_and_takes_back_who_is_still_stated(
    web: Web, village: Village
) -> None:
    """A dump without the person changes nothing; one with them brings them back, as new."""
    web.tokens.issue(KODE_DESA, "OpenSID")
    everybody: dict[str, dict[str, object]] = {
        str(it): {"id": it, "nama": f"ORANG {it}"} for it in (1, 2, 8271)
    }
    left = {id_: it for id_, it in everybody.items() if id_ != "8271"}
    evidence = web.blobs.keep_stream(io.BytesIO(b"table"))

    def dump(records: dict[str, dict[str, object]]) -> Outcome:
        upload = Upload(KODE_DESA, "penduduk/storedata", "penduduk", "t", evidence.sha256, 9)
        present = frozenset(records)
        whole = Submission("penduduk", records, whole=True, present=present)
        return web.gateway.take(upload, whole, lambda: evidence)

    dump(everybody)
    redact(web)
    again = dump(left)
    assert (again.new, again.changed, again.deleted, again.positions) == (0, 0, 0, ())
    back = dump(everybody)
    assert (back.new, back.unchanged) == (1, 2)
