"""The lint's lists of words, as they are shipped, and what it found in versions that were submitted (方案 二(二)2).

The lists are read from alembic/seeds/lint_lists. What is changed there later reaches no database: write a migration that adds
another version of a list.
"""

import json
import tomllib
import uuid
from pathlib import Path

import sqlalchemy as sa
from alembic import op

revision = "lint"
down_revision = "commitments"
branch_labels = None
depends_on = None

SEEDS = Path(__file__).resolve().parents[1] / "seeds/lint_lists"
# So that every database has the same ids.
NAMESPACE = uuid.UUID("0197a3f0-0000-7000-8000-000000000011")


def quoted(words: str) -> str:
    """As a literal, in which a colon is a colon."""
    return "'" + words.replace("'", "''").replace(":", "\\:") + "'"


def upgrade() -> None:
    op.execute("""
        create table lint_lists (
          id uuid not null,
          key text not null,
          version integer not null,
          kind text not null,
          name_zh text not null,
          name_en text not null,
          entries jsonb not null,
          note text default '' not null,
          created_at timestamptz default now() not null,
          created_by text not null,
          constraint pk_lint_lists primary key (id),
          constraint uq_lint_lists_key_version unique (key, version),
          constraint ck_lint_lists_kind check (kind in ('phrases', 'cues')),
          constraint ck_lint_lists_version check (version >= 1),
          constraint ck_lint_lists_entries check (jsonb_array_length(entries) <= 300)
        )""")
    op.execute("""
        create table statement_lints (
          version_id uuid not null,
          at timestamptz not null,
          report jsonb not null,
          constraint pk_statement_lints primary key (version_id),
          constraint fk_statement_lints_version_id foreign key(version_id) references statement_versions (id)
        )""")
    for path in sorted(SEEDS.glob("*.toml")):
        found = tomllib.loads(path.read_text("utf-8"))
        entries = json.dumps(found["entries"], ensure_ascii=False)
        values = (str(uuid.uuid5(NAMESPACE, found["key"])), found["key"], found["kind"], found["name"]["zh"],
                  found["name"]["en"], entries)  # fmt: skip
        op.execute(sa.text(
            "insert into lint_lists (id, key, kind, name_zh, name_en, entries, version, note, created_by) "
            f"values ({', '.join(map(quoted, values))}, 1, '', 'system:fenghuo')"
        ))  # fmt: skip


def downgrade() -> None:
    op.execute("drop table statement_lints")
    op.execute("drop table lint_lists")
