"""The three decisions of a review: drafted, looked at, applied in one transaction, walked back from (R60-R62)."""

import asyncio
from uuid import uuid4

import pytest

from tests.support.acts import person_headers
from tests.support.api import ago, brand, crisis, everything, good, incident, make_rule, mention, post, problem
from tests.support.fires import told
from tests.support.reviewing import (
    DECIDER,
    REVIEWS,
    apply,
    born,
    decider,
    decision,
    decision_url,
    draft,
    keep,
    preview,
    reported,
    seen,
)

POLICIES, SLAS, RULES = "/v1/grading-policies", "/v1/sla-policies", "/v1/watch-rules"
LOWER = [{"id": "general-8h", "grade": "general", "window_seconds": 28_800, "threshold": 500}]


@pytest.fixture
async def shipped(client):
    """The policies in force, which are so again after the test."""
    found = {}
    for url in (POLICIES, SLAS):
        [found[url]] = [one for one in await everything(client, url) if one["active"]]
    yield found
    for url, policy in found.items():
        good(await client.post(f"{url}/{policy['id']}/activate"))


def clocks_with(policy: dict, kind: str, seconds: int) -> list[dict]:
    """The policy's clocks, one of them faster."""
    return [clock | ({"seconds": seconds} if clock["kind"] == kind else {}) for clock in policy["clocks"]]


async def test_nothing_changes_with_a_reason(client, counter, database):
    there, review = await born(client, counter, database)
    url = f"{decision_url(review, 'risks')}/no-change"
    headers = await decider(client)
    problem(await client.post(url, json={}, headers=headers), 422, "/reason")
    problem(await client.post(url, json={"reason": " "}, headers=headers), 422, "/reason")
    problem(await client.post(url, json={"reason": "无须调整"}), 403, code="person_needed")
    made = good(await client.post(url, json={"reason": "无须调整"}, headers=headers))
    assert (made["state"], made["reason"], made["change"], made["changes"]) == ("no_change", "无须调整", None, [])
    assert made["decided_by"]["name"] == "复****"
    assert made == await decision(client, review, "risks") | {"decided_by": made["decided_by"]}
    [event] = await told(client, there, "review.decided")
    assert event["data"] | {"seq": 0} == {
        "incident_id": there["id"], "number": there["number"], "seq": 0, "is_drill": False, "review_id": review["id"],
        "decision": "risks", "state": "no_change", "reason": "无须调整", "changes": [],
    }  # fmt: skip
    problem(await client.post(url, json={"reason": "再说"}, headers=headers), 409, code="decision_made")


async def test_a_draft_changes_nothing_and_its_preview_tells_what_it_would(client, counter, database):
    _, review = await born(client, counter, database)
    rule = await make_rule(client, brand())
    fields = {"negative_words": [*rule["negative_words"][:1], "翻车"], "harm_class": "user_rights"}
    steps = [{"action": "update", "rule_id": rule["id"], "fields": fields},
             {"action": "create", "fields": {"name": "新规则", "brand_words": [brand()]}}]  # fmt: skip
    drafted = good(await draft(client, review, "scope", watch_rules=steps))
    assert (drafted["state"], drafted["version"]) == ("open", 2)
    assert drafted["change"] == {"kind": "scope", "watch_rules": steps}
    assert good(await draft(client, review, "scope", watch_rules=steps))["version"] == 2, "the same again"
    shown = await preview(client, review, "scope")
    changes = good(shown)["changes"]
    assert [(one["subject"], one["action"], one["subject_id"], one["version"]) for one in changes] == [
        ("watch_rule", "update", rule["id"], 1), ("watch_rule", "create", None, None),
    ]  # fmt: skip
    assert {one["path"]: (one["before"], one["after"], one["added"], one["removed"]) for one in changes[0]["differences"]} == {
        "negative_words": (None, None, ["翻车"], ["避雷"]), "harm_class": ("individual", "user_rights", [], []),
    }  # fmt: skip
    assert shown.headers["etag"].startswith(f'"{shown.json()["version"]}-')
    assert good(await preview(client, review, "scope")) == shown.json()
    assert good(await client.get(f"{RULES}/{rule['id']}")) == rule


async def test_rules_and_outlets_are_changed_all_at_once(client, counter, database):
    there, review = await born(client, counter, database)
    rule = await make_rule(client, brand())
    outlet = good(await client.post("/v1/media-outlets", json={"name": brand(), "tier": "industry"}), 201)
    gone = good(await client.post("/v1/media-outlets", json={"name": brand(), "tier": "industry"}), 201)
    new, name = brand(), brand()
    renamed = {"name": name, "tier": "central", "domains": ["news.example"], "accounts": []}
    good(await draft(
        client, review, "scope",
        watch_rules=[{"action": "update", "rule_id": rule["id"], "fields": {"enabled": False}},
                     {"action": "create", "fields": {"name": new, "brand_words": [new]}}],
        media_outlets=[{"action": "update", "outlet_id": outlet["id"], "fields": renamed},
                       {"action": "delete", "outlet_id": gone["id"]},
                       {"action": "create", "fields": {"name": new, "tier": "provincial"}}],
    ))  # fmt: skip
    etag = (await preview(client, review, "scope")).headers["etag"]
    made = good(await apply(client, review, "scope", etag))
    assert made["state"] == "applied"
    assert [(one["subject"], one["action"], one["before_version"], one["after_version"]) for one in made["changes"]] == [
        ("watch_rule", "update", 1, 2), ("watch_rule", "create", None, 1), ("media_outlet", "update", 1, 2),
        ("media_outlet", "delete", 1, None), ("media_outlet", "create", None, 1),
    ]  # fmt: skip
    assert good(await client.get(f"{RULES}/{rule['id']}"))["enabled"] is False
    assert good(await client.get(f"{RULES}/{made['changes'][1]['subject_id']}"))["name"] == new
    listed = {one["id"]: one for one in await everything(client, "/v1/media-outlets")}
    assert listed[outlet["id"]]["name"] == name
    assert gone["id"] not in listed
    [event] = await told(client, there, "review.decided")
    assert [one["subject_id"] for one in event["data"]["changes"]] == [one["subject_id"] for one in made["changes"]]
    for one in made["changes"]:
        walked = await everything(client, REVIEWS, changed=one["subject_id"])
        assert [row["id"] for row in walked] == [review["id"]]
    problem(await apply(client, review, "scope"), 409, code="decision_made")
    problem(await draft(client, review, "scope", watch_rules=[]), 409, code="decision_made")


async def test_a_platform_is_core_from_then_on(client, counter, database):
    _, review = await born(client, counter, database)
    url = "/v1/platform-rules/zhihu"
    before = good(await client.get(url))
    fields = {name: before[name] for name in ("max_chars", "max_title")}
    step = {"platform": "zhihu", "fields": fields | {"core": True}}
    problem(await draft(client, review, "scope", core_platforms=[step, step]), 422, "/change/core_platforms/1")
    problem(await draft(client, review, "scope", core_platforms=[step | {"platform": "myspace"}]), 422)
    good(await draft(client, review, "scope", core_platforms=[step]))
    shown = await preview(client, review, "scope")
    [change] = good(shown)["changes"]
    assert [(one["path"], one["before"], one["after"]) for one in change["differences"]] == [("core", "false", "true")]
    good(await client.put(url, json=fields | {"core": False, "max_title": 99}))
    problem(await apply(client, review, "scope", shown.headers["etag"]), 409, code="decision_outdated")
    try:
        [made] = good(await apply(client, review, "scope"))["changes"]
        assert (made["subject"], made["subject_id"], made["after_version"]) == (
            "core_platform", "zhihu", made["before_version"] + 1,
        )  # fmt: skip
        assert good(await client.get(url))["core"]
        walked = await everything(client, REVIEWS, changed="zhihu")
        assert review["id"] in [one["id"] for one in walked]
    finally:
        good(await client.put(url, json=fields | {"core": before["core"]}))


async def test_the_next_incident_is_graded_by_the_new_policy(client, counter, database, shipped):
    there, review = await born(client, counter, database)
    fast = clocks_with(shipped[SLAS], "fact_check", 600)
    good(await draft(
        client, review, "process", grading_policy={"name": "plan", "rules": LOWER, "note": "更敏感"},
        sla_policy={"name": "plan", "clocks": fast, "follow_ups_percent": 80},
    ))  # fmt: skip
    shown = await preview(client, review, "process")
    grades, clocks = good(shown)["changes"]
    assert (grades["subject_id"], clocks["subject_id"]) == (shipped[POLICIES]["id"], shipped[SLAS]["id"])
    paths = {one["path"]: (one["before"], one["after"]) for one in grades["differences"]}
    assert paths["rules/general-8h/threshold"] == ("10000", "500")
    assert "rules/major-2h" in {path.rsplit("/", 1)[0] for path in paths} | paths.keys()
    told_of = {one["path"]: (one["before"], one["after"]) for one in clocks["differences"]}
    assert told_of["follow_ups_percent"] == ("90", "80")
    assert ("3600", "600") in told_of.values()
    made = good(await apply(client, review, "process", shown.headers["etag"]))
    new, newer = made["changes"]
    assert (new["before_id"], new["before_version"]) == (shipped[POLICIES]["id"], shipped[POLICIES]["version"])
    assert good(await client.get(f"{POLICIES}/{new['subject_id']}"))["active"]
    policy = good(await client.get(f"{SLAS}/{newer['subject_id']}"))
    assert (policy["active"], policy["follow_ups_percent"], policy["version"]) == (True, 80, newer["after_version"])
    following, _ = await crisis(client, counter, likes=600, published_at=ago(minutes=5))
    assert (following["grade"], following["policy_id"]) == ("general", new["subject_id"])
    rows = await everything(client, "/v1/deadlines", incident_id=following["id"], kind="fact_check")
    assert {row["policy_id"] for row in rows} == {newer["subject_id"]}
    assert (await incident(client, there["id"]))["policy_id"] == shipped[POLICIES]["id"], "the old one keeps its own"
    assert [one["id"] for one in await everything(client, REVIEWS, changed=new["subject_id"])] == [review["id"]]


async def test_a_policy_that_was_changed_since_the_preview_is_looked_at_again(client, counter, database, shipped):
    _, review = await born(client, counter, database)
    good(await draft(client, review, "process", grading_policy={"name": "plan", "rules": LOWER}))
    etag = (await preview(client, review, "process")).headers["etag"]
    other = good(await client.post(POLICIES, json={"name": brand(), "rules": LOWER}), 201)
    good(await client.post(f"{POLICIES}/{other['id']}/activate"))
    found = problem(
        await apply(client, review, "process", etag), 409, "/change/grading_policy", code="decision_outdated"
    )
    [changed] = found["changed"]
    assert (changed["subject"], changed["subject_id"], changed["version"]) == ("grading_policy", other["id"], 1)
    assert changed["previewed_version"] == shipped[POLICIES]["version"]
    assert (await decision(client, review, "process"))["state"] == "open"
    assert good(await client.get(f"{POLICIES}/{other['id']}"))["active"], "nothing was changed"
    again = (await preview(client, review, "process")).headers["etag"]
    assert good(await apply(client, review, "process", again))["changes"][0]["before_id"] == other["id"]


async def test_a_rule_that_was_changed_since_the_preview_is_named_and_nothing_is_changed(client, counter, database):
    _, review = await born(client, counter, database)
    rules = [await make_rule(client, brand()) for _ in range(2)]
    steps = [{"action": "update", "rule_id": rule["id"], "fields": {"enabled": False}} for rule in rules]
    good(await draft(client, review, "scope", watch_rules=steps))
    etag = (await preview(client, review, "scope")).headers["etag"]
    good(await client.patch(f"{RULES}/{rules[1]['id']}", json={"name": "改名"}))
    found = problem(await apply(client, review, "scope", etag), 409, "/change/watch_rules/1", code="decision_outdated")
    assert [(one["subject_id"], one["previewed_version"], one["version"]) for one in found["changed"]] == [
        (rules[1]["id"], 1, 2)
    ]
    assert good(await client.get(f"{RULES}/{rules[0]['id']}"))["enabled"], "one transaction"
    good(await client.delete(f"{RULES}/{rules[0]['id']}"), 204)
    problem(await apply(client, review, "scope", etag), 409, "/change/watch_rules/0", code="decision_outdated")
    problem(await preview(client, review, "scope"), 409, code="decision_outdated")


async def test_another_draft_is_looked_at_again(client, counter, database):
    _, review = await born(client, counter, database)
    steps = [{"action": "create", "fields": {"name": "甲", "brand_words": [brand()]}}]
    good(await draft(client, review, "scope", watch_rules=steps))
    etag = (await preview(client, review, "scope")).headers["etag"]
    good(await draft(client, review, "scope", watch_rules=[*steps, steps[0]]))
    found = problem(await apply(client, review, "scope", etag), 409, code="decision_outdated")
    assert (found["changed"][0]["previewed_version"], found["changed"][0]["version"]) == (2, 3)
    problem(await apply(client, review, "scope", '"123-0123456789abcdef"'), 409, code="decision_outdated")
    url = f"{decision_url(review, 'scope')}/apply"
    headers = await decider(client)
    bare = {name: value for name, value in client.headers.items() if name != "if-match"} | headers
    async with type(client)(transport=client._transport, base_url=client.base_url, headers=bare) as without:
        problem(await without.post(url), 428, code="if_match_needed")


async def test_when_one_step_fails_none_is_made(client, counter, database):
    _, review = await born(client, counter, database)
    taken, new = brand(), brand()
    good(await draft(
        client, review, "scope", watch_rules=[{"action": "create", "fields": {"name": new, "brand_words": [new]}}],
        media_outlets=[{"action": "create", "fields": {"name": taken, "tier": "central"}}],
    ))  # fmt: skip
    good(await client.post("/v1/media-outlets", json={"name": taken, "tier": "central"}), 201)
    problem(await apply(client, review, "scope"), 409, code="outlet_exists")
    assert new not in {rule["name"] for rule in await everything(client, RULES)}
    assert (await decision(client, review, "scope"))["state"] == "open"


@pytest.mark.parametrize(("kind", "change", "pointer"), [
    ("scope", {}, "/change"),
    ("process", {}, "/change"),
    ("scope", {"watch_rules": [{"action": "update", "rule_id": str(uuid4()), "fields": {}}]}, "/change/watch_rules/0"),
    ("scope", {"media_outlets": [{"action": "delete", "outlet_id": str(uuid4())}]}, "/change/media_outlets/0"),
    ("process", {"grading_policy": {"name": "x", "rules": [{"id": "leer", "grade": "general"}]}},
     "/change/grading_policy/rules"),
    ("process", {"sla_policy": {"name": "x", "clocks": [{"kind": "review", "seconds": 5}]}}, "/change/sla_policy/clocks"),
])  # fmt: skip
async def test_a_draft_that_makes_no_sense_is_refused_by_name(client, counter, database, kind, change, pointer):
    _, review = await born(client, counter, database)
    problem(await draft(client, review, kind, **change), 422, pointer)
    assert (await decision(client, review, kind))["version"] == 1


async def test_a_draft_is_of_its_kind_and_changes_each_thing_once(client, counter, database):
    _, review = await born(client, counter, database)
    body = {"change": {"kind": "scope", "watch_rules": []}}
    found = problem(await client.put(decision_url(review, "process"), json=body), 422, "/change/kind")
    assert found["errors"][0]["code"] == "wrong_kind"
    problem(await client.put(decision_url(review, "weather"), json=body), 422)
    rule = await make_rule(client, brand())
    step = {"action": "update", "rule_id": rule["id"], "fields": {"enabled": False}}
    found = problem(await draft(client, review, "scope", watch_rules=[step, step]), 422, "/change/watch_rules/1")
    assert found["errors"][0]["code"] == "duplicate"
    problem(await preview(client, review, "scope"), 409, code="nothing_drafted")
    problem(await apply(client, review, "scope"), 409, code="nothing_drafted")


async def test_deciding_takes_the_scope_that_the_change_takes(client, counter, database):
    _, review = await born(client, counter, database)
    steps = [{"action": "create", "fields": {"name": "甲", "brand_words": [brand()]}}]
    good(await draft(client, review, "scope", watch_rules=steps))
    headers = await person_headers(client, "reviews:read", "reviews:write")
    problem(await apply(client, review, "scope", headers=headers), 403, code="forbidden")
    problem(await client.post(f"{decision_url(review, 'scope')}/apply/preview", headers=headers), 403)
    problem(await client.post(f"{decision_url(review, 'scope')}/apply"), 403, code="person_needed")
    assert (await decision(client, review, "scope"))["state"] == "open"


async def test_two_who_decide_at_once_decide_once(client, counter, database):
    there, review = await born(client, counter, database)
    await reported(client, database, review)
    name = brand()
    steps = [{"action": "create", "fields": {"name": name, "brand_words": [name]}}]
    good(await draft(client, review, "scope", watch_rules=steps))
    headers = [await person_headers(client, *DECIDER) for _ in range(4)]
    asked = [apply(client, review, "scope", headers=one) for one in headers[:3]] + [
        keep(client, review, "scope", headers[3])
    ]
    answers = await asyncio.gather(*asked)
    assert sorted(answer.status_code for answer in answers) == [200, 409, 409, 409]
    assert {answer.json()["code"] for answer in answers if answer.status_code == 409} == {"decision_made"}
    assert len(await told(client, there, "review.decided")) == 1
    made = [rule for rule in await everything(client, RULES) if rule["name"] == name]
    applied = (await decision(client, review, "scope"))["state"] == "applied"
    assert len(made) == applied


async def test_the_last_decisions_at_once_complete_it_once(client, counter, database):
    there, review = await born(client, counter, database)
    await reported(client, database, review)
    headers = [await person_headers(client, *DECIDER) for _ in range(3)]
    kinds = ("risks", "process", "scope")
    answers = await asyncio.gather(*(keep(client, review, kind, one) for kind, one in zip(kinds, headers, strict=True)))
    assert {answer.status_code for answer in answers} == {200}
    assert (await seen(client, review))["status"] == "completed"
    assert len(await told(client, there, "review.completed")) == 1


async def test_rules_are_decided_while_mentions_are_counted(client, counter, database):
    """Batches hold the rules before incidents; so does who decides on them: nobody waits for nobody."""
    name = brand()
    await make_rule(client, name)
    _, review = await born(client, counter, database)
    steps = [{"action": "create", "fields": {"name": brand(), "brand_words": [brand()]}}]
    good(await draft(client, review, "scope", watch_rules=steps))
    posted = [await post(client, f"{name} 差评", likes=n) for n in range(20)]
    answers = await asyncio.gather(apply(client, review, "scope"), counter.sweep(), counter.sweep())
    good(answers[0])
    await counter.sweep()
    assert None not in [(await mention(client, one))["incident_id"] for one in posted]


async def test_a_draft_that_leaves_all_as_it_is_is_no_change(client, counter, database):
    _, review = await born(client, counter, database)
    rule = await make_rule(client, brand())
    same = {"action": "update", "rule_id": rule["id"], "fields": {"negative_words": rule["negative_words"]}}
    problem(await draft(client, review, "scope", watch_rules=[same]), 422, "/change")
    assert (await decision(client, review, "scope"))["change"] is None
    good(await draft(client, review, "scope", watch_rules=[same | {"fields": {"negative_words": ["翻车"]}}]))
