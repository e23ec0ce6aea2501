"""Requests of a real OpenSID, as they were recorded (tests/data/captures)."""

from dataclasses import dataclass
from pathlib import Path

FOLDER = Path(__file__).parent / "data" / "captures"
EXPORTS = FOLDER.parent / "opensid"
A, B = "52.03.04.2001", "52.03.04.2002"
_EXPORTS = {
    "a0_penduduk/001": "first.zip",
    "a0_penduduk_repush/001": "same_day_again.zip",
    "a3_penduduk/001": "three_days_later.zip",
    "x_odd_values/001": "odd_values.zip",
}


@dataclass(frozen=True)
class Recorded:
    """A request: `target` is the path with its query, as it stood in the request line."""

    name: str
    method: str
    target: str
    headers: dict[str, str]
    body: bytes

    def shown(self, token: str) -> dict[str, str]:
        """The headers with another token, and without what a client makes anew."""
        left = {
            "accept-encoding",
            "authorization",
            "connection",
            "content-length",
            "expect",
            "host",
        }
        kept = {name: it for name, it in self.headers.items() if name.lower() not in left}
        return {**kept, "Authorization": f"Bearer {token}"}


def request(name: str) -> Recorded:
    """A request by scenario and number: `a0_penduduk/001`."""
    folder = FOLDER / name
    first, *lines = (folder / "head.bin").read_bytes().decode("latin-1").strip().split("\r\n")
    method, target, _ = first.split(" ")
    headers = dict(line.split(": ", 1) for line in lines)
    return Recorded(name, method, target, headers, _body(name))


def scenario(name: str) -> list[Recorded]:
    """The requests of a scenario, in order."""
    return [request(f"{name}/{it.name}") for it in sorted((FOLDER / name).iterdir())]


def scenarios() -> list[str]:
    return sorted(it.name for it in FOLDER.iterdir() if it.is_dir())


def _body(name: str) -> bytes:
    folder = FOLDER / name
    if name in _EXPORTS:
        export = (EXPORTS / _EXPORTS[name]).read_bytes()
        return (folder / "before.bin").read_bytes() + export + (folder / "after.bin").read_bytes()
    body = folder / "body.bin"
    return body.read_bytes() if body.exists() else b""


def archive(name: str) -> bytes:
    """The ZIP inside a recorded upload."""
    body = _body(name)
    begin = body.index(b"PK\x03\x04")
    end = body.rindex(b"PK\x05\x06") + 22
    return body[begin:end]
