"""What people did about incidents, and what they decided."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = 'acts'
down_revision = "working_calendar"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('acknowledgements',
    sa.Column('note', sa.Text(), server_default='', nullable=False),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('incident_id', sa.Uuid(), nullable=False),
    sa.Column('happened_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('recorded_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('actor', sa.Text(), nullable=False),
    sa.Column('person_id', sa.Uuid(), nullable=True),
    sa.CheckConstraint('happened_at <= recorded_at', name=op.f('ck_acknowledgements_happened')),
    sa.CheckConstraint('person_id is not null', name=op.f('ck_acknowledgements_person')),
    sa.ForeignKeyConstraint(['incident_id'], ['incidents.id'], name=op.f('fk_acknowledgements_incident_id')),
    sa.ForeignKeyConstraint(['person_id'], ['people.id'], name=op.f('fk_acknowledgements_person_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_acknowledgements'))
    )
    op.create_index('ix_acknowledgements_incident', 'acknowledgements', ['incident_id', 'id'], unique=False)
    op.create_table('decisions',
    sa.Column('kind', sa.Text(), nullable=False),
    sa.Column('question', sa.Text(), nullable=False),
    sa.Column('options', postgresql.ARRAY(sa.Text()), server_default='{}', nullable=False),
    sa.Column('choice', sa.Text(), nullable=False),
    sa.Column('reason', sa.Text(), nullable=False),
    sa.Column('substitute_platform', sa.Text(), nullable=True),
    sa.Column('corrects', sa.Uuid(), nullable=True),
    sa.Column('known', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('incident_id', sa.Uuid(), nullable=False),
    sa.Column('happened_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('recorded_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('actor', sa.Text(), nullable=False),
    sa.Column('person_id', sa.Uuid(), nullable=True),
    sa.CheckConstraint("kind in ('other', 'no_statement', 'origin_not_applicable')", name=op.f('ck_decisions_kind')),
    sa.CheckConstraint("substitute_platform in ('wechat_official', 'wechat_channels', 'weibo', 'douyin', 'xiaohongshu', 'zhihu', 'bilibili', 'forum', 'news', 'other')", name=op.f('ck_decisions_substitute_platform')),
    sa.CheckConstraint("substitute_platform is null or kind = 'origin_not_applicable'", name=op.f('ck_decisions_substitute')),
    sa.CheckConstraint('happened_at <= recorded_at', name=op.f('ck_decisions_happened')),
    sa.ForeignKeyConstraint(['corrects'], ['decisions.id'], name=op.f('fk_decisions_corrects')),
    sa.ForeignKeyConstraint(['incident_id'], ['incidents.id'], name=op.f('fk_decisions_incident_id')),
    sa.ForeignKeyConstraint(['person_id'], ['people.id'], name=op.f('fk_decisions_person_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_decisions'))
    )
    op.create_index('ix_decisions_incident', 'decisions', ['incident_id', 'id'], unique=False)
    op.create_index('uq_decisions_corrects', 'decisions', ['corrects'], unique=True)
    op.create_table('fact_checks',
    sa.Column('truth', sa.Text(), nullable=False),
    sa.Column('responsibility', sa.Text(), nullable=False),
    sa.Column('evidence', sa.Text(), nullable=False),
    sa.Column('note', sa.Text(), server_default='', nullable=False),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('incident_id', sa.Uuid(), nullable=False),
    sa.Column('happened_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('recorded_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('actor', sa.Text(), nullable=False),
    sa.Column('person_id', sa.Uuid(), nullable=True),
    sa.CheckConstraint("responsibility in ('company', 'supplier', 'distributor', 'platform', 'user', 'undetermined')", name=op.f('ck_fact_checks_responsibility')),
    sa.CheckConstraint("truth in ('confirmed', 'partly_confirmed', 'unfounded', 'misunderstanding', 'unverifiable')", name=op.f('ck_fact_checks_truth')),
    sa.CheckConstraint('happened_at <= recorded_at', name=op.f('ck_fact_checks_happened')),
    sa.ForeignKeyConstraint(['incident_id'], ['incidents.id'], name=op.f('fk_fact_checks_incident_id')),
    sa.ForeignKeyConstraint(['person_id'], ['people.id'], name=op.f('fk_fact_checks_person_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_fact_checks'))
    )
    op.create_index('ix_fact_checks_incident', 'fact_checks', ['incident_id', 'id'], unique=False)
    op.create_table('meetings',
    sa.Column('direction', sa.Text(), nullable=True),
    sa.Column('note', sa.Text(), server_default='', nullable=False),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('incident_id', sa.Uuid(), nullable=False),
    sa.Column('happened_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('recorded_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('actor', sa.Text(), nullable=False),
    sa.Column('person_id', sa.Uuid(), nullable=True),
    sa.CheckConstraint('happened_at <= recorded_at', name=op.f('ck_meetings_happened')),
    sa.ForeignKeyConstraint(['incident_id'], ['incidents.id'], name=op.f('fk_meetings_incident_id')),
    sa.ForeignKeyConstraint(['person_id'], ['people.id'], name=op.f('fk_meetings_person_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_meetings'))
    )
    op.create_index('ix_meetings_incident', 'meetings', ['incident_id', 'id'], unique=False)
    op.create_table('publications',
    sa.Column('platform', sa.Text(), nullable=False),
    sa.Column('statement_kind', sa.Text(), nullable=False),
    sa.Column('url', sa.Text(), nullable=True),
    sa.Column('title', sa.Text(), server_default='', nullable=False),
    sa.Column('origin_platform', sa.Text(), nullable=True),
    sa.Column('on_origin', sa.Boolean(), nullable=False),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('incident_id', sa.Uuid(), nullable=False),
    sa.Column('happened_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('recorded_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('actor', sa.Text(), nullable=False),
    sa.Column('person_id', sa.Uuid(), nullable=True),
    sa.CheckConstraint("origin_platform in ('wechat_official', 'wechat_channels', 'weibo', 'douyin', 'xiaohongshu', 'zhihu', 'bilibili', 'forum', 'news', 'other')", name=op.f('ck_publications_origin_platform')),
    sa.CheckConstraint("platform in ('wechat_official', 'wechat_channels', 'weibo', 'douyin', 'xiaohongshu', 'zhihu', 'bilibili', 'forum', 'news', 'other')", name=op.f('ck_publications_platform')),
    sa.CheckConstraint("statement_kind in ('holding', 'progress', 'apology', 'clarification', 'lawyer')", name=op.f('ck_publications_statement_kind')),
    sa.CheckConstraint('happened_at <= recorded_at', name=op.f('ck_publications_happened')),
    sa.ForeignKeyConstraint(['incident_id'], ['incidents.id'], name=op.f('fk_publications_incident_id')),
    sa.ForeignKeyConstraint(['person_id'], ['people.id'], name=op.f('fk_publications_person_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_publications'))
    )
    op.create_index('ix_publications_incident', 'publications', ['incident_id', 'id'], unique=False)


def downgrade() -> None:
    op.drop_index('ix_publications_incident', table_name='publications')
    op.drop_table('publications')
    op.drop_index('ix_meetings_incident', table_name='meetings')
    op.drop_table('meetings')
    op.drop_index('ix_fact_checks_incident', table_name='fact_checks')
    op.drop_table('fact_checks')
    op.drop_index('uq_decisions_corrects', table_name='decisions')
    op.drop_index('ix_decisions_incident', table_name='decisions')
    op.drop_table('decisions')
    op.drop_index('ix_acknowledgements_incident', table_name='acknowledgements')
    op.drop_table('acknowledgements')
