"""What could not be seen of an incident's spread (方案 一, R04): the silences of sources of its platforms while it lived.

Where a source says nothing the curve is flat, and that means nothing.
"""

from collections.abc import Collection
from datetime import datetime
from typing import Any, Final, NamedTuple
from uuid import UUID

from app.core.db import Tx
from app.models import Incident

MOST_GAPS: Final = 200
"""The last ones of more."""

_SILENCES = """
select source_id, platforms, starts_at, ends_at from source_silences
where (ends_at > $1 or ends_at is null) and starts_at < $2 order by starts_at desc, id desc limit $3"""
_PLATFORMS = """
select array_agg(distinct m.platform) from mention_states s join mentions m on m.id = s.mention_id
where s.incident_id = $1"""


class Gap(NamedTuple):
    """A source of these platforms said nothing; ``end`` is null while it lasts."""

    source_id: UUID
    platforms: list[str]
    start: datetime
    end: datetime | None

    def shown(self) -> dict[str, Any]:
        """As the API shows it."""
        return self._asdict()


async def gaps_of(
    tx: Tx, incident: Incident, start: datetime, end: datetime, platforms: Collection[str] | None = None
) -> list[Gap]:  # fmt: skip
    """The silences within a span, in order, of sources that cover platforms of the incident; those are looked up unless
    they are known. What is played in an exercise comes from no source."""
    if incident.is_drill:
        return []
    driver = await tx.driver()
    rows = await driver.fetch(_SILENCES, start, end, MOST_GAPS)
    if not rows:
        return []
    if platforms is None:
        platforms = await driver.fetchval(_PLATFORMS, incident.id) or ()
    found = [
        Gap(
            row["source_id"], [name for name in row["platforms"] if name in platforms], row["starts_at"], row["ends_at"]
        )
        for row in reversed(rows)
    ]
    return [gap for gap in found if gap.platforms]
