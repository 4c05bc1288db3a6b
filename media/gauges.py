"""What Prometheus is told of the installation as it stands: how much waits, how long, and for whom.

Asked of the database when Prometheus asks, in a fixed number of queries.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

import sqlalchemy as sa
import structlog
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from sqlmodel import Session, col, select

from core.clock import now
from core.config import Config
from core.db import Database
from core.health import WORKER_SEEN, fewest_free, workers_seen
from core.tables import OutgoingMail, WorkerSeen
from media.states import ItemState
from media.tables import Item

logger = structlog.get_logger(__name__)

_MEANINGS = {
    "workers_seen": "Workers that were there in the last minute",
    "photos_waiting": "Photos that nobody has looked at yet",
    "oldest_photo_waiting_seconds": "Seconds that the oldest of them has waited",
    "renditions_waiting": "Photos whose files are not in step with the registry",
    "renditions_failing": "Photos whose files could not be made",
    "mail_waiting": "Messages that wait to be sent, where there is a mail server",
    "mail_failed": "Messages that no mail server took",
    "oldest_mail_waiting_seconds": "Seconds that the oldest waiting message has waited",
    "last_sweep_timestamp_seconds": "When a worker last looked for what was forgotten",
    "last_day_timestamp_seconds": "When a worker last looked at everything that is out",
    "disk_free_bytes": "Bytes that are free where the least are",
}


class Standing(Collector):
    """The gauges of an installation. A database that does not answer is `beeldpoort_up 0`."""

    def __init__(self, config: Config, database: Database) -> None:
        self._config = config
        self._database = database

    def collect(self) -> Iterator[Metric]:
        values: Mapping[str, float] = {}
        try:
            with self._database.read() as session:
                values = self._look(session, now())
        except Exception:
            logger.warning("figures_not_read", exc_info=True)
        for name, value in values.items():
            yield GaugeMetricFamily(f"beeldpoort_{name}", _MEANINGS[name], value)
        up = "Whether the database answered to be looked at"
        yield GaugeMetricFamily("beeldpoort_up", up, float(bool(values)))

    def _look(self, session: Session, moment: datetime) -> dict[str, float]:
        present = col(Item.removed_at).is_(None)
        waiting = (Item.state == ItemState.UPLOADED, present)
        mail = OutgoingMail.state == "waiting"
        sends = self._config.smtp_host is not None
        values = {
            "workers_seen": workers_seen(session, moment - WORKER_SEEN),
            "photos_waiting": _count(session, *waiting),
            "oldest_photo_waiting_seconds": _age(session, Item.uploaded_at, moment, *waiting),
            "renditions_waiting": _count(session, col(Item.refreshed) < Item.edition, present),
            "renditions_failing": _count(session, col(Item.render_problem).is_not(None), present),
            "mail_waiting": _count(session, mail) if sends else 0,
            "mail_failed": _count(session, OutgoingMail.state == "failed"),
            "oldest_mail_waiting_seconds": (
                _age(session, OutgoingMail.created_at, moment, mail) if sends else 0
            ),
            "last_sweep_timestamp_seconds": _last(session, WorkerSeen.swept_at),
            "last_day_timestamp_seconds": _last(session, WorkerSeen.day_at),
            "disk_free_bytes": fewest_free((self._config.var, self._config.storage)),
        }
        return {name: float(value) for name, value in values.items()}


def _count(session: Session, *conditions: Any) -> int:
    query = select(sa.func.count()).where(*conditions)
    found: int = session.exec(query).one()
    return found


def _age(session: Session, since: Any, moment: datetime, *conditions: Any) -> float:
    """The seconds since the earliest of these moments; 0 when there is none."""
    query = select(sa.func.min(since)).where(*conditions)
    earliest: datetime | None = session.exec(query).one()
    return 0.0 if earliest is None else max(0.0, (moment - earliest).total_seconds())


def _last(session: Session, column: Any) -> float:
    latest: datetime | None = session.exec(select(sa.func.max(column))).one()
    return 0.0 if latest is None else latest.timestamp()
