"""Clocks as data and as rows; incidents that are exercises; what is said once a period."""

import json
import uuid

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = 'deadlines'
down_revision = 'events_carry_the_trace'
branch_labels = None
depends_on = None


# 方案 一, 二(一)2, 二(二), 二(三). A test holds this equal to app.domain.deadlines.PLAN.
PLAN = [
    {"kind": "alert", "grades": [], "seconds": 600},
    {"kind": "first_response", "grades": ["major"], "seconds": 1_800},
    {"kind": "first_response", "grades": ["serious", "general"], "seconds": 3_600},
    {"kind": "emergency_meeting", "grades": ["major"], "seconds": 1_800},
    {"kind": "fact_check", "grades": [], "seconds": 3_600},
    {"kind": "first_word", "grades": ["major"], "seconds": 7_200},
    {"kind": "first_word", "grades": ["serious", "general"], "seconds": 14_400},
    {"kind": "first_statement", "grades": [], "seconds": 86_400},
    {"kind": "closing", "grades": [], "seconds": 259_200},
    {"kind": "review", "grades": [], "working_days": 3},
]
BLANK = {"seconds": None, "working_days": None}


def upgrade() -> None:
    op.create_table('said_once',
    sa.Column('what', sa.Text(), nullable=False),
    sa.Column('period', sa.Text(), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.PrimaryKeyConstraint('what', 'period', name=op.f('pk_said_once'))
    )
    op.create_table('sla_policies',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('name', sa.Text(), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('clocks', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('note', sa.Text(), server_default='', nullable=False),
    sa.Column('active', sa.Boolean(), server_default='false', nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('created_by', sa.Text(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_sla_policies')),
    sa.UniqueConstraint('name', 'version', name=op.f('uq_sla_policies_name_version'))
    )
    op.create_index('uq_sla_policies_active', 'sla_policies', ['active'], unique=True, postgresql_where=sa.text('active'))
    op.get_bind().execute(
        sa.text("""
            insert into sla_policies(id, name, version, clocks, note, active, created_by)
            values (:id, 'plan', 1, cast(:clocks as jsonb), '方案 二', true, 'system:fenghuo')"""),
        {"id": uuid.UUID(int=1), "clocks": json.dumps([BLANK | clock for clock in PLAN])},
    )
    op.create_table('deadlines',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('kind', sa.Text(), nullable=False),
    sa.Column('incident_id', sa.Uuid(), nullable=True),
    sa.Column('mention_id', sa.Uuid(), nullable=True),
    sa.Column('event_id', sa.BigInteger(), nullable=True),
    sa.Column('level', sa.Integer(), nullable=False),
    sa.Column('is_drill', sa.Boolean(), server_default='false', nullable=False),
    sa.Column('policy_id', sa.Uuid(), nullable=False),
    sa.Column('state', sa.Text(), server_default='running', nullable=False),
    sa.Column('started_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('due_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('set_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('next_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('estimated', sa.Boolean(), server_default='false', nullable=False),
    sa.Column('met_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('recorded_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('met_by', sa.Text(), nullable=True),
    sa.Column('ended_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('reason', sa.Text(), nullable=True),
    sa.CheckConstraint("(state = 'running') or next_at is null", name=op.f('ck_deadlines_rings')),
    sa.CheckConstraint("kind in ('alert', 'first_response', 'emergency_meeting', 'fact_check', 'first_word', 'first_statement', 'closing', 'review')", name=op.f('ck_deadlines_kind')),
    sa.CheckConstraint("state in ('running', 'met', 'met_recorded_late', 'breached', 'cancelled', 'unpushed')", name=op.f('ck_deadlines_state')),
    sa.CheckConstraint('level between 1 and 4', name=op.f('ck_deadlines_level')),
    sa.ForeignKeyConstraint(['incident_id'], ['incidents.id'], name=op.f('fk_deadlines_incident_id')),
    sa.ForeignKeyConstraint(['policy_id'], ['sla_policies.id'], name=op.f('fk_deadlines_policy_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_deadlines')),
    postgresql_with={'fillfactor': 80}
    )
    op.create_index('ix_deadlines_next', 'deadlines', ['level', 'next_at'], unique=False, postgresql_where=sa.text("next_at is not null and kind <> 'alert'"))
    op.create_index('ix_alerts_next', 'deadlines', ['level', 'next_at'], unique=False, postgresql_where=sa.text("next_at is not null and kind = 'alert'"))
    op.create_index('ix_alerts_due', 'deadlines', ['due_at', 'id'], unique=False, postgresql_where=sa.text("next_at is not null and kind = 'alert'"))
    op.create_index('ix_deadlines_mention', 'deadlines', ['mention_id'], unique=False, postgresql_where=sa.text('mention_id is not null'))
    op.create_index('ix_deadlines_due', 'deadlines', ['due_at', 'id'], unique=False)
    op.create_index('ix_deadlines_running', 'deadlines', ['due_at', 'id'], unique=False, postgresql_where=sa.text("state = 'running'"))
    op.create_index('ix_deadlines_state', 'deadlines', ['state', 'due_at', 'id'], unique=False, postgresql_where=sa.text("state in ('met_recorded_late', 'breached', 'cancelled', 'unpushed')"))
    op.create_index('ix_deadlines_kind', 'deadlines', ['kind', 'due_at', 'id'], unique=False, postgresql_where=sa.text("kind <> 'alert'"))
    op.create_index('ix_deadlines_drills', 'deadlines', ['due_at', 'id'], unique=False, postgresql_where=sa.text('is_drill'))
    op.create_index('ix_deadlines_incident', 'deadlines', ['incident_id', 'id'], unique=False)
    op.create_index('ix_deadlines_ended', 'deadlines', ['ended_at'], unique=False, postgresql_where=sa.text('ended_at is not null'))
    op.create_index('ix_deadlines_started', 'deadlines', ['started_at'], unique=False, postgresql_using='brin')
    op.create_index('uq_deadlines_running', 'deadlines', ['incident_id', 'kind'], unique=True, postgresql_where=sa.text("state = 'running' and incident_id is not null and kind <> 'alert'"))
    op.create_table('deadline_firings',
    sa.Column('deadline_id', sa.Uuid(), nullable=False),
    sa.Column('threshold', sa.Integer(), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('late_by_seconds', sa.Float(), nullable=False),
    sa.ForeignKeyConstraint(['deadline_id'], ['deadlines.id'], name=op.f('fk_deadline_firings_deadline_id')),
    sa.PrimaryKeyConstraint('deadline_id', 'threshold', name=op.f('pk_deadline_firings'))
    )
    op.add_column('incidents', sa.Column('is_drill', sa.Boolean(), server_default='false', nullable=False))


def downgrade() -> None:
    op.drop_column('incidents', 'is_drill')
    op.drop_table('deadline_firings')
    op.drop_table('deadlines')
    op.drop_table('sla_policies')
    op.drop_table('said_once')
