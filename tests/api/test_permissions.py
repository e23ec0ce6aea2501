"""That every view says what it needs, and what the table of roles says."""

import pytest
from flask import Flask

from api.auth import need_of
from api.permissions import ALLOWED, OPEN, Need, allowed
from ledger import ROLES
from tests.api.conftest import Web
from tests.simulator import KODE, KODE_DESA, penduduk

FLASKS_OWN = {"static"}


def undeclared(app: Flask) -> set[str]:
    return {name for name, view in app.view_functions.items() if need_of(view) is None}


def test_every_view_declares_what_it_needs(web: Web) -> None:
    assert undeclared(web.app) == FLASKS_OWN


def test_a_view_that_declares_nothing_is_noticed(web: Web) -> None:
    web.app.view_functions["lupa"] = lambda: "x"
    assert undeclared(web.app) == FLASKS_OWN | {"lupa"}


def test_the_table_is_of_the_roles_there_are() -> None:
    assert set(ALLOWED) == set(ROLES)


def test_what_a_log_in_cannot_answer_is_no_roles() -> None:
    assert [role for role, needs in ALLOWED.items() if needs & OPEN] == []


@pytest.mark.parametrize("need", list(Need))
def test_an_unknown_role_may_do_nothing(need: Need) -> None:
    assert not allowed("raja", need)


def test_whoever_looks_after_the_machine_sees_nobodys_data() -> None:
    assert ALLOWED["administrator"].isdisjoint({Need.PEOPLE, Need.PROTECTED, Need.AUDIT})


def test_only_an_administrator_says_who_may_log_in() -> None:
    assert [role for role in ROLES if allowed(role, Need.USERS)] == ["administrator"]


# --- the menu ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("role", "offered"), [("staf", True), ("auditor", True), ("administrator", False)]
)
def test_the_menu_offers_what_the_role_may_open(web: Web, role: str, *, offered: bool) -> None:
    web.push(web.village(), [penduduk(1)])
    web.follow()
    page = web.log_in(KODE, role).get(f"/desa/{KODE_DESA}/statistik").text
    menu = page.split("<main")[0]
    assert (f'href="/desa/{KODE_DESA}/penduduk"' in menu) is offered
    assert f'href="/desa/{KODE_DESA}/kiriman"' in menu


def test_a_number_is_no_link_for_whoever_may_not_follow_it(web: Web) -> None:
    web.push(web.village(), [penduduk(1)])
    web.follow()
    assert f"/desa/{KODE_DESA}/penduduk" in web.log_in().get("/").text
    page = web.log_in(KODE, "administrator").get("/").text
    assert f"/desa/{KODE_DESA}/penduduk" not in page
    assert f"/desa/{KODE_DESA}/kiriman/1" not in page
    assert f'href="/desa/{KODE_DESA}/statistik"' in page


def test_a_page_beneath_another_leads_back_to_it(web: Web) -> None:
    web.push(web.village(), [penduduk(1)])
    web.follow()
    page = web.log_in().get(f"/desa/{KODE_DESA}/kiriman/1").text
    trail = page.split('aria-label="Letak halaman"')[1].split("</nav>")[0]
    assert f'href="/desa/{KODE_DESA}/kiriman"' in trail
