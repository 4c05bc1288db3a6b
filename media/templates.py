"""Face templates: made only with an explicit yes, erased the moment it ends (R12).

Every use case works in the caller's transaction. Vectors come in and go out as arrays in memory;
what is stored is sealed (`media.seal`).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime, timedelta
from typing import Final

import numpy as np
from numpy.typing import NDArray
from sqlmodel import Session, col, select

from consent.model import Medium, Recognise
from consent.store import Question, standings_now
from consent.tables import Channel, School
from core import log
from core.errors import N_, BadInput, NotAllowed, NotFound
from media.match import apart, near
from media.models import EMBEDDER
from media.picture import Vectors
from media.seal import Seal
from media.states import Identity
from media.tables import Appearance
from media.tables_templates import Template

Vector = NDArray[np.float32]

# Vectors of another network, or made in another way, cannot be compared with these.
MODEL: Final = f"dlib-resnet-{EMBEDDER.sha256[:12]}-six-looks"
# More than five references hardly gain anything, and each is a portrait that somebody must find.
MOST_PORTRAITS: Final = 5
# Too generous for naming somebody, right for noticing that a wrong portrait was chosen: of 800
# pairs of photos of one person in LFW the farthest is 0.088; of two people 2 % are nearer.
_SAME_PERSON: Final = 0.09


def may_have(
    session: Session, school_id: int, people: Collection[int], now: datetime
) -> frozenset[int]:
    """Who of these people may have a template now: a standing yes to recognition, and a yes to
    photos on at least one channel, without which a template has no purpose."""
    channels = session.exec(select(Channel.id).where(Channel.school_id == school_id)).all()
    recognition = {person: Question(person, None, Medium.RECOGNITION) for person in people}
    photos = {
        person: [Question(person, channel, Medium.PHOTO) for channel in channels]
        for person in people
    }
    asked = {*recognition.values(), *(question for row in photos.values() for question in row)}
    found = standings_now(session, school_id, asked, now)
    yes = {question for question, standing in found.items() if standing.may_publish.allowed}
    return frozenset(
        person
        for person in people
        if recognition[person] in yes and any(question in yes for question in photos[person])
    )


def recognises(session: Session, school_id: int) -> Recognise:
    """Where this school lets names be proposed; off for a school that does not exist."""
    school = session.get(School, school_id)
    return Recognise(school.recognise) if school else Recognise.OFF


def check(session: Session, school_id: int, person_id: int, now: datetime) -> None:
    """Raise NotAllowed when no template of this person may be made now."""
    if recognises(session, school_id) is Recognise.OFF:
        raise NotAllowed(N_("This school does not use face recognition."))
    if person_id not in may_have(session, school_id, [person_id], now):
        raise NotAllowed(N_("The face of this person may not be learnt."))


def check_count(count: int) -> None:
    """Raise BadInput when so many portraits are none, or too many."""
    if not 1 <= count <= MOST_PORTRAITS:
        raise BadInput(
            N_("Choose at least 1 and at most %(most)d photos; these are %(count)d."),
            most=MOST_PORTRAITS,
            count=count,
        )


def mean_of(portraits: Sequence[Vector]) -> Vector:
    """The template vector (128,) of one person's portraits.

    Raises BadInput when there are none, too many, or not of one person.
    """
    check_count(len(portraits))
    every = np.stack(portraits)
    # Written so that a distance that is not a number is too far.
    if not apart(every) < _SAME_PERSON:
        raise BadInput(
            N_("These photos do not seem to show one and the same person. Check each of them.")
        )
    mean: Vector = every.mean(axis=0, dtype=np.float64).astype(np.float32)
    return mean


def make(
    session: Session,
    seal: Seal,
    school_id: int,
    person_id: int,
    portraits: Sequence[Vector],
    by: int,
    now: datetime,
) -> list[int]:
    """Store the template of a person, in place of an earlier one.

    Returns the people with a template who look much like this person, nearest first: siblings,
    or the same face under another name. Both are marked: no name is ever proposed for them. Raises
    NotAllowed or BadInput.
    """
    now = log.not_before(session, school_id, now)
    check(session, school_id, person_id, now)
    mean = mean_of(portraits)
    row = session.get(Template, person_id, with_for_update=True) or Template(
        person_id=person_id,
        school_id=school_id,
        model=MODEL,
        sealed=b"",
        references=0,
        made_at=now,
        made_by=by,
    )
    row.model, row.references, row.made_at, row.made_by = MODEL, len(portraits), now, by
    row.sealed = seal.close(mean.astype("<f4").tobytes(), _about(row))
    session.add(row)
    _log(session, log.Event.TEMPLATE_MADE, school_id, by, now, person=person_id, model=MODEL)
    session.flush()
    others = {other.person_id: other for other in _of_school(session, school_id)}
    del others[person_id]
    alike = near(mean, open_templates(session, seal, school_id, others, now))
    _mark(row, others.values(), alike)
    return alike


def _of_school(session: Session, school_id: int) -> Sequence[Template]:
    return session.exec(select(Template).where(Template.school_id == school_id)).all()


def _mark(row: Template, others: Iterable[Template], alike: Collection[int]) -> None:
    """Write down who looks like whom, at both; at those who did before and do not, no more."""
    row.alike = sorted(alike)
    for other in others:
        marks = set(other.alike) - {row.person_id}
        if other.person_id in alike:
            marks.add(row.person_id)
        if marks != set(other.alike):
            other.alike = sorted(marks)


def with_look_alike(session: Session, people: Collection[int]) -> frozenset[int]:
    """Who of these people looks like somebody else of whom there is a template."""
    rows = session.exec(select(Template).where(col(Template.person_id).in_(people)))
    return frozenset(row.person_id for row in rows if row.alike)


def lifetime(session: Session, school_id: int) -> timedelta:
    """How long a template is good. Children's faces change: then it is made anew, or is gone."""
    return timedelta(days=session.get_one(School, school_id).faces_kept)


def open_templates(
    session: Session, seal: Seal, school_id: int, people: Collection[int], now: datetime
) -> dict[int, Vectors]:
    """The templates of these people as `match` wants them: (1, 128) each, in memory only.

    Left out is who has none, or one that is too old or of another network. Raises
    UnreadableTemplate.
    """
    rows = session.exec(
        select(Template).where(
            Template.school_id == school_id,
            col(Template.person_id).in_(people),
            Template.model == MODEL,
            col(Template.made_at) > now - lifetime(session, school_id),
        )
    )
    return {
        row.person_id: np.frombuffer(seal.open(row.sealed, _about(row)), "<f4").reshape(1, -1)
        for row in rows
    }


def _about(row: Template) -> str:
    """What a sealed template is bound to: in another person's row it does not open."""
    return f"{row.school_id}:{row.person_id}:{row.model}"


def erase(session: Session, school_id: int, person_id: int, by: int | None, now: datetime) -> None:
    """Erase somebody's template; raises NotFound when there is none."""
    row = session.get(Template, person_id)
    if row is None or row.school_id != school_id:
        raise NotFound(N_("There is no face template of this person (any more)."))
    _erase(session, school_id, [row], by, now)


def erase_without_consent(
    session: Session,
    school_id: int,
    people: Collection[int],
    now: datetime,
    by: int | None = None,
) -> None:
    """Erase the templates of these people whose ground has ended: the yes to recognition, the
    last yes to a channel, the school's own choice to recognise, the time that it is good for, or
    the way in which it was made.

    Called wherever a standing may have changed, in the same transaction.
    """
    rows = session.exec(
        select(Template).where(Template.school_id == school_id, col(Template.person_id).in_(people))
    ).all()
    if not rows:
        return
    kept: Collection[int] = ()
    if recognises(session, school_id) is not Recognise.OFF:
        kept = may_have(session, school_id, [row.person_id for row in rows], now)
    oldest = now - lifetime(session, school_id)
    ended = [
        row
        for row in rows
        if row.person_id not in kept or row.made_at <= oldest or row.model != MODEL
    ]
    _erase(session, school_id, ended, by, now)


def _erase(
    session: Session, school_id: int, rows: Sequence[Template], by: int | None, now: datetime
) -> None:
    remove(session, school_id, rows)
    for row in rows:
        _log(session, log.Event.TEMPLATE_ERASED, school_id, by, now, person=row.person_id)
    _take_back_proposals(session, school_id, [row.person_id for row in rows], by, now)


def remove(session: Session, school_id: int, rows: Sequence[Template]) -> None:
    """Delete templates; nobody looks like who is not known any more."""
    gone = {row.person_id for row in rows}
    left = [other for other in _of_school(session, school_id) if other.person_id not in gone]
    for row in rows:
        _mark(row, left, ())
        session.delete(row)


def _take_back_proposals(
    session: Session, school_id: int, people: Collection[int], by: int | None, now: datetime
) -> None:
    """A name that nobody confirmed rests on the template alone, and goes with it."""
    faces = session.exec(
        select(Appearance).where(
            Appearance.school_id == school_id,
            Appearance.identity == Identity.PROPOSED.value,
            col(Appearance.person_id).in_(people),
        )
    ).all()
    for face in faces:
        # Hidden before and hidden after: no verdict and no file changes.
        face.identity, face.person_id = Identity.UNKNOWN.value, None
        session.add(face)
        _log(
            session,
            log.Event.FACE_SET_ASIDE,
            school_id,
            by,
            now,
            item=face.item_id,
            appearance=face.id,
            identity=face.identity,
        )


def _log(
    session: Session,
    event: log.Event,
    school_id: int,
    by: int | None,
    now: datetime,
    **data: log.Value,
) -> None:
    log.append(session, event, school_id=school_id, actor_id=by, at=now, **data)
