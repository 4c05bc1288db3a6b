"""What is counted for Prometheus. Labels are names of pages, jobs and codes; never ids or people.

All processes of a machine count into one folder where Prometheus is used, and `beeldpoort metrics`
adds them up; otherwise each counts for itself in memory, and nobody asks. prometheus_client decides
which when it is loaded, by the environment: see `cli.__main__`.
"""

from __future__ import annotations

from prometheus_client import Counter, Gauge, Histogram

# Around the aims: 0.15 s of server time for a page of photos, 0.3 s for any other.
_ANSWERS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.15, 0.3, 0.6, 1.2, 2.5, 5, 10)
# A photo takes seconds; a stage is ended after two minutes.
_JOBS = (0.05, 0.1, 0.25, 0.5, 1, 2, 4, 8, 15, 30, 60, 120, 300)

STARTS = Counter("beeldpoort_process_starts", "Times that a process has started", ["part"])

REQUESTS = Counter(
    "beeldpoort_http_requests", "Requests answered", ["endpoint", "method", "status"]
)
REQUEST_SECONDS = Histogram(
    "beeldpoort_http_request_seconds",
    "Seconds from a request to the beginning of its answer",
    ["endpoint"],
    buckets=_ANSWERS,
)
IN_FLIGHT = Gauge(
    "beeldpoort_http_requests_in_flight",
    "Requests that are being answered",
    multiprocess_mode="livesum",
)
GATE_REFUSALS = Counter(
    "beeldpoort_gate_refusals", "Published files that the gate did not let out", ["reason"]
)
UPLOADS = Counter("beeldpoort_uploads", "Files that were sent in", ["outcome"])

JOBS = Counter("beeldpoort_jobs", "Jobs that have ended", ["job", "outcome"])
JOB_SECONDS = Histogram("beeldpoort_job_seconds", "Seconds that a job took", ["job"], buckets=_JOBS)
STAGE_SECONDS = Counter("beeldpoort_stage_seconds", "Seconds spent in a stage of photos", ["stage"])
CHILDREN = Counter("beeldpoort_children", "What became of child processes", ["happening"])

AUDIT_BROKEN = Gauge(
    "beeldpoort_audit_broken",
    "Schools whose log did not hold when it was last checked",
    multiprocess_mode="mostrecent",
)
AUDIT_CHECKED = Gauge(
    "beeldpoort_audit_checked_timestamp_seconds",
    "When the logs of all schools were last checked",
    multiprocess_mode="mostrecent",
)


def child_happened(what: str) -> None:
    """For the pool of children, which is loaded in the children too and must not count there."""
    CHILDREN.labels(happening=what).inc()
