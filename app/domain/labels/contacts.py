"""Words of contacts outside the company 外部联系人."""

from app.domain.labels.base import Labels

LABELS: Labels = {
    "outside_contact_kind": {
        "media": ("媒体", "Media"),
        "kol": ("意见领袖(KOL)", "Opinion leader (KOL)"),
        "lawyer": ("外部律师", "Lawyer"),
        "authority": ("主管部门", "Authority"),
        "platform": ("平台", "Platform"),
        "other": ("其他", "Other"),
    },
}
