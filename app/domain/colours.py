"""How the words of our vocabularies are coloured, so that every front end shows them alike."""

# The warning colours of the state's own scale (红 橙 黄 蓝), green for what is well, grey for what is over or unknown.
_RED, _ORANGE, _YELLOW, _BLUE, _GREEN, _GREY = "#CF1322", "#FA8C16", "#FADB14", "#1677FF", "#52C41A", "#8C8C8C"
_COLOURS = {
    "grade": {"major": _RED, "serious": _ORANGE, "general": _YELLOW},
    "harm_class": {"core_interest": _RED, "user_rights": _ORANGE, "individual": _YELLOW},
    "incident_status": {
        "watching": _BLUE, "responding": _RED, "handling": _ORANGE, "closing": _YELLOW, "closed": _GREEN,
        "subsided": _GREEN,
    },
    "media_follow_up": {"confirmed": _RED, "suspected": _ORANGE},
    "sentiment": {"negative": _RED, "neutral": _BLUE, "positive": _GREEN},
    "platform": {
        "wechat_official": "#07C160", "wechat_channels": "#FA9D3B", "weibo": "#E6162D", "douyin": "#161823",
        "xiaohongshu": "#FF2442", "zhihu": "#0066FF", "bilibili": "#00A1D6", "forum": "#722ED1", "news": "#13C2C2",
    },
    "event_type": {
        "mention.hit": _ORANGE, "mention.legal_threshold": _RED, "mention.views_high": _ORANGE,
        "mention.needs_judgement": _YELLOW, "alert.breached": _RED, "alert.no_receiver": _RED,
        "incident.opened": _RED, "incident.grade_changed": _RED, "incident.status_changed": _BLUE,
        "incident.acknowledged": _BLUE, "incident.meeting_held": _BLUE, "incident.fact_checked": _BLUE,
        "incident.publication_recorded": _BLUE, "incident.decision_made": _BLUE, "note.added": _BLUE, "sla.warning": _ORANGE,
        "incident.team_changed": _BLUE, "escalation.person": _ORANGE,
        "incident.affected_users_changed": _BLUE,
        "task.created": _BLUE, "task.changed": _BLUE, "task.done": _GREEN, "tasks.changed": _BLUE,
        "statement.submitted": _BLUE, "statement.approved": _GREEN, "statement.changes_requested": _ORANGE,
        "statement.published": _GREEN, "statement.published_unapproved": _RED, "statement.withdrawn": _ORANGE,
        "statement.origin_missing": _RED, "incident.silent": _RED,
        "review.opened": _BLUE, "review.suspended": _ORANGE, "review.resumed": _BLUE, "review.reported": _BLUE,
        "review.decided": _BLUE, "review.completed": _GREEN, "review.decisions_overdue": _RED,
        "commitment.broken": _RED,
        "drill.started": _BLUE, "drill.paused": _ORANGE, "drill.resumed": _BLUE, "drill.ended": _GREEN,
        "sla.breached": _RED, "sla.met": _GREEN, "webhook_endpoint.disabled": _RED,
        "incident.legal_hold_set": _ORANGE, "incident.calmed": _GREEN, "incident.rebounded": _RED,
        "incident.recurred": _RED, "risk.review_overdue": _ORANGE, "risk_measure.overdue": _ORANGE,
        "patrol.missed": _RED, "patrol.checked_in": _GREEN,
        "digest.daily": _BLUE, "digest.weekly": _BLUE, "trial.started": _ORANGE, "trial.ended": _BLUE,
        "document.version_published": _BLUE, "document.acknowledged": _GREEN,
        "training.validity_ending": _YELLOW, "training.coverage_below_target": _ORANGE,
        "webhook_endpoint.breaker_opened": _ORANGE, "webhook_endpoint.breaker_closed": _GREEN,
        "source.silent": _ORANGE, "source.heard_again": _GREEN,
    },
    "patrol_state": {
        "missed": _RED, "due": _ORANGE, "scheduled": _BLUE, "done_late": _YELLOW, "done_recorded_late": _GREEN, "done": _GREEN,
    },
    "risk_level": {"critical": _RED, "high": _ORANGE, "medium": _YELLOW, "low": _BLUE},
    "risk_status": {"open": _BLUE},
    "attendance_state": {"enrolled": _BLUE, "attended": _GREEN, "absent": _RED},
    "coverage_gap": {"never": _RED, "failed": _RED, "expired": _ORANGE},
    "check_outcome": {"publish": _GREEN, "revise": _ORANGE, "drop": _RED},
    "deadline_state": {
        "running": _BLUE, "met": _GREEN, "met_recorded_late": _YELLOW, "breached": _RED, "unpushed": _RED,
    },
    "task_state": {
        "open": _BLUE, "draft": _BLUE, "legal_review": _ORANGE, "approved": _YELLOW, "rejected": _RED, "done": _GREEN,
    },
    "lint_severity": {"error": _RED, "warning": _ORANGE, "hint": _BLUE},
    "crisis_cluster": {"preventable": _RED, "accidental": _ORANGE, "victim": _BLUE},
    "statement_status": {
        "draft": _BLUE, "in_review": _ORANGE, "changes_requested": _RED, "approved": _YELLOW, "published": _GREEN,
    },
    "approval_outcome": {"changes_requested": _RED, "approved": _GREEN},
    "diff_change": {"removed": _RED, "added": _GREEN},
    "review_status": {"open": _BLUE, "suspended": _ORANGE, "reported": _YELLOW, "completed": _GREEN},
    "review_decision_state": {"open": _ORANGE, "applied": _GREEN},
    "commitment_state": {"open": _BLUE, "kept": _GREEN, "kept_late": _YELLOW, "broken": _RED},
    "care_state": {"none": _ORANGE, "open": _BLUE, "done": _GREEN},
    "placement_state": {
        "missing": _RED, "planned": _BLUE, "published": _GREEN,
    },
    "day_kind": {"working_day": _BLUE, "holiday": _RED, "make_up_day": _ORANGE},
    "year_status": {"official": _GREEN, "estimated": _ORANGE},
    "breaker_state": {"closed": _GREEN, "open": _ORANGE},
    "import_row_state": {"invalid": _RED, "duplicate": _ORANGE, "updated": _BLUE, "created": _GREEN},
    "delivery_state": {"pending": _BLUE, "delivered": _GREEN, "dead": _RED},
    "report_state": {"queued": _BLUE, "rendering": _BLUE, "done": _GREEN, "failed": _RED},
    "curve_mark": {"grade": "#A8071A", "word": "#0958D9", "clock": "#AD4E00", "calm": "#237804", "rebound": "#531DAB"},
    "light": {"green": _GREEN, "red": _RED},
    "replay_state": {"queued": _BLUE, "running": _BLUE, "done": _GREEN, "failed": _RED},
    "violation": {"leak": _RED, "improper_speech": _ORANGE, "other": _YELLOW},
    "source_state": {"silent": _RED, "never_heard": _ORANGE, "alive": _GREEN},
    "alert_miss": {"no_receiver": _RED, "late": _ORANGE},
    "acknowledgement_state": {"waiting": _ORANGE, "acknowledged": _GREEN},
    "alert_miss_reason": {"no_receiver": _RED, "late": _ORANGE},
    "word_role": {"brand": _BLUE, "negative": _RED},
}  # fmt: skip


def colour_of(vocabulary: str, value: str) -> str:
    """How a word is shown, #RRGGBB; grey where nothing is meant by it."""
    return _COLOURS.get(vocabulary, {}).get(value, _GREY)
