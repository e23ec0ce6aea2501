"""A bundle of a log from which somebody was erased is sound, and has nothing of theirs."""

import io
import zipfile

from ledger import Order, Wish
from ledger.database import Databases
from tests.ledger.bundle.conftest import Audited, make_audited, verify
from tests.ledger.bundle.single import periksa, policy_text
from tests.simulator import KODE_DESA

ORDER = Order("permintaan", "UU 27/2022 pasal 43", "470/12", "camat", "sekcam")


def redacted(databases: Databases) -> Audited:
    audited = make_audited(databases)
    audited.house.redactions.redact(Wish(KODE_DESA, "penduduk", "2"), ORDER)
    return audited


def test_it_is_sound_to_both_verifiers(databases: Databases) -> None:
    audited = redacted(databases)
    for whole in (True, False):
        data = audited.bundle(whole=whole)
        assert verify(data, audited.trust).faults == []
        faults, _, _ = periksa.verify(
            io.BytesIO(data), periksa.Policy(policy_text(audited.trust)), []
        )
        assert faults == []


def test_it_has_nothing_of_the_person(databases: Databases) -> None:
    audited = redacted(databases)
    with zipfile.ZipFile(io.BytesIO(audited.bundle())) as bundle:
        said = b"".join(map(bundle.read, bundle.namelist()))
    assert b"BUDI" not in said
    assert b"AYU" in said
    assert said.count(b'{"_h":') == 2


def test_a_bundle_of_before_shows_what_was_erased_since(databases: Databases) -> None:
    """An old copy is no proof against the office: it is older, and says so."""
    audited = make_audited(databases)
    old = audited.bundle()
    audited.house.redactions.redact(Wish(KODE_DESA, "penduduk", "2"), ORDER)
    assert verify(old, audited.trust).faults == []
    assert verify(audited.bundle(), audited.trust).faults == []
