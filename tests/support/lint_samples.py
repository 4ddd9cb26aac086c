"""Statements as companies write them, good ones and bad ones, each with what the lint has to say of it: no more, no less.

They are written for these tests; companies and people in them are made up.
"""

from dataclasses import dataclass
from datetime import UTC, datetime

from app.domain.grades import HarmClass
from app.domain.lint_rules import Draft
from app.domain.lint_scct import Situation
from app.domain.statement_text import Parts, Promise
from app.domain.vocabulary import Responsibility, StatementKind, Truth
from app.domain.vocabulary.statements import ResponseStrategy, StatementPart

NOW = datetime(2026, 11, 25, 2, 0, tzinfo=UTC)
SOON = datetime(2026, 11, 25, 10, 0, tzinfo=UTC)
TOMORROW = datetime(2026, 11, 26, 10, 0, tzinfo=UTC)

OURS = Situation(Truth.CONFIRMED, Responsibility.COMPANY, HarmClass.USER_RIGHTS)
GRAVE = Situation(Truth.CONFIRMED, Responsibility.COMPANY, HarmClass.CORE_INTEREST)
SUPPLIERS = Situation(Truth.CONFIRMED, Responsibility.SUPPLIER, HarmClass.USER_RIGHTS)
PARTLY = Situation(Truth.PARTLY_CONFIRMED, Responsibility.COMPANY, HarmClass.INDIVIDUAL)
RUMOUR = Situation(Truth.UNFOUNDED, Responsibility.USER, HarmClass.USER_RIGHTS)
MISUNDERSTOOD = Situation(Truth.MISUNDERSTANDING, Responsibility.UNDETERMINED, HarmClass.INDIVIDUAL)
UNCHECKED = Situation(harm=HarmClass.USER_RIGHTS)
UNVERIFIABLE = Situation(Truth.UNVERIFIABLE, Responsibility.UNDETERMINED, HarmClass.USER_RIGHTS)


@dataclass(frozen=True)
class Sample:
    """A statement, what is known, and what is found: code, the words, and how much it weighs."""

    name: str
    draft: Draft
    situation: Situation
    # (severity, code, words); words are empty for what is not there.
    found: tuple[tuple[str, str, str], ...] = ()
    strategy: str | None = None


def draft(kind: str, **parts: object) -> Draft:
    """A version; `strategy`, `waived` and the like beside its parts."""
    of_draft = {name: parts.pop(name) for name in ("strategy", "waived", "cites", "platform_texts") if name in parts}
    return Draft(StatementKind(kind), Parts(**parts), **of_draft)  # type: ignore[arg-type]


GOOD = (
    Sample(
        "a first word before facts are checked",
        draft(
            "holding", title="关于网传“酸奶中发现异物”的说明",
            attitude="我们注意到有消费者反映在我司酸奶中发现异物，对给您带来的困扰深表关切。我们已于今日上午成立专项小组，"
            "联系当事消费者并封存同批次产品送检。",
            next_update_at=SOON,
        ),
        UNCHECKED, (), None,
    ),
    Sample(
        "an apology that owns up, mends it and names dates",
        draft(
            "apology", title="致歉声明",
            attitude="就我司B2026批次酸奶混入塑料碎片一事，我们向受影响的消费者诚恳致歉。",
            facts="经核实，情况属实：11月23日3号灌装线密封圈破损，涉及该批次共1,240瓶。第三方检测机构的检测报告显示碎片为食品级材质。",
            solution="我们承担全部责任：该批次产品全部召回，请停止食用；凭购买记录全额退款，热线400-800-0000。"
            "我们已当天停用该灌装线，并对全部7条产线排查。",
            promises=(Promise("公布召回进展", TOMORROW), Promise("完成全部产线整改并公布结果", TOMORROW)),
        ),
        OURS, (), "rebuild",
    ),
    Sample(
        "a clarification that rests on a report and insults nobody",
        draft(
            "clarification", title="关于网传视频的说明",
            facts="近日网传我司门店使用过期原料的视频。经核实，该内容不属实：视频拍摄于2024年，画面中的门店并非我司门店。"
            "市场监管部门11月24日现场检查，未发现过期原料。检查记录全文附后。",
            solution="我们已将检查记录和采购台账公开，欢迎社会各界核对，接受社会监督。",
            promises=(Promise("公布全部门店自查结果", TOMORROW),),
        ),
        RUMOUR, (), "deny",
    ),
    Sample(
        "progress with figures",
        draft(
            "progress", title="召回进展通报",
            facts="截至11月25日18时，已召回1,102瓶，完成退款1,040笔；专项小组完成5条产线排查。",
        ),
        OURS, (), "rebuild",
    ),
    Sample(
        "a lawyer's letter may speak of the law",
        draft(
            "lawyer", title="律师声明",
            facts="受委托人委托声明如下：账号发布的内容不属实，严重失实。委托人要求其公开道歉，并将依法追究其法律责任。",
        ),
        RUMOUR, (), "deny",
    ),
    Sample(
        "what is partly true is said part by part",
        draft(
            "apology", title="关于价格标签的致歉",
            attitude="我们为标签错误向您致歉。",
            facts="经核实，部分属实：11月20日两家门店的价格标签与系统不一致，涉及37位顾客。",
            solution="多收款项已当天原路退款，并补偿同等金额；两店由工作组驻店整改，接受市场监管部门指导。",
            promises=(Promise("完成全部门店标签核对", TOMORROW),),
        ),
        PARTLY, (), "rebuild",
    ),
)  # fmt: skip

BAD = (
    Sample(
        "it never happened, and whoever says so is paid for it",
        draft(
            "clarification", title="严正声明",
            facts="网传内容纯属捏造，系黑公关所为，清者自清！！",
            solution="我们呵呵一笑，保留追究法律责任的权利。",
            waived=frozenset({StatementPart.COMMITMENTS}),
        ),
        OURS,
        (
            ("error", "contradicts_facts", "纯属捏造"),
            ("error", "contradicts_facts", ""),
            ("error", "phrase", "黑公关"),
            ("error", "strategy_mismatch", ""),
            ("warning", "phrase", "清者自清"),
            ("warning", "phrase", "呵呵"),
            ("warning", "principle_missing", ""),
            ("hint", "exclamations", "！！"),
            ("hint", "principle_missing", ""),
        ),
        "deny",
    ),
    Sample(
        "sorry, but it was nothing, and somebody else's",
        draft(
            "apology", title="致歉声明",
            attitude="对此事引起误会，我们深表歉意。",
            facts="据了解，系个别门店临时工操作失误，未造成任何后果，不属实的部分请勿轻信。",
            solution="我们将第一时间处理，保留追究法律责任的权利。",
            promises=(Promise("公布处理结果", TOMORROW),),
        ),
        OURS,
        (
            ("error", "contradicts_facts", "不属实"),
            ("warning", "mixed_strategies", "不属实"),
            ("warning", "phrase", "个别"),
            ("warning", "phrase", "临时工"),
            ("warning", "phrase", "保留追究法律责任的权利"),
            ("warning", "phrase", "引起误会"),
            ("warning", "promise_without_date", "第一时间"),
            ("hint", "phrase", "据了解"),
            ("hint", "principle_missing", ""),
            ("hint", "principle_missing", ""),
            ("hint", "principle_missing", ""),
        ),
        "rebuild",
    ),
    Sample(
        "an apology without a word of it, that plays it down",
        draft(
            "apology", title="情况说明", strategy=ResponseStrategy.DIMINISH,
            attitude="我们对此事高度重视。",
            facts="本次为偶发个案，产品符合国家标准。",
            solution="我们会尽快处理。",
        ),
        GRAVE,
        (
            ("warning", "apology_missing", ""),
            ("warning", "part_missing", ""),
            ("warning", "promise_without_date", "尽快"),
            ("warning", "strategy_mismatch", ""),
            ("hint", "instruction_missing", ""),
            ("hint", "phrase", "高度重视"),
            *(("hint", "principle_missing", ""),) * 5,
        ),
        "diminish",
    ),
    Sample(
        "people's data is told to everybody",
        draft(
            "progress", title="进展",
            facts="我们已联系投诉人（手机13812345678，身份证110101199003074514），工作组11月25日上门。商务合作请发 pr@example.com。",
        ),
        OURS,
        (
            ("error", "personal_data", "110101199003074514"),
            ("error", "personal_data", "13812345678"),
            ("hint", "personal_data", "pr@example.com"),
        ),
        None,
    ),
    Sample(
        "a first word that knows too much and promises nothing",
        draft("holding", attitude="网传内容不属实，系竞争对手恶意抹黑。"),
        UNCHECKED,
        (
            ("error", "phrase", "竞争对手恶意"),
            ("warning", "facts_unchecked", "不属实"),
            ("warning", "next_update_missing", ""),
            ("warning", "phrase", "恶意抹黑"),
            ("hint", "principle_missing", ""),
            ("hint", "principle_missing", ""),
        ),
        "deny",
    ),
    Sample(
        "marketing in the middle of an apology",
        draft(
            "apology", title="致歉声明",
            attitude="我们诚挚致歉。",
            facts="我们的产品是行业第一品牌，采用最先进的工艺，绝对安全。工作组已于11月24日全面排查，第三方检测结果附后。",
            solution="我们将近期完成退款并承担责任。",
            promises=(Promise("完成退款", TOMORROW),),
        ),
        OURS,
        (
            ("error", "phrase", "行业第一"),
            ("warning", "phrase", "最先进"),
            ("warning", "phrase", "绝对"),
            ("warning", "promise_without_date", "近期"),
        ),
        "rebuild",
    ),
    Sample(
        "a rumour for which somebody is sorry",
        draft(
            "apology", title="致歉声明",
            attitude="对不起，我们错了。",
            facts="网传一事给大家带来困扰，工作组当天到场，检测报告附后。",
            solution="我们承担责任，欢迎监督。",
            promises=(Promise("公布视频原件", TOMORROW),),
        ),
        RUMOUR,
        (
            ("error", "contradicts_facts", "我们错了"),
            ("error", "contradicts_facts", ""),
            ("hint", "strategy_mismatch", ""),
        ),
        "rebuild",
    ),
    Sample(
        "nobody knows, and it is denied all the same",
        draft(
            "holding", attitude="该传闻毫无根据，请大家理性看待。我们对大家的关心表示感谢。", next_update_at=TOMORROW,
        ),
        UNVERIFIABLE, (("warning", "contradicts_facts", "毫无根据"),), "deny",
    ),
    Sample(
        "the user's fault, says the shop",
        draft(
            "clarification", title="说明",
            facts="该用户操作不当，且消费者情绪激动、断章取义。第三方鉴定意见11月24日已出具，产品没有任何问题。",
            solution="我们适时公布更多信息，请关心的朋友留意。",
            promises=(Promise("公布鉴定意见", TOMORROW),),
        ),
        MISUNDERSTOOD,
        (
            ("error", "phrase", "断章取义"),
            ("warning", "promise_without_date", "适时"),
        ),
        "deny",
    ),
    Sample(
        "past deeds in place of an answer",
        draft(
            "progress", title="致广大用户",
            facts="一直以来，我们始终坚持品质，感谢广大消费者的支持。工作组正在核对。",
        ),
        OURS, (("warning", "strategy_mismatch", ""),), "bolster",
    ),
    Sample(
        "the supplier did it, and it happened before",
        draft(
            "progress", title="进展", strategy=ResponseStrategy.DIMINISH,
            facts="原料供应商11月20日批次检出超标，属偶发情况，调查组已进驻。",
        ),
        SUPPLIERS._replace(past=2), (("warning", "strategy_mismatch", ""),), "diminish",
    ),
)  # fmt: skip
SAMPLES = GOOD + BAD
