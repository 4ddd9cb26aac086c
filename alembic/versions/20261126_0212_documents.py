"""Documents people have to have read, contacts outside the company, handbooks that were issued (R14, R64, R65)"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import UUID

from app.trainings.seeds import document_rows

revision = "documents"
down_revision = "trainings"
branch_labels = None
depends_on = None


def upgrade() -> None:
    documents()
    versions()
    acknowledgements()
    op.execute("""
        create table outside_contacts (
          id uuid not null,
          kind text not null,
          organisation text default '' not null,
          role text default '' not null,
          name bytea,
          phone bytea,
          mail bytea,
          wechat bytea,
          topics text[] default '{}' not null,
          note text default '' not null,
          active boolean default true not null,
          plain text default '' not null,
          erased_at timestamptz,
          created_by text not null,
          created_at timestamptz default now() not null,
          updated_at timestamptz default now() not null,
          version bigint default 1 not null,
          constraint pk_outside_contacts primary key (id),
          constraint ck_outside_contacts_kind
            check (kind in ('media', 'kol', 'lawyer', 'authority', 'platform', 'other')),
          constraint ck_outside_contacts_name check ((erased_at is null) = (name is not null)),
          constraint ck_outside_contacts_erased check (erased_at is null
            or (num_nonnulls(phone, mail, wechat) = 0 and role = '' and note = '' and not active))
        )""")
    op.execute("create index ix_outside_contacts_kind on outside_contacts (kind, id)")
    op.execute("""
        create table handbook_versions (
          id uuid not null,
          number integer not null,
          sha256 text not null,
          facts jsonb not null,
          note text default '' not null,
          issued_at timestamptz not null,
          issued_by text not null,
          constraint pk_handbook_versions primary key (id),
          constraint ck_handbook_versions_number check (number >= 1),
          constraint ck_handbook_versions_sha256 check (sha256 ~ '^[0-9a-f]{64}$')
        )""")
    op.execute("create unique index uq_handbook_versions_number on handbook_versions (number)")
    op.execute("""
        create trigger handbook_versions_stay before update or delete on handbook_versions
        for each row execute function documents_stay()""")
    born()


def documents() -> None:
    op.execute("""
        create table documents (
          id uuid not null,
          kind text not null,
          title text not null,
          latest_number integer not null,
          created_by text not null,
          created_at timestamptz default now() not null,
          updated_at timestamptz default now() not null,
          version bigint default 1 not null,
          constraint pk_documents primary key (id),
          constraint ck_documents_kind check (kind in ('code_of_conduct', 'handbook', 'other'))
        )""")
    op.execute("create index ix_documents_kind on documents (kind, id)")
    op.execute("""
        create table document_audiences (
          id uuid not null,
          document_id uuid not null,
          department_ids uuid[],
          starts_at timestamptz not null,
          constraint pk_document_audiences primary key (id),
          constraint fk_document_audiences_document_id foreign key(document_id) references documents (id)
        )""")
    op.execute("create index ix_document_audiences_document on document_audiences (document_id, starts_at, id)")
    op.execute("""
        create function documents_stay() returns trigger language plpgsql as $$
        begin
          raise exception 'what was published, issued or acknowledged is never changed' using errcode = 'restrict_violation';
        end $$""")
    op.execute("""
        create trigger document_audiences_stay before update or delete on document_audiences
        for each row execute function documents_stay()""")


def versions() -> None:
    op.execute("""
        create table document_versions (
          id uuid not null,
          document_id uuid not null,
          number integer not null,
          text text default '' not null,
          file_id uuid,
          file_sha256 text,
          note text default '' not null,
          sha256 text not null,
          published_at timestamptz,
          published_by text,
          superseded_at timestamptz,
          created_by text not null,
          created_at timestamptz default now() not null,
          updated_at timestamptz default now() not null,
          version bigint default 1 not null,
          constraint pk_document_versions primary key (id),
          constraint uq_document_versions_document_id_number unique (document_id, number),
          constraint ck_document_versions_number check (number >= 1),
          constraint ck_document_versions_content check (text <> '' or file_id is not null),
          constraint ck_document_versions_file check ((file_id is null) = (file_sha256 is null)),
          constraint ck_document_versions_sha256 check (
            sha256 = encode(sha256(convert_to(coalesce(file_sha256, '') || chr(10) || text, 'UTF8')), 'hex')),
          constraint ck_document_versions_published check ((published_at is null) = (published_by is null)),
          constraint ck_document_versions_superseded check (superseded_at >= published_at),
          constraint ck_document_versions_ended check (superseded_at is null or published_at is not null),
          constraint fk_document_versions_document_id foreign key(document_id) references documents (id),
          constraint fk_document_versions_file_id foreign key(file_id) references files (id)
        )""")
    for name, where in (("in_force", "published_at is not null and superseded_at is null"), ("draft", "published_at is null")):
        op.execute(f"create unique index uq_document_versions_{name} on document_versions (document_id) where {where}")
    op.execute("create index ix_document_versions_file on document_versions (file_id) where file_id is not null")
    # Published, a version only ever ends, and once.
    op.execute("""
        create trigger document_versions_stay before update on document_versions
        for each row when (old.published_at is not null and (old.superseded_at is not null
          or to_jsonb(new) - 'superseded_at' is distinct from to_jsonb(old) - 'superseded_at'))
        execute function documents_stay()""")
    op.execute("""
        create trigger document_versions_are_kept before delete on document_versions
        for each row when (old.published_at is not null) execute function documents_stay()""")


def acknowledgements() -> None:
    op.execute("""
        create table document_acknowledgements (
          id uuid not null,
          version_id uuid not null,
          person_id uuid not null,
          via text,
          acknowledged_at timestamptz not null,
          constraint pk_document_acknowledgements primary key (id),
          constraint uq_document_acknowledgements_version_id_person_id unique (version_id, person_id),
          constraint fk_document_acknowledgements_version_id foreign key(version_id) references document_versions (id),
          constraint fk_document_acknowledgements_person_id foreign key(person_id) references people (id)
        )""")
    op.execute("""
        create index ix_document_acknowledgements_person on document_acknowledgements (person_id, version_id)""")
    op.execute("""
        create trigger document_acknowledgements_stay before update or delete on document_acknowledgements
        for each row execute function documents_stay()""")


def born() -> None:
    """The shipped draft of 《员工社交行为准则》, for everybody."""
    text = sa.Text
    document, audience, version = document_rows()
    for table, row in (("documents", document), ("document_audiences", audience), ("document_versions", version)):
        columns = [
            sa.column(name, UUID if name.endswith("id") else sa.Integer if name.endswith("number") else text)
            for name in row
        ]
        values: dict[str, object] = dict(row)
        if table == "document_audiences":
            columns.append(sa.column("starts_at"))
            values["starts_at"] = sa.func.now()
        op.execute(sa.table(table, *columns).insert().values(values))


def downgrade() -> None:
    op.execute("drop table handbook_versions")
    op.execute("drop table outside_contacts")
    op.execute("drop table document_acknowledgements")
    op.execute("drop table document_versions")
    op.execute("drop table document_audiences")
    op.execute("drop table documents")
    op.execute("drop function documents_stay()")
