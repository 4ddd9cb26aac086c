"""Groups with a chat robot, as the vendors' documents describe them: real servers that check what they are sent.

Nothing of ours is used here: signatures are made by another library, and quotas are counted as the strictest of
readings, over a window that slides. ``second`` is what a second of the vendor's lasts, so that tests needn't wait.
"""

import base64
import time
from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any, ClassVar, Self

import orjson
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.hmac import HMAC

from app.core.db import Database
from tests.support.owed import subscribe
from tests.support.receiver import Answer, Received, Receiver

HOUR = 3600


class Group(ABC):
    """`async with DingTalkGroup() as group:` then `group.receiver`; `group.texts` is what people read there."""

    form: ClassVar[str]
    quotas: ClassVar[tuple[tuple[int, float], ...]]
    mutes: ClassVar[float] = 0.0

    def __init__(self, secret: str | None = None, second: float = 1.0) -> None:
        self.secret = secret
        self.texts: list[str] = []
        self.messages: list[Any] = []
        # How often more came than the quota allows.
        self.over = 0
        self.receiver = Receiver(answer=self.judge)
        # What to answer instead, one after the other; None for the usual.
        self.instead: list[Answer | None] = []
        self._second = second
        self._counted: list[float] = []
        self._muted_until = 0.0

    async def __aenter__(self) -> Self:
        await self.receiver.__aenter__()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.receiver.stop()

    def judge(self, got: Received) -> Answer:
        """What the vendor says to it."""
        instead = self.instead.pop(0) if self.instead else None
        if instead is not None:
            return instead
        if self._is_too_much(got.at):
            self.over += 1
            return self.too_much()
        wrong = self.complain(got, got.json())
        if wrong is None:
            self.texts.append(self.text(got.json()))
            self.messages.append(got.json())
            return self.thanks()
        return wrong

    def _is_too_much(self, at: float) -> bool:
        muted = at < self._muted_until
        self._counted.append(at)
        over = any(
            sum(at - one < seconds * self._second for one in self._counted) > most for most, seconds in self.quotas
        )
        if over and not muted:
            self._muted_until = at + self.mutes * self._second
        return over or muted

    @abstractmethod
    def complain(self, got: Received, body: Any) -> Answer | None:
        """What is wrong with a message."""

    @abstractmethod
    def text(self, body: Any) -> str:
        """What people read."""

    def thanks(self) -> Answer:
        return say({"errcode": 0, "errmsg": "ok"})

    @abstractmethod
    def too_much(self) -> Answer:
        """The answer to a message beyond the quota."""


def say(members: Mapping[str, Any], status: int = 200) -> Answer:
    return Answer(status, {"content-type": "application/json"}, orjson.dumps(members))


def hmac(key: bytes, message: bytes) -> str:
    made = HMAC(key, SHA256())
    made.update(message)
    return base64.b64encode(made.finalize()).decode()


class DingTalkGroup(Group):
    """https://open.dingtalk.com/document/orgapp/custom-robot-access"""

    form = "dingtalk"
    quotas = ((20, 60.0),)
    mutes = 600.0

    def complain(self, got: Received, body: Any) -> Answer | None:
        if self.secret is not None:
            timestamp = got.query.get("timestamp", "0")
            if abs(time.time() * 1000 - int(timestamp)) > HOUR * 1000:
                return say({"errcode": 310000, "errmsg": "description:时间戳无效;solution:请使用当前时间"})
            expected = hmac(self.secret.encode(), f"{timestamp}\n{self.secret}".encode())
            if got.query.get("sign") != expected:
                return say(
                    {
                        "errcode": 310000,
                        "errmsg": "description:机器人发送签名不匹配;solution:请确认签名和生成签名的时间戳",
                    }
                )
        if "charset=utf-8" not in got.headers["content-type"] or body["msgtype"] != "text":
            return say({"errcode": 43004, "errmsg": "无效的HTTP HEADER Content-Type"})
        too_long = len(got.body) > 20_000
        return say({"errcode": 460101, "errmsg": "message too long, exceed 20000 bytes"}) if too_long else None

    def text(self, body: Any) -> str:
        return str(body["text"]["content"])

    def too_much(self) -> Answer:
        return say({"errcode": 130101, "errmsg": "send too fast, exceed 20 times per minute"})


class FeishuGroup(Group):
    """https://open.feishu.cn/document/client-docs/bot-v3/add-custom-bot"""

    form = "feishu"
    quotas = ((100, 60.0), (5, 1.0))

    def complain(self, got: Received, body: Any) -> Answer | None:
        if self.secret is not None:
            timestamp = body.get("timestamp", "0")
            if abs(time.time() - int(timestamp)) > HOUR or body.get("sign") != hmac(
                f"{timestamp}\n{self.secret}".encode(), b""
            ):
                return say(
                    {"code": 19021, "msg": "sign match fail or timestamp is not within one hour from current time"}
                )
        if body["msg_type"] != "text" or len(got.body) > 20 * 1024:
            return say({"code": 9499, "msg": "Bad Request", "data": {}})
        return None

    def text(self, body: Any) -> str:
        return str(body["content"]["text"])

    def thanks(self) -> Answer:
        return say({"StatusCode": 0, "StatusMessage": "success", "code": 0, "data": {}, "msg": "success"})

    def too_much(self) -> Answer:
        return say({"code": 11232, "msg": "create message service trigger rate limit"}, 400)


class WeComGroup(Group):
    """https://developer.work.weixin.qq.com/document/path/91770"""

    form = "wecom"
    quotas = ((20, 60.0),)

    def complain(self, got: Received, body: Any) -> Answer | None:
        if body["msgtype"] != "text":
            return say({"errcode": 40008, "errmsg": "invalid message type"})
        if len(body["text"]["content"].encode()) > 2048:
            return say({"errcode": 40058, "errmsg": "text.content exceed max length 2048"})
        return None

    def text(self, body: Any) -> str:
        return str(body["text"]["content"])

    def too_much(self) -> Answer:
        return say({"errcode": 45009, "errmsg": "api freq out of limit"})


class SlackGroup(Group):
    """https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks"""

    form = "slack"
    quotas = ((1, 1.0),)

    def complain(self, got: Received, body: Any) -> Answer | None:
        return None if isinstance(body.get("text"), str) else Answer(400, {}, b"invalid_payload")

    def text(self, body: Any) -> str:
        return str(body["text"])

    def thanks(self) -> Answer:
        return Answer(200, {"content-type": "text/html"}, b"ok")

    def too_much(self) -> Answer:
        return Answer(429, {"retry-after": "1"}, b"rate_limited")


GROUPS: tuple[type[Group], ...] = (DingTalkGroup, FeishuGroup, WeComGroup, SlackGroup)


async def join(database: Database, group: Group, **columns: object) -> object:
    """An endpoint for the group."""
    return await subscribe(
        database, group.receiver, path="?key=1", payload_format=group.form, robot_secret=group.secret, **columns
    )
