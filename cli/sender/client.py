"""The ledger over HTTP (PROTOCOL section 6): asks, repeats, and reads answers.

Posting a batch twice is the same as once, so every request is repeated after a lost connection,
a 429 or a server's fault. Nothing that is answered is believed here: see `receipts`.
"""

import random
import time
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from hashlib import sha256
from typing import NamedTuple, TypeVar

import msgspec
import urllib3
import zstandard
from urllib3.exceptions import (
    HTTPError,
    NameResolutionError,
    NewConnectionError,
    SSLError,
    TimeoutError,  # noqa: A004  # urllib3's own
)
from urllib3.util import Url, parse_url

from cli.sender.errors import (
    AnswerError,
    DivergedError,
    KeyWaitsError,
    NotEnrolledError,
    RefusedError,
    UnreachableError,
    UrlError,
)
from cli.sender.receipts import Answer

_T = TypeVar("_T")
_Sleep = Callable[[float], None]

ATTEMPTS = 5
FIRST_PAUSE_S = 1.0
LONGEST_PAUSE_S = 60.0
_TIMEOUT = urllib3.Timeout(connect=15.0, read=120.0)
_MOST_ANSWER = 32 * 1024 * 1024
_LOOPBACK = {"localhost", "127.0.0.1", "[::1]"}
_OK = range(200, 300)
_REDIRECTS = range(300, 400)
_SERVER_FAULTS = range(500, 600)
_UNSUPPORTED_ENCODING = 415
_AGAIN = {408, 425, 429}
_KINDS: dict[str, type[RefusedError]] = {
    "key-unknown": NotEnrolledError,
    "key-waiting": KeyWaitsError,
    "fork": DivergedError,
    "history": DivergedError,
}


class Chain(msgspec.Struct, frozen=True):
    """Where a chain stands in the log."""

    chain: str
    number: int


class Head(msgspec.Struct, frozen=True):
    """Where a log stands, as the office says.

    `checkpoint` is what it signs of that; `rotations` are the notes by which its key handed over.
    """

    size: int
    chains: tuple[Chain, ...] = ()
    checkpoint: str = ""
    rotations: tuple[str, ...] = ()

    def number(self, chain: str) -> int:
        """The newest number of a chain; 0 when nothing of it is there."""
        return next((it.number for it in self.chains if it.chain == chain), 0)


class KeyState(msgspec.Struct, frozen=True):
    """What became of a key note: `waiting`, `rejected`, `valid` or `ended`."""

    name: str
    fingerprint: str
    state: str


class ListedKey(msgspec.Struct, frozen=True):
    """A key of the desa, as the office lists it."""

    name: str
    vkey: str


class _Listed(msgspec.Struct, frozen=True):
    items: tuple[ListedKey, ...]


class _Missing(msgspec.Struct, frozen=True):
    missing: tuple[str, ...]


class News(msgspec.Struct, frozen=True):
    """Something that the office says: `pesan`, `keputusan_surat` or `penolakan` (PROTOCOL 14)."""

    id: str
    kind: str
    at: datetime
    data: dict[str, object]


class Inbox(msgspec.Struct, frozen=True):
    """What is new, and from where on to ask next."""

    items: tuple[News, ...]
    next: str


class LedgerClient:
    """A desa's log at one office. `sleep` waits for so many seconds.

    Raises:
        UrlError: the address is none, or plain HTTP to another machine without `insecure`.
    """

    def __init__(
        self,
        url: str,
        kode_desa: str,
        *,
        insecure: bool = False,
        sleep: _Sleep = time.sleep,
        attempts: int = ATTEMPTS,
    ) -> None:
        address = _address(url, insecure=insecure)
        self._host = address.netloc or ""
        self._base = f"{address.url.rstrip('/')}/v1/desa/{kode_desa}"
        self._sleep = sleep
        self._attempts = attempts
        self._pool = urllib3.PoolManager(timeout=_TIMEOUT, retries=False)
        self._packs = True
        self._dated: tuple[datetime, float] | None = None

    def head(self) -> Head:
        """Where the log and its chains stand."""
        return self._ask("GET", "/head", Head)

    def receipt(self, position: int, seen: int) -> Answer:
        """The receipt of a batch again, from the checkpoint of size `seen` on."""
        return self._ask("GET", f"/batches/{position}/receipt?seen={seen}", Answer)

    def post(self, batch: bytes) -> Answer:
        """Send a batch.

        Raises:
            RefusedError: the ledger says no; the log is as it was.
            UnreachableError: it may have arrived or not: send it again.
            AnswerError: this is not the ledger.
        """
        if self._packs:
            try:
                return self._post(zstandard.compress(batch), {"Content-Encoding": "zstd"})
            except RefusedError as error:
                if error.status != _UNSUPPORTED_ENCODING:
                    raise
                self._packs = False
        return self._post(batch, {})

    def post_key(self, note: bytes) -> KeyState:
        """Send a key note; again is the same as once.

        Raises:
            RefusedError, UnreachableError, AnswerError: as for a batch.
        """
        headers = {"Content-Type": "text/plain; charset=utf-8"}
        return self._ask("POST", "/keys", KeyState, body=note, headers=headers)

    def listed_keys(self) -> tuple[ListedKey, ...]:
        """Every key that the office has registered for the desa."""
        return self._ask("GET", "/keys", _Listed).items

    # --- with a ticket --------------------------------------------------------------------------

    def office_time(self) -> datetime | None:
        """What the office's clock says now, by its newest answer's `Date`; None before one."""
        if self._dated is None:
            return None
        told, since = self._dated
        return told + timedelta(seconds=time.monotonic() - since)

    def lacking(self, digests: Sequence[str], ticket: str) -> tuple[str, ...]:
        """Which of these files, by SHA-256, the office has not."""
        body = msgspec.json.encode({"sha256": digests})
        headers = {"Content-Type": "application/json", "Authorization": ticket}
        return self._ask("POST", "/blobs", _Missing, body=body, headers=headers).missing

    def bring(self, digest: str, data: bytes, ticket: str) -> None:
        """Bring a file; again is the same as once.

        Raises:
            RefusedError, UnreachableError, AnswerError: as for a batch.
        """
        headers = {"Content-Type": "application/octet-stream", "Authorization": ticket}
        self._ask("PUT", f"/blobs/{digest}", dict[str, object], body=data, headers=headers)

    def fetch(self, digest: str, ticket: str) -> bytes:
        """A file of the desa's, whose bytes are what the digest says.

        Raises:
            AnswerError: they are others.
            RefusedError, UnreachableError: as for a batch.
        """
        answer = self._answered("GET", f"/blobs/{digest}", headers={"Authorization": ticket})
        if answer.status not in _OK:
            raise _refusal(answer)
        if sha256(answer.data).hexdigest() != digest:
            raise AnswerError(answer.status, "berkas yang lain")
        return answer.data

    def inbox(self, after: str, ticket: str) -> Inbox:
        """What the office has said since; all of it when `after` is empty."""
        path = f"/inbox?after={after}" if after else "/inbox"
        return self._ask("GET", path, Inbox, headers={"Authorization": ticket})

    def _post(self, body: bytes, headers: dict[str, str]) -> Answer:
        headers = {"Content-Type": "text/plain; charset=utf-8", **headers}
        return self._ask("POST", "/batches", Answer, body=body, headers=headers)

    # --- one request, until it is answered ------------------------------------------------------

    def _ask(
        self,
        method: str,
        path: str,
        kind: type[_T],
        *,
        body: bytes | None = None,
        headers: dict[str, str] | None = None,
    ) -> _T:
        return _read(self._answered(method, path, body=body, headers=headers), kind)

    def _answered(
        self,
        method: str,
        path: str,
        *,
        body: bytes | None = None,
        headers: dict[str, str] | None = None,
    ) -> "_Answered":
        why, wanted_s = "", 0.0
        for attempt in range(self._attempts):
            if attempt:
                self._sleep(_pause_s(attempt, wanted_s))
            try:
                answer = self._once(method, path, body, headers)
            except HTTPError as error:
                why, wanted_s = _phrase(error), 0.0
                continue
            if answer.status not in _SERVER_FAULTS and answer.status not in _AGAIN:
                return answer
            why, wanted_s = f"HTTP {answer.status}", answer.retry_after_s
        raise UnreachableError(self._host, why, self._attempts)

    def _once(
        self,
        method: str,
        path: str,
        body: bytes | None,
        headers: dict[str, str] | None,
    ) -> "_Answered":
        response = self._pool.request(
            method,
            self._base + path,
            body=body,
            headers={"Accept": "application/json", **(headers or {})},
            redirect=False,
            preload_content=False,
        )
        try:
            data = response.read(_MOST_ANSWER + 1)
        finally:
            response.close()
        if (dated := _date(response.headers.get("Date"))) is not None:
            self._dated = dated, time.monotonic()
        return _Answered(response.status, data, _seconds(response.headers.get("Retry-After")))


class _Answered(NamedTuple):
    """An HTTP answer; `retry_after_s` is the pause that it asks for, in seconds."""

    status: int
    data: bytes
    retry_after_s: float


def _address(url: str, *, insecure: bool) -> Url:
    try:
        address = parse_url(url)
    except HTTPError:
        raise UrlError("bukan alamat http(s)") from None
    if address.scheme not in {"http", "https"} or not address.host:
        raise UrlError("tulis lengkap, misalnya https://kecamatan.example")
    if address.scheme == "http" and address.host not in _LOOPBACK and not insecure:
        raise UrlError(
            "http mengirim data penduduk tanpa sandi; pakai https, atau --tanpa-sandi di "
            "jaringan sendiri",
        )
    return address


def _pause_s(attempt: int, wanted_s: float) -> float:
    """Twice as long each time, and not the same for all: the power comes back to everybody."""
    spread = random.uniform(0.5, 1.5)  # noqa: S311  # no secret
    return min(LONGEST_PAUSE_S, max(wanted_s, FIRST_PAUSE_S * (1 << attempt - 1) * spread))


def _seconds(text: str | None) -> float:
    """A Retry-After in seconds; one that is a date is not needed here."""
    return float(text) if text and text.isascii() and text.isdigit() else 0.0


def _date(text: str | None) -> datetime | None:
    try:
        return parsedate_to_datetime(text) if text else None
    except ValueError:
        return None


def _phrase(error: HTTPError) -> str:
    """A connection's fault in the operator's words; most specific first."""
    for kind, phrase in (
        (SSLError, "sertifikat atau sambungan aman tidak dapat diperiksa"),
        (NameResolutionError, "nama alamat tidak dikenal"),
        (NewConnectionError, "sambungan ditolak"),
        (TimeoutError, "tidak ada jawaban dalam waktunya"),
    ):
        if isinstance(error, kind):
            return phrase
    return "sambungan terputus"


def _read(answer: _Answered, kind: type[_T]) -> _T:
    if len(answer.data) > _MOST_ANSWER:
        raise AnswerError(answer.status, "terlalu besar")
    if answer.status in _OK:
        try:
            return msgspec.json.decode(answer.data, type=kind)
        except (msgspec.MsgspecError, UnicodeDecodeError):
            raise AnswerError(answer.status, "tidak terbaca") from None
    raise _refusal(answer)


def _refusal(answer: _Answered) -> RefusedError | AnswerError:
    """The problem+json (RFC 9457) of a refusal as its error."""
    if answer.status in _REDIRECTS:
        return AnswerError(answer.status, "dialihkan ke alamat lain")
    try:
        facts = msgspec.json.decode(answer.data, type=dict[str, object])
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return AnswerError(answer.status, "tidak terbaca")
    refusal = facts.get("code")
    if not isinstance(refusal, str):
        return AnswerError(answer.status, "tanpa kode")
    detail = str(facts.get("detail") or "Kiriman ditolak.")
    return _KINDS.get(refusal, RefusedError)(answer.status, refusal, detail, facts)
