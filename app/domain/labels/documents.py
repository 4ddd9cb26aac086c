"""Words of documents 制度文件."""

from app.domain.labels.base import Labels

LABELS: Labels = {
    "document_kind": {
        "code_of_conduct": ("员工社交行为准则", "Code of conduct"),
        "handbook": ("危机应对手册", "Handbook"),
        "other": ("其他制度", "Other"),
    },
    "acknowledgement_state": {
        "waiting": ("未确认", "Not yet acknowledged"),
        "acknowledged": ("已确认", "Acknowledged"),
    },
}
