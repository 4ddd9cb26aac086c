"""Endpoints may be chat robots: whom they call, the vendor's secret, and what they were sent within their quota"""

import sqlalchemy as sa
from alembic import op

revision = 'chat_robots'
down_revision = "calm"
branch_labels = None
depends_on = None

FORMATS = 'ck_webhook_endpoints_payload_format'


def upgrade() -> None:
    op.create_table('robot_messages',
    sa.Column('endpoint_id', sa.Uuid(), nullable=False),
    sa.Column('token', sa.Uuid(), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('silent_until', sa.DateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['endpoint_id'], ['webhook_endpoints.id'], name=op.f('fk_robot_messages_endpoint_id_webhook_endpoints')),
    sa.PrimaryKeyConstraint('endpoint_id', 'token', name=op.f('pk_robot_messages'))
    )
    op.add_column('webhook_endpoints', sa.Column('robot_secret', sa.LargeBinary(), nullable=True))
    op.add_column('webhook_endpoints', sa.Column('at_people', sa.ARRAY(sa.Text()), server_default='{}', nullable=False))
    op.add_column('webhook_endpoints', sa.Column('at_all', sa.Boolean(), server_default='false', nullable=False))
    # With the column it constrains: there is nothing to look through then.
    named = op.f('ck_webhook_endpoints_at_grades')
    op.execute(
        "alter table webhook_endpoints add column at_grades text[] not null default '{major}' "
        f"constraint {named} check (at_grades <@ array['major', 'serious', 'general'])"
    )
    _allow("'standard', 'cloudevents', 'dingtalk', 'feishu', 'wecom', 'slack'")


def downgrade() -> None:
    # What is owed to a robot can't be told otherwise: it is given up with its endpoint.
    op.execute("update webhook_endpoints set deleted_at = coalesce(deleted_at, now()), payload_format = 'standard' "
               "where payload_format in ('dingtalk', 'feishu', 'wecom', 'slack')")
    _allow("'standard', 'cloudevents'")
    for name in ('at_grades', 'at_all', 'at_people', 'robot_secret'):
        op.drop_column('webhook_endpoints', name)
    op.drop_table('robot_messages')


def _allow(formats: str) -> None:
    """Endpoints are few: they are looked through at once."""
    op.execute(
        "-- squawk-ignore ban-drop-constraint, constraint-missing-not-valid\n"
        f"alter table webhook_endpoints drop constraint {FORMATS}, "
        f"add constraint {FORMATS} check (payload_format in ({formats}))"
    )
