"""What can be searched: the characters and pairs of neighbours of what people wrote, beside its rows"""

from alembic import context, op
from sqlalchemy import text

revision = "screens"
down_revision = "incident_team"
branch_labels = None
depends_on = None

PORTION = 500


def upgrade() -> None:
    op.execute("""
        create table search_entries (
          kind text not null constraint ck_search_entries_kind check (kind in ('incident', 'task', 'note')),
          subject_id uuid not null,
          incident_id uuid not null constraint fk_search_entries_incident_id references incidents(id),
          plain text not null,
          grams text[] not null default '{}',
          constraint pk_search_entries primary key (kind, subject_id))""")
    op.execute("create index ix_search_entries_grams on search_entries using gin (grams) with (fastupdate = off)")
    op.execute("create index ix_search_entries_incident on search_entries (incident_id)")
    if not context.is_offline_mode():
        _keep_what_is_there()


def downgrade() -> None:
    op.execute("drop table search_entries")


def _keep_what_is_there() -> None:
    """The incidents there are. The words are evened out in Python, so no statement could do it."""
    from app.domain.bigrams import grams, searchable
    from app.domain.wording import mask_text

    connection = op.get_bind()
    found = connection.execute(text("select id, number, title, summary from incidents order by id")).all()
    for start in range(0, len(found), PORTION):
        rows = []
        for id_, *words in found[start : start + PORTION]:
            plain = searchable(map(mask_text, words))
            rows.append({"id": id_, "plain": plain, "grams": grams(plain)})
        connection.execute(
            text("insert into search_entries(kind, subject_id, incident_id, plain, grams) "
                 "values ('incident', :id, :id, :plain, :grams)"), rows)  # fmt: skip
