"""Words of documents 制度文件."""

from enum import StrEnum


class DocumentKind(StrEnum):
    """What a document is (方案 二(一)1, 三): 《员工社交行为准则》, 《危机应对手册》, 其他."""

    CODE_OF_CONDUCT = "code_of_conduct"
    HANDBOOK = "handbook"
    OTHER = "other"


class AcknowledgementState(StrEnum):
    """Whether somebody of the audience has said that they read the version in force: 未确认, 已确认."""

    WAITING = "waiting"
    ACKNOWLEDGED = "acknowledged"
