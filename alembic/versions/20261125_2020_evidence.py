"""Evidence: files, what they are evidence of, objects that are no file's; legal holds; the first hit keeps a copy"""

from alembic import op

revision = "evidence"
down_revision = "incident_team"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("""
        create table files (
          id uuid constraint pk_files primary key,
          name text not null,
          media_type text not null,
          size bigint not null constraint ck_files_size check (size between 1 and 52428800),
          sha256 text not null constraint ck_files_sha256 check (sha256 ~ '^[0-9a-f]{64}$'),
          captured_at timestamptz not null,
          source_url text,
          actor text not null,
          person_id uuid constraint fk_files_person_id references people(id),
          created_at timestamptz not null,
          constraint ck_files_captured check (captured_at <= created_at))""")
    op.execute("create index ix_files_sha256 on files (sha256)")
    op.execute("""
        create table file_attachments (
          id uuid constraint pk_file_attachments primary key,
          file_id uuid not null constraint fk_file_attachments_file_id references files(id),
          subject text not null constraint ck_file_attachments_subject
            check (subject in ('incident', 'mention', 'meeting', 'fact_check', 'publication', 'decision', 'task', 'note')),
          subject_id uuid not null,
          actor text not null,
          person_id uuid constraint fk_file_attachments_person_id references people(id),
          created_at timestamptz not null,
          constraint uq_file_attachments_subject unique (file_id, subject, subject_id))""")
    op.execute("create index ix_file_attachments_subject on file_attachments (subject, subject_id)")
    op.execute("""
        create table stray_objects (
          id uuid constraint pk_stray_objects primary key,
          remove_after timestamptz not null,
          doomed boolean not null default false)""")
    op.execute("create index ix_stray_objects_due on stray_objects (remove_after)")
    # Nothing to look through: in each row there is, all three are null.
    op.execute("""
        alter table incidents
          add column legal_hold_at timestamptz,
          -- squawk-ignore adding-foreign-key-constraint
          add column legal_hold_by uuid constraint fk_incidents_legal_hold_by references people(id),
          add column legal_hold_reason text,
          -- squawk-ignore constraint-missing-not-valid
          add constraint ck_incidents_legal_hold
            check (num_nulls(legal_hold_at, legal_hold_by, legal_hold_reason) in (0, 3))""")


    op.execute(
        "-- squawk-ignore ban-drop-constraint, constraint-missing-not-valid\n"
        "alter table mention_snapshots drop constraint ck_mention_snapshots_reason, add constraint "
        "ck_mention_snapshots_reason check (reason in ('first_hit', 'legal_threshold'))"
    )


def downgrade() -> None:
    # What the version before has no word for.
    op.execute("delete from mention_snapshots where reason = 'first_hit'")
    op.execute("""
        alter table mention_snapshots drop constraint ck_mention_snapshots_reason,
          add constraint ck_mention_snapshots_reason check (reason in ('legal_threshold'))""")
    op.execute("""
        alter table incidents drop column legal_hold_reason, drop column legal_hold_by, drop column legal_hold_at""")
    op.execute("drop table stray_objects")
    op.execute("drop table file_attachments")
    op.execute("drop table files")
