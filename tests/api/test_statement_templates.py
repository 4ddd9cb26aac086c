"""Statement templates: kept as versions that never change, refused where they would run anything, found and filled in."""

import asyncio

import asyncpg
import pytest

from tests.support.acts import opened
from tests.support.api import brand, crisis, everything, good, problem
from tests.support.people import bearer, make_key
from tests.support.templates import TEMPLATES, ahead, body, make_template, render, shipped, variable


async def test_a_template_is_kept_and_changed_version_by_version(client):
    made = good(answer := await client.post(TEMPLATES, json=body(name=brand(), note="首版")), 201)
    one = answer.headers["location"]
    assert good(await client.get(one)) == made
    assert (made["key"], made["version"], made["latest"]["number"], made["latest"]["note"]) == (None, 1, 1, "首版")
    changed = good(await client.patch(one, json={"facts": "{{ 产品 }}全部停售。", "note": "统一口径"}))
    assert (changed["version"], changed["latest"]["number"]) == (2, 2)
    assert changed["latest"]["facts"] == "{{ 产品 }}全部停售。"
    assert changed["latest"]["variables"] == made["latest"]["variables"]
    assert good(await client.patch(one, json={"solution": "退款。"}))["latest"]["note"] == ""
    # What it is chosen by belongs to no version.
    named = good(await client.patch(one, json={"topics": ["停售", "停售"], "harm_class": "core_interest"}))
    assert (named["version"], named["latest"]["number"], named["topics"]) == (4, 3, ["停售"])
    versions = await everything(client, f"{one}/versions", limit=1)
    assert [row["number"] for row in versions] == [3, 2, 1]
    assert good(await client.get(f"{one}/versions/1")) == made["latest"] == versions[2]
    problem(await client.get(f"{one}/versions/4"), 404)
    # Changing nothing is no change.
    assert good(await client.patch(one, json={"facts": "{{ 产品 }}全部停售。"})) == named


async def test_who_changed_a_template_is_on_the_audit_log_and_what_it_says_is_not(client, database):
    template = await make_template(client)
    one = f"{TEMPLATES}/{template['id']}"
    good(await client.patch(one, json={"solution": "已退款。"}))
    good(await client.post(f"{one}/archive"))
    rows = await database.fetch(
        "select type, data from events where data->>'subject_id' = $1 order by id", template["id"]
    )
    assert [row["type"] for row in rows] == [
        f"statement_template.{done}" for done in ("created", "updated", "archived")
    ]
    assert all("已退款" not in row["data"] and "产品" not in row["data"] for row in rows)
    assert '"solution"' in rows[1]["data"]


async def test_a_version_is_never_changed_nor_deleted(client, database):
    template = await make_template(client)
    for change in ("update statement_template_versions set facts = 'x'", "delete from statement_template_versions"):
        with pytest.raises(asyncpg.RestrictViolationError, match="never changed"):
            await database.fetch(f"{change} where template_id = $1", template["id"])


async def test_nobody_writes_over_somebodys_change_and_at_once_one_of_many_is_first(client, bare):
    template = await make_template(client)
    one, headers = f"{TEMPLATES}/{template['id']}", {"authorization": client.headers["authorization"]}
    etag = (await bare.get(one, headers=headers)).headers["etag"]
    answers = await asyncio.gather(*(
        bare.patch(one, json={"facts": f"{{{{ 产品 }}}}第{n}稿。"}, headers=headers | {"if-match": etag}) for n in range(8)
    ))  # fmt: skip
    assert sorted(answer.status_code for answer in answers) == [200] + [412] * 7
    assert [row["number"] for row in await everything(client, f"{one}/versions")] == [2, 1]
    del bare.headers["if-match"]
    for answer in (
        await bare.patch(one, json={"facts": "改"}, headers=headers),
        await bare.post(f"{one}/archive", headers=headers),
    ):
        problem(answer, 428)


async def test_whoever_drafts_fills_templates_in_and_does_not_change_them(client, bare):
    template = await make_template(client)
    one, incident_id = f"{TEMPLATES}/{template['id']}", await opened(client)
    drafts = bearer((await make_key(client, "statements:read", "statements:write"))["key"])
    good(await bare.get(one, headers=drafts))
    problem(await bare.post(TEMPLATES, json=body(), headers=drafts), 403)
    problem(await bare.patch(one, json={"facts": "改"}, headers=drafts), 403)
    problem(await bare.post(f"{one}/archive", headers=drafts), 403)
    values = {"variables": {"产品": "示例牌"}}
    good(await bare.post(f"{one}/render", json=values, headers=drafts))
    # What an incident fills in is read of it.
    refused = problem(await bare.post(f"{one}/render", json=values | {"incident_id": incident_id}, headers=drafts), 403)
    assert "incidents:read" in refused["detail"]
    rules = bearer((await make_key(client, "rules:write"))["key"])
    assert "statements:read" in problem(await bare.patch(one, json={}, headers=rules), 403)["detail"]
    assert good(await bare.patch(one, json={"name": brand()}, headers=rules))["version"] == 2


@pytest.mark.parametrize(("fields", "pointer", "code", "says"), [
    ({"facts": "{{ 产品 }}\n\n{{ 产地 }}"}, "/facts", "unknown_variable", "line 3: unknown variable '产地'"),
    ({"title": "{{ 产品"}, "/title", "template_syntax", "line 1: can't be read"),
    ({"solution": "甲\n{% include '甲' %}"}, "/solution", "not_allowed", "line 2: include is not allowed"),
    ({"attitude": "{{ 产品.__class__ }}"}, "/attitude", "not_allowed", "the attribute .__class__ is not allowed"),
    ({"facts": "{{ ''.__class__.__mro__ }}"}, "/facts", "not_allowed", "line 1"),
    ({"facts": "{{ lipsum.__globals__ }}"}, "/facts", "not_allowed", "line 1"),
    ({"commitments": [{"text": "{{ 何人 }}", "due": "产品"}]}, "/commitments/0/text", "unknown_variable", "'何人'"),
    ({"commitments": [{"text": "退款", "due": "产品"}]}, "/commitments/0/due", "unknown_variable", "of type datetime"),
    ({"next_update": "何时"}, "/next_update", "unknown_variable", "'何时'"),
    ({"variables": [variable("产品"), variable("产品")]}, "/variables/1/name", "duplicate", "twice"),
    ({"variables": [variable("产品"), variable("批次")]}, "/variables/1/name", "unused", "'批次' is used nowhere"),
    ({"variables": [variable("self")], "facts": "甲"}, "/variables/0/name", "bad_name", "small letters"),
    ({"variables": [variable("产品", "datetime", sample="明天")]}, "/variables/0/sample", "bad_sample", "RFC 3339"),
    ({"variables": [variable("产品", source="opened_at")]}, "/variables/0/source", "other_type", "of type datetime"),
    ({"variables": [variable("产品", required=False)]}, "/facts", "unguarded", "{% if 产品 %}"),
    ({"variables": [variable("产品", "list")]}, "/facts", "is_list", "join"),
    ({"facts": "", "variables": []}, "", "empty", "says nothing"),
    ({"facts": "{% if 产品 %}{% endif %}"}, "", "empty", "its own examples"),
    ({"title": "{{ 产品 }}", "variables": [variable("产品", sample="长" * 201)]}, "/title", "too_long", "200 characters"),
    ({"facts": "{{ 产品 }}" * 60, "variables": [variable("产品", sample="长" * 100)]}, "/facts", "too_long", "5,000"),
])  # fmt: skip
async def test_a_template_that_is_wrong_is_refused_with_part_line_and_variable(client, fields, pointer, code, says):
    found = problem(await client.post(TEMPLATES, json=body(**fields)), 422, pointer)
    assert any(error["code"] == code and says in error["detail"] for error in found["errors"]), found["errors"]
    # A change is held to the same.
    template = await make_template(client)
    problem(await client.patch(f"{TEMPLATES}/{template['id']}", json=fields), 422, pointer)
    assert good(await client.get(f"{TEMPLATES}/{template['id']}")) == template


async def test_templates_are_found_by_what_they_are_for(client):
    mark = brand()
    a = await make_template(client, name=f"甲{mark}", harm_class="core_interest", strategy="rebuild", kind="apology")
    b = await make_template(client, name=f"乙{mark}", platform="weibo", language="en", facts="{{ 产品 }} 停售",
                            topics=["異物"])  # fmt: skip

    async def found(**query):
        return {row["id"] for row in await everything(client, TEMPLATES, q=mark, limit=1, **query)}

    assert await found() == {a["id"], b["id"]}
    assert (
        await found(kind="apology")
        == await found(harm_class="core_interest")
        == await found(strategy="rebuild")
        == {a["id"]}
    )
    assert await found(platform="weibo") == await found(language="en") == {b["id"]}
    assert await found(kind=["apology", "progress"]) == {a["id"], b["id"]}
    # As everything else is found: whatever the case, the width and the script.
    names = [row["id"] for row in await everything(client, TEMPLATES, q=f"异物 {mark}")]
    assert names == [b["id"]]
    good(await client.post(f"{TEMPLATES}/{a['id']}/archive"))
    assert await found() == {b["id"]}
    assert await found(archived=True) == {a["id"]}
    good(await client.post(f"{TEMPLATES}/{a['id']}/restore"))
    assert await found() == {a["id"], b["id"]}
    assert good(await client.post(f"{TEMPLATES}/{a['id']}/restore"))["version"] == 3


async def test_every_type_is_written_as_people_read_it_and_refused_by_its_own_words(client):
    names = {
        "甲": "text",
        "乙": "number",
        "丙": "date",
        "丁": "datetime",
        "戊": "money",
        "己": "url",
        "庚": "phone",
        "辛": "list",
    }
    template = await make_template(
        client, variables=[variable(name, type_) for name, type_ in names.items()],
        facts="{{甲}}|{{乙}}|{{丙}}|{{丁}}|{{戊}}|{{己}}|{{庚}}|{{辛|join}}",
    )  # fmt: skip
    good_ones = {"甲": " 牛奶 ", "乙": "0128.50", "丙": "2030-01-05", "丁": "2030-11-23T10:30:00Z", "戊": "299.5",
                 "己": "https://a.cn/甲", "庚": "+86 400 800 1234", "辛": "一\n\n 二 "}  # fmt: skip
    shown = good(await render(client, template, variables=good_ones))
    assert (
        shown["facts"]
        == "牛奶|128.50|2030年1月5日|2030年11月23日18时30分|299.50元|https://a.cn/甲|+86 400 800 1234|一、二"
    )
    assert shown["missing"] == []
    bad = {"甲": "\u200b", "乙": "1,280", "丙": "11月23日", "丁": "2030-11-23T18:00", "戊": "-1", "己": "a.cn", "庚": "abc",
           "辛": "\n \n"}  # fmt: skip
    found = problem(await render(client, template, variables=bad), 422, *(f"/variables/{name}" for name in bad))
    assert len(found["errors"]) == len(bad)
    for name, worse in {"丙": "2026-02-30", "丁": "1700000000", "戊": "1.234", "庚": "0" * 17, "辛": "项\n" * 21,
                        "甲": "坏\u0007", "乙": "１２"}.items():  # fmt: skip
        problem(await render(client, template, variables=good_ones | {name: worse}), 422, f"/variables/{name}")


async def test_what_is_missing_stands_in_the_text_by_name_and_an_unknown_value_is_refused(client):
    template = await make_template(
        client, variables=[variable("产品"), variable("渠道", "list"), variable("批次", required=False),
                           variable("时限", "datetime"), variable("备选", "datetime", required=False)],
        facts="{{ 产品 }}{% if 批次 %}（{{ 批次 }}）{% endif %}在{{ 渠道 | join }}停售。", next_update="时限",
        commitments=[{"text": "{{ 产品 }}退款完毕", "due": "时限"}, {"text": "复查", "due": "备选"}],
    )  # fmt: skip
    shown = good(await render(client, template))
    assert shown["facts"] == "【产品】在【渠道】停售。"
    assert [row["name"] for row in shown["missing"]] == ["产品", "渠道", "时限"]
    # A promise whose own date need not be stated is left out without it.
    assert shown["commitments"] == [{"text": "【产品】退款完毕", "due_at": None}]
    assert shown["next_update_at"] is None
    at = ahead(days=2)
    shown = good(
        await render(
            client, template, variables={"产品": "牛奶", "渠道": "商超", "时限": at, "备选": at, "批次": "1101"}
        )
    )
    assert (shown["facts"], shown["missing"]) == ("牛奶（1101）在商超停售。", [])
    assert [row["text"] for row in shown["commitments"]] == ["牛奶退款完毕", "复查"]
    assert shown["text"].startswith("牛奶（1101）在商超停售。\n\n1. 牛奶退款完毕（")
    assert shown["length"] == len(shown["text"])
    found = problem(
        await render(client, template, variables={"产地": "甲", "a/b~": "乙"}),
        422,
        "/variables/产地",
        "/variables/a~1b~0",
    )
    assert "it has 产品、渠道、批次、时限、备选" in found["errors"][0]["detail"]


async def test_names_and_values_that_nothing_can_hold_are_refused_where_they_stand(client):
    template = await make_template(client)
    problem(await render(client, template, variables={"a\u0000b": "甲"}), 422, "/variables/a\u0000b")
    problem(await render(client, template, variables={"产品": "a\u0000b"}), 422, "/variables/产品")
    problem(await render(client, template, variables={"产" * 5_000: "甲"}), 422, f"/variables/{'产' * 100}…")
    problem(await render(client, template, variables={"产品": 5}), 422, "/variables/产品")
    problem(await render(client, template, variables={str(n): "甲" for n in range(41)}), 422, "/variables")


async def test_a_value_is_text_and_never_a_template(client):
    template = await make_template(client)
    nasty = "{{ 产品 }}{% for 项 in 产品 %}{{ ''.__class__ }}{% endfor %}<script>&{#"
    shown = good(await render(client, template, variables={"产品": nasty}))
    assert shown["facts"] == f"{nasty}已停售。"
    draft = {"template_id": template["id"], "variables": {"产品": nasty}}
    made = good(await client.post(f"/v1/incidents/{await opened(client)}/statements/from-template", json=draft), 201)
    assert made["latest"]["facts"] == f"{nasty}已停售。"


async def test_values_that_make_a_part_too_long_are_refused(client):
    template = await make_template(client, facts="{{ 产品 }}" * 10)
    found = problem(await render(client, template, variables={"产品": "长" * 600}), 422, "/variables", code="invalid")
    assert "facts has more than 5,000 characters" in found["detail"]
    good(await render(client, template, variables={"产品": "长" * 500}))


async def test_a_version_of_the_past_can_still_be_filled_in(client):
    template = await make_template(client)
    good(await client.patch(f"{TEMPLATES}/{template['id']}", json={"facts": "{{ 产品 }}已召回。"}))
    values = {"产品": "牛奶"}
    assert good(await render(client, template, variables=values))["facts"] == "牛奶已召回。"
    first = good(await render(client, template, variables=values, number=1))
    assert (first["facts"], first["number"]) == ("牛奶已停售。", 1)
    assert first["template_version_id"] == template["latest"]["id"]
    problem(await render(client, template, variables=values, number=9), 422, "/number")


async def test_the_incident_fills_in_what_it_knows_and_people_know_better(client, counter):
    case, _ = await crisis(client, counter, rule={"business_unit": "乳品事业部"}, published_at=ahead(hours=-5))
    sources = {"单位": "business_unit", "平台": "origin_platform", "首帖": "first_post_at", "立案": "opened_at"}
    types = {"首帖": "datetime", "立案": "datetime"}
    template = await make_template(
        client, variables=[variable(name, types.get(name, "text"), source=source) for name, source in sources.items()],
        facts="{{ 单位 }}|{{ 平台 }}|{{ 首帖 }}|{{ 立案 }}",
    )  # fmt: skip
    shown = good(await render(client, template, incident_id=case["id"]))
    assert shown["facts"].startswith("乳品事业部|微博|")
    assert "【" not in shown["facts"]
    assert [(row["name"], row["source"]) for row in shown["filled"]] == list(sources.items())
    shown = good(await render(client, template, incident_id=case["id"], variables={"单位": "质量部"}))
    assert shown["facts"].startswith("质量部|微博|")
    assert [row["name"] for row in shown["filled"]] == ["平台", "首帖", "立案"]
    # Of an incident without a post it is not known where it began.
    shown = good(await render(client, template, incident_id=await opened(client)))
    assert [row["name"] for row in shown["missing"]] == ["单位", "平台", "首帖"]
    problem(await render(client, template, incident_id=template["id"]), 422, "/incident_id")


async def test_a_statement_is_begun_from_a_template(client):
    template = await shipped(client, "holding-service")
    incident_id, at = await opened(client), ahead(hours=3)
    url = f"/v1/incidents/{incident_id}/statements/from-template"
    values = {
        "地点": "朝阳门店",
        "发生日期": "2026-11-22",
        "负责人": "区域负责人",
        "客服电话": "400-800-1234",
        "下次通报时间": at,
    }
    found = problem(
        await client.post(url, json={"template_id": template["id"], "variables": values}), 422, "/variables/平台"
    )
    assert [error["code"] for error in found["errors"]] == ["missing"]
    assert "for example '小红书'" in found["detail"]
    answer = await client.post(url, json={"template_id": template["id"], "variables": values | {"平台": "小红书"}})
    made = good(answer, 201)
    assert answer.headers["location"] == f"/v1/statements/{made['id']}"
    assert good(await client.get(answer.headers["location"])) == made
    assert (made["kind"], made["status"], made["incident_id"]) == ("holding", "draft", incident_id)
    assert made["name"] == made["latest"]["title"] == "关于朝阳门店服务问题的回应"
    assert made["latest"]["template_version_id"] == template["latest"]["id"]
    assert made["latest"]["next_update_at"] is not None
    # Nothing that its kind asks for is missing.
    assert made["missing"] == []
    changed = good(await client.patch(f"/v1/statements/{made['id']}", json={"facts": "改"}))
    assert changed["latest"]["template_version_id"] == template["latest"]["id"]


async def test_an_apology_from_a_template_lacks_nothing_but_the_fact_check(client):
    template = await shipped(client, "apology-service")
    values = {one["name"]: ahead(days=3) if one["type"] == "datetime" else one["sample"]
              for one in template["latest"]["variables"]}  # fmt: skip
    draft = {"template_id": template["id"], "variables": values, "name": "致歉初稿", "strategy": "bolster"}
    made = good(await client.post(f"/v1/incidents/{await opened(client)}/statements/from-template", json=draft), 201)
    assert (made["name"], made["strategy"], made["missing"]) == ("致歉初稿", "bolster", ["fact_check"])
    assert all(one["due_at"] for one in made["latest"]["commitments"])
    assert len(made["latest"]["commitments"]) == 2


async def test_nothing_is_begun_that_promises_what_is_past_or_from_what_was_put_away(client):
    template = await make_template(
        client, variables=[variable("产品"), variable("时限", "datetime"), variable("当时", "datetime")],
        facts="{{ 当时 }}{{ 产品 }}停售。", commitments=[{"text": "退款完毕", "due": "时限"}], next_update="时限",
    )  # fmt: skip
    url = f"/v1/incidents/{await opened(client)}/statements/from-template"
    values = {"产品": "牛奶", "当时": ahead(hours=-2), "时限": ahead(minutes=-1)}
    found = problem(
        await client.post(url, json={"template_id": template["id"], "variables": values}), 422, "/variables/时限"
    )
    assert [error["code"] for error in found["errors"]] == ["in_the_past"]
    body_ = {"template_id": template["id"], "variables": values | {"时限": ahead(hours=1)}}
    good(await client.post(url, json=body_), 201)
    good(await client.post(f"{TEMPLATES}/{template['id']}/archive"))
    assert "was put away" in problem(await client.post(url, json=body_), 409, code="template_archived")["detail"]
    good(await render(client, template, variables=body_["variables"]))
    problem(await client.post(url, json=body_ | {"template_id": template["latest"]["id"]}), 422, "/template_id")
    problem(await client.post(url, json=body_ | {"number": 7}), 422, "/number")


async def test_the_same_key_begins_one_statement(client):
    template, incident_id = await make_template(client), await opened(client)
    url, draft = (
        f"/v1/incidents/{incident_id}/statements",
        {"template_id": template["id"], "variables": {"产品": "牛奶"}},
    )
    answers = [
        await client.post(f"{url}/from-template", json=draft, headers={"idempotency-key": template["id"]})
        for _ in range(2)
    ]
    assert good(answers[0], 201) == good(answers[1], 201)
    assert len(await everything(client, url)) == 1
