"""What key figures of past days take from a calm (R05, R06): since when it burned, how far it spread, where.

It is told with the event, so that nobody has to look again later, when posts were moved and readings are gone.
"""

from datetime import datetime
from typing import Any, TypedDict
from uuid import UUID

from app.core.db import Tx
from app.incidents.act_queries import origin_platform
from app.models import Incident

_BEGAN = """
select min(at) from events
where incident_id = $1 and type = 'incident.status_changed' and data->>'to' = 'responding'"""
# As app.domain.spread counts: of each counter the greatest reading; less the first where that tells of long ago.
_BY_PLATFORM = """
select platform, sum(greatest_read - case when old then first_read else 0 end)::bigint as spread from (
  select m.platform, max(c.read) as greatest_read, (array_agg(c.read order by o.observed_at))[1] as first_read,
    coalesce(min(o.observed_at) - coalesce(s.person_published_at, s.published_at) > interval '24 hours', true) as old
  from mention_states s join mentions m on m.id = s.mention_id join observations o on o.mention_id = s.mention_id
  cross join lateral (values (1, o.reposts), (2, o.comments), (3, o.likes)) c(counter, read)
  where s.incident_id = $1 and c.read is not null
    and coalesce(s.person_sentiment, s.sentiment, case when s.worded_negative then 'negative' end) = 'negative'
  group by s.mention_id, m.platform, c.counter) counted
group by platform having sum(greatest_read - case when old then first_read else 0 end) > 0
order by spread desc, platform"""


class CalmFigures(TypedDict):
    """The members of the event."""

    began_at: datetime
    grade: str | None
    origin_platform: str | None
    spread: int
    spread_by_platform: list[dict[str, Any]]


async def figures_of(tx: Tx, incident: Incident, now: datetime) -> CalmFigures:
    """How the incident stands as it becomes calm; it is locked."""
    return CalmFigures(
        began_at=await began_at(tx, incident.id) or now, grade=incident.grade,
        origin_platform=await origin_platform(tx, incident.id), spread=incident.total,
        spread_by_platform=[dict(row) for row in await (await tx.driver()).fetch(_BY_PLATFORM, incident.id)],
    )  # fmt: skip


async def began_at(tx: Tx, incident_id: UUID) -> datetime | None:
    """When a response was first called for; None where it never was."""
    return await (await tx.driver()).fetchval(_BEGAN, incident_id)  # type: ignore[no-any-return]
