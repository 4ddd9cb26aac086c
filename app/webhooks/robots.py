"""What each chat robot is: its quota and limits, how it is signed and calls people, and what its answers mean.

All of them answer 200 to most of what they refuse, so an answer is read and not believed by its status. The figures are
the vendors', as their documents had them in November 2026:

- DingTalk 钉钉: https://open.dingtalk.com/document/orgapp/custom-robot-access
- Feishu 飞书: https://open.feishu.cn/document/client-docs/bot-v3/add-custom-bot
- WeCom 企业微信: https://developer.work.weixin.qq.com/document/path/91770
- Slack: https://docs.slack.dev/apis/web-api/rate-limits and /messaging/sending-messages-using-incoming-webhooks
"""

import base64
import hashlib
import hmac
import re
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from datetime import datetime
from types import MappingProxyType
from typing import Any, ClassVar, Final, NamedTuple
from urllib.parse import quote

import orjson

from app.core.errors import FieldError
from app.webhooks.envelope import PayloadFormat

# A number of the mainland, or any with its country's code. Other digits may be somebody's user id.
_PHONE = re.compile(r"(?:\+\d{1,3}-?)?1[3-9]\d{9}|\+[\d-]{6,19}")
_SLACK_ID = re.compile(r"[UW][A-Z0-9]{4,20}")
_DIGITS = re.compile(r"\d{1,9}")


class Quota(NamedTuple):
    """At most so many messages in any so many seconds."""

    most: int
    seconds: float


class Fault(NamedTuple):
    """Why an answer is no success. ``refused``: the same again will not help; ``pause``: seconds of silence asked for."""

    error: str
    refused: bool = False
    pause: float | None = None


class Call(NamedTuple):
    """Whom a message calls, by phone or user id, so that their devices ring."""

    people: Sequence[str] = ()
    everyone: bool = False

    @property
    def phones(self) -> list[str]:
        return [one for one in self.people if is_phone(one)]

    @property
    def ids(self) -> list[str]:
        return [one for one in self.people if not is_phone(one)]


def is_phone(text: str) -> bool:
    """Whether it can only be a phone number."""
    return _PHONE.fullmatch(text) is not None


class Robot(ABC):
    """One vendor's kind. Limits are in bytes of UTF-8."""

    name: ClassVar[str]
    quotas: ClassVar[tuple[Quota, ...]]
    most_bytes: ClassVar[int]
    # Seconds of silence after it said that there was too much.
    pause: ClassVar[float]
    # Its own words for "too much", and for "not now, but perhaps later".
    too_much: ClassVar[frozenset[int]] = frozenset()
    passing: ClassVar[frozenset[int]] = frozenset()
    # Whether it has a secret to sign with, and whether it knows people by their phones.
    signs: ClassVar[bool] = False
    knows_phones: ClassVar[bool] = False

    def url(self, url: str, secret: str | None, at: datetime) -> str:
        """Where to POST."""
        return url

    @abstractmethod
    def message(self, text: str, call: Call) -> dict[str, Any]:
        """The members of the body."""

    def signature(self, secret: str, at: datetime) -> Mapping[str, str]:
        """Members of the body that prove who sends it."""
        return {}

    def size(self, text: str, call: Call) -> int:
        """How much of ``most_bytes`` a message takes."""
        return len(orjson.dumps(self.message(text, call)))

    def body(self, text: str, call: Call, secret: str | None, at: datetime) -> bytes:
        """What to POST."""
        return orjson.dumps({**(self.signature(secret, at) if secret else {}), **self.message(text, call)})

    def refuses(self, person: str) -> str | None:
        """Why it could not call this person, or None."""
        if is_phone(person) and not self.knows_phones:
            return f"{self.name} calls people by user id, not by phone"
        return None

    def read(self, status: int, body: bytes) -> Fault | None:
        """What is wrong with an answer; None: the message is out."""
        code, words = self.code(body)
        if code in self.too_much or status == 429:
            return Fault(f"{self.name} {code or status}: {words or 'too many messages'}", pause=self.pause)
        if code:
            return Fault(f"{self.name} {code}: {words}", refused=code not in self.passing and status < 500)
        if not 200 <= status < 300:
            return Fault(f"answered {status}")
        return Fault(f"answered {status}, but not as {self.name} does") if code is None else None

    def code(self, body: bytes) -> tuple[int | None, str]:
        """The answer's own code, 0 for success, and its words; no code where the answer is none of the vendor's."""
        try:
            answer = orjson.loads(body)
        except orjson.JSONDecodeError:
            return None, ""
        for code, words in (("errcode", "errmsg"), ("code", "msg"), ("StatusCode", "StatusMessage")):
            value = answer.get(code) if isinstance(answer, dict) else None
            if isinstance(value, str) and _DIGITS.fullmatch(value):
                value = int(value)
            if isinstance(value, int) and not isinstance(value, bool):
                return value, _one_line(answer.get(words))
        return None, ""


class DingTalk(Robot):
    """钉钉: signed in the query; more than 20 a minute and it is muted for 10 minutes."""

    name = "DingTalk"
    quotas = (Quota(20, 60),)
    most_bytes = 20_000
    pause = 600.0
    too_much = frozenset({130101})
    passing = frozenset({-1})
    signs = knows_phones = True

    def url(self, url: str, secret: str | None, at: datetime) -> str:
        if not secret:
            return url
        timestamp = int(at.timestamp() * 1000)
        sign = _hmac(secret, f"{timestamp}\n{secret}")
        return f"{url}{'&' if '?' in url else '?'}timestamp={timestamp}&sign={quote(sign, safe='')}"

    def message(self, text: str, call: Call) -> dict[str, Any]:
        # Who is called must stand in the text as well.
        named = "".join(f" @{person}" for person in call.people)
        at = {"atMobiles": call.phones, "atUserIds": call.ids, "isAtAll": call.everyone}
        return {"msgtype": "text", "text": {"content": text + (f"\n{named.strip()}" if named else "")}, "at": at}


class Feishu(Robot):
    """飞书: signed in the body; 100 a minute and 5 a second."""

    name = "Feishu"
    quotas = (Quota(100, 60), Quota(5, 1))
    # The document said 30 KB once and says 20 KB now.
    most_bytes = 20_000
    pause = 60.0
    too_much = frozenset({11232})
    passing = frozenset({-1})
    signs = True

    def message(self, text: str, call: Call) -> dict[str, Any]:
        # What we tell of must not call anybody: there is no escape for its tags.
        text = text.replace("<", "＜").replace(">", "＞")
        called = [f'<at user_id="{person}"></at>' for person in call.people]
        called += ['<at user_id="all">所有人</at>'] * call.everyone
        return {"msg_type": "text", "content": {"text": "\n".join([text, " ".join(called)] if called else [text])}}

    def signature(self, secret: str, at: datetime) -> Mapping[str, str]:
        timestamp = str(int(at.timestamp()))
        return {"timestamp": timestamp, "sign": _hmac(f"{timestamp}\n{secret}", "")}


class WeCom(Robot):
    """企业微信: no signature, the key in its URL is all; 20 a minute, and 2,048 bytes of text."""

    name = "WeCom"
    quotas = (Quota(20, 60),)
    most_bytes = 2048
    pause = 60.0
    too_much = frozenset({45009})
    passing = frozenset({-1})
    knows_phones = True

    def message(self, text: str, call: Call) -> dict[str, Any]:
        everyone = ["@all"] * call.everyone
        called = {"mentioned_list": call.ids + everyone, "mentioned_mobile_list": call.phones}
        return {"msgtype": "text", "text": {"content": text, **{name: who for name, who in called.items() if who}}}

    def size(self, text: str, call: Call) -> int:
        """Of the text alone."""
        return len(text.encode())


class Slack(Robot):
    """Slack: no signature; one a second, and an answer in plain words."""

    name = "Slack"
    quotas = (Quota(1, 1),)
    # 40,000 characters are cut by Slack itself.
    most_bytes = 30_000
    pause = 30.0

    def message(self, text: str, call: Call) -> dict[str, Any]:
        text = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
        called = [f"<@{person}>" for person in call.people] + ["<!channel>"] * call.everyone
        return {"text": "\n".join([text, " ".join(called)] if called else [text])}

    def refuses(self, person: str) -> str | None:
        """Its members have ids of a form of their own."""
        fits = _SLACK_ID.fullmatch(person)
        return None if fits else "Slack calls people by member id, for example U012AB3CD, not by phone or name"

    def read(self, status: int, body: bytes) -> Fault | None:
        words = body[:200].decode("utf-8", "replace").strip()
        if status == 429:
            return Fault(f"Slack 429: {_one_line(words) or 'too many messages'}", pause=self.pause)
        if status == 200 and words == "ok":
            return None
        if 200 <= status < 300:
            return Fault(f"answered {status}, but not as Slack does: {_one_line(words)}")
        return Fault(f"Slack {status}: {_one_line(words)}", refused=400 <= status < 500)


ROBOTS: Final[Mapping[PayloadFormat, Robot]] = MappingProxyType(
    {
        PayloadFormat.DINGTALK: DingTalk(),
        PayloadFormat.FEISHU: Feishu(),
        PayloadFormat.WECOM: WeCom(),
        PayloadFormat.SLACK: Slack(),
    }
)


def signs(form: str) -> bool:
    """Whether messages of this format are signed with a secret of the vendor's."""
    robot = ROBOTS.get(PayloadFormat(form))
    return robot is not None and robot.signs


def complaints(
    form: PayloadFormat, people: Sequence[str], everyone: bool, secret: str | None = None
) -> list[FieldError]:
    """What an endpoint of this format can't do of what is asked of it."""
    robot = ROBOTS.get(form)
    wrong = [FieldError("/at_all", f"nobody can be called in the format {form}", "not_a_robot")] * everyone
    wrong += [FieldError("/at_people", f"nobody can be called in the format {form}", "not_a_robot")] * bool(people)
    if robot is not None:
        refused = [(place, _everybody(person) or robot.refuses(person)) for place, person in enumerate(people)]
        wrong = [FieldError(f"/at_people/{place}", why, "not_called_so") for place, why in refused if why]
    if secret and not signs(form):
        of = f"{robot.name} robots have no secret to sign with" if robot else "this is the secret of a chat robot"
        wrong.append(FieldError("/robot_secret", f"{of}; leave it out", "not_signed_so"))
    return wrong


def _everybody(person: str) -> str | None:
    """Why it is no person: to vendors this word is the whole group, whatever `at_all` says."""
    calls_all = person.strip("@").casefold() == "all"
    return f"{person!r} calls everybody of the group: set at_all to true if that is meant" if calls_all else None


def _hmac(key: str, message: str) -> str:
    return base64.b64encode(hmac.new(key.encode(), message.encode(), hashlib.sha256).digest()).decode()


def _one_line(words: object) -> str:
    return " ".join(str(words or "").split())[:300]
