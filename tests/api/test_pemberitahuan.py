"""What wants attention, told to those who may do something about it."""

import re
from datetime import timedelta
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from sqlalchemy import text

from ledger import ROLES, Damage, SigningKey, Wish
from ledger.alarms import LOG
from ledger.database import Databases
from tests.api.compat.conftest import Gate
from tests.api.compat.made import PDF, crowd, dump, form
from tests.api.compat.test_letters import ORDER
from tests.api.test_keys import enrol
from tests.recorded import A, B
from tests.simulator import penduduk


@pytest.fixture
def gate(databases: Databases, tmp_path: Path) -> Gate:
    return Gate(databases, folder=tmp_path / "blobs", kode="52.03.04")


def told(client: FlaskClient) -> dict[str, list[str]]:
    """What the page says, by its titles; the menu says how many there are."""
    page = client.get("/pemberitahuan").text
    found = {}
    for title, rest in re.findall(r"<h2>(.*?)</h2>(.*?)</section>", page, re.DOTALL):
        lines = re.findall(r'<a href="[^"]+">(.*?)</a>', rest, re.DOTALL)
        found[title] = [re.sub(r"\s+", " ", it).strip() for it in lines]
    badge = re.search(r'Pemberitahuan <span class="lencana">(\d+)</span>', page)
    assert sum(map(len, found.values())) == int(badge[1] if badge else 0)
    for address in re.findall(r'<li><svg.*?<a href="([^"]+)">', page, re.DOTALL):
        assert client.get(address.replace("&amp;", "&")).status_code == 200
    return found


def test_each_role_is_told_what_it_may_see_and_decide(gate: Gate) -> None:
    roles = {it: gate.log_in(A if it == "operator" else gate.kode, it) for it in ROLES}
    silent = {"Desa yang diam": [f"Desa {it[-4:]}: belum pernah mengirim" for it in (A, B)]}
    gate.now.time += timedelta(days=30)
    assert told(roles["staf"]) == silent
    assert told(roles["operator"]) == {"Desa yang diam": silent["Desa yang diam"][:1]}

    gate.post("penduduk/storedata", data=form(dump(crowd(1, 60))))
    gate.post("penduduk/storedata", data=form(dump(crowd(1, 30))))
    letter = {"nomor": "470/1", "nama": "Keterangan", "nik": "1", "tanggal": "2026-11-20"}
    gate.post("surat/kirim", data=form(PDF, "surat.pdf", **letter))
    gate.follow()
    gate.post("penduduk/storedata", data=form(b"rusak"))
    gate.alarms.sound([Damage(A, LOG, "1", "note"), Damage(B, LOG, "", "root")])
    village = gate.village(B)
    gate.registry.desa_keys.revoke(B, village.key.name)
    with gate.databases.projector.begin() as tx:
        tx.execute(
            text("""
                UPDATE projections.position SET parked_at = now()
                WHERE kode_desa = :kode AND projection = 'mutu'
            """),
            {"kode": A},
        )

    refused = {"Unggahan yang ditolak": [f"Desa {A[-4:]}: unggahan terakhir ditolak"]}
    quiet = {"Desa yang diam": [f"Desa {B[-4:]}: belum pernah mengirim"]}
    waiting = {"Penghapusan menunggu keputusan": [f"Desa {A[-4:]}: 30 penduduk menunggu dihapus"]}
    letters = {"Surat menunggu keputusan Anda": [f"Desa {A[-4:]}: 1 surat menunggu diperiksa"]}
    operations = {
        "Alarm": [f"Desa {it[-4:]}: 1 kerusakan pada log kiriman" for it in (A, B)],
        "Tabel yang berhenti mengikuti": [f"Desa {A[-4:]}: tabel mutu"],
        "Cadangan belum diatur": ["LEDGER_BACKUP kosong"],
    }
    assert told(roles["auditor"]) == refused | quiet
    assert told(roles["operator"]) == refused
    assert told(roles["staf"]) == letters | waiting | refused | quiet
    # What waits for the staff does not wait for the camat.
    assert told(roles["camat"]) == waiting | refused | quiet
    assert told(roles["administrator"]) == operations | refused | quiet

    gate.post("penduduk/storedata", data=form(dump(crowd(1, 60))))
    gate.redactions.redact(Wish(A, "surat", "470/1"), ORDER)
    gate.follow()
    assert told(roles["staf"]) == quiet


def test_keys_that_wait_and_batches_in_dispute(gate: Gate) -> None:
    silent = {"Desa yang diam": [f"Desa {A[-4:]}: belum pernah mengirim"]}
    village = gate.village(B)
    receipt = gate.push(village, [penduduk(1)])
    gate.registry.desa_keys.revoke(B, village.key.name, suspected=receipt.position)
    code, _ = gate.registry.desa_keys.issue_code(B)
    key = SigningKey(f"desa/{B}/kades", b"7" * 32)
    note = enrol(code, key, f"{gate.origin}/{B}")
    assert gate.client.post(f"/v1/desa/{B}/keys", data=note).status_code == 202

    camat, auditor = gate.log_in(gate.kode, "camat"), gate.log_in(gate.kode, "auditor")
    disputed = {
        "Kiriman yang dipersengketakan": [f"Desa {B[-4:]}: 1 kiriman dengan kunci sekdes-1"]
    }
    waiting = {"Kunci desa menunggu diterima": [f"Desa {B[-4:]}: kunci kades"]}
    assert told(auditor) == silent | disputed
    assert told(camat) == silent | disputed | waiting
    gate.registry.desa_keys.acknowledge(B, village.key.name)
    gate.registry.desa_keys.accept(B, "kades")
    assert told(camat) == silent
    gate.post("penduduk/storedata", data=form(dump(crowd(1, 2))))
    assert told(camat) == {}
    assert "Tidak ada yang perlu perhatian" in camat.get("/pemberitahuan").text


def test_a_message_waits_until_the_office_answers_in_its_conversation(gate: Gate) -> None:
    readers = {it: gate.log_in(A if it == "operator" else gate.kode, it) for it in ROLES}
    neighbour = gate.log_in(B, "operator")
    title = "Pesan desa yang belum dijawab"

    def waiting(client: FlaskClient) -> list[str]:
        return told(client).get(title, [])

    readers["staf"].post(f"/desa/{A}/pesan", data={"judul": "Undangan", "isi": "Mohon hadir"})
    assert waiting(readers["staf"]) == []
    for said in ("Kapan?", "Dan di mana?"):
        gate.post("pesan", data={"pesan": said, "pesan_id": "1"})
    gate.now.time += timedelta(days=2)
    gate.post("pesan", data={"pesan": "Bagaimana caranya?", "judul": "<b>Kunci</b>\u202e"})
    first = f"Desa {A[-4:]}: 2 pesan tentang “Undangan”"
    second = f"Desa {A[-4:]}: 1 pesan tentang “&lt;b&gt;Kunci&lt;/b&gt;⟨U+202E⟩”"
    for role, client in readers.items():
        assert waiting(client) == ([] if role == "administrator" else [first, second])
    assert waiting(neighbour) == []
    page = readers["staf"].get("/pemberitahuan").text
    assert f'href="/desa/{A}/pesan#p1"' in page
    assert 'id="p4"' in readers["staf"].get(f"/desa/{A}/pesan").text

    answer = {"percakapan": "1", "isi": "Besok, di kantor."}
    readers["staf"].post(f"/desa/{A}/pesan", data=answer)
    assert waiting(readers["camat"]) == waiting(readers["operator"]) == [second]
    gate.now.time += timedelta(days=1)
    gate.post("pesan", data={"pesan": "Terima kasih", "pesan_id": "1"})
    assert waiting(readers["staf"]) == [second, first.replace("2 pesan", "1 pesan")]
