"""Letting go, each day, of the answers of who left longer ago than they are kept (R29, R31).

With the answers go what was made of them and for them: receipts that wait, scans of what was
signed, paper forms, who was reminded of what. The log says that they went; its own entries go when
they are old themselves, behind a checkpoint (`core.checkpoints`).
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa
import structlog
from sqlmodel import Session, SQLModel, col, func, select

from consent import erased, keeping
from consent.tables import (
    Activity,
    ActivityAsk,
    DecisionRow,
    Evidence,
    Guardianship,
    LetGo,
    PaperForm,
    Person,
)
from consent.tables_reminders import Reminder
from consent.tables_sixteen import SixteenNotice
from core import log
from core.clock import local_day
from core.config import Config
from core.db import Database
from core.log import Event
from core.tables import OutgoingMail

logger = structlog.get_logger(__name__)


def let_go(database: Database, config: Config, moment: datetime) -> int:
    """Let go of what is over its term; returns of how many people. A person at a time: a
    transaction holds up other writers."""
    years = config.answer_years
    with database.read() as session:
        people = session.exec(
            select(Person)
            .where(col(Person.left_on) < local_day(moment))
            .where(_something_left())
            .order_by(col(Person.id))
        ).all()
    gone = [row.id or 0 for row in people if _is_over(row, years, moment)]
    for person_id in gone:
        with database.write() as session:
            _let_go_of(session, person_id, years, moment)
    _questions(database, years, moment)
    if gone:
        logger.info("answers_let_go", people=len(gone))
        database.overwrite()
    return len(gone)


def _is_over(person: Person, years: int, moment: datetime) -> bool:
    return person.left_on is not None and keeping.is_over(person.left_on, years, moment)


def _something_left() -> Any:
    """Whether anything is kept of a person that goes at the end of the term."""
    tables = (DecisionRow, Evidence, PaperForm, Reminder, SixteenNotice, Guardianship)
    return sa.or_(*(sa.exists().where(col(table.person_id) == col(Person.id)) for table in tables))


def _let_go_of(session: Session, person_id: int, years: int, moment: datetime) -> None:
    person = session.get_one(Person, person_id)
    if not _is_over(person, years, moment):
        return  # somebody has corrected the last day meanwhile
    theirs = DecisionRow.person_id == person_id
    answers, last = session.exec(select(func.count(), func.max(DecisionRow.id)).where(theirs)).one()
    if answers:
        session.add(
            LetGo(school_id=person.school_id, person_id=person_id, last_decision=last, at=moment)
        )
        session.flush()
        _delete(session, DecisionRow, theirs)
    # The files of scans are taken away by the night run, which finds that no row names them.
    for table in (Evidence, PaperForm, Reminder, SixteenNotice, Guardianship):
        _delete(session, table, table.person_id == person_id)
    _delete(session, OutgoingMail, OutgoingMail.about == person_id)
    log.append(
        session,
        Event.ANSWERS_LET_GO,
        school_id=person.school_id,
        actor_id=None,
        at=moment,
        person=person_id,
        answers=answers,
        last=last,
    )
    erased.overwrite(session, f"let_go:{person_id}:{moment.isoformat()}")


def _questions(database: Database, years: int, moment: datetime) -> None:
    """What an activity asked goes when it is as long ago and no answer to it is kept any more."""
    with database.read() as session:
        asks = session.exec(
            select(ActivityAsk.activity_id, Activity.day)  # type: ignore[call-overload]
            .join(Activity, col(Activity.id) == ActivityAsk.activity_id)
            .where(Activity.day < local_day(moment))
            .where(~sa.exists().where(col(DecisionRow.activity_id) == ActivityAsk.activity_id))
        ).all()
    for activity_id, day in asks:
        if not keeping.is_over(day, years, moment):
            continue
        with database.write() as session:
            row = session.get(ActivityAsk, activity_id)
            answered = select(DecisionRow.id).where(DecisionRow.activity_id == activity_id)
            if row is None or session.exec(answered.limit(1)).first() is not None:
                continue
            session.add(LetGo(school_id=row.school_id, activity_id=activity_id, at=moment))
            session.flush()
            _delete(session, ActivityAsk, ActivityAsk.activity_id == activity_id)
            log.append(
                session,
                Event.QUESTION_LET_GO,
                school_id=row.school_id,
                actor_id=None,
                at=moment,
                activity=activity_id,
            )


def _delete(session: Session, table: type[SQLModel], where: Any) -> None:
    session.execute(sa.delete(table).where(where))
