"""外发通知 for people: a page that asks the API what was sent to whom and what came back. Not part of the contract.

It holds no data and needs no key itself; the key that a person types stays in the page's memory. Nothing is loaded
from elsewhere, and the policy lets no script run but the page's own, known by its hash.
"""

from pathlib import Path

from fastapi import APIRouter
from fastapi.responses import HTMLResponse

from app.core.pages import hash_of, headers_of

router = APIRouter(include_in_schema=False)

_PAGE = Path(__file__).with_name("deliveries.html").read_text("utf-8")
_HEADERS = headers_of(
    _PAGE,
    f"script-src {hash_of(_PAGE, 'script')}; connect-src 'self'; form-action 'none'; require-trusted-types-for 'script'",
    cache_control="no-cache",
)


@router.get("/webhook-deliveries")
async def deliveries_page() -> HTMLResponse:
    """The page. Whoever has no key with webhooks:read sees an empty form."""
    return HTMLResponse(_PAGE, headers=_HEADERS)
