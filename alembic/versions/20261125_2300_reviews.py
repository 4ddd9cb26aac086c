"""Reviews: whom they were born of, what covered an incident before, hours, previews, and what was changed (方案 二(三))"""

from alembic import op

revision = "reviews"
down_revision = "lint"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("""
        alter table reviews
          -- There are as many rows as reviews.
          -- squawk-ignore adding-foreign-key-constraint
          add column born_of uuid constraint fk_reviews_born_of references incidents(id),
          add column since timestamptz not null default now(),
          add column found_at timestamptz,
          -- squawk-ignore adding-foreign-key-constraint
          add column reported_by uuid constraint fk_reviews_reported_by references people(id),
          add column report_id uuid,
          add column overdue_told_at timestamptz""")
    op.execute("""
        update reviews r set born_of = (
          select incident_id from review_incidents i where i.review_id in (r.id, r.merged_into)
          order by i.review_id <> r.id, added_at limit 1)""")
    op.execute("""
        delete from review_decisions where review_id in (select id from reviews where born_of is null)""")
    op.execute("delete from reviews where born_of is null")
    op.execute("-- squawk-ignore adding-not-nullable-field\nalter table reviews alter column born_of set not null")
    # Not concurrently: that ends the transaction, and with it the lock that keeps a second migration out.
    index("index ix_reviews_born_of on reviews (born_of, id)")
    index("""index ix_reviews_decisions_due on reviews (decisions_due_at)
        where status in ('open', 'reported') and overdue_told_at is null""")
    op.execute(
        "-- squawk-ignore ban-drop-constraint\n"
        "alter table review_incidents drop constraint uq_review_incidents_incident_id, add column left_at timestamptz"
    )
    index("index ix_review_incidents_incident on review_incidents (incident_id)")
    index("unique index uq_review_incidents_incident on review_incidents (incident_id) where left_at is null")
    op.execute("""
        alter table review_decisions
          -- Nothing was ever applied.
          -- squawk-ignore ban-drop-column
          drop column applied,
          add column previews jsonb not null default '[]',
          add column updated_at timestamptz not null default now(),
          add column version bigint not null default 1""")
    op.execute("""
        create table review_efforts (
          id uuid not null,
          review_id uuid not null,
          person_id uuid,
          department_id uuid,
          hours double precision not null,
          constraint pk_review_efforts primary key (id),
          constraint uq_review_efforts_review_id_person_id unique (review_id, person_id),
          constraint uq_review_efforts_review_id_department_id unique (review_id, department_id),
          constraint ck_review_efforts_whose check (num_nonnulls(person_id, department_id) = 1),
          constraint ck_review_efforts_hours check (hours > 0 and hours <= 10000),
          constraint fk_review_efforts_review_id foreign key(review_id) references reviews (id),
          constraint fk_review_efforts_person_id foreign key(person_id) references people (id),
          constraint fk_review_efforts_department_id foreign key(department_id) references departments (id)
        )""")
    op.execute("""
        create table review_changes (
          id uuid not null,
          review_id uuid not null,
          decision_id uuid not null,
          subject text not null,
          subject_id text not null,
          action text not null,
          name text not null,
          before_id text,
          before_version bigint,
          after_version bigint,
          at timestamptz not null default now(),
          constraint pk_review_changes primary key (id),
          constraint ck_review_changes_subject check (
            subject in ('risk', 'grading_policy', 'sla_policy', 'watch_rule', 'media_outlet', 'core_platform')),
          constraint fk_review_changes_review_id foreign key(review_id) references reviews (id),
          constraint fk_review_changes_decision_id foreign key(decision_id) references review_decisions (id)
        )""")
    op.execute("create index ix_review_changes_decision on review_changes (decision_id, id)")
    op.execute("create index ix_review_changes_subject on review_changes (subject_id)")


def downgrade() -> None:
    op.execute("drop table review_changes")
    op.execute("drop table review_efforts")
    op.execute("""
        alter table review_decisions drop column version, drop column updated_at, drop column previews,
          add column applied jsonb not null default '{}'""")
    op.execute("drop index uq_review_incidents_incident")
    op.execute("drop index ix_review_incidents_incident")
    op.execute("delete from review_incidents where left_at is not null")
    op.execute("""
        alter table review_incidents drop column left_at,
          add constraint uq_review_incidents_incident_id unique (incident_id)""")
    op.execute("drop index ix_reviews_decisions_due")
    op.execute("drop index ix_reviews_born_of")
    op.execute("""
        alter table reviews drop column overdue_told_at, drop column report_id, drop column reported_by,
          drop column found_at, drop column since, drop column born_of""")


def index(create: str) -> None:
    op.execute(f"-- squawk-ignore require-concurrent-index-creation\ncreate {create}")
