"""Mail goes to a real server on this machine, once, and waits when there is none."""

from __future__ import annotations

from datetime import timedelta
from email import message_from_bytes, policy

from core import mail
from core.clock import now
from core.config import Config
from core.db import Database
from core.jobs import HeldJobs
from core.tables import OutgoingMail
from tests.letterbox import Letterbox
from tests.make import Maker


def write(database: Database) -> int:
    with database.write() as session:
        row = mail.write(
            session,
            to="ouder@voorbeeld.example",
            subject="Uw keuze\nBcc: iemand@anders.example",
            text="Opgeslagen: één keuze.",
            at=now(),
            school_id=None,
        )
        assert row.id is not None
        return row.id


def test_a_message_arrives_once_and_its_words_are_not_kept(
    database: Database, posted: Config, letterbox: tuple[Letterbox, int], make: Maker
) -> None:
    mail_id = write(database)
    mail.send(database, posted, mail_id, now())
    mail.send(database, posted, mail_id, now())
    (envelope,) = letterbox[0].arrived
    assert envelope.rcpt_tos == ["ouder@voorbeeld.example"]
    message = message_from_bytes(envelope.content, policy=policy.default)
    assert "één keuze" in message.get_content()
    assert message["Bcc"] is None
    assert make.latest(OutgoingMail).text == ""
    assert make.latest(OutgoingMail).subject == "", "it may hold a child's name"
    assert make.latest(OutgoingMail).state == "sent"


def test_a_message_that_is_refused_waits_and_is_sent_later(
    database: Database, posted: Config, letterbox: tuple[Letterbox, int], make: Maker
) -> None:
    letterbox[0].refuse = True
    mail_id = write(database)
    mail.send(database, posted, mail_id, now())
    assert make.latest(OutgoingMail).state == "waiting"
    letterbox[0].refuse = False
    mail.send(database, posted, mail_id, now())
    assert len(letterbox[0].arrived) == 1


def test_without_a_mail_server_a_message_stays_in_the_outbox(
    database: Database, config: Config, make: Maker
) -> None:
    mail.send(database, config, write(database), now())
    assert make.latest(OutgoingMail).state == "waiting"
    assert make.latest(OutgoingMail).text


def test_a_message_whose_sender_died_is_given_back(database: Database, make: Maker) -> None:
    mail_id = write(database)
    with database.write() as session:
        row = session.get_one(OutgoingMail, mail_id)
        row.state, row.claimed_at = "sending", now()
    with database.write() as session:
        assert mail.overdue(session, now()) == []
        assert mail.overdue(session, now() + timedelta(minutes=6)) == [mail_id]


def test_writing_a_message_asks_for_its_sending(database: Database, jobs: HeldJobs) -> None:
    mail_id = write(database)
    assert jobs.waiting == [("send_mail", str(mail_id), (mail_id,))]


def test_after_each_failure_a_message_waits_twice_as_long(database: Database, make: Maker) -> None:
    """A mail server may be away for a day: nothing is given up for that."""
    mail_id = write(database)
    written = make.latest(OutgoingMail).created_at
    with database.write() as session:
        session.get_one(OutgoingMail, mail_id).tries = 3
    with database.write() as session:
        early, late = (written + timedelta(seconds=seconds) for seconds in (209, 210))
        assert mail.overdue(session, early) == []
        assert mail.overdue(session, late) == [mail_id]
