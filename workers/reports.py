"""Renders the reports of reviews that wait for it, one at a time: long work, in steps that any worker may go on with."""

import asyncio
from collections.abc import Callable
from io import BytesIO
from typing import Final, TypeVar
from uuid import UUID

import structlog

from app.core.db import Tx
from app.core.errors import Unavailable
from app.core.storage import Storage
from app.domain.review_report import Report
from app.domain.vocabulary.reports import ReportFormat
from app.reviews import rendering
from app.reviews.rendering import Claimed, Rendered
from app.reviews.template_filling import TemplateRefused
from workers.context import Context

log = structlog.get_logger()

LOOK = 1.0
KEEP: Final = rendering.LEASE.total_seconds() / 3
"""How often the lease is renewed while something is reckoned."""
T = TypeVar("T")
# How far it is once it is read, and once a form is rendered.
_BEGUN: Final = 20
_PROGRESS = dict(zip(ReportFormat, (45, 55, 60, 65, 70), strict=True))


class Reporter:
    """The renderer of one process. What it reckons runs aside from the loop, in a thread: clocks go on meanwhile."""

    def __init__(self, context: Context, storage: Storage) -> None:
        self._database, self._storage = context.database, storage
        self._more = False

    def seconds(self) -> float:
        """How long the next sweep may be put off: not at all while reports wait."""
        return 0.0 if self._more else LOOK

    async def sweep(self) -> int:
        """Renders the report that waits longest; how many that were, 0 or 1."""
        claimed = await self._database.run(rendering.claim)
        self._more = claimed is not None
        if claimed is None:
            return 0
        try:
            await self._render(claimed)
        except TemplateRefused as refused:
            await self._fail(claimed, f"The Word template {refused}.")
        except Unavailable as error:
            log.warning("a report waits for the storage", report=str(claimed.id), error=str(error))
            await self._put_back(claimed, counts=False)
        except Exception:
            log.exception("a report was not rendered, trying again", report=str(claimed.id))
            await self._put_back(claimed, counts=True)
        return 1

    async def _render(self, claimed: Claimed) -> None:
        read = await self._database.run(lambda tx: rendering.read(tx, claimed))
        if read is None:
            return
        report, template_id = read
        template = await self._template(template_id)
        files = await self._forms(claimed, report, template)
        if files is None or not await self._kept(claimed, files):
            log.warning("another worker renders the report by now", report=str(claimed.id))
            return
        log.info("report rendered", report=str(claimed.id), bytes=sum(len(file.content) for file in files))

    async def _forms(self, claimed: Claimed, report: Report, template: bytes | None) -> list[Rendered] | None:
        pictures = await self._aside(claimed, _BEGUN, rendering.drawn, report)
        files: list[Rendered] = []
        before = _BEGUN
        for format_, progress in _PROGRESS.items():
            files += await self._aside(claimed, before, rendering.render, format_, report, pictures, template)
            if not await self._go_on(claimed, progress):
                return None
            before = progress
        return files

    async def _aside(self, claimed: Claimed, progress: int, function: Callable[..., T], *args: object) -> T:
        """What the function returns, in a thread. The lease is kept meanwhile: of fifty incidents a document takes minutes."""
        work = asyncio.ensure_future(asyncio.to_thread(function, *args))
        while not (await asyncio.wait((work,), timeout=KEEP))[0]:
            await self._go_on(claimed, progress)
        return work.result()

    async def _go_on(self, claimed: Claimed, progress: int) -> bool:
        return await self._database.run(lambda tx: rendering.go_on(tx, claimed, progress))

    async def _kept(self, claimed: Claimed, files: list[Rendered]) -> bool:
        """Puts the contents into the storage, and then the report on record."""

        async def announce(tx: Tx) -> bool:
            return await rendering.announce_all(tx, claimed, files, now=await tx.now())

        async def finish(tx: Tx) -> bool:
            return await rendering.finish(tx, claimed, files, now=await tx.now())

        if not await self._database.run(announce):
            return False
        for file in files:
            await self._storage.put(file.id, BytesIO(file.content))
        return await self._database.run(finish)

    async def _template(self, template_id: UUID | None) -> bytes | None:
        if template_id is None:
            return None
        row = await self._database.run(lambda tx: rendering.template_named(tx, template_id))
        return b"".join([piece async for piece in self._storage.stream(row.id, 0, row.size, size=row.size)])

    async def _fail(self, claimed: Claimed, detail: str) -> None:
        await self._database.run(lambda tx: rendering.fail(tx, claimed, "template_refused", detail))

    async def _put_back(self, claimed: Claimed, *, counts: bool) -> None:
        self._more = False
        await self._database.run(lambda tx: rendering.put_back(tx, claimed, counts=counts))
