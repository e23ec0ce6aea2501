"""One-time codes: read aloud, typed in any way, and bound to one key."""

import pytest

from ledger.enrolment import ALPHABET, code_hash, code_proof, new_code, proves
from ledger.errors import EnrolCodeError
from ledger.keys import SigningKey

KEY = SigningKey("desa/53.06.14.2001/sekdes-1", b"1" * 32).verifier
THIEF = SigningKey("desa/53.06.14.2001/sekdes-1", b"2" * 32).verifier


def test_a_code_is_four_groups_of_four_and_never_the_same() -> None:
    codes = {new_code() for _ in range(1000)}
    assert len(codes) == 1000
    assert all([len(group) for group in code.split("-")] == [4, 4, 4, 4] for code in codes)
    assert set("".join(codes)) == {*ALPHABET, "-"}


@pytest.mark.parametrize(
    "typed", ["7kq2-m4xn-0tcb-v91h", "7KQ2M4XNOTCBV9IH", " 7KQ2 M4XN oTCB V9lH "]
)
def test_a_code_is_read_as_people_type_it(typed: str) -> None:
    assert code_hash(typed) == code_hash("7KQ2-M4XN-0TCB-V91H")


@pytest.mark.parametrize(
    "typed", ["", "7KQ2-M4XN-0TCB", "7KQ2-M4XN-0TCB-V9EHH", "7KQ2-M4XN-UUUU-V9EH"]
)
def test_what_is_no_code_is_told_before_it_counts_as_a_try(typed: str) -> None:
    with pytest.raises(EnrolCodeError, match="16 huruf"):
        code_hash(typed)


def test_a_proof_is_good_for_one_code_and_one_key() -> None:
    ours, other = code_hash("7KQ2-M4XN-0TCB-V9EH"), code_hash("7KQ2-M4XN-0TCB-V9EJ")
    proof = code_proof(ours, KEY)
    assert proves(proof, ours, KEY)
    assert not proves(proof, other, KEY)
    assert not proves(proof, ours, THIEF)
