"""HTTP: what is repeated, what is believed to be the ledger, and what is not."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from cli.sender import (
    AnswerError,
    DivergedError,
    LedgerClient,
    NotEnrolledError,
    RefusedError,
    UnreachableError,
    UrlError,
)
from ledger import SigningKey
from tests.cli.sender.computer import Computer, people
from tests.cli.sender.office import KODE_DESA, Office, listening


@pytest.fixture
def slept() -> list[float]:
    return []


@pytest.fixture
def client(url: str, slept: list[float]) -> LedgerClient:
    return LedgerClient(url, KODE_DESA, sleep=slept.append)


@contextmanager
def answering(status: int, answer: object) -> Iterator[LedgerClient]:
    """A client whose server always says the same."""

    class Fixed(Office):
        def answer(self, *_: str | bytes) -> tuple[int, Any]:
            return status, answer

    with listening(Fixed()) as url:
        yield LedgerClient(url, KODE_DESA, sleep=lambda _: None)


# --- addresses -----------------------------------------------------------------------------------


@pytest.mark.parametrize("url", ["", "kecamatan.example", "ftp://kecamatan.example", "http://"])
def test_what_is_no_address_is_told(url: str) -> None:
    with pytest.raises(UrlError):
        LedgerClient(url, KODE_DESA)


def test_personal_data_is_not_sent_in_the_open() -> None:
    with pytest.raises(UrlError, match="tanpa sandi"):
        LedgerClient("http://kecamatan.example", KODE_DESA)


def test_but_on_ones_own_network_it_may_be_allowed() -> None:
    LedgerClient("http://192.168.1.2:8080", KODE_DESA, insecure=True)
    LedgerClient("https://kecamatan.example/ledger/", KODE_DESA)


# --- repeats -------------------------------------------------------------------------------------


@pytest.mark.parametrize("fault", [500, 502, 503, 429, 408, "lost"])
def test_a_fault_that_passes_is_waited_out(
    office: Office,
    client: LedgerClient,
    fault: int | str,
) -> None:
    office.faults = [fault, fault]
    assert client.head().size == 0
    assert office.received == 3


def test_pauses_grow_and_differ(office: Office, client: LedgerClient, slept: list[float]) -> None:
    office.faults = [500] * 4
    client.head()
    for pause, about in zip(slept, [1, 2, 4, 8], strict=True):
        assert about * 0.5 <= pause <= about * 1.5


def test_an_office_that_asks_for_a_pause_gets_it(
    office: Office,
    client: LedgerClient,
    slept: list[float],
) -> None:
    office.faults = [429]
    client.head()
    assert slept == [7.0]


def test_after_five_attempts_it_is_enough(office: Office, client: LedgerClient) -> None:
    office.faults = [503] * 9
    with pytest.raises(UnreachableError, match="HTTP 503"):
        client.head()
    assert office.received == 5


def test_nobody_there_is_told(slept: list[float]) -> None:
    client = LedgerClient("http://127.0.0.1:9", KODE_DESA, sleep=slept.append)
    with pytest.raises(UnreachableError, match="sambungan ditolak"):
        client.head()


def test_a_name_that_is_unknown_is_told() -> None:
    client = LedgerClient("https://kecamatan.invalid", KODE_DESA, sleep=lambda _: None)
    with pytest.raises(UnreachableError, match="tidak dikenal"):
        client.head()


def test_plain_http_where_tls_is_expected_is_told(url: str) -> None:
    address = url.replace("http://", "https://")
    client = LedgerClient(address, KODE_DESA, sleep=lambda _: None, attempts=1)
    with pytest.raises(UnreachableError, match=r"sertifikat"):
        client.head()


# --- answers -------------------------------------------------------------------------------------


@pytest.mark.parametrize("answer", [b"<html>Selamat datang</html>", b"\xff", [], {"size": "x"}])
def test_what_is_not_the_ledgers_answer_is_told(answer: object) -> None:
    with answering(200, answer) as client, pytest.raises(AnswerError):
        client.head()


def test_a_redirect_is_not_followed() -> None:
    with answering(302, {}) as client, pytest.raises(AnswerError, match="dialihkan"):
        client.head()


@pytest.mark.parametrize("answer", [b"Not found", {"title": "Not Found"}, {"code": 3}, []])
def test_an_error_without_a_code_is_not_the_ledgers(answer: object) -> None:
    with answering(404, answer) as client, pytest.raises(AnswerError):
        client.head()


def test_an_answer_without_end_is_not_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cli.sender.client._MOST_ANSWER", 1_000)
    endless = {"size": 1, "x": "y" * 5_000}
    with answering(200, endless) as client, pytest.raises(AnswerError, match="terlalu besar"):
        client.head()


@pytest.mark.parametrize(
    ("code", "kind", "exit_code"),
    [
        ("key-unknown", NotEnrolledError, 5),
        ("fork", DivergedError, 3),
        ("history", DivergedError, 3),
        ("signature", RefusedError, 1),
        ("line-json", RefusedError, 1),
    ],
)
def test_a_refusal_has_the_offices_sentence_and_what_to_do(
    code: str,
    kind: type[RefusedError],
    exit_code: int,
) -> None:
    problem = {"code": code, "detail": "Kalimat kecamatan.", "number": 3}
    with answering(422, problem) as client, pytest.raises(kind) as caught:
        client.head()
    error = caught.value
    assert (error.refusal, error.facts["number"], error.exit_code) == (code, 3, exit_code)
    assert str(error).startswith("Kalimat kecamatan. ")
    assert len(str(error)) > len("Kalimat kecamatan. ")


def test_what_an_office_cannot_unpack_is_sent_as_it_is(computer: Computer, office: Office) -> None:
    office.take = ("",)
    (receipt,) = computer.push(people(3))
    assert receipt.position == 1


def test_an_unknown_key_is_told_by_the_office(computer: Computer) -> None:
    computer.office.enrolled.clear()
    with pytest.raises(NotEnrolledError):
        computer.push(people(1))


def test_a_key_of_another_seed_is_told(computer: Computer, office: Office) -> None:
    name = f"desa/{KODE_DESA}/opensid-1"
    office.enrol(SigningKey(name, b"x" * 32).verifier)
    with pytest.raises(RefusedError, match="sidik jari"):
        computer.push(people(1))
