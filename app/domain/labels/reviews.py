"""Words of reviews and of the risk register 复盘."""

from app.domain.labels.base import Labels

LABELS: Labels = {}
