"""Prometheus series of one process, served at /metrics by the API and named after what they count."""

from prometheus_client import Counter, Gauge, Histogram

DOORBELL_FAILURES = Counter("fenghuo_doorbell_failures", "Rings that did not reach Redis in 200 ms; sweeps make up.")
LIMITS_UNCOUNTED = Counter("fenghuo_rate_limits_uncounted", "Requests that passed uncounted because Redis was away.")
MENTIONS_ACCEPTED = Counter("fenghuo_mentions_accepted", "Readings acknowledged to their senders.")
INGEST_BATCH = Histogram(
    "fenghuo_ingest_batch_size", "Readings that shared one commit.", buckets=(1, 2, 4, 8, 16, 32, 64, 128, 256, 512)
)
REQUESTS = Counter("fenghuo_http_requests", "Requests answered, by route and status.", ("route", "method", "status"))
OIDC_FETCHES = Counter("fenghuo_oidc_fetches", "Times the issuer was asked for its keys, by outcome.", ("outcome",))
INBOX_AGE = Gauge("fenghuo_inbox_oldest_seconds", "Age of the oldest reading that is acknowledged but not counted.")
SET_ASIDE = Gauge("fenghuo_mentions_set_aside", "Mentions whose readings can't be counted and wait to be tried again.")
DELIVERY_AGE = Gauge("fenghuo_deliveries_oldest_due_seconds", "Age of the oldest delivery that is due.")
CLOCKS_OVERDUE = Gauge(
    "fenghuo_deadlines_unrung_seconds", "For how long the clock that is most overdue should have rung; 0: none is."
)
DEADLINES = Gauge(
    "fenghuo_deadlines", "Clocks that run, and those that ended in the last 24 hours.", ("kind", "grade", "state")
)
WORKERS = Gauge("fenghuo_workers_alive", "Worker processes that were seen in the last 10 seconds.")
STREAMS = Gauge("fenghuo_event_streams", "Event streams that are open.")
