"""Words of statement templates 声明模板: what may be filled in, where from, and why one fits an incident."""

from enum import StrEnum


class StatementLanguage(StrEnum):
    """In which language we speak: 中文, 英文."""

    ZH = "zh"
    EN = "en"


class TemplateVariableType(StrEnum):
    """What stands in a blank: 文字, 数字, 日期, 时间, 金额, 网址, 电话, 列表."""

    TEXT = "text"
    NUMBER = "number"
    DATE = "date"
    DATETIME = "datetime"
    MONEY = "money"
    URL = "url"
    PHONE = "phone"
    LIST = "list"


class TemplateVariableSource(StrEnum):
    """What the incident itself knows: 业务单位, 首发平台, 首帖发布时间, 立案时间."""

    BUSINESS_UNIT = "business_unit"
    ORIGIN_PLATFORM = "origin_platform"
    FIRST_POST_AT = "first_post_at"
    OPENED_AT = "opened_at"


class TemplateFit(StrEnum):
    """Why a template fits: 事件尚未发声, 符合核实结论, 已有首次回应, 主题相符, 损害类别相符, 首发平台相符, 通用模板."""

    FIRST_WORD = "first_word"
    FACT_CHECK = "fact_check"
    SPOKEN_BEFORE = "spoken_before"
    TOPIC = "topic"
    HARM_CLASS = "harm_class"
    ORIGIN_PLATFORM = "origin_platform"
    GENERAL = "general"
