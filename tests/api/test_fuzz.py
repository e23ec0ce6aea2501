"""Every view, with what is no text, no number and no day in each parameter that it knows.

The parameters are read from the views' own sources and schemas, so that a new one is tried too.
No answer is a 500, whoever asks.
"""

import inspect
import re
import sys
from collections.abc import Iterator
from typing import Final
from urllib.parse import quote, urlencode
from uuid import UUID

import pytest
from flask.testing import FlaskClient

from api import schemas
from api.auth import need_of
from api.permissions import ALLOWED, OPEN, Need
from tests.api.conftest import Web
from tests.api.test_matrix import TABLE, VALUES, asked
from tests.simulator import KODE, KODE_DESA, penduduk

EVIL: Final = (
    b"a\x00b",
    b"\xed\xa0\x80",
    b"9" * 30,
    b"0001-01-01",
    b"9999-12-31",
    b"[{},{}]",
)
"""NUL, half a character, numbers that no column holds, both ends of the calendar, and the like."""
DEEPER: Final = EVIL[2:]
"""Those that come to a view; the others are refused before it, whatever their name."""
OF_URLS: Final = ("endpoint", "kode", "self", "_scheme", "_external", "_method", "_anchor")
"""What a careless link would take for its own."""
SOUND: Final = {
    "tujuan": "pelayanan",
    "alasan": "surat pindah yang bersangkutan",
    "keputusan": "setuju",
    "unggahan": str(UUID(int=1)),
    "entitas": "penduduk",
    "alarm": str(UUID(int=1)),
    "catatan": "sudah diperiksa ulang",
    "desa": KODE_DESA,
    "isi": "x",
    "judul": "y",
    "username": "baru",
    "nama": "Baru",
    "peran": "staf",
    "cakupan": KODE,
    "lama": "salah",
    "baru": "kata sandi yang lain",
    "ulang": "kata sandi yang lain",
    "kode": "1",
}
"""What else a form holds, so that the odd thing is not all that is wrong with it."""
_ALONE: Final = frozenset({"openapi", "docs", "healthz", "readyz", "metrics"})
"""What asks for nothing at all."""
BASIC: Final = {"data": "Data", "audit": "Audit"}
_NAMED: Final = re.compile(r'request\.(args|form|values)(?:\.get(?:list)?\(|\[)"(\w+)"')
_ASKED: Final = re.compile(
    r'(?:_asked|_day|_one_of|_position|named_day)\((?:[^()"]*)"(\w+)"'
    r'|chosen\.get\("(\w+)"'
)
_LISTED: Final = re.compile(r"(?:for \w+ in|names =) \(([^)]+)\)")


def names_in(module: object, kind: str) -> set[str]:
    """The parameters that the source of a view's module reads, of its address or its form."""
    source = inspect.getsource(module)  # type: ignore[arg-type]
    found = {it for of, it in _NAMED.findall(source) if of in {kind, "values"}}
    if kind == "args":
        found |= {"cari"} if "words_asked" in source else set()
        found |= {it for pair in _ASKED.findall(source) for it in pair if it}
    for words in _LISTED.findall(source):
        found |= set(re.findall(r'"(\w+)"', words))
    return found


def parameters(web: Web, endpoint: str, kind: str = "args") -> set[str]:
    """The parameters of a view."""
    view = inspect.unwrap(web.app.view_functions[endpoint])
    everybodys = kind == "args" and endpoint not in _ALONE
    found = {"per", "hal", "tanggal", "wilayah", "desa"} if everybodys else set()
    found |= names_in(sys.modules[view.__module__], kind)
    if endpoint.partition(".")[0] in BASIC:
        for name, schema in vars(schemas).items():
            if name.endswith("Schema") and name.startswith(BASIC[endpoint.partition(".")[0]]):
                found |= set(schema().fields)
    return found


def path_of(rule: str, evil: bytes | None = None, at: int = -1) -> str:
    """An address, with something odd in one of its places."""
    place = iter(range(10))

    def value(match: re.Match[str]) -> str:
        kind, _, name = match[1].rpartition(":")
        if next(place) == at and evil is not None:
            return quote(evil, safe="")
        if name == "kode":
            return KODE_DESA
        return str(UUID(int=1)) if kind == "uuid" else str(VALUES[name])

    return re.sub(r"<([^>]+)>", value, rule)


@pytest.fixture(scope="module")
def clients(shared_web: Web) -> dict[str, FlaskClient]:
    village = shared_web.village()
    shared_web.push(village, [penduduk(1, nik="5306144107800001"), penduduk(2, sex=1)])
    shared_web.follow()
    return {it: shared_web.log_in(KODE, it) for it in ("camat", "staf", "administrator")}


def views(
    web: Web, clients: dict[str, FlaskClient]
) -> Iterator[tuple[str, str, str, FlaskClient]]:
    """Endpoint, method, rule, and who may."""
    for endpoint, method, rule in asked(web.app):
        if endpoint in {"staff.keluar", "staff.keluar_semua", "static"}:
            continue
        need = need_of(web.app.view_functions[endpoint])
        assert need is not None
        may = [it for role, it in clients.items() if need in ALLOWED[role]]
        anybody = web.app.test_client() if need in OPEN else None
        if who := anybody or (may[0] if may else None):
            yield endpoint, method, rule, who


def test_the_parameters_are_found(shared_web: Web) -> None:
    """So that what is tried below is what views ask for."""
    for endpoint, known in {
        "staff.penduduk": {"urut", "arah", "cari"},
        "staff.kiriman": {"sebelum"},
        "staff.akses": {"desa", "pengguna", "dari", "sampai"},
        "staff.statistik": {"nama", "banding"},
        "staff.beda": {"dari", "sampai"},
        "staff.masuk": {"ke"},
        "data.Records": {"setelah", "tanggal", "batas"},
        "data.OneStatistic": {"tanggal", "rinci", "per"},
        "audit.Bundle": {"desa", "entity", "id", "alasan"},
    }.items():
        assert known <= parameters(shared_web, endpoint), endpoint
    for endpoint, known in {
        "staff.tulis_pesan": {"percakapan", "isi", "judul"},
        "staff.buka": {"alasan", "tujuan", "kembali"},
        "staff.pengguna_baru": {"nama", "cakupan"},
        "staff.masuk": {"username", "password", "ke"},
    }.items():
        assert known <= parameters(shared_web, endpoint, "form"), endpoint


def test_no_address_breaks_a_view(shared_web: Web, clients: dict[str, FlaskClient]) -> None:
    broken = []
    for endpoint, method, rule, client in views(shared_web, clients):
        for at in range(rule.count("<")):
            for evil in EVIL:
                path = path_of(rule, evil, at)
                answer = client.open(path, method=method)
                if answer.status_code >= 500:
                    broken.append((method, endpoint, path[:120], answer.status_code))
                answer.close()
    assert broken == []


def test_no_query_breaks_a_view(shared_web: Web, clients: dict[str, FlaskClient]) -> None:
    broken = []
    for endpoint, method, rule, client in views(shared_web, clients):
        if method != "GET":
            continue
        for name in sorted(parameters(shared_web, endpoint)):
            for evil in DEEPER:
                answer = client.get(path_of(rule), query_string=urlencode({name: evil}))
                if answer.status_code >= 500:
                    broken.append((endpoint, name, evil[:20], answer.status_code))
                answer.close()
        odd = [f"{name}=x" for name in OF_URLS] + [f"{quote(it)}=1" for it in EVIL[:2]]
        for query in [*odd, *(f"per={quote(it)}" for it in EVIL[:2])]:
            answer = client.get(f"{path_of(rule)}?{query}")
            if answer.status_code >= 500:
                broken.append((endpoint, query, b"", answer.status_code))
            answer.close()
    assert broken == []


def test_no_form_breaks_a_view(shared_web: Web, clients: dict[str, FlaskClient]) -> None:
    broken, forms = [], 0
    for endpoint, method, rule, client in views(shared_web, clients):
        if method != "POST" or not endpoint.startswith("staff."):
            continue
        forms += 1
        for name in sorted(parameters(shared_web, endpoint, "form")):
            for evil in (EVIL[0], *DEEPER):
                form = {**{it: words.encode() for it, words in SOUND.items()}, name: evil}
                answer = client.post(
                    path_of(rule),
                    data=urlencode(form),
                    content_type="application/x-www-form-urlencoded",
                )
                if answer.status_code >= 500:
                    broken.append((endpoint, name, evil[:20], answer.status_code))
                if b"\x00" in evil:
                    assert answer.status_code == 400, (endpoint, name)
                answer.close()
        for name in OF_URLS:  # as a form's address has them
            answer = client.post(f"{path_of(rule)}?{name}=x", data=SOUND)
            if answer.status_code >= 500:
                broken.append((endpoint, name, b"query", answer.status_code))
    assert broken == []
    assert forms > 20


DEEP: Final = b"[" * 20_000
BODIES: Final = (
    DEEP, b'{"a":' * 10_000, b'{"alasan":' + b"9" * 6_000 + b"}", b"\xff", b"{", b"null", b"[]",
    b'"x"', b"1e999", b'{"\\u0000":1}', b'{"tujuan":["\\ud800"]}', b"NaN",
)  # fmt: skip
ODD: Final = (
    '"a\\u0000bcdefghijkl"',
    '"abc \\ud800 defghijkl"',
    '"\\udfff"',
    "9" * 30,
    "null",
    "[]",
    "{}",
)


def test_no_json_breaks_a_view(shared_web: Web) -> None:
    client = shared_web.log_in(KODE, "auditor")
    why = {"tujuan": '"pelayanan"', "alasan": '"surat pindah yang bersangkutan"'}
    record = {"desa": f'"{KODE_DESA}"', "entity": '"penduduk"', "id": '"1"'}
    proof = f"/v1/audit/desa/{KODE_DESA}/batches/1/lines/1/proof"
    for address, members in (("/v1/audit/bundle", {**why, **record}), (proof, why)):
        bodies = list(BODIES)
        for name in members:
            for odd in ODD:
                said = {**members, name: odd}
                bodies.append(
                    ("{" + ",".join(f'"{k}":{v}' for k, v in said.items()) + "}").encode()
                )
        for body in bodies:
            answer = client.post(address, data=body, content_type="application/json")
            assert 400 <= answer.status_code < 500, (address, body[:80], answer.status_code)
            answer.close()


def test_a_name_that_is_none_is_no_attempt(shared_web: Web) -> None:
    """Whoever is not logged in reaches nothing with it, and is counted for nothing."""
    client = shared_web.app.test_client()
    for form in ({"username": "a\0b", "password": "x"}, {"username": "a", "password": "x\0"}):
        assert client.post("/masuk", data=form).status_code == 400
    answer = client.post("/api/v1/auth/login", json={"email": "a\0b", "password": "x"})
    assert answer.status_code < 500


def test_every_need_is_somebodys(shared_web: Web, clients: dict[str, FlaskClient]) -> None:
    """So that no view is left out above for want of somebody who may."""
    tried = {endpoint for endpoint, *_ in views(shared_web, clients)}
    left_out = {it for it, row in TABLE.items() if it not in tried and row.need is not Need.OWN}
    assert left_out == {"static"}
