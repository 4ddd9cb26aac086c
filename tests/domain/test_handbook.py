"""What the handbook says of given facts: nothing but what stands in them, in the words of the plan (R64, R65)."""

from copy import deepcopy
from datetime import UTC, date, datetime

import pytest

from app.domain import grading
from app.domain.blocks import Grid
from app.domain.deadlines import PLAN, policy_data
from app.domain.documents import content_hash, moment_of, percent
from app.domain.grades import Grade
from app.domain.handbook import READS, changes, compose, digest, part_of
from app.domain.handbook_steps import by_grade, span
from app.domain.handbook_texts import in_words
from app.domain.vocabulary.handbook import HandbookSection

FACTS = {
    "plan": 1, "grading": {"name": "plan", "version": 1, "rules": grading.policy_data(grading.PLAN)},
    "clocks": {
        "name": "plan", "version": 1, "clocks": policy_data(PLAN), "silence": {"major": 7200, "serious": 14400, "general": None},
        "origin_grace_seconds": 1800, "follow_ups_percent": 90,
    },
    "team": [], "contacts": [],
    "platforms": [{"platform": "weibo", "core": True, "max_chars": 2000, "max_title": None}],
    "publishers": {"roles": [], "people": []}, "templates": [], "scenarios": [],
    "rules": [], "risks": [], "documents": [], "courses": [],
}  # fmt: skip


def rows_of(facts, key):
    section = next(section for section in compose(facts) if section.key == key)
    return [row for block in section.blocks if isinstance(block, Grid) for row in block.rows]


def test_the_plans_grades_are_told_with_both_words_and_exact_thresholds():
    assert rows_of(FACTS, "grades") == [
        ("一级(重大)", "2 小时内新增传播量超过 100,000"),
        ("一级(重大)", "危害类别为核心利益，且有媒体跟进报道"),
        ("二级(较大)", "4 小时内新增传播量超过 50,000"),
        ("二级(较大)", "8 小时内新增传播量超过 10,000，且危害类别为核心利益或用户权益"),
        ("三级(一般)", "8 小时内新增传播量超过 10,000"),
    ]


def test_each_clock_is_told_by_grade():
    clocks = {row[0]: row[1:4] for row in rows_of(FACTS, "clocks")}
    assert clocks["首次响应"] == ("30 分钟", "1 小时", "1 小时")
    assert clocks["紧急会议"] == ("30 分钟", "—", "—")
    assert clocks["复盘"] == ("3 个工作日",) * 3
    assert clocks["收尾"] == ("72 小时",) * 3


def test_the_steps_have_the_times_of_the_clocks_that_are_in_force():
    facts = deepcopy(FACTS)
    for clock in facts["clocks"]["clocks"]:
        if clock["kind"] == "fact_check":
            clock["seconds"] = 45 * 60
    times = {row[0].partition(". ")[2]: row[3] for row in rows_of(facts, "steps")}
    assert times["信息核实"] == "45 分钟"
    assert times["接警响应"] == "一级(重大)：30 分钟；二级(较大)、三级(一般)：1 小时"
    assert times["持续通报"] == "一级(重大)：每 2 小时至少一次；二级(较大)：每 4 小时至少一次"
    assert times["复盘"] == "3 个工作日"


def test_a_section_has_changed_where_what_it_is_made_of_has():
    after = deepcopy(FACTS)
    after["grading"]["rules"][0]["threshold"] = 80_000
    [change] = changes(FACTS, after)
    assert (change.key, change.added, change.removed) == ("grades", 1, 1)
    after = deepcopy(FACTS)
    after["clocks"]["clocks"][0]["seconds"] = 300
    assert [change.key for change in changes(FACTS, after)] == ["clocks", "steps"]
    assert changes(FACTS, deepcopy(FACTS)) == []


def test_the_hash_is_of_the_facts_and_not_of_their_order():
    assert digest(dict(reversed(list(FACTS.items())))) == digest(FACTS)
    assert digest(FACTS | {"plan": 2}) != digest(FACTS)


def test_every_fact_belongs_to_a_section_and_every_block_is_read_by_programs():
    assert {name for names in READS.values() for name in names} == FACTS.keys()
    sections = compose(FACTS)
    assert [section.key for section in sections] == list(HandbookSection)
    for block in (block for section in sections for block in section.blocks):
        part = part_of(block)
        assert part.text or part.lines or part.rows


@pytest.mark.parametrize(("seconds", "shown"), [
    (1_800, "30 分钟"), (3_600, "1 小时"), (5_400, "1 小时 30 分钟"), (259_200, "72 小时"), (61, "1 分钟 1 秒"), (0, "0 秒"),
])  # fmt: skip
def test_a_length_of_time_is_written_as_the_plan_writes_it(seconds, shown):
    assert span(seconds) == shown


def test_what_is_alike_for_all_grades_is_said_once():
    assert by_grade(dict.fromkeys(Grade, "1 小时")) == "1 小时"
    assert by_grade(dict.fromkeys(Grade, None)) == "—"


@pytest.mark.parametrize(("text", "shown"), [
    ("{{ 产品 }}已下架。", "‹产品›已下架。"), ("{{ 渠道 | join('、') }}", "‹渠道›"),
    ("{% if 批次 %}，批次{{ 批次 }}{% endif %}。", "〔有批次时：，批次‹批次›〕。"),
    ("{% if 甲 and not 乙 %}\n一\n{% else %}\n二\n{% endif %}\n三", "〔有甲、无乙时：一〕〔否则：二〕\n三"),
    ("{% for 项 in 清单 %}{{ loop.index }}. {{ 项 }}{% if loop.last %}。{% else %}；{% endif %}\n{% endfor %}", "〔逐项列出清单：1. ‹项›；〕"),
])  # fmt: skip
def test_templates_are_told_in_words(text, shown):
    assert in_words(text) == shown


def test_a_hash_is_of_the_file_and_the_text_apart():
    assert content_hash("一", None) == content_hash("一", "")
    assert (
        len(
            {content_hash("一", None), content_hash("", "一"), content_hash("一", "a" * 64), content_hash("一\n", None)}
        )
        == 4
    )


def test_a_day_is_told_as_of_its_end_in_shanghai():
    now = datetime(2026, 3, 5, 17, 30, tzinfo=UTC)  # 01:30 on the 6th in Shanghai
    assert moment_of(None, now) == moment_of(date(2026, 3, 6), now) == now
    assert moment_of(date(2026, 3, 5), now) == datetime(2026, 3, 5, 15, 59, 59, 999_999, tzinfo=UTC)
    with pytest.raises(ValueError, match="future"):
        moment_of(date(2026, 3, 7), now)


def test_a_hundred_per_cent_is_said_only_of_all():
    assert (percent(2_999, 3_000), percent(3, 3), percent(0, 0)) == (99.9, 100.0, None)
