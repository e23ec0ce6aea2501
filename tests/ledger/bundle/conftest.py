"""An office with two desa, one of them with two computers, and a gateway; and its bundles."""

import io
import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import pytest

from ledger import Policy, Receipt, VerifierKey
from ledger.bundle.export import Exports
from ledger.bundle.report import Report
from ledger.bundle.trust import Trust
from ledger.bundle.verify import verify_bundle
from ledger.database import Databases
from ledger.note import to_base64
from ledger.policy import NO_QUORUM, KnownLog
from tests.ledger.bundle.tampering import Honest, unpacked
from tests.simulator import KODE, KODE_DESA, House, Village, deleted, penduduk

OTHER_DESA = "53.06.14.2002"


@dataclass
class Audited:
    """An office that is audited: its house, villages, and what the auditor trusts."""

    house: House
    first: Village
    second: Village
    other: Village
    trust: Trust

    @property
    def exports(self) -> Exports:
        return Exports(self.house.databases.reader, self.house.office, self.house.now)

    def bundle(self, *codes: str, whole: bool = True) -> bytes:
        return b"".join(self.exports.logs(codes or None, whole=whole))

    def record(self, id_: str, *, whole: bool = True) -> bytes:
        return b"".join(self.exports.record(KODE_DESA, "penduduk", id_, whole=whole))


def trust_in(key: VerifierKey, **first_keys: str) -> Trust:
    return Trust(Policy((KnownLog(key),), (), (), NO_QUORUM), first_keys)


def verify(data: bytes, trust: Trust, kept: Iterable[tuple[str, bytes]] = ()) -> Report:
    return verify_bundle(io.BytesIO(data), trust, list(kept))


def make_audited(databases: Databases, folder: Path = Path("unused")) -> Audited:
    house = House(databases, folder=folder)
    first, second = house.village(), house.village(label="kaur-2")
    other = house.village(OTHER_DESA)
    house.accounts.add("siti", "Siti", "staf", KODE, "kata sandi panjang")
    house.push(first, [penduduk(1), penduduk(2, "BUDI"), penduduk(3, "AYU")])
    house.push(second, [penduduk(2, "BUDI HARTONO"), penduduk(4)])
    house.push(other, [penduduk(1, "LAIN")])
    house.push(first, [deleted(3)])
    house.push(first, [penduduk(1, "SITI AMINAH", alamat="Jl. Baru")])
    house.push(second, [penduduk(5), penduduk(6)])
    return Audited(house, first, second, other, trust_in(house.office.log_key(KODE).verifier))


def receipt_json(receipt: Receipt) -> bytes:
    """A receipt as a desa keeps it."""
    told = {
        "kode_desa": receipt.kode_desa,
        "position": receipt.position,
        "chain": receipt.chain,
        "number": receipt.number,
        "manifest": to_base64(receipt.manifest_hash),
        "seen": receipt.seen,
        "proof": receipt.proof,
        "consistency": [to_base64(step) for step in receipt.consistency],
    }
    return json.dumps(told).encode()


@pytest.fixture
def audited(databases: Databases) -> Audited:
    return make_audited(databases)


@pytest.fixture(scope="module")
def honest(shared_databases: Databases) -> Honest:
    audited = make_audited(shared_databases)
    house = audited.house
    receipts = {
        position: receipt_json(house.ledger.receipt(KODE_DESA, position))
        for position in range(1, house.ledger.head(KODE_DESA).size + 1)
    }
    return Honest(
        whole=unpacked(audited.bundle()),
        hashed=unpacked(audited.bundle(whole=False)),
        record=unpacked(audited.record("1")),
        trust=audited.trust,
        receipts=receipts,
        log_key=house.office.log_key(KODE),
        office_key=house.office.key,
        desa_key=audited.first.key,
    )
