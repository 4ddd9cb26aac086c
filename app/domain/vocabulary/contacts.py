"""Words of contacts outside the company 外部联系人."""

from enum import StrEnum


class OutsideContactKind(StrEnum):
    """Whom somebody speaks for (方案 二(二)2: 媒体 KOL 澄清, 依法处理): 媒体, KOL, 律师, 主管部门, 平台, 其他."""

    MEDIA = "media"
    KOL = "kol"
    LAWYER = "lawyer"
    AUTHORITY = "authority"
    PLATFORM = "platform"
    OTHER = "other"
