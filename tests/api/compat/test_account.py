"""The monthly account of a desa that sends no events: concluded from its dumps."""

from collections import Counter
from datetime import date
from itertools import pairwise

import pytest

from projections.mutasi import DATANG, KOREKSI, LAHIR, MATI, PERGI, PINDAH, SALDO_AWAL
from projections.queries.mutasi import Month, Whom, account, rows
from projections.queries.penduduk import Filters, people
from tests.api.compat.conftest import Gate
from tests.api.compat.made import dump, form
from tests.api.compat.made import people as rows_of
from tests.ledger.opensid import independent
from tests.recorded import A

UNTIL = date(2026, 11, 30)
NOVEMBER = date(2026, 11, 1)
SAVED = {"created_at": "2026-11-20 08:00:00", "updated_at": "2026-11-20 08:00:00"}


def months(gate: Gate) -> list[Month]:
    gate.follow()
    with gate.databases.reader.connect() as tx:
        return account(tx, A, UNTIL)


def living(gate: Gate) -> int:
    with gate.databases.reader.connect() as tx:
        return people(tx, A, Filters(), limit=1).total


def test_recorded_dumps_make_an_account_that_adds_up(gate: Gate) -> None:
    gate.play("a0_penduduk")
    first = months(gate)
    stated = independent.records("first.zip").values()
    expected = sum(it["status_dasar"] == 1 for it in stated)
    assert sum(first[-1].akhir.values()) == living(gate) == expected
    assert sum(sum(it.flows[SALDO_AWAL].values()) for it in first) == expected
    gate.play("a3_penduduk")
    after = months(gate)
    assert sum(after[-1].akhir.values()) == living(gate)
    for before, month in pairwise(after):
        assert month.awal == before.akhir


def upload(gate: Gate, *facts: dict[str, str]) -> None:
    rows_ = rows_of(*({**SAVED, "jenis_kelamin": "1", "status_dasar": "1", **it} for it in facts))
    answer = gate.post("penduduk/storedata", data=form(dump(rows_)))
    assert answer.get_json()["status"] == "success"


@pytest.mark.parametrize(
    ("status", "jenis"), [("2", MATI), ("3", PINDAH), ("6", PERGI), ("9", KOREKSI)]
)
def test_a_change_of_status_is_an_event(gate: Gate, status: str, jenis: str) -> None:
    upload(gate, {"id": "1"}, {"id": "2"})
    upload(gate, {"id": "1"}, {"id": "2", "status_dasar": status})
    (month,) = months(gate)
    found = {name: sum(counts.values()) for name, counts in month.flows.items() if counts}
    assert found == {SALDO_AWAL: 2, jenis: -1 if jenis == KOREKSI else 1}
    with gate.databases.reader.connect() as tx:
        (row,) = rows(tx, A, Whom(NOVEMBER, jenis)).rows
    assert (row.id_pend, row.nama, row.turunan) == ("2", "SITI", jenis != KOREKSI)


def test_who_is_new_was_born_or_came(gate: Gate) -> None:
    upload(gate, {"id": "1"})
    born = {"id": "2", "tanggal_lahir": "2026-10-30"}
    came = {"id": "3", "tanggal_lahir": "1990-01-01"}
    upload(gate, {"id": "1"}, born, came)
    (month,) = months(gate)
    found = {name: sum(counts.values()) for name, counts in month.flows.items() if counts}
    assert found == {SALDO_AWAL: 1, LAHIR: 1, DATANG: 1}


def test_who_is_missing_and_comes_back_is_koreksi_and_no_event(gate: Gate) -> None:
    upload(gate, {"id": "1"}, {"id": "2"})
    upload(gate, {"id": "1"})
    (month,) = months(gate)
    assert Counter({name: sum(it.values()) for name, it in month.flows.items() if it}) == {
        SALDO_AWAL: 2,
        KOREKSI: -1,
    }
    assert sum(month.akhir.values()) == living(gate) == 1


def test_the_first_upload_is_the_first_of_people(gate: Gate) -> None:
    gate.play("a0_bantuan")
    upload(gate, {"id": "1"})
    upload(gate, {"id": "1"}, {"id": "2"})
    assert [{name: sum(it.values()) for name, it in month.flows.items() if it}
            for month in months(gate)] == [{SALDO_AWAL: 1, DATANG: 1}]  # fmt: skip


def test_saldo_awal_is_of_the_month_of_the_upload(gate: Gate) -> None:
    """When the people were saved is of no interest: the account began when they came."""
    upload(gate, {"id": "1", "updated_at": "2019-05-05 08:00:00"}, {"id": "2"})
    (month,) = months(gate)
    assert {name: sum(it.values()) for name, it in month.flows.items() if it} == {SALDO_AWAL: 2}
