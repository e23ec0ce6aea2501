"""The page of operations, and what Prometheus reads of them."""

import pytest
from sqlalchemy import text

from ledger import Damage, Jobs, read_alarms
from projections import JOBS
from tests.api.conftest import Web
from tests.api.markup import well_formed
from tests.simulator import KODE, KODE_DESA, Village, penduduk

DAMAGE = Damage(KODE_DESA, "log", "4", "note")
NOTE = "dipulihkan dari cadangan"


@pytest.fixture
def filled(web: Web, village: Village) -> Village:
    web.push(village, [penduduk(1)])
    web.follow()
    return village


def test_an_installation_that_is_well(web: Web, filled: Village) -> None:
    jobs = Jobs(web.databases.ingest)
    jobs.claim("scrub", JOBS[0].every, web.now())
    jobs.done("scrub", "12 catatan dibaca ulang, semua utuh", web.now())
    web.scrub.everything()
    page = well_formed(web.log_in(KODE, "administrator").get("/operasi"))
    assert "12 catatan dibaca ulang, semua utuh" in page
    assert "semuanya terkini" in page
    assert all(job.title in page for job in JOBS)
    assert "Selesaikan" not in page


@pytest.mark.parametrize("role", ["camat", "staf", "auditor", "operator"])
@pytest.mark.parametrize("path", ["/operasi", "/operasi/ulangi", "/operasi/alarm"])
def test_nobody_but_the_administrator(web: Web, filled: Village, role: str, path: str) -> None:
    client = web.log_in(KODE_DESA if role == "operator" else KODE, role)
    answer = client.get(path) if path == "/operasi" else client.post(path)
    assert answer.status_code == 403


def test_an_alarm_stands_there_until_it_is_settled_with_a_word(web: Web, filled: Village) -> None:
    web.alarms.sound([DAMAGE])
    client = web.log_in(KODE, "administrator")
    assert "manifes bertanda tangan berubah" in well_formed(client.get("/operasi"))
    with web.databases.reader.connect() as tx:
        (alarm,) = read_alarms(tx)
    form = {"desa": KODE_DESA, "alarm": str(alarm.id), "catatan": "beres"}
    client.post("/operasi/alarm", data=form)
    assert "Tuliskan bagaimana" in client.get("/operasi").text
    client.post("/operasi/alarm", data={**form, "catatan": NOTE})
    page = well_formed(client.get("/operasi"))
    assert NOTE in page
    assert f"administrator.{KODE}" in page
    client.post("/operasi/alarm", data={**form, "catatan": NOTE})
    assert "sudah diselesaikan" in client.get("/operasi").text
    assert client.post("/operasi/alarm", data={"alarm": "x"}).status_code == 400


def test_what_is_parked_is_named_and_tried_again(web: Web, filled: Village) -> None:
    with web.databases.projector.begin() as tx:
        tx.execute(
            text("""
                UPDATE projections.position SET parked_at = now(), attempts = 6,
                    error = 'ValueError'
                WHERE projection = 'penduduk'
            """)
        )
    client = web.log_in(KODE, "administrator")
    page = well_formed(client.get("/operasi"))
    assert "dihentikan" in page
    assert "ValueError" in page
    # Whoever works with the numbers is told on the page, and on the report that is printed.
    staf = web.log_in()
    for path in ("laporan-bulanan", "penduduk", "statistik"):
        told = " ".join(well_formed(staf.get(f"/desa/{KODE_DESA}/{path}")).split())
        assert "Belum lengkap: pengolahan penduduk berhenti karena kesalahan program" in told
    assert "pengolahan berhenti" in well_formed(staf.get("/"))
    client.post("/operasi/ulangi")
    assert "1 pekerjaan dicoba lagi" in client.get("/operasi").text
    assert "Belum lengkap" not in well_formed(staf.get(f"/desa/{KODE_DESA}/penduduk"))


def test_prometheus_reads_jobs_scrub_and_alarms(web: Web, filled: Village) -> None:
    Jobs(web.databases.ingest).claim("scrub", JOBS[0].every, web.now())
    Jobs(web.databases.ingest).failed("scrub", "ValueError", web.now())
    web.scrub.everything()
    web.alarms.sound([DAMAGE])
    told = web.client.get("/metrics").text
    assert 'opendk_job_ok{job="scrub"} 0.0' in told
    assert f'opendk_alarms_open{{kode_desa="{KODE_DESA}"}} 1.0' in told
    assert f'opendk_scrub_finished_timestamp_seconds{{kode_desa="{KODE_DESA}",part="log"}}' in told
    assert f'opendk_desa_heard_timestamp_seconds{{kode_desa="{KODE_DESA}"}}' in told
