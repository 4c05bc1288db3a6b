"""Recording answers: what is kept, who may, what follows in the same transaction."""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from sqlmodel import Session, col, select

from consent import notices, registry
from consent.deciders import Part, child_of
from consent.errors import NotYoursToDecide, UnusableAnswer
from consent.model import Answer, Capacity, Medium
from consent.store import Question, standings
from consent.tables import (
    Account,
    Channel,
    DecisionRow,
    FormVersion,
    Guardianship,
    Person,
    Role,
    School,
)
from core import log
from core.db import Database
from core.errors import NotFound
from core.log import Event
from core.tables import LogEntry, OutgoingMail
from tests.make import LONG_AGO, Maker

YES, NO = Answer.YES, Answer.NO
MOMENT = datetime(2026, 6, 3, 12, 0, tzinfo=UTC)
PHOTO, NAME = Medium.PHOTO, Medium.NAME


class Family:
    """A school with one channel, a child and its guardian, and answers as a screen gives them."""

    def __init__(self, make: Maker, database: Database, **school: Any) -> None:
        self.make, self.database = make, database
        self.school = make.school(**school)
        self.channel = make.channel(self.school)
        self.child = make.person(self.school)
        self.parent = make.guardian(self.child)
        self.told: list[tuple[list[int], int | None]] = []

    def told_of(
        self,
        _session: Session,
        _school: int,
        people: Collection[int],
        by: int | None,
        _at: datetime,
    ) -> None:
        self.told.append((list(people), by))

    def _how(self, fields: dict[str, Any]) -> dict[str, Any]:
        return {
            "school_id": self.school.id,
            "person_id": self.child.id,
            "by": self.parent.id,
            "capacity": Capacity.GUARDIAN,
            "form_version": 1,
            "language": "nl",
            "now": MOMENT,
            "after": self.told_of,
        } | fields

    def decide(self, answer: Answer, medium: Medium = PHOTO, **fields: Any) -> list[DecisionRow]:
        answers = fields.pop("answers", {(self.channel.id, medium): answer})
        with self.database.write() as session:
            return registry.decide(session, answers=answers, **self._how(fields))

    def withdraw(self, **fields: Any) -> list[DecisionRow]:
        with self.database.write() as session:
            return registry.withdraw_everything(session, **self._how(fields))

    def may(self, medium: Medium = PHOTO, moment: datetime = MOMENT) -> tuple[bool, bool]:
        """Whether the child may be published, and may stay, on the channel."""
        assert self.child.id is not None and self.school.id is not None
        question = Question(self.child.id, self.channel.id, medium)
        with self.database.read() as session:
            found = standings(session, self.school.id, [question], moment)[question]
        return found.may_publish.allowed, found.may_stay.allowed

    def rows(self, table: type[Any]) -> list[Any]:
        with self.database.read() as session:
            return list(session.exec(select(table).order_by(table.id)))

    def entries(self, event: Event) -> list[LogEntry]:
        return [entry for entry in self.rows(LogEntry) if entry.event == event]


@pytest.fixture
def family(make: Maker, database: Database) -> Family:
    return Family(make, database)


# --- what is recorded -------------------------------------------------------------------------


def test_a_yes_is_kept_with_who_when_and_in_which_words(family: Family) -> None:
    """R9"""
    (row,) = family.decide(YES)
    kept = family.make.latest(DecisionRow)
    assert kept.id == row.id
    assert (kept.answer, kept.account_id, kept.at) == ("yes", family.parent.id, MOMENT)
    assert (kept.form_version, kept.language, kept.capacity) == (1, "nl", "guardian")
    assert family.may() == (True, True)


def test_unanswered_rows_stay_unanswered(family: Family) -> None:
    """R2: nothing is recorded for what was left open, and it counts as a no."""
    family.decide(YES, PHOTO)
    assert [row.medium for row in family.rows(DecisionRow)] == ["photo"]
    assert family.may(NAME) == (False, False)


def test_saving_the_same_answers_again_records_nothing(family: Family) -> None:
    family.decide(YES)
    assert family.decide(YES, now=MOMENT + timedelta(days=1)) == []
    assert len(family.rows(DecisionRow)) == 1
    assert len(family.entries(Event.DECIDED)) == 1
    assert len(family.rows(OutgoingMail)) == 1
    assert len(family.told) == 1


def test_a_withdrawal_is_a_no_of_its_own_and_the_yes_stays_on_record(family: Family) -> None:
    """R4, R9"""
    family.decide(YES)
    family.decide(NO, now=MOMENT + timedelta(seconds=1))
    assert [row.answer for row in family.rows(DecisionRow)] == ["yes", "no"]
    assert family.may(moment=MOMENT + timedelta(seconds=1)) == (False, False)
    assert family.may(moment=MOMENT) == (True, True)


@pytest.mark.parametrize(
    "statement", ["update decision set answer = 'yes'", "delete from decision"]
)
def test_a_decision_cannot_be_altered_in_the_database(family: Family, statement: str) -> None:
    """R9: triggers refuse it, whoever asks."""
    family.decide(NO)
    with pytest.raises(sa.exc.DBAPIError), family.database.write() as session:
        session.execute(sa.text(statement))
    assert [row.answer for row in family.rows(DecisionRow)] == ["no"]


def test_each_decision_is_one_log_entry_and_the_chain_holds(family: Family) -> None:
    """R29: ids and codes only."""
    answers = {(family.channel.id, PHOTO): YES, (family.channel.id, NAME): NO}
    family.decide(YES, answers=answers)
    assert [entry.data["answer"] for entry in family.entries(Event.DECIDED)] == ["yes", "no"]
    assert {entry.data["language"] for entry in family.entries(Event.DECIDED)} == {"nl"}
    (receipt,) = family.entries(Event.RECEIPT_SENT)
    assert receipt.data["decisions"] == [row.id for row in family.rows(DecisionRow)]
    with family.database.read() as session:
        assert family.school.id is not None
        assert log.verify(session, family.school.id).broken is None
    for entry in family.rows(LogEntry):
        assert family.child.given_name not in str(entry.data)


def test_those_who_act_on_it_are_told_once_for_all_answers(family: Family) -> None:
    """R26: in the same transaction."""
    answers = {(family.channel.id, PHOTO): NO, (family.channel.id, NAME): NO}
    family.decide(NO, answers=answers)
    assert family.told == [([family.child.id], family.parent.id)]


def test_nothing_is_confirmed_when_what_must_follow_fails(family: Family) -> None:
    """R26: the answer, its log entry and its receipt stand or fall together."""

    def fails(*_: Any) -> None:
        raise RuntimeError("the takedown is broken")

    with pytest.raises(RuntimeError):
        family.decide(NO, after=fails)
    assert family.rows(DecisionRow) == []
    assert family.rows(OutgoingMail) == []
    assert family.entries(Event.DECIDED) == []


def test_the_receipt_says_in_words_what_was_decided(family: Family) -> None:
    """R9: to whoever decided, in their own language."""
    with family.database.write() as session:
        school_id = family.school.id or 0
        version = notices.publish_form(session, school_id, None, None, MOMENT).version
    answers = {(family.channel.id, PHOTO): YES, (family.channel.id, NAME): NO}
    family.decide(YES, answers=answers, form_version=version, base_url="https://photo.example")
    (mail,) = family.rows(OutgoingMail)
    assert mail.to == family.parent.email
    assert family.child.given_name in mail.subject
    for words in (
        "website, foto: ja",
        "website, naam: nee",
        "3 juni 2026, 14:00",
        f"versie {version}",
        "https://photo.example",
        family.school.contact,
    ):
        assert words in mail.text


def test_the_receipt_is_in_the_language_of_the_account(make: Maker, database: Database) -> None:
    family = Family(make, database)
    with database.write() as session:
        version = notices.publish_form(session, family.school.id or 0, None, None, MOMENT).version
        session.get_one(Account, family.parent.id).language = "en"
    family.decide(YES, form_version=version)
    (mail,) = family.rows(OutgoingMail)
    assert "website, photo: yes" in mail.text
    assert mail.subject.startswith("Confirmation")


# --- who may ----------------------------------------------------------------------------------


def test_another_child_does_not_exist(family: Family, make: Maker) -> None:
    """R31, R32: refused as if there were nobody."""
    other = make.person(family.school)
    with pytest.raises(NotFound):
        family.decide(YES, person_id=other.id)
    with pytest.raises(NotFound):
        family.withdraw(person_id=other.id)


def test_a_guardian_without_authority_does_not_decide(family: Family, make: Maker) -> None:
    """R7: informed only; neither a yes nor a no of theirs is recorded."""
    informed = make.guardian(family.child, authority=False)
    for answer in (YES, NO):
        with pytest.raises(NotYoursToDecide):
            family.decide(answer, by=informed.id)
    with pytest.raises(NotYoursToDecide):
        family.withdraw(by=informed.id)
    assert family.rows(DecisionRow) == []


def test_a_guardian_whose_authority_has_ended_does_not_decide(family: Family) -> None:
    with family.database.write() as session:
        link = session.get_one(Guardianship, (family.parent.id, family.child.id))
        link.authority_until = MOMENT
    with pytest.raises(NotYoursToDecide):
        family.decide(YES)


def _born(family: Family, born: date) -> None:
    with family.database.write() as session:
        session.get_one(Person, family.child.id).born = born


def test_from_the_16th_birthday_the_guardian_no_longer_decides(family: Family) -> None:
    """R3"""
    _born(family, date(2010, 6, 4))
    family.decide(YES)
    _born(family, date(2010, 6, 3))
    with pytest.raises(NotYoursToDecide, match="16"):
        family.decide(NO)


def test_from_the_18th_birthday_the_guardian_no_longer_sees(family: Family) -> None:
    """R3"""
    _born(family, date(2008, 6, 3))
    with pytest.raises(NotFound):
        family.decide(NO)
    with family.database.read() as session:
        day_before = MOMENT - timedelta(days=1)
        relation = child_of(session, family.parent.id or 0, family.child.id or 0, day_before)
    assert relation.part is Part.PASSED_ON


def test_a_pupil_of_16_decides_alone(family: Family, make: Maker) -> None:
    """R3"""
    _born(family, date(2010, 6, 3))
    pupil = make.account(family.school, Role.PUPIL, person_id=family.child.id)
    family.decide(YES, by=pupil.id, capacity=Capacity.PUPIL)
    assert family.may() == (True, True)
    family.decide(NO, by=pupil.id, capacity=Capacity.PUPIL, now=MOMENT + timedelta(days=1))
    assert family.may(moment=MOMENT + timedelta(days=1)) == (False, False)


def test_a_pupil_of_16_is_asked_anew_after_an_objection(family: Family, make: Maker) -> None:
    """R3: what was an objection before is recorded again when it is said as one's own answer."""
    pupil = make.account(family.school, Role.PUPIL, person_id=family.child.id)
    _born(family, date(2010, 6, 4))
    family.decide(NO, by=pupil.id, capacity=Capacity.PUPIL, now=MOMENT)
    assert family.decide(NO, by=pupil.id, capacity=Capacity.PUPIL, now=MOMENT + timedelta(days=1))


def test_a_pupil_under_16_may_object_and_take_that_back_but_not_consent(
    family: Family, make: Maker
) -> None:
    """R7"""
    pupil = make.account(family.school, Role.PUPIL, person_id=family.child.id)
    as_pupil: dict[str, Any] = {"by": pupil.id, "capacity": Capacity.PUPIL}
    with pytest.raises(NotYoursToDecide):
        family.decide(YES, **as_pupil)
    family.decide(YES)
    family.decide(NO, **as_pupil, now=MOMENT + timedelta(days=1))
    assert family.may(moment=MOMENT + timedelta(days=1)) == (False, False)
    family.decide(YES, **as_pupil, now=MOMENT + timedelta(days=2))
    assert family.may(moment=MOMENT + timedelta(days=2)) == (True, True)


def test_staff_decide_about_themselves_only(family: Family, make: Maker) -> None:
    """R8"""
    person = make.person(family.school, kind="staff", born=None)
    teacher = make.account(family.school, Role.TEACHER, person_id=person.id)
    (row,) = family.decide(YES, by=teacher.id, person_id=person.id, capacity=Capacity.SELF)
    assert row.capacity == "self"
    with pytest.raises(NotFound):
        family.decide(YES, by=teacher.id, capacity=Capacity.SELF)


def test_nobody_decides_in_a_capacity_that_is_not_theirs(family: Family) -> None:
    for capacity in (Capacity.PUPIL, Capacity.SELF, Capacity.RECORDED):
        with pytest.raises(NotYoursToDecide):
            family.decide(YES, capacity=capacity)


# --- what is asked ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "row",
    [(1, Medium.SOUND), (99, PHOTO), (None, Medium.RECOGNITION), (1, Medium.RECOGNITION)],
    ids=["another_kind", "no_such_channel", "recognition_is_off", "recognition_on_a_channel"],
)
def test_an_answer_to_what_is_not_asked_is_refused(
    family: Family, row: tuple[int | None, Medium]
) -> None:
    """R5, R12"""
    with pytest.raises(UnusableAnswer):
        family.decide(YES, answers={row: YES})
    assert family.rows(DecisionRow) == []


def test_a_channel_of_another_school_is_not_asked(family: Family, make: Maker) -> None:
    """R32"""
    elsewhere = make.channel(make.school())
    with pytest.raises(UnusableAnswer):
        family.decide(YES, answers={(elsewhere.id, PHOTO): YES})


def test_a_closed_channel_is_not_asked(family: Family) -> None:
    with family.database.write() as session:
        session.get_one(Channel, family.channel.id).closed_at = MOMENT
    with pytest.raises(UnusableAnswer):
        family.decide(YES)


def test_words_that_were_never_published_cannot_have_been_read(family: Family) -> None:
    """R9"""
    with pytest.raises(UnusableAnswer):
        family.decide(YES, form_version=7)


def test_recognition_is_asked_apart_where_the_school_uses_it(
    make: Maker, database: Database
) -> None:
    """R12"""
    family = Family(make, database, recognise="agreed")
    (row,) = family.decide(YES, answers={(None, Medium.RECOGNITION): YES})
    assert (row.channel_id, row.medium) == (None, "recognition")
    assert family.may() == (False, False)


# --- a no to everything -----------------------------------------------------------------------


def test_withdrawing_everything_is_a_no_to_every_row(make: Maker, database: Database) -> None:
    """R4, R6, R12: channels, recognition and activities; answered or not."""
    family = Family(make, database, recognise="agreed")
    teacher = make.account(family.school, Role.TEACHER)
    activity = make.activity(family.school, teacher, [family.child], asks_consent_since=LONG_AGO)
    elsewhere = make.activity(family.school, teacher, [], asks_consent_since=LONG_AGO)
    family.decide(YES)
    rows = family.withdraw(now=MOMENT + timedelta(minutes=1))
    assert {row.answer for row in rows} == {"no"}
    found = {(row.channel_id, row.medium, row.activity_id) for row in rows}
    assert found == {
        (family.channel.id, "photo", None),
        (family.channel.id, "name", None),
        (None, "recognition", None),
        (family.channel.id, "photo", activity.id),
        (family.channel.id, "name", activity.id),
    }
    assert elsewhere.id not in {row.activity_id for row in rows}
    assert len(family.told) == 2


def test_withdrawing_everything_twice_records_nothing_more(family: Family) -> None:
    assert family.withdraw()
    assert family.withdraw(now=MOMENT + timedelta(minutes=1)) == []


def test_withdrawing_everything_reaches_a_yes_on_a_row_that_is_no_longer_asked(
    family: Family,
) -> None:
    """R4: a channel that stops asking must not keep a yes that nobody can take back."""
    family.decide(YES, NAME)
    with family.database.write() as session:
        session.get_one(Channel, family.channel.id).media = ["photo"]
    family.withdraw(now=MOMENT + timedelta(minutes=1))
    assert family.may(NAME, MOMENT + timedelta(minutes=1)) == (False, False)


def test_withdrawing_everything_outweighs_the_other_guardians_yes(
    family: Family, make: Maker
) -> None:
    """R7: also on rows that this guardian had never answered."""
    other = make.guardian(family.child)
    family.decide(YES, by=other.id)
    family.withdraw(now=MOMENT + timedelta(minutes=1))
    assert family.may(moment=MOMENT + timedelta(minutes=1)) == (False, False)


# --- versions of the form ---------------------------------------------------------------------


def _published(family: Family, material: bool | None = None) -> FormVersion:
    with family.database.write() as session:
        return notices.publish_form(session, family.school.id or 0, material, None, MOMENT)


def _reworded(family: Family, audience: str) -> None:
    with family.database.write() as session:
        channel = session.get_one(Channel, family.channel.id)
        channel.words = {
            language: texts | {"audience": audience} for language, texts in channel.words.items()
        }


def test_a_version_holds_what_must_be_known_in_both_languages(family: Family) -> None:
    """R11: who is responsible, contact, purpose, who and where, how long, withdrawing, complaint,
    and that what is public may stay for ever."""
    form = _published(family)
    for language, words in {
        "nl": ("verantwoordelijk", "Autoriteit Persoonsgegevens", "buiten de Europese Unie"),
        "en": ("responsible", "Autoriteit Persoonsgegevens", "outside the European Union"),
    }.items():
        texts = notices.words_in(form, language)
        notice = " ".join(part["heading"] + part["text"] for part in texts["notice"])
        for word in (*words, family.school.name, family.school.contact):
            assert word in notice
        assert family.school.privacy_contact in notice
        assert len(texts["notice"]) == 8
        assert texts["channels"][str(family.channel.id)]["name"] == "website"
        assert "{" not in notice


def test_the_same_words_make_no_new_version(family: Family) -> None:
    first = _published(family)
    assert _published(family, material=True).version == first.version
    with family.database.read() as session:
        assert not notices.is_stale(session, family.school.id or 0)


def test_a_material_change_asks_again_and_what_is_out_may_stay(family: Family) -> None:
    """R10"""
    first = _published(family)
    family.decide(YES, form_version=first.version)
    _reworded(family, "Everybody, and the newspaper too.")
    second = _published(family, material=True)
    assert second.version == first.version + 1
    assert family.may() == (False, True)
    later = MOMENT + timedelta(seconds=1)
    again = family.decide(YES, form_version=second.version, now=later)
    assert again, "the same yes is recorded anew"
    assert family.may(moment=later) == (True, True)


def test_two_saves_have_two_moments_whatever_the_clock_says(family: Family) -> None:
    """R9: what has one moment was answered together."""
    form = _published(family)
    (yes,) = family.decide(YES, form_version=form.version)
    (no,) = family.decide(Answer.NO, form_version=form.version)
    back = family.decide(YES, form_version=form.version, now=MOMENT - timedelta(hours=3))
    assert yes.at < no.at < back[0].at
    assert no.at - yes.at == timedelta(microseconds=1)


def test_a_change_of_wording_asks_nothing(family: Family) -> None:
    """R10: said so by the privacy officer."""
    first = _published(family)
    family.decide(YES, form_version=first.version)
    _reworded(family, "Everyone can see it.")
    assert not _published(family, material=False).material
    assert family.may() == (True, True)


def test_a_change_that_nobody_judged_counts_as_material(family: Family) -> None:
    """R10, R14: in doubt it is asked again."""
    first = _published(family)
    family.decide(YES, form_version=first.version)
    _reworded(family, "Everyone can see it.")
    with family.database.read() as session:
        assert notices.is_stale(session, family.school.id or 0)
    assert _published(family).material
    assert family.may() == (False, True)


def test_another_channels_change_asks_nothing_here(family: Family, make: Maker) -> None:
    """R10: per row."""
    other = make.channel(family.school, "besloten")
    first = _published(family)
    family.decide(YES, form_version=first.version)
    with family.database.write() as session:
        session.get_one(Channel, other.id).words = {"nl": other.words["nl"] | {"example": "Anders"}}
    assert _published(family, material=True).material
    assert family.may() == (True, True)


def test_a_new_channel_is_unanswered_and_asks_nothing_elsewhere(
    family: Family, make: Maker
) -> None:
    """R10"""
    first = _published(family)
    family.decide(YES, form_version=first.version)
    make.channel(family.school, "instagram")
    second = _published(family, material=True)
    assert (second.version, second.material) == (first.version + 1, False)
    assert family.may() == (True, True)


def test_a_change_above_the_channels_that_is_material_asks_everything_again(
    family: Family,
) -> None:
    """R10, R11: another school is responsible, say."""
    first = _published(family)
    family.decide(YES, form_version=first.version)
    with family.database.write() as session:
        session.get_one(School, family.school.id).name = "Another foundation"
    assert _published(family, material=True).material
    assert family.may() == (False, True)


def test_a_version_is_shown_to_accounts_of_its_school_only(family: Family, make: Maker) -> None:
    """R9, R32"""
    form = _published(family)
    stranger = make.account(make.school(), Role.GUARDIAN)
    with family.database.read() as session:
        assert notices.form_for(session, family.parent.id or 0, form.id or 0).id == form.id
        with pytest.raises(NotFound):
            notices.form_for(session, stranger.id or 0, form.id or 0)


def test_what_a_decision_refers_to_stays_as_it_was_read(family: Family) -> None:
    """R9: an old version is not rewritten by a new one."""
    first = _published(family)
    _reworded(family, "Everyone can see it.")
    _published(family, material=False)
    with family.database.read() as session:
        kept = session.exec(select(FormVersion).where(col(FormVersion.id) == first.id)).one()
    assert kept.texts == first.texts
    assert kept.sha256 == first.sha256


def test_better_words_about_recognition_ask_nothing_again(
    make: Maker, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """R10, R12: the product's own words, without a new edition; what the school set does ask."""
    school = make.school(recognise="agreed")
    with database.write() as session:
        notices.publish_form(session, school.id or 0, True, None, MOMENT)
    better = {
        code: words | {"recognition": [{"heading": "Better", "text": "Said better. {where}"}]}
        for code, words in notices._WORDS.items()
    }
    monkeypatch.setattr(notices, "_WORDS", better)
    with database.write() as session:
        before = session.get_one(School, school.id).material_version
        form = notices.publish_form(session, school.id or 0, None, None, MOMENT)
        assert form.texts["en"]["recognition"][0]["heading"] == "Better"
        assert session.get_one(School, school.id).material_version == before
        session.get_one(School, school.id).recognise = "any"
        session.flush()
        form = notices.publish_form(session, school.id or 0, None, None, MOMENT)
        assert session.get_one(School, school.id).material_version == form.version
