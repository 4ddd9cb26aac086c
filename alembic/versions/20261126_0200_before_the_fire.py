"""Who may train, drill, patrol and measure; who was on the roster when (方案 一, 二(一), 三)"""

from alembic import op

revision = "before_the_fire"
down_revision = "placements"
branch_labels = None
depends_on = None

READ = "trainings:read drills:read sources:read metrics:read contacts:read"
WRITE = "trainings:write drills:write patrols:write sources:write metrics:write contacts:write"
# Who holds what is new; administrators may have changed the rest.
GRANTS = {
    "reader": READ,
    "responder": f"{READ} patrols:write",
    "lead": f"{READ} {WRITE}",
    "legal": READ,
    "admin": f"{READ} {WRITE}",
    "integration": "sources:read metrics:read",
}
NEW = GRANTS["admin"]


def upgrade() -> None:
    # gen_random_uuid: a trigger has no other, and the table is read by person and time.
    op.execute("""
        create table roster_periods (
          id uuid default gen_random_uuid() not null,
          person_id uuid not null,
          department_id uuid,
          starts_at timestamptz not null,
          ends_at timestamptz,
          constraint pk_roster_periods primary key (id),
          constraint ck_roster_periods_span check (ends_at > starts_at),
          constraint fk_roster_periods_person_id foreign key(person_id) references people (id),
          constraint fk_roster_periods_department_id foreign key(department_id) references departments (id)
        )""")
    op.execute("create unique index uq_roster_periods_open on roster_periods (person_id) where ends_at is null")
    op.execute("create index ix_roster_periods_person on roster_periods (person_id, starts_at)")
    # As far as is known: what was before is nowhere on record.
    op.execute("""
        insert into roster_periods(person_id, department_id, starts_at)
        select id, department_id, created_at from people where active""")
    op.execute("""
        insert into roster_periods(person_id, department_id, starts_at, ends_at)
        select id, department_id, created_at, updated_at from people where not active and updated_at > created_at""")
    # A change within the same transaction as the last leaves no span of no length behind.
    op.execute("""
        create function people_on_the_roster() returns trigger language plpgsql as $$
        declare at timestamptz := case when tg_op = 'INSERT' then new.created_at else new.updated_at end;
        begin
          if tg_op = 'UPDATE' then
            delete from roster_periods where person_id = new.id and ends_at is null and starts_at >= at;
            update roster_periods set ends_at = at where person_id = new.id and ends_at is null;
          end if;
          if new.active then
            insert into roster_periods(person_id, department_id, starts_at) values (new.id, new.department_id, at);
          end if;
          return null;
        end $$""")
    op.execute("""
        create trigger people_on_the_roster_added after insert on people
        for each row execute function people_on_the_roster()""")
    op.execute("""
        create trigger people_on_the_roster_changed after update of active, department_id on people
        for each row when ((old.active, old.department_id) is distinct from (new.active, new.department_id))
        execute function people_on_the_roster()""")
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
    op.execute("drop trigger people_on_the_roster_changed on people")
    op.execute("drop trigger people_on_the_roster_added on people")
    op.execute("drop function people_on_the_roster()")
    op.execute("drop table roster_periods")
