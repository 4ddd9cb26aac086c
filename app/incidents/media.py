"""Media follow-up 媒体跟进 (方案 二(二)1): a listed outlet reports what others complain of.

A report counts when it hits the incident's rule beside at least one mention that is not media, whatever its
sentiment. News by outlets that are not listed asks a person.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from app.core.db import Tx
from app.models import Incident

# Reports from the day before the incident was opened count too: media are often first.
LOOK_BACK = timedelta(hours=24)
# What a person took out, or moved into a case without a rule, speaks for this one no more. $4 are mentions that are about to leave.
_FACTS = """
select exists(select from hits h join mention_states s using (mention_id)
    where h.rule_id = any($2) and h.mention_id >= $3 and s.media and h.mention_id <> all($4) and s.drill_id is not distinct from $5
    and (s.incident_id is null and not s.held_out or s.incident_id = $1
      or exists(select from incidents i where i.id = s.incident_id and i.rule_id is not null)))
  or exists(select from mention_states where incident_id = $1 and media and mention_id <> all($4)) as media,
  exists(select from mention_states where incident_id = $1 and not media and mention_id <> all($4)) as others"""
_NEWS = """
select exists(select from hits h join mentions m on m.id = h.mention_id join mention_states s using (mention_id)
    where h.rule_id = any($2) and h.mention_id >= $3 and m.platform = 'news' and h.mention_id <> all($4)
    and s.drill_id is not distinct from $5
    and (s.incident_id is null and not s.held_out or s.incident_id = $1
      or exists(select from incidents i where i.id = s.incident_id and i.rule_id is not null)))"""
# People's own cases have no rule that a report could hit: theirs are in them.
_NEWS_OF_MEMBERS = """
select exists(select from mention_states s join mentions m on m.id = s.mention_id
    where s.incident_id = $1 and m.platform = 'news' and s.mention_id <> all($2))"""
# What was merged into a case is looked at with the rules that it was opened by.
_WHOLE = """
with recursive whole as (
  select id, rule_id, opened_at from incidents where id = $1
  union select i.id, i.rule_id, i.opened_at from incidents i join whole w on i.merged_into = w.id)
select coalesce(array_agg(rule_id) filter (where rule_id is not null), '{}') as rules, min(opened_at) as since
from whole"""


async def follow_up(tx: Tx, incident: Incident, *, news: bool, joined: bool, left: bool = False) -> None:
    """Looks again where something may have changed: ``news`` of media, or others that ``joined`` a suspected case.

    Where mentions ``left``, what was known may be gone with them. A person's word stands: the machine does not touch it.
    """
    if incident.media_by_person:
        return
    before = incident.media_follow_up
    if left:
        incident.media_follow_up = await seen_anew(tx, incident)
    elif before != "confirmed" and (news or (joined and before == "suspected")):
        found = await _seen(tx, incident, [incident.rule_id] if incident.rule_id else [], incident.opened_at)
        incident.media_follow_up = before if found == "none" else found
    if before != incident.media_follow_up:
        incident.version += 1


async def seen_anew(tx: Tx, incident: Incident, *, without: Sequence[UUID] = ()) -> str:
    """What there is of media now, whatever was known before; as if the mentions ``without`` had been moved away."""
    whole = await (await tx.driver()).fetchrow(_WHOLE, incident.id)
    return await _seen(tx, incident, whole["rules"], whole["since"], without)


def follow_up_of(*, media: bool, others: bool, news: bool) -> str:
    """none, suspected or confirmed: a listed outlet beside others confirms, alone or unlisted it asks a person."""
    if media:
        return "confirmed" if others else "suspected"
    return "suspected" if news else "none"


async def _seen(
    tx: Tx, incident: Incident, rules: Sequence[UUID], opened_at: datetime, without: Sequence[UUID] = ()
) -> str:
    driver, since = await tx.driver(), first_id_at(opened_at - LOOK_BACK)
    facts = await driver.fetchrow(_FACTS, incident.id, rules, since, without, incident.drill_id)
    news = facts["media"] or await driver.fetchval(_NEWS, incident.id, rules, since, without, incident.drill_id)
    if not news and incident.rule_id is None:
        news = await driver.fetchval(_NEWS_OF_MEMBERS, incident.id, without)
    return follow_up_of(media=facts["media"], others=facts["others"], news=news)


async def inherit(tx: Tx, incident: Incident, merged: Incident) -> None:
    """What was known of the case that was merged into this one, and what both together show."""
    known = ("none", "suspected", "confirmed")
    if not incident.media_by_person and known.index(merged.media_follow_up) > known.index(incident.media_follow_up):
        incident.media_follow_up, incident.media_by_person = merged.media_follow_up, merged.media_by_person
        incident.version += 1
    await follow_up(tx, incident, news=True, joined=True)


def first_id_at(instant: datetime) -> UUID:
    """The least id made at ``instant``: ids are ordered by time (UUID 7)."""
    return UUID(int=int(instant.timestamp() * 1000) << 80)
