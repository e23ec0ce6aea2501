"""Bundles of an honest office verify, whatever is in them."""

import io
import zipfile

from tests.ledger.bundle.conftest import Audited, verify


def names(data: bytes) -> list[str]:
    return zipfile.ZipFile(io.BytesIO(data)).namelist()


def test_a_bundle_of_everything_is_sound(audited: Audited) -> None:
    report = verify(audited.bundle(), audited.trust)
    assert report.faults == []
