"""Bodies as OpenSID sends them: one file in a form, fields, or JSON; none beyond the limits.

An upload is counted and hashed before anything is made of it, so that also of one that cannot be
read there is a trace.
"""

import io
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from hashlib import sha256
from typing import IO, Any, Final

from flask import request
from werkzeug.exceptions import ClientDisconnected, RequestEntityTooLarge

from api.compat.bearer import bearer
from api.context import services
from api.errors import SENTENCES, log_failure
from ledger import PDF, PICTURES, Blob, LedgerError, Outcome, Upload, media_type
from ledger.database import OUTAGES, outage
from ledger.opensid import ExportError, Submission

MOST_FILE: Final = 64 * 1024 * 1024
"""Of a dump with its photos; 20,000 people without photos are 4 MiB."""
MOST_JSON: Final = 32 * 1024 * 1024
"""Of reports, whose PDF are a third longer in base64."""
MOST_FORM: Final = 256 * 1024
_CHUNK = 256 * 1024


class BodyTooLargeError(LedgerError):
    """More than OpenSID ever sends."""

    code = "upload-too-large"

    def __init__(self, limit: int) -> None:
        super().__init__(f"Unggahan melebihi {limit // 1024 // 1024} MiB.")
        self.limit = limit


class FileMissingError(LedgerError):
    """A form without the file that it is about."""

    code = "upload-without-file"

    def __init__(self) -> None:
        super().__init__("Unggahan tidak memuat berkas; mungkin terputus di jalan. Kirim lagi.")


class UploadFailedError(LedgerError):
    """Something of ours went wrong; the operator can only try again."""

    code = "upload-failed"

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)


class Keeping:
    """Keeps the files inside an upload that records refer to, if they are what they should be."""

    def __init__(self) -> None:
        self.kept: list[Blob] = []

    def picture(self, data: bytes) -> str | None:
        """A reference to a picture; None for what is none."""
        return self._keep(data, PICTURES)

    def pdf(self, data: bytes) -> str | None:
        """A reference to a PDF; None for what is none."""
        return self._keep(data, {PDF})

    def _keep(self, data: bytes, wanted: set[str] | frozenset[str]) -> str | None:
        type_ = media_type(data)
        if type_ is None or type_ not in wanted:
            return None
        blob = services().blobs.keep(data, type_)
        self.kept.append(blob)
        return blob.reference


@dataclass
class Received:
    """An upload at hand: `stream` is what came, `upload` what is known of it."""

    upload: Upload
    stream: IO[bytes] = field(default_factory=io.BytesIO)

    @classmethod
    def begun(cls, endpoint: str, entity: str, *, whole: bool = False) -> "Received":
        """An upload of which nothing has been read yet, or raise TokenRefusedError."""
        token = bearer()
        size = request.content_length or 0
        return cls(Upload(token.kode_desa, endpoint, entity, token.id, "", size, whole))

    @property
    def kode_desa(self) -> str:
        """Whose it is, by the token."""
        return self.upload.kode_desa

    def file(self) -> IO[bytes]:
        """The file in the form.

        Raises:
            BodyTooLargeError, FileMissingError: there is none that can be taken.
        """
        _limit(MOST_FILE)
        sent = request.files.get("file")
        if sent is None:
            raise FileMissingError
        return self._hashed(sent.stream)

    def json(self) -> object:
        """The JSON of the body; None when it is none."""
        self._body(MOST_JSON)
        return request.get_json(force=True, silent=True)

    def form(self) -> dict[str, Any]:
        """The fields, of a form or of JSON."""
        self._body(MOST_FORM)
        if request.is_json:
            found = request.get_json(silent=True)
            return found if isinstance(found, dict) else {}
        return request.form.to_dict()

    def _body(self, most: int) -> None:
        _limit(most)
        # Cached: the form is parsed from it.
        self._hashed(io.BytesIO(request.get_data(cache=True, parse_form_data=False)))

    def _hashed(self, stream: IO[bytes]) -> IO[bytes]:
        digest = sha256()
        while chunk := stream.read(_CHUNK):
            digest.update(chunk)
        size = stream.tell()
        stream.seek(0)
        self.stream = stream
        self.upload = replace(self.upload, sha256=digest.hexdigest(), bytes=size)
        return stream

    def evidence(self) -> Blob:
        """Keep the upload as it came."""
        return services().blobs.keep_stream(self.stream)


def take(
    received: Received,
    read: Callable[[Received, Keeping], Submission],
) -> Outcome:
    """Read an upload and append what it says; whatever becomes of it is noted.

    What cannot be taken is an outcome too: the operator hears of it at the next chance, also
    where OpenSID does not look at this answer. Other errors are raised, and noted all the same.
    """
    gateway = services().gateway
    keeping = Keeping()
    try:
        try:
            submission = read(received, keeping)
        except RequestEntityTooLarge:
            raise BodyTooLargeError(request.max_content_length or MOST_FILE) from None
        except ClientDisconnected:
            raise FileMissingError from None
        return gateway.take(received.upload, submission, received.evidence, keeping.kept)
    except (ExportError, BodyTooLargeError, FileMissingError) as error:
        return gateway.refuse(received.upload, error)
    except Exception as error:
        why = str(outage(error)) if isinstance(error, OUTAGES) else SENTENCES[500]
        # The database itself may be what failed; then there is nowhere to note it.
        with suppress(*OUTAGES):
            gateway.refuse(received.upload, UploadFailedError(why))
        log_failure(error)
        raise


def _limit(most: int) -> None:
    """Let reading stop at the limit; a form's fields are few and short."""
    request.max_content_length = most
    request.max_form_memory_size = MOST_FORM
    if (request.content_length or 0) > most:
        raise BodyTooLargeError(most)
