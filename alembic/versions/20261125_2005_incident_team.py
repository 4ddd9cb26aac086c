"""The team of an incident: its members, the links by which they acknowledge, and which endpoints may know who they are"""

from alembic import op

revision = "incident_team"
down_revision = "departments_and_roles"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("""
        create table incident_members (
          id uuid constraint pk_incident_members primary key,
          incident_id uuid not null constraint fk_incident_members_incident_id references incidents(id),
          person_id uuid not null constraint fk_incident_members_person_id references people(id),
          position text not null constraint ck_incident_members_position
            check (position in ('lead', 'public_relations', 'operations', 'legal', 'business', 'other')),
          for_person_id uuid constraint fk_incident_members_for_person_id references people(id),
          reason text not null constraint ck_incident_members_reason
            check (reason in ('team', 'deputy', 'head', 'lead', 'added')),
          level integer not null constraint ck_incident_members_level check (level between 1 and 4),
          by_raise boolean not null default false,
          added_at timestamptz not null,
          called_at timestamptz not null,
          due_at timestamptz,
          set_at timestamptz not null,
          next_call_at timestamptz,
          call_step integer not null default 0 constraint ck_incident_members_call_step check (call_step between 0 and 2),
          acknowledged_at timestamptz,
          acknowledgement_id uuid constraint fk_incident_members_acknowledgement_id references acknowledgements(id),
          left_at timestamptz,
          version bigint not null default 1,
          constraint ck_incident_members_calls
            check (next_call_at is null or (acknowledged_at is null and left_at is null)))""")
    op.execute("""
        create unique index uq_incident_members_active on incident_members (incident_id, person_id)
          where left_at is null""")
    op.execute("create index ix_incident_members_incident on incident_members (incident_id, id)")
    op.execute("""
        create index ix_incident_members_next_call on incident_members (next_call_at)
          where next_call_at is not null""")
    op.execute("""
        create index ix_incident_members_silent on incident_members (person_id, id)
          where acknowledged_at is null and left_at is null""")
    op.execute("""
        create table acknowledgement_links (
          id uuid constraint pk_acknowledgement_links primary key,
          incident_id uuid not null constraint fk_acknowledgement_links_incident_id references incidents(id),
          person_id uuid not null constraint fk_acknowledgement_links_person_id references people(id),
          member_id uuid constraint fk_acknowledgement_links_member_id references incident_members(id),
          expires_at timestamptz not null,
          used_at timestamptz,
          wrong_tries integer not null default 0
            constraint ck_acknowledgement_links_wrong_tries check (wrong_tries between 0 and 5),
          created_at timestamptz not null default now())""")
    op.execute("create index ix_acknowledgement_links_incident on acknowledgement_links (incident_id, id)")
    op.execute("""
        create index ix_acknowledgement_links_member on acknowledgement_links (member_id)
          where member_id is not null""")
    op.execute("""
        alter table acknowledgements
          -- Of new rows alone, and there are few: a person's each.
          -- squawk-ignore adding-foreign-key-constraint
          add column member_id uuid constraint fk_acknowledgements_member_id references incident_members(id)""")
    op.execute("alter table webhook_endpoints add column unmask_people boolean not null default false")


def downgrade() -> None:
    op.execute("alter table webhook_endpoints drop column unmask_people")
    op.execute("alter table acknowledgements drop column member_id")
    op.execute("drop table acknowledgement_links")
    op.execute("drop table incident_members")
