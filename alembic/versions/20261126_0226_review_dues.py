"""When the decisions of a review were due, as it stood at each time: a relapse puts it off from then on, not before (R08)"""

from alembic import op

revision = "review_dues"
down_revision = "kpis"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("""
        create table review_dues (
          review_id uuid not null,
          since timestamptz not null,
          due_at timestamptz,
          constraint pk_review_dues primary key (review_id, since),
          constraint fk_review_dues_review_id foreign key(review_id) references reviews (id)
        )""")
    # As far as events tell of it.
    op.execute("""
        insert into review_dues (review_id, since, due_at)
        select distinct on (r.id, e.at) r.id, e.at, (e.data->>'decisions_due_at')::timestamptz
        from events e join reviews r on r.id = (e.data->>'review_id')::uuid
        where e.type in ('review.opened', 'review.resumed', 'review.reported', 'review.suspended')
        order by r.id, e.at, e.id desc""")
    # What they don't tell of, as in taking a review into another: as it stands today.
    op.execute("""
        insert into review_dues (review_id, since, due_at)
        select r.id, case when d.since is null then r.created_at else greatest(r.updated_at, d.since) end, r.decisions_due_at
        from reviews r left join lateral (
          select since, due_at from review_dues where review_id = r.id order by since desc limit 1) d on true
        where d.since is null or (r.status <> 'completed' and d.due_at is distinct from r.decisions_due_at)
        on conflict (review_id, since) do update set due_at = excluded.due_at""")


def downgrade() -> None:
    op.execute("drop table review_dues")
