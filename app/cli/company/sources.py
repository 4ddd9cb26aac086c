"""What reports mentions to a made-up company, and the robot that tells people of hits."""

from collections.abc import Sequence
from datetime import timedelta
from functools import partial
from typing import Any, Final
from uuid import UUID

from app.cli.company.past import Past
from app.cli.company.script import Script
from app.cli.company.staff import OWNER
from app.cli.company.words import AUTHORS, BUSINESSES, PRAISES
from app.core.vault import SIGNING_SECRETS, Vault
from app.mentions import service as mentions
from app.mentions.ingest import Row, row_of
from app.mentions.schemas import MentionIn, Sentiment
from app.mentions.sources import register_source
from app.models import ApiKey
from app.people.keys import create_key
from app.webhooks import delivery
from app.webhooks import service as webhooks
from app.webhooks.exchange import Answer

# Each tool, and the platforms it reports on.
TOOLS: Final = (
    ("舆情工具甲", ("weibo", "xiaohongshu", "zhihu")), ("短视频监测乙", ("douyin", "bilibili")),
    ("公众号监测丙", ("wechat_official", "wechat_channels", "forum")),
)  # fmt: skip
SILENT: Final = 1
# They look each hour.
RHYTHM_SECONDS: Final = 7_200
# How long after a hit people read of it.
SECONDS: Final = (4, 9, 17, 31, 46)


class Sources:
    """The company's watch rules, its tools with a key each, and its robot."""

    def __init__(self, past: Past, script: Script) -> None:
        self._past, self._script = past, script
        self._keys: list[ApiKey] = []
        self._pushes = 0
        self.endpoint_id: UUID | None = None
        self._begins = past.now

    async def enter(self) -> None:
        """Makes them, before anything happens."""
        self._begins = self._past.now
        for name, _ in TOOLS:
            self._keys.append(await self._past.find(self._key, name))
        for (name, platforms), key in zip(TOOLS, self._keys, strict=True):
            source = {
                "name": name, "kind": "tool", "key_id": key.id, "platforms": list(platforms),
                "rhythm_seconds": RHYTHM_SECONDS, "enabled": True,
            }  # fmt: skip
            await self._past.say(register_source, source, by=OWNER)
        for one in BUSINESSES:
            fields = {
                "name": one.name, "brand_words": [one.brand], "negative_words": list(one.negative), "exclusions": ["避雷针"],
                "harm_class": one.harm, "business_unit": one.unit, "enabled": True,
            }  # fmt: skip
            await self._past.make(mentions.create_rule, fields, by=OWNER)
        await self._past.match_again()
        wanted = {
            "url": "https://robot.qinghe.example/hits", "event_types": ["mention.hit"], "description": "青禾值班群",
            "reaches_people": True, "grades": [],
        }  # fmt: skip
        vault = Vault.of(self._past.settings, SIGNING_SECRETS)
        endpoint, _ = await self._past.make(webhooks.create_endpoint, wanted, vault=vault, by=OWNER)
        self.endpoint_id = endpoint.id
        for hour in range(self._script.days * 24 + 24):
            self._past.at(self._begins + timedelta(hours=hour, minutes=1), partial(self._trickle, hour))

    async def _key(self, tx: Any, name: str) -> ApiKey:
        key, _ = await create_key(tx, name, ["mentions:write"], caller=OWNER, settings=self._past.settings)
        return key

    def row(self, platform: str, external_id: str, text: str, **said: Any) -> Row:
        """A reading as the tool that covers the platform sends it."""
        tool = next(place for place, (_, platforms) in enumerate(TOOLS) if platform in platforms)
        item = MentionIn(platform=platform, external_id=f"seed-{external_id}", text=text, **said)
        return row_of(item, key_id=self._keys[tool].id, now=self._past.now)

    async def _trickle(self, hour: int) -> None:
        """What people write of the company anyway: a post a platform and hour. And what workers look for now and then."""
        begins, ends = self._script.silence
        rows = [
            self.row(
                platform, f"day-{hour}-{platform}", PRAISES[(hour + place) % len(PRAISES)], author=AUTHORS[hour % len(AUTHORS)],
                published_at=self._past.now - timedelta(minutes=7), sentiment=Sentiment.POSITIVE, likes=hour % 40, comments=hour % 7,
            )
            for place, platform in enumerate(self._covered(silent=begins <= hour < ends))
        ]  # fmt: skip
        await self._past.receive(rows)
        await self._past.look(hour)

    def _covered(self, *, silent: bool) -> Sequence[str]:
        return [
            platform for place, (_, platforms) in enumerate(TOOLS) for platform in platforms
            if not (silent and place == SILENT)
        ]  # fmt: skip

    async def push_soon(self) -> None:
        """What is owed to the robot is said there in some seconds."""
        seconds = SECONDS[self._pushes % len(SECONDS)]
        self._pushes += 1
        self._past.at(self._past.now + timedelta(seconds=seconds), self._push)

    async def _push(self) -> None:
        """As a worker delivers, but nobody is called: the robot took it."""
        claimed = await delivery.claim(self._past.database, self._past.settings, {}, 100)
        answers = []
        for one in claimed:
            answer = Answer(self._past.now, 120, 200)
            answers.append((one, answer, delivery.judge(one, answer, self._past.settings.webhook_schedule, 0.5)))
        if answers:
            await delivery.finish(self._past.database, answers)
            await self._past.note_pushes()

    async def leave(self) -> None:
        """The robot is nobody's: nothing is sent there any more."""
        assert self.endpoint_id is not None, "it was made"
        id_ = self.endpoint_id
        await self._past.say(webhooks.delete_endpoint, id_, by=OWNER)
