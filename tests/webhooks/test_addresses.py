"""Nobody reaches the inside of a network through a webhook: a canary on loopback must never be touched."""

import asyncio
import ipaddress
import socket
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime

import pytest
from aiohttp.abc import AbstractResolver, ResolveResult
from hypothesis import given
from hypothesis import strategies as st

from app.settings import Settings
from app.webhooks.addresses import AddressRefused, Rules, check, target, why_not
from app.webhooks.exchange import Answer, Exchange
from tests.support.receiver import Answer as Told
from tests.support.receiver import Receiver

STRICT = Rules(allow_loopback=False, ports=frozenset({443}))
LOOPBACK = Rules(allow_loopback=True, ports=frozenset({443}))
NOW = datetime(2026, 3, 1, tzinfo=UTC)

# Hosts that lead to this machine, to a private network or to a cloud's secrets, however they are written.
BAD_HOSTS = (
    "127.0.0.1", "127.0.0.2", "127.255.255.254", "127.1", "127.0.1", "2130706433", "0x7f000001", "0x7f.1", "0X7F.0.0.1",
    "0177.0.0.1", "017700000001", "0x7f.0x0.0x0.0x1", "00000177.0.0.1", "127.0.0.1.", "localhost", "LOCALHOST",
    "localhost.", "0", "0.0.0.0", "0x0", "00",
    "１２７.0.0.1", "１２７．０．０．１", "①②⑦.⓪.⓪.①", "127。0。0。1", "127｡0｡0｡1", "𝟏𝟐𝟕.𝟎.𝟎.𝟏", "ⓛⓞⓒⓐⓛⓗⓞⓢⓣ", "ｌｏｃａｌｈｏｓｔ",
    "%31%32%37.0.0.1", "127.0.0.1%00", "127.0.0.1%2e",
    "[::1]", "[::]", "[0:0:0:0:0:0:0:1]", "[0000:0000:0000:0000:0000:0000:0000:0001]", "[::127.0.0.1]", "[::7f00:1]",
    "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[::ffff:0:127.0.0.1]", "[0:0:0:0:0:ffff:127.0.0.1]",
    "[64:ff9b::127.0.0.1]", "[64:ff9b::7f00:1]", "[64:ff9b:1::127.0.0.1]", "[2002:7f00:1::]", "[2001:0:7f00:1::]",
    "[::1%25lo]", "[::1%lo]", "[fe80::1%25eth0]", "[fe80::1]", "[fec0::1]", "[fc00::1]", "[fd12:3456::1]", "[ff02::1]",
    "[5f00::1]", "[3fff::1]", "[2001:db8::1]", "[100::1]", "[4000::1]",
    "10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.1.1", "100.64.0.1", "100.100.100.200", "169.254.169.254",
    "2852039166", "0xa9fea9fe", "169.254.169.254.", "[::ffff:169.254.169.254]", "168.63.129.16", "192.0.0.192",
    "192.0.2.1", "198.18.0.1", "198.51.100.1", "203.0.113.1", "192.88.99.1", "224.0.0.1", "239.255.255.250",
    "240.0.0.1", "255.255.255.255",
    "[::ffff:10.0.0.1]", "[::ffff:0a00:1]", "[::10.0.0.1]", "[64:ff9b::169.254.169.254]", "[64:ff9b::a9fe:a9fe]",
    "[2002:a9fe:a9fe::]", "[2001:0:a9fe:a9fe::]", "[fd00:ec2::254]", "[2620:4f:8000::1]", "[2001:2::1]",
    "192.52.193.1", "192.31.196.1", "192.175.48.1", "localhost.localdomain", "ip6-localhost", "0xa.1", "012.0.0.1",
    "167772161", "3232235777", "127.127", "①⑥⑨.②⑤④.①⑥⑨.②⑤④",
)  # fmt: skip

BAD_URLS = {
    "http://93.184.215.14/": "https://",
    "ftp://93.184.215.14/": "https://",
    "file:///etc/passwd": "https://",
    "gopher://93.184.215.14/": "https://",
    "//93.184.215.14/": "https://",
    "https:93.184.215.14": "https://",
    "": "https://",
    "hook": "https://",
    "https://": "host",
    "https:///path": "host",
    "https://user@93.184.215.14/": "user or password",
    "https://user:secret@93.184.215.14/": "user or password",
    "https://@93.184.215.14/": "user or password",
    "https://93.184.215.14@127.0.0.1/": "user or password",
    "https://93.184.215.14/#part": "fragment",
    "https://93.184.215.14/#": "fragment",
    "https://93.184.215.14:8443/": "port 443",
    "https://93.184.215.14:0/": "port 443",
    "https://93.184.215.14:99999/": "is not a URL",
    "https://93.184.215.14:x/": "is not a URL",
    "https://93.184.215.14\\@127.0.0.1/": "backslashes",
    "https://93.184.215.14/ /": "spaces",
    "https://93.184.215.14/\r\nhost:": "control",
    " https://93.184.215.14/": "spaces",
    "https://[::1/": "is not a URL",
    "https://-.../": "can't exist",
    "https://a..b/": "can't exist",
    f"https://{'a' * 64}.example/": "can't exist|is not a URL",
    "https://93.184.215.14/" + "a" * 2000: "2,000 characters",
    "https://no-such-name.invalid/": "can't be resolved",
}


@dataclass
class Canary:
    """Listens on loopback and counts who comes."""

    port: int = 0
    touched: int = 0
    servers: list[asyncio.Server] = field(default_factory=list)
    guests: list[asyncio.StreamWriter] = field(default_factory=list)

    def hang_up(self) -> None:
        for writer in self.guests:
            writer.close()

    def touch(self, _: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.touched += 1
        self.guests.append(writer)
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")


@pytest.fixture
async def canary() -> AsyncIterator[Canary]:
    bird = Canary()
    server = await asyncio.start_server(bird.touch, "0.0.0.0", 0)
    bird.port = server.sockets[0].getsockname()[1]
    bird.servers.append(server)
    if socket.has_ipv6:
        with suppress(OSError):  # a machine without IPv6 has no ::1 to protect
            bird.servers.append(await asyncio.start_server(bird.touch, "::1", bird.port))
    yield bird
    for server in bird.servers:
        server.close()


class Answers(AbstractResolver):
    """A name server that says what a test wants, one list of addresses after the other."""

    def __init__(self, *answers: Sequence[str]) -> None:
        self.answers = list(answers)

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        found = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        return [
            ResolveResult(hostname=host, host=a, port=port, proto=0, flags=0,
                          family=socket.AF_INET6 if ":" in a else socket.AF_INET)
            for a in found
        ]  # fmt: skip

    async def close(self) -> None:
        pass


@asynccontextmanager
async def exchange(resolver: AbstractResolver | None = None, **settings: object) -> AsyncIterator[Exchange]:
    made = Exchange(Settings.model_validate({"webhook_timeout": 5, **settings}), resolver=resolver)
    try:
        yield made
    finally:
        await made.close()


async def post(exchange: Exchange, url: str) -> Answer:
    return await exchange.post(url, [b"s" * 32], "evt_1", b"{}", at=NOW)


@pytest.mark.parametrize("host", BAD_HOSTS)
async def test_a_url_that_leads_inside_is_refused_when_it_is_given(host: str) -> None:
    with pytest.raises(AddressRefused):
        await check(f"https://{host}/", STRICT)


@pytest.mark.parametrize("host", BAD_HOSTS)
async def test_a_send_never_touches_the_inside_however_its_address_is_written(host: str, canary: Canary) -> None:
    async with exchange(webhook_ports=(canary.port,)) as strict:
        answer = await post(strict, f"https://{host}:{canary.port}/")
    assert canary.touched == 0
    assert answer.error
    assert answer.status is None
    assert answer.address is None, "nothing may even be connected to"


async def test_the_canary_is_touched_where_the_setting_allows_loopback(canary: Canary) -> None:
    async with exchange(webhook_allow_loopback=True) as open_here:
        answer = await post(open_here, f"http://127.0.0.1:{canary.port}/")
    assert (answer.error, answer.status, answer.address) == (None, 200, "127.0.0.1")
    assert canary.touched == 1


@pytest.mark.parametrize(("url", "said"), BAD_URLS.items(), ids=lambda value: repr(value)[:40])
async def test_a_url_of_a_wrong_form_is_refused_and_the_reason_said(url: str, said: str) -> None:
    with pytest.raises(AddressRefused, match=said):
        await check(url, STRICT)


@pytest.mark.parametrize("inside", ["127.0.0.1", "10.0.0.1", "::1", "::ffff:127.0.0.1", "169.254.169.254", "fe80::1"])
async def test_a_name_with_one_bad_answer_among_good_ones_is_refused_whole(inside: str, canary: Canary) -> None:
    resolver = Answers(["93.184.215.14", inside])
    async with exchange(resolver, webhook_ports=(canary.port,)) as strict:
        answer = await post(strict, f"https://hooks.example.com:{canary.port}/")
    assert canary.touched == 0
    assert answer.address is None
    assert answer.error == f"refused: {why_not(inside, STRICT)}"


async def test_a_name_that_moves_inside_after_it_was_checked_is_refused_at_the_send(canary: Canary) -> None:
    resolver = Answers(["127.0.0.1"], ["10.1.2.3"], ["::1"])
    async with exchange(resolver, webhook_ports=(canary.port,)) as strict:
        answers = [await post(strict, f"https://hooks.example.com:{canary.port}/") for _ in range(3)]
    assert canary.touched == 0
    assert all((answer.error or "").startswith("refused: ") for answer in answers)


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize("where", ["http://127.0.0.1:{port}/", "//127.0.0.1:{port}/", "https://[::1]:{port}/"])
async def test_a_redirect_inside_is_not_followed(status: int, where: str, canary: Canary) -> None:
    location = where.format(port=canary.port)
    async with Receiver(answer=lambda _: Told(status, headers={"location": location})) as receiver:
        async with exchange(webhook_allow_loopback=True) as open_here:
            answer = await post(open_here, receiver.url)
        assert (answer.status, answer.error) == (status, f"answered {status}")
        assert len(receiver.received) == 1
    assert canary.touched == 0


async def test_a_name_that_was_good_once_is_not_trusted_for_the_next_connection(canary: Canary) -> None:
    """Once the connection is gone the name is asked anew, and what it says then counts."""
    resolver = Answers(["127.0.0.1"], ["10.1.2.3"], ["10.1.2.3"])
    async with exchange(resolver, webhook_allow_loopback=True) as open_here:
        first = await post(open_here, f"http://hooks.example.com:{canary.port}/")
        assert (first.status, canary.touched) == (200, 1)
        canary.hang_up()
        second = await post(open_here, f"http://hooks.example.com:{canary.port}/")
    assert canary.touched == 1
    assert second.error == "refused: 10.1.2.3 is a private network"


async def test_plain_http_reaches_this_machine_only(canary: Canary) -> None:
    resolver = Answers(["93.184.215.14"])
    async with exchange(resolver, webhook_allow_loopback=True) as open_here:
        answer = await post(open_here, f"http://hooks.example.com:{canary.port}/")
    assert "not this machine" in (answer.error or "")
    assert answer.address is None


async def test_a_proxy_in_the_environment_is_not_used(canary: Canary, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{canary.port}")
    async with Receiver() as receiver, exchange(webhook_allow_loopback=True) as open_here:
        assert (await post(open_here, receiver.url)).status == 200
        assert len(receiver.received) == 1
    assert canary.touched == 0


@pytest.mark.parametrize(
    "address",
    ["8.8.8.8", "93.184.215.14", "1.1.1.1", "100.128.0.1", "172.32.0.1", "169.255.0.1", "192.0.1.1", "198.20.0.1",
     "223.255.255.254", "2606:4700:4700::1111", "2a00:1450:4001::1", "2400:3200::1", "::ffff:8.8.8.8"],
)  # fmt: skip
def test_public_addresses_are_good(address: str) -> None:
    assert why_not(address, STRICT) is None


@pytest.mark.parametrize("address", ["127.0.0.1", "127.8.8.8", "::1", "::ffff:127.0.0.1"])
def test_loopback_is_good_only_where_the_setting_says_so(address: str) -> None:
    assert why_not(address, STRICT)
    assert why_not(address, LOOPBACK) is None


@pytest.mark.parametrize("address", ["10.0.0.1", "169.254.169.254", "0.0.0.0", "::", "192.168.0.1", "fd00::1"])
def test_allowing_loopback_allows_nothing_else(address: str) -> None:
    assert why_not(address, LOOPBACK)


@given(st.one_of(st.ip_addresses(v=4), st.ip_addresses(v=6)))
def test_what_python_calls_not_global_is_refused_too(ip: ipaddress.IPv4Address | ipaddress.IPv6Address) -> None:
    meant = getattr(ip, "ipv4_mapped", None) or ip
    if not meant.is_global or meant.is_multicast or meant.is_reserved:
        assert why_not(str(ip), STRICT)


def test_the_url_that_is_sent_to_keeps_path_query_and_an_international_name() -> None:
    assert str(target("https://中国.cn/路?a=1", STRICT).url) == "https://xn--fiqs8s.cn/%E8%B7%AF?a=1"


def test_ports_that_the_operator_names_are_good() -> None:
    rules = Rules.of(Settings.model_validate({"webhook_ports": "8443"}))
    assert target("https://hooks.example.com:8443/", rules).loopback_only is False
    assert target("https://hooks.example.com/", rules).loopback_only is False
