"""SLA policies: how long each clock runs, as versioned data."""

from collections.abc import Mapping, Sequence
from typing import Any

from app.core.auth import Caller
from app.core.db import Tx
from app.core.errors import Invalid
from app.domain.deadlines import policy_data, policy_from
from app.domain.placements import ORIGIN_GRACE
from app.domain.silence import PLAN, cadences_data, cadences_from
from app.incidents.versions import next_version, store_version
from app.models import SlaPolicy


async def create_policy(
    tx: Tx, name: str, clocks: Sequence[Mapping[str, Any]], *, follow_ups_percent: int,
    silence: Mapping[str, int | None] | None = None, origin_grace_seconds: int = ORIGIN_GRACE, note: str,
    caller: Caller,
) -> SlaPolicy:  # fmt: skip
    """The next version of the policy of that name. Invalid names the clock that makes no sense, and the fix."""
    try:
        data = policy_data(policy_from(clocks))
    except ValueError as error:
        raise Invalid.at("/clocks", str(error), "policy_invalid") from None
    version = await next_version(tx, SlaPolicy, name)
    policy = SlaPolicy(
        name=name, version=version, clocks=data, follow_ups_percent=follow_ups_percent,
        silence=cadences_data(PLAN if silence is None else cadences_from(silence)),
        origin_grace_seconds=origin_grace_seconds, note=note, active=False, created_by=caller.actor,
    )  # fmt: skip
    return await store_version(tx, policy, caller=caller)
