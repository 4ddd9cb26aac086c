"""What the trainings room is born with: a draft of 《员工社交行为准则》 (方案 二(一)1), which a company changes and then publishes.

The migration that makes the tables reads it once; a file that is changed later reaches services that are born after that.
"""

from pathlib import Path
from typing import Any, Final
from uuid import UUID, uuid5

from app.domain.documents import content_hash

_TEXT: Final = Path(__file__).parent / "shipped" / "code_of_conduct.md"
# Ids are the same wherever the service runs, so that people can talk about them.
CODE_OF_CONDUCT: Final = UUID("c0deca5e-0001-5000-8000-000000000001")
SHIPPED_BY: Final = "system:shipped"
NOTE: Final = "随系统提供的草案：请按本公司情况修改后发布。"


def document_rows() -> tuple[dict[str, Any], dict[str, Any], dict[str, Any]]:
    """The document, its audience (everybody) and its first version, which is not published."""
    text = _TEXT.read_text("utf-8").strip()
    document = {
        "id": CODE_OF_CONDUCT, "kind": "code_of_conduct", "title": "员工社交行为准则", "latest_number": 1,
        "created_by": SHIPPED_BY,
    }  # fmt: skip
    audience = {"id": uuid5(CODE_OF_CONDUCT, "audience"), "document_id": CODE_OF_CONDUCT}
    version = {
        "id": uuid5(CODE_OF_CONDUCT, "1"), "document_id": CODE_OF_CONDUCT, "number": 1, "text": text, "note": NOTE,
        "sha256": content_hash(text, None), "created_by": SHIPPED_BY,
    }  # fmt: skip
    return document, audience, version
