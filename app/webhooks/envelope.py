"""What is sent: an event as Standard Webhooks has it, or in the envelope of CloudEvents 1.0; or words to a chat robot."""

from datetime import datetime
from enum import StrEnum
from typing import Any, NamedTuple
from uuid import UUID

import orjson

from app.domain.wording import mask_text

LARGEST_BODY = 20_000


class PayloadFormat(StrEnum):
    """How an event is told: as `{id, type, timestamp, data}`, as a structured CloudEvent in JSON, or in Chinese words by
    a chat robot of DingTalk 钉钉, Feishu 飞书, WeCom 企业微信 or Slack."""

    STANDARD = "standard"
    CLOUDEVENTS = "cloudevents"
    DINGTALK = "dingtalk"
    FEISHU = "feishu"
    WECOM = "wecom"
    SLACK = "slack"

    @property
    def content_type(self) -> str:
        """Of the body."""
        return "application/cloudevents+json" if self is PayloadFormat.CLOUDEVENTS else "application/json"

    @property
    def is_robot(self) -> bool:
        """Whether people read what is sent there, as words."""
        return self not in (PayloadFormat.STANDARD, PayloadFormat.CLOUDEVENTS)


def told(data: str) -> dict[str, Any]:
    """An event's data as everybody may know it. A reason is people's own words, told without people's data: who may read
    it as it was written reads the timeline.
    """
    found: dict[str, Any] = orjson.loads(data)
    if "reason" in found:
        found["reason"] = mask_text(found["reason"])
    return found


class Message(NamedTuple):
    """An event as it lies in the database. ``data`` is JSON."""

    event_id: int
    type: str
    at: datetime
    incident_id: UUID | None
    data: str
    trace: str | None = None

    def telling(self, data: dict[str, Any]) -> "Message":
        """The same event with more of its data, for one receiver."""
        return self._replace(data=orjson.dumps(data).decode())

    @property
    def id(self) -> str:
        """The same at every retry and replay, so that receivers can drop what they have seen."""
        return f"evt_{self.event_id}"

    def body(self, form: PayloadFormat, environment: str) -> bytes:
        """Below 20 kB: of an event that is larger lists and objects are sent empty."""
        data = told(self.data)
        body = orjson.dumps(self._wrapped(data, form, environment))
        if len(body) < LARGEST_BODY:
            return body
        plain = {name: type(value)() if isinstance(value, (list, dict)) else value for name, value in data.items()}
        return orjson.dumps(self._wrapped(plain | {"truncated": True}, form, environment))

    def _wrapped(self, data: dict[str, Any], form: PayloadFormat, environment: str) -> dict[str, Any]:
        timestamp = self.at.isoformat().replace("+00:00", "Z")
        if form is PayloadFormat.STANDARD:
            return {"id": self.id, "type": self.type, "timestamp": timestamp, "data": data}
        subject = {"subject": f"incidents/{self.incident_id}"} if self.incident_id else {}
        return {
            "specversion": "1.0", "id": self.id, "source": f"urn:fenghuo:{environment}", "type": self.type,
            "time": timestamp, **subject, "datacontenttype": "application/json", "data": data,
        }  # fmt: skip
