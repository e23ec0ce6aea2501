"""The scripts and styles of the pages, as they go over the wire."""

import gc
import warnings

import pytest

from tests.api.conftest import Web


@pytest.mark.parametrize("packed", ["br", "identity"])
@pytest.mark.parametrize("read", [True, False], ids=["read", "hung up"])
def test_file_is_closed(web: Web, packed: str, *, read: bool) -> None:
    """Also when whoever asked hangs up on the way."""
    with warnings.catch_warnings(record=True) as left_open:
        warnings.simplefilter("always", ResourceWarning)
        answer = web.client.get("/static/ledger.js", headers={"Accept-Encoding": packed})
        assert answer.headers.get("Content-Encoding", "identity") == packed
        if read:
            assert answer.get_data()
        answer.close()
        del answer
        gc.collect()
    assert [str(it.message) for it in left_open] == []
