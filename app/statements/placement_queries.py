"""Where a statement is and should be, platform by platform, as the caller may see it."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select

from app.core.auth import Caller
from app.core.db import Tx
from app.core.errors import NotFound
from app.domain.placements import PlatformRule, Row, over_limit, planned_platforms, state_of, sync_gap
from app.domain.vocabulary import Platform
from app.incidents.act_queries import origin_platform
from app.models import FileAttachment, OriginWatch, Placement, Publication, Statement, StatementVersion
from app.people.masks import words_of
from app.statements import origins
from app.statements.platform_rules import rules_by_platform
from app.statements.queries import get_statement

_WRITTEN = ("title", "text", "reason", "url")


@dataclass(frozen=True, slots=True)
class Board:
    """All that is known of where a statement is."""

    statement: Statement
    now: datetime
    origin: str | None
    # Whether a decision stands that where it began is not applicable.
    decided: Sequence[UUID]
    rules: Mapping[str, PlatformRule]
    rows: Mapping[str, Placement]
    # Platform -> what was published there, in the order in which it happened.
    publications: Mapping[str, Sequence[Publication]]
    versions: Mapping[UUID, StatementVersion]
    newest: StatementVersion
    files: Mapping[UUID, Sequence[UUID]]

    @property
    def platforms(self) -> list[str]:
        """Where it began, then the core ones, then the others."""
        there = {*self.rows, *self.publications, *([self.origin] if self.origin else [])}
        first = [name for name in planned_platforms(self.origin, self.rules.values()) if name in there]
        return list(dict.fromkeys([*first, *(name for name in Platform if name in there)]))

    def shown(self, platform: str) -> dict[str, Any]:
        """One platform's row, with words as they were written."""
        row, said = self.rows.get(platform), self.publications.get(platform, ())
        first, rule = said[0] if said else None, self.rules[platform]
        version = self.versions[first.statement_version_id] if first and first.statement_version_id else self.newest
        text = version.platform_texts.get(platform, version.text)
        is_origin, not_applicable = platform == self.origin, self._not_applicable(platform)
        known = Row(
            published=bool(said), not_applicable=not_applicable, is_origin=is_origin,
            planned_at=row.planned_at if row else None,
        )  # fmt: skip
        state = state_of(
            known, others_out=bool(self.publications.keys() - {platform}),
            withdrawn=self.statement.withdrawn_at is not None, now=self.now,
        )  # fmt: skip
        return {
            "platform": platform, "state": state, "is_origin": is_origin, "is_core": rule.core,
            "planned_at": known.planned_at, "not_applicable": not_applicable, "reason": row.reason if row else "",
            "substitute_platform": row.substitute_platform if row else None,
            "decision_id": row.decision_id if row and row.decision_id in self.decided else None,
            "published_at": first.happened_at if first else None, "url": first.url if first else None,
            "approved": first.approved if first else None, "publication_id": first.id if first else None,
            "publication_ids": [one.id for one in said],
            "file_ids": [file_id for one in said for file_id in self.files.get(one.id, ())],
            "version_number": version.number, "title": version.title, "text": text, "title_length": len(version.title),
            "length": len(text), "max_title": rule.max_title, "max_chars": rule.max_chars,
            "over_limit": over_limit(version.title, text, rule), "version": row.version if row else 0,
        }  # fmt: skip

    def _not_applicable(self, platform: str) -> bool:
        row = self.rows.get(platform)
        if platform == self.origin and self.decided:
            return True
        # Of a row with a decision that decision says it, and it may have been corrected.
        return row is not None and row.not_applicable and (row.decision_id is None or row.decision_id in self.decided)


async def matrix(tx: Tx, statement_id: UUID, *, caller: Caller) -> dict[str, Any]:
    """The whole board, and how far apart its publications are."""
    board = await _board(tx, await get_statement(tx, statement_id))
    firsts = [said[0].happened_at for said in board.publications.values()]
    gap, watch = sync_gap(firsts), await tx.get(OriginWatch, statement_id)
    return {
        "statement_id": statement_id, "incident_id": board.statement.incident_id, "origin_platform": board.origin,
        "first_published_at": min(firsts, default=None), "last_published_at": max(firsts, default=None),
        "sync_gap_seconds": int(gap.total_seconds()) if gap is not None else None,
        "origin_due_at": watch.due_at if watch else None, "origin_missed_at": watch.missed_at if watch else None,
        "data": await _seen(tx, board, board.platforms, caller=caller),
    }  # fmt: skip


async def one(tx: Tx, statement_id: UUID, platform: str, *, caller: Caller) -> dict[str, Any]:
    """One platform's row; NotFound where the statement is neither planned nor published there."""
    board = await _board(tx, await get_statement(tx, statement_id))
    if platform not in board.platforms:
        raise NotFound(f"The statement is not planned for {platform!r}; PUT it there to plan it.")
    [answer] = await _seen(tx, board, [platform], caller=caller)
    return answer


async def _seen(tx: Tx, board: Board, platforms: Sequence[str], *, caller: Caller) -> list[dict[str, Any]]:
    """The rows as the caller may see them. What was said in public is there for everybody."""
    rows = [board.shown(platform) for platform in platforms]
    written = []
    for row in rows:
        hidden = _WRITTEN if row["published_at"] is None else ("reason", "url")
        written.append((board.statement.incident_id, {name: row[name] for name in hidden}))
    return [row | words for row, words in zip(rows, await words_of(tx, written, caller=caller), strict=True)]


async def _board(tx: Tx, statement: Statement) -> Board:
    rows = await tx.scalars(select(Placement).where(Placement.statement_id == statement.id))
    said = await tx.scalars(
        select(Publication).where(Publication.statement_id == statement.id)
        .order_by(Publication.happened_at, Publication.id)
    )  # fmt: skip
    publications: dict[str, list[Publication]] = defaultdict(list)
    for publication in said:
        publications[publication.platform].append(publication)
    found = await tx.scalars(select(StatementVersion).where(StatementVersion.statement_id == statement.id))
    versions = {version.id: version for version in found}
    return Board(
        statement=statement, now=await tx.now(), origin=await origin_platform(tx, statement.incident_id),
        decided=await origins.standing_decisions(tx, statement.incident_id), rules=await rules_by_platform(tx),
        rows={row.platform: row for row in rows}, publications=publications, versions=versions,
        newest=max(versions.values(), key=lambda version: version.number),
        files=await _files(tx, [one.id for said_there in publications.values() for one in said_there]),
    )  # fmt: skip


async def _files(tx: Tx, publication_ids: Sequence[UUID]) -> dict[UUID, list[UUID]]:
    """Publication -> the files that are evidence of it."""
    found: dict[UUID, list[UUID]] = defaultdict(list)
    if publication_ids:
        query = select(FileAttachment.subject_id, FileAttachment.file_id).where(
            FileAttachment.subject == "publication", FileAttachment.subject_id.in_(publication_ids)
        )
        for publication_id, file_id in await tx.execute(query.order_by(FileAttachment.id)):
            found[publication_id].append(file_id)
    return found
