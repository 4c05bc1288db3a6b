"""Mail: written in the transaction of what it reports, sent by a job, kept until accepted."""

from __future__ import annotations

import secrets
import smtplib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.message import EmailMessage
from email.utils import format_datetime, make_msgid
from typing import Any, cast

import sqlalchemy as sa
from sqlmodel import Session, col, select

from core.config import Config
from core.db import Database
from core.jobs import NORMAL, QUICK, URGENT, later
from core.tables import OutgoingMail

SEND = "send_mail"
# The column's own length.
LONGEST_SUBJECT = 300
_TIMEOUT_SECONDS = 30
# Longer than any delivery that `_TIMEOUT_SECONDS` allows (connect, greet, several commands).
_CLAIM_LASTS = timedelta(minutes=5)
# After each try the wait doubles: the last is a day and a half after the first, which is how long
# a mail server may be away.
_TRIES = 13
_FIRST_WAIT = timedelta(seconds=30)
# Long enough to answer “I got no mail”; after that an address is nobody's business any more.
_SENT_KEPT = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file that goes with a message."""

    name: str
    media_type: str  # as in "application/pdf"
    data: bytes


# Makes what a message says that it has attached. Made when it is sent and not when it is written:
# a page of a PDF takes longer than everything else in the transaction, in which others wait.
Attach = Callable[[Session, dict[str, Any]], Sequence[Attachment]]


def write(
    session: Session,
    *,
    to: str,
    subject: str,
    text: str,
    at: datetime,
    school_id: int | None,
    priority: int = NORMAL,
    attach: dict[str, Any] | None = None,
    about: int | None = None,
) -> OutgoingMail:
    """Put a message in the outbox; it is sent after the commit, with what `attach` names. `about`
    is the person it is about, with whom it is erased."""
    mail = OutgoingMail(
        to=to,
        subject=_subject(subject),
        text=text,
        attach=attach,
        about=about,
        created_at=at,
        school_id=school_id,
    )
    session.add(mail)
    session.flush()
    assert mail.id is not None  # noqa: S101 - flush has just given it one
    later(session, SEND, str(mail.id), mail.id, priority=priority, queue=QUICK)
    return mail


def _subject(text: str) -> str:
    line = " ".join(text.split())
    # Names of schools and of children are in it, and may be long: PostgreSQL would refuse the row.
    return line if len(line) <= LONGEST_SUBJECT else line[: LONGEST_SUBJECT - 1] + "…"


def write_nothing(session: Session) -> None:
    """Ask for a delivery that finds no message: handing a job to the queue takes most of the time
    of writing one, and whether there was something to write may have to stay unknown."""
    key = f"nothing:{secrets.token_hex(8)}"
    later(session, SEND, key, 0, priority=URGENT, queue=QUICK)


def nothing_attached(_session: Session, _what: dict[str, Any]) -> Sequence[Attachment]:
    """For whoever has nothing to attach."""
    return ()


def send(
    database: Database,
    config: Config,
    mail_id: int,
    at: datetime,
    attachments: Attach = nothing_attached,
) -> None:
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
    files: Sequence[Attachment] = ()
    if mail.attach is not None:
        with database.read() as session:
            files = attachments(session, mail.attach)
    try:
        _deliver(config, mail, at, files)
        error = None
    except (OSError, smtplib.SMTPException) as problem:
        error = type(problem).__name__
    with database.write() as session:
        mail = session.get(OutgoingMail, mail_id)
        if mail is None:  # erased with whom it was to or about, meanwhile
            return
        mail.error, mail.claimed_at = error, None
        if error is None:
            mail.state, mail.sent_at = "sent", at
            mail.text = mail.subject = ""  # not needed any more, and personal: a child's name
            mail.attach = None
        else:
            mail.state = "failed" if mail.tries >= _TRIES else "waiting"


def overdue(session: Session, at: datetime) -> list[int]:
    """The messages whose time to be tried has come, among them those whose sender died."""
    claimed = col(OutgoingMail.claimed_at)
    # One that is still to come was claimed with a clock that ran ahead.
    old = (claimed < at - _CLAIM_LASTS) | (claimed > at + _CLAIM_LASTS)
    lost = select(OutgoingMail).where(OutgoingMail.state == "sending", old)
    for mail in session.exec(lost):
        mail.state, mail.claimed_at = "waiting", None
    session.flush()
    waiting = select(OutgoingMail.id, OutgoingMail.created_at, OutgoingMail.tries).where(
        OutgoingMail.state == "waiting"
    )
    return [
        mail_id
        for mail_id, written, tries in session.exec(waiting)
        if mail_id is not None and abs(at - written) >= _FIRST_WAIT * ((1 << tries) - 1)
    ]


def forget_sent(session: Session, at: datetime) -> int:
    """Erase the addresses of what was sent a week ago; returns of how many messages."""
    old = sa.delete(OutgoingMail).where(
        col(OutgoingMail.state) == "sent", col(OutgoingMail.sent_at) <= at - _SENT_KEPT
    )
    return cast("sa.CursorResult[Any]", session.execute(old)).rowcount


def _deliver(config: Config, mail: OutgoingMail, at: datetime, files: Sequence[Attachment]) -> None:
    message = EmailMessage()
    message["From"] = config.mail_from
    message["To"] = mail.to
    message["Subject"] = mail.subject
    message["Date"] = format_datetime(at)
    message["Message-ID"] = make_msgid(domain=config.mail_from.rpartition("@")[2])
    message.set_content(mail.text)
    for file in files:
        main, _, sub = file.media_type.partition("/")
        message.add_attachment(file.data, maintype=main, subtype=sub, filename=file.name)
    assert config.smtp_host is not None  # noqa: S101 - `send` has looked
    with smtplib.SMTP(config.smtp_host, config.smtp_port, timeout=_TIMEOUT_SECONDS) as server:
        if config.smtp_starttls:
            server.starttls()
        if config.smtp_user and config.smtp_password:
            server.login(config.smtp_user, config.smtp_password)
        server.send_message(message)
