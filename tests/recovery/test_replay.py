"""What a log brings back after a restore, what it leaves to a person, and which logs it refuses.

The installation that is lost does something after its backup; the restored one replays the log and
must then hold what a stranger could have seen last, or less.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlmodel import col, select

from consent import (
    accounts,
    channels,
    guardianship,
    looking_on,
    objections,
    papers,
    people,
    recorded,
    school,
    sixteen,
    staff,
)
from consent.ages import birthday
from consent.deciders import Row
from consent.evidence import Kept
from consent.model import (
    AfterLeaving,
    Answer,
    Audience,
    Capacity,
    GuardiansNeeded,
    GuardiansView,
    Medium,
    OnRefusal,
    PersonKind,
    Recognise,
)
from consent.people import By, PersonInput
from consent.registry import decide
from consent.replaying import Left
from consent.school import ChannelInput, Settings
from consent.store import Question, standings_now
from consent.tables import (
    Account,
    AccountRole,
    Channel,
    DecisionRow,
    Evidence,
    FormVersion,
    Guardianship,
    PaperForm,
    Person,
    Role,
    School,
)
from core import closing, log
from core.clock import local_day, now
from core.errors import Conflict
from core.log import KEYS, Event
from core.log_lines import UnusableLog
from core.tables import Closure, LogEntry, OutgoingMail, Unsettled
from media import approval, items, naming, placing, publish, replay
from media.outside import channel_closed
from media.picture import Box
from media.recovery_words import advice, kind
from media.replay import Replayed
from media.states import Identity, PublicationState
from media.tables import Item, Post, Publication
from media.tables_templates import Template
from media.takedown import people_changed
from tests.make import LONG_AGO
from tests.recovery.recovering import House, Town, administrator, town
from tests.web.out import Story, who_is_in


@dataclass
class Night:
    """The installation that is lost, and how to get to the one that is made of its backup."""

    place: Town
    lost: House
    story: Story
    publication: Publication
    backups: Path

    @property
    def by(self) -> By:
        return By(self.story.teacher.id or 0, now())

    @property
    def copies(self) -> Path:
        assert self.lost.config.log_copy is not None
        return self.lost.config.log_copy

    @property
    def file(self) -> Path:
        return self.copies / "school-1.jsonl"

    def restored(self) -> House:
        return self.place.restored(self.backups)

    def morning(self, *, complete: bool = True) -> tuple[House, Replayed]:
        """The restored installation after its log was replayed."""
        house = self.restored()
        (replayed,) = house.replay(self.copies, complete=complete)
        with house.database.read() as session:
            assert log.verify(session, 1).broken is None
        return house, replayed


@pytest.fixture
def night(tmp_path: Path) -> Iterator[Night]:
    """A school with a photo of three pupils on its website, and a backup of it."""
    with town(tmp_path, "sqlite") as place:
        lost = place.new()
        story = lost.story()
        _post, (publication,) = story.published()
        lost.back_up(tmp_path / "backups")
        yield Night(place, lost, story, publication, tmp_path / "backups")


def left(house: House) -> list[str]:
    with house.database.read() as session:
        return [row.what for row in session.exec(select(Unsettled).order_by(col(Unsettled.id)))]


def get(house: House, table: type[Any], key: Any) -> Any:
    with house.database.read() as session:
        return session.get(table, key)


def shows(house: House, night: Night) -> set[int] | None:
    """Who can be seen at the address of the photo, once the worker has done its work."""
    night.story.database, night.story.vault = house.database, house.vault
    night.story.jobs = house.database.jobs  # type: ignore[assignment]
    night.story.work()
    served = house.serves(night.publication)
    return None if served is None else who_is_in(served)


def test_every_event_of_the_log_is_done_again_or_left_to_somebody() -> None:
    assert set(replay.HANDLERS) == set(Event)


def test_a_log_with_nothing_after_the_backup_opens_the_gate(night: Night) -> None:
    house, replayed = night.morning()
    assert (replayed.entries, replayed.opened) == (0, True)
    assert shows(house, night) == {0, 1, 2}


def test_the_gate_stays_closed_when_nobody_says_that_the_log_is_complete(night: Night) -> None:
    """A log cannot show by itself that its end was cut off."""
    night.story.says(0, Answer.NO)
    house, replayed = night.morning(complete=False)
    assert not replayed.opened and shows(house, night) is None
    with house.database.read() as session:
        assert session.exec(select(Closure)).one().known_until == replayed.known_until


def test_a_yes_that_came_after_a_no_shows_nobody_without_a_new_approval(night: Night) -> None:
    """R13: the approval was given before the withdrawal, in the backup as in what was lost."""
    night.story.says(0, Answer.NO)
    night.story.says(0, Answer.YES)
    house, replayed = night.morning()
    with house.database.read() as session:
        answers = session.exec(select(DecisionRow.answer).order_by(col(DecisionRow.id))).all()
    assert list(answers[-2:]) == ["no", "yes"]
    assert replayed.opened and shows(house, night) == {1, 2}


def test_the_restored_decisions_are_the_ones_that_were_lost(night: Night) -> None:
    night.story.change(night.story.guardians[0], language="en")  # answered in Dutch all the same
    night.story.says(0, Answer.NO)
    house, _replayed = night.morning()
    rows = []
    for database in (night.lost.database, house.database):
        with database.read() as session:
            found = session.exec(select(DecisionRow).order_by(col(DecisionRow.id))).all()
            rows.append([row.model_dump() for row in found])
    assert rows[0] == rows[1]


def test_an_answer_comes_back_in_a_language_that_counts(night: Night) -> None:
    """R9: nobody released the Arabic words, so it cannot have been them that were answered."""
    guardian = night.story.guardians[1]
    night.story.change(guardian, language="ar")
    night.lost.back_up(night.backups)
    night.story.says(1, Answer.NO)
    house, _replayed = night.morning()
    with house.database.read() as session:
        last = session.exec(select(DecisionRow).order_by(col(DecisionRow.id).desc())).first()
    assert last is not None
    assert (last.account_id, last.language) == (guardian.id, "nl")


def test_a_no_of_a_guardian_whose_account_is_lost_still_counts(night: Night) -> None:
    """The account came after the backup: its name and address are lost, its no is not (R7)."""
    story = night.story
    with night.lost.database.write() as session:
        account = guardianship.link_guardian(
            session,
            night.lost.config,
            1,
            story.people[0].id or 0,
            email="nieuw@school.example",
            name="Nieuwe Ouder",
            language="nl",
            authority=True,
            by=night.by,
            on_change=people_changed,
        )
    with night.lost.database.write() as session:
        decide(
            session,
            school_id=1,
            person_id=story.people[0].id or 0,
            answers={(story.website.id, Medium.PHOTO): Answer.NO},
            by=account.id or 0,
            capacity=Capacity.GUARDIAN,
            form_version=story.form_version,
            language="nl",
            now=now(),
            after=people_changed,
        )
    house, replayed = night.morning()
    assert replayed.opened and shows(house, night) == {1, 2}
    stub = get(house, Account, account.id)
    assert stub.closed_at is not None and stub.name == f"Account {account.id}"
    assert get(house, Guardianship, (account.id, story.people[0].id)).authority_from is not None
    assert set(left(house)) == {"account_lost"}


def test_authority_that_was_taken_away_is_taken_away(night: Night) -> None:
    """Its yes ends with it (R7)."""
    child, parent = night.story.people[0].id or 0, night.story.guardians[0].id or 0
    with night.lost.database.write() as session:
        guardianship.change_authority(session, 1, child, parent, False, night.by, people_changed)
    house, replayed = night.morning()
    assert replayed.opened and shows(house, night) == {1, 2}
    assert get(house, Guardianship, (parent, child)).authority_until is not None


def test_a_changed_birthday_or_protection_keeps_the_gate_closed_until_somebody_looked(
    night: Night,
) -> None:
    story, person = night.story, night.story.people[0]
    admin = administrator(story)
    night.lost.back_up(night.backups)
    with night.lost.database.write() as session:
        given = PersonInput(person.given_name, person.family_name, person.born, protected=True)
        people.change_person(session, 1, person.id or 0, given, night.by, people_changed)
    house, replayed = night.morning()
    assert (replayed.opened, replayed.waiting) == (False, 1)
    assert shows(house, night) is None
    browser = house.client(admin)
    page = browser.get("/beheer/herstel/").get_data(as_text=True)
    assert "Birthday, last day or protection was changed" in page
    assert f'href="/beheer/personen/{person.id}/wijzigen"' in page
    assert browser.get("/beheer/herstel/openen").status_code == 302
    with house.database.read() as session:
        row = session.exec(select(Unsettled)).one()
    with house.database.write() as session, pytest.raises(Conflict):
        closing.open_gate(session, 1, admin.id, now(), now())
    browser.post(f"/beheer/herstel/{row.id}/bekeken")
    assert get(house, Unsettled, row.id).settled_by == admin.id
    page = browser.get("/beheer/herstel/openen").get_data(as_text=True)
    moment = page.split('name="trusted_until"')[1].split('value="')[1].split('"')[0]
    form = {"trusted_until": moment, "understood": "y"}
    assert browser.post("/beheer/herstel/openen", data=form).status_code == 302
    assert shows(house, night) == {1, 2}  # hidden until somebody approves again


def test_an_objection_that_staff_recorded_is_the_pupils_after_a_restore(night: Night) -> None:
    """R7: whoever wrote it down, it is the pupil's no; and taken back it is no no any more."""
    story = night.story
    rows: list[Row] = [(story.website.id, Medium.PHOTO, None)]
    how: dict[str, Any] = {"language": "nl", "after": people_changed}
    for number in (0, 1):
        with night.lost.database.write() as session:
            person = story.people[number].id or 0
            objections.record_objection(session, 1, person, rows, night.by, **how)
    with night.lost.database.write() as session:
        objections.take_back(session, 1, story.people[1].id or 0, rows, night.by, **how)
    house, replayed = night.morning()
    with house.database.read() as session:
        kept = session.exec(select(DecisionRow).order_by(col(DecisionRow.id).desc()).limit(3)).all()
    assert [(row.capacity, row.answer) for row in kept] == [
        ("pupil", "yes"),
        ("pupil", "no"),
        ("pupil", "no"),
    ]
    assert replayed.opened and shows(house, night) == {2}


def test_what_a_family_chose_and_was_told_is_as_it_was(night: Night) -> None:
    """R3, R7: the pupil's word on who reads along, the account for two, and no notice twice."""
    story, moment = night.story, now()
    person, guardian = story.people[0], story.guardians[0]
    today = local_day(moment)
    story.change(person, born=birthday(today, -17))
    story.change(story.people[1], born=birthday(today + timedelta(days=30), -16))
    pupil = story.make.account(story.school, Role.PUPIL, person_id=person.id)
    night.lost.back_up(night.backups)
    with night.lost.database.write() as session:
        looking_on.choose(session, person.id or 0, GuardiansView.KEPT, pupil.id or 0, moment)
        guardianship.share(session, 1, person.id or 0, guardian.id or 0, True, night.by)
    assert sixteen.tell(night.lost.database, night.lost.config, moment) > 0
    house, replayed = night.morning()
    assert get(house, Person, person.id).guardians_view == "kept"
    assert get(house, Guardianship, (guardian.id, person.id)).together
    assert sixteen.tell(house.database, house.config, moment) == 0
    assert replayed.opened


def test_rules_of_school_and_channel_are_as_they_were_last(night: Night) -> None:
    story = night.story
    with night.lost.database.read() as session:
        row = session.get_one(School, 1)
        words = session.get_one(Channel, story.website.id).words
    with night.lost.database.write() as session:
        wanted = Settings(
            row.name,
            row.contact,
            row.privacy_contact,
            guardians_needed=GuardiansNeeded.ALL,
            after_leaving=AfterLeaving.AT_ONCE,
            recognise=Recognise.AGREED,
            four_eyes=False,
            remind_after=7,
            yearly_day=20,
            pupil_asked=True,
        )
        school.change_settings(session, 1, wanted, night.by, people_changed)
        channels.change_channel(
            session,
            1,
            story.website.id or 0,
            ChannelInput(words, OnRefusal.BLOCK, always_hidden=True),
            material=None,
            by=night.by,
            on_change=people_changed,
        )
    house, replayed = night.morning()
    found = get(house, School, 1)
    assert (found.guardians_needed, found.recognise, found.four_eyes) == ("all", "agreed", False)
    assert (found.remind_after, found.yearly_day, found.pupil_asked) == (7, 20, True)
    assert found.after_leaving == "at_once"
    channel = get(house, Channel, story.website.id)
    assert (channel.on_refusal, channel.always_hidden) == ("block", True)
    assert replayed.opened and shows(house, night) == set()


def scan_of(what: str) -> Kept:
    """A scan as it is kept; no file is needed, for it is lost with the machine."""
    return Kept("image/jpeg", hashlib.sha256(what.encode()).hexdigest(), f"1/scans/{what}")


@pytest.mark.parametrize("stands_still", [False, True])
def test_what_a_visitor_said_comes_back_with_who_recorded_it_and_the_hash_of_its_scan(
    night: Night, stands_still: bool
) -> None:
    """R8, R9: the scan itself is lost, and that is said. It is no scan of the second answer, also
    when the clock was set back between the two."""
    story = night.story
    visitor = story.make.person(story.school, kind=PersonKind.OTHER, born=None)
    night.lost.back_up(night.backups)
    scan = scan_of("visitor")
    asked = [(story.website.id, Medium.PHOTO), (story.website.id, Medium.NAME)]
    how: dict[str, Any] = {"form_version": story.form_version, "language": "nl"}
    by = night.by
    with night.lost.database.write() as session:
        person = session.get_one(Person, visitor.id)
        yes = dict.fromkeys(asked, Answer.YES)
        recorded.record(session, person, yes, by=by, after=people_changed, scan=scan, **how)
    again = by if stands_still else night.by
    with night.lost.database.write() as session:
        person = session.get_one(Person, visitor.id)
        no = {asked[1]: Answer.NO}
        recorded.record(session, person, no, by=again, after=people_changed, **how)
    house, _replayed = night.morning()
    with house.database.read() as session:
        rows = session.exec(
            select(DecisionRow)
            .where(DecisionRow.person_id == visitor.id)
            .order_by(col(DecisionRow.id))
        ).all()
        (kept,) = session.exec(select(Evidence)).all()
        found = standings_now(session, 1, [Question(visitor.id or 0, *one) for one in asked], now())
    teacher = story.teacher.id
    assert [(row.answer, row.capacity, row.entered_by, row.evidence_id) for row in rows] == [
        ("yes", "recorded", teacher, kept.id),
        ("yes", "recorded", teacher, kept.id),
        ("no", "recorded", teacher, None),
    ]
    assert [one.may_publish.allowed for one in found.values()] == [True, False]
    assert (kept.sha256, kept.file_key, kept.lost) == (scan.sha256, None, True)
    assert kept.recorded_by == teacher
    assert "answer_lost" not in left(house) and "scan_lost" in left(house)


def test_an_answer_on_paper_comes_back_with_who_entered_it_from_which_scan(night: Night) -> None:
    """R9: in the language of the paper, for whoever signed it."""
    story = night.story
    with night.lost.database.write() as session:
        person = session.get_one(Person, story.people[0].id)
        (sheet,) = papers.make(session, [person], "nl", night.by)
    night.lost.back_up(night.backups)
    signed = papers.Signed(story.guardians[0].id or 0, local_day(now()), scan_of("paper"))
    with night.lost.database.write() as session:
        paper = session.get_one(PaperForm, sheet.row.id)
        answers = {(story.website.id, Medium.NAME): Answer.YES}
        (row,) = papers.enter(session, paper, answers, signed, by=night.by, after=people_changed)
    house, _replayed = night.morning()
    found = get(house, DecisionRow, row.id)
    assert (found.account_id, found.capacity) == (story.guardians[0].id, "guardian")
    assert (found.entered_by, found.language) == (story.teacher.id, "nl")
    kept = get(house, Evidence, found.evidence_id)
    assert signed.scan is not None and kept.sha256 == signed.scan.sha256 and kept.lost


def test_a_wider_audience_and_what_is_asked_are_as_they_were_last(night: Night) -> None:
    """R10: after the restore too no yes of before counts for more people."""
    story = night.story
    words = get(night.lost, Channel, story.closed.id).words
    wanted = ChannelInput(words, OnRefusal.HIDE, False, Audience.PUBLIC, frozenset({Medium.VIDEO}))
    change: dict[str, Any] = {"material": None, "by": night.by, "on_change": people_changed}
    with night.lost.database.write() as session:
        channels.change_channel(session, 1, story.closed.id or 0, wanted, **change)
    house, _replayed = night.morning()
    found = get(house, Channel, story.closed.id)
    assert (found.audience, found.media) == ("public", ["photo", "video"])
    question = Question(story.people[0].id or 0, story.closed.id, Medium.PHOTO)
    with house.database.read() as session:
        standing = standings_now(session, 1, [question], now())[question]
    assert not standing.may_publish.allowed and not standing.may_stay.allowed


def test_a_stricter_rule_that_waited_for_the_privacy_officer_waits_again(night: Night) -> None:
    story = night.story
    words = get(night.lost, Channel, story.website.id).words
    with night.lost.database.write() as session:
        channels.change_channel(
            session,
            1,
            story.website.id or 0,
            ChannelInput(words, OnRefusal.BLOCK, always_hidden=False),
            material=None,
            by=night.by,
            on_change=people_changed,
            ask_officer=True,
        )
    house, _replayed = night.morning()
    found = get(house, Channel, story.website.id)
    assert found.on_refusal == "hide"
    assert found.proposed == {
        "on_refusal": "block",
        "always_hidden": False,
        "by": story.teacher.id,
    }


def test_a_channel_that_was_closed_is_closed_again(night: Night) -> None:
    """R26: what was out there stays away."""
    with night.lost.database.write() as session:
        channels.close_channel(
            session, 1, night.story.website.id or 0, night.by, people_changed, channel_closed
        )
    house, _replayed = night.morning()
    assert get(house, Channel, night.story.website.id).closed_at is not None
    assert shows(house, night) is None


def test_a_form_with_another_meaning_asks_everybody_again_and_its_number_stays_its_own(
    night: Night,
) -> None:
    """Nobody can say any more what a yes to lost words was about (R9, R10)."""
    story = night.story
    changed = {
        language: dict(texts) | {"example": "Something quite different."}
        for language, texts in story.website.words.items()
    }
    with night.lost.database.write() as session:
        channels.change_channel(
            session,
            1,
            story.website.id or 0,
            ChannelInput(changed, OnRefusal.HIDE, always_hidden=False),
            material=True,
            by=night.by,
            on_change=people_changed,
        )
    house, replayed = night.morning()
    assert not replayed.opened and left(house) == ["words"]
    with house.database.read() as session:
        forms = session.exec(select(FormVersion).order_by(col(FormVersion.version))).all()
    assert [form.version for form in forms] == [1, 2, 3, 4]
    assert forms[2].texts["nl"]["channels"] == {} and forms[3].texts["nl"]["channels"] != {}
    assert get(house, Channel, story.website.id).material_version == 3


def test_an_account_that_was_closed_is_closed_and_a_changed_password_opens_nothing(
    night: Night,
) -> None:
    story = night.story
    other = story.make.account(story.school, Role.TEACHER, password_hash="an old one")
    gone = story.make.account(story.school, Role.TEACHER)
    story.make.account(story.school, Role.ADMINISTRATOR)
    night.lost.back_up(night.backups)
    with night.lost.database.write() as session:
        staff.close(session, 1, gone.id or 0, night.by)
        accounts.set_password(session, other.id or 0, "a new one", now())
    house, replayed = night.morning()
    assert get(house, Account, gone.id).closed_at is not None
    assert get(house, AccountRole, (gone.id, 1, "teacher")) is None
    assert get(house, Account, other.id).password_hash is None
    assert replayed.opened and left(house) == ["password"]


def test_no_session_of_before_the_restore_is_worth_anything(night: Night) -> None:
    """One that was ended since the backup would be valid again."""
    teacher = night.story.teacher
    house = night.restored()
    browser = house.app.test_client()
    with browser.session_transaction() as session:
        session["_user_id"] = f"{teacher.id}:{teacher.session_epoch}"
    assert browser.get("/activiteiten/").status_code == 302
    assert house.client(teacher).get("/activiteiten/").status_code == 200


def test_a_letter_that_waited_when_the_backup_was_made_is_not_sent_again(night: Night) -> None:
    night.story.says(0, Answer.NO)  # writes a receipt, which waits for a mail server
    night.lost.back_up(night.backups)
    house = night.restored()
    with house.database.read() as session:
        states = {(mail.state, mail.error) for mail in session.exec(select(OutgoingMail))}
    assert states == {("failed", "restored")}


def test_faces_are_named_and_set_aside_as_they_were_last(night: Night) -> None:
    """A corrected name: the photo showed somebody else than was thought (table of the rules)."""
    story = night.story
    story.says(2, Answer.NO)
    story.work()
    night.lost.back_up(night.backups)
    faces = story.faces(get(night.lost, Item, night.publication.item_id))
    item, by = night.publication.item_id, story.teacher.id or 0
    with night.lost.database.write() as session:
        naming.name(session, item, faces[0].id or 0, story.people[2].id or 0, by, now())
        naming.set_aside(session, item, faces[1].id or 0, Identity.BYSTANDER, by, now())
    house, replayed = night.morning()
    assert replayed.opened and shows(house, night) == set()


@pytest.mark.parametrize("taken_back", [False, True])
def test_a_face_that_was_drawn_by_hand_sends_the_photo_to_the_supervisor(
    night: Night, taken_back: bool
) -> None:
    """Where it was drawn is lost: somebody whom the machine missed would be seen again (R20). What
    was drawn stays hidden until a new approval, also when it was taken back (decision 5)."""
    item, by = night.publication.item_id, night.story.teacher.id or 0
    with night.lost.database.write() as session:
        face = placing.draw(session, item, Box(0.8, 0.8, 0.9, 0.95), by, now())
        if taken_back:
            placing.remove_drawn(session, item, face, by, now())
    house, _replayed = night.morning()
    assert left(house) == ["face_lost"] and shows(house, night) is None
    assert get(house, Item, item).doubted_at is not None


def test_a_doubt_is_still_a_doubt_and_a_photo_taken_back_is_not_out(night: Night) -> None:
    story = night.story
    _post, (other,) = story.published([story.photo([1])])
    night.lost.back_up(night.backups)
    by = story.communications.id or 0
    with night.lost.database.write() as session:
        items.doubt(session, night.publication.item_id, "who is that?", by, now())
        publish.retract(session, session.get_one(Publication, other.id), by=by, now=now())
    house, replayed = night.morning()
    assert replayed.opened and shows(house, night) is None
    assert house.serves(other) is None
    assert get(house, Publication, other.id).state == PublicationState.RETRACTED


def test_what_was_approved_or_sent_back_after_the_backup_is_not_approved(night: Night) -> None:
    story = night.story
    offered, sent_back = (story.offered(story.photo([person])) for person in (0, 1))
    night.lost.back_up(night.backups)
    with night.lost.database.write() as session:
        by = story.communications.id or 0
        approval.reject(session, sent_back, note="blurred", by=by, now=now())
    story.approved(offered)
    house, _replayed = night.morning()
    assert get(house, Publication, offered.id).state == PublicationState.PROPOSED
    assert get(house, Publication, sent_back.id).state == PublicationState.REJECTED
    assert left(house) == ["offer"]


def test_the_old_text_of_a_post_that_was_changed_is_not_shown_again(night: Night) -> None:
    with night.lost.database.write() as session:
        post = session.get_one(Post, night.publication.post_id)
        publish.change_text(session, post, text="Een andere dag", by=1, now=now())
    house, _replayed = night.morning()
    assert get(house, Post, night.publication.post_id).text == ""
    assert left(house) == ["post_text"]


def test_a_face_template_that_was_erased_is_erased(night: Night) -> None:
    """R12: erased the moment its ground ended; a backup does not bring it back."""
    person, twin = (night.story.people[row].id or 0 for row in (0, 2))
    with night.lost.database.write() as session:
        for one, other in ((person, twin), (twin, person)):
            session.add(
                Template(
                    person_id=one,
                    school_id=1,
                    model="dlib",
                    sealed=b"sealed",
                    references=3,
                    alike=[other],
                    made_at=LONG_AGO,
                    made_by=night.story.teacher.id or 0,
                )
            )
    night.lost.back_up(night.backups)
    night.story.says(1, Answer.NO)
    people_at = now()
    with night.lost.database.write() as session:
        people_changed(session, 1, [person], None, people_at)
    assert get(night.lost, Template, person) is None
    house = night.restored()
    assert get(house, Template, person) is not None
    house.replay(night.copies)
    assert get(house, Template, person) is None
    assert get(house, Template, twin).alike == [], "nobody looks like who is not known any more"


def test_what_was_uploaded_after_the_backup_is_told_and_keeps_nothing_closed(night: Night) -> None:
    story = night.story
    with night.lost.database.write() as session:
        for event, data in (
            (Event.ITEM_UPLOADED, {"item": 99, "activity": 1, "sha256": "a" * 64}),
            (Event.FACE_NAMED, {"item": 99, "appearance": 999, "person": story.people[0].id}),
            (Event.ITEM_REMOVED, {"item": 99}),
        ):
            log.append(session, event, school_id=1, actor_id=1, at=now(), **data)
    house, replayed = night.morning()
    assert replayed.opened and left(house) == ["photo_lost"]


def test_an_event_that_this_version_does_not_know_keeps_the_gate_closed(
    night: Night, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(KEYS, Event.ITEM_CROPPED, frozenset({"item", "something"}))
    with night.lost.database.write() as session:
        log.append(
            session, Event.ITEM_CROPPED, school_id=1, actor_id=1, at=now(), item=1, something=2
        )
    monkeypatch.undo()
    house, replayed = night.morning()
    assert not replayed.opened and left(house) == ["unknown"]


def test_a_face_that_was_named_for_the_first_time_after_the_backup_is_named(night: Night) -> None:
    photo = night.story.photo([0])
    (face,) = night.story.faces(photo)
    by = night.story.teacher.id or 0
    with night.lost.database.write() as session:
        naming.undo(session, photo.id or 0, face.id or 0, by, now())
    night.lost.back_up(night.backups)
    with night.lost.database.write() as session:
        naming.name(session, photo.id or 0, face.id or 0, night.story.people[1].id or 0, by, now())
    house, replayed = night.morning()
    assert replayed.opened and left(house) == []
    found = get(house, type(face), face.id)
    assert (found.identity, found.person_id) == (Identity.CONFIRMED, night.story.people[1].id)


def test_an_entry_that_the_database_refuses_keeps_the_gate_closed(night: Night) -> None:
    """Here a decision with a number that another has: nothing of it is half done."""
    with night.lost.database.write() as session:
        log.append(
            session,
            Event.DECIDED,
            school_id=1,
            actor_id=night.story.guardians[0].id,
            at=now(),
            person=night.story.people[0].id,
            decision=1,
            channel=night.story.website.id,
            medium="photo",
            activity=None,
            answer="no",
            form_version=1,
            language="nl",
        )
    house, replayed = night.morning()
    assert not replayed.opened and left(house) == ["unknown"]


@pytest.mark.parametrize("what", list(Left))
def test_everything_that_can_be_left_has_advice(app: Flask, what: Left) -> None:
    entry = LogEntry(
        school_id=1,
        seq=1,
        at=now(),
        event="x",
        data={"person": 1, "item": 1},
        previous_hash="",
        hash="",
    )
    with app.test_request_context():
        assert advice(what, entry).text == kind(what)


# --- logs that are refused ---------------------------------------------------


def lines(file: Path) -> list[str]:
    return file.read_text(encoding="ascii").splitlines(keepends=True)


def changed(file: Path) -> None:
    found = lines(file)
    entry = json.loads(found[-2])
    entry["data"]["answer"] = "yes"
    file.write_text("".join([*found[:-2], json.dumps(entry) + "\n", found[-1]]))


def with_one_missing(file: Path) -> None:
    found = lines(file)
    file.write_text("".join([*found[:-2], found[-1]]))


def in_another_order(file: Path) -> None:
    found = lines(file)
    file.write_text("".join([*found[:-2], found[-1], found[-2]]))


def ending_before_the_backup(file: Path) -> None:
    file.write_text("".join(lines(file)[:3]))


def beginning_after_the_backup(file: Path) -> None:
    file.write_text("".join(lines(file)[-1:]))


def with_something_else_in_it(file: Path) -> None:
    file.write_text("".join([*lines(file)[:-1], "no entry at all\n"]))


def empty(file: Path) -> None:
    file.write_text("")


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (changed, "was changed; its hash does not fit"),
        (with_one_missing, "Entries are missing or in another order"),
        (in_another_order, "Entries are missing or in another order"),
        (ending_before_the_backup, "it is older than the backup"),
        (beginning_after_the_backup, "what is between them is missing"),
        (with_something_else_in_it, "is not an entry of a log"),
        (empty, "holds no entry of a log"),
    ],
)
def test_a_log_that_is_not_as_it_was_written_is_refused_and_changes_nothing(
    night: Night, spoil: Callable[[Path], None], said: str
) -> None:
    night.story.says(0, Answer.NO)
    spoil(night.file)
    house = night.restored()
    with house.database.read() as session:
        before = log.verify(session, 1)
    with pytest.raises(UnusableLog, match=said):
        house.replay(night.file)
    with house.database.read() as session:
        assert log.verify(session, 1) == before
        assert closing.any_closed(session)
        assert session.exec(select(Unsettled)).all() == []


def test_the_log_of_another_installation_is_refused(night: Night) -> None:
    other = night.place.new()
    other.story().says(0, Answer.NO)
    for _ in range(30):
        with other.database.write() as session:
            log.append(session, Event.ITEM_REMOVED, school_id=1, actor_id=1, at=now(), item=1)
    house = night.restored()
    assert other.config.log_copy is not None
    with pytest.raises(UnusableLog, match="does not go on where the backup ends"):
        house.replay(other.config.log_copy)


def test_a_log_whose_last_line_was_cut_off_is_replayed_but_not_taken_for_complete(
    night: Night,
) -> None:
    night.story.says(0, Answer.NO)
    night.file.write_bytes(night.file.read_bytes()[:-20])
    _house, replayed = night.morning()
    assert replayed.entries > 0 and not replayed.opened


def test_the_export_of_the_log_can_be_replayed_as_well(night: Night, tmp_path: Path) -> None:
    officer = night.story.staff(Role.PRIVACY_OFFICER)
    night.lost.back_up(night.backups)
    night.story.says(0, Answer.NO)
    export = tmp_path / "export.jsonl"
    export.write_bytes(officer.get("/logboek/logboek.jsonl").data)
    shutil.rmtree(night.copies)
    house = night.restored()
    (replayed,) = house.replay(export)
    assert replayed.opened and shows(house, night) == {1, 2}


def test_a_gate_that_is_open_takes_no_log(night: Night) -> None:
    house, _replayed = night.morning()
    with pytest.raises(replay.NotNow, match="The gate is open"):
        house.replay(night.copies)


def test_the_copy_goes_on_in_the_same_folder_after_the_replay(night: Night) -> None:
    night.story.says(0, Answer.NO)
    before = night.file.read_bytes()
    house = night.place.restored(night.backups, log_copy=night.copies)
    house.replay(night.copies)
    assert night.file.read_bytes().startswith(before)
    assert len(night.file.read_bytes()) > len(before)
    assert list(night.copies.glob("*until*jsonl")) == []


def test_the_number_of_a_person_is_never_taken_for_that_of_another_school(night: Night) -> None:
    """An entry that names a row of another school does nothing to it (R32)."""
    other = night.story.make.school()
    stranger = night.story.make.person(other)
    parent = night.story.make.guardian(stranger)
    night.lost.back_up(night.backups)
    with night.lost.database.write() as session:
        log.append(
            session,
            Event.GUARDIAN_UNLINKED,
            school_id=1,
            actor_id=1,
            at=now(),
            person=stranger.id,
            account=parent.id,
        )
    house, _replayed = night.morning()
    assert get(house, Guardianship, (parent.id, stranger.id)) is not None
    assert get(house, Person, stranger.id) is not None
