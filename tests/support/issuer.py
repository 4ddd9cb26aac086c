"""A real OpenID Connect issuer on a real port: its discovery document, its keys, and the tokens it signs."""

import time
from collections import Counter
from collections.abc import Iterable
from typing import Any, Self

from aiohttp import web
from joserfc import jwt
from joserfc.jwk import ECKey, RSAKey
from joserfc.jws import JWSRegistry

AUDIENCE = "fenghuo"
DISCOVERY, KEYS = "/.well-known/openid-configuration", "/keys"
Key = RSAKey | ECKey


def ec_key(kid: str) -> ECKey:
    return ECKey.generate_key("P-256", {"kid": kid, "use": "sig"})


def rsa_key(kid: str) -> RSAKey:
    return RSAKey.generate_key(2048, {"kid": kid, "use": "sig"})


class IssuerServer:
    """`async with IssuerServer(key) as issuer:` then `issuer.url` and `issuer.token("subject")`.

    `keys` is what it publishes, `extra` are entries as they stand, `document` overrides members of the discovery
    document, `body` is answered in place of the keys, `status` is what it answers. All may change at any time. `asked` counts requests by path.
    """

    def __init__(self, *keys: Key) -> None:
        self.keys = list(keys)
        self.extra: list[object] = []
        self.document: dict[str, Any] = {}
        self.body: object = None
        self.status = 200
        self.asked: Counter[str] = Counter()
        self.url = ""
        self._port = 0
        self._runner: web.AppRunner | None = None

    def token(
        self, subject: str, *, key: Key | None = None, header: dict[str, Any] | None = None, **claims: Any
    ) -> str:
        """A token as the issuer would sign it; a claim given as None is left out."""
        key = key or self.keys[0]
        now = int(time.time())
        said = {"iss": self.url, "aud": AUDIENCE, "sub": subject, "iat": now, "exp": now + 300} | claims
        alg = "ES256" if isinstance(key, ECKey) else "RS256"
        registry = JWSRegistry(algorithms=["ES256", "RS256", "PS256"], strict_check_header=False)
        head = {"alg": alg, "kid": key.kid} | (header or {})
        left = {name: value for name, value in said.items() if value is not None}
        return jwt.encode({name: value for name, value in head.items() if value is not None}, left, key,
                          registry=registry)  # fmt: skip

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    async def start(self) -> None:
        """Opens the port, the same one again after a stop."""
        app = web.Application()
        app.router.add_route("*", "/{path:.*}", self._answer)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", self._port).start()
        self._port = self._runner.addresses[0][1]
        self.url = f"http://127.0.0.1:{self._port}"

    async def stop(self) -> None:
        """Closes the port: connections are refused from now on."""
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None

    async def _answer(self, request: web.Request) -> web.Response:
        self.asked[request.path] += 1
        if self.status != 200:
            return web.Response(status=self.status, headers={"location": f"{self.url}/elsewhere"})
        if request.path == DISCOVERY:
            return web.json_response({"issuer": self.url, "jwks_uri": f"{self.url}{KEYS}"} | self.document)
        if self.body is not None:
            return web.json_response(self.body)
        return web.json_response({"keys": [*published(self.keys), *self.extra]})


def published(keys: Iterable[Key]) -> list[dict[str, Any]]:
    """The keys as everybody may see them."""
    return [dict(key.as_dict(private=False)) for key in keys]
