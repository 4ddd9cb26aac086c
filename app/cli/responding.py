"""What people do once it is major: acknowledge, meet, check the facts. The plan's clocks watch them."""

from collections.abc import AsyncIterator, Mapping
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from app.cli.client import Api
from app.cli.receiver import Received, Receiver
from app.domain.deadlines import PLAN, policy_data
from app.domain.labels import LABELS

NAMED = "演示"
PLAN_ID = UUID(int=1)
FAST = f"{NAMED} fast"
FAST_SCALE = 60
# How long a clock may take to ring after its time, and its webhook to arrive.
ARRIVES_WITHIN = 20.0
ON_DUTY = {"name": "周岚", "scopes": ["incidents:read", "incidents:write"]}

ACKNOWLEDGED = ("acknowledgements", {"note": "已接警，正在召集公关、运营、法务"})
MET = ("meetings", {"direction": "先停售同批次产品，两小时内首次回应，第三方送检"})
CHECKED = (
    "fact-checks",
    {"truth": "partly_confirmed", "responsibility": "supplier", "evidence": "留样中检出同类塑料片，供应商确认模具破损"},
)


def fast_clocks() -> list[dict[str, Any]]:
    """The plan with its minutes as seconds."""
    return [
        clock | ({"seconds": clock["seconds"] // FAST_SCALE} if clock["seconds"] else {})
        for clock in policy_data(PLAN)
    ]  # fmt: skip


async def choose_clocks(api: Api, *, fast: bool) -> None:
    """Has clocks started by the plan, or by its fast version, whatever an earlier run left behind."""
    policy_id = str(PLAN_ID)
    if fast:
        body = {"name": FAST, "clocks": fast_clocks(), "note": "每分钟按一秒计"}
        policy_id = (await api.post("/v1/sla-policies", body))["id"]
    await api.post(f"/v1/sla-policies/{policy_id}/activate", None)


class Duty:
    """The person on duty, who acts under their own name."""

    def __init__(self, api: Api, url: str) -> None:
        self._api, self._url = api, url

    async def respond(self, incident_id: str, receiver: Receiver, *, fast: bool) -> AsyncIterator[Received]:
        """Acts, and says each time what the clocks told of it. In the fast version nobody meets until that clock rang."""
        person = await self._api.post("/v1/people", ON_DUTY)
        minted = await self._api.post("/v1/person-tokens", {"person_id": person["id"]})
        async with Api(self._url, minted["token"]) as me:

            async def act(where: str, body: Mapping[str, Any]) -> None:
                await me.post(f"/v1/incidents/{incident_id}/{where}", body)

            await act(*ACKNOWLEDGED)
            yield await receiver.wait_for("sla.met", ARRIVES_WITHIN, clock="first_response")
            if fast:
                seconds = await self._left(incident_id, "emergency_meeting")
                yield await receiver.wait_for("sla.breached", seconds + ARRIVES_WITHIN, clock="emergency_meeting")
            await act(*MET)
            if not fast:
                yield await receiver.wait_for("sla.met", ARRIVES_WITHIN, clock="emergency_meeting")
            await act(*CHECKED)
            yield await receiver.wait_for("sla.met", ARRIVES_WITHIN, clock="fact_check")
            await me.put(
                f"/v1/incidents/{incident_id}/status", {"status": "handling", "reason": "事实已核实，方向已定"}
            )
        await self._api.patch(f"/v1/people/{person['id']}", {"active": False})

    async def _left(self, incident_id: str, kind: str) -> float:
        """Seconds until the incident's clock is due; 0 where it is over."""
        page = await self._api.get("/v1/deadlines", {"incident_id": incident_id, "kind": kind})
        due = [datetime.fromisoformat(row["due_at"]) for row in page["data"]]
        return max(0.0, (max(due) - datetime.now(UTC)).total_seconds()) if due else 0.0


def told(webhook: Received) -> tuple[str, str]:
    """What a clock's webhook says, for a line: whose clock, and how it went."""
    data = webhook.data
    name = f"{LABELS['deadline_kind'][data['clock']][0]} {data['clock']}"
    begun, due = (datetime.fromisoformat(data[at]) for at in ("started_at", "due_at"))
    allowed = f"{(due - begun).total_seconds():,.0f} s allowed"
    if webhook.type == "sla.breached":
        return f"{name} breached 超时", f"Nobody did it: {allowed}."
    took = (datetime.fromisoformat(data["happened_at"]) - begun).total_seconds()
    return f"{name} {data['state']}", f"Done after {took:.1f} s, {allowed}."
