"""Notes on incidents and what belongs to them; how far people have read what calls them"""

from alembic import op

revision = "notes"
down_revision = "evidence"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("""
        create table notes (
          id uuid constraint pk_notes primary key,
          incident_id uuid not null constraint fk_notes_incident_id references incidents(id),
          subject text not null constraint ck_notes_subject
            check (subject in ('incident', 'task', 'statement_version', 'review')),
          subject_id uuid not null,
          body text not null constraint ck_notes_body check (char_length(body) between 1 and 20000),
          span_start integer,
          span_end integer,
          mentions uuid[] not null default '{}',
          corrects uuid constraint fk_notes_corrects references notes(id),
          actor text not null,
          person_id uuid constraint fk_notes_person_id references people(id),
          created_at timestamptz not null default now(),
          constraint ck_notes_incident check (subject <> 'incident' or subject_id = incident_id),
          constraint ck_notes_span check (
            (span_start is null and span_end is null)
            or (subject = 'statement_version' and span_start >= 0 and span_end > span_start)))""")
    op.execute("create index ix_notes_incident on notes (incident_id, id)")
    op.execute("create index ix_notes_subject on notes (subject_id, id)")
    op.execute("create unique index uq_notes_corrects on notes (corrects)")
    op.execute("""
        create table note_mentions (
          note_id uuid constraint fk_note_mentions_note_id references notes(id),
          person_id uuid constraint fk_note_mentions_person_id references people(id),
          at timestamptz not null,
          constraint pk_note_mentions primary key (note_id, person_id))""")
    op.execute("create index ix_note_mentions_person on note_mentions (person_id, at, note_id)")
    op.execute("""
        create table inbox_reads (
          person_id uuid constraint pk_inbox_reads primary key
            constraint fk_inbox_reads_person_id references people(id),
          read_up_to timestamptz not null)""")


def downgrade() -> None:
    op.execute("drop table inbox_reads")
    op.execute("drop table note_mentions")
    op.execute("drop table notes")
