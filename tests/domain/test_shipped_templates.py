"""The templates that the service is born with, read as an editor reads them: whole, concrete, dated, and nothing left blank."""

import re
from datetime import UTC, datetime
from pathlib import Path

import pytest

from app.domain.grades import harm_of
from app.domain.lint import Background, lint
from app.domain.lint_rules import Draft
from app.domain.lint_scct import Situation
from app.domain.statement_text import compose
from app.domain.statements import Content as Said
from app.domain.statements import needs
from app.domain.templates.content import Content, complete, faults, value_faults
from app.domain.vocabulary import Responsibility, StatementKind, Truth
from app.domain.vocabulary.statements import ResponseStrategy
from app.domain.vocabulary.templates import StatementLanguage, TemplateVariableType
from app.statements.seeds import FOLDER, rows, shipped
from tests.support.lint import shipped as lists

ALL = {one["key"]: one for one in shipped()}
NOW = datetime(2026, 11, 23, 1, 15, tzinfo=UTC)
# What says nothing, plays down, blames, or promises without a date (the lint finds the like in what people write).
EVASIVE = (
    "不实信息", "个别", "据悉", "网传", "高度重视", "第一时间", "有关部门", "相关部门", "相关人员", "深表遗憾", "带来的不便", "敬请谅解",
    "予以", "一直以来", "始终坚持", "不排除", "极少数", "临时工", "造谣", "别有用心", "恶意", "尽快", "近期", "陆续", "早日", "部分网友",
    "误会", "炒作", "抹黑", "保留追究", "绝无", "绝对", "严肃处理", "加强管理", "引以为戒",
)  # fmt: skip
ADMITS = ("我们的错", "错在我们", "责任在我们", "是我们的责任", "我们的过错", "道歉", "致歉", "赔偿")
# What each shipped kind is at most, title and all; a short one is read on one screen.
LONGEST, SHORT = 800, 140


def said(one):
    """Each as it reads with its own examples."""
    content = Content.of(one)
    return complete(content, content.examples(), now=NOW, language=StatementLanguage(one["language"])).parts


# What the fact check of such an incident found.
FOUND = {
    "apology": (Truth.CONFIRMED, Responsibility.COMPANY), "clarification": (Truth.MISUNDERSTANDING, Responsibility.USER),
    "lawyer": (Truth.UNFOUNDED, Responsibility.USER),
}  # fmt: skip
every = pytest.mark.parametrize("key", ALL)


def test_there_are_enough_of_them_for_every_night():
    chinese = [one for one in ALL.values() if one["language"] == "zh"]
    assert len(chinese) >= 12
    assert {one["kind"] for one in chinese} == set(StatementKind)
    for harm in ("core_interest", "user_rights", "individual"):
        assert [one for one in chinese if one["harm_class"] == harm], harm
    assert [one for one in chinese if one["platform"] == "weibo"]
    for word in ("产品质量", "服务", "广告", "泄露", "员工", "谣言"):
        assert [one for one in chinese if word in one["topics"]], word
    # Whatever it is about, there is one of each kind that has to be said.
    anything = {one["kind"] for one in chinese if not one["topics"] and not one["platform"] and not one["harm_class"]}
    assert anything >= {"holding", "progress", "apology", "clarification"}


@every
def test_each_is_a_good_template(key):
    assert faults(Content.of(ALL[key])) == []
    assert ALL[key]["note"]
    assert all(variable["description"] for variable in ALL[key]["variables"])


@every
def test_nothing_is_left_blank_and_nothing_is_written_twice(key):
    one = ALL[key]
    text = compose(said(one)).text
    assert not re.search(r"[{}【】]|%}|\bNone\b", text.replace("【纯牛奶异物·进展】", ""))
    assert not re.search(r"。。|，，|；。|：。|，。|\n\n\n| \n|、；|；；", text)
    assert len(text) <= (SHORT if one["platform"] == "weibo" else LONGEST if one["language"] == "zh" else 1_500)
    lines = [line for line in text.split("\n") if len(line) > 8]
    assert len(set(lines)) == len(lines)


@every
def test_each_has_what_its_kind_asks_for(key):
    """What would be refused at approval beside the fact check: the four principles 真诚致歉 事实澄清 解决方案 进度承诺."""
    one, parts = ALL[key], said(ALL[key])
    content = Said(
        StatementKind(one["kind"]), parts.attitude, parts.facts, parts.solution,
        tuple(promise.due_at for promise in parts.promises), parts.next_update_at,
    )  # fmt: skip
    assert needs(content, FOUND.get(one["kind"], (None,))[0], NOW) == ()
    if one["kind"] in ("apology", "clarification"):
        assert all((parts.attitude, parts.facts, parts.solution, parts.promises))
    if one["kind"] == "apology":
        assert re.search("道歉|对不起", parts.attitude)
        assert re.search("责任|错在|我们错", parts.attitude + parts.facts)
    # Every promise has its date, or says when we speak again.
    assert all(promise.due_at for promise in parts.promises)
    assert parts.promises or parts.next_update_at


@every
def test_without_what_is_optional_it_reads_as_well(key):
    one = ALL[key]
    content = Content.of(one)
    values = {variable["name"]: variable["sample"] for variable in one["variables"] if variable["required"]}
    language = StatementLanguage(one["language"])
    assert value_faults(content, values, now=NOW, language=language, whole=False) == []
    filled = complete(content, values, now=NOW, language=language)
    text = compose(filled.parts).text
    assert filled.missing == ()
    assert not re.search(r"。。|，，|；。|：。|，。|\n\n\n|（）|“”|批次的产品", text)


@pytest.mark.parametrize("key", [key for key, one in ALL.items() if one["language"] == "zh"])
def test_the_words_are_concrete(key):
    """Of the texts as they are shipped, without what people fill in."""
    one = ALL[key]
    texts = [one[name] for name in ("title", "attitude", "facts", "solution")] + [
        row["text"] for row in one["commitments"]
    ]
    fixed = re.sub(r"\{[{%].*?[%}]\}", "", "\n".join(texts))
    assert [word for word in EVASIVE if word in fixed] == []
    examples = "\n".join(variable["sample"] for variable in one["variables"])
    assert [word for word in EVASIVE if word in examples] == []


@pytest.mark.parametrize("key", [key for key, one in ALL.items() if one["language"] == "zh"])
def test_the_lint_has_nothing_to_say(key):
    """No phrase, no promise without a date, no principle of the five S that its kind is expected to show."""
    one = ALL[key]
    truth, whose = FOUND.get(one["kind"], (None, None))
    harm = harm_of(one["harm_class"])
    strategy = ResponseStrategy(one["strategy"]) if one["strategy"] else None
    found = lint(
        Draft(StatementKind(one["kind"]), said(one), strategy), Background(NOW, Situation(truth, whose, harm)), lists()
    )
    assert [(finding.code, finding.words) for finding in found.findings] == []


@pytest.mark.parametrize("key", [key for key, one in ALL.items() if one["kind"] == "holding"])
def test_a_first_word_feels_with_people_and_admits_nothing(key):
    one, parts = ALL[key], said(ALL[key])
    assert not [word for word in ADMITS if word in compose(parts).text]
    assert re.search("抱歉|sorry for their distress", parts.attitude)
    assert parts.next_update_at is not None
    # When we learned of it, who is at it, and where to call.
    types = [variable["type"] for variable in one["variables"]]
    assert types.count("datetime") >= 2
    assert TemplateVariableType.PHONE in types


def test_files_and_rows_have_one_name():
    assert {path.stem for path in Path(FOLDER).glob("*.toml")} == ALL.keys()
    stored = list(rows())
    assert len({template["id"] for template, _ in stored}) == len({version["id"] for _, version in stored}) == len(ALL)
    assert [template["key"] for template, _ in stored] == list(ALL)
