"""What is read of a statement's versions, and what changed from one to another, as the caller may see it.

What a statement says is made to be public: it is masked only until it is.
"""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import select

from app.core import paging
from app.core.auth import Caller
from app.core.db import Tx
from app.core.errors import Invalid, NotFound
from app.core.params import PageQuery
from app.domain.diffs import Segment, compare
from app.domain.statement_text import Composed, compose, is_chinese
from app.domain.vocabulary.statements import DiffChange, StatementSection
from app.models import Publication, Statement, StatementApproval, StatementVersion
from app.models.base import columns_of
from app.people.masks import people_of, words_of
from app.statements.texts import PARTS, due, parts_of, parts_with

_HIDDEN = ("author_ids", "submitted_by")
# What is compared: beside the text the platforms that have one of their own.
Readable = tuple[Composed, Mapping[str, str]]


class Compared(NamedTuple):
    """Two versions as the caller may read them; None: there was none before."""

    number: int
    against: int | None
    after: Readable
    before: Readable


async def get_version(tx: Tx, statement_id: UUID, number: int) -> StatementVersion:
    """One version; NotFound where there is none."""
    query = select(StatementVersion).where(
        StatementVersion.statement_id == statement_id, StatementVersion.number == number
    )
    version = (await tx.scalars(query)).one_or_none()
    if version is None:
        raise NotFound(f"The statement {statement_id} has no version {number}.")
    return version


async def list_versions(tx: Tx, statement: Statement, query: PageQuery, *, caller: Caller) -> dict[str, Any]:
    """A statement's versions, the newest first."""
    rows = select(StatementVersion).where(StatementVersion.statement_id == statement.id)
    bound = ["statement versions", statement.id]
    after = paging.decode(query.cursor, bound)
    if after:
        rows = rows.where(StatementVersion.number < after[0])
    found = (await tx.scalars(rows.order_by(StatementVersion.number.desc()).limit(query.limit + 1))).all()
    page = paging.page(found, query.limit, bound, lambda version: [version.number])
    return page | {"data": await shown(tx, page["data"], caller=caller)}


async def shown_version(tx: Tx, statement_id: UUID, number: int, *, caller: Caller) -> dict[str, Any]:
    """One version as the API shows it."""
    [answer] = await shown(tx, [await get_version(tx, statement_id, number)], caller=caller)
    return answer


async def shown(tx: Tx, versions: Sequence[StatementVersion], *, caller: Caller) -> list[dict[str, Any]]:
    """The versions as the API shows them to the caller."""
    owners = [UUID(id_) for version in versions for one in version.commitments if (id_ := one.get("owner_id"))]
    ids = [id_ for version in versions for id_ in (*version.author_ids, version.submitted_by)]
    people = await people_of(tx, [*ids, *owners], caller=caller)
    public = await published(tx, versions)
    answers = []
    for version, words in zip(versions, await _words(tx, versions, public, caller=caller), strict=True):
        answer = {name: value for name, value in columns_of(version).items() if name not in _HIDDEN}
        composed = _composed(version, words)
        promises = [
            {"text": text, "due_at": due(one), "owner": people.get(UUID(id_)) if (id_ := one.get("owner_id")) else None}
            for one, text in zip(version.commitments, words["commitments"], strict=True)
        ]
        answers.append(
            answer | {name: words[name] for name in PARTS} | {
                "text": composed.text, "sections": [place._asdict() for place in composed.sections],
                "commitments": promises,
                "waivers": _listed("part", "reason", version.waivers, words["waivers"]),
                "platform_texts": _listed("platform", "text", version.platform_texts, words["platform_texts"]),
                "authors": [people[id_] for id_ in version.author_ids],
                "submitter": people.get(version.submitted_by), "published": version.id in public,
            }
        )  # fmt: skip
    return answers


def _listed(key: str, value: str, kept: Mapping[str, str], words: Sequence[str]) -> list[dict[str, str]]:
    return [{key: name, value: text} for name, text in zip(kept, words, strict=True)]


async def published(tx: Tx, versions: Sequence[StatementVersion]) -> dict[UUID, set[str]]:
    """Those of them that were said in public, and on which platforms."""
    ids = [version.id for version in versions]
    where = (Publication.statement_version_id, Publication.platform)
    query = select(*where).where(Publication.statement_version_id.in_(ids)).distinct()
    found: dict[UUID, set[str]] = {}
    for id_, platform in await tx.execute(query) if ids else ():
        if id_ is not None:
            found.setdefault(id_, set()).add(platform)
    return found


async def _words(
    tx: Tx, versions: Sequence[StatementVersion], public: Mapping[UUID, set[str]], *, caller: Caller
) -> list[dict[str, Any]]:
    """What people wrote in them; what was said in public as it is, and a platform's own text where it was said there."""
    written = []
    for version in versions:
        hidden = {"platform_texts": unsaid_there(version, public)}
        if version.id not in public:
            hidden |= _said(version)
        written.append((version.incident_id, hidden | {"waivers": list(version.waivers.values())}))
    found = await words_of(tx, written, caller=caller)
    return [
        _said(version) | words | {"platform_texts": shown_there(version, words["platform_texts"], public)}
        for version, words in zip(versions, found, strict=True)
    ]


def unsaid_there(version: StatementVersion, public: Mapping[UUID, set[str]]) -> list[str]:
    """The platforms' own texts, empty where they were said: of those nobody hides anything."""
    there = public.get(version.id, ())
    return ["" if platform in there else text for platform, text in version.platform_texts.items()]


def shown_there(version: StatementVersion, words: Sequence[str], public: Mapping[UUID, set[str]]) -> list[str]:
    """The platforms' own texts: as they were written where they were said, else as the caller may see them, ``words``."""
    there = public.get(version.id, ())
    return [
        text if platform in there else word
        for (platform, text), word in zip(version.platform_texts.items(), words, strict=True)
    ]


def _said(version: StatementVersion) -> dict[str, Any]:
    return {name: getattr(version, name) for name in PARTS} | {
        "commitments": [one["text"] for one in version.commitments]
    }


def _composed(version: StatementVersion, words: Mapping[str, Any]) -> Composed:
    """The text of these words. A mask is as long as what it hides, so spans are the same."""
    return compose(parts_with(words, version, words["commitments"]), chinese=is_chinese(parts_of(version)))


async def compared(
    tx: Tx, statement_id: UUID, number: int, against: int | None, *, caller: Caller
) -> Compared:  # fmt: skip
    """What is to be compared: the version with ``against``, or with the one before it; the first with nothing."""
    after = await get_version(tx, statement_id, number)
    other = against if against is not None else number - 1
    if other == number:
        raise Invalid.at("?against", "must be another version than the one that is compared", "same_version")
    versions = [after]
    if other:
        versions.append(await _named(tx, statement_id, other))
    words = await _words(tx, versions, await published(tx, versions), caller=caller)
    readable: list[Readable] = [
        (_composed(version, said), dict(zip(version.platform_texts, said["platform_texts"], strict=True)))
        for version, said in zip(versions, words, strict=True)
    ]
    nothing: Readable = (Composed("", ()), {})
    return Compared(number, other or None, readable[0], readable[1] if other else nothing)


async def _named(tx: Tx, statement_id: UUID, number: int) -> StatementVersion:
    try:
        return await get_version(tx, statement_id, number)
    except NotFound as missing:
        raise Invalid.at("?against", missing.detail, "not_found") from None


def diff_of(found: Compared) -> dict[str, Any]:
    """What changed, section by section and platform by platform. Takes a while: see :mod:`app.core.aside`."""
    (after, for_after), (before, for_before) = found.after, found.before
    was, is_ = ({place.section: place for place in one.sections} for one in (before, after))
    sections = []
    for section in StatementSection:
        if section in was or section in is_:
            (left, left_at), (right, right_at) = _cut(before, was.get(section)), _cut(after, is_.get(section))
            segments = compare(left, right, before_at=left_at, after_at=right_at)
            sections.append({"section": section, **_shown(segments)})
    platforms = [
        {"platform": name, **_shown(compare(for_before.get(name, ""), for_after.get(name, "")))}
        for name in sorted({*for_before, *for_after})
    ]
    return {"number": found.number, "against": found.against, "sections": sections, "platform_texts": platforms}


def _cut(composed: Composed, place: Any) -> tuple[str, int]:
    return (composed.text[place.start : place.end], place.start) if place else ("", 0)


def _shown(segments: Sequence[Segment]) -> dict[str, Any]:
    return {
        "changed": any(one.change is not DiffChange.UNCHANGED for one in segments),
        "segments": [
            {
                "change": one.change, "text": one.text, "before": one.before and one.before._asdict(),
                "after": one.after and one.after._asdict(),
            }
            for one in segments
        ],
    }  # fmt: skip


async def list_approvals(tx: Tx, statement: Statement, query: PageQuery, *, caller: Caller) -> dict[str, Any]:
    """What approvers said of a statement's versions, the last first."""
    rows = select(StatementApproval, StatementVersion.number).join(
        StatementVersion, StatementVersion.id == StatementApproval.version_id
    )
    rows = rows.where(StatementApproval.statement_id == statement.id)
    bound = ["statement approvals", statement.id]
    after = paging.decode(query.cursor, bound)
    if after:
        rows = rows.where(StatementApproval.id < UUID(after[0]))
    found = (await tx.execute(rows.order_by(StatementApproval.id.desc()).limit(query.limit + 1))).all()
    page = paging.page(found, query.limit, bound, lambda row: [row[0].id])
    given = [row for row, _ in page["data"]]
    people = await people_of(tx, [id_ for row in given for id_ in (row.person_id, row.on_behalf_of)], caller=caller)
    words = await words_of(tx, [(statement.incident_id, {"comment": row.comment}) for row in given], caller=caller)
    data = [
        columns_of(row) | said | {
            "version_number": number, "person": people[row.person_id], "on_behalf_of": people.get(row.on_behalf_of),
        }
        for (row, number), said in zip(page["data"], words, strict=True)
    ]  # fmt: skip
    return page | {"data": data}
