"""The sections of the handbook 《危机应对手册》, each made of its own facts: see app.domain.handbook."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

from app.domain.blocks import NONE_SHOWN, Block, Grid, Heading, Lines, Note, Words
from app.domain.grades import Grade
from app.domain.handbook_steps import PHASES, by_grade, clock_rows, rows, span
from app.domain.handbook_texts import text_of
from app.domain.labels import LABELS
from app.domain.vocabulary import Platform
from app.domain.vocabulary.contacts import OutsideContactKind
from app.domain.vocabulary.handbook import HandbookSection

Facts = Mapping[str, Any]


def word(vocabulary: str, value: str | None) -> str:
    """A word of ours as people see it; a dash for none, and the word itself where it is not known any more."""
    return LABELS[vocabulary].get(value, (value,))[0] if value else NONE_SHOWN


def _listed(texts: Iterable[str], sign: str = "、") -> str:
    return sign.join(text for text in texts if text) or NONE_SHOWN


def _lines(*texts: str) -> Lines:
    return Lines(tuple((text, ()) for text in texts))


def _grades(facts: Facts) -> Iterator[Block]:
    policy = facts["grading"]
    yield Note(f"分级标准“{policy['name']}”第 {policy['version']} 版。符合任意一条即为该级，以最严重的一条为准。")
    yield Grid(
        ("等级", "条件"), tuple((_grade(rule["grade"]), _condition(rule)) for rule in policy["rules"])
    )  # fmt: skip
    yield _lines(
        "传播量 = 负面帖子的转发 + 评论 + 点赞之和；“超过”指严格大于。",
        "系统达到即升级，从不自行降级；降级或人工定级由人决定，并写明理由。",
        "一条都不符合的事件只作关注，不算危机。",
    )


def _grade(value: str) -> str:
    return Grade[value.upper()].label


def _condition(rule: Facts) -> str:
    parts = []
    if rule["window_seconds"] is not None:
        parts.append(f"{span(rule['window_seconds'])}内新增传播量超过 {rule['threshold']:,}")
    if rule["harm_classes"]:
        parts.append(f"危害类别为{'或'.join(word('harm_class', harm) for harm in rule['harm_classes'])}")
    if rule["media_follow_up"]:
        parts.append("有媒体跟进报道")
    return "，且".join(parts)


def _clocks(facts: Facts) -> Iterator[Block]:
    policy = facts["clocks"]
    yield Note(
        f"时限标准“{policy['name']}”第 {policy['version']} 版。按自然时间计，夜间与节假日照常；仅复盘按工作日计。"
    )
    heads = ("时限", *(grade.label for grade in Grade), "计时起点", "达成条件")
    yield Grid(heads, tuple(clock_rows(facts)))
    silence = {grade: seconds and span(seconds) for grade in Grade for seconds in (policy["silence"].get(grade.value),)}
    yield _lines(
        f"两次对外发声的最长间隔：{by_grade(silence)}。",
        f"其他平台已发布而发源平台缺席超过 {span(policy['origin_grace_seconds'])}即告警。",
        f"结案前，受影响用户的回访须完成或免除 {policy['follow_ups_percent']}%。",
    )


def _steps(facts: Facts) -> Iterator[Block]:
    for heading, steps in PHASES:
        yield Heading(2, heading)
        yield Grid(("步骤", "做什么", "谁负责", "时限"), tuple(rows(steps, facts)))


def _team(facts: Facts) -> Iterator[Block]:
    for grades, heading in (
        ("major", f"{Grade.MAJOR.label}：应急小组"),
        ("others", f"{Grade.SERIOUS.label}、{Grade.GENERAL.label}：专项小组"),
    ):
        yield Heading(2, heading)
        seats = [seat for seat in facts["team"] if seat["grades"] == grades]
        if seats:
            yield Grid(("职责", "姓名", "部门", "电话", "邮箱", "B角"), tuple(map(_seat, seats)))
        else:
            yield Note("尚未配置：请为各部门指定负责人，并给公关部门指定组长。")
    yield _lines(
        "成员不在岗时由其 B角代行；接警超时依次呼叫 B角、部门负责人和组长。",
        "业务部门按产品确定：由负责该业务单元的部门参加。",
    )


def _seat(seat: Facts) -> tuple[str, ...]:
    deputy = seat["deputy"]
    stands_in = _listed((deputy["name"], deputy["phone"] or ""), " ") if deputy else NONE_SHOWN
    return word("team_position", seat["position"]), *_reached(seat["person"], seat["department"]), stands_in


def _reached(person: Facts, department: str | None) -> tuple[str, str, str, str]:
    return person["name"], department or NONE_SHOWN, person["phone"] or NONE_SHOWN, person["email"] or NONE_SHOWN


def _contacts(facts: Facts) -> Iterator[Block]:
    kinds = list(OutsideContactKind)
    found = sorted(facts["contacts"], key=lambda contact: kinds.index(contact["kind"]))
    yield _table(
        ("类别", "机构", "姓名", "职务", "联系方式", "事项"), map(_contact, found), "尚未登记外部联系人。"
    )  # fmt: skip


def _contact(contact: Facts) -> tuple[str, ...]:
    wechat = contact["wechat"] and f"微信 {contact['wechat']}"
    reached = _listed((contact["phone"] or "", contact["mail"] or "", wechat or ""), "；")
    named = (contact[name] or NONE_SHOWN for name in ("organisation", "name", "role"))
    return word("outside_contact_kind", contact["kind"]), *named, reached, _listed(contact["topics"])


def _platforms(facts: Facts) -> Iterator[Block]:
    core = [word("platform", row["platform"]) for row in facts["platforms"] if row["core"]]
    yield _lines(
        f"声明须在发源平台和全部核心平台同步发布。现行核心平台：{_listed(core)}。",
        f"可登记发布情况的角色：{_listed(word('role', role) for role in facts['publishers']['roles'])}。",
    )
    platforms = [
        (
            word("platform", row["platform"]), "是" if row["core"] else "否", _limit(row["max_title"]),
            _limit(row["max_chars"]),
        )
        for row in sorted(facts["platforms"], key=lambda row: list(Platform).index(row["platform"]))
    ]  # fmt: skip
    yield Grid(("平台", "核心平台", "标题字数上限", "正文字数上限"), tuple(platforms))
    people = facts["publishers"]["people"]
    if people:
        yield Heading(3, "可登记发布的人员")
        yield Grid(
            ("姓名", "部门", "电话", "邮箱"), tuple(_reached(row["person"], row["department"]) for row in people)
        )


def _limit(most: int | None) -> str:
    return f"{most:,}" if most else "不限"


def _templates(facts: Facts) -> Iterator[Block]:
    yield Note("‹ › 内的变量在使用时填写，〔 〕内的文字按条件取舍。套用后仍须按级别审批。")
    for template in facts["templates"]:
        yield Heading(2, template["name"])
        yield Note(_use_of(template))
        yield Words(text_of(template))


def _use_of(template: Facts) -> str:
    parts = [
        word("statement_kind", template["kind"]), f"第 {template['number']} 版",
        f"危害类别：{word('harm_class', template['harm_class'])}" if template["harm_class"] else "",
        f"回应策略：{word('response_strategy', template['strategy'])}" if template["strategy"] else "",
        f"平台：{word('platform', template['platform'])}" if template["platform"] else "",
        f"适用：{_listed(template['topics'])}" if template["topics"] else "适用：不限",
    ]  # fmt: skip
    return _listed(parts, " · ")


def _scenarios(facts: Facts) -> Iterator[Block]:
    if not facts["scenarios"]:
        yield Note("尚无演练剧本。")
    for scenario in facts["scenarios"]:
        yield Heading(2, scenario["name"])
        yield Note(
            f"{scenario['key']} · 第 {scenario['number']} 版 · 时长 {span(scenario['duration_seconds'])} · "
            f"危害类别：{word('harm_class', scenario['harm_class'])}"
        )
        if scenario["description"]:
            yield _lines(" ".join(scenario["description"].split()))
        if scenario["reactions"]:
            yield Heading(3, "应有的反应")
            yield Grid(("最迟", "动作", "说明"), tuple(map(_reaction, scenario["reactions"])))


def _reaction(reaction: Facts) -> tuple[str, str, str]:
    kind = (
        word("task_kind", reaction["task_kind"]) if reaction["task_kind"] else word("reaction_kind", reaction["kind"])
    )
    return f"{span(reaction['by_seconds'])}内", kind, reaction["text"] or NONE_SHOWN


def _rules(facts: Facts) -> Iterator[Block]:
    yield _table(
        ("规则", "品牌词", "负面词", "排除词", "危害类别", "业务单元"),
        (
            (
                rule["name"], _listed(rule["brand_words"]), _listed(rule["negative_words"]), _listed(rule["exclusions"]),
                word("harm_class", rule["harm_class"]), rule["business_unit"] or NONE_SHOWN,
            )
            for rule in facts["rules"]
        ),
        "尚无启用的监测规则。",
    )  # fmt: skip


def _risks(facts: Facts) -> Iterator[Block]:
    if not facts["risks"]:
        yield Note("风险清单中没有管控中的风险。")
        return
    yield Grid(
        ("编号", "风险", "类别", "等级", "负责人", "复评日期"),
        tuple(
            (
                risk["number"], risk["title"], word("risk_category", risk["category"]),
                f"{word('risk_level', risk['level'])}（{risk['score']}）", _named(risk["owner"]), risk["next_review_on"],
            )
            for risk in facts["risks"]
        ),
    )  # fmt: skip
    measures = tuple(
        (risk["number"], one["title"], _named(one["owner"]), one["due_on"])
        for risk in facts["risks"]
        for one in risk["measures"]
    )
    if measures:
        yield Heading(2, "未完成的预防措施")
        yield Grid(("风险", "措施", "负责人", "期限"), measures)


def _named(person: Facts | None) -> str:
    return person["name"] if person else "未指定"


def _documents(facts: Facts) -> Iterator[Block]:
    yield _table(
        ("文件", "类别", "版本", "生效日期", "校验值（前 12 位）"),
        (
            (
                one["title"], word("document_kind", one["kind"]), f"第 {one['number']} 版", one["published_on"],
                one["sha256"][:12],
            )
            for one in facts["documents"]
        ),
        "尚无生效的制度文件。",
    )  # fmt: skip


def _courses(facts: Facts) -> Iterator[Block]:
    yield _table(
        ("课程", "对象", "有效期", "及格线"),
        (
            (
                one["title"], _listed(one["departments"]) if one["departments"] is not None else "全体员工", one["validity"],
                NONE_SHOWN if one["pass_mark"] is None else f"{one['pass_mark']:g} 分",
            )
            for one in facts["courses"]
        ),
        "尚无必修课程。",
    )  # fmt: skip


def _table(columns: tuple[str, ...], found: Iterable[Sequence[str]], none: str) -> Block:
    """A table, or that there is nothing in it."""
    listed = tuple(map(tuple, found))
    return Grid(columns, listed) if listed else Note(none)


COMPOSED: Final[Mapping[HandbookSection, Callable[[Facts], Iterator[Block]]]] = {
    HandbookSection.GRADES: _grades,
    HandbookSection.CLOCKS: _clocks,
    HandbookSection.STEPS: _steps,
    HandbookSection.TEAM: _team,
    HandbookSection.CONTACTS: _contacts,
    HandbookSection.PLATFORMS: _platforms,
    HandbookSection.TEMPLATES: _templates,
    HandbookSection.SCENARIOS: _scenarios,
    HandbookSection.RULES: _rules,
    HandbookSection.RISKS: _risks,
    HandbookSection.DOCUMENTS: _documents,
    HandbookSection.COURSES: _courses,
}
"""What makes the blocks of each section."""
