"""The risk register with its measures and versions, checked texts, signatures of incidents, recurrence (R12, R13, R63)"""

import json

from alembic import op

from app.domain.bigrams import grams, searchable

revision = "risks"
down_revision = "review_reports"
branch_labels = None
depends_on = None

# The plan's three high-risk points 方案 二(一)1, each with what is done beforehand.
SEEDS = (
    (
        "R-0001", "product_quality", 3, 5, "产品出现质量或使用安全问题",
        "产品变质、混入异物、不合格或造成人身伤害，被用户、媒体或监管部门曝光。",
        ("变质", "异物", "不合格", "质量问题", "食物中毒", "过敏", "召回", "安全隐患"),
        ("梳理高投诉产品，逐项核对质检与留样记录", "演练停售与召回的内外部通知流程，核对联系人"),
    ),
    (
        "R-0002", "service_complaint", 4, 3, "售后与客服投诉集中爆发",
        "退换货、退款或客服响应长期得不到解决，同类投诉在多个平台集中出现。",
        ("退款难", "拒绝退款", "客服不理", "投诉无门", "霸王条款", "虚假发货"),
        ("每周汇总重复投诉，指定责任人限时办结", "统一客服首次回应口径，明确升级到公关的条件"),
    ),
    (
        "R-0003", "marketing_dispute", 3, 4, "营销内容引发争议或涉嫌虚假宣传",
        "文案、代言人或活动规则被指虚假、低俗、歧视或误导，引发抵制。",
        ("虚假宣传", "根治", "包治", "零风险", "擦边", "低俗", "歧视", "大数据杀熟"),
        ("营销文案发布前一律送审并留存审核结论", "代言人与合作账号签约前做舆情背景核查"),
    ),
)  # fmt: skip
DAYS = 30


def words_of(values: tuple[str, ...] | list[str]) -> str:
    return "array[" + ", ".join(f"'{value}'" for value in values) + "]::text[]"


def seed(number: str, category: str, likelihood: int, impact: int, title: str, description: str,
         words: tuple[str, ...], measures: tuple[str, ...]) -> None:  # fmt: skip
    """One risk with its first version and its measures."""
    plain = searchable((number, title, description, *words))
    op.execute(f"""
        insert into risks (id, number, title, category, description, words, likelihood, impact, review_every_days,
          next_review_on, plain, grams, created_by)
        values (gen_random_uuid(), '{number}', '{title}', '{category}', '{description}', {words_of(words)}, {likelihood},
          {impact}, 90, (now() at time zone 'Asia/Shanghai')::date + {DAYS}, '{plain}', {words_of(grams(plain))},
          'system:fenghuo')""")
    fields = ["category", "description", "impact", "likelihood", "owner_id", "review_every_days", "status", "title", "words"]
    content = {
        "title": title, "category": category, "description": description, "words": list(words), "likelihood": likelihood,
        "impact": impact, "owner_id": None, "review_every_days": 90, "status": "open", "reviewed_at": None,
    }  # fmt: skip
    # A colon before a word would be a parameter.
    written = json.dumps(content, ensure_ascii=False, separators=(", ", " : "))
    op.execute(f"""
        insert into risk_versions (id, risk_id, number, content, fields, reason, at, by)
        select gen_random_uuid(), id, 1, '{written}'::jsonb || jsonb_build_object('next_review_on', next_review_on),
          {words_of(sorted([*fields, "next_review_on"]))}, '方案 二(一)1', now(), 'system:fenghuo'
        from risks where number = '{number}'""")
    for measure in measures:
        op.execute(f"""
            insert into risk_measures (id, risk_id, title, due_on, created_by)
            select gen_random_uuid(), id, '{measure}', (now() at time zone 'Asia/Shanghai')::date + {DAYS}, 'system:fenghuo'
            from risks where number = '{number}'""")


def upgrade() -> None:
    register()
    op.execute("""
        create table text_checks (
          id uuid not null,
          title text,
          text text not null,
          findings jsonb not null,
          suggested text not null,
          checked_at timestamptz not null,
          checked_by text not null,
          checker_id uuid,
          outcome text,
          reason text,
          decided_at timestamptz,
          decided_by text,
          decider_id uuid,
          updated_at timestamptz default now() not null,
          version bigint default 1 not null,
          constraint pk_text_checks primary key (id),
          constraint ck_text_checks_suggested check (suggested in ('publish', 'revise', 'drop')),
          constraint ck_text_checks_outcome check (outcome in ('publish', 'revise', 'drop')),
          constraint ck_text_checks_decided check (num_nulls(outcome, reason, decided_at, decided_by) in (0, 4)),
          constraint fk_text_checks_checker_id foreign key(checker_id) references people (id),
          constraint fk_text_checks_decider_id foreign key(decider_id) references people (id)
        )""")
    op.execute("create index ix_text_checks_undecided on text_checks (id) where outcome is null")
    op.execute("""
        create table incident_signatures (
          incident_id uuid not null,
          incident_version bigint not null,
          spread_version bigint not null,
          words bit(1024) not null,
          curve double precision[],
          minutes integer default 0 not null,
          measured_at timestamptz not null,
          constraint pk_incident_signatures primary key (incident_id),
          constraint fk_incident_signatures_incident_id foreign key(incident_id) references incidents (id)
        )""")
    op.execute("""
        alter table incidents
          -- The column is new: nothing is looked through for long.
          -- squawk-ignore adding-foreign-key-constraint
          add column recurrence_of uuid constraint fk_incidents_recurrence_of references incidents(id),
          add column recurrence_reason text,
          add column recurred_after timestamptz,
          -- squawk-ignore constraint-missing-not-valid
          add constraint ck_incidents_recurrence_reason check (recurrence_reason in ('rule', 'business_unit')),
          -- squawk-ignore constraint-missing-not-valid
          add constraint ck_incidents_recurrence
            check (num_nulls(recurrence_of, recurrence_reason, recurred_after) in (0, 3))""")
    for index, column, where in (
        ("closed", "ended_at", "status = 'closed'"), ("recurred", "id", "recurrence_of is not null"),
    ):  # fmt: skip
        # Not concurrently: that ends the transaction, and with it the lock that keeps a second migration out.
        op.execute(
            "-- squawk-ignore require-concurrent-index-creation\n"
            f"create index ix_incidents_{index} on incidents ({column}) where {where}"
        )
    for row in SEEDS:
        seed(*row)


def register() -> None:
    op.execute("""
        create table risks (
          id uuid not null,
          number text not null,
          title text not null,
          category text not null,
          description text default '' not null,
          words text[] default '{}' not null,
          likelihood integer not null,
          impact integer not null,
          status text default 'open' not null,
          owner_id uuid,
          review_every_days integer not null,
          next_review_on date not null,
          told_on date,
          reviewed_at timestamptz,
          closed_at timestamptz,
          plain text default '' not null,
          grams text[] default '{}' not null,
          created_at timestamptz default now() not null,
          created_by text not null,
          updated_at timestamptz default now() not null,
          version bigint default 1 not null,
          constraint pk_risks primary key (id),
          constraint uq_risks_number unique (number),
          constraint ck_risks_category check (category in ('product_quality', 'service_complaint', 'marketing_dispute',
            'data_security', 'employee_conduct', 'supply_chain', 'other')),
          constraint ck_risks_status check (status in ('open', 'closed')),
          constraint ck_risks_likelihood check (likelihood between 1 and 5),
          constraint ck_risks_impact check (impact between 1 and 5),
          constraint ck_risks_review_every_days check (review_every_days between 1 and 366),
          constraint ck_risks_closed check ((status = 'closed') = (closed_at is not null)),
          constraint fk_risks_owner_id foreign key(owner_id) references people (id)
        )""")
    op.execute("create index ix_risks_list on risks ((likelihood * impact) desc, id)")
    op.execute("create index ix_risks_due on risks (next_review_on, id) where status = 'open'")
    op.execute("create index ix_risks_owner on risks (owner_id) where owner_id is not null")
    op.execute("create index ix_risks_grams on risks using gin (grams) with (fastupdate = off)")
    op.execute("""
        create table risk_versions (
          id uuid not null,
          risk_id uuid not null,
          number bigint not null,
          content jsonb not null,
          fields text[] default '{}' not null,
          reason text default '' not null,
          review_id uuid,
          at timestamptz not null,
          by text not null,
          person_id uuid,
          constraint pk_risk_versions primary key (id),
          constraint uq_risk_versions_risk_id_number unique (risk_id, number),
          constraint fk_risk_versions_risk_id foreign key(risk_id) references risks (id),
          constraint fk_risk_versions_review_id foreign key(review_id) references reviews (id),
          constraint fk_risk_versions_person_id foreign key(person_id) references people (id)
        )""")
    op.execute("create index ix_risk_versions_review on risk_versions (review_id) where review_id is not null")
    op.execute("""
        create function risk_versions_stay() returns trigger language plpgsql as $$
        begin
          raise exception 'versions of risks are never changed' using errcode = 'restrict_violation';
        end $$""")
    op.execute("""
        create trigger risk_versions_stay before update or delete on risk_versions
        for each row execute function risk_versions_stay()""")
    op.execute("""
        create table risk_measures (
          id uuid not null,
          risk_id uuid not null,
          title text not null,
          owner_id uuid,
          due_on date not null,
          told_on date,
          done_at timestamptz,
          outcome text default '' not null,
          review_id uuid,
          created_at timestamptz default now() not null,
          created_by text not null,
          updated_at timestamptz default now() not null,
          version bigint default 1 not null,
          constraint pk_risk_measures primary key (id),
          constraint fk_risk_measures_risk_id foreign key(risk_id) references risks (id),
          constraint fk_risk_measures_owner_id foreign key(owner_id) references people (id),
          constraint fk_risk_measures_review_id foreign key(review_id) references reviews (id)
        )""")
    op.execute("create index ix_risk_measures_risk on risk_measures (risk_id, due_on, id)")
    op.execute("create index ix_risk_measures_due on risk_measures (due_on, id)")
    op.execute("create index ix_risk_measures_open on risk_measures (due_on, id) where done_at is null")
    op.execute("create index ix_risk_measures_review on risk_measures (review_id) where review_id is not null")
    op.execute("""
        create table risk_incidents (
          risk_id uuid not null,
          incident_id uuid not null,
          review_id uuid,
          linked_at timestamptz not null,
          linked_by text not null,
          constraint pk_risk_incidents primary key (risk_id, incident_id),
          constraint fk_risk_incidents_risk_id foreign key(risk_id) references risks (id),
          constraint fk_risk_incidents_incident_id foreign key(incident_id) references incidents (id),
          constraint fk_risk_incidents_review_id foreign key(review_id) references reviews (id)
        )""")
    op.execute("create index ix_risk_incidents_incident on risk_incidents (incident_id, risk_id)")


def downgrade() -> None:
    op.execute("drop index ix_incidents_recurred")
    op.execute("drop index ix_incidents_closed")
    op.execute("""
        alter table incidents drop constraint ck_incidents_recurrence, drop constraint ck_incidents_recurrence_reason,
          drop column recurred_after, drop column recurrence_reason, drop column recurrence_of""")
    op.execute("drop table incident_signatures")
    op.execute("drop table text_checks")
    op.execute("drop table risk_incidents")
    op.execute("drop table risk_measures")
    op.execute("drop table risk_versions")
    op.execute("drop function risk_versions_stay()")
    op.execute("drop table risks")
