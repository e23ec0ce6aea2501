"""Pages of accounts: one's own, and everybody's for an administrator."""

import re
from dataclasses import replace
from datetime import timedelta
from urllib.parse import unquote

import pyotp
import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from api.app import create_app
from api.auth import safe_target
from tests.api.conftest import PASSWORD, Web
from tests.api.markup import well_formed
from tests.simulator import KODE, KODE_DESA

NEW = "kata sandi yang lain"


@pytest.fixture
def admin(web: Web) -> FlaskClient:
    return web.log_in(KODE, "administrator")


def try_log_in(web: Web, username: str, password: str) -> tuple[FlaskClient, TestResponse]:
    client = web.app.test_client()
    form = {"username": username, "password": password}
    return client, client.post("/masuk", data=form)


# --- where a log-in leads ------------------------------------------------------------------------

AWAY = (
    "//jahat.example",
    "/\\jahat.example",
    "/\t/jahat.example/masuk",
    "/\n/jahat.example",
    "/\r/jahat.example",
    "\t//jahat.example",
    "/desa\\..\\..//jahat.example",
    "/\x00x",
    "/\nx",
    "/x\r\nSet-Cookie: a=b",
    "/\x7fx",
    "/\u2028x",
    "https://jahat.example",
    "jahat.example",
    "javascript:alert(1)",
    "",
)
"""What a browser would take for another site's, or for no address at all."""


@pytest.mark.parametrize("target", AWAY)
def test_a_log_in_leads_nowhere_else(web: Web, target: str) -> None:
    client = web.log_in()
    forms = {"username": f"staf.{KODE}", "password": PASSWORD, "ke": target}
    for answer in (
        web.app.test_client().post("/masuk", data=forms),
        web.app.test_client().post("/masuk", query_string={"ke": target}, data=forms),
        client.get("/masuk", query_string={"ke": target}),
    ):
        assert (answer.status_code, answer.location) in {(302, "/"), (400, None), (404, None)}
    # A form that was given leads back the same way.
    with web.app.test_request_context():
        assert safe_target(target) == "/"


@pytest.mark.parametrize("target", ["/desa", "/desa/53.06.14.2001/data/surat/470 12?per=2&x=é"])
def test_a_log_in_leads_back(web: Web, target: str) -> None:
    answer = web.log_in().get("/masuk", query_string={"ke": target})
    assert unquote(answer.location) == target


# --- the cookie ----------------------------------------------------------------------------------


def test_the_cookie_is_of_this_host_and_https_behind_a_proxy_that_says_so(web: Web) -> None:
    form = {"username": f"staf.{KODE}", "password": PASSWORD}
    web.log_in()
    plain = web.client.post("/masuk", data=form)
    assert plain.headers["Set-Cookie"].startswith("opendk=")
    assert "Secure" not in plain.headers["Set-Cookie"]
    assert "Strict-Transport-Security" not in plain.headers
    secure = web.client.post("/masuk", data=form, headers={"X-Forwarded-Proto": "https"})
    cookie = secure.headers["Set-Cookie"]
    assert cookie.startswith("__Host-opendk=")
    for part in ("Secure", "HttpOnly", "SameSite=Lax", "Path=/"):
        assert part in cookie
    assert "Domain" not in cookie
    assert secure.headers["Strict-Transport-Security"] == "max-age=31536000"


def test_a_stranger_is_not_believed_about_proxies(web: Web) -> None:
    headers = {"X-Forwarded-Proto": "https", "X-Forwarded-For": "203.0.113.9"}
    form = {"username": "siapa", "password": "salah"}
    stranger = {"REMOTE_ADDR": "198.51.100.7"}
    answer = web.client.post("/masuk", data=form, headers=headers, environ_overrides=stranger)
    assert "Strict-Transport-Security" not in answer.headers
    web.client.post("/masuk", data=form, headers=headers)
    kept = [it.address for it in web.log_ins.history(None, 2)]
    assert kept == ["203.0.113.0/24", "198.51.100.0/24"]


def test_a_setting_says_https_for_a_proxy_that_does_not(web: Web) -> None:
    settings = replace(web.services.settings, tls=True)
    client = create_app(replace(web.services, settings=settings)).test_client()
    assert client.get("/masuk").headers["Set-Cookie"].startswith("__Host-opendk=")


def test_what_browsers_are_told(web: Web) -> None:
    headers = web.log_in().get("/akun").headers
    assert "camera=()" in headers["Permissions-Policy"]
    assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert headers["Cross-Origin-Resource-Policy"] == "same-origin"
    assert headers["Cache-Control"] == "no-store"


def test_a_session_that_was_ended_elsewhere_is_none(web: Web) -> None:
    here, there = web.log_in(), web.log_in()
    assert there.get("/akun").status_code == 200
    here.post("/akun/keluar-semua")
    assert [it.get("/akun").status_code for it in (here, there)] == [302, 302]


def test_one_device_is_put_out_from_another(web: Web) -> None:
    here, there = web.log_in(), web.log_in()
    page = well_formed(here.get("/akun"))
    (other,) = re.findall(r'name="sesi" value="(\w+)"', page)
    here.post("/akun/sesi", data={"sesi": other})
    assert [it.get("/akun").status_code for it in (here, there)] == [200, 302]


def test_an_old_cookie_of_a_name_opens_nothing(web: Web) -> None:
    """What sessions were before they were kept in the database."""
    client = web.app.test_client()
    web.log_in()
    with client.session_transaction() as session:
        session["username"] = f"staf.{KODE}"
    assert client.get("/akun").status_code == 302


# --- password ------------------------------------------------------------------------------------


def change(client: FlaskClient, old: str, new: str, again: str | None = None) -> TestResponse:
    form = {"lama": old, "baru": new, "ulang": new if again is None else again}
    return client.post("/akun/kata-sandi", data=form)


def test_a_password_is_changed_and_the_others_are_out(web: Web) -> None:
    here, there = web.log_in(), web.log_in()
    assert change(here, PASSWORD, NEW).location == "/akun"
    assert [it.get("/akun").status_code for it in (here, there)] == [200, 302]
    assert try_log_in(web, f"staf.{KODE}", PASSWORD)[1].status_code == 401
    assert try_log_in(web, f"staf.{KODE}", NEW)[1].status_code == 302


@pytest.mark.parametrize(
    ("old", "new", "again", "field"),
    [
        ("salah salah", NEW, None, "lama"),
        (PASSWORD, "pendek", None, "baru"),
        (PASSWORD, "indonesia123", None, "baru"),
        (PASSWORD, PASSWORD, None, "baru"),
        (PASSWORD, NEW, "lain", "ulang"),
    ],
)
def test_what_is_wrong_stands_at_its_field(
    web: Web, old: str, new: str, again: str | None, field: str
) -> None:
    answer = change(web.log_in(), old, new, again)
    assert answer.status_code in {401, 422}
    page = well_formed(answer)
    assert f'id="salah-{field}"' in page
    assert f'aria-describedby="salah-{field}"' in page
    assert try_log_in(web, f"staf.{KODE}", PASSWORD)[1].status_code == 302


# --- second factor -------------------------------------------------------------------------------


def put_on(web: Web, client: FlaskClient) -> tuple[pyotp.TOTP, list[str]]:
    page = well_formed(client.get("/akun/totp"))
    assert "<svg" in page
    draft = re.findall(r'name="rahasia" value="([^"]+)"', page)[0]
    typed = re.findall(r"Ketik: <code>([^<]+)</code>", page)[0]
    phone = pyotp.TOTP("".join(typed.split()))
    assert client.post("/akun/totp", data={"rahasia": draft, "kode": "1"}).status_code == 422
    done = client.post("/akun/totp", data={"rahasia": draft, "kode": phone.at(web.now.time)})
    codes = re.findall(r"<li><code>([^<]+)</code>", well_formed(done))
    assert len(codes) == 10
    web.now.time += timedelta(minutes=2)
    return phone, codes


def test_log_in_asks_for_the_code(web: Web) -> None:
    phone, codes = put_on(web, web.log_in())
    client, answer = try_log_in(web, f"staf.{KODE}", PASSWORD)
    assert answer.location.startswith("/masuk/kode")
    assert client.get("/akun").status_code == 302
    well_formed(client.get("/masuk/kode"))
    assert client.post("/masuk/kode", data={"kode": "000000"}).status_code == 401
    assert client.get("/akun").status_code == 302
    assert client.post("/masuk/kode", data={"kode": phone.at(web.now.time)}).status_code == 302
    assert "Kode pemulihan tersisa <b>10</b>" in well_formed(client.get("/akun"))
    lost, _ = try_log_in(web, f"staf.{KODE}", PASSWORD)
    assert lost.post("/masuk/kode", data={"kode": codes[0]}).status_code == 302
    assert "Kode pemulihan tersisa <b>9</b>" in lost.get("/akun").text


def test_who_was_not_asked_for_a_password_is_not_asked_for_a_code(web: Web) -> None:
    assert web.client.get("/masuk/kode").location.startswith("/masuk?")
    assert web.client.post("/masuk/kode", data={"kode": "1"}).location.startswith("/masuk?")


def test_an_office_may_ask_it_of_a_role(web: Web) -> None:
    client = web.log_in(KODE, "auditor")
    settings = replace(web.services.settings, totp=("auditor",))
    web.app.extensions["opendk-ledger"] = replace(web.services, settings=settings)
    assert client.get("/").location == "/akun/totp"
    assert client.get("/v1/data/penduduk").status_code == 403
    put_on(web, client)
    assert client.get("/").status_code == 200
    assert "Lepas kode TOTP" not in client.get("/akun").text


# --- users ---------------------------------------------------------------------------------------


def invite(admin: FlaskClient, username: str = "siti", role: str = "staf") -> str:
    form = {"username": username, "nama": "Siti", "peran": role, "cakupan": KODE}
    page = well_formed(admin.post("/pengguna/baru", data=form))
    return str(re.findall(r'<code class="besar">([^<]+)</code>', page)[0])


def test_a_new_user_makes_a_password_of_their_own_first(web: Web, admin: FlaskClient) -> None:
    once = invite(admin)
    client, answer = try_log_in(web, "siti", once)
    assert answer.location == "/"
    assert client.get("/").location == "/akun/kata-sandi"
    assert "sekali masuk" in well_formed(client.get("/akun/kata-sandi"))
    change(client, once, NEW)
    assert client.get("/").status_code == 200
    assert try_log_in(web, "siti", once)[1].status_code == 401


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"username": "S"}, "username"),
        ({"username": f"administrator.{KODE}"}, "username"),
        ({"peran": "raja"}, "peran"),
        ({"cakupan": "99"}, "cakupan"),
        ({"peran": "operator"}, "cakupan"),
    ],
)
def test_what_is_wrong_with_a_new_user_stands_at_its_field(
    admin: FlaskClient, changed: dict[str, str], field: str
) -> None:
    form = {"username": "siti", "nama": "", "peran": "staf", "cakupan": KODE, **changed}
    answer = admin.post("/pengguna/baru", data=form)
    assert answer.status_code in {409, 422}
    assert f'id="salah-{field}"' in well_formed(answer)


def test_a_user_is_changed_and_switched_off_and_on(web: Web, admin: FlaskClient) -> None:
    client = web.log_in()
    path = f"/pengguna/staf.{KODE}"
    well_formed(admin.get(path))
    form = {"nama": "Siti <b>A</b>", "peran": "operator", "cakupan": KODE_DESA}
    assert admin.post(path, data=form).location == path
    assert "Siti &lt;b&gt;A" in well_formed(admin.get("/pengguna"))
    assert "Operator desa" in client.get("/akun").text
    admin.post(f"{path}/nonaktif")
    assert client.get("/akun").status_code == 302
    assert try_log_in(web, f"staf.{KODE}", PASSWORD)[1].status_code == 401
    admin.post(f"{path}/aktif")
    assert try_log_in(web, f"staf.{KODE}", PASSWORD)[1].status_code == 302


def test_a_one_time_password_and_the_end_of_a_second_factor(web: Web, admin: FlaskClient) -> None:
    client = web.log_in()
    put_on(web, client)
    path = f"/pengguna/staf.{KODE}"
    admin.post(f"{path}/lepas-totp")
    assert client.get("/akun").status_code == 302
    page = well_formed(admin.post(f"{path}/kata-sandi"))
    once = re.findall(r'<code class="besar">([^<]+)</code>', page)[0]
    assert try_log_in(web, f"staf.{KODE}", PASSWORD)[1].status_code == 401
    assert try_log_in(web, f"staf.{KODE}", once)[1].location == "/"


def test_the_last_administrator_is_told_so(web: Web, admin: FlaskClient) -> None:
    path = f"/pengguna/administrator.{KODE}"
    assert "administrator terakhir" in admin.post(f"{path}/nonaktif", follow_redirects=True).text
    form = {"nama": "", "peran": "staf", "cakupan": KODE}
    answer = admin.post(path, data=form)
    assert answer.status_code == 409
    assert 'id="salah-peran"' in well_formed(answer)


def test_accounts_beyond_the_scope_are_not_there(web: Web) -> None:
    web.log_in()
    narrow = web.log_in(KODE_DESA, "administrator")
    assert f"staf.{KODE}" not in well_formed(narrow.get("/pengguna"))
    path = f"/pengguna/staf.{KODE}"
    assert narrow.get(path).status_code == 404
    for act in ("nonaktif", "kata-sandi", "lepas-totp", "keluarkan"):
        assert narrow.post(f"{path}/{act}").status_code == 404


def test_an_act_that_is_none(admin: FlaskClient) -> None:
    assert admin.post(f"/pengguna/administrator.{KODE}/hapus").status_code == 404


def test_whoever_tried_is_shown_to_owner_and_administrator(web: Web, admin: FlaskClient) -> None:
    client = web.log_in()
    try_log_in(web, f"staf.{KODE}", "salah salah salah")
    for page in (client.get("/akun"), admin.get("/pengguna"), admin.get(f"/pengguna/staf.{KODE}")):
        assert "kata sandi salah" in well_formed(page)
