"""Statement templates with immutable versions, and those that the service is born with (方案 二(二)2)"""

import json

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, UUID

from app.statements.seeds import rows

revision = "templates"
down_revision = "risks"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("""
        create table statement_templates (
          id uuid not null,
          key text,
          name text not null,
          kind text not null,
          language text not null,
          harm_class text,
          strategy text,
          platform text,
          topics text[] default '{}' not null,
          latest_number integer default 1 not null,
          plain text not null,
          archived_at timestamptz,
          created_by text not null,
          created_at timestamptz default now() not null,
          updated_at timestamptz default now() not null,
          version bigint default 1 not null,
          constraint pk_statement_templates primary key (id),
          constraint uq_statement_templates_key unique (key),
          constraint ck_statement_templates_kind check (kind in ('holding', 'progress', 'apology', 'clarification', 'lawyer')),
          constraint ck_statement_templates_harm_class check (harm_class in ('core_interest', 'user_rights', 'individual')),
          constraint ck_statement_templates_strategy check (strategy in ('deny', 'diminish', 'rebuild', 'bolster')),
          constraint ck_statement_templates_platform check (platform in (
            'wechat_official', 'wechat_channels', 'weibo', 'douyin', 'xiaohongshu', 'zhihu', 'bilibili', 'forum', 'news', 'other')),
          constraint ck_statement_templates_language check (language in ('zh', 'en')),
          constraint ck_statement_templates_latest_number check (latest_number >= 1)
        )""")
    op.execute("create index ix_statement_templates_kind on statement_templates (kind, id)")
    op.execute("""
        create table statement_template_versions (
          id uuid not null,
          template_id uuid not null,
          number integer not null,
          title text default '' not null,
          attitude text default '' not null,
          facts text default '' not null,
          solution text default '' not null,
          commitments jsonb default '[]' not null,
          next_update text,
          variables jsonb default '[]' not null,
          note text default '' not null,
          created_by text not null,
          created_at timestamptz default now() not null,
          constraint pk_statement_template_versions primary key (id),
          constraint uq_statement_template_versions_template_id_number unique (template_id, number),
          constraint ck_statement_template_versions_number check (number >= 1),
          constraint ck_statement_template_versions_commitments check (jsonb_array_length(commitments) <= 20),
          constraint ck_statement_template_versions_variables check (jsonb_array_length(variables) <= 40),
          constraint fk_statement_template_versions_template_id foreign key (template_id) references statement_templates (id)
        )""")
    op.execute("""
        create function template_versions_stay() returns trigger language plpgsql as $$
        begin
          raise exception 'a version of a template is never changed' using errcode = 'restrict_violation';
        end $$""")
    op.execute("""
        create trigger statement_template_versions_stay before update or delete on statement_template_versions
        for each row execute function template_versions_stay()""")
    op.execute("""
        alter table statement_versions
          -- As new as this table: hardly a row is checked.
          -- squawk-ignore adding-foreign-key-constraint, constraint-missing-not-valid
          add constraint fk_statement_versions_template_version_id
            foreign key (template_version_id) references statement_template_versions (id)""")
    born()


def born() -> None:
    """The shipped templates, each with its first version."""
    text = sa.Text
    templates = sa.table(
        "statement_templates", sa.column("id", UUID), sa.column("topics", ARRAY(text)),
        *(sa.column(name, text) for name in (
            "key", "name", "kind", "language", "harm_class", "strategy", "platform", "plain", "created_by")),
    )
    versions = sa.table(
        "statement_template_versions", sa.column("id", UUID), sa.column("template_id", UUID), sa.column("number", sa.Integer),
        sa.column("commitments", JSONB), sa.column("variables", JSONB),
        *(sa.column(name, text) for name in (
            "title", "attitude", "facts", "solution", "next_update", "note", "created_by")),
    )
    for template, version in rows():
        op.execute(templates.insert().values(template))
        lists = {
            name: sa.cast(sa.literal(json.dumps(version[name], ensure_ascii=False), text), JSONB)
            for name in ("commitments", "variables")
        }
        op.execute(versions.insert().values(version | lists))


def downgrade() -> None:
    op.execute("alter table statement_versions drop constraint fk_statement_versions_template_version_id")
    op.execute("drop table statement_template_versions")
    op.execute("drop table statement_templates")
    op.execute("drop function template_versions_stay()")
