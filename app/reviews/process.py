"""The decision on the process 流程 (R61): a new version of the grading policy, of the SLA policy, or of both, put in force."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import select

from app.core.auth import Caller
from app.core.db import Tx
from app.core.errors import Invalid
from app.domain import deadlines, grading
from app.domain.vocabulary.reviews import ReviewChangeAction, ReviewSubject
from app.incidents import policies, sla_policies
from app.incidents.versions import Policy, hold_force, put_in_force
from app.models import GradingPolicy, SlaPolicy
from app.models.base import columns_of
from app.reviews.changing import Deciding, Made, Seen, jsonable
from app.reviews.decision_schemas import ProcessChange


class ProcessChanger:
    """Policies are versions that never change: what is looked at is the one in force."""

    async def look(self, tx: Tx, change: ProcessChange, *, lock: bool = False) -> list[Seen]:
        """The policies in force beside what would take their place."""
        seen = []
        if change.grading_policy is not None:
            asked = change.grading_policy.model_dump(mode="json")
            asked["rules"] = _checked("/grading_policy/rules", grading, asked["rules"])
            seen.append(await _beside(tx, GradingPolicy, "grading_policy", asked))
        if change.sla_policy is not None:
            asked = change.sla_policy.model_dump(mode="json")
            asked["clocks"] = _checked("/sla_policy/clocks", deadlines, asked["clocks"])
            seen.append(await _beside(tx, SlaPolicy, "sla_policy", asked))
        return seen

    def scopes(self, change: ProcessChange) -> Iterable[str]:
        """Of whoever activates a policy."""
        return ("rules:write",)

    async def lock(self, tx: Tx, change: ProcessChange) -> None:
        """The ones in force stay so until these are."""
        if change.grading_policy is not None:
            await hold_force(tx, GradingPolicy)
        if change.sla_policy is not None:
            await hold_force(tx, SlaPolicy)

    async def apply(
        self, tx: Tx, change: ProcessChange, deciding: Deciding, *, caller: Caller, now: datetime
    ) -> list[Made]:  # fmt: skip
        """The next versions, in force from here on."""
        made = []
        if (grades := change.grading_policy) is not None:
            asked = grades.model_dump()
            before = await _in_force(tx, GradingPolicy)
            new = await policies.create_policy(tx, asked["name"], asked["rules"], note=asked["note"], caller=caller)
            made.append(_made("grading_policy", before, await put_in_force(tx, GradingPolicy, new.id, caller=caller)))
        if (clocks := change.sla_policy) is not None:
            asked = clocks.model_dump()
            was = await _in_force(tx, SlaPolicy)
            newer = await sla_policies.create_policy(tx, asked.pop("name"), asked.pop("clocks"), **asked, caller=caller)
            made.append(_made("sla_policy", was, await put_in_force(tx, SlaPolicy, newer.id, caller=caller)))
        return made


def _checked(place: str, rules: Any, stated: list[Any]) -> Any:
    """The stored form of what is stated; Invalid where it makes no sense."""
    try:
        return rules.policy_data(rules.policy_from(stated))
    except ValueError as error:
        raise Invalid.at(f"/change{place}", str(error), "policy_invalid") from None


async def _in_force(tx: Tx, table: type[Policy]) -> Policy:
    await tx.flush()
    query = select(table).where(table.active).execution_options(populate_existing=True)
    return (await tx.scalars(query)).one()


async def _beside(tx: Tx, table: type[Policy], subject: str, asked: dict[str, Any]) -> Seen:
    active = await _in_force(tx, table)
    row = columns_of(active)
    return Seen(
        place=f"/{subject}", subject=ReviewSubject(subject), action=ReviewChangeAction.ACTIVATE, name=asked["name"],
        id=str(active.id), version=active.version, before=jsonable({name: row[name] for name in asked}),
        after=jsonable(asked),
    )  # fmt: skip


def _made(subject: str, before: GradingPolicy | SlaPolicy, after: GradingPolicy | SlaPolicy) -> Made:
    return Made(
        subject=ReviewSubject(subject), subject_id=str(after.id), action=ReviewChangeAction.ACTIVATE, name=after.name,
        before_id=str(before.id), before_version=before.version, after_version=after.version,
    )  # fmt: skip
