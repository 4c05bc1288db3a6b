"""Ways round the rules that were once open: each stays closed."""

from __future__ import annotations

import copy
from datetime import UTC, date, datetime, timedelta

import pytest

from consent import guardianship, notices
from consent.model import Answer, AtSixteen, Medium, Reason, Recognise, Ruling
from consent.people import By
from consent.store import Question, standings
from consent.tables import Activity, Channel, Guardianship, Person
from core import log
from core.clock import now
from core.errors import Conflict
from media import naming, placing
from media.gate import Effect, Why, decide_many
from media.picture import Box
from media.states import Identity
from media.tables import Appearance, Item
from media.takedown import people_changed
from tests.databases import sqlite_alone
from tests.make import Maker
from tests.web.out import Story, address, who_is_in

pytestmark = sqlite_alone

LONG_AGO = datetime(2024, 1, 1, tzinfo=UTC)


def ruling(story: Story, person: Person, channel: Channel | None, medium: Medium) -> Ruling:
    question = Question(person.id or 0, channel.id if channel else None, medium)
    with story.database.read() as session:
        found = standings(session, story.school.id or 0, [question], now())
    return found[question].may_publish


def test_one_person_alone_cannot_take_a_named_face_away(story: Story) -> None:
    """R14: drawn by hand, named, refused; then taken away, it would be in full view."""
    item = story.photo([0, 1])
    story.says(1, Answer.NO)
    with story.database.write() as session:
        row = session.get_one(Appearance, story.faces(item)[1].id)
        row.source, row.draft_of = "hand", None
    with pytest.raises(Conflict, match="not a face"), story.database.write() as session:
        placing.remove_drawn(session, item.id or 0, row.id or 0, story.teacher.id or 0, now())
    _post, (publication,) = story.published([item])
    assert 1 not in who_is_in(story.client().get(address(publication)).data)


def test_a_drawing_is_only_a_draft_until_somebody_says_who_it_is(story: Story) -> None:
    """R14: undoing a name does not make a draft of it again."""
    item, by = story.photo([0]), story.teacher.id or 0
    item_id = item.id or 0
    with story.database.write() as session:
        face = placing.draw(session, item_id, Box(0.1, 0.1, 0.2, 0.2), by, now())
        other = placing.draw(session, item_id, Box(0.7, 0.7, 0.8, 0.8), by, now())
    with story.database.write() as session:
        placing.remove_drawn(session, item_id, other, by, now())
    with story.database.write() as session:
        naming.name(session, item_id, face, story.people[0].id or 0, by, now())
        naming.undo(session, item_id, face, by, now())
    with pytest.raises(Conflict), story.database.write() as session:
        placing.remove_drawn(session, item_id, face, by, now())


def test_the_name_of_an_activity_is_no_way_to_publish_a_name(story: Story) -> None:
    """R19"""
    item = story.photo()
    name = story.people[0].given_name
    with story.database.write() as session:
        session.get_one(Activity, item.activity_id).name = f"Verjaardag van {name}"
    story.published([item])
    visitor = story.client()
    assert name not in visitor.get("/galerij/website/").text
    assert name not in visitor.get("/galerij/website/feed.atom").text


def test_a_no_of_a_guardian_is_not_lost_when_authority_is_given_again(
    story: Story, make: Maker
) -> None:
    """R3, R7: a parental no is never turned into a yes."""
    child = make.person(story.school, given_name="Sem", born=date(2009, 1, 10))
    mother, father = make.guardian(child), make.guardian(child)
    with story.database.write() as session:
        for account in (mother, father):
            link = session.get_one(Guardianship, (account.id, child.id))
            link.authority_from = LONG_AGO
    make.decided(child, mother, story.website, at=LONG_AGO + timedelta(days=1))
    make.decided(child, father, story.website, Answer.NO, at=LONG_AGO + timedelta(days=1))
    story.change(story.school, at_sixteen=AtSixteen.CARRY_OVER)
    school_id, by = story.school.id or 0, By(story.teacher.id or 0, now())
    for authority in (False, True):
        with story.database.write() as session:
            guardianship.change_authority(
                session, school_id, child.id or 0, father.id or 0, authority, by, people_changed
            )
    assert not ruling(story, child, story.website, Medium.PHOTO).allowed
    with pytest.raises(Conflict, match="already answered"), story.database.write() as session:
        guardianship.unlink_guardian(
            session, school_id, child.id or 0, father.id or 0, by, people_changed
        )


def test_other_words_about_recognition_ask_again(
    story: Story, make: Maker, monkeypatch: pytest.MonkeyPatch
) -> None:
    """R10, R12"""
    story.change(story.school, recognise=Recognise.AGREED)
    with story.database.write() as session:
        notices.publish_form(session, story.school.id or 0, None, None, now())
    make.decided(story.people[0], story.guardians[0], None, form_version=99)
    person = story.people[0]
    assert ruling(story, person, None, Medium.RECOGNITION).allowed
    words = copy.deepcopy(notices._WORDS)
    for language in words:
        words[language]["recognition"][0]["text"] += " ?"
    monkeypatch.setattr(notices, "_WORDS", words)
    with story.database.write() as session:
        form = notices.publish_form(session, story.school.id or 0, True, None, now())
    make.decided(story.people[1], story.guardians[1], None, form_version=form.version - 1)
    found = ruling(story, story.people[1], None, Medium.RECOGNITION)
    assert (found.allowed, found.reason) == (False, Reason.TEXT_CHANGED)
    make.decided(story.people[1], story.guardians[1], None, form_version=form.version)
    assert ruling(story, story.people[1], None, Medium.RECOGNITION).allowed


@pytest.mark.parametrize("identity", [Identity.CONFIRMED, Identity.BYSTANDER])
def test_a_channel_that_always_hides_shows_nobody(
    story: Story, make: Maker, identity: Identity
) -> None:
    """R16: whatever was consented to, and whoever agreed on a bystander."""
    item = story.photo([0])
    (face,) = story.faces(item)
    story.change(story.website, always_hidden=True)
    second = make.account(story.school)
    with story.database.write() as session:
        row = session.get_one(Appearance, face.id)
        if identity is Identity.BYSTANDER:
            row.identity, row.person_id, row.agreed_by = identity, None, second.id
        channel = session.get_one(Channel, story.website.id)
        verdict = decide_many(session, [row], [channel], now())[row.id or 0, channel.id or 0]
    assert (verdict.effect, verdict.why) == (Effect.HIDE, Why.ALWAYS_HIDDEN)


def test_a_public_activity_with_its_own_consent_is_shown_where_all_else_is_hidden(
    story: Story, make: Maker
) -> None:
    """R6, R16: only the activity's own answers count, also on a channel that always hides."""
    item = story.photo([0, 1])
    story.change(story.website, always_hidden=True)
    activity = item.activity_id
    with story.database.write() as session:
        session.get_one(Activity, activity).asks_consent_since = now() - timedelta(days=1)
    make.decided(story.people[0], story.guardians[0], story.website, activity_id=activity)
    with story.database.read() as session:
        faces = story.faces(item)
        verdicts = decide_many(session, faces, [story.website], now())
    effects = [verdicts[face.id or 0, story.website.id or 0].effect for face in faces]
    assert effects == [Effect.SHOW, Effect.HIDE]


def test_a_published_photo_about_which_somebody_is_in_doubt_is_not_served(story: Story) -> None:
    """R20"""
    _post, (publication,) = story.published()
    with story.database.read() as session:
        item = session.get_one(Item, publication.item_id)
    assert story.client().get(address(publication)).status_code == 200
    story.change(item, doubted_by=story.teacher.id, doubted_at=now())
    assert story.client().get(address(publication)).status_code == 404


def test_authority_is_taken_away_also_with_a_clock_that_was_set_back(
    story: Story, make: Maker
) -> None:
    """R7: what somebody without authority said does not count, whatever the clock says."""
    child = make.person(story.school)
    father = make.guardian(child)
    school_id, teacher = story.school.id or 0, story.teacher.id or 0
    with story.database.write() as session:
        link = session.get_one(Guardianship, (father.id, child.id))
        link.authority_from = now()
        log.append(session, log.Event.SCHOOL_CREATED, school_id=school_id, actor_id=None, at=now())
    make.decided(child, father, story.website)
    assert ruling(story, child, story.website, Medium.PHOTO).allowed
    earlier = By(teacher, now() - timedelta(hours=2))
    with story.database.write() as session:
        guardianship.change_authority(
            session, school_id, child.id or 0, father.id or 0, False, earlier, people_changed
        )
    assert not ruling(story, child, story.website, Medium.PHOTO).allowed
