"""Two offices, each on a database of its own, that witness each other's logs over HTTP."""

import base64
import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import urlsplit

import msgspec
import pytest
from sqlalchemy import text

from ledger import (
    Change,
    Checkpoint,
    CosignerKey,
    Keyring,
    Note,
    Policy,
    Witnesses,
    read_change,
    read_entries,
)
from ledger.errors import ProofError, WitnessRefusedError, WitnessUnknownError
from ledger.server import Server
from tests import postgres
from tests.api.conftest import Web
from tests.simulator import KODE, KODE_DESA, Village, penduduk

NEIGHBOUR = "tetangga.example"


@pytest.fixture
def neighbour(server: Server, tmp_path: Path) -> Iterator[Web]:
    """Another office, of another kecamatan, with a desa of its own."""
    with postgres.opened_database(server) as databases:
        keyring = Keyring(*(bytes([it]) * 32 for it in (11, 12, 13, 14, 15)))
        folder = tmp_path / "tetangga"
        yield Web(databases, folder=folder, kode="53.06.15", origin=NEIGHBOUR, keyring=keyring)


def introduce(log: Web, witness: Web) -> None:
    """Let one office's own log and its desa's be witnessed by another office."""
    kodes = [log.office.kode, *(it.kode_desa for it in log.registry.desa())]
    for kode in kodes:
        witness.witness.watch(log.office.log_key(kode).verifier.to_vkey())
    ask_through(log, witness)
    log.witnesses.add(witness.witness.key.to_vkey(), f"https://{witness.origin}/")


def ask_through(log: Web, *witnesses: Web) -> None:
    """An office's requests reach the others' applications."""
    clients = {it.origin: it.app.test_client() for it in witnesses}

    def post(url: str, body: bytes) -> tuple[int, bytes]:
        address = urlsplit(url)
        if address.hostname not in clients:
            raise ConnectionError("no route")
        answer = clients[address.hostname].post(address.path, data=body)
        return answer.status_code, answer.data

    log.witnesses = Witnesses(log.databases.ingest, log.ledger, log.now, post)


def outcomes(log: Web) -> dict[str, str]:
    return {it.kode_desa: it.outcome for it in log.witnesses.ask()}


def served(web: Web, kode: str, path: str = "checkpoint") -> Note:
    answer = web.client.get(f"/log/{kode}/{path}")
    assert answer.status_code == 200
    return Note.from_bytes(answer.data)


def policy(log: Web, kode: str, *witnesses: Web) -> Policy:
    """What an auditor trusts who wants all of these to have seen the log."""
    lines = [f"log {log.office.log_key(kode).verifier.to_vkey()}"]
    lines += [f"witness {it.origin} {it.witness.key.to_vkey()}" for it in witnesses]
    lines += [f"group semua all {' '.join(it.origin for it in witnesses)}", "quorum semua", ""]
    return Policy.from_bytes("\n".join(lines).encode())


def test_two_offices_witness_each_other(web: Web, village: Village, neighbour: Web) -> None:
    theirs = neighbour.registry.add_desa("53.06.15.2001", "Desa Seberang").kode_desa
    web.push(village, [penduduk(1)])
    introduce(web, neighbour)
    introduce(neighbour, web)
    assert outcomes(web) == {KODE: "cosigned", KODE_DESA: "cosigned"}
    assert outcomes(neighbour) == {"53.06.15": "cosigned"}
    for log, kode, witness in ((web, KODE_DESA, neighbour), (neighbour, "53.06.15", web)):
        taken = policy(log, kode, witness).opened(served(log, kode))
        assert taken.cosigned.keys() == {witness.origin}
    with pytest.raises(ProofError):
        policy(neighbour, theirs, web).opened(served(neighbour, theirs))


def test_growth_is_cosigned_and_what_did_not_grow_is_not_asked_for(
    web: Web, village: Village, neighbour: Web
) -> None:
    web.push(village, [penduduk(1)])
    introduce(web, neighbour)
    web.witnesses.ask()
    assert outcomes(web) == {}
    web.push(village, [penduduk(2)])
    witnessed = served(web, KODE_DESA, "checkpoint/disaksikan")
    assert Checkpoint.from_text(witnessed.text).size == 1
    assert len(served(web, KODE_DESA).signatures) == 1
    assert outcomes(web) == {KODE_DESA: "cosigned"}
    taken = policy(web, KODE_DESA, neighbour).opened(served(web, KODE_DESA))
    assert taken.checkpoint.size == 2
    assert served(web, KODE_DESA, "checkpoint/disaksikan") == served(web, KODE_DESA)


def test_a_witness_that_remembers_another_size_is_asked_again_from_there(
    web: Web, village: Village, neighbour: Web
) -> None:
    """As after a restored backup of ours: the cosignatures are lost, the log is not."""
    web.push(village, [penduduk(1)])
    introduce(web, neighbour)
    web.witnesses.ask()
    with web.databases.owner.begin() as tx:
        tx.execute(text("DELETE FROM ledger.cosignature"))
    web.push(village, [penduduk(2)])
    assert outcomes(web) == {KODE: "cosigned", KODE_DESA: "cosigned"}


def test_a_rolled_back_log_is_not_cosigned(web: Web, village: Village, neighbour: Web) -> None:
    web.push(village, [penduduk(1)])
    web.push(village, [penduduk(2)])
    introduce(web, neighbour)
    assert outcomes(web)[KODE_DESA] == "cosigned"
    roll_back(web)
    (asked,) = [it for it in web.witnesses.ask() if it.kode_desa == KODE_DESA]
    assert (asked.outcome, asked.detail) == ("ahead", "2")
    assert asked.alarming
    with web.databases.owner.begin() as tx:  # so that nothing here remembers it either
        tx.execute(text("DELETE FROM ledger.cosignature"))
    (asked,) = [it for it in web.witnesses.ask() if it.kode_desa == KODE_DESA]
    assert (asked.outcome, asked.detail) == ("ahead", "2")
    assert len(served(web, KODE_DESA).signatures) == 1


def test_a_forked_log_is_not_cosigned(web: Web, village: Village, neighbour: Web) -> None:
    """The office goes on from a backup with other batches, and gets past the witness' size."""
    first = village.sign([penduduk(1)])
    village.accept(first, web.append(first).receipt)
    second = village.sign([penduduk(2)])
    web.append(second)
    introduce(web, neighbour)
    web.witnesses.ask()
    roll_back(web)
    for id_ in (3, 4):
        web.push(village, [penduduk(id_)])
    (asked,) = [it for it in web.witnesses.ask() if it.kode_desa == KODE_DESA]
    assert (asked.outcome, asked.detail) == ("refused", "HTTP 422")
    assert asked.alarming
    with pytest.raises(ProofError):
        policy(web, KODE_DESA, neighbour).opened(served(web, KODE_DESA))


def roll_back(web: Web) -> None:
    """What an attacker does who owns the database: the newest batch is gone."""
    with web.databases.owner.begin() as tx:
        tx.execute(text("ALTER TABLE ledger.batch DISABLE TRIGGER refuse_change"))
        tx.execute(text("DELETE FROM ledger.batch WHERE kode_desa = :k AND position = 2"), FACTS)
        tx.execute(
            text("""
                UPDATE ledger.head SET size = 1, root = batch.root FROM ledger.batch
                WHERE head.kode_desa = :k AND batch.kode_desa = :k AND position = 1
            """),
            FACTS,
        )


FACTS = {"k": KODE_DESA}


def test_an_office_that_nobody_asked_to_witness(
    web: Web, village: Village, neighbour: Web
) -> None:
    web.push(village, [penduduk(1)])
    ask_through(web, neighbour)
    web.witnesses.add(neighbour.witness.key.to_vkey(), f"https://{NEIGHBOUR}")
    assert outcomes(web) == {KODE: "unwatched", KODE_DESA: "unwatched"}


def test_a_witness_without_a_line_is_asked_once(web: Web, village: Village) -> None:
    web.push(village, [penduduk(1)])
    ask_through(web)
    web.witnesses.add(OTHER.to_vkey(), "https://jauh.example")
    assert [it.outcome for it in web.witnesses.ask()] == ["unreachable"]


def test_a_cosignature_by_another_key_is_none(web: Web, village: Village, neighbour: Web) -> None:
    web.push(village, [penduduk(1)])
    introduce(web, neighbour)
    web.witnesses.remove(neighbour.witness.key.name)
    web.witnesses.add(OTHER.to_vkey(), f"https://{NEIGHBOUR}")
    assert outcomes(web) == {KODE: "forged", KODE_DESA: "forged"}
    assert len(served(web, KODE_DESA).signatures) == 1


OTHER = CosignerKey("jauh.example/saksi", bytes(31) + b"\3")


def test_whatever_a_witness_answers_nothing_breaks(web: Web) -> None:
    answers = (
        b"",
        b"\xff",
        b"x" * 70_000,
        b"-1\n",
        b"9" * 5_000,
        b"\n\n",
        "— x AAAAAAA=\n".encode(),
    )
    for status in (200, 400, 409):
        for answer in answers:
            web.witnesses = Witnesses(
                web.databases.ingest,
                web.ledger,
                web.now,
                lambda _url, _body, it=(status, answer): it,  # type: ignore[misc]
            )
            web.witnesses.add(OTHER.to_vkey(), "https://jauh.example")
            (asked,) = web.witnesses.ask()
            assert asked.outcome == ("forged" if status == 200 else "refused")


def test_what_cannot_be_a_witness_or_witnessed(web: Web, neighbour: Web) -> None:
    own_log = web.office.log_key(KODE).verifier.to_vkey()
    for vkey in ("", "nonsense", own_log, neighbour.witness.key.to_vkey()):
        with pytest.raises(WitnessRefusedError):
            web.witness.watch(vkey)
    weak = CosignerKey("lemah.example/saksi", bytes(32)).to_vkey()
    good = neighbour.witness.key.to_vkey()
    for vkey, url in (
        ("", "https://x.example"),
        (own_log, "https://x.example"),
        (weak, "https://x.example"),
        (web.witness.key.to_vkey(), "https://x.example"),
        (good, "x.example"),
        (good, "file:///etc/passwd"),
        (good, "https://x.example/a b"),
    ):
        with pytest.raises(WitnessRefusedError):
            web.witnesses.add(vkey, url)
    with pytest.raises(WitnessUnknownError):
        web.witnesses.remove("x")
    with pytest.raises(WitnessUnknownError):
        web.witness.unwatch("x")
    assert web.witnesses.all() == []


def test_what_is_agreed_are_acts_of_the_office(web: Web, neighbour: Web) -> None:
    introduce(web, neighbour)
    web.witness.watch(neighbour.office.log_key("53.06.15").verifier.to_vkey())
    web.witness.unwatch(f"{NEIGHBOUR}/53.06.15")
    web.witnesses.remove(neighbour.witness.key.name)
    acts = [(it.entity, it.op) for it in office_acts(web) if "saksi" in it.entity]
    assert acts == [
        ("saksi", "put"),
        ("log_disaksikan", "put"),
        ("log_disaksikan", "delete"),
        ("saksi", "delete"),
    ]


def size_of_office_log(web: Web) -> int:
    return Checkpoint.from_text(served(web, KODE).text).size


def office_acts(web: Web) -> list[Change]:
    with web.databases.ingest.connect() as tx:
        entries = read_entries(tx, web.office.kode, 0, 1_000)
    return [read_change(line) for entry in entries for line in entry.lines()]


# --- anchors -------------------------------------------------------------------------------------


def test_logs_that_grew_are_anchored_in_one_batch(web: Web, village: Village) -> None:
    other = web.village("53.06.14.2002")
    web.village("53.06.14.2003")
    web.push(village, [penduduk(1)])
    web.push(other, [penduduk(1)])
    size = size_of_office_log(web)
    anchored = web.transparency.anchor()
    assert [(it.kode_desa, it.size) for it in anchored] == [(KODE_DESA, 1), ("53.06.14.2002", 1)]
    assert size_of_office_log(web) == size + 1
    assert web.transparency.anchor() == ()
    web.push(village, [penduduk(2)])
    assert [(it.kode_desa, it.size) for it in web.transparency.anchor()] == [(KODE_DESA, 2)]
    acts = [it for it in office_acts(web) if it.entity == "checkpoint"]
    stated = [(it.id, msgspec.json.decode(it.data)) for it in acts]  # type: ignore[arg-type]
    root = base64.b64encode(web.ledger.head(KODE_DESA).root).decode()
    assert stated[-1] == (KODE_DESA, {"size": 2, "root": root})
    assert len(stated) == 3


def test_two_that_anchor_at_once_write_it_once(web: Web, village: Village) -> None:
    web.push(village, [penduduk(1)])
    with ThreadPoolExecutor(3) as pool:
        anchored = list(pool.map(lambda _: web.transparency.anchor(), range(3)))
    assert sorted(map(len, anchored)) == [0, 0, 1]


def test_the_page_says_who_has_seen_what(web: Web, village: Village, neighbour: Web) -> None:
    auditor = web.log_in(role="auditor")
    assert "Belum ada saksi" in auditor.get("/saksi").text
    web.push(village, [penduduk(1)])
    introduce(web, neighbour)
    web.witness.watch(neighbour.office.log_key("53.06.15").verifier.to_vkey())
    web.witnesses.ask()
    web.transparency.anchor()
    web.push(village, [penduduk(2)])
    page = auditor.get("/saksi").text
    rows = re.findall(r"<tr>\s*<th scope=\"row\".*?</tr>", page, re.DOTALL)
    office, desa, *recent = (re.sub(r"\s+", " ", re.sub(r"<[^>]+>", "", it)) for it in rows)
    # The office's log has grown by what was said of it since.
    assert "Log kantor 53.06.14" in office
    assert "kiriman lagi" in office
    assert "Desa 2001" in desa
    assert "1 kiriman lagisampai ke-1" in desa
    assert len(recent) == 2
    assert all(NEIGHBOUR in it for it in recent)
    assert f"{NEIGHBOUR}/53.06.15" in page
    assert web.witness.key.fingerprint in page
    assert neighbour.witness.key.fingerprint in page
    for role, status in (("administrator", 200), ("camat", 200), ("staf", 403)):
        assert web.log_in(role=role).get("/saksi").status_code == status
