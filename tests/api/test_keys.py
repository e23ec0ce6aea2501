"""Key notes over HTTP: what they answer, and who may look at keys."""

from typing import Any

import pytest

from ledger import KeyNote, SigningKey, code_hash, code_proof
from ledger.keys import LOW_ORDER, VerifierKey
from ledger.note import Note, Signature
from tests.api.conftest import Web
from tests.simulator import KODE_DESA, ORIGIN, START, Village, penduduk

URL = f"/v1/desa/{KODE_DESA}/keys"
LOG = f"{ORIGIN}/{KODE_DESA}"
NEW = SigningKey(f"desa/{KODE_DESA}/kades", b"7" * 32)
FOREIGN = SigningKey("desa/53.06.14.2002/kades", b"8" * 32)


def enrol(code: str, key: SigningKey = NEW, log: str = LOG) -> bytes:
    proof = code_proof(code_hash(code), key.verifier)
    return KeyNote(log, "enrol", key.verifier, START, code=proof).signed(key).to_bytes()


def rotate(old: SigningKey, new: SigningKey = NEW) -> bytes:
    said = KeyNote(LOG, "rotate", new.verifier, START, old=old.verifier)
    return said.signed(old, new).to_bytes()


def test_a_key_waits_is_accepted_and_listed(web: Web, village: Village) -> None:
    code, _ = web.registry.desa_keys.issue_code(KODE_DESA)
    note = enrol(code)
    answer = web.client.post(URL, data=note)
    assert answer.status_code == 202
    assert answer.json == {
        "kode_desa": KODE_DESA,
        "name": NEW.name,
        "vkey": NEW.verifier.to_vkey(),
        "fingerprint": NEW.verifier.fingerprint,
        "state": "waiting",
        "first": None,
        "end": None,
    }
    computer = Village(village.pinned, KODE_DESA, "kades")
    computer.key = NEW
    refused = web.client.post(
        f"/v1/desa/{KODE_DESA}/batches", data=computer.sign([penduduk(1)]).to_bytes()
    )
    assert (refused.status_code, refused.get_json()["code"]) == (403, "key-waiting")
    assert [it["name"] for it in web.client.get(URL).get_json()["items"]] == [village.key.name]
    web.registry.desa_keys.accept(KODE_DESA, "kades")
    again = web.client.post(URL, data=note)
    assert (again.status_code, again.get_json()["state"]) == (200, "valid")
    kades, _ = web.client.get(URL).get_json()["items"]
    assert (kades["name"], kades["how"], kades["note"]) == (NEW.name, "kode", note.decode())


def test_a_key_hands_over_over_http(web: Web, village: Village) -> None:
    answer = web.client.post(URL, data=rotate(village.key))
    assert (answer.status_code, answer.get_json()["state"], answer.get_json()["first"]) == (
        200,
        "valid",
        1,
    )
    _, old = web.client.get(URL).get_json()["items"]
    assert (old["state"], old["end"]) == ("ended", 1)


def weak() -> bytes:
    key = VerifierKey(NEW.name, min(LOW_ORDER))
    said = KeyNote(LOG, "enrol", key, START, code=bytes(32))
    return Note(said.to_text(), (Signature(key.name, key.key_id, bytes(64)),)).to_bytes()


def forged() -> bytes:
    lines = enrol("0000-0000-0000-0000").split(b"\n")
    other = NEW.sign("lain\n").signatures[0].to_line().encode()
    return b"\n".join([*lines[:-2], other, b""])


CASES: dict[str, tuple[Any, int, str]] = {
    "no note": (b"halo", 422, "key-note-grammar"),
    "nothing": (b"", 422, "key-note-grammar"),
    "long": (b"x" * 10_000, 422, "key-note-grammar"),
    "another log": (enrol("0000-0000-0000-0000", log="x.example/53.06.14.2001"), 422, "wrong-log"),
    "another desa": (enrol("0000-0000-0000-0000", key=FOREIGN), 403, "key-foreign"),
    "weak": (weak(), 403, "key-weak"),
    "forged": (forged(), 403, "signature"),
    "stranger": (rotate(SigningKey(f"desa/{KODE_DESA}/x", b"6" * 32)), 403, "key-unknown"),
    "wrong code": (enrol("0000-0000-0000-0000"), 403, "enrol-code"),
}


def test_every_refusal_of_a_note(web: Web, village: Village) -> None:
    before = web.ledger.head(KODE_DESA)
    for name, (note, status, code) in CASES.items():
        answer = web.client.post(URL, data=note)
        assert (answer.status_code, answer.get_json()["code"]) == (status, code), name
        assert answer.mimetype == "application/problem+json"
    taken = web.client.post(URL, data=rotate(village.key, village.key))
    assert (taken.status_code, taken.get_json()["code"]) == (409, "key-exists")
    web.registry.desa_keys.revoke(KODE_DESA, "sekdes-1")
    ended = web.client.post(URL, data=rotate(village.key))
    assert (ended.status_code, ended.get_json()["code"]) == (403, "key-not-valid")
    assert web.ledger.head(KODE_DESA) == before


def test_the_reason_why_a_code_is_none_is_a_fact(web: Web, village: Village) -> None:
    answer = web.client.post(URL, data=enrol("0000-0000-0000-0000"))
    assert answer.get_json()["reason"] == "unknown"
    assert village.key.name not in answer.text


@pytest.mark.parametrize("method", ["get", "post"])
def test_no_keys_of_a_desa_that_is_not_there(web: Web, method: str) -> None:
    note = enrol("0000-0000-0000-0000")
    data = {"data": note} if method == "post" else {}
    answer = getattr(web.client, method)("/v1/desa/53.06.14.2009/keys", **data)
    assert (answer.status_code, answer.get_json()["code"]) == (404, "desa-unknown")


def test_a_note_needs_no_form(web: Web, village: Village) -> None:
    """Signed requests are not forms: no token of a page is asked for."""
    web.app.config["WTF_CSRF_ENABLED"] = True
    assert web.client.post(URL, data=rotate(village.key)).status_code == 200


def test_disputed_batches_are_shown_as_such_until_acknowledged(web: Web, village: Village) -> None:
    for number in (1, 2):
        web.push(village, [penduduk(number)])
    keys = web.registry.desa_keys
    keys.revoke(KODE_DESA, "sekdes-1", suspected=2)
    staff = web.log_in()
    listed = staff.get(f"/desa/{KODE_DESA}/kiriman").text
    assert listed.count('<span class="st t">diragukan</span>') == 1
    assert "dicabut kecamatan" in listed
    assert "Diragukan" not in staff.get(f"/desa/{KODE_DESA}/kiriman/1").text
    assert "diduga dicuri sejak kiriman ke-2" in staff.get(f"/desa/{KODE_DESA}/kiriman/2").text
    keys.acknowledge(KODE_DESA, "sekdes-1")
    listed = staff.get(f"/desa/{KODE_DESA}/kiriman").text
    assert '<span class="st t">diragukan</span>' not in listed
    assert "diakui desa" in listed
    assert "Diragukan" not in staff.get(f"/desa/{KODE_DESA}/kiriman/2").text


def test_a_key_that_waits_is_shown_with_its_fingerprint(web: Web, village: Village) -> None:
    code, _ = web.registry.desa_keys.issue_code(KODE_DESA)
    web.client.post(URL, data=enrol(code))
    page = web.log_in().get(f"/desa/{village.kode_desa}/kiriman").text
    assert "Kunci menunggu diterima" in page
    assert NEW.verifier.fingerprint in page
