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
}
