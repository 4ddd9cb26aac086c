"""The timeline as a document: what each event says in Chinese, and that nothing people wrote can break it."""

import re
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.chronicle import Entry, escaped, local, markdown, told, who_of
from app.domain.spelling import INVISIBLE

AT = datetime(2026, 11, 23, 16, 30, 5, tzinfo=UTC)
KNOWN = {"status": "handling", "grade": "major", "total": 130_000, "mention_count": 42}
DECIDED = {
    "kind": "origin_not_applicable", "question": "在哪回应", "options": ["微博", "官网"], "choice": "官网", "reason": "原帖已删",
    "substitute_platform": "other", "corrects": None, "corrected_by": "later", "known": KNOWN,
}  # fmt: skip


def entry(type_: str, data: dict, act: dict | None = None) -> Entry:
    return Entry(7, type_, AT, "王**", data, act)


@pytest.mark.parametrize(("told_of", "words"), [
    (entry("incident.opened", {"rule_id": "r", "harm_class": "user_rights", "business_unit": "乳品"}),
     "由监测规则开启；危害类别：用户权益；业务部门：乳品"),
    (entry("incident.opened", {"rule_id": None, "harm_class": None, "business_unit": None}), "由人员开启"),
    (entry("incident.grade_changed", {"from": None, "to": "major", "source": "machine", "reason": "130,000"}),
     "— → 一级(重大)；系统判定；理由：130,000"),
    (entry("incident.grade_changed", {
        "from": None, "to": "major", "source": "machine", "reason": "Rule major-2h: 113,500 in 2 h, more than 100,000.",
        "evidence": {"rule": "major-2h", "window_seconds": 7200, "sum": 113_500, "threshold": 100_000}}),
     "— → 一级(重大)；系统判定；理由：2 小时传播量 113,500，超过 100,000"),
    (entry("incident.grade_changed", {"from": "major", "to": "serious", "source": "person", "reason": "已降温",
                                      "evidence": None}), "一级(重大) → 二级(较大)；人工判定；理由：已降温"),
    (entry("incident.status_changed", {"from": "responding", "to": "handling", "reason": "先处置",
                                       "overridden": ["fact_check", "meeting_with_direction"]}),
     "响应中 → 处置中；特批，未满足：信息核实、明确处置方向的会议；理由：先处置"),
    (entry("incident.status_changed", {"from": "watching", "to": "dismissed", "reason": "同名", "overridden": []}),
     "关注中 → 误报；理由：同名"),
    (entry("incident.changed", {"fields": ["harm_class", "title"], "reason": ""}), "修改：危害类别、标题"),
    (entry("incident.mentions_moved", {"action": "merged_in", "mention_count": 3, "reason": "同一事件"}),
     "并入 3 条舆情；理由：同一事件"),
    (entry("incident.acknowledged", {}, {"note": "已接警"}), "备注：已接警"),
    (entry("incident.meeting_held", {}, {"direction": "先停售", "note": ""}), "方向：先停售"),
    (entry("incident.meeting_held", {}, {"direction": None, "note": "续会"}), "未明确方向；备注：续会"),
    (entry("incident.fact_checked", {"truth": "unverifiable", "responsibility": "undetermined"},
           {"evidence": "尚无留样", "note": ""}), "暂无法核实；责任：待定；依据：尚无留样"),
    (entry("incident.publication_recorded", {"platform": "weibo", "statement_kind": "apology", "on_origin": True},
           {"title": "致歉", "url": None}), "微博（首发平台）；致歉声明；标题：致歉"),
    (entry("incident.decision_made", {"decision_kind": "other"}, DECIDED),
     ("首发平台不适用；议题：在哪回应；选项：微博 / 官网；决定：官网；理由：原帖已删；替代平台：其他；"
     "当时：处置中，一级(重大)，传播量 130,000，舆情 42 条；已被更正")),
    (entry("incident.decision_made", {"decision_kind": "no_statement"}), "决定不发声"),
    (entry("note.added", {"subject": "incident", "mentions": ["a", "b"], "corrects": None},
           {"body": "口径\n已定", "corrected_by": "later"}), "内容：口径\n已定；提及 2 人；已被更正"),
    (entry("note.added", {"subject": "incident", "mentions": [], "corrects": "x"}), "更正此前一条"),
    (entry("note.added", {"subject": "statement_version", "mentions": [], "corrects": None}, {"body": "错字", "quote": "同批次"}),
     "声明的一版；原文：同批次；内容：错字"),
    (entry("commitment.broken", {"due_at": "2026-11-24T16:30:05Z"}, {"text": "公布检测结果"}),
     "公布检测结果；截止：2026-11-25 00:30:05"),
    (entry("task.created", {"task_kind": "remediation", "due_at": "2026-11-24T16:30:05Z"}), "诉求处理；截止：2026-11-25 00:30:05"),
    (entry("task.changed", {"task_kind": "takedown_report", "task_state": "rejected", "due_at": None, "action": "reject",
                            "reason": "依据不足"}), "侵权投诉举报；法务驳回；法务退回；理由：依据不足"),
    (entry("task.done", {"task_kind": "meeting", "due_at": None}), "紧急会议"),
    (entry("task.done", {"task_kind": "meeting", "due_at": None}, {"title": "晨会"}), "紧急会议；晨会"),
    (entry("task.waived", {"task_kind": "follow_up", "due_at": None, "reason": "失联"}), "回访；理由：失联"),
    (entry("tasks.changed", {
        "change": "completed", "task_count": 500, "task_kinds": ["follow_up", "remediation"], "clocks_started": 0,
        "clocks_met": 498, "clocks_cancelled": 0, "reason": ""}), "批量完成 500 项任务；回访、诉求处理；时限：达成 498 个"),
    (entry("incident.deadlines_set", {"reason": "已误报", "deadline_count": 300, "deadlines": [
        {"clock": "remediation", "due_at": "2026-11-24T16:30:05Z", "action": "cancelled"}]}),
     "诉求处理取消；另有 299 个；理由：已误报"),
    (entry("incident.rebounded", {"reason": "又起"}), "理由：又起"),
    (entry("something.new", {}), ""),
])  # fmt: skip
def test_each_event_is_told_in_the_words_of_the_plan(told_of, words):
    assert told(told_of) == words


def test_times_are_shanghais_and_an_act_has_both():
    assert local(AT) == "2026-11-24 00:30:05"
    acknowledged = entry("incident.acknowledged", {"happened_at": "2026-11-23T16:10:00Z"}, {"note": ""})
    text = markdown("2026-0031 牛奶异物", [("状态", "响应中")], [acknowledged, entry("incident.changed", {
        "fields": ["title"], "reason": "更正"})])  # fmt: skip
    assert text == (
        "# 2026-0031 牛奶异物\n\n- 状态：响应中\n\n"
        "| 序号 | 发生时间 | 记录时间 | 人员 | 事项 | 内容 |\n| --- | --- | --- | --- | --- | --- |\n"
        "| 7 | 2026-11-24 00:10:00 | 2026-11-24 00:30:05 | 王\\*\\* | 接警响应 |  |\n"
        "| 7 | 2026-11-24 00:30:05 | 2026-11-24 00:30:05 | 王\\*\\* | 修改信息 | 修改：标题；理由：更正 |\n"
    )


@pytest.mark.parametrize(("actor", "name", "shown"), [
    ("system:fenghuo", None, "系统"), ("key:7f3a", None, "密钥 7f3a"), ("cli:root", None, "命令行 root"),
    ("person:1", "王**", "王**"), ("robot:1", None, "robot:1"),
])  # fmt: skip
def test_who_did_it_is_a_name_or_a_machine(actor, name, shown):
    assert who_of(actor, name) == shown


@pytest.mark.parametrize(("text", "shown"), [
    ("a|b", r"a\|b"), ("a\\|b", r"a\\\|b"), ("<script>", r"\<script\>"), ("[x](y)", r"\[x\](y)"), ("**a**", r"\*\*a\*\*"),
    ("一行\n二行\r\n\t三行\u2028四行", "一行 二行 三行 四行"), ("https://evil.example", r"https\://evil.example"),
    ("看 www.evil.example", r"看 www\.evil.example"), ("_www.evil.example", r"\_www\.evil.example"), ("a@example.com", r"a\@example.com"), ("&lt;", r"\&lt;"),
    ("`x`", r"\`x\`"), ("$x$", r"\$x\$"), ("传\u202e播", "传播"), ("价格：1,299.00 元 (含税) - 50%", "价格：1,299.00 元 (含税) - 50%"),
])  # fmt: skip
def test_what_people_wrote_means_nothing_in_markdown(text, shown):
    assert escaped(text) == shown


@given(st.text(st.sampled_from("|\\`*_[]<>~&#$@:/w.\n\r\u2028 中a"), max_size=40))
def test_a_cell_stays_a_cell_and_gives_back_what_was_written(text):
    shown = escaped(text)
    assert len(shown.splitlines()) <= 1
    plain, unescaped, at = "", "", 0
    while at < len(shown):
        if shown[at] == "\\":
            at += 1
            unescaped += "."
        else:
            unescaped += shown[at]
        plain += shown[at]
        at += 1
    assert plain == " ".join(text.split())
    assert not set(unescaped) & set("|`*_[]<>~&#$@")
    assert "://" not in unescaped


MEANT = st.sampled_from(["www.", "wWw", "WWW", "://", ".", ":", "/", " \n", "\u200b", *"\\`*_[]<>|~&#$@"])


@given(st.lists(st.one_of(MEANT, st.text(max_size=3)), max_size=20).map("".join))
def test_a_table_escapes_what_one_pattern_would(text):
    signs = re.compile(r"[\\`*_\[\]<>|~&#$@]|:(?=//)|(?<=www)\.", re.IGNORECASE)
    seen = " ".join("".join(char for char in text if ord(char) not in INVISIBLE).split())
    assert escaped(text) == signs.sub(r"\\\g<0>", seen)
