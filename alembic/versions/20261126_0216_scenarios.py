"""The scenarios that the service is born with, versions that stay, and what a drill taught as a task (方案 三)"""

import json

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB, UUID, insert

from app.trainings.scenario_seeds import rows

revision = "scenarios"
down_revision = "drills"
branch_labels = None
depends_on = None

KINDS = (
    "meeting", "fact_check", "media_clarification", "kol_clarification", "press_inquiry", "unified_wording",
    "pause_ads", "regulator_report", "internal_notice", "progress_note", "remediation", "commitment",
    "takedown_report", "comment_guidance", "follow_up", "other",
)  # fmt: skip


def kinds_are(kinds: tuple[str, ...]) -> None:
    listed = ", ".join(f"'{kind}'" for kind in kinds)
    # It is there again at the end of the transaction; nothing there breaks it.
    op.execute("-- squawk-ignore ban-drop-constraint\nalter table tasks drop constraint ck_tasks_kind")
    op.execute(f"alter table tasks add constraint ck_tasks_kind check (kind in ({listed})) not valid")


def upgrade() -> None:
    op.execute("alter table scenarios add column latest_number int default 1 not null")
    op.execute("""
        -- squawk-ignore constraint-missing-not-valid
        alter table scenarios add constraint ck_scenarios_latest_number check (latest_number >= 1)""")
    op.execute("""
        update scenarios s set latest_number = v.number
        from (select scenario_id, max(number) as number from scenario_versions group by scenario_id) v
        where v.scenario_id = s.id""")
    op.execute("""
        create function scenario_versions_stay() returns trigger language plpgsql as $$
        begin
          raise exception 'a version of a scenario is never changed' using errcode = 'restrict_violation';
        end $$""")
    op.execute("""
        create trigger scenario_versions_stay before update or delete on scenario_versions
        for each row execute function scenario_versions_stay()""")
    kinds_are((*KINDS, "improvement"))
    born()


def born() -> None:
    """The shipped scenarios, each with its first version. A downgrade leaves them there: drills may have played them."""
    text = sa.Text
    scenarios = sa.table(
        "scenarios", sa.column("id", UUID), sa.column("latest_number", sa.Integer),
        *(sa.column(name, text) for name in ("key", "name", "created_by")),
    )
    versions = sa.table(
        "scenario_versions", sa.column("id", UUID), sa.column("scenario_id", UUID), sa.column("number", sa.Integer),
        sa.column("content", JSONB), sa.column("note", text), sa.column("created_by", text),
    )
    for scenario, version in rows():
        op.execute(insert(scenarios).values(scenario).on_conflict_do_nothing())
        content = sa.cast(sa.literal(json.dumps(version["content"], ensure_ascii=False), text), JSONB)
        op.execute(insert(versions).values(version | {"content": content}).on_conflict_do_nothing())


def downgrade() -> None:
    # What a drill taught was to be done: it stays to be done.
    op.execute("update tasks set kind = 'other', result = null where kind = 'improvement'")
    kinds_are(KINDS)
    op.execute("drop trigger scenario_versions_stay on scenario_versions")
    op.execute("drop function scenario_versions_stay()")
    op.execute("alter table scenarios drop column latest_number")
