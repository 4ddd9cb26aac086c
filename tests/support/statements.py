"""Statements as people write and publish them; and statements and reviews as rows, for what is tested apart from how they
come to be."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx

from app.core.db import Database
from app.models import Review, ReviewIncident, Statement, StatementVersion
from app.models.base import new_id
from tests.support.api import everything, good

TEXT = "关于门店纠纷的说明\n我们已停售同批次产品。"


async def version(
    database: Database, incident_id: str, *, text: str = TEXT, statement_id: str | None = None, number: int = 1,
    kind: str = "holding", commitments: Sequence[dict[str, Any]] = (), cites: Sequence[str] = (),
) -> tuple[str, str]:  # fmt: skip
    """(statement, version): a draft's first one, or another one of a statement."""
    of, version_id = UUID(statement_id) if statement_id else new_id(), new_id()
    async with database.transaction() as tx:
        if statement_id is None:
            tx.add(
                Statement(
                    id=of, incident_id=UUID(incident_id), kind=kind, name="说明", status="draft", created_by="system"
                )
            )
            await tx.flush()
        tx.add(
            StatementVersion(
                id=version_id, statement_id=of, incident_id=UUID(incident_id), number=number, text=text,
                commitments=list(commitments), cites=[UUID(one) for one in cites],
            )
        )  # fmt: skip
    return str(of), str(version_id)


async def reworded(database: Database, version_id: str, text: str) -> None:
    """The version, a draft still, says something else."""
    async with database.transaction() as tx:
        row = await tx.get(StatementVersion, UUID(version_id))
        assert row is not None
        row.text = text


async def promised(database: Database, version_id: str, *promises: dict[str, Any]) -> None:
    """The version, a draft still, promises this, be it over already."""
    async with database.transaction() as tx:
        row = await tx.get(StatementVersion, UUID(version_id))
        assert row is not None
        row.commitments = [{"owner_id": None} | one for one in promises]


async def review(database: Database, *incident_ids: str, merged_into: str | None = None) -> str:
    """A review of these incidents, born of the first; or one that was merged into another and covers none any more."""
    review_id = new_id()
    async with database.transaction() as tx:
        now = await tx.now()
        status = "open" if merged_into is None else "merged"
        tx.add(
            Review(
                id=review_id, status=status, born_of=UUID(incident_ids[0]), merged_into=merged_into and UUID(merged_into)
            )
        )  # fmt: skip
        await tx.flush()
        tx.add_all(
            ReviewIncident(
                review_id=review_id, incident_id=UUID(id_), added_at=now - timedelta(seconds=place),
                left_at=None if merged_into is None else now,
            )
            for place, id_ in enumerate(incident_ids)
        )  # fmt: skip
    return str(review_id)


async def drafted(
    client: httpx.AsyncClient, incident_id: str, *promises: dict[str, Any], **fields: Any
) -> dict[str, Any]:
    """A first word that promises this, as people draft it."""
    body = {"kind": "holding", "name": "首次回应", "attitude": "我们深表歉意。", "commitments": list(promises)} | fields
    return good(await client.post(f"/v1/incidents/{incident_id}/statements", json=body), 201)  # type: ignore[no-any-return]


async def said(client: httpx.AsyncClient, statement: dict[str, Any], **fields: Any) -> dict[str, Any]:
    """The statement's newest version was said in public."""
    body = {"platform": "weibo", "url": "https://weibo.com/1/a"} | fields
    return good(await client.post(f"/v1/statements/{statement['id']}/publications", json=body), 201)  # type: ignore[no-any-return]


async def promises_of(client: httpx.AsyncClient, incident_id: str, **query: Any) -> list[dict[str, Any]]:
    """What was promised about the incident, the first due first."""
    return await everything(client, f"/v1/incidents/{incident_id}/commitments", **query)
