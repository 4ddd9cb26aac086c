"""Departments and roles are data (方案 一): people belong to one and hold some, and may do what their roles may"""

from alembic import op

revision = "departments_and_roles"
down_revision = "drills_apart"
branch_labels = None
depends_on = None

READER = "mentions:read rules:read incidents:read events:read people:read files:read"
RESPONDER = f"{READER} mentions:write incidents:write files:write affected:read affected:write"
LEAD = f"{RESPONDER} incidents:override rules:write webhooks:read people:unmask"
LEGAL = f"{READER} incidents:write files:write affected:read legal:approve legal:hold people:unmask"
ADMIN = f"{LEAD} legal:approve legal:hold webhooks:write keys:admin people:write people:act"
SHIPPED = {
    "reader": READER,
    "responder": RESPONDER,
    "lead": LEAD,
    "legal": LEGAL,
    "admin": ADMIN,
    "integration": "mentions:read mentions:write rules:read incidents:read events:read webhooks:read",
}


def upgrade() -> None:
    op.execute("""
        create table role_permissions (
          role text constraint pk_role_permissions primary key
            constraint ck_role_permissions_role
            check (role in ('reader', 'responder', 'lead', 'legal', 'admin', 'integration')),
          scopes text[] not null default '{}',
          version bigint not null default 1,
          updated_at timestamptz not null default now())""")
    for role, scopes in SHIPPED.items():
        op.execute(f"insert into role_permissions(role, scopes) values ('{role}', '{{{','.join(sorted(scopes.split()))}}}')")
    op.execute("""
        create table departments (
          id uuid constraint pk_departments primary key,
          name text not null constraint uq_departments_name unique,
          kind text not null constraint ck_departments_kind
            check (kind in ('public_relations', 'operations', 'legal', 'business', 'other')),
          business_units text[] not null default '{}',
          head_id uuid constraint fk_departments_head_id references people(id),
          active boolean not null default true,
          version bigint not null default 1,
          created_at timestamptz not null default now(),
          updated_at timestamptz not null default now())""")
    op.execute("""
        alter table people
          add column phone text,
          -- There are as many rows as people.
          -- squawk-ignore adding-foreign-key-constraint
          add column department_id uuid constraint fk_people_department_id references departments(id),
          -- squawk-ignore adding-foreign-key-constraint
          add column deputy_id uuid constraint fk_people_deputy_id references people(id),
          add column on_duty boolean not null default true,
          add column roles text[] not null default '{}'""")
    op.execute("alter table api_keys add column roles text[] not null default '{}'")
    # Not concurrently: that ends the transaction, and with it the lock that keeps a second migration out. There are as
    # many rows as people.
    op.execute(
        "-- squawk-ignore require-concurrent-index-creation\n"
        "create index ix_people_department on people (department_id) where active"
    )


def downgrade() -> None:
    op.execute("alter table api_keys drop column roles")
    op.execute("drop index ix_people_department")
    op.execute("""
        alter table people drop column roles, drop column on_duty, drop column deputy_id, drop column department_id,
          drop column phone""")
    op.execute("drop table departments")
    op.execute("drop table role_permissions")
