"""Events are append-only, and the service is born with the plan as its data."""

import json
import uuid

import sqlalchemy as sa
from alembic import op

revision = "events_append_only"
down_revision = "first_tables"
branch_labels = None
depends_on = None

# 方案 二(二)1. A test holds this equal to app.domain.grading.PLAN.
PLAN = [
    {"id": "major-2h", "grade": "major", "window_seconds": 7200, "threshold": 100000},
    {"id": "major-core-media", "grade": "major", "harm_classes": ["core_interest"], "media_follow_up": True},
    {"id": "serious-4h", "grade": "serious", "window_seconds": 14400, "threshold": 50000},
    {
        "id": "serious-harm-8h", "grade": "serious", "window_seconds": 28800, "threshold": 10000,
        "harm_classes": ["core_interest", "user_rights"],
    },
    {"id": "general-8h", "grade": "general", "window_seconds": 28800, "threshold": 10000},
]  # fmt: skip
BLANK = {"window_seconds": None, "threshold": None, "harm_classes": [], "media_follow_up": False}

# name, tier, domains, accounts. A beginning: companies add their own industry's outlets.
OUTLETS = [
    ("人民日报", "central", ["people.com.cn", "people.cn", "peopleapp.com"], ["weibo:人民日报", "weibo:人民网", "wechat_official:人民日报"]),
    ("新华社", "central", ["news.cn", "xinhuanet.com", "xinhua.org"], ["weibo:新华社", "weibo:新华网", "wechat_official:新华社"]),
    ("中央广播电视总台", "central", ["cctv.com", "cctv.cn", "cnr.cn"], ["weibo:央视新闻", "weibo:央视财经", "wechat_official:央视新闻"]),
    ("中国新闻社", "central", ["chinanews.com.cn", "chinanews.com"], ["weibo:中国新闻网"]),
    ("光明日报", "central", ["gmw.cn"], ["weibo:光明日报"]),
    ("经济日报", "central", ["ce.cn"], ["weibo:经济日报"]),
    ("中国青年报", "central", ["cyol.com", "youth.cn"], ["weibo:中国青年报"]),
    ("中国消费者报", "industry", ["ccn.com.cn"], ["weibo:中国消费者报"]),
    ("澎湃新闻", "provincial", ["thepaper.cn"], ["weibo:澎湃新闻"]),
    ("新京报", "provincial", ["bjnews.com.cn"], ["weibo:新京报"]),
    ("南方都市报", "provincial", ["nandu.com", "oeeee.com"], ["weibo:南方都市报"]),
    ("红星新闻", "provincial", ["cdsb.com"], ["weibo:红星新闻"]),
    ("每日经济新闻", "industry", ["nbd.com.cn"], ["weibo:每日经济新闻"]),
    ("第一财经", "industry", ["yicai.com"], ["weibo:第一财经"]),
]  # fmt: skip


def upgrade() -> None:
    op.execute("""
        create function events_are_append_only() returns trigger language plpgsql as $$
        begin
          raise exception 'events are append-only: % refused', tg_op using errcode = 'restrict_violation';
        end $$""")
    op.execute("""
        create trigger events_append_only before update or delete on events
        for each row execute function events_are_append_only()""")
    op.execute("""
        create trigger events_no_truncate before truncate on events
        for each statement execute function events_are_append_only()""")
    op.execute("insert into revisions(name, value) values ('rules', 1) on conflict do nothing")
    op.get_bind().execute(
        sa.text("""
            insert into grading_policies(id, name, version, rules, note, active, created_by)
            values (:id, 'plan', 1, cast(:rules as jsonb), '方案 二(二)1', true, 'system:fenghuo') on conflict do nothing"""),
        {"id": uuid.UUID(int=1), "rules": json.dumps([BLANK | rule for rule in PLAN])},
    )
    for number, (name, tier, domains, accounts) in enumerate(OUTLETS, start=1):
        op.get_bind().execute(
            sa.text("""
                insert into media_outlets(id, name, tier, domains, accounts)
                values (:id, :name, :tier, :domains, :accounts) on conflict do nothing"""),
            {"id": uuid.UUID(int=number), "name": name, "tier": tier, "domains": domains, "accounts": accounts},
        )


def downgrade() -> None:
    op.execute("drop trigger events_no_truncate on events")
    op.execute("drop trigger events_append_only on events")
    op.execute("drop function events_are_append_only()")
    # The rows stay: incidents may cite them, and going up again leaves them as they are.
