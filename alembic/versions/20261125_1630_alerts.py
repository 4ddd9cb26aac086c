"""What was said of a mention's figures, and copies of mentions that are evidence."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = 'alerts'
down_revision = 'acts'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column('mention_states', sa.Column('raised', sa.Integer(), server_default='0', nullable=False))
    op.create_table('mention_snapshots',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('mention_id', sa.Uuid(), nullable=False),
    sa.Column('reason', sa.Text(), nullable=False),
    sa.Column('reached', postgresql.ARRAY(sa.Text()), server_default='{}', nullable=False),
    sa.Column('platform', sa.Text(), nullable=False),
    sa.Column('external_id', sa.Text(), nullable=False),
    sa.Column('url', sa.Text(), nullable=True),
    sa.Column('author', sa.Text(), nullable=True),
    sa.Column('title', sa.Text(), nullable=True),
    sa.Column('text', sa.Text(), nullable=False),
    sa.Column('text_sha256', sa.Text(), nullable=False),
    sa.Column('published_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('observed_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('reposts', sa.BigInteger(), nullable=True),
    sa.Column('comments', sa.BigInteger(), nullable=True),
    sa.Column('likes', sa.BigInteger(), nullable=True),
    sa.Column('views', sa.BigInteger(), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.CheckConstraint("platform in ('wechat_official', 'wechat_channels', 'weibo', 'douyin', 'xiaohongshu', 'zhihu', 'bilibili', 'forum', 'news', 'other')", name=op.f('ck_mention_snapshots_platform')),
    sa.CheckConstraint("reason in ('legal_threshold')", name=op.f('ck_mention_snapshots_reason')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_mention_snapshots')),
    sa.UniqueConstraint('mention_id', 'reason', name=op.f('uq_mention_snapshots_mention_id_reason'))
    )


def downgrade() -> None:
    op.drop_table('mention_snapshots')
    op.drop_column('mention_states', 'raised')
