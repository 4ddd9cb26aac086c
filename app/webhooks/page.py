"""外发通知 for people: a page that asks the API what was sent to whom and what came back. Not part of the contract.

It holds no data and needs no key itself; the key that a person types stays in the page's memory. Nothing is loaded
from elsewhere, and the policy lets no script run but the page's own, known by its hash.
"""

import base64
import hashlib
import re
from pathlib import Path

from fastapi import APIRouter
from fastapi.responses import HTMLResponse

router = APIRouter(include_in_schema=False)

_PAGE = Path(__file__).with_name("deliveries.html").read_text("utf-8")


def _hash(tag: str) -> str:
    """The source expression of the page's one element of this name."""
    (text,) = re.findall(rf"<{tag}>(.*?)</{tag}>", _PAGE, re.DOTALL)
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


_HEADERS = {
    "content-security-policy": (
        f"default-src 'none'; script-src {_hash('script')}; style-src {_hash('style')}; connect-src 'self'; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'"
    ),
    "cache-control": "no-cache",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    "cross-origin-opener-policy": "same-origin",
}


@router.get("/webhook-deliveries")
async def deliveries_page() -> HTMLResponse:
    """The page. Whoever has no key with webhooks:read sees an empty form."""
    return HTMLResponse(_PAGE, headers=_HEADERS)
