"""Whether the logs of all schools still hold: checked every day, so that a broken one is noticed
although nobody looks (R29)."""

from __future__ import annotations

from datetime import datetime

import structlog
from sqlmodel import col, select

from consent.tables import School
from core import checkpoints, log, metrics
from core.clock import now
from core.config import Config
from core.db import Database

logger = structlog.get_logger(__name__)


def check_logs(database: Database, config: Config) -> int:
    """Check every chain; returns how many do not hold, each of which is told and counted."""
    trusts = checkpoints.trusted_by(config)
    with database.read() as session:
        schools = session.exec(select(School.id).order_by(col(School.id))).all()
        found = [
            log.verify(session, school_id, trusts) for school_id in schools if school_id is not None
        ]
    broken = [chain.broken for chain in found if chain.broken is not None]
    for place in broken:
        logger.critical("audit_log_broken", school=place.school_id, entry=place.seq)
    metrics.AUDIT_BROKEN.set(len(broken))
    metrics.AUDIT_CHECKED.set(now().timestamp())
    return len(broken)


def prune_logs(database: Database, config: Config, moment: datetime) -> int:
    """Prune every log to the years that the settings say; returns how many entries went. A chain
    that does not hold stays as it is, to be looked at."""
    before = years_ago(moment, config.log_years)
    with database.read() as session:
        schools = session.exec(select(School.id).order_by(col(School.id))).all()
    gone = 0
    for school_id in schools:
        try:
            with database.write() as session:
                pruned = checkpoints.prune(
                    session, school_id or 0, before, checkpoints.key_of(config), moment
                )
        except checkpoints.Broken as problem:
            logger.critical("audit_log_not_pruned", school=school_id, why=str(problem))
            continue
        gone += pruned.entries if pruned is not None else 0
    return gone


def years_ago(moment: datetime, years: int) -> datetime:
    """The same day that many years before; the 28th for a 29th of February."""
    try:
        return moment.replace(year=moment.year - years)
    except ValueError:
        return moment.replace(year=moment.year - years, day=28)
