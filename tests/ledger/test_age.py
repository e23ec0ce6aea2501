"""Sealed files: opened by whoever has the key, and by nobody else; and what is told of errors."""

import io
import shutil
import stat
import subprocess
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyrage.x25519 import Identity

from ledger.age import AgeError, Identities, is_recipient, make_identity, seal

NOW = datetime(2026, 11, 26, 8, 15, tzinfo=UTC)
MINE, THEIRS = Identity.generate(), Identity.generate()
CHUNK = 64 * 1024
"""Of plain text, by the specification; each is authenticated on its own."""


def sealed(data: bytes, *keys: Identity) -> bytes:
    target = io.BytesIO()
    seal(io.BytesIO(data), target, [str(it.to_public()) for it in keys or (MINE,)])
    return target.getvalue()


def opened(data: bytes, *keys: Identity) -> bytes:
    target = io.BytesIO()
    Identities(keys or (MINE,)).open(io.BytesIO(data), target)
    return target.getvalue()


@given(st.binary(max_size=200) | st.sampled_from([CHUNK - 1, CHUNK, 2 * CHUNK + 1]).map(bytes))
def test_every_recipient_reads_what_was_sealed(data: bytes) -> None:
    made = sealed(data, MINE, THEIRS)
    assert opened(made) == opened(made, THEIRS) == data
    assert made.startswith(b"age-encryption.org/v1\n")


def test_nobody_else_reads_it() -> None:
    with pytest.raises(AgeError, match="rusak, terpotong, atau untuk kunci lain"):
        opened(sealed(b"x", THEIRS))


@pytest.mark.parametrize("change", ["cut", "flip"])
def test_nothing_of_it_can_be_changed(change: str) -> None:
    made = sealed(bytes(CHUNK + 100))
    places = [*range(0, len(made), 1009), CHUNK, len(made) - CHUNK, len(made) - 1]
    for at in places:
        wrong = bytearray(made)
        if change == "cut":
            del wrong[at:]
        else:
            wrong[at] ^= 1
        with pytest.raises(AgeError):
            opened(bytes(wrong))


class Failing(io.BytesIO):
    def __init__(self, error: BaseException) -> None:
        super().__init__()
        self._error = error

    def read(self, size: int | None = -1, /) -> bytes:
        raise self._error

    def write(self, data: object, /) -> int:
        raise self._error


@pytest.mark.parametrize("error", [OSError(28, "full"), KeyboardInterrupt(), ValueError("x")])
def test_errors_of_the_streams_stay_what_they_are(error: BaseException) -> None:
    made = sealed(b"x")
    recipients = [str(MINE.to_public())]
    tries: list[Callable[[], None]] = [
        lambda: seal(Failing(error), io.BytesIO(), recipients),
        lambda: seal(io.BytesIO(b"x"), Failing(error), recipients),
        lambda: Identities([MINE]).open(Failing(error), io.BytesIO()),
        lambda: Identities([MINE]).open(io.BytesIO(made), Failing(error)),
    ]
    for it in tries:
        with pytest.raises(type(error)) as caught:
            it()
        assert caught.value is error


def test_an_identity_is_a_file_for_its_owner_alone(tmp_path: Path) -> None:
    path, recipient = make_identity(tmp_path / "lemari", "53.06.14", NOW)
    assert path.name == "53.06.14-pembuka-20261126T081500Z.txt"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert recipient in path.read_text()
    assert is_recipient(recipient)
    identities = Identities.read(path)
    assert identities.open_for(["age1x", recipient])
    assert not identities.open_for([str(MINE.to_public())])
    with pytest.raises(AgeError, match="sudah ada"):
        make_identity(path.parent, "53.06.14", NOW)
    with pytest.raises(AgeError, match="pembuka"):
        make_identity(path, "53.06.14", NOW)


def test_a_full_disk_leaves_no_half_of_an_identity(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_: int) -> None:
        raise OSError(28, "No space left on device", "x")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(AgeError, match="penyimpanan penuh"):
        make_identity(tmp_path, "53.06.14", NOW)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "said",
    [
        b"",
        b"# AGE-SECRET-KEY-1\n",
        b"AGE-SECRET-KEY-1ABC\n",
        b"\xff\xfe",
        str(MINE.to_public()).encode(),
    ],
)
def test_what_is_no_identity_is_named(tmp_path: Path, said: bytes) -> None:
    path = tmp_path / "kunci.txt"
    path.write_bytes(said)
    with pytest.raises(AgeError, match=r"kunci.txt tidak memuat kunci pembuka"):
        Identities.read(path)


def test_an_identity_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(AgeError, match="tidak ada"):
        Identities.read(tmp_path / "kunci.txt")


@pytest.mark.parametrize("word", ["", "age1", "age1abc", str(MINE), "ssh-ed25519 AAAA"])
def test_what_is_no_recipient_is_refused(word: str) -> None:
    assert not is_recipient(word)


@pytest.mark.skipif(not shutil.which("age"), reason="no age on this machine")
def test_another_program_opens_what_we_seal_and_seals_what_we_open(tmp_path: Path) -> None:
    """Debian's age, which shares no code with ours."""
    path, recipient = make_identity(tmp_path, "53.06.14", NOW)
    data = bytes(range(256)) * 1_000
    ours, theirs = io.BytesIO(), io.BytesIO()
    seal(io.BytesIO(data), ours, [recipient])
    command = ["age", "--decrypt", "--identity", str(path)]
    done = subprocess.run(command, input=ours.getvalue(), capture_output=True, check=True)
    assert done.stdout == data
    command = ["age", "--encrypt", "--recipient", recipient]
    done = subprocess.run(command, input=data, capture_output=True, check=True)
    Identities.read(path).open(io.BytesIO(done.stdout), theirs)
    assert theirs.getvalue() == data
