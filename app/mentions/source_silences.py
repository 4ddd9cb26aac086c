"""Sources that are not heard any more 静默, told once each (方案 二(一)2: R04): the look every few seconds.

What was heard is counted by workers and received by the API. So a source is judged up to where both are known: to the
oldest reading that waits to be counted, and while the API noted that it listens. A look after an outage finds what looks in
time would have found, and says how late it is; what the API could not hear was nobody's silence.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import select

from app.core.auth import SYSTEM
from app.core.db import Tx
from app.core.outbox import record
from app.domain.events import Event, SourceHeardAgain, SourceSilent
from app.domain.sources import MINUTE, Span, silences
from app.domain.vocabulary.sources import SilenceEnd
from app.mentions.source_beats import PATROLS
from app.models import SourceSilence
from app.models.base import new_id

# Nothing received before this can still become known: first this is read, then the beats. No statement that takes a
# reading lasts longer than the seconds taken off.
_KNOWN = """
select least(now(), (select max(seen_at) from listening_spans), waits.since) - interval '5 seconds' as known,
  waits.since - interval '5 seconds' as counted
from (select (select received_at from inbox where mention_id <> all(array(
  select mention_id from mentions_set_aside where until > now())) order by seq limit 1) as since) waits"""
# Whoever changes a source holds its watch; it is looked at the next time.
_WATCHED = """
select w.source_id, w.since, w.heard_at, s.kind, s.platforms, s.rhythm_seconds, s.key_id
from source_watches w join sources s on s.id = w.source_id where s.enabled and s.retired_at is null
order by w.source_id for no key update of w skip locked"""
_BEATS = """
select t.source_id, array_agg(distinct b.at order by b.at) as minutes
from unnest($1::uuid[], $2::text[], $3::timestamptz[]) as t(source_id, channel, since)
join source_beats b on b.channel = t.channel and b.at > t.since - interval '1 minute'
  and ($4::timestamptz is null or b.at <= $4)
group by t.source_id"""
_SPANS = "select started_at, least(seen_at, $2) as seen_at from listening_spans where seen_at > $1 order by started_at"
_MOVE = """
update source_watches w set since = t.since, heard_at = t.heard_at
from unnest($1::uuid[], $2::timestamptz[], $3::timestamptz[]) as t(source_id, since, heard_at)
where w.source_id = t.source_id"""


class Watched(NamedTuple):
    """A source that is listened for, and up to where it was judged."""

    source_id: UUID
    since: datetime
    heard_at: datetime | None
    kind: str
    platforms: list[str]
    rhythm_seconds: int
    key_id: str | None

    @property
    def channels(self) -> list[str]:
        """By which it is heard."""
        own = f"source:{self.source_id}"
        return [own, *([self.key_id] if self.key_id else ()), *([PATROLS] if self.kind == "patrol" else ())]

    def told(self) -> dict[str, Any]:
        """What its events say of it."""
        return {
            "source_id": self.source_id, "source_kind": self.kind, "platforms": self.platforms,
            "rhythm_seconds": self.rhythm_seconds,
        }  # fmt: skip


async def tell_silences(tx: Tx) -> int:
    """Tells of the silences that began and ended; how many events that were. What somebody else judges is passed over."""
    now, driver = await tx.now(), await tx.driver()
    known, counted = await driver.fetchrow(_KNOWN)
    watched = [Watched(*row) for row in await driver.fetch(_WATCHED)]
    if not watched or known is None:
        return 0
    of = [(one.source_id, channel, one.since) for one in watched for channel in one.channels]
    # What was heard since something waits is left for when that is counted: before it there may have been a silence.
    beats = await driver.fetch(_BEATS, *map(list, zip(*of, strict=True)), counted)
    heard = {row["source_id"]: row["minutes"] for row in beats}
    spans = await driver.fetch(_SPANS, min(one.since for one in watched), known)
    listened = [Span(row["started_at"], row["seen_at"]) for row in spans]
    lasting = await tx.scalars(
        select(SourceSilence).where(
            SourceSilence.ends_at.is_(None), SourceSilence.source_id.in_([one.source_id for one in watched])
        )
    )
    open_now = {silence.source_id: silence for silence in lasting}
    events: list[Event] = []
    for one in watched:
        events += _judge(tx, one, heard.get(one.source_id, []), listened, open_now.get(one.source_id), now)
    moved = [(id_, minutes[-1] + MINUTE, minutes[-1]) for id_, minutes in heard.items()]
    if moved:
        await driver.execute(_MOVE, *map(list, zip(*moved, strict=True)))
    await tx.flush()
    await record(tx, *events, caller=SYSTEM)
    return len(events)


def _judge(
    tx: Tx, one: Watched, minutes: Sequence[datetime], listened: Sequence[Span], lasting: SourceSilence | None,
    now: datetime,
) -> Iterator[Event]:  # fmt: skip
    """What is to be told of a source that was heard in these minutes since it was judged last."""
    since = one.since
    if lasting is not None:
        if not minutes:
            return
        lasting.ends_at, lasting.ended_by = minutes[0], SilenceEnd.HEARD
        yield _again(one, lasting.starts_at, minutes[0])
        since, minutes = minutes[0] + MINUTE, minutes[1:]
    for found in silences(since, minutes, timedelta(seconds=one.rhythm_seconds), listened):
        heard_before = found.since != one.since or one.heard_at is not None
        starts_at = found.since - MINUTE if heard_before else found.since
        late = (now - found.due_at).total_seconds()
        tx.add(
            SourceSilence(
                id=new_id(), source_id=one.source_id, platforms=one.platforms, starts_at=starts_at,
                heard_before=heard_before, due_at=found.due_at, told_at=now, late_by_seconds=late, ends_at=found.heard_at,
                ended_by=None if found.heard_at is None else SilenceEnd.HEARD,
            )
        )  # fmt: skip
        yield SourceSilent(
            **one.told(), last_heard_at=starts_at if heard_before else None, silent_since=starts_at,
            due_at=found.due_at, late_by_seconds=int(late),
        )  # fmt: skip
        if found.heard_at is not None:
            yield _again(one, starts_at, found.heard_at)


def _again(one: Watched, silent_since: datetime, heard_at: datetime) -> SourceHeardAgain:
    lasted = int((heard_at - silent_since).total_seconds())
    return SourceHeardAgain(**one.told(), silent_since=silent_since, heard_at=heard_at, silent_seconds=lasted)
