"""Tokens: what today's OpenSID shows instead of a signature.

A token belongs to one desa and says so. It is a JWT, as OpenDK's was, so that nobody's program is
surprised; but what counts is the register: a token that was revoked is none from that moment on,
and its hash is all that is kept of it. Whoever issues or revokes one leaves an entry in the
office's log.
"""

import re
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from hmac import compare_digest
from typing import Any, Final

import jwt
from sqlalchemy import Engine, insert, select, update

from ledger import store
from ledger.admission import RegisteredKey
from ledger.batch import Draft
from ledger.desa_keys import key_act
from ledger.errors import TokenRefusedError, TokenUnknownError
from ledger.log import Ledger
from ledger.tables import token

LIFETIME: Final = timedelta(days=3650)
"""OpenSID never asks for another; a token lives until it is revoked."""
_ALGORITHM = "HS256"
_LONGEST = 2_000
_WHITE = re.compile(r"\s+")


@dataclass(frozen=True)
class Token:
    """A token as the register knows it; `label` says for whom it was issued."""

    kode_desa: str
    id: str
    label: str
    issued_at: datetime
    expires_at: datetime
    revoked_at: datetime | None = None


class Tokens:
    """The tokens of an office. `engine` connects as the ingest role."""

    def __init__(self, engine: Engine, ledger: Ledger, now: Callable[[], datetime]) -> None:
        self._engine = engine
        self._ledger = ledger
        self._now = now
        # Of the gateway's key, not of the web's: that one may be changed at the price of
        # everybody's log-in, which must not be the price of every village's connection.
        # Of the first one: tokens live longer than keys do, and what counts is the register.
        seed = ledger.office.keyring.gateway
        self._secret = sha256(b"opendk-ledger/token/v1\n" + seed).digest()

    def issue(self, kode_desa: str, label: str) -> tuple[str, Token]:
        """Make a token for a desa, and open the gateway to it; the text is told this once.

        Raises:
            DesaUnknownError: no such desa.
        """
        at = self._now().replace(microsecond=0)
        made = Token(kode_desa, secrets.token_hex(8), label, at, at + LIFETIME)
        text = jwt.encode(
            {
                "iss": self._ledger.office.origin,
                "sub": made.kode_desa,
                "jti": made.id,
                "iat": made.issued_at,
                "exp": made.expires_at,
            },
            self._secret,
            algorithm=_ALGORITHM,
        )
        with self._engine.begin() as tx:
            head = self._ledger.lock(tx, kode_desa)
            key = self._ledger.current_gateway_key(tx).verifier
            if key.name not in {it.verifier.name for it in store.read_keys(tx, kode_desa)}:
                opened = RegisteredKey(key, first=head.size + 1)
                store.add_key(tx, kode_desa, opened)
                self._ledger.record(tx, [key_act(kode_desa, opened, "kantor", "", at)])
            self._ledger.record(tx, [_act(made, at, "berlaku")])
            tx.execute(
                insert(token).values(
                    kode_desa=made.kode_desa,
                    id=made.id,
                    hash=_hash(text),
                    label=made.label,
                    issued_at=made.issued_at,
                    expires_at=made.expires_at,
                ),
            )
        return text, made

    def verify(self, text: str) -> Token:
        """The token that a text is, or raise TokenRefusedError.

        White space is not looked at: texts are pasted, and lines break.
        """
        text = _WHITE.sub("", text)
        claims = self._claims(text)
        query = select(token).where(
            token.c.kode_desa == claims.get("sub"),
            token.c.id == claims.get("jti"),
        )
        with self._engine.begin() as tx:
            row = tx.execute(query).mappings().first()
        if row is None or not compare_digest(row["hash"], _hash(text)):
            raise TokenRefusedError("tidak terdaftar")
        if row["revoked_at"] is not None:
            raise TokenRefusedError("sudah dicabut")
        return _token(row)

    def _claims(self, text: str) -> dict[str, Any]:
        if not text:
            raise TokenRefusedError("tidak dikirim")
        try:
            claims: dict[str, Any] = jwt.decode(
                text[:_LONGEST],
                self._secret,
                algorithms=[_ALGORITHM],
                issuer=self._ledger.office.origin,
                # The register's clock decides, not this machine's.
                options={"verify_exp": False, "verify_iat": False, "require": ["sub", "jti"]},
            )
        except jwt.InvalidTokenError:
            raise TokenRefusedError("bukan token kecamatan ini") from None
        if claims.get("exp", 0) < self._now().timestamp():
            raise TokenRefusedError("sudah kedaluwarsa")
        return claims

    def revoke(self, kode_desa: str, id_: str) -> Token:
        """Let a token be none from now on; doing it again makes no difference.

        Raises:
            TokenUnknownError: the desa has no such token.
        """
        at = self._now()
        mine = (token.c.kode_desa == kode_desa, token.c.id == id_)
        with self._engine.begin() as tx:
            row = tx.execute(select(token).where(*mine).with_for_update()).mappings().first()
            if row is None:
                raise TokenUnknownError(kode_desa, id_)
            if row["revoked_at"] is None:
                self._ledger.record(tx, [_act(_token(row), at, "dicabut")])
                tx.execute(update(token).where(*mine).values(revoked_at=at))
        return _token({**row, "revoked_at": row["revoked_at"] or at})

    def of(self, kode_desa: str) -> list[Token]:
        """Every token of a desa, the newest first."""
        query = select(token).where(token.c.kode_desa == kode_desa)
        query = query.order_by(token.c.issued_at.desc(), token.c.id)
        with self._engine.begin() as tx:
            return [_token(row) for row in tx.execute(query).mappings()]


def _hash(text: str) -> bytes:
    return sha256(text.encode()).digest()


def _token(row: Any) -> Token:  # noqa: ANN401  # a row's mapping
    names = ("kode_desa", "id", "label", "issued_at", "expires_at", "revoked_at")
    return Token(*(row[name] for name in names))


def _act(of: Token, at: datetime, state: str) -> Draft:
    facts = {"kode_desa": of.kode_desa, "untuk": of.label, "keadaan": state}
    return Draft("token_desa", of.id, "put", at, facts)
