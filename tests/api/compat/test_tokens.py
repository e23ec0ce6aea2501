"""Tokens over HTTP: log-in, log-out, and what is no token."""

from datetime import timedelta
from typing import Any

import jwt
import pytest

from ledger import Entry, read_entries
from ledger.tokens import LIFETIME
from tests.api.compat.conftest import Gate
from tests.recorded import A, B
from tests.simulator import KODE

PASSWORD = "Rahasia#123"
EMPTY: dict[str, Any] = {"hapus_penduduk": []}
DATA = (
    ("GET", "test"),
    ("POST", "penduduk"),
    ("POST", "penduduk/storedata"),
    ("POST", "identitas-desa"),
    ("POST", "program-bantuan"),
    ("POST", "program-bantuan/peserta"),
    ("POST", "pembangunan"),
    ("POST", "pembangunan/dokumentasi"),
    ("POST", "laporan-apbdes"),
    ("POST", "laporan-penduduk"),
    ("POST", "pesan"),
    ("POST", "pesan/getpesan"),
    ("GET", "pesan/detail"),
    ("GET", "surat"),
    ("POST", "surat/kirim"),
    ("GET", "surat/download"),
    ("GET", "auth/me"),
    ("POST", "auth/logout"),
    ("POST", "auth/refresh"),
)


def ask(gate: Gate, method: str, path: str, token: str | None) -> Any:
    headers = {} if token is None else {"Authorization": token}
    return gate.client.open(f"/api/v1/{path}", method=method, headers=headers)


def log_in(gate: Gate, email: str, password: str = PASSWORD) -> Any:
    return gate.client.post("/api/v1/auth/login", json={"email": email, "password": password})


@pytest.mark.parametrize(
    "token", [None, "", "Bearer", "Bearer x", "Basic eA==", "Bearer a.b.c", "Bearer \u00e4"]
)
def test_without_a_token_nothing_is_done(gate: Gate, token: str | None) -> None:
    for method, path in DATA:
        answer = ask(gate, method, path, token)
        body = answer.get_json()
        assert answer.status_code in {200, 401, 422}
        assert "Token" in body["message"]
        assert body.get("status") in {None, False, "danger"}
        assert body.get("success") in {None, False}
    assert gate.gateway.uploads(A) == []


def test_every_address_that_wants_a_token_is_in_the_test_above(gate: Gate) -> None:
    open_ = {("POST", "auth/login"), ("POST", "penduduk/test")}
    addresses = {
        (method, rule.rule.removeprefix("/api/v1/"))
        for rule in gate.app.url_map.iter_rules()
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
        if rule.rule.startswith("/api/v1/") and "<" not in rule.rule
    }
    assert addresses - open_ == set(DATA)


def test_a_token_of_another_office_is_none(gate: Gate) -> None:
    claims = jwt.decode(gate.tokens_of[A], options={"verify_signature": False})
    forged = jwt.encode(claims, "another secret of thirty-two bytes", algorithm="HS256")
    unsigned = jwt.encode(claims, "", algorithm="none")
    for token in (forged, unsigned):
        answer = ask(gate, "POST", "penduduk", f"Bearer {token}")
        assert answer.status_code == 401


def test_a_token_says_whose_it_is_and_lives_long(gate: Gate) -> None:
    claims = jwt.decode(gate.tokens_of[A], options={"verify_signature": False})
    assert claims["sub"] == A
    assert claims["exp"] - claims["iat"] == LIFETIME.total_seconds()


def test_a_line_break_that_was_pasted_does_not_matter(gate: Gate) -> None:
    token = gate.tokens_of[A]
    broken = f"Bearer {token[:40]} {token[40:]}"
    assert ask(gate, "GET", "test", broken).get_json()["status"] == "success"


def test_a_revoked_token_stops_at_once(gate: Gate) -> None:
    assert gate.post("penduduk", json=EMPTY).status_code == 200
    (token,) = gate.tokens.of(A)
    gate.tokens.revoke(A, token.id)
    answer = gate.post("penduduk", json=EMPTY)
    assert answer.status_code == 401
    assert "sudah dicabut" in answer.get_json()["message"]


def test_an_old_token_is_none(gate: Gate) -> None:
    gate.now.time += LIFETIME
    assert "kedaluwarsa" in gate.post("penduduk", json=EMPTY).get_json()["message"]


def test_the_register_keeps_no_token_only_its_hash(gate: Gate) -> None:
    with gate.databases.ingest.connect() as tx:
        kept = "".join(map(str, tx.exec_driver_sql("SELECT * FROM ledger.token").all()))
    assert gate.tokens_of[A] not in kept
    assert gate.tokens_of[A].split(".")[2] not in kept


def test_that_a_token_was_issued_and_revoked_is_in_the_offices_log(gate: Gate) -> None:
    (token,) = gate.tokens.of(A)
    gate.tokens.revoke(A, token.id)
    acts = [it for entry in office_log(gate) for it in entry.changes() if it.id == token.id]
    states = [bytes(it.data).decode() for it in acts if it.data]
    assert ['"keadaan":"berlaku"' in states[0], '"keadaan":"dicabut"' in states[1]] == [True] * 2
    assert gate.tokens_of[A] not in "".join(states)


def office_log(gate: Gate) -> list[Entry]:
    with gate.databases.ingest.connect() as tx:
        return read_entries(tx, gate.kode, 0, 1000)


# --- log-in --------------------------------------------------------------------------------------


@pytest.fixture
def operator(gate: Gate) -> str:
    gate.accounts.add("operator@suka-maju.desa.id", "Operator", "operator", A, PASSWORD)
    return "operator@suka-maju.desa.id"


def test_a_desas_user_gets_a_token(gate: Gate, operator: str) -> None:
    answer = log_in(gate, operator)
    body = answer.get_json()
    assert answer.status_code == 200
    assert (body["token_type"], body["expires_in"]) == ("Bearer", LIFETIME.total_seconds())
    me = ask(gate, "GET", "auth/me", f"Bearer {body['access_token']}").get_json()
    assert me["user"]["desa"] == A


def test_a_form_will_do_for_json(gate: Gate, operator: str) -> None:
    form = {"email": operator, "password": PASSWORD}
    assert gate.client.post("/api/v1/auth/login", data=form).status_code == 200


@pytest.mark.parametrize(
    "body", [None, [], {}, {"email": "x"}, {"email": 1, "password": []}, {"password": "x"}]
)
def test_a_log_in_without_name_or_password(gate: Gate, body: object) -> None:
    answer = gate.client.post("/api/v1/auth/login", json=body)
    assert answer.status_code in {401, 422}
    assert answer.get_json()["message"]


def test_a_wrong_password_is_told_and_slowed_down(gate: Gate, operator: str) -> None:
    answers = [log_in(gate, operator, "salah") for _ in range(12)]
    assert {it.status_code for it in answers[:5]} == {401}
    assert answers[0].get_json() == {"message": "Pengguna tidak dikenali"}
    assert 429 in {it.status_code for it in answers}
    gate.now.time += timedelta(minutes=6)
    assert log_in(gate, operator).status_code == 200


def test_an_account_that_owes_more_than_a_password_gets_none(gate: Gate, operator: str) -> None:
    once = gate.accounts.one_time(operator)
    answer = log_in(gate, operator, once)
    assert answer.status_code == 422
    assert "halaman web" in answer.get_json()["message"]


def test_staff_of_the_office_get_none(gate: Gate) -> None:
    gate.accounts.add("camat", "Camat", "camat", gate.kode, PASSWORD)
    answer = log_in(gate, "camat")
    assert answer.status_code == 422
    assert answer.get_json()["message"].startswith("Akses tidak diizinkan")


def test_log_out_is_of_one_token(gate: Gate, operator: str) -> None:
    ours = log_in(gate, operator).get_json()["access_token"]
    ask(gate, "POST", "auth/logout", f"Bearer {ours}")
    assert ask(gate, "GET", "test", f"Bearer {ours}").status_code == 401
    for kode_desa in (A, B):
        token = f"Bearer {gate.tokens_of[kode_desa]}"
        assert ask(gate, "GET", "test", token).get_json()["status"] == "success"


def test_a_refreshed_token_takes_the_place_of_the_old(gate: Gate) -> None:
    old = f"Bearer {gate.tokens_of[A]}"
    new = ask(gate, "POST", "auth/refresh", old).get_json()["access_token"]
    assert ask(gate, "GET", "test", old).status_code == 401
    assert A in ask(gate, "GET", "test", f"Bearer {new}").get_json()["message"]


def test_an_unknown_address_is_told_as_json(gate: Gate) -> None:
    for method in ("GET", "POST", "PUT", "DELETE"):
        answer = ask(gate, method, "tidak/ada", None)
        assert (answer.status_code, answer.get_json()["status"]) == (404, "danger")


def test_kode_of_the_office_is_no_desa(gate: Gate) -> None:
    assert gate.kode != KODE
    with pytest.raises(Exception, match="belum terdaftar"):
        gate.tokens.issue(gate.kode, "x")
