"""The facts of a review: each figure is counted again here, by plain SQL or from the events it cites, and none is left out."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import orjson
import pytest

from app.core.auth import SYSTEM
from app.core.outbox import record
from app.domain.events import IncidentRecurred
from app.incidents.queries import get_incident
from app.incidents.timeline import on_timeline
from tests.support.acts import URL, opened, person_headers, publish
from tests.support.api import again, good, instant, problem
from tests.support.fires import a_minute
from tests.support.people import make_person
from tests.support.reviews import REVIEWS, begun, facts, lived, review_of
from tests.support.tasks import make_task
from tests.support.words import pass_hours

_POSTS = "from mentions m join mention_states s on s.mention_id = m.id where s.incident_id = $1"
_POSTED = "coalesce(s.person_published_at, s.published_at, m.first_seen_at)"
_SPREAD = "coalesce(s.reposts, 0) + coalesce(s.comments, 0) + coalesce(s.likes, 0)"
_TOTALS = "select minute, reposts + comments + likes as total from spread_buckets where incident_id = $1"
_USERS = """select u.id, (select t.state from tasks t where t.affected_user_id = u.id and t.kind = 'remediation' order by t.id desc
  limit 1) as remedied, f.state as followed, f.result from affected_users u left join lateral (
  select * from tasks t where t.affected_user_id = u.id and t.kind = 'follow_up' order by t.id desc limit 1) f on true
  where u.incident_id = $1"""
_OVER = "count(*) filter (where state in ('done', 'waived'))"
_LATE = """(state = 'done' and happened_at > due_at) or (state not in ('done', 'waived') and due_at < now())"""
# (section, figure) -> what it must be: one value.
SCALARS = {
    ("origin", "earliest_post_at"): f"select min({_POSTED}) {_POSTS}",
    ("origin", "mention_count"): f"select count(*) {_POSTS}",
    ("origin", "opened_at"): "select opened_at from incidents where id = $1",
    ("origin", "first_hit_at"): "select min(started_at) from deadlines where incident_id = $1 and kind = 'alert'",
    ("origin", "found_after"): f"""select round(extract(epoch from (
        select min(started_at) from deadlines where incident_id = $1 and kind = 'alert') - min({_POSTED}))) {_POSTS}""",
    ("origin", "recurred_after"):
        "select (data->>'days_between')::int from events where incident_id = $1 and type = 'incident.recurred'",
    ("response", "alerts"): "select count(*) from deadlines where incident_id = $1 and kind = 'alert'",
    ("response", "alerts_met"): "select count(*) from deadlines where incident_id = $1 and kind = 'alert' and state = 'met'",
    ("response", "alerts_breached"):
        "select count(*) from deadlines where incident_id = $1 and kind = 'alert' and state = 'breached'",
    ("response", "alerts_unpushed"):
        "select count(*) from deadlines where incident_id = $1 and kind = 'alert' and state = 'unpushed'",
    ("response", "slowest_push"):
        "select round(max(extract(epoch from met_at - started_at))) from deadlines where incident_id = $1 and kind = 'alert'",
    ("grades", "grade_changes"):
        "select count(*) from events where incident_id = $1 and type = 'incident.grade_changed'",
    ("grades", "worst_grade_at"): """select min(at) from events where incident_id = $1 and type = 'incident.grade_changed'
        and data->>'to' = (select data->>'to' from events where incident_id = $1 and type = 'incident.grade_changed'
        order by data->>'level' limit 1)""",
    ("spread", "total"): f"select sum(total) from ({_TOTALS}) b",
    ("spread", "baseline"): "select baseline from incidents where id = $1",
    ("spread", "busiest_minute"): f"select max(total) from ({_TOTALS}) b",
    ("spread", "busiest_minute_at"): f"select to_timestamp(minute * 60) from ({_TOTALS}) b order by total desc, minute limit 1",
    ("spread", "first_gain_at"): f"select to_timestamp(min(minute) * 60) from ({_TOTALS}) b where total <> 0",
    ("spread", "last_gain_at"): f"select to_timestamp(max(minute) * 60) from ({_TOTALS}) b where total <> 0",
    ("statements", "publications"): "select count(*) from publications where incident_id = $1",
    ("statements", "unapproved"): "select count(*) from publications where incident_id = $1 and approved = false",
    ("statements", "first_word_at"): "select min(happened_at) from publications where incident_id = $1",
    ("statements", "first_word_after"): """select round(extract(epoch from min(p.happened_at) - min(i.opened_at)))
        from publications p join incidents i on i.id = p.incident_id where i.id = $1""",
    ("statements", "first_on_origin_at"): "select min(happened_at) from publications where incident_id = $1 and on_origin",
    ("statements", "first_on_origin_after"): """select round(extract(epoch from min(p.happened_at) - min(i.opened_at)))
        from publications p join incidents i on i.id = p.incident_id where i.id = $1 and on_origin""",
    ("statements", "silences"): "select count(*) from events where incident_id = $1 and type = 'incident.silent'",
    ("statements", "origin_missing"):
        "select count(*) from events where incident_id = $1 and type = 'statement.origin_missing'",
    ("statements", "broken"): "select count(*) from events where incident_id = $1 and type = 'commitment.broken'",
    ("tasks", "tasks"): "select count(*) from tasks where incident_id = $1",
    ("tasks", "tasks_over"): f"select {_OVER} from tasks where incident_id = $1",
    ("tasks", "tasks_late"): f"select count(*) from tasks where incident_id = $1 and ({_LATE})",
    ("tasks", "tasks_percent"): f"select floor({_OVER} * 1000.0 / count(*)) / 10 from tasks where incident_id = $1",
    ("care", "affected"): f"select count(*) from ({_USERS}) u",
    ("care", "remedied_percent"): f"""select floor(count(*) filter (where remedied in ('done', 'waived')) * 1000.0 / count(*)) / 10
        from ({_USERS}) u""",
    ("care", "followed_percent"): f"""select floor(count(*) filter (where followed in ('done', 'waived')) * 1000.0 / count(*)) / 10
        from ({_USERS}) u""",
    ("care", "solved"): f"select count(*) from ({_USERS}) u where followed = 'done' and (result->>'solved')::bool",
    ("care", "satisfaction"): f"select avg((result->>'satisfaction')::int) from ({_USERS}) u where followed = 'done'",
    ("care", "satisfaction_answers"):
        f"select count(result->>'satisfaction') from ({_USERS}) u where followed = 'done'",
    ("media", "media_reports"): f"select count(*) {_POSTS} and s.media",
    ("media", "first_report_at"): f"select min({_POSTED}) {_POSTS} and s.media",
    ("calm", "rebounds"): "select count(*) from events where incident_id = $1 and type = 'incident.rebounded'",
    ("calm", "calmed_at"): "select calmed_at from incidents where id = $1",
    ("calm", "calmed_after"): "select round(extract(epoch from calmed_at - opened_at)) from incidents where id = $1",
}  # fmt: skip
# What is told by one event: its type, and the member that says when.
TOLD = {"acknowledged": "incident.acknowledged", "met": "incident.meeting_held", "checked": "incident.fact_checked"}
# Table -> its rows; columns of words are left out on both sides.
TABLES = {
    "platforms": f"select count(*), sum({_SPREAD}) as spread {_POSTS} group by m.platform order by 2 desc, m.platform",
    "clocks": """select started_at, due_at, met_at,
        case when state in ('breached', 'running') and coalesce(met_at, now()) > due_at
          then round(extract(epoch from coalesce(met_at, now()) - due_at)) end
        from deadlines where incident_id = $1 and kind <> 'alert' and task_id is null order by started_at, due_at, id""",
    "task_clocks": """select count(*), count(*) filter (where state like 'met%'), count(*) filter (where state = 'breached'),
        count(*) filter (where state = 'running'), count(*) filter (where state = 'cancelled')
        from deadlines where incident_id = $1 and task_id is not null group by kind order by kind""",
    "grades": """select at, (data->'evidence'->>'sum')::numeric, (data->'evidence'->>'threshold')::numeric
        from events where incident_id = $1 and type = 'incident.grade_changed' order by seq""",
    "windows": f"""select width / 60.0, threshold, total, case when total > 0 then at end from (
        select place, width, threshold, total, to_timestamp(minute * 60) as at,
          row_number() over (partition by place order by total desc, minute) as rank
        from (select r.place, r.width, r.threshold, e.minute,
            (select sum(total) from ({_TOTALS}) b where b.minute between e.minute - r.width + 1 and e.minute) as total
          from incidents i join grading_policies p on p.id = i.policy_id cross join lateral (
            select place, (rule->>'window_seconds')::int / 60 as width, (rule->>'threshold')::int as threshold
            from jsonb_array_elements(p.rules) with ordinality as e(rule, place)
            where rule->>'threshold' is not null) r
          cross join ({_TOTALS}) e where i.id = $1) w) ranked
        where rank = 1 order by place""",
    "amplifiers": f"select {_POSTED}, {_SPREAD} {_POSTS} order by 2 desc, m.id limit 10",
    "publications": f"""select happened_at,
        (select coalesce(sum(total), 0) from ({_TOTALS}) b where minute between at.minute - 120 and at.minute - 1),
        (select coalesce(sum(total), 0) from ({_TOTALS}) b where minute between at.minute and at.minute + 119)
        from publications p cross join lateral (select floor(extract(epoch from happened_at) / 60)::int as minute) at
        where incident_id = $1 order by happened_at, id""",
    "sync": """select min(at), max(at), count(*), round(extract(epoch from max(at) - min(at))) from (
        select statement_id, platform, min(happened_at) as at from publications
        where incident_id = $1 and statement_id is not null group by 1, 2) f group by statement_id order by 1""",
    "tasks": f"""select count(*), count(*) filter (where state = 'done'), count(*) filter (where state = 'waived'),
        count(*) filter (where state not in ('done', 'waived')), count(*) filter (where {_LATE})
        from tasks where incident_id = $1 group by kind order by kind""",
    "calm": """select at, (data->>'calmed_at')::timestamptz from events where incident_id = $1
        and type in ('incident.calmed', 'incident.rebounded') order by seq""",
}  # fmt: skip


@pytest.fixture(scope="module")
async def crisis_id(client, counter, database) -> str:
    """One for all tests that only read it."""
    return await lived(client, counter, database)


def known(value: dict[str, Any]) -> Any:
    """What a cell is: a number, an instant, or None for words."""
    return value["number"] if value["number"] is not None else value["at"] and instant(value["at"])


def same(shown: Any, counted: Any) -> bool:
    if isinstance(shown, datetime):
        return isinstance(counted, datetime) and abs(shown - counted) < timedelta(milliseconds=1)
    # A clock that runs is later with every second.
    return shown is None if counted is None else abs(float(shown) - float(counted)) < (5 if counted > 10**9 else 0.0051)


async def counted_again(database, incident: dict[str, Any]) -> int:
    """Checks every figure of an incident; how many they were."""
    checked, id_ = 0, UUID(incident["incident_id"])
    opened = (await database.fetch("select opened_at from incidents where id = $1", id_))[0]["opened_at"]
    for section in incident["sections"]:
        for fact in section["facts"]:
            value, name = known(fact["value"]), fact["name"]
            assert fact["event_ids"] or fact["sources"], (section["name"], name)
            if (section["name"], name) in SCALARS:
                [row] = await database.fetch(SCALARS[section["name"], name], id_)
                assert same(value, row[0]), (name, value, row[0])
            elif value is not None:
                kind, _, what = name.rpartition("_")
                ids = fact["event_ids"]
                rows = await database.fetch(
                    "select data from events where id = any($1::bigint[]) and type = $2", ids, TOLD[kind]
                )
                assert len(rows) == 1, (name, ids)
                [told] = [instant(_json(row["data"])["happened_at"]) for row in rows]
                assert same(value, told if what == "at" else round((told - opened).total_seconds())), name
            checked += value is not None
        for table in section["tables"]:
            rows = await database.fetch(TABLES[table["name"]], id_)
            assert len(table["rows"]) == len(rows), table["name"]
            for line, row in zip(table["rows"], rows, strict=True):
                checked += await line_again(database, table["name"], line, list(row))
    return checked


async def line_again(database, name: str, line: dict[str, Any], counted: list[Any]) -> int:
    assert line["event_ids"] or line["sources"], name
    cells = [known(cell) for cell in line["cells"]]
    if name == "clocks":
        # A running clock's lateness goes on.
        cells = cells[2:]
    else:
        cells = [cell for cell in cells if cell is not None]
        counted = [value for value in counted if value is not None]
    assert len(cells) == len(counted), (name, cells, counted)
    for shown, value in zip(cells, counted, strict=True):
        assert same(shown, value), (name, shown, value)
    found = await database.fetch("select count(*) from events where id = any($1::bigint[])", line["event_ids"])
    assert found[0][0] == len(line["event_ids"])
    return sum(cell is not None for cell in cells)


def _json(data: Any) -> Any:
    return orjson.loads(data) if isinstance(data, str) else data


async def test_every_figure_equals_the_query_and_the_events_that_it_cites(client, database, crisis_id):
    shown = await facts(client, await review_of(database, crisis_id))
    [incident] = shown["incidents"]
    assert await counted_again(database, incident) > 100
    names = [section["name"] for section in incident["sections"]]
    assert names == ["origin", "response", "grades", "spread", "statements", "tasks", "care", "media", "calm"]
    tables = {table["name"] for section in incident["sections"] for table in section["tables"]}
    assert tables == set(TABLES)


async def test_events_that_are_cited_are_the_incidents_own(client, database, crisis_id):
    [incident] = (await facts(client, await review_of(database, crisis_id)))["incidents"]
    cited = {
        id_
        for section in incident["sections"]
        for part in (*section["facts"], *(row for table in section["tables"] for row in table["rows"]))
        for id_ in part["event_ids"]
    }
    rows = await database.fetch(
        "select id, type, incident_id, data from events where id = any($1::bigint[])", list(cited)
    )
    assert len(rows) == len(cited) > 10
    for row in rows:
        told_of = row["incident_id"] or UUID(_json(row["data"])["incident_id"])
        assert told_of == UUID(crisis_id), row["type"]


async def test_each_source_is_an_answer_of_the_api(client, database, crisis_id):
    [incident] = (await facts(client, await review_of(database, crisis_id)))["incidents"]
    assert len(incident["sources"]) >= 6
    used = {
        source
        for section in incident["sections"]
        for part in (*section["facts"], *(row for table in section["tables"] for row in table["rows"]))
        for source in part["sources"]
    }
    assert used == {source["source"] for source in incident["sources"]}
    for source in incident["sources"]:
        good(await client.get(source["path"]))


async def test_the_curve_holds_all_that_was_gained_and_what_happened(client, database, crisis_id):
    [incident] = (await facts(client, await review_of(database, crisis_id)))["incidents"]
    curve = incident["curve"]
    step = curve["step_seconds"]
    rows = await database.fetch(
        "select (minute * 60) / $2 * $2 as start, sum(reposts + comments + likes) as total from spread_buckets "
        "where incident_id = $1 group by 1 having sum(reposts + comments + likes) <> 0 order by 1", UUID(crisis_id), step,
    )  # fmt: skip
    assert [(instant(p["start"]).timestamp(), p["amount"]) for p in curve["points"]] == [
        (row["start"], row["total"]) for row in rows
    ]
    assert 0 < len(curve["points"]) <= 240
    kinds = [mark["kind"] for mark in curve["marks"]]
    assert (kinds.count("grade"), kinds.count("word"), kinds.count("calm")) == (3, 5, 1)
    assert [band["grade"] for band in curve["grades"]] == ["general", "serious", "major"]


async def test_what_is_found_says_figures_and_cites_them(client, database, crisis_id):
    found = (await facts(client, await review_of(database, crisis_id)))["found"]
    said = {answer["question"]: [sentence["text"] for sentence in answer["sentences"]] for answer in found}
    assert list(said) == ["cause", "timely", "effective", "gaps"]
    assert any("部分属实" in text and "供应商" in text for text in said["cause"])
    assert "首次发声前 2 小时新增 33,370，其后 2 小时新增 78,000，上升。" in said["effective"]
    assert any(text.startswith("信息核实时限") and "晚了 35 分" in text for text in said["gaps"])
    assert all(sentence["event_ids"] or sentence["sources"] for answer in found for sentence in answer["sentences"])


async def test_what_a_word_did_is_not_judged_before_its_two_hours_are_over(client, database):
    incident_id = await opened(client)
    await publish(client, incident_id, "weibo", "holding")
    review_id = await begun(database, incident_id)

    async def said() -> list[str]:
        found = (await facts(client, review_id))["found"]
        return [sentence["text"] for answer in found for sentence in answer["sentences"]]

    assert "首次发声前 2 小时新增 0，其后至今不足 2 小时，新增 0。" in await said()
    await pass_hours(database, incident_id, 2)
    assert "首次发声前 2 小时新增 0，其后 2 小时新增 0，持平。" in await said()


async def test_a_relapse_an_override_and_what_was_left_undone_are_gaps(client, counter, database):
    crisis_id = await lived(client, counter, database)
    review_id = await review_of(database, crisis_id)
    late = await make_task(client, crisis_id)
    await database.fetch("update tasks set due_at = now() - interval '1 hour' where id = $1", UUID(late["id"]))
    async with database.transaction() as tx:
        there = await get_incident(tx, UUID(crisis_id), lock=True)
        again_one = IncidentRecurred(
            **on_timeline(there), past_incident_id=uuid4(), past_number="2026-0009", recurrence_reason="rule",
            closed_at=await tx.now(), days_between=12,
        )  # fmt: skip
        await record(tx, again_one, caller=SYSTEM)
    lead = await person_headers(client, "incidents:write", "incidents:override", name="特批组长")
    move = {"status": "handling", "reason": "先行处置", "override": True}
    good(await client.put(f"{URL}/{crisis_id}/status", json=move, headers=lead))
    move["status"] = "closing"
    good(await client.put(f"{URL}/{crisis_id}/status", json=move, headers=lead))
    [row] = await database.fetch(
        "select mention_id from mention_states where incident_id = $1 limit 1", UUID(crisis_id)
    )
    await again(client, str(row["mention_id"]), likes=400_000)
    await counter.sweep()
    await a_minute(database, {"id": crisis_id})
    shown = await facts(client, review_id)
    assert await counted_again(database, shown["incidents"][0]) > 100
    texts = [sentence["text"] for sentence in shown["found"][3]["sentences"]]
    assert "平息后二次发酵 1 次。" in texts
    assert "2026-0009 结案 12 天后复发。" in texts
    assert "2 次发布未经批准。" in texts
    assert any(text.startswith("任务未完成 2 项，逾期 1 项") for text in texts)
    assert (await database.fetch("select status from reviews where id = $1", UUID(review_id)))[0][0] == "suspended"


async def test_words_are_masked_but_for_those_who_may_see_them(client, bare, database, crisis_id):
    review_id = await review_of(database, crisis_id)
    plain = await person_headers(client, "reviews:read")
    masked = good(await bare.get(f"{REVIEWS}/{review_id}/facts", headers=plain))["incidents"][0]
    assert "13812345678" not in str(masked)
    assert masked["title"].endswith("138******78")
    lifted = (await facts(client, review_id))["incidents"][0]
    assert lifted["title"].endswith("13812345678")
    assert "@王小明" not in str(lifted), "posts are masked as in the ledger"
    [row] = await database.fetch("select count(*) from events where type = 'words.unmasked' and data::text like $1",
                                 f"%{crisis_id}%")  # fmt: skip
    assert row[0] >= 1


async def test_hours_stand_there_where_somebody_entered_them(client, database, crisis_id):
    review_id = await review_of(database, crisis_id)
    assert (await facts(client, review_id))["effort"]["facts"] == []
    person = await make_person(client, name="赵宁")
    await database.fetch(
        "insert into review_efforts(id, review_id, person_id, hours) values ($1, $2, $3, 7.25)", uuid4(), UUID(review_id),
        UUID(person["id"]),
    )  # fmt: skip
    effort = (await facts(client, review_id))["effort"]
    assert [(fact["value"]["number"], fact["sources"]) for fact in effort["facts"]] == [(7.25, ["review"])]
    assert effort["tables"][0]["rows"][0]["cells"][0]["shown"] == "赵宁"


async def test_a_review_that_is_not_there_and_a_key_that_may_not_look(client, bare):
    problem(await client.get(f"{REVIEWS}/{uuid4()}/facts"), 404)
    headers = await person_headers(client, "incidents:read")
    problem(await bare.get(f"{REVIEWS}/{uuid4()}/facts", headers=headers), 403)
