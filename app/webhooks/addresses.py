"""Which addresses a webhook may go to, so that nobody reaches the inside of a network through us (SSRF).

The string proves nothing: ``2130706433``, ``127.1`` and full-width digits all are loopback, and a name may answer
differently a second later. So the rule is applied to the address itself three times: to every answer when an
endpoint is created, to every answer when a send resolves the name, and in the socket factory, which sees what is
really connected to, literals included. Python's ``is_global`` passes NAT64, 6to4, multicast and more; the list
here is our own.
"""

import asyncio
import ipaddress
import re
import socket
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

from aiohttp import TCPConnector, ThreadedResolver
from aiohttp.abc import AbstractResolver, ResolveResult
from yarl import URL

from app.settings import Settings

LONGEST_URL = 2000
RESOLVE_SECONDS = 5.0
KEEP_ALIVE_SECONDS = 15.0

_DENIED = {
    "0.0.0.0/8": "this network",
    "10.0.0.0/8": "a private network",
    "100.64.0.0/10": "a carrier's shared network",
    "127.0.0.0/8": "loopback",
    "168.63.129.16/32": "a cloud's internal service",
    "169.254.0.0/16": "link-local, where clouds keep credentials",
    "172.16.0.0/12": "a private network",
    "192.0.0.0/24": "reserved for protocols",
    "192.0.2.0/24": "reserved for documentation",
    "192.31.196.0/24": "reserved for AS112",
    "192.52.193.0/24": "reserved for AMT",
    "192.88.99.0/24": "a 6to4 relay",
    "192.168.0.0/16": "a private network",
    "192.175.48.0/24": "reserved for AS112",
    "198.18.0.0/15": "reserved for benchmarks",
    "198.51.100.0/24": "reserved for documentation",
    "203.0.113.0/24": "reserved for documentation",
    "224.0.0.0/4": "multicast",
    "240.0.0.0/4": "reserved",
    "::1/128": "loopback",
    "::/96": "IPv4 in IPv6's clothes",
    "::ffff:0:0:0/96": "IPv4 in IPv6's clothes",
    "64:ff9b::/96": "NAT64",
    "64:ff9b:1::/48": "local NAT64",
    "100::/64": "discarded",
    "2001::/32": "Teredo",
    "2001::/23": "reserved for protocols",
    "2001:db8::/32": "reserved for documentation",
    "2002::/16": "6to4",
    "2620:4f:8000::/48": "reserved for AS112",
    "3fff::/20": "reserved for documentation",
    "5f00::/16": "segment routing",
    "fc00::/7": "a private network",
    "fe80::/10": "link-local",
    "fec0::/10": "site-local",
    "ff00::/8": "multicast",
}
DENIED = tuple((ipaddress.ip_network(network), why) for network, why in _DENIED.items())
# The only part of IPv6 that is handed out for the public net; whatever lies outside it is refused unnamed.
_PUBLIC6 = ipaddress.IPv6Network("2000::/3")
_HOST = re.compile(r"[A-Za-z0-9_-]{1,63}(\.[A-Za-z0-9_-]{1,63})*\.?", re.ASCII)
_ENDS_IN_NUMBER = re.compile(r"(?:.*\.)?(?:[0-9]+|0[xX][0-9A-Fa-f]*)\.?", re.ASCII)
_UNSEEN = re.compile(r"[\x00-\x20\x7f\\]")

AddrInfo = tuple[int | socket.AddressFamily, int | socket.SocketKind, int, str, tuple[object, ...]]


class AddressRefused(OSError):
    """A webhook must not go there. An OSError, because it may be raised while a connection is being made."""


@dataclass(frozen=True, slots=True)
class Rules:
    """What the settings allow beyond https on port 443 of a public address."""

    allow_loopback: bool
    ports: frozenset[int]

    @classmethod
    def of(cls, settings: Settings) -> "Rules":
        return cls(settings.webhook_allow_loopback, frozenset({443, *settings.webhook_ports}))


class Target(NamedTuple):
    """A URL that may be tried. ``loopback_only``: plain http or an odd port, so nothing but this machine."""

    url: URL
    loopback_only: bool


@lru_cache(maxsize=4096)
def target(text: str, rules: Rules) -> Target:
    """The URL in ``text`` as it will be sent to; AddressRefused says what is wrong with its form."""
    if len(text) > LONGEST_URL:
        raise AddressRefused(f"must have at most {LONGEST_URL:,} characters")
    if _UNSEEN.search(text):
        raise AddressRefused("must not contain spaces, control characters or backslashes")
    try:
        url = URL(text)
        host, port = url.raw_host or "", url.port
    except ValueError as error:
        raise AddressRefused(f"is not a URL: {error}") from None
    if url.scheme not in ("https", "http") or not text.lower().startswith(("https://", "http://")):
        raise AddressRefused("must begin with https://")
    if "@" in re.split(r"[/?#]", text.split("://", 1)[1])[0]:
        raise AddressRefused("must not contain a user or password; receivers check our signature instead")
    if "#" in text:
        raise AddressRefused("must not have a fragment (#...)")
    _check_host(host)
    loopback_only = url.scheme == "http" or port not in rules.ports
    if not port or (loopback_only and not rules.allow_loopback):
        if url.scheme == "http":
            raise AddressRefused("must begin with https://")
        allowed = ", ".join(map(str, sorted(rules.ports)))
        raise AddressRefused(f"must use port {allowed}; FENGHUO_WEBHOOK_PORTS allows more")
    return Target(url, loopback_only)


def _check_host(host: str) -> None:
    if not host:
        raise AddressRefused("must name a host")
    if ":" in host:
        if "%" in host or not _literal(host):
            raise AddressRefused("must not name an interface (%zone), and its address must be IPv6")
    elif not _HOST.fullmatch(host) or len(host) > 253:
        raise AddressRefused("has a host name that can't exist")
    elif _ENDS_IN_NUMBER.fullmatch(host) and not _literal(host):
        raise AddressRefused("must write an IPv4 address as four decimal numbers")


def _literal(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        return None


@lru_cache(maxsize=4096)
def why_not(address: str, rules: Rules, *, loopback_only: bool = False) -> str | None:
    """Why ``address`` (as resolved, numeric) must not be connected to; None when it may be."""
    ip = _literal(address)
    if ip is None or getattr(ip, "scope_id", None) is not None:
        return f"{address} is bound to an interface"
    if isinstance(ip, ipaddress.IPv6Address) and ip.ipv4_mapped is not None:
        ip = ip.ipv4_mapped
    if ip.is_loopback and rules.allow_loopback:
        return None
    for network, why in DENIED:
        if ip.version == network.version and ip in network:
            return f"{address} is {why}"
    if loopback_only:
        return f"{address} is not this machine; other machines are reached by https on port 443"
    if isinstance(ip, ipaddress.IPv6Address) and ip not in _PUBLIC6:
        return f"{address} is not a public address"
    return None


async def check(text: str, rules: Rules) -> None:
    """AddressRefused unless the URL's form is good, its name resolves, and every answer may be connected to.

    Asks the resolver of the machine, so it must not be called while a transaction is open.
    """
    where = target(text, rules)
    host = where.url.raw_host or ""
    try:
        async with asyncio.timeout(RESOLVE_SECONDS):
            found = await asyncio.get_running_loop().getaddrinfo(host, where.url.port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError, TimeoutError):
        raise AddressRefused(f"names the host {host!r}, which can't be resolved now; check the name") from None
    for *_, address in found:
        why = why_not(str(address[0]), rules, loopback_only=where.loopback_only)
        if why is not None:
            raise AddressRefused(f"leads to an address that webhooks must not go to: {why}")


class GuardedResolver(AbstractResolver):
    """Resolves for a send, and refuses the whole name when any of its answers is bad."""

    def __init__(self, refuse: Callable[[str], str | None], inner: AbstractResolver | None = None) -> None:
        self._refuse = refuse
        self._inner = inner or ThreadedResolver()

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        found = await self._inner.resolve(host, port, family)
        for answer in found:
            why = self._refuse(answer["host"])
            if why is not None:
                raise AddressRefused(f"refused: {why}")
        return found

    async def close(self) -> None:
        await self._inner.close()


def connector(
    rules: Rules, *, loopback_only: bool, connecting: Callable[[str], None], resolver: AbstractResolver | None = None
) -> TCPConnector:
    """Connections to good addresses only. ``connecting`` hears of each address just before it is connected to."""

    def refuse(address: str) -> str | None:
        return why_not(address, rules, loopback_only=loopback_only)

    def make_socket(info: AddrInfo) -> socket.socket:
        address = str(info[4][0])
        scoped = len(info[4]) > 3 and info[4][3]
        why = f"{address} is bound to an interface" if scoped else refuse(address)
        if why is not None:
            raise AddressRefused(f"refused: {why}")
        connecting(address)
        made = socket.socket(info[0], info[1], info[2])
        made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return made

    return TCPConnector(
        limit=0, use_dns_cache=False, keepalive_timeout=KEEP_ALIVE_SECONDS,
        resolver=GuardedResolver(refuse, resolver), socket_factory=make_socket,
    )  # fmt: skip
