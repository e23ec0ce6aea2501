"""Somebody else's program follows our logs: tlog-scales, which knows C2SP tiles and nothing of us.

It shares no line with us, and no author. What it is given is what everybody is given over HTTP.
"""

import pytest
from cryptography.exceptions import InvalidSignature
from tlog_scales.reader import TilesReader
from tlog_scales.signing import Vkey
from tlog_scales.tiles import leaf_hash
from tlog_scales.tlog import (
    Checkpoint,
    ConsistencyProof,
    ConsistencyProofInvalid,
    InclusionProof,
    InclusionProofInvalid,
)

from ledger import Receipt, SigningKey, TlogProof
from tests.api.conftest import Web
from tests.simulator import KODE, KODE_DESA, Village, penduduk


class Address:
    """A log's address: what the reader fetches below it."""

    def __init__(self, web: Web, kode: str) -> None:
        self._client = web.client
        self._prefix = f"/log/{kode}"

    def get(self, *path: str) -> bytes | None:
        answer = self._client.get("/".join([self._prefix, *path]))
        return answer.data if answer.status_code == 200 else None


def pushed(web: Web, village: Village, count: int) -> list[Receipt]:
    receipts = []
    for id_ in range(count):
        batch = village.sign([penduduk(id_)])
        receipts.append(web.append(batch).receipt)
        village.accept(batch, receipts[-1])
    return receipts


def test_it_reads_every_tile_and_entry_as_we_meant_them(web: Web, village: Village) -> None:
    """More than a tile of 256, so that full, partial and upper tiles are read."""
    pushed(web, village, 259)
    reader = TilesReader(Address(web, KODE_DESA))
    checkpoint = reader.get_checkpoint()
    checkpoint.verify(Vkey.from_string(village.pinned.to_vkey()))
    assert (checkpoint.origin, checkpoint.size) == (village.pinned.name, 259)
    assert reader.calculate_root_hash() == checkpoint.root_hash == web.ledger.head(KODE_DESA).root
    for index in (0, 1, 255, 256, 258):
        leaf = village.batches[index].note.to_bytes()
        assert reader.get_entry(index) == leaf
        proof = reader.get_inclusion_proof(index, checkpoint.size)
        proof.check(leaf_hash(leaf), checkpoint.root_hash)
        ours = TlogProof.from_text(web.ledger.receipt(KODE_DESA, index + 1).proof)
        assert list(ours.hashes) == proof.node_hashes
    office = TilesReader(Address(web, KODE))
    own = office.get_checkpoint()
    own.verify(Vkey.from_string(web.office.log_key(KODE).verifier.to_vkey()))
    assert office.calculate_root_hash() == own.root_hash


def test_it_verifies_our_receipts_and_refuses_what_is_not_so(web: Web, village: Village) -> None:
    receipts = pushed(web, village, 7)
    roots = [TlogProof.from_text(it.proof) for it in receipts]
    heads = [Checkpoint.from_text(it.checkpoint.decode()) for it in roots]
    theirs = Vkey.from_string(village.pinned.to_vkey())
    for number, (receipt, proof, head) in enumerate(zip(receipts, roots, heads, strict=True)):
        head.verify(theirs)
        leaf = leaf_hash(village.batches[number].note.to_bytes())
        path = InclusionProof(proof.index, head.size, list(proof.hashes))
        path.check(leaf, head.root_hash)
        with pytest.raises(InclusionProofInvalid):
            path.check(leaf_hash(b"another"), head.root_hash)
        if number:
            since = heads[number - 1]
            grown = ConsistencyProof(receipt.seen, head.size, list(receipt.consistency))
            grown.check(since.root_hash, head.root_hash)
            with pytest.raises(ConsistencyProofInvalid):
                grown.check(bytes(32), head.root_hash)
    stranger = SigningKey(village.pinned.name, bytes(32)).verifier.to_vkey()
    with pytest.raises(RuntimeError, match="no signature matched"):
        heads[-1].verify(Vkey.from_string(stranger))
    forged = Checkpoint(heads[-1].origin, 8, heads[-1].root_hash, heads[-1].signatures)
    with pytest.raises(InvalidSignature):
        forged.verify(theirs)
