"""The notices of a 16th birthday: who gets which, when, and once (R3)."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from email import message_from_bytes, policy
from typing import Any

import pytest
from sqlmodel import select

from consent import sixteen
from consent.model import Answer
from consent.tables import Account, Role
from consent.tables_sixteen import Notice, SixteenNotice
from core import mail
from core.config import Config
from core.db import Database
from core.log import Event
from core.tables import LogEntry, OutgoingMail
from tests.databases import on_sqlite
from tests.letterbox import Letterbox
from tests.make import LONG_AGO, Maker

# 16 on 10 June 2026; noon in the Netherlands on the days below.
BORN, BIRTHDAY = date(2010, 6, 10), date(2026, 6, 10)


def noon(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, 10, 0, tzinfo=UTC)


def days_before(days: int) -> datetime:
    return noon(BIRTHDAY - timedelta(days=days))


class Home:
    """A pupil of nearly 16 with two guardians, and the mails about the birthday."""

    def __init__(self, make: Maker, database: Database, config: Config) -> None:
        self.make, self.database, self.config = make, database, config
        self.school = make.school()
        self.website = make.channel(self.school)
        self.pupil = make.person(self.school, given_name="Robin", born=BORN)
        self.mother = make.guardian(self.pupil, email="moeder@home.example", name="Ada")
        make.decided(self.pupil, self.mother, self.website, at=LONG_AGO + timedelta(days=1))

    def own_account(self, **fields: Any) -> Account:
        return self.make.account(
            self.school, Role.PUPIL, person_id=self.pupil.id, email="robin@school.example", **fields
        )

    def day(self, moment: datetime) -> list[str]:
        """What the daily job sends, as the addresses that get it."""
        before = self._count()
        sixteen.tell(self.database, self.config, moment)
        return [mail.to for mail in self.mails()[before:]]

    def mails(self) -> list[OutgoingMail]:
        with self.database.read() as session:
            return list(session.exec(select(OutgoingMail).order_by(OutgoingMail.id)))  # type: ignore[arg-type]

    def _count(self) -> int:
        return len(self.mails())

    def waiting(self, moment: datetime) -> list[tuple[str, bool]]:
        with self.database.read() as session:
            found = sixteen.waiting(session, self.school.id or 0, moment)
        return [(row.person.given_name, row.invited) for row in found]

    def change(self, row: Any, **fields: Any) -> None:
        with self.database.write() as session:
            found = session.get_one(type(row), row.id)
            for name, value in fields.items():
                setattr(found, name, value)


@pytest.fixture
def home(make: Maker, database: Database, config: Config) -> Home:
    return Home(make, database, config)


@pytest.mark.parametrize(
    ("left", "notice"),
    [
        (61, None),
        (60, Notice.SIXTY),
        (15, Notice.SIXTY),
        (14, Notice.FOURTEEN),
        (1, Notice.FOURTEEN),
        (0, Notice.TODAY),
        (-30, Notice.TODAY),
        (-31, None),
    ],
)
def test_which_notice_is_due_follows_from_the_days_that_are_left(
    left: int, notice: Notice | None
) -> None:
    assert sixteen.due(BIRTHDAY, BIRTHDAY - timedelta(days=left)) is notice


def test_the_pupil_is_told_60_and_14_days_before_and_on_the_day(home: Home) -> None:
    home.own_account()
    assert home.day(days_before(61)) == []
    assert home.day(days_before(60)) == ["robin@school.example", "moeder@home.example"]
    assert home.day(days_before(14)) == ["robin@school.example"]
    assert home.day(days_before(0)) == ["robin@school.example"]
    assert home.day(days_before(-1)) == []


def test_each_notice_comes_once_however_often_the_day_is_looked_at(home: Home) -> None:
    home.own_account()
    assert len(home.day(days_before(60))) == 2
    assert home.day(days_before(60)) == home.day(days_before(59)) == []


def test_days_that_were_missed_are_made_up_for(home: Home) -> None:
    """The worker was away from day 61 to day 20, and again over the birthday."""
    home.own_account()
    assert home.day(days_before(20)) == ["robin@school.example", "moeder@home.example"]
    assert home.day(days_before(-3)) == ["robin@school.example"]


def test_a_day_is_that_of_the_netherlands(home: Home) -> None:
    """60 days before the birthday begins at 22:00 UTC of the day before, in summer time."""
    midnight = datetime(2026, 4, 10, 22, 0, tzinfo=UTC)
    assert home.day(midnight - timedelta(minutes=1)) == []
    assert home.day(midnight) == ["moeder@home.example"]


def test_somebody_born_on_29_february_is_told_of_that_day_or_of_1_march(home: Home) -> None:
    home.change(home.pupil, born=date(2012, 2, 29))
    home.own_account()
    assert home.day(noon(date(2027, 12, 30))) == []
    assert len(home.day(noon(date(2027, 12, 31)))) == 2
    assert home.day(noon(date(2028, 2, 28))) == ["robin@school.example"]
    assert home.day(noon(date(2028, 2, 29))) == ["robin@school.example"]
    assert "Je bent 16" in home.mails()[-1].subject


def test_the_pupil_reads_what_stands_and_not_who_said_it(home: Home) -> None:
    """R31: allowed or not, in the pupil's language; nothing of who answered what."""
    home.own_account(language="en")
    home.day(days_before(60))
    mail = home.mails()[0]
    assert "You turn 16 on 10 June 2026" in mail.subject
    assert "- website, photo: allowed" in mail.text
    assert "- website, name" in mail.text and "not allowed" in mail.text
    assert "a yes of your parents does not count for new photos" in mail.text
    assert "Ada" not in mail.text


@on_sqlite
@pytest.mark.parametrize(
    ("code", "subject", "line", "to_guardian"),
    [
        ("de", "Am 10. Juni 2026 wirst du 16", "Foto: erlaubt", "Robin wird 16"),
        ("tr", "10 Haziran 2026 tarihinde 16", "fotoğraf: izin var", "Robin 16 yaşını dolduruyor"),
        ("pl", "10 czerwca 2026 kończysz 16 lat", "zdjęcie: wolno", "Robin kończy 16 lat"),
        ("ar", "في 10 يونيو 2026 تُتم 16 سنة", "صورة: مسموح", "عيد الميلاد السادس عشر"),
    ],
    ids=["de", "tr", "pl", "ar"],
)
def test_pupil_and_guardian_are_told_in_their_own_language(
    home: Home,
    posted: Config,
    letterbox: tuple[Letterbox, int],
    code: str,
    subject: str,
    line: str,
    to_guardian: str,
) -> None:
    """R3: over real SMTP, with the letters of every language."""
    home.own_account(language=code)
    home.change(home.mother, language=code)
    home.day(days_before(60))
    for row in home.mails():
        mail.send(home.database, posted, row.id or 0, days_before(60))
    pupil, guardian = (
        message_from_bytes(one.content, policy=policy.default) for one in letterbox[0].arrived
    )
    assert pupil["To"] == "robin@school.example" and subject in pupil["Subject"]
    text = pupil.get_content()
    assert line in text and "website" in text
    (link,) = re.findall(r"https?://\S+", text)
    assert link.startswith(home.config.base_url) and link.isascii()
    assert guardian["To"] == "moeder@home.example" and to_guardian in guardian["Subject"]
    assert "Robin" in guardian.get_content() and "{" not in text + guardian.get_content()


@pytest.mark.parametrize("hidden", ["a no", "protection"])
def test_a_protected_pupil_reads_the_same_as_one_who_was_refused(home: Home, hidden: str) -> None:
    """R26: the mail does not tell the one from the other."""
    if hidden == "a no":
        home.make.decided(home.pupil, home.mother, home.website, Answer.NO)
    else:
        home.change(home.pupil, protected_since=LONG_AGO)
    home.own_account(language="en")
    home.day(days_before(60))
    assert "- website, photo: not allowed" in home.mails()[0].text


def test_an_account_that_was_not_opened_gets_an_invitation_in_the_same_mail(home: Home) -> None:
    home.own_account()
    home.day(days_before(60))
    assert f"{home.config.base_url}/uitnodiging/" in home.mails()[0].text


def test_an_account_that_is_in_use_gets_no_invitation(home: Home) -> None:
    home.own_account(password_hash="x")
    home.day(days_before(60))
    assert "/uitnodiging/" not in home.mails()[0].text


def test_guardians_with_authority_get_one_note_that_the_right_moves(home: Home) -> None:
    informed = home.make.guardian(home.pupil, authority=False)
    closed = home.make.guardian(home.pupil, closed_at=LONG_AGO)
    assert home.day(days_before(60)) == ["moeder@home.example"]
    note = home.mails()[-1]
    assert "Robin wordt 16 en beslist vanaf 10 juni 2026 zelf" in note.subject
    assert "Een nee van u blijft een nee" in note.text
    assert home.day(days_before(14)) == home.day(days_before(0)) == []
    told = {mail.to for mail in home.mails()}
    assert informed.email not in told and closed.email not in told


@pytest.mark.parametrize(
    ("setting", "words"),
    [
        ("ask_again", "geldt vanaf dan niet voor nieuwe foto's, tot Robin zelf ja zegt"),
        ("carry_over", "blijft gelden, tot Robin iets anders kiest"),
    ],
)
def test_the_note_says_what_a_yes_is_worth_from_then_on(
    home: Home, setting: str, words: str
) -> None:
    home.change(home.school, at_sixteen=setting)
    home.day(days_before(60))
    assert words in home.mails()[-1].text


@pytest.mark.parametrize(
    "change",
    [
        {"left_on": date(2026, 3, 31)},
        {"kind": "staff"},
        {"born": None},
        {"born": date(2012, 6, 10)},
    ],
    ids=["has left", "is no pupil", "has no birthday", "is 14"],
)
def test_nobody_else_is_told(home: Home, change: dict[str, Any]) -> None:
    home.change(home.pupil, **change)
    assert home.day(days_before(60)) == []
    assert home.waiting(days_before(60)) == []


def test_a_pupil_whose_account_was_closed_gets_no_mail(home: Home) -> None:
    home.own_account(closed_at=LONG_AGO)
    assert home.day(days_before(60)) == ["moeder@home.example"]


def test_a_birthday_that_was_corrected_is_told_anew(home: Home) -> None:
    home.day(days_before(60))
    home.change(home.pupil, born=BORN + timedelta(days=30))
    assert home.day(days_before(30)) == ["moeder@home.example"]


def test_each_notice_is_logged_with_codes_only(home: Home) -> None:
    """R29"""
    home.day(days_before(60))
    with home.database.read() as session:
        (entry,) = session.exec(select(LogEntry).where(LogEntry.event == Event.TOLD_OF_SIXTEEN))
    assert entry.data == {
        "person": home.pupil.id,
        "account": home.mother.id,
        "notice": "60_days",
    }
    assert entry.actor_id is None


def test_what_was_sent_is_forgotten_a_year_after_the_birthday(home: Home) -> None:
    home.day(days_before(60))

    def kept() -> int:
        with home.database.read() as session:
            return len(session.exec(select(SixteenNotice)).all())

    home.day(days_before(-366))
    assert kept() == 1
    home.day(days_before(-367))
    assert kept() == 0


class TestWaiting:
    """Whom the administrator still has to invite."""

    def test_a_pupil_without_an_account_waits_from_60_days_before(self, home: Home) -> None:
        assert home.waiting(days_before(61)) == []
        assert home.waiting(days_before(60)) == [("Robin", False)]
        assert home.waiting(days_before(-400)) == [("Robin", False)]

    def test_an_account_that_was_not_opened_waits_too(self, home: Home) -> None:
        home.own_account()
        assert home.waiting(days_before(60)) == [("Robin", True)]

    def test_an_account_in_use_does_not_wait_and_a_closed_one_does(self, home: Home) -> None:
        account = home.own_account(password_hash="x")
        assert home.waiting(days_before(60)) == []
        home.change(account, closed_at=LONG_AGO)
        assert home.waiting(days_before(60)) == [("Robin", False)]

    def test_another_schools_pupils_are_not_told_of(self, home: Home, make: Maker) -> None:
        make.person(make.school(), given_name="Ander", born=BORN)
        assert home.waiting(days_before(60)) == [("Robin", False)]
