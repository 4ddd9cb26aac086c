"""Calm in the life of an incident (方案 二(二)3): looked for each minute, recorded once, taken back by a relapse.

The rules are :mod:`app.domain.calm`. A volume rule that holds again is seen by :func:`app.incidents.grading.regrade`, in
the transaction that counts it; what no counting shows, a report by listed media above all, by the look each minute.
"""

from datetime import datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import select

from app.core.auth import SYSTEM
from app.core.conditional import touch
from app.core.db import Tx
from app.core.outbox import record
from app.domain import calm
from app.domain.calm import CalmLook, Relapse
from app.domain.drills import Pace
from app.domain.events import CalmRetold, IncidentCalmed
from app.domain.grades import HarmClass, grade_of, harm_of, more_severe, most_severe
from app.domain.grading import Policy, holds
from app.domain.spread import Series, minute_of
from app.domain.vocabulary import Platform
from app.incidents import grading, queries
from app.incidents.calm_figures import figures_of
from app.incidents.fading import waits
from app.incidents.media import first_id_at
from app.incidents.runs import pace_of
from app.incidents.spread import FRESH, Ledger, peaks_of
from app.incidents.timeline import on_timeline
from app.models import Incident

HANDLED = ("responding", "handling", "closing")
"""Where calm means something: before, nothing burned; after, it is over."""

_LOOK_BACK = timedelta(hours=24)
# Reports that hit the incident's rule or belong to it, dated as spread is: at publication, at the latest when first
# read. One that was only ever loaded from the past is no news. By id, so that it costs what came lately.
_REPORTS = """
select max(at) as last, max(at) filter (where live) as live from (
  select least(coalesce(s.person_published_at, s.published_at), min(o.observed_at)) as at,
    bool_or(not o.historical) as live
  from mention_states s join observations o using (mention_id)
  where s.media and s.mention_id >= $3 and s.drill_id is not distinct from $4 and (s.incident_id = $1
    or exists(select from hits h where h.rule_id = $2 and h.mention_id = s.mention_id))
  group by s.mention_id) m"""
# The last sign of life of any source, registered or not.
_HEARD = """
select max(last.at) from unnest($1::text[]) as p(platform) cross join lateral (
  select at from source_beats b where b.platform = p.platform order by at desc limit 1) last"""


class Reports(NamedTuple):
    """The minutes of the last report by listed media, and of the last that was not loaded from the past."""

    last: int | None
    live: int | None


class Standing(NamedTuple):
    """What the rules ask of an incident."""

    policy: Policy
    series: Series
    harm: HarmClass | None
    media: bool


async def handled(tx: Tx) -> list[UUID]:
    """The incidents that are looked at each minute; those of a drill are by whoever plays it, in its own time."""
    query = select(Incident.id).where(Incident.status.in_(HANDLED), Incident.drill_id.is_(None))
    return list(await tx.scalars(query.order_by(Incident.id)))


async def look_now(tx: Tx, incident: Incident, now: datetime) -> CalmLook:
    """The calm test at this minute, with its figures. Nothing is changed."""
    return await _look(tx, incident, await _standing(tx, incident), now)


async def show(tx: Tx, incident_id: UUID) -> dict[str, Any]:
    """The look at this minute beside what is recorded."""
    incident = await queries.get_incident(tx, incident_id)
    figures = (await look_now(tx, incident, await tx.now())).figures()
    recorded = {"calmed_at": incident.calmed_at, "evidence": incident.calm_evidence}
    return {"incident_id": incident.id, "status": incident.status} | recorded | figures


async def check(tx: Tx, incident_id: UUID) -> int:
    """Records calm, or takes it back; 1 where it did.

    The row is locked only when it comes to that: most looks find nothing, and must not keep counting waiting.
    """
    now = await tx.now()
    if await _news(tx, await queries.get_incident(tx, incident_id), now) is None:
        return 0
    incident = await queries.get_incident(tx, incident_id, lock=True)
    news = await _news(tx, incident, now)
    if news is None:
        return 0
    if isinstance(news, Relapse):
        await record(tx, *grading.rebound(incident, news, now=now), caller=SYSTEM)
        return 1
    if await waits(tx, incident_id):
        return 0
    incident.calmed_at, incident.calm_evidence = now, news.figures()
    touch(incident, now)
    event = IncidentCalmed(
        **on_timeline(incident), calmed_at=now, evidence=incident.calm_evidence, **await figures_of(tx, incident, now)
    )
    await record(tx, event, caller=SYSTEM)
    return 1


async def look_again(tx: Tx, incident: Incident, joined: Incident, *, now: datetime) -> None:
    """After a merge: calm stays only if the whole was quiet and unreported for 8 hours. The rows are locked."""
    if incident.calmed_at is None:
        return
    if joined.calmed_at is not None:
        # The whole was calm when the last of its parts was: what that gained until then is no relapse.
        incident.calmed_at = max(incident.calmed_at, joined.calmed_at)
    look = await look_now(tx, incident, now)
    if not (look.quiet and look.unreported):
        relapse = Relapse(f"The whole is not calm. {look.missing[0]}", look.figures())
        await record(tx, *grading.rebound(incident, relapse, now=now), caller=SYSTEM)
    await tell_again(tx, incident, now=now)


async def tell_again(tx: Tx, incident: Incident, *, now: datetime) -> None:
    """After people moved mentions: what is calm still says anew how far it spread, so that what moved counts once. The row is
    locked, and what moved is counted."""
    if incident.calmed_at is not None:
        told = CalmRetold(
            **on_timeline(incident), calmed_at=incident.calmed_at, **await figures_of(tx, incident, incident.calmed_at)
        )
        await record(tx, told, caller=SYSTEM)


async def _news(tx: Tx, incident: Incident, now: datetime) -> CalmLook | Relapse | None:
    """A look that passes where calm is not recorded, a relapse where it is."""
    if incident.status not in HANDLED:
        return None
    standing = await _standing(tx, incident)
    if incident.calmed_at is not None:
        return await _relapse(tx, incident, standing, incident.calmed_at, now)
    look = await _look(tx, incident, standing, now)
    # What is newer than now came while we waited for the lock: the next look is at that minute.
    newer = bool(standing.series.minutes) and standing.series.minutes[-1] > look.minute
    return look if look.passes and not newer else None


async def _relapse(
    tx: Tx, incident: Incident, standing: Standing, calmed_at: datetime, now: datetime
) -> Relapse | None:
    """What counting did not see: a report, or another policy or harm class by which a rule holds."""
    pace = await pace_of(tx, incident)
    since, minute = minute_of(pace.scenario(calmed_at)), minute_of(pace.scenario(now))
    # Windows that ended within 24 hours were fresh, whenever their data came.
    held = calm.flared(
        standing.policy, standing.series, since, lo=since, hi=minute, cutoff=minute_of(pace.scenario(now) - FRESH), harm=standing.harm,
        media=standing.media,
    )  # fmt: skip
    if held is not None:
        return Relapse.by_rule(held)
    live = (await _reports(tx, incident, calmed_at)).live
    return Relapse.by_report(live) if live is not None and calm.reported_since(since, live) else None


async def _look(tx: Tx, incident: Incident, standing: Standing, now: datetime) -> CalmLook:
    pace = await pace_of(tx, incident)
    return calm.look(
        standing.policy, standing.series, minute_of(pace.scenario(now)), harm=standing.harm, media=standing.media,
        last_media_minute=(await _reports(tx, incident, now)).last,
        alive_minute=await _alive_minute(tx, incident, pace.scenario(now)),
        judged_minute=_judged_minute(incident, standing, pace),
    )  # fmt: skip


async def _standing(tx: Tx, incident: Incident) -> Standing:
    ledger = Ledger()
    return Standing(
        await ledger.policy(tx, incident.policy_id),
        (await ledger.series(tx, [incident]))[incident.id],
        harm_of(incident.harm_class),
        incident.media_follow_up == grading.CONFIRMED,
    )


async def _reports(tx: Tx, incident: Incident, since: datetime) -> Reports:
    """Of what was first seen in the day before ``since`` or later: no older one can be dated within 8 hours of it."""
    first = first_id_at(since - _LOOK_BACK)
    row = await (await tx.driver()).fetchrow(_REPORTS, incident.id, incident.rule_id, first, incident.drill_id)
    last, live = row["last"], row["live"]
    return Reports(None if last is None else minute_of(last), None if live is None else minute_of(live))


def _judged_minute(incident: Incident, standing: Standing, pace: Pace) -> int | None:
    """When the grade in force was set, where it is graver than the spread alone makes it: by a person (方案 二(二)1,
    品牌形象严重受损), or by harm and media. Few posts may burn."""
    peaks = peaks_of(incident, standing.policy)
    totals = {width: peak.total for width, peak in peaks.items()}
    volume = [
        rule.grade
        for rule in standing.policy.rules
        if rule.volume and holds(rule, totals, standing.harm, standing.media)
    ]
    if incident.graded_at is None or not more_severe(grade_of(incident.grade), most_severe(*volume)):
        return None
    return minute_of(pace.scenario(incident.graded_at))


async def _alive_minute(tx: Tx, incident: Incident, now: datetime) -> int | None:
    """When a source was heard last. An exercise brings its own posts: there the real ones don't matter."""
    if incident.is_drill:
        return minute_of(now)
    heard_at = await (await tx.driver()).fetchval(_HEARD, list(Platform))
    return None if heard_at is None else minute_of(heard_at)
