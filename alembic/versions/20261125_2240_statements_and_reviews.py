"""Statements with versions and approvals, and reviews with decisions (方案 二(二)2, 二(三))"""

from alembic import op

revision = "statements_and_reviews"
down_revision = "affected_worked"
branch_labels = None
depends_on = None

SUBJECTS = "incident mention meeting fact_check publication decision task note".split()
# Who holds what is new; administrators may have changed the rest.
GRANTS = {
    "reader": "statements:read reviews:read",
    "responder": "statements:read statements:write statements:approve publications:write reviews:read reviews:write",
    "lead": "statements:read statements:write statements:approve publications:write reviews:read reviews:write",
    "legal": "statements:read reviews:read",
    "admin": "statements:read statements:write statements:approve publications:write reviews:read reviews:write",
    "integration": "statements:read publications:write",
}
NEW = GRANTS["admin"]


def subjects_are(subjects: list[str]) -> None:
    words = ", ".join(f"'{subject}'" for subject in subjects)
    op.execute(
        "-- squawk-ignore ban-drop-constraint, constraint-missing-not-valid\n"
        "alter table file_attachments drop constraint ck_file_attachments_subject, "
        f"add constraint ck_file_attachments_subject check (subject in ({words}))"
    )


def upgrade() -> None:
    op.execute("""
        create table statements (
          id uuid not null,
          incident_id uuid not null,
          is_drill boolean default false not null,
          kind text not null,
          name text not null,
          status text not null,
          strategy text,
          latest_number integer default 1 not null,
          published_at timestamptz,
          published_unapproved boolean default false not null,
          withdrawn_at timestamptz,
          withdrawn_reason text,
          created_by text not null,
          creator_id uuid,
          created_at timestamptz default now() not null,
          updated_at timestamptz default now() not null,
          version bigint default 1 not null,
          constraint pk_statements primary key (id),
          constraint ck_statements_kind check (kind in ('holding', 'progress', 'apology', 'clarification', 'lawyer')),
          constraint ck_statements_status check (status in ('draft', 'in_review', 'changes_requested', 'approved', 'published', 'withdrawn')),
          constraint ck_statements_strategy check (strategy in ('deny', 'diminish', 'rebuild', 'bolster')),
          constraint ck_statements_withdrawn check ((status = 'withdrawn') = (withdrawn_at is not null)),
          constraint ck_statements_withdrawn_reason check ((withdrawn_at is null) = (withdrawn_reason is null)),
          constraint ck_statements_published check (status <> 'published' or published_at is not null),
          constraint ck_statements_published_unapproved check (not published_unapproved or published_at is not null),
          constraint fk_statements_incident_id foreign key(incident_id) references incidents (id),
          constraint fk_statements_creator_id foreign key(creator_id) references people (id)
        )""")
    op.execute("""create index ix_statements_incident on statements (incident_id, id)""")
    op.execute("""create index ix_statements_status on statements (status, id)""")
    op.execute("""
        create table statement_versions (
          id uuid not null,
          statement_id uuid not null,
          incident_id uuid not null,
          number integer not null,
          title text default '' not null,
          attitude text default '' not null,
          facts text default '' not null,
          solution text default '' not null,
          commitments jsonb default '[]' not null,
          next_update_at timestamptz,
          waivers jsonb default '{}' not null,
          platform_texts jsonb default '{}' not null,
          text text not null,
          template_version_id uuid,
          cites uuid[] default '{}' not null,
          author_ids uuid[] default '{}' not null,
          created_at timestamptz default now() not null,
          updated_at timestamptz default now() not null,
          submitted_at timestamptz,
          submitted_by uuid,
          constraint pk_statement_versions primary key (id),
          constraint uq_statement_versions_statement_id_number unique (statement_id, number),
          constraint ck_statement_versions_number check (number >= 1),
          constraint ck_statement_versions_commitments check (jsonb_array_length(commitments) <= 20),
          constraint ck_statement_versions_submitted check (submitted_at is not null or submitted_by is null),
          constraint fk_statement_versions_statement_id foreign key(statement_id) references statements (id),
          constraint fk_statement_versions_incident_id foreign key(incident_id) references incidents (id),
          constraint fk_statement_versions_submitted_by foreign key(submitted_by) references people (id)
        )""")
    op.execute("""create index ix_statement_versions_incident on statement_versions (incident_id, id)""")
    op.execute("""
        create table approval_delegations (
          id uuid not null,
          person_id uuid not null,
          delegate_id uuid not null,
          slots text[] not null,
          starts_at timestamptz not null,
          ends_at timestamptz not null,
          reason text not null,
          revoked_at timestamptz,
          created_at timestamptz default now() not null,
          constraint pk_approval_delegations primary key (id),
          constraint ck_approval_delegations_time check (ends_at > starts_at),
          constraint ck_approval_delegations_delegate check (delegate_id <> person_id),
          constraint fk_approval_delegations_person_id foreign key(person_id) references people (id),
          constraint fk_approval_delegations_delegate_id foreign key(delegate_id) references people (id)
        )""")
    op.execute("""create index ix_approval_delegations_delegate on approval_delegations (delegate_id, ends_at)""")
    op.execute("""create index ix_approval_delegations_person on approval_delegations (person_id, ends_at)""")
    op.execute("""
        create table statement_approvals (
          id uuid not null,
          statement_id uuid not null,
          version_id uuid not null,
          slot text not null,
          outcome text not null,
          person_id uuid not null,
          on_behalf_of uuid,
          delegation_id uuid,
          comment text default '' not null,
          at timestamptz not null,
          constraint pk_statement_approvals primary key (id),
          constraint ck_statement_approvals_slot check (slot in ('public_relations', 'legal', 'lead')),
          constraint ck_statement_approvals_outcome check (outcome in ('changes_requested', 'approved')),
          constraint ck_statement_approvals_delegation check ((on_behalf_of is null) = (delegation_id is null)),
          constraint ck_statement_approvals_on_behalf_of check (on_behalf_of is null or on_behalf_of <> person_id),
          constraint fk_statement_approvals_statement_id foreign key(statement_id) references statements (id),
          constraint fk_statement_approvals_version_id foreign key(version_id) references statement_versions (id),
          constraint fk_statement_approvals_person_id foreign key(person_id) references people (id),
          constraint fk_statement_approvals_on_behalf_of foreign key(on_behalf_of) references people (id),
          constraint fk_statement_approvals_delegation_id foreign key(delegation_id) references approval_delegations (id)
        )""")
    op.execute("""create index ix_statement_approvals_version on statement_approvals (version_id, id)""")
    op.execute("""create unique index uq_statement_approvals_person on statement_approvals (version_id, person_id) where outcome = 'approved'""")
    op.execute("""create unique index uq_statement_approvals_slot on statement_approvals (version_id, slot) where outcome = 'approved'""")
    op.execute("""
        create table commitments (
          id uuid not null,
          incident_id uuid not null,
          statement_id uuid not null,
          version_id uuid not null,
          position integer not null,
          text text not null,
          due_at timestamptz not null,
          task_id uuid not null,
          made_at timestamptz not null,
          broken_at timestamptz,
          constraint pk_commitments primary key (id),
          constraint uq_commitments_version_id_position unique (version_id, position),
          constraint fk_commitments_incident_id foreign key(incident_id) references incidents (id),
          constraint fk_commitments_statement_id foreign key(statement_id) references statements (id),
          constraint fk_commitments_version_id foreign key(version_id) references statement_versions (id),
          constraint fk_commitments_task_id foreign key(task_id) references tasks (id)
        )""")
    op.execute("""create index ix_commitments_incident on commitments (incident_id, due_at, id)""")
    op.execute("""create unique index uq_commitments_task on commitments (task_id)""")
    op.execute("""
        create table reviews (
          id uuid not null,
          is_drill boolean default false not null,
          status text not null,
          merged_into uuid,
          found jsonb default '{}' not null,
          answers jsonb default '{}' not null,
          participant_ids uuid[] default '{}' not null,
          meeting_at timestamptz,
          meeting_note text default '' not null,
          reported_at timestamptz,
          decisions_due_at timestamptz,
          completed_at timestamptz,
          created_at timestamptz default now() not null,
          updated_at timestamptz default now() not null,
          version bigint default 1 not null,
          constraint pk_reviews primary key (id),
          constraint ck_reviews_status check (status in ('open', 'suspended', 'reported', 'completed', 'merged')),
          constraint ck_reviews_reported check (status not in ('reported', 'completed') or reported_at is not null),
          constraint ck_reviews_completed check ((status = 'completed') = (completed_at is not null)),
          constraint ck_reviews_merged check ((status = 'merged') = (merged_into is not null)),
          constraint fk_reviews_merged_into foreign key(merged_into) references reviews (id)
        )""")
    op.execute("""create index ix_reviews_status on reviews (status, id)""")
    op.execute("""
        create table review_incidents (
          review_id uuid not null,
          incident_id uuid not null,
          added_at timestamptz default now() not null,
          constraint pk_review_incidents primary key (review_id, incident_id),
          constraint uq_review_incidents_incident_id unique (incident_id),
          constraint fk_review_incidents_review_id foreign key(review_id) references reviews (id),
          constraint fk_review_incidents_incident_id foreign key(incident_id) references incidents (id)
        )""")
    op.execute("""
        create table review_decisions (
          id uuid not null,
          review_id uuid not null,
          kind text not null,
          state text not null,
          reason text default '' not null,
          change jsonb default '{}' not null,
          applied jsonb default '{}' not null,
          decided_at timestamptz,
          decided_by uuid,
          constraint pk_review_decisions primary key (id),
          constraint uq_review_decisions_review_id_kind unique (review_id, kind),
          constraint ck_review_decisions_kind check (kind in ('risks', 'process', 'scope')),
          constraint ck_review_decisions_state check (state in ('open', 'no_change', 'applied')),
          constraint ck_review_decisions_decided check ((state = 'open') = (decided_at is null)),
          constraint ck_review_decisions_reason check (state <> 'no_change' or reason <> ''),
          constraint fk_review_decisions_review_id foreign key(review_id) references reviews (id),
          constraint fk_review_decisions_decided_by foreign key(decided_by) references people (id)
        )""")
    op.execute("""
        create function submitted_versions_stay() returns trigger language plpgsql as $$
        begin
          if old.submitted_at is not null and to_jsonb(old) - 'incident_id' is distinct from to_jsonb(new) - 'incident_id'
          then raise exception 'a submitted version is never changed' using errcode = 'restrict_violation';
          end if;
          return new;
        end $$""")
    op.execute("""
        create trigger statement_versions_stay before update on statement_versions
        for each row execute function submitted_versions_stay()""")
    op.execute("""
        alter table publications
          -- There are as many rows as publications.
          -- squawk-ignore adding-foreign-key-constraint
          add column statement_id uuid constraint fk_publications_statement_id references statements(id),
          -- squawk-ignore adding-foreign-key-constraint
          add column statement_version_id uuid constraint fk_publications_statement_version_id references statement_versions(id),
          add column approved boolean,
          -- squawk-ignore constraint-missing-not-valid
          add constraint ck_publications_statement
            check (num_nulls(statement_id, statement_version_id, approved) in (0, 3))""")
    # Not concurrently: that ends the transaction, and with it the lock that keeps a second migration out.
    op.execute(
        "-- squawk-ignore require-concurrent-index-creation\n"
        "create index ix_publications_statement on publications (statement_id, id) where statement_id is not null"
    )
    subjects_are([*SUBJECTS, "statement", "review"])
    for role, scopes in GRANTS.items():
        words = ", ".join(f"'{scope}'" for scope in scopes.split())
        op.execute(f"""
            update role_permissions set scopes = (
              select array_agg(distinct scope order by scope) from unnest(scopes || array[{words}]) as scope)
            where role = '{role}'""")


def downgrade() -> None:
    words = ", ".join(f"'{scope}'" for scope in NEW.split())
    op.execute(f"""
        update role_permissions set scopes = array(
          select scope from unnest(scopes) as scope where scope not in ({words}) order by scope)""")
    op.execute("delete from file_attachments where subject in ('statement', 'review')")
    subjects_are(SUBJECTS)
    op.execute("drop index ix_publications_statement")
    op.execute("""
        alter table publications drop constraint ck_publications_statement, drop column approved,
          drop column statement_version_id, drop column statement_id""")
    op.execute("drop table review_decisions")
    op.execute("drop table review_incidents")
    op.execute("drop table reviews")
    op.execute("drop table commitments")
    op.execute("drop table statement_approvals")
    op.execute("drop table approval_delegations")
    op.execute("drop table statement_versions")
    op.execute("drop table statements")
    op.execute("drop function submitted_versions_stay()")
