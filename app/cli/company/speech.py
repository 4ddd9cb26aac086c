"""What a made-up company says in public."""

from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

HOLDING: Final = "holding"


def said_of(kind: str, brand: str, now: datetime, owner_id: UUID) -> dict[str, Any]:
    """A statement of this kind, with everything its kind asks for."""
    again, promised = now + timedelta(hours=4), now + timedelta(hours=40)
    said: dict[str, Any] = {
        "kind": kind, "name": f"{brand} {kind}", "strategy": None, "title": f"关于网传{brand}情况的说明", "attitude": "",
        "facts": "", "solution": "", "commitments": [], "next_update_at": None, "waivers": [], "platform_texts": [],
        "cites": [],
    }  # fmt: skip
    if kind == HOLDING:
        return said | {
            "attitude": f"我们关注到有关{brand}的反映，已第一时间展开核查，给您带来的不安我们深表遗憾。",
            "next_update_at": again,
        }
    return said | {
        "attitude": "给您带来不安，我们深表歉意。" if kind == "apology" else "感谢大家的关注与监督。",
        "facts": f"经核查，{brand}相关批次与订单的记录已全部调取，情况已逐项核对。",
        "solution": "涉及的订单全额退款，专人逐一联系。",
        "commitments": [{"text": "公布整改进展", "due_at": promised, "owner_id": owner_id}],
    }  # fmt: skip
