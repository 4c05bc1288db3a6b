"""R12: a face is learnt only with an explicit yes, forgotten with it, and only proposes a name."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import pytest
from PIL import Image, ImageFilter
from sqlmodel import select

from consent.model import Answer, Recognise
from consent.tables import Attendance, Person, School
from core.clock import now
from core.config import Config
from core.db import Database
from core.errors import BadInput, NotAllowed
from core.log import Event
from core.tables import LogEntry
from media import naming, portraits, recognise, templates
from media.children import InlineChildren
from media.errors import UnsuitablePortrait
from media.match import THRESHOLD, apart
from media.picture import Box, Pixels
from media.pipeline import process_item
from media.renditions import box_of
from media.seal import Seal, UnreadableTemplate, UnusableKey
from media.states import Identity
from media.tables import Appearance, Item
from media.tables_templates import Template
from media.takedown import day_passed, people_changed
from media.vault import Vault
from tests.databases import sqlite_alone
from tests.make import Maker
from tests.stages.conftest import compose
from tests.stages.faces import World, cut, jpeg, learn, left_and_right, says, small, upload, world

# Real networks and real processes: left out of `make quick`.
pytestmark = [
    pytest.mark.slow,
    pytest.mark.usefixtures("each_picture_is_looked_at_once"),
    *sqlite_alone,
]

Result = TypeVar("Result")

PORTRAIT = (100, 20, 380, 330)  # of the astronaut: head and shoulders


@pytest.fixture
def seal(config: Config) -> Seal:
    return Seal.of(config)


@pytest.fixture
def here(make: Maker) -> World:
    return world(make)


@pytest.fixture(scope="session")
def photo(astronaut: Pixels, hopper: Pixels) -> Pixels:
    """Both of them on one photo, the astronaut on the left."""
    return compose((1400, 800), (astronaut, (40, 150), 1.15), (hopper, (780, 120), 1.0))


@pytest.fixture
def process(database: Database, vault: Vault, seal: Seal) -> Callable[[int], list[Appearance]]:
    """Send a photo through the machine as the worker does; gives its faces."""

    def run(item_id: int) -> list[Appearance]:
        process_item(
            database,
            vault,
            InlineChildren(),
            item_id,
            now(),
            partial(recognise.propose_names, seal=seal),
        )
        return faces_of(database, item_id)

    return run


def faces_of(database: Database, item_id: int) -> list[Appearance]:
    with database.read() as session:
        rows = session.exec(select(Appearance).where(Appearance.item_id == item_id))
        return list(rows)


def named(faces: list[Appearance]) -> list[tuple[Identity, int | None]]:
    """What is said of the two people in the photo, left and right."""
    return [(Identity(face.identity), face.person_id) for face in left_and_right(faces)]


def template_of(database: Database, person: Person) -> Template | None:
    with database.read() as session:
        return session.get(Template, person.id)


def events(database: Database, event: Event) -> list[LogEntry]:
    with database.read() as session:
        return list(session.exec(select(LogEntry).where(LogEntry.event == event.value)))


NOBODY = (Identity.UNKNOWN, None)


# --- proposing --------------------------------------------------------------------------------


def test_a_known_face_is_proposed_and_an_unknown_one_is_not(
    database: Database,
    vault: Vault,
    seal: Seal,
    here: World,
    astronaut: Pixels,
    photo: Pixels,
    process: Callable[[int], list[Appearance]],
) -> None:
    """R12: the machine proposes; nobody is named by it (R14)."""
    learn(database, seal, here, here.eileen, cut(astronaut, PORTRAIT, 1.7))
    faces = process(upload(database, vault, here, photo))
    assert named(faces) == [(Identity.PROPOSED, here.eileen.id), NOBODY]
    assert all(face.named_by is None for face in faces)
    (entry,) = events(database, Event.NAMES_PROPOSED)
    assert entry.data == {"item": faces[0].item_id, "appearances": [left_and_right(faces)[0].id]}


def test_both_are_proposed_when_both_are_known(
    database: Database,
    vault: Vault,
    seal: Seal,
    here: World,
    astronaut: Pixels,
    hopper: Pixels,
    photo: Pixels,
    process: Callable[[int], list[Appearance]],
) -> None:
    learn(database, seal, here, here.eileen, cut(astronaut, PORTRAIT, 0.9), astronaut)
    learn(database, seal, here, here.grace, hopper)
    faces = process(upload(database, vault, here, photo))
    assert named(faces) == [
        (Identity.PROPOSED, here.eileen.id),
        (Identity.PROPOSED, here.grace.id),
    ]


def test_a_teacher_confirms_what_was_proposed(
    database: Database,
    vault: Vault,
    seal: Seal,
    here: World,
    astronaut: Pixels,
    photo: Pixels,
    process: Callable[[int], list[Appearance]],
) -> None:
    learn(database, seal, here, here.eileen, astronaut)
    item_id = upload(database, vault, here, photo)
    face = left_and_right(process(item_id))[0]
    shown = [(face.id or 0, here.eileen.id or 0)]
    with database.write() as session:
        assert naming.confirm(session, item_id, shown, here.teacher.id or 0, now()) == 1
    assert named(faces_of(database, item_id))[0] == (Identity.CONFIRMED, here.eileen.id)


def test_only_who_attended_is_a_candidate(
    database: Database,
    vault: Vault,
    seal: Seal,
    make: Maker,
    here: World,
    astronaut: Pixels,
    photo: Pixels,
    process: Callable[[int], list[Appearance]],
) -> None:
    learn(database, seal, here, here.eileen, astronaut)
    here.activity = make.activity(here.school, here.teacher, [here.grace])
    assert named(process(upload(database, vault, here, photo))) == [NOBODY, NOBODY]


@pytest.mark.parametrize("someone_said", [None, Answer.NO], ids=["no answer", "a no"])
def test_where_not_everybody_agreed_nobody_is_proposed(
    database: Database,
    vault: Vault,
    seal: Seal,
    make: Maker,
    here: World,
    astronaut: Pixels,
    photo: Pixels,
    process: Callable[[int], list[Appearance]],
    someone_said: Answer | None,
) -> None:
    """R12 `agreed`: only activities whose whole attendance list said yes to recognition."""
    learn(database, seal, here, here.eileen, astronaut)
    other = make.person(here.school)
    parent = make.guardian(other)
    make.decided(other, parent, here.channel)
    if someone_said is not None:
        make.decided(other, parent, None, someone_said)
    here.activity = make.activity(here.school, here.teacher, [here.eileen, here.grace, other])
    assert named(process(upload(database, vault, here, photo))) == [NOBODY, NOBODY]


def test_with_any_the_others_need_not_have_agreed(
    database: Database,
    vault: Vault,
    seal: Seal,
    make: Maker,
    astronaut: Pixels,
    hopper: Pixels,
    photo: Pixels,
    process: Callable[[int], list[Appearance]],
) -> None:
    """R12 `any`; who did not agree is no candidate all the same."""
    here = world(make, Recognise.ANY)
    learn(database, seal, here, here.eileen, astronaut)
    learn(database, seal, here, here.grace, hopper)
    says(database, here, here.grace, Answer.NO)
    faces = process(upload(database, vault, here, photo))
    assert named(faces) == [(Identity.PROPOSED, here.eileen.id), NOBODY]


def test_an_empty_attendance_list_agrees_to_nothing(
    database: Database,
    vault: Vault,
    seal: Seal,
    make: Maker,
    here: World,
    astronaut: Pixels,
    photo: Pixels,
    process: Callable[[int], list[Appearance]],
) -> None:
    learn(database, seal, here, here.eileen, astronaut)
    here.activity = make.activity(here.school, here.teacher, [])
    assert named(process(upload(database, vault, here, photo))) == [NOBODY, NOBODY]


def test_a_school_that_does_not_recognise_proposes_nothing(
    database: Database,
    vault: Vault,
    seal: Seal,
    here: World,
    astronaut: Pixels,
    photo: Pixels,
    process: Callable[[int], list[Appearance]],
) -> None:
    """R12: off is the default; a template that is still there is not used."""
    learn(database, seal, here, here.eileen, astronaut)
    with database.write() as session:
        session.get_one(School, here.school.id).recognise = Recognise.OFF.value
    assert named(process(upload(database, vault, here, photo))) == [NOBODY, NOBODY]


def test_what_a_person_said_of_a_face_is_left_alone(
    database: Database,
    vault: Vault,
    seal: Seal,
    here: World,
    astronaut: Pixels,
    photo: Pixels,
    process: Callable[[int], list[Appearance]],
) -> None:
    """R12, R14: and nobody is in one photo twice, so no other face gets that name either."""
    item_id = upload(database, vault, here, photo)
    _left, right = left_and_right(process(item_id))
    by, eileen = here.teacher.id or 0, here.eileen.id or 0
    with database.write() as session:
        naming.name(session, item_id, right.id or 0, eileen, by, now())
    learn(database, seal, here, here.eileen, astronaut)
    recognise.propose_names(database, InlineChildren(), vault, item_id, now(), seal=seal)
    assert named(faces_of(database, item_id)) == [NOBODY, (Identity.CONFIRMED, eileen)]


@pytest.mark.parametrize("who", ["eileen", "grace"], ids=["of the known", "of another"])
def test_a_consent_that_ends_during_the_comparison_ends_the_proposal(
    database: Database,
    vault: Vault,
    seal: Seal,
    here: World,
    who: str,
    astronaut: Pixels,
    photo: Pixels,
    process: Callable[[int], list[Appearance]],
) -> None:
    """R12, R13: the moment of writing counts, not the moment of looking."""
    withdraws = {"eileen": here.eileen, "grace": here.grace}[who]
    item_id = upload(database, vault, here, photo)
    process(item_id)
    learn(database, seal, here, here.eileen, astronaut)

    class Meanwhile:
        """Somebody withdraws while the child is at work."""

        def run(self, function: Callable[..., Result], *args: Any) -> Result:
            says(database, here, withdraws, Answer.NO, after=people_changed)
            return function(*args)

    recognise.propose_names(database, Meanwhile(), vault, item_id, now(), seal=seal)
    assert named(faces_of(database, item_id)) == [NOBODY, NOBODY]


def test_a_face_that_is_named_during_the_comparison_keeps_that_name(
    database: Database,
    vault: Vault,
    seal: Seal,
    here: World,
    astronaut: Pixels,
    photo: Pixels,
    process: Callable[[int], list[Appearance]],
) -> None:
    """R14: a person's word goes before the machine's, also when it comes a moment earlier."""
    item_id = upload(database, vault, here, photo)
    left, _right = left_and_right(process(item_id))
    learn(database, seal, here, here.eileen, astronaut)
    by, grace = here.teacher.id or 0, here.grace.id or 0

    class Meanwhile:
        """A teacher, mistaken or not, names the face while the child is at work."""

        def run(self, function: Callable[..., Result], *args: Any) -> Result:
            with database.write() as session:
                naming.name(session, item_id, left.id or 0, grace, by, now())
            return function(*args)

    recognise.propose_names(database, Meanwhile(), vault, item_id, now(), seal=seal)
    assert named(faces_of(database, item_id)) == [(Identity.CONFIRMED, grace), NOBODY]


def test_a_template_that_does_not_open_proposes_nothing_and_harms_nothing(
    database: Database,
    vault: Vault,
    here: World,
    seal: Seal,
    astronaut: Pixels,
    photo: Pixels,
) -> None:
    """Another key, as on a machine that was set up anew: the photo is ready all the same."""
    learn(database, seal, here, here.eileen, astronaut)
    item_id = upload(database, vault, here, photo)
    other = partial(recognise.propose_names, seal=Seal(os.urandom(32)))
    process_item(database, vault, InlineChildren(), item_id, now(), other)
    assert named(faces_of(database, item_id)) == [NOBODY, NOBODY]
    with database.read() as session:
        assert session.get_one(Item, item_id).state == "ready"


# --- making -----------------------------------------------------------------------------------


def test_a_template_is_sealed_and_says_how_it_was_made(
    database: Database, seal: Seal, here: World, astronaut: Pixels
) -> None:
    learn(database, seal, here, here.eileen, astronaut, cut(astronaut, PORTRAIT, 1.7))
    row = template_of(database, here.eileen)
    assert row is not None
    assert (row.model, row.references, row.made_by) == (templates.MODEL, 2, here.teacher.id)
    (entry,) = events(database, Event.TEMPLATE_MADE)
    assert entry.data == {"person": here.eileen.id, "model": templates.MODEL}
    with database.read() as session:
        people = [here.eileen.id or 0]
        opened = templates.open_templates(session, seal, row.school_id, people, now())
    vector = opened[here.eileen.id or 0][0]
    assert vector.astype("<f4").tobytes() not in row.sealed
    one, two = (
        portraits.learn(jpeg(astronaut)),
        portraits.learn(jpeg(cut(astronaut, PORTRAIT, 1.7))),
    )
    assert vector == pytest.approx((one + two) / 2, abs=1e-6)


def test_a_template_does_not_open_in_another_persons_row(
    database: Database, seal: Seal, here: World, astronaut: Pixels, hopper: Pixels
) -> None:
    learn(database, seal, here, here.eileen, astronaut)
    learn(database, seal, here, here.grace, hopper)
    with database.write() as session:
        eileen, grace = (session.get_one(Template, row.id) for row in (here.eileen, here.grace))
        grace.sealed = eileen.sealed
    with database.read() as session, pytest.raises(UnreadableTemplate):
        templates.open_templates(session, seal, here.school.id or 0, [here.grace.id or 0], now())


@pytest.mark.parametrize("lacking", ["recognition", "channels", "school"])
def test_without_every_yes_nothing_is_made(
    database: Database, seal: Seal, make: Maker, here: World, astronaut: Pixels, lacking: str
) -> None:
    """R12: an explicit yes to recognition, a yes on a channel, and a school that recognises."""
    if lacking == "recognition":
        says(database, here, here.eileen, Answer.NO)
    elif lacking == "channels":
        says(database, here, here.eileen, Answer.NO, channel=here.channel)
    else:
        with database.write() as session:
            session.get_one(School, here.school.id).recognise = Recognise.OFF.value
    with pytest.raises(NotAllowed):
        learn(database, seal, here, here.eileen, astronaut)
    assert template_of(database, here.eileen) is None
    assert events(database, Event.TEMPLATE_MADE) == []


def test_a_yes_to_photos_is_no_yes_to_recognition(
    database: Database, seal: Seal, make: Maker, here: World, astronaut: Pixels
) -> None:
    """R5, R12: a purpose of its own; no answer is a no."""
    third = make.person(here.school)
    make.decided(third, make.guardian(third), here.channel, form_version=here.form)
    with pytest.raises(NotAllowed):
        learn(database, seal, here, third, astronaut)


def test_the_same_face_under_another_name_is_told(
    database: Database, seal: Seal, here: World, astronaut: Pixels
) -> None:
    """Siblings, twins, or a portrait that was chosen for the wrong child."""
    assert learn(database, seal, here, here.eileen, astronaut) == []
    alike = learn(database, seal, here, here.grace, cut(astronaut, PORTRAIT, 1.7))
    assert alike == [here.eileen.id]


def test_of_two_who_look_alike_neither_is_proposed(
    database: Database,
    vault: Vault,
    seal: Seal,
    here: World,
    astronaut: Pixels,
    photo: Pixels,
    process: Callable[[int], list[Appearance]],
) -> None:
    learn(database, seal, here, here.eileen, astronaut)
    learn(database, seal, here, here.grace, cut(astronaut, PORTRAIT, 1.7))
    assert named(process(upload(database, vault, here, photo))) == [NOBODY, NOBODY]


def marks(database: Database, *people: Person) -> list[list[int]]:
    return [found.alike for person in people if (found := template_of(database, person))]


def test_a_look_alike_is_not_proposed_where_the_other_is_no_candidate(
    database: Database,
    vault: Vault,
    seal: Seal,
    make: Maker,
    here: World,
    astronaut: Pixels,
    photo: Pixels,
    process: Callable[[int], list[Appearance]],
) -> None:
    """A list of who attended is not always right: who is marked always needs a person (R12)."""
    learn(database, seal, here, here.eileen, astronaut)
    learn(database, seal, here, here.grace, cut(astronaut, PORTRAIT, 1.7))
    with database.write() as session:
        stayed = session.exec(select(Attendance).where(Attendance.person_id == here.grace.id))
        session.delete(stayed.one())
    assert named(process(upload(database, vault, here, photo))) == [NOBODY, NOBODY]


def test_who_looks_alike_is_marked_at_both_until_one_is_forgotten(
    database: Database, seal: Seal, here: World, astronaut: Pixels
) -> None:
    learn(database, seal, here, here.eileen, astronaut)
    learn(database, seal, here, here.grace, cut(astronaut, PORTRAIT, 1.7))
    assert marks(database, here.eileen, here.grace) == [[here.grace.id], [here.eileen.id]]
    with database.write() as session:
        templates.erase(session, here.school.id or 0, here.grace.id or 0, here.teacher.id, now())
    assert marks(database, here.eileen, here.grace) == [[]]


def test_other_portraits_take_the_mark_away(
    database: Database, seal: Seal, here: World, astronaut: Pixels, hopper: Pixels
) -> None:
    learn(database, seal, here, here.eileen, astronaut)
    learn(database, seal, here, here.grace, cut(astronaut, PORTRAIT, 1.7))
    learn(database, seal, here, here.grace, hopper)
    assert marks(database, here.eileen, here.grace) == [[], []]


def test_portraits_of_two_people_make_no_template(
    database: Database, seal: Seal, here: World, astronaut: Pixels, hopper: Pixels
) -> None:
    with pytest.raises(BadInput, match="one and the same person"):
        learn(database, seal, here, here.eileen, astronaut, hopper)
    assert template_of(database, here.eileen) is None


def test_too_many_portraits_are_refused_with_the_number() -> None:
    with pytest.raises(BadInput, match="at most 5 photos; these are 6"):
        templates.check_count(6)


# --- portraits --------------------------------------------------------------------------------


def blurred(pixels: Pixels, radius: float) -> Pixels:
    return np.asarray(Image.fromarray(pixels).filter(ImageFilter.GaussianBlur(radius)))


def test_a_portrait_is_learnt_from_whatever_its_size(astronaut: Pixels) -> None:
    """Three cuts of one photo lie within a quarter of the distance at which strangers begin."""
    whole = portraits.learn(jpeg(astronaut))
    for scale in (0.9, 1.7):
        other = portraits.learn(jpeg(cut(astronaut, PORTRAIT, scale)))
        assert apart(np.stack([other, whole])) < THRESHOLD / 4


def test_a_portrait_with_two_people_is_refused(photo: Pixels) -> None:
    with pytest.raises(UnsuitablePortrait, match="There are 2 faces"):
        portraits.learn(jpeg(photo))


def test_somebody_small_behind_spoils_no_portrait(astronaut: Pixels, hopper: Pixels) -> None:
    """But only where it is plain whose portrait it is: in the middle, and clearly the largest."""
    behind = (hopper, (20, 20), 0.3)
    middle = compose((900, 600), (astronaut, (200, 20), 1.1), behind)
    alone = compose((900, 600), (astronaut, (200, 20), 1.1))
    found = np.stack([portraits.learn(jpeg(middle)), portraits.learn(jpeg(alone))])
    assert apart(found) < THRESHOLD / 10
    with pytest.raises(UnsuitablePortrait, match="There are 2 faces"):
        portraits.learn(jpeg(compose((1400, 600), (astronaut, (700, 20), 1.1), behind)))


def test_a_portrait_without_a_face_is_refused() -> None:
    with pytest.raises(UnsuitablePortrait, match="No face was found"):
        portraits.learn(jpeg(compose((600, 400))))


def test_a_face_that_is_too_small_is_refused_with_its_size(astronaut: Pixels) -> None:
    with pytest.raises(UnsuitablePortrait, match=r"only \d\d pixels wide; at least 80"):
        portraits.learn(jpeg(cut(astronaut, (0, 0, 512, 512), 0.6)))


def test_a_face_that_is_not_sharp_is_refused(astronaut: Pixels) -> None:
    with pytest.raises(UnsuitablePortrait, match="not sharp enough"):
        portraits.learn(jpeg(blurred(astronaut, 3)))


# --- forgetting -------------------------------------------------------------------------------


@pytest.mark.parametrize("row", ["recognition", "channel"])
def test_a_withdrawal_forgets_the_face_and_what_was_proposed(
    database: Database,
    vault: Vault,
    seal: Seal,
    here: World,
    astronaut: Pixels,
    photo: Pixels,
    process: Callable[[int], list[Appearance]],
    row: str,
) -> None:
    """R12: erased the moment either yes ends, in the transaction that records the no."""
    learn(database, seal, here, here.eileen, astronaut)
    item_id = upload(database, vault, here, photo)
    assert named(process(item_id))[0] == (Identity.PROPOSED, here.eileen.id)
    channel = here.channel if row == "channel" else None
    says(database, here, here.eileen, Answer.NO, channel=channel, after=people_changed)
    assert template_of(database, here.eileen) is None
    assert named(faces_of(database, item_id)) == [NOBODY, NOBODY]
    assert [entry.data for entry in events(database, Event.TEMPLATE_ERASED)] == [
        {"person": here.eileen.id}
    ]
    again = upload(database, vault, here, np.fliplr(photo))
    assert {face.identity for face in process(again)} == {Identity.UNKNOWN}


def test_another_persons_change_forgets_nothing(
    database: Database, seal: Seal, make: Maker, here: World, astronaut: Pixels
) -> None:
    learn(database, seal, here, here.eileen, astronaut)
    says(database, here, here.grace, Answer.NO)
    both = [here.eileen.id or 0, here.grace.id or 0]
    with database.write() as session:
        people_changed(session, here.school.id or 0, both, None, now())
    assert template_of(database, here.eileen) is not None


def test_a_school_that_stops_recognising_forgets_every_face(
    database: Database, seal: Seal, here: World, astronaut: Pixels, hopper: Pixels
) -> None:
    learn(database, seal, here, here.eileen, astronaut)
    learn(database, seal, here, here.grace, hopper)
    with database.write() as session:
        session.get_one(School, here.school.id).recognise = Recognise.OFF.value
    day_passed(database, now())
    assert template_of(database, here.eileen) is None
    assert template_of(database, here.grace) is None


def test_a_face_is_forgotten_after_a_year(
    database: Database, seal: Seal, here: World, astronaut: Pixels
) -> None:
    """R31: references age; children's faces change."""
    learn(database, seal, here, here.eileen, astronaut)
    day_passed(database, now() + timedelta(days=364))
    assert template_of(database, here.eileen) is not None
    day_passed(database, now() + timedelta(days=366))
    assert template_of(database, here.eileen) is None


@pytest.mark.parametrize("wanted", [False, True])
def test_a_school_may_have_lying_faces_looked_for(
    database: Database,
    vault: Vault,
    here: World,
    astronaut: Pixels,
    astronaut_face: Box,
    process: Callable[[int], list[Appearance]],
    wanted: bool,
) -> None:
    """R14: a child on a climbing frame is hidden as well, before anybody looked."""
    with database.write() as session:
        session.get_one(School, here.school.id).look_turned = wanted
    picture, face = small(astronaut, astronaut_face)
    faces = process(upload(database, vault, here, np.ascontiguousarray(picture[::-1, ::-1])))
    there = face.turned(2)
    assert len([one for one in faces if box_of(one).iou(there) > 0.4]) == wanted


def test_a_school_may_keep_faces_for_half_a_year_only(
    database: Database, seal: Seal, here: World, astronaut: Pixels
) -> None:
    learn(database, seal, here, here.eileen, astronaut)
    with database.write() as session:
        session.get_one(School, here.school.id).faces_kept = 182
        gallery = templates.open_templates(
            session, seal, here.school.id or 0, [here.eileen.id or 0], now() + timedelta(days=183)
        )
    assert gallery == {}, "not compared with, before the day's work comes to it"
    day_passed(database, now() + timedelta(days=183))
    assert template_of(database, here.eileen) is None


def test_the_sixteenth_birthday_forgets_the_face_until_the_pupil_agrees(
    database: Database, seal: Seal, make: Maker, here: World, hopper: Pixels
) -> None:
    """R3, R12: a parental yes allows nothing new from that day on."""
    soon = make.person(here.school, born=date(2010, 12, 1))
    parent = make.guardian(soon)
    before = datetime(2026, 6, 1, tzinfo=UTC)
    make.decided(soon, parent, here.channel, at=before, form_version=here.form)
    make.decided(soon, parent, None, at=before, form_version=here.form)
    vector = portraits.learn(jpeg(hopper))
    school, person, by = here.school.id or 0, soon.id or 0, here.teacher.id or 0
    with database.write() as session:
        templates.make(session, seal, school, person, [vector], by, before)
    day_passed(database, datetime(2026, 11, 30, 12, tzinfo=UTC))
    assert template_of(database, soon) is not None
    day_passed(database, datetime(2026, 12, 1, 12, tzinfo=UTC))
    assert template_of(database, soon) is None


def test_what_was_erased_is_overwritten_in_the_file(
    database: Database, config: Config, seal: Seal, here: World, astronaut: Pixels
) -> None:
    """Sealed, and gone even so: a deleted row does not linger in the pages of the database."""
    learn(database, seal, here, here.eileen, astronaut)
    row = template_of(database, here.eileen)
    assert row is not None

    def lingers() -> bool:
        with database.engine.connect() as connection:
            connection.exec_driver_sql("COMMIT")
            connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
            connection.exec_driver_sql("BEGIN")
        return row.sealed in (config.var / "beeldpoort.db").read_bytes()

    assert lingers()
    with database.write() as session:
        templates.erase(session, here.school.id or 0, row.person_id, here.teacher.id or 0, now())
    assert not lingers()


# --- the key ----------------------------------------------------------------------------------


def test_the_key_lies_outside_the_database_for_its_owner_only(config: Config) -> None:
    Seal.of(config)
    path: Path = config.var / "template.key"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [found.name for found in config.var.glob("template.key*")] == ["template.key"]


def test_the_same_installation_opens_what_it_sealed(config: Config) -> None:
    assert Seal.of(config).open(Seal.of(config).close(b"face", "1:2:m"), "1:2:m") == b"face"


def test_a_key_that_cannot_be_one_is_told() -> None:
    with pytest.raises(UnusableKey, match="it must be 32"):
        Seal(b"short")
