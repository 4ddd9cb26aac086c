"""Reports of reviews, rendered by workers and stored once, and Word templates for them (方案 二(三))"""

from alembic import op

revision = "review_reports"
down_revision = "reviews"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("""
        create table report_templates (
          id uuid not null,
          name text not null,
          note text default '' not null,
          placeholders text[] default '{}' not null,
          size bigint not null,
          sha256 text not null,
          created_at timestamptz default now() not null,
          created_by text not null,
          withdrawn_at timestamptz,
          constraint pk_report_templates primary key (id)
        )""")
    op.execute("create index ix_report_templates_used on report_templates (id) where withdrawn_at is null")
    op.execute("""
        create table review_reports (
          id uuid not null,
          review_id uuid not null,
          review_version bigint not null,
          basis text not null,
          template_id uuid,
          state text default 'queued' not null,
          progress integer default 0 not null,
          token uuid,
          lease_until timestamptz,
          tries integer default 0 not null,
          asked_by text not null,
          created_at timestamptz default now() not null,
          finished_at timestamptz,
          failure text,
          detail text default '' not null,
          constraint pk_review_reports primary key (id),
          constraint ck_review_reports_state check (state in ('queued', 'rendering', 'done', 'failed')),
          constraint ck_review_reports_progress check (progress between 0 and 100),
          constraint ck_review_reports_token check ((state = 'rendering') = (token is not null)),
          constraint ck_review_reports_lease check ((state = 'rendering') = (lease_until is not null)),
          constraint ck_review_reports_finished check ((state in ('done', 'failed')) = (finished_at is not null)),
          constraint ck_review_reports_failure check ((state = 'failed') = (failure is not null)),
          constraint fk_review_reports_review_id foreign key(review_id) references reviews (id),
          constraint fk_review_reports_template_id foreign key(template_id) references report_templates (id)
        )""")
    op.execute("create index ix_review_reports_review on review_reports (review_id, id)")
    op.execute("create index ix_review_reports_waiting on review_reports (id) where state in ('queued', 'rendering')")
    op.execute("""
        create unique index uq_review_reports_basis on review_reports (review_id, basis) where state <> 'failed'""")
    op.execute("""
        create table review_report_files (
          id uuid not null,
          report_id uuid not null,
          format text not null,
          incident_id uuid,
          name text not null,
          size bigint not null,
          sha256 text not null,
          constraint pk_review_report_files primary key (id),
          constraint ck_review_report_files_format check (format in ('docx', 'html', 'markdown', 'svg', 'png')),
          constraint ck_review_report_files_incident check ((format in ('svg', 'png')) = (incident_id is not null)),
          constraint fk_review_report_files_report_id foreign key(report_id) references review_reports (id),
          constraint fk_review_report_files_incident_id foreign key(incident_id) references incidents (id)
        )""")
    op.execute("""
        create unique index uq_review_report_files_form on review_report_files (report_id, format, incident_id)
        nulls not distinct""")


def downgrade() -> None:
    op.execute("drop table review_report_files")
    op.execute("drop table review_reports")
    op.execute("drop table report_templates")
