"""Under which name an answer is saved."""

import re
from urllib.parse import quote


def saved_as(name: str, *, at_once: bool = True) -> str:
    """A Content-Disposition with a name in any script (RFC 6266). ``at_once``: to be saved, and never to be shown by a
    browser."""
    # A mask's signs can't stand in a file's name everywhere.
    name = name.replace("*", "_")
    plain = re.sub(r'[^ -~]|["\\%]', "_", name)
    how = "attachment" if at_once else "inline"
    return f"{how}; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"
