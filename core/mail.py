"""Mail: written in the transaction of what it reports, sent by a job, kept until accepted."""

from __future__ import annotations

import secrets
import smtplib
from datetime import datetime, timedelta
from email.message import EmailMessage
from email.utils import format_datetime, make_msgid

from sqlmodel import Session, col, select

from core.config import Config
from core.db import Database
from core.jobs import later
from core.tables import OutgoingMail

SEND = "send_mail"
_TIMEOUT_SECONDS = 30
# Longer than any delivery that `_TIMEOUT_SECONDS` allows (connect, greet, several commands).
_CLAIM_LASTS = timedelta(minutes=5)
_TRIES = 8  # swept once a minute: gives a mail server several minutes to come back


def write(
    session: Session, *, to: str, subject: str, text: str, at: datetime, school_id: int | None
) -> OutgoingMail:
    """Put a message in the outbox; it is sent after the commit."""
    mail = OutgoingMail(
        to=to, subject=" ".join(subject.split()), text=text, created_at=at, school_id=school_id
    )
    session.add(mail)
    session.flush()
    assert mail.id is not None  # noqa: S101 - flush has just given it one
    later(session, SEND, str(mail.id), mail.id)
    return mail


def write_nothing(session: Session) -> None:
    """Ask for a delivery that finds no message: handing a job to the queue takes most of the time
    of writing one, and whether there was something to write may have to stay unknown."""
    later(session, SEND, f"nothing:{secrets.token_hex(8)}", 0)


def send(database: Database, config: Config, mail_id: int, at: datetime) -> None:
    """Send one message; without a mail server it stays in the outbox.

    It is claimed before it is sent, so that two workers do not send it both, and no transaction is
    open while a mail server takes its time. A worker that dies while sending leaves it claimed;
    `overdue` gives it back, and it may then arrive twice, which is better than not at all.
    """
    if config.smtp_host is None:
        return
    with database.write() as session:
        mail = session.get(OutgoingMail, mail_id, with_for_update=True)
        if mail is None or mail.state != "waiting":
            return
        mail.state, mail.claimed_at, mail.tries = "sending", at, mail.tries + 1
    try:
        _deliver(config, mail, at)
        error = None
    except (OSError, smtplib.SMTPException) as problem:
        error = type(problem).__name__
    with database.write() as session:
        mail = session.get_one(OutgoingMail, mail_id)
        mail.error, mail.claimed_at = error, None
        if error is None:
            mail.state, mail.sent_at = "sent", at
            mail.text = mail.subject = ""  # not needed any more, and personal: a child's name
        else:
            mail.state = "failed" if mail.tries >= _TRIES else "waiting"


def overdue(session: Session, at: datetime) -> list[int]:
    """The messages that wait to be sent, among them those whose sender died."""
    lost = select(OutgoingMail).where(
        OutgoingMail.state == "sending", col(OutgoingMail.claimed_at) < at - _CLAIM_LASTS
    )
    for mail in session.exec(lost):
        mail.state, mail.claimed_at = "waiting", None
    session.flush()
    waiting = select(OutgoingMail.id).where(OutgoingMail.state == "waiting")
    return [mail_id for mail_id in session.exec(waiting) if mail_id is not None]


def _deliver(config: Config, mail: OutgoingMail, at: datetime) -> None:
    message = EmailMessage()
    message["From"] = config.mail_from
    message["To"] = mail.to
    message["Subject"] = mail.subject
    message["Date"] = format_datetime(at)
    message["Message-ID"] = make_msgid(domain=config.mail_from.rpartition("@")[2])
    message.set_content(mail.text)
    assert config.smtp_host is not None  # noqa: S101 - `send` has looked
    with smtplib.SMTP(config.smtp_host, config.smtp_port, timeout=_TIMEOUT_SECONDS) as server:
        if config.smtp_starttls:
            server.starttls()
        if config.smtp_user and config.smtp_password:
            server.login(config.smtp_user, config.smtp_password)
        server.send_message(message)
