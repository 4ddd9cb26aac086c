"""A second look at the clocks: proves from what they were set to, not from the sweeper's notes, that none is overdue."""

from uuid import UUID

from app.core.db import Tx
from app.core.doorbell import CLOCKS

# What is overdue for so long is nobody's moment of business any more.
GRACE_SECONDS = 3.0
AT_ONCE = 1_000

# The first word is never breached, and runs on past its time.
_OVERDUE = """
select id from deadlines
where state = 'running' and kind <> 'first_word' and due_at < now() - make_interval(secs => $1)
  and set_at < now() - make_interval(secs => $1)
order by level, due_at limit $2"""

# The same of warnings too. It reads everything that runs: for tests, and for whoever asks the doctor.
_UNRUNG = """
select d.id from deadlines d
where d.state = 'running' and exists (
  select from unnest(case d.kind when 'alert' then array[100] when 'first_word' then array[50, 80]
    else array[50, 80, 100] end) as t(threshold)
  where greatest(d.started_at + (d.due_at - d.started_at) * (t.threshold / 100.0), d.set_at)
      < now() - make_interval(secs => $1)
    and not exists (select from deadline_firings f where f.deadline_id = d.id and f.threshold = t.threshold))
order by d.level, d.due_at limit $2"""


async def overdue(tx: Tx, *, warnings: bool = False, grace_seconds: float = GRACE_SECONDS) -> list[UUID]:
    """Clocks whose time was over and that did not ring, the gravest first; with ``warnings``, any threshold of theirs.
    1,000 at most."""
    statement = _UNRUNG if warnings else _OVERDUE
    return [row["id"] for row in await (await tx.driver()).fetch(statement, grace_seconds, AT_ONCE)]


async def mend(tx: Tx) -> list[UUID]:
    """Has the sweeper look at overdue clocks that its notes would have it pass over; which these were."""
    late = await overdue(tx)
    if not late:
        return []
    mended = await (await tx.driver()).fetch(
        "update deadlines set next_at = now() where id = any($1) and state = 'running' "
        "and (next_at is null or next_at > now()) returning id",
        late,
    )
    if mended:
        tx.ring(CLOCKS)
    return [row["id"] for row in mended]
