"""Affected users of incidents, their names and contacts sealed (R50b)"""

from alembic import op

revision = "affected_users"
down_revision = "evidence"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("""
        create table affected_users (
          id uuid constraint pk_affected_users primary key,
          incident_id uuid not null constraint fk_affected_users_incident_id references incidents(id),
          name bytea,
          contact bytea,
          contact_kind text not null constraint ck_affected_users_contact_kind
            check (contact_kind in ('phone', 'email', 'wechat', 'other')),
          contact_hash bytea,
          purpose text not null,
          claim text not null default '',
          note text not null default '',
          platform text constraint ck_affected_users_platform
            check (platform in ('wechat_official', 'wechat_channels', 'weibo', 'douyin', 'xiaohongshu', 'zhihu', 'bilibili',
              'forum', 'news', 'other')),
          mention_id uuid constraint fk_affected_users_mention_id references mentions(id) on delete set null,
          erased_at timestamptz,
          created_by text not null,
          created_at timestamptz not null default now(),
          updated_at timestamptz not null default now(),
          version bigint not null default 1,
          constraint ck_affected_users_contact check ((erased_at is null) = (contact is not null)),
          constraint ck_affected_users_contact_hash check ((erased_at is null) = (contact_hash is not null)),
          constraint ck_affected_users_name check (erased_at is null or name is null))""")
    # The table is new: nobody waits for these.
    op.execute("create index ix_affected_users_incident on affected_users (incident_id, id)")
    op.execute("create index ix_affected_users_reachable on affected_users (incident_id) where erased_at is null")
    op.execute("create unique index uq_affected_users_contact on affected_users (incident_id, contact_hash)")
    op.execute("create index ix_affected_users_mention on affected_users (mention_id) where mention_id is not null")


def downgrade() -> None:
    op.execute("drop table affected_users")
