"""What anybody may read of the logs, over HTTP and without log-in."""

import gzip
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256

import pytest

from ledger.checkpoint import Checkpoint
from ledger.keys import SigningKey
from ledger.merkle import EMPTY_ROOT, leaf_hash, leaves_root, node_hash, verify_inclusion
from ledger.note import Note
from ledger.tiles import WIDTH
from ledger.witness import CosignRequest, Tree
from tests.api.conftest import Web
from tests.simulator import KODE, KODE_DESA, Village, penduduk

LOG = f"/log/{KODE_DESA}"


@pytest.fixture
def grown(web: Web, village: Village) -> Web:
    """A log of three batches."""
    for id_ in range(3):
        web.push(village, [penduduk(id_)])
    return web


def entries(data: bytes) -> list[bytes]:
    found = []
    while data:
        size = int.from_bytes(data[:2], "big")
        found.append(data[2 : 2 + size])
        assert len(found[-1]) == size
        data = data[2 + size :]
    return found


def test_the_checkpoint_is_signed_and_asked_for_anew_each_time(grown: Web) -> None:
    answer = grown.client.get(f"{LOG}/checkpoint")
    assert answer.status_code == 200
    assert answer.content_type == "text/plain; charset=utf-8"
    assert answer.headers["Cache-Control"] == "no-cache"
    assert "Set-Cookie" not in answer.headers
    key = grown.office.log_key(KODE_DESA).verifier
    checkpoint = Checkpoint.opened(Note.from_bytes(answer.data), key)
    assert checkpoint == Checkpoint(key.name, 3, grown.ledger.head(KODE_DESA).root)
    again = {"If-None-Match": answer.headers["ETag"]}
    assert grown.client.get(f"{LOG}/checkpoint", headers=again).status_code == 304


def test_tiles_and_entries_lead_to_the_checkpoint(grown: Web, village: Village) -> None:
    hashes = grown.client.get(f"{LOG}/tile/0/000.p/3")
    bundle = grown.client.get(f"{LOG}/tile/entries/000.p/3")
    assert hashes.content_type == bundle.content_type == "application/octet-stream"
    leaves = entries(bundle.data)
    assert leaves == [batch.note.to_bytes() for batch in village.batches]
    assert hashes.data == b"".join(map(leaf_hash, leaves))
    assert leaves_root(map(leaf_hash, leaves)) == grown.ledger.head(KODE_DESA).root


def test_the_offices_own_log_is_shown_too(grown: Web) -> None:
    note = Note.from_bytes(grown.client.get(f"/log/{KODE}/checkpoint").data)
    checkpoint = Checkpoint.opened(note, grown.office.log_key(KODE).verifier)
    assert checkpoint.size > 2
    leaves = entries(grown.client.get(f"/log/{KODE}/tile/entries/000.p/{checkpoint.size}").data)
    assert leaves_root(map(leaf_hash, leaves)) == checkpoint.root


def test_nothing_shown_names_a_person(web: Web, village: Village) -> None:
    web.push(village, [penduduk(1, nama="RAHASIA", nik="5306141212900001")])
    web.accounts.add("siti", "SITI RAHASIA", "camat", KODE, "kata sandi panjang")
    for kode in (KODE, KODE_DESA):
        size = Checkpoint.from_text(
            Note.from_bytes(web.client.get(f"/log/{kode}/checkpoint").data).text
        ).size
        bundle = web.client.get(f"/log/{kode}/tile/entries/000.p/{size}").data
        assert b"RAHASIA" not in bundle
        assert b"5306141212900001" not in bundle


def test_bundles_are_compressed_for_whoever_reads_gzip(grown: Web) -> None:
    path = f"{LOG}/tile/entries/000.p/3"
    plain = grown.client.get(path)
    packed = grown.client.get(path, headers={"Accept-Encoding": "gzip, identity"})
    assert "Content-Encoding" not in plain.headers
    assert packed.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(packed.data) == plain.data
    assert "Accept-Encoding" in packed.headers["Vary"]
    hashes = grown.client.get(f"{LOG}/tile/0/000.p/3", headers={"Accept-Encoding": "gzip"})
    assert "Content-Encoding" not in hashes.headers


def test_full_tiles_are_kept_for_ever_partial_ones_are_not(web: Web, village: Village) -> None:
    for id_ in range(WIDTH + 1):
        batch = village.sign([penduduk(id_)])
        village.accept(batch, web.append(batch).receipt)
    for path in ("tile/0/000", "tile/entries/000"):
        answer = web.client.get(f"{LOG}/{path}")
        assert answer.status_code == 200, path
        assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    for path in ("tile/0/000.p/255", "tile/0/001.p/1", "tile/entries/001.p/1", "tile/1/000.p/1"):
        answer = web.client.get(f"{LOG}/{path}")
        assert answer.status_code == 200, path
        assert answer.headers["Cache-Control"] == "public, max-age=60"
    full = web.client.get(f"{LOG}/tile/0/000").data
    assert len(full) == 32 * WIDTH
    leaves = [full[at : at + 32] for at in range(0, len(full), 32)]
    above = web.client.get(f"{LOG}/tile/1/000.p/1").data
    assert above == leaves_root(leaves)
    last = web.client.get(f"{LOG}/tile/0/001.p/1").data
    root = web.ledger.head(KODE_DESA).root
    verify_inclusion(last, WIDTH, WIDTH + 1, [above], root)
    for path in ("tile/0/001", "tile/0/001.p/2", "tile/1/000", "tile/1/000.p/2"):
        assert web.client.get(f"{LOG}/{path}").status_code == 404, path


def test_what_there_is_not(grown: Web) -> None:
    for path in (
        "/log/53.06.14.2009/checkpoint",
        "/log/53.06.14.2009/tile/0/000.p/1",
        "/log/nonsense/checkpoint",
        f"{LOG}/checkpoint/disaksikan",
        f"{LOG}/tile/0/000",
        f"{LOG}/tile/0/000.p/4",
        f"{LOG}/tile/0/001.p/1",
        f"{LOG}/tile/entries/000.p/4",
        f"{LOG}/tile/1/000.p/1",
        f"{LOG}/tile/63/x999/999",
        f"{LOG}/tile/0/x000/000.p/3",
        f"{LOG}/tile/0/000.p/03",
        f"{LOG}/tile/entries/../0/000.p/3",
    ):
        answer = grown.client.get(path)
        assert answer.status_code == 404, path
        assert answer.headers["Cache-Control"] == "no-store"


def test_a_refusal_is_a_problem_for_programs(grown: Web) -> None:
    answer = grown.client.get(f"{LOG}/tile/0/000")
    assert answer.json is not None
    assert answer.json["code"] == "tile-unknown"


# --- this office as a witness --------------------------------------------------------------------

OTHER = SigningKey("lain.example/53.06.15", b"\6" * 32)
A, B = leaf_hash(b"a"), leaf_hash(b"b")
AB = node_hash(A, B)


@pytest.fixture
def witness(web: Web) -> Web:
    """An office that witnesses one log of another."""
    web.witness.watch(OTHER.verifier.to_vkey())
    return web


def request(
    size: int, root: bytes, old: int = 0, proof: tuple[bytes, ...] = (), key: SigningKey = OTHER
) -> bytes:
    note = key.sign(Checkpoint(key.name, size, root).to_text())
    return CosignRequest(old, proof, note).to_bytes()


def test_a_witness_answers_with_its_cosignature(witness: Web) -> None:
    sent = request(1, A)
    answer = witness.client.post("/add-checkpoint", data=sent)
    assert answer.status_code == 200
    assert answer.text.startswith("— kecamatan.example/saksi ")
    note = Note.from_bytes(sent.partition(b"\n\n")[2] + answer.data)
    assert witness.witness.key.cosigned_at(note)
    assert OTHER.verifier.signed(note)


def test_a_witness_refuses_as_the_specification_says(witness: Web) -> None:
    assert witness.client.post("/add-checkpoint", data=request(1, A)).status_code == 200
    for sent, status in (
        (b"nonsense", 400),
        (request(2, AB, 3), 400),
        (request(1, A, key=SigningKey("tak.example/53.06.16", bytes(32))), 404),
        (request(2, AB, 1, (B,), key=SigningKey(OTHER.name, bytes(32))), 403),
        (request(2, AB, 0), 409),
        (request(0, EMPTY_ROOT), 409),
        (request(2, AB, 1, (A,)), 422),
        (request(1, B, 1), 422),
    ):
        answer = witness.client.post("/add-checkpoint", data=sent)
        assert answer.status_code == status, sent
        if status == 409:
            assert answer.data == b"1\n"
            assert answer.content_type == "text/x.tlog.size"
    assert witness.witness.logs()[0].tree == Tree(1, A)


def test_two_checkpoints_of_one_size_are_kept_as_evidence(witness: Web) -> None:
    witness.client.post("/add-checkpoint", data=request(1, A))
    assert witness.client.post("/add-checkpoint", data=request(1, B, 1)).status_code == 422
    (log,) = witness.witness.logs()
    assert log.note is not None
    assert log.rival is not None
    ours, theirs = (Note.from_bytes(it) for it in (log.note, log.rival))
    assert Checkpoint.opened(ours, OTHER.verifier).root == A
    assert Checkpoint.opened(theirs, OTHER.verifier).root == B


def test_what_was_cosigned_is_shown_to_monitors(witness: Web) -> None:
    path = f"/witness/{sha256(OTHER.name.encode()).hexdigest()}/checkpoint"
    assert witness.client.get(path).status_code == 404
    sent = request(1, A)
    line = witness.client.post("/add-checkpoint", data=sent).data
    answer = witness.client.get(path)
    assert answer.data == sent.partition(b"\n\n")[2] + line
    for other in (path.upper(), path.replace("/witness/", "/witness/0"), "/witness/x/checkpoint"):
        assert witness.client.get(other).status_code == 404


def test_of_two_requests_at_once_one_is_told_the_size_of_the_other(witness: Web) -> None:
    """The race of tlog-witness: both are consistent with what was cosigned last."""
    witness.client.post("/add-checkpoint", data=request(1, A))
    rivals = [request(2, AB, 1, (B,)), request(2, node_hash(A, A), 1, (A,))] * 4
    with ThreadPoolExecutor(4) as pool:
        answers = list(
            pool.map(
                lambda it: witness.app.test_client().post("/add-checkpoint", data=it).status_code,
                rivals,
            )
        )
    assert sorted(answers) == [200] + [409] * 7


def test_a_log_that_is_witnessed_no_more_goes_on_from_there_later(witness: Web) -> None:
    witness.client.post("/add-checkpoint", data=request(1, A))
    witness.witness.unwatch(OTHER.name)
    assert witness.client.post("/add-checkpoint", data=request(2, AB, 1, (B,))).status_code == 404
    assert witness.witness.logs() == []
    witness.witness.watch(OTHER.verifier.to_vkey())
    assert witness.client.post("/add-checkpoint", data=request(1, B)).status_code == 409
    assert witness.client.post("/add-checkpoint", data=request(2, AB, 1, (B,))).status_code == 200


def test_a_log_may_have_a_further_key(witness: Web) -> None:
    newer = SigningKey(OTHER.name, b"\7" * 32)
    witness.client.post("/add-checkpoint", data=request(1, A))
    witness.witness.watch(newer.verifier.to_vkey())
    sent = request(2, AB, 1, (B,), key=newer)
    assert witness.client.post("/add-checkpoint", data=sent).status_code == 200
