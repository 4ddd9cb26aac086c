"""The templates that the service is born with, as files beside this one that anybody can read and improve.

The migration that made the table reads them once. A file that is changed later reaches services that are born after that;
for those that live it takes a migration which adds a version, and people's own versions stay the newest.
"""

import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final
from uuid import UUID, uuid5

from app.domain.bigrams import searchable
from app.domain.templates.content import SAID, TEXTS

FOLDER: Final = Path(__file__).parent / "shipped"
# Ids are the same wherever the service runs, so that people can talk about them.
_NAMESPACE: Final = UUID("5d9e1f0a-4b57-5e0c-9d53-7a0f2f6c1b11")
SHIPPED_BY: Final = "system:shipped"
CHOSEN_BY: Final = ("name", "kind", "language", "harm_class", "strategy", "platform", "topics")
"""What people choose a template by: of the template, and of no version."""


def shipped() -> Iterator[dict[str, Any]]:
    """Each shipped template as the API would take it, with its key, in the order of their keys."""
    for path in sorted(FOLDER.glob("*.toml")):
        data = tomllib.loads(path.read_text("utf-8"))
        parts = {"commitments": [], "next_update": None} | data.pop("parts")
        parts |= {name: parts[name].strip() for name in TEXTS}
        variables = [{"source": None} | variable for variable in data["variables"]]
        anything = {"harm_class": None, "strategy": None, "platform": None}
        yield anything | data | parts | {"key": path.stem, "variables": variables}


def id_of(key: str) -> UUID:
    """The id of a shipped template."""
    return uuid5(_NAMESPACE, key)


def words_of(template: Mapping[str, Any], said: Mapping[str, Any]) -> str:
    """What of a template is searched: its name and topics, and what a version of it says."""
    promised = [one["text"] for one in said["commitments"]]
    return searchable([template["name"], *template["topics"], *(said[text] for text in TEXTS), *promised])


def rows() -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    """Each as rows of both tables: the template, and its first version."""
    for one in shipped():
        id_ = id_of(one["key"])
        template = {name: one[name] for name in ("key", *CHOSEN_BY)}
        version = {name: one[name] for name in (*SAID, "note")}
        yield (
            template | {"id": id_, "plain": words_of(one, one), "created_by": SHIPPED_BY},
            version | {"id": uuid5(id_, "1"), "template_id": id_, "number": 1, "created_by": SHIPPED_BY},
        )  # fmt: skip
