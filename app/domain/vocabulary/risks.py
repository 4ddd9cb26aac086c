"""Words of the risk register 风险清单, of texts that are checked before they go out, and of what happened before."""

from enum import StrEnum


class RiskCategory(StrEnum):
    """The plan's three high-risk points (方案 二(一)1) and what else befalls companies: 产品质量, 服务投诉, 营销争议, 数据安全,
    员工言行, 供应链与合作方, 其他."""

    PRODUCT_QUALITY = "product_quality"
    SERVICE_COMPLAINT = "service_complaint"
    MARKETING_DISPUTE = "marketing_dispute"
    DATA_SECURITY = "data_security"
    EMPLOYEE_CONDUCT = "employee_conduct"
    SUPPLY_CHAIN = "supply_chain"
    OTHER = "other"


class RiskLevel(StrEnum):
    """How great a risk is, the greatest first: 极高, 高, 中, 低."""

    CRITICAL = "critical"
    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"


class RiskStatus(StrEnum):
    """管控中, 已关闭."""

    OPEN = "open"
    CLOSED = "closed"


class CheckSource(StrEnum):
    """What found something in a text: 监测规则, 风险清单, 禁用词, 个人信息."""

    WATCH_RULE = "watch_rule"
    RISK = "risk"
    PHRASE = "phrase"
    PERSONAL_DATA = "personal_data"


class CheckOutcome(StrEnum):
    """What becomes of a text: 发布, 修改后再审, 放弃."""

    PUBLISH = "publish"
    REVISE = "revise"
    DROP = "drop"


class SimilarityPart(StrEnum):
    """By what two incidents are alike: 产品, 文本, 传播曲线, 危害类别."""

    PRODUCT = "product"
    WORDS = "words"
    CURVE = "curve"
    HARM_CLASS = "harm_class"


class RecurrenceReason(StrEnum):
    """By what an incident is an earlier one again: 同一监测规则, 同一业务部门."""

    RULE = "rule"
    BUSINESS_UNIT = "business_unit"
