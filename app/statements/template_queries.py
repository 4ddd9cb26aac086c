"""Everything that is read of statement templates."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import select, tuple_

from app.core import paging
from app.core.db import Tx
from app.core.errors import NotFound
from app.core.params import PageQuery
from app.domain.bigrams import terms
from app.models import StatementTemplate, StatementTemplateVersion
from app.models.base import columns_of
from app.statements.template_schemas import StatementTemplateQuery


async def get_template(tx: Tx, template_id: UUID, *, lock: bool = False) -> StatementTemplate:
    """One template; NotFound otherwise. Locked, nobody changes it before this transaction's end."""
    rows = select(StatementTemplate).where(StatementTemplate.id == template_id)
    rows = rows.execution_options(populate_existing=True)
    template = await tx.scalar(rows.with_for_update() if lock else rows)
    if template is None:
        raise NotFound(f"There is no statement template {template_id}.")
    return template


async def get_template_version(
    tx: Tx, template: StatementTemplate, number: int | None = None
) -> StatementTemplateVersion:
    """A version of it, the newest where none is named; NotFound otherwise."""
    table = StatementTemplateVersion
    rows = select(table).where(table.template_id == template.id, table.number == (number or template.latest_number))
    version = await tx.scalar(rows)
    if version is None:
        raise NotFound(
            f"The template {template.name!r} has no version {number}; its newest is {template.latest_number}."
        )
    return version


async def list_templates(tx: Tx, query: StatementTemplateQuery) -> dict[str, Any]:
    """Templates by their names."""
    table, bound = StatementTemplate, ["statement_templates", query.filters()]
    rows = select(table).where(table.archived_at.is_not(None) if query.archived else table.archived_at.is_(None))
    for column, values in (
        (table.kind, query.kind), (table.harm_class, query.harm_class), (table.strategy, query.strategy),
        (table.platform, query.platform), (table.language, query.language),
    ):  # fmt: skip
        if values:
            rows = rows.where(column.in_(values))
    for term in terms(query.q) if query.q else []:
        rows = rows.where(table.plain.contains(term, autoescape=True))
    after = paging.decode(query.cursor, bound)
    if after:
        rows = rows.where(tuple_(table.name, table.id) > (after[0], UUID(after[1])))
    found = (await tx.scalars(rows.order_by(table.name, table.id).limit(query.limit + 1))).all()
    page = paging.page(found, query.limit, bound, lambda template: [template.name, template.id])
    return page | {"data": await shown(tx, page["data"])}


async def list_template_versions(tx: Tx, template_id: UUID, query: PageQuery) -> dict[str, Any]:
    """A template's versions, the newest first."""
    template, table = await get_template(tx, template_id), StatementTemplateVersion
    bound = ["statement_template_versions", template.id]
    rows = select(table).where(table.template_id == template.id).order_by(table.number.desc()).limit(query.limit + 1)
    after = paging.decode(query.cursor, bound)
    if after:
        rows = rows.where(table.number < after[0])
    return paging.page((await tx.scalars(rows)).all(), query.limit, bound, lambda version: [version.number])


async def shown(tx: Tx, templates: Sequence[StatementTemplate]) -> list[dict[str, Any]]:
    """The templates as the API shows them, each with its newest version."""
    table = StatementTemplateVersion
    newest = [(template.id, template.latest_number) for template in templates]
    rows = select(table).where(tuple_(table.template_id, table.number).in_(newest)) if newest else None
    found = {row.template_id: row for row in await tx.scalars(rows)} if rows is not None else {}
    return [
        {name: value for name, value in columns_of(template).items() if name not in ("plain", "latest_number")}
        | {"latest": columns_of(found[template.id])}
        for template in templates
    ]


async def shown_one(tx: Tx, template: StatementTemplate) -> dict[str, Any]:
    """One template as the API shows it."""
    [answer] = await shown(tx, [template])
    return answer
