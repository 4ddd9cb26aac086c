"""What figures are made of is in order, also where who began first had to wait."""

from itertools import pairwise
from uuid import UUID

from app.core.auth import SYSTEM
from app.incidents import calm, service, tasks
from app.incidents.queries import get_incident
from tests.support.api import ago, good, incident
from tests.support.fires import URL, burned
from tests.support.tasks import act
from workers.calm import watch_calm


async def test_who_waited_for_an_incident_comes_after_whom_they_waited_for(client, counter, database):
    there, _ = await burned(client, counter)
    id_ = UUID(there["id"])
    async with database.transaction() as late:
        now = await late.now()
        body = {"business_unit": "乳品", "reason": "归属更正"}
        good(await client.patch(f"{URL}/{id_}", json=body))
        await watch_calm(database)
        await service.change_incident(
            late, id_, body | {"business_unit": "茶饮"}, reason="又更正", caller=SYSTEM, now=now
        )
        await calm.tell_again(late, await get_incident(late, id_, lock=True), now=now)
    assert (await incident(client, there["id"]))["business_unit"] == "茶饮", "the last to have a say had it"
    spans = await database.fetch("select * from kpi_periods where incident_id = $1 order by starts_at", id_)
    assert [span["product"] for span in spans][-1] == "茶饮"
    assert [one["ends_at"] for one in spans] == [*(after["starts_at"] for _, after in pairwise(spans)), None]
    calms = await database.fetch("select told_at from kpi_calms where incident_id = $1 and retold_at is null", id_)
    assert len(calms) == 1, "its spread counts once"


async def test_a_task_is_reopened_after_it_was_done_whoever_began_first(client, counter, database):
    there, _ = await burned(client, counter)
    body = {"kind": "other", "title": "整改", "due_at": ago(hours=-1)}
    task = good(await client.post(f"{URL}/{there['id']}/tasks", json=body), 201)
    async with database.transaction() as late:
        now = await late.now()
        good(await act(client, task, "complete"))
        await tasks.reopen_task(late, UUID(task["id"]), "复查未过", caller=SYSTEM, now=now)
    assert good(await client.get(f"/v1/tasks/{task['id']}"))["state"] == "open"
