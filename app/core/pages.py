"""Pages of our own for people's browsers, which stand beside the contract: what none of them may do.

Nothing is loaded from elsewhere, nobody frames them, and no script or style runs but what stands in them, known by its hash.
"""

import base64
import hashlib
import re


def hash_of(page: str, tag: str) -> str:
    """The source expression of a page's one element of this name, for its policy."""
    (text,) = re.findall(rf"<{tag}>(.*?)</{tag}>", page, re.DOTALL)
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def headers_of(page: str, policy: str, **more: str) -> dict[str, str]:
    """The headers of a page: ``policy`` says what it may do besides being styled, ``more`` is by names with _ for -."""
    return {
        "content-security-policy": (
            f"default-src 'none'; style-src {hash_of(page, 'style')}; base-uri 'none'; frame-ancestors 'none'; {policy}"
        ),
        "referrer-policy": "no-referrer",
        "x-content-type-options": "nosniff",
        "cross-origin-opener-policy": "same-origin",
    } | {name.replace("_", "-"): value for name, value in more.items()}
