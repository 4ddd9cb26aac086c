"""Words of the risk register 风险清单, of checked texts and of what happened before."""

from app.domain.labels.base import Labels

LABELS: Labels = {
    "risk_category": {
        "product_quality": ("产品质量", "Product quality"),
        "service_complaint": ("服务投诉", "Complaints about service"),
        "marketing_dispute": ("营销争议", "Disputed marketing"),
        "data_security": ("数据安全", "Data security"),
        "employee_conduct": ("员工言行", "Conduct of employees"),
        "supply_chain": ("供应链与合作方", "Suppliers and partners"),
        "other": ("其他", "Other"),
    },
    "risk_level": {
        "critical": ("极高", "Critical"),
        "high": ("高", "High"),
        "medium": ("中", "Medium"),
        "low": ("低", "Low"),
    },
    "risk_status": {
        "open": ("管控中", "Open"),
        "closed": ("已关闭", "Closed"),
    },
    "check_source": {
        "watch_rule": ("监测规则", "A watch rule"),
        "risk": ("风险清单", "The risk register"),
        "phrase": ("禁用词", "A phrase to avoid"),
        "personal_data": ("个人信息", "Personal data"),
    },
    "check_outcome": {
        "publish": ("发布", "Publish"),
        "revise": ("修改后再审", "Revise"),
        "drop": ("放弃", "Drop"),
    },
    "similarity_part": {
        "product": ("产品", "Product"),
        "words": ("文本", "Words"),
        "curve": ("传播曲线", "Spread curve"),
        "harm_class": ("危害类别", "Harm class"),
    },
    "recurrence_reason": {
        "rule": ("同一监测规则", "The same watch rule"),
        "business_unit": ("同一业务部门", "The same business unit"),
    },
}
