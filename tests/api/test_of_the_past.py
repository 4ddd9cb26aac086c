"""What was loaded from the past (`historical`) is counted, and by itself never a reason for a grade, however it moves."""

from uuid import UUID

from app.domain.grading import PLAN, policy_data
from tests.support.api import again, ago, brand, crisis, good, incident, mention, post

URL = "/v1/incidents"


async def past_crisis(client, counter, **rule):
    """An incident of 200,000 likes of two hours ago that were loaded from the past, and nothing else."""
    at = ago(hours=2)
    fields = {"likes": 200_000, "published_at": at, "observed_at": at, "historical": True}
    there, mention_id = await crisis(client, counter, rule=rule, **fields)
    assert (there["total"], there["grade"], there["suggested_grade"]) == (200_000, None, "major")
    return there, mention_id


async def empty(client) -> str:
    return good(await client.post(URL, json={"title": "空"}), 201)["id"]


async def move(client, incident_id: str, act: str, mention_id: str) -> dict:
    return good(await client.post(f"{URL}/{incident_id}/{act}", json={"mention_ids": [mention_id], "reason": "研判"}))


async def test_a_little_live_data_long_before_makes_nothing_of_it_by_a_merge(client, counter):
    there, _ = await past_crisis(client, counter)
    at = ago(hours=20)
    old = await post(client, "与规则无关", likes=1, published_at=at, observed_at=at, sentiment="negative")
    await counter.sweep()
    await move(client, there["id"], "attach", old)
    into = await empty(client)
    merged = good(
        await client.post(f"{URL}/{there['id']}/merge", json={"into_incident_id": into, "reason": "同一件事"})
    )
    assert (merged["total"], merged["grade"], merged["suggested_grade"]) == (200_001, None, "major")


async def test_another_policy_makes_nothing_of_it(client, counter):
    there, _ = await past_crisis(client, counter)
    policy = good(await client.post("/v1/grading-policies", json={"name": brand(), "rules": policy_data(PLAN)}), 201)
    changed = good(await client.patch(f"{URL}/{there['id']}", json={"policy_id": policy["id"]}))
    assert (changed["policy_id"], changed["grade"], changed["auto_grade"]) == (policy["id"], None, None)


async def test_a_live_reading_that_shows_nothing_new_makes_nothing_of_it(client, counter):
    there, mention_id = await past_crisis(client, counter)
    await move(client, there["id"], "detach", mention_id)
    await again(client, mention_id, likes=200_000)
    await counter.sweep()
    back = await move(client, there["id"], "attach", mention_id)
    assert (back["total"], back["grade"], back["auto_grade"]) == (200_000, None, None)


async def test_when_what_was_live_leaves_the_rest_is_as_it_was(client, counter):
    there, mention_id = await past_crisis(client, counter)
    word = (await mention(client, mention_id))["hits"][0]["spans"][0]["word"]
    live = await post(client, f"{word} 差评", likes=150_000, published_at=ago(minutes=5))
    await counter.sweep()
    assert (await incident(client, there["id"]))["auto_grade"] == "major"
    left = await move(client, there["id"], "detach", live)
    # The machine never lowers; it says that it would.
    assert (left["total"], left["grade"], left["auto_grade"]) == (200_000, "major", None)


async def test_what_grows_on_it_is_graded_with_the_whole_window(client, counter):
    there, mention_id = await past_crisis(client, counter)
    await again(client, mention_id, likes=200_001)
    await counter.sweep()
    after = await incident(client, there["id"])
    assert (after["total"], after["grade"]) == (200_001, "serious"), "the window of 2 h is over, that of 4 h is not"


async def test_live_volume_counts_in_a_merge_whatever_policy_it_came_from(client, counter, database):
    rules = [{"id": "media", "grade": "major", "harm_classes": ["core_interest"], "media_follow_up": True}]
    policy = good(await client.post("/v1/grading-policies", json={"name": brand(), "rules": rules}), 201)
    there, mention_id = await crisis(client, counter, likes=0, published_at=ago(minutes=30))
    good(await client.patch(f"{URL}/{there['id']}", json={"policy_id": policy["id"]}))
    await again(client, mention_id, likes=150_000)
    await counter.sweep()
    assert (await incident(client, there["id"]))["grade"] is None
    into = await empty(client)
    merged = good(
        await client.post(f"{URL}/{there['id']}/merge", json={"into_incident_id": into, "reason": "同一件事"})
    )
    assert (merged["total"], merged["grade"]) == (150_000, "major")
    rows = await database.fetch("select sum(historical) as past from spread_buckets where incident_id = $1", UUID(into))
    assert rows[0]["past"] == 0
