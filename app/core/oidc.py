"""People who sign in elsewhere: bearer tokens of the one OpenID Connect issuer in FENGHUO_OIDC_ISSUER.

Only signatures by a public key count (RS, PS and ES): with HS256 the published key would be the secret, and "none"
is no signature. The issuer's keys are kept. They are fetched again every ten minutes in the background, and at
once for a key id that is new, but at most every few seconds: made-up key ids must not become requests to the issuer.
While the issuer is away the keys that are known go on serving.
"""

import asyncio
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, NamedTuple

import aiohttp
import orjson
import structlog
from joserfc import jwt
from joserfc.errors import ClaimError, ExpiredTokenError, InvalidKeyIdError
from joserfc.jwk import JWKRegistry, KeySet
from joserfc.jws import JWSRegistry

from app.core.errors import Unauthorized, Unavailable
from app.core.jose import FAULTS
from app.core.metrics import OIDC_FETCHES
from app.settings import Settings, travels_in_clear

log = structlog.get_logger()
ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512")
# Clocks differ; more would lengthen the life of every token.
LEEWAY_SECONDS = 30
FRESH_SECONDS = 600
FETCH_SECONDS = 3
MOST_BYTES = 512 * 1024
LONGEST_SUBJECT = 255
_YEAR_2100 = 4_102_444_800


class SignIn(NamedTuple):
    """Who signed in, by the issuer's name for them, and until when."""

    subject: str
    expires_at: datetime


class Issuer:
    """The issuer, as far as this process knows its keys. Closed with the process."""

    def __init__(self, *, issuer: str, audience: str, jwks_url: str = "", refetch_seconds: float = 5.0) -> None:
        self._issuer = issuer
        self._audience = audience
        self._jwks_url = jwks_url
        self._refetch_seconds = refetch_seconds
        self._registry = JWSRegistry(algorithms=ALGORITHMS, strict_check_header=False)
        self._keys: KeySet | None = None
        self._fresh_until = self._not_before = 0.0
        self._fetching: asyncio.Task[None] | None = None
        self._session: aiohttp.ClientSession | None = None

    @classmethod
    def of(cls, settings: Settings) -> "Issuer | None":
        """The issuer of the settings, or None where none is set."""
        if not settings.oidc_issuer:
            return None
        return cls(
            issuer=settings.oidc_issuer, audience=settings.oidc_audience, jwks_url=settings.oidc_jwks_url,
            refetch_seconds=settings.oidc_refetch_seconds,
        )  # fmt: skip

    async def close(self) -> None:
        """Ends what is under way."""
        if self._fetching is not None:
            self._fetching.cancel()
        if self._session is not None:
            await self._session.close()

    async def read(self, token: str, header: Mapping[str, Any], *, now: datetime) -> SignIn:
        """Who ``token`` is about. Unauthorized says what is wrong with it; Unavailable: no keys could be had yet."""
        if header["alg"] not in ALGORITHMS:
            raise _refused(f"The token's algorithm must be one of {', '.join(ALGORITHMS)}.")
        keys = await self._keys_with(header.get("kid"))
        try:
            claims = jwt.decode(token, keys, registry=self._registry).claims
            self._claims(now).validate(claims)
        except ExpiredTokenError:
            raise _refused("The token has expired; sign in again.") from None
        except ClaimError as error:
            raise _refused(f"The token is not good here: {error.description}.") from None
        except InvalidKeyIdError:
            raise _refused("The token is signed with a key that the issuer does not publish.") from None
        except FAULTS:
            raise _refused("The token's signature does not fit the issuer's keys.") from None
        subject = claims["sub"]
        if not (0 < len(subject) <= LONGEST_SUBJECT and subject.isprintable()):
            raise _refused(f"The token's subject must have 1 to {LONGEST_SUBJECT} printable characters.")
        return SignIn(subject, datetime.fromtimestamp(min(claims["exp"], _YEAR_2100), UTC))

    def _claims(self, now: datetime) -> jwt.JWTClaimsRegistry:
        return jwt.JWTClaimsRegistry(
            now=int(now.timestamp()), leeway=LEEWAY_SECONDS, exp={"essential": True}, sub={"essential": True},
            iss={"essential": True, "value": self._issuer}, aud={"essential": True, "value": self._audience},
        )  # fmt: skip

    async def _keys_with(self, kid: object) -> KeySet:
        """The issuer's keys, asked for again where none of them has this id, as far as that is due."""
        if self._keys is None or not any(key.kid == kid for key in self._keys):
            if task := self._fetched():
                await asyncio.shield(task)
        elif time.monotonic() >= self._fresh_until:
            self._fetched()
        if self._keys is None:
            raise Unavailable(
                "The issuer's keys can't be had just now; try again.", headers={"Retry-After": str(FETCH_SECONDS)}
            )
        return self._keys

    def _fetched(self) -> asyncio.Task[None] | None:
        """The fetch under way or a new one; None where the last began too short a time ago."""
        if self._fetching is not None and not self._fetching.done():
            return self._fetching
        now = time.monotonic()
        if now < self._not_before:
            return None
        self._not_before = now + self._refetch_seconds
        self._fetching = asyncio.create_task(self._fetch())
        return self._fetching

    async def _fetch(self) -> None:
        try:
            async with asyncio.timeout(FETCH_SECONDS):
                url = self._jwks_url or await self._discovered()
                keys = [key for entry in (await self._get(url))["keys"] if (key := _key(entry)) is not None]
                if not keys:
                    raise ValueError(f"{url} has no key that we understand")
        except (aiohttp.ClientError, OSError, TimeoutError, ValueError, TypeError, KeyError) as error:
            OIDC_FETCHES.labels("failed").inc()
            log.warning("issuer's keys not fetched", issuer=self._issuer, error=repr(error))
            return
        OIDC_FETCHES.labels("ok").inc()
        self._keys = KeySet(keys)
        self._fresh_until = time.monotonic() + FRESH_SECONDS

    async def _discovered(self) -> str:
        document = await self._get(f"{self._issuer.rstrip('/')}/.well-known/openid-configuration")
        if document["issuer"] != self._issuer:
            raise ValueError(f"the document there is of the issuer {document['issuer']!r}")
        url = str(document["jwks_uri"])
        if travels_in_clear(url):
            raise ValueError(f"jwks_uri must be https, and is {url!r}")
        return url

    async def _get(self, url: str) -> dict[str, Any]:
        if self._session is None:
            self._session = aiohttp.ClientSession()
        body = b""
        async with self._session.get(url, allow_redirects=False) as response:
            if response.status != 200:
                raise ValueError(f"{url} answers {response.status}")
            async for chunk in response.content.iter_chunked(64 * 1024):
                body += chunk
                if len(body) > MOST_BYTES:
                    raise ValueError(f"{url} answers more than {MOST_BYTES:,} bytes")
        return dict(orjson.loads(body))


def _key(entry: Any) -> Any:
    """A public key that signs; None for what we don't understand: one such entry must not cost all the others."""
    if not isinstance(entry, dict) or entry.get("kty") not in ("RSA", "EC") or entry.get("use", "sig") != "sig":
        return None
    try:
        return JWKRegistry.import_key(entry)
    except FAULTS:
        return None


def _refused(detail: str) -> Unauthorized:
    return Unauthorized(detail, headers={"WWW-Authenticate": 'Bearer realm="fenghuo", error="invalid_token"'})
