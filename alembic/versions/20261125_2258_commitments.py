"""Promises have clocks and tasks; notes are on words of statements (方案 二(二)2, R45)"""

from alembic import op

revision = "commitments"
down_revision = "statements_and_reviews"
branch_labels = None
depends_on = None

TASKS = (
    "meeting fact_check media_clarification kol_clarification press_inquiry unified_wording pause_ads regulator_report "
    "internal_notice progress_note remediation takedown_report comment_guidance follow_up other"
).split()
CLOCKS = (
    "alert first_response emergency_meeting fact_check first_word first_statement remediation closing review".split()
)
SEARCHED = ["incident", "task", "note"]

INDEXES = (
    "ix_tasks_cites on tasks using gin ((result -> 'commitment_ids')) where kind = 'progress_note'",
    "ix_statement_versions_cites on statement_versions using gin (cites) where cites <> '{}'",
    "ix_commitments_statement on commitments (statement_id, due_at, id)",
)


def words_are(table: str, column: str, words: list[str]) -> None:
    # Nothing there breaks it: the list only grew, or what it loses was deleted. It is there again at the end.
    listed, check = ", ".join(f"'{word}'" for word in words), f"ck_{table}_{column}"
    op.execute(f"-- squawk-ignore ban-drop-constraint\nalter table {table} drop constraint {check}")
    op.execute(f"alter table {table} add constraint {check} check ({column} in ({listed})) not valid")


def with_tasks_are(kinds: str) -> None:
    op.execute("-- squawk-ignore ban-drop-constraint\nalter table deadlines drop constraint ck_deadlines_task")
    op.execute(
        "alter table deadlines add constraint ck_deadlines_task "
        f"check ((kind in ({kinds})) = (task_id is not null)) not valid"
    )


def upgrade() -> None:
    words_are("tasks", "kind", [*TASKS, "commitment"])
    words_are("deadlines", "kind", [*CLOCKS, "commitment"])
    with_tasks_are("'remediation', 'commitment'")
    words_are("search_entries", "kind", [*SEARCHED, "statement"])
    op.execute("""
        alter table notes
          add column quote text,
          -- squawk-ignore constraint-missing-not-valid
          add constraint ck_notes_quote check ((span_start is null) = (quote is null))""")
    # Not concurrently: that ends the transaction, and with it the lock that keeps a second migration out.
    for index in INDEXES:
        op.execute(f"-- squawk-ignore require-concurrent-index-creation\ncreate index {index}")


def downgrade() -> None:
    for name in ("ix_commitments_statement", "ix_statement_versions_cites", "ix_tasks_cites"):
        op.execute(f"-- squawk-ignore require-concurrent-index-deletion\ndrop index {name}")
    op.execute("alter table notes drop column quote")
    op.execute("delete from search_entries where kind = 'statement'")
    words_are("search_entries", "kind", SEARCHED)
    op.execute("delete from deadline_firings where deadline_id in (select id from deadlines where kind = 'commitment')")
    op.execute("delete from deadlines where kind = 'commitment'")
    with_tasks_are("'remediation'")
    words_are("deadlines", "kind", CLOCKS)
    # What is to be done stays so.
    op.execute("update tasks set kind = 'other', result = null where kind = 'commitment'")
    op.execute("update tasks set result = null where kind = 'progress_note'")
    words_are("tasks", "kind", TASKS)
