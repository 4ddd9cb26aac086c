"""Media follow-up 媒体跟进 (方案 二(二)1): a listed outlet reports what others complain of.

A report counts when it hits the incident's rule beside at least one mention that is not media, whatever its
sentiment. News by outlets that are not listed asks a person.
"""

from datetime import datetime, timedelta
from uuid import UUID

from app.core.db import Tx
from app.models import Incident

# Reports from the day before the incident was opened count too: media are often first.
LOOK_BACK = timedelta(hours=24)
_FACTS = """
select exists(select from hits h join mention_states s using (mention_id)
    where h.rule_id = $2 and h.mention_id >= $3 and s.media)
  or exists(select from mention_states where incident_id = $1 and media) as media,
  exists(select from mention_states where incident_id = $1 and not media) as others"""


async def follow_up(tx: Tx, incident: Incident, *, news: bool, joined: bool) -> None:
    """Looks again where something may have changed: ``news`` of media, or others that ``joined`` a suspected case.

    A person's word stands: the machine does not touch it.
    """
    if incident.media_by_person or incident.media_follow_up == "confirmed":
        return
    if not news and not (joined and incident.media_follow_up == "suspected"):
        return
    facts = await (await tx.driver()).fetchrow(
        _FACTS, incident.id, incident.rule_id, first_id_at(incident.opened_at - LOOK_BACK)
    )
    before = incident.media_follow_up
    if facts["media"]:
        incident.media_follow_up = "confirmed" if facts["others"] else "suspected"
    elif await _unlisted_news(tx, incident):
        incident.media_follow_up = "suspected"
    if before != incident.media_follow_up:
        incident.version += 1


async def inherit(tx: Tx, incident: Incident, merged: Incident) -> None:
    """What was known of the case that was merged into this one, and what both together show."""
    known = ("none", "suspected", "confirmed")
    if not incident.media_by_person and known.index(merged.media_follow_up) > known.index(incident.media_follow_up):
        incident.media_follow_up, incident.media_by_person = merged.media_follow_up, merged.media_by_person
        incident.version += 1
    await follow_up(tx, incident, news=True, joined=True)


async def _unlisted_news(tx: Tx, incident: Incident) -> bool:
    query = """
    select exists(select from hits h join mentions m on m.id = h.mention_id
      where h.rule_id = $1 and h.mention_id >= $2 and m.platform = 'news')"""
    since = first_id_at(incident.opened_at - LOOK_BACK)
    return bool(await (await tx.driver()).fetchval(query, incident.rule_id, since))


def first_id_at(instant: datetime) -> UUID:
    """The least id made at ``instant``: ids are ordered by time (UUID 7)."""
    return UUID(int=int(instant.timestamp() * 1000) << 80)
