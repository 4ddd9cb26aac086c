"""W3C Trace Context: the trace that a request is part of goes on in what follows from it.

``traceparent`` is read from the request, told in its log lines, kept with the events it caused and sent with their
webhooks, so that one trace leads from a front end's click to a receiver. We make no traces of our own.
"""

import re
import secrets
from contextvars import ContextVar

_FORM = re.compile(
    r"(?!ff)[0-9a-f]{2}-(?P<trace>(?!0{32})[0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}(-.*)?", re.ASCII
)

# The id of the trace that is going on, 32 hex digits.
trace: ContextVar[str | None] = ContextVar("trace", default=None)


def trace_of(traceparent: str) -> str | None:
    """The trace's id; None where the header is none of the standard's, which then counts as left out."""
    found = _FORM.fullmatch(traceparent)
    return found["trace"] if found else None


def child(trace_id: str) -> str:
    """A ``traceparent`` for a step of ours in the trace."""
    return f"00-{trace_id}-{secrets.token_hex(8)}-01"
