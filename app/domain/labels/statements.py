"""Words of statements 声明发布."""

from app.domain.labels.base import Labels

LABELS: Labels = {
    "statement_kind": {
        "holding": ("首次回应", "First word"),
        "progress": ("进展通报", "Progress"),
        "apology": ("致歉声明", "Apology"),
        "clarification": ("澄清声明", "Clarification"),
        "lawyer": ("律师声明", "Lawyer's letter"),
    },
    "commitment_state": {
        "open": ("未到期", "Not due yet"),
        "kept": ("已兑现", "Kept"),
        "kept_late": ("逾期兑现", "Kept late"),
        "broken": ("未兑现", "Broken"),
        "waived": ("已免除", "Waived"),
    },
}
