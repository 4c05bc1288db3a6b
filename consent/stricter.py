"""A channel's rule becomes stricter: may what is out stay? That is asked of the privacy officer.

What is still to go out follows the stricter rule at once (`Channel.rule_for_new`). What is out
stays until a second person, the privacy officer, has confirmed the rule, or declined it with a
reason. Whoever has that role, or works where nobody has it, decides alone.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlmodel import Session, col, select

from consent import letters
from consent.model import OnRefusal
from consent.people import By
from consent.registry import OnChange
from consent.school import channel_of, everybody, log_channel
from consent.tables import Account, AccountRole, Channel, Role, School
from consent.tables_channels import Rule
from core.errors import N_, BadInput, Conflict
from core.log import Event
from core.mail import write

LONGEST_REASON = 1000


def is_stricter(now: Rule, wanted: Rule) -> bool:
    """Whether what is out might have to go: blocked instead of hidden, or hidden always."""
    blocks = wanted.on_refusal is OnRefusal.BLOCK and now.on_refusal is not OnRefusal.BLOCK
    return blocks or (wanted.always_hidden and not now.always_hidden)


def officers(session: Session, school_id: int) -> Sequence[Account]:
    """Who can be asked: the open accounts of privacy officers."""
    return session.exec(
        select(Account)
        .join(AccountRole, col(AccountRole.account_id) == Account.id)
        .where(
            AccountRole.school_id == school_id,
            AccountRole.role == Role.PRIVACY_OFFICER.value,
            col(Account.closed_at).is_(None),
        )
        .order_by(col(Account.id))
    ).all()


def put(channel: Channel, rule: Rule) -> list[str]:
    """Give the channel this rule; gives what changed, in codes."""
    codes = _differences(channel.rule, rule)
    channel.on_refusal, channel.always_hidden = rule.on_refusal.value, rule.always_hidden
    return codes


def propose(session: Session, channel: Channel, rule: Rule, by: By, base_url: str = "") -> bool:
    """Ask the privacy officer about this rule, unless exactly that was asked already."""
    if channel.proposed is not None and channel.rule_for_new == rule:
        return False
    channel.proposed = {
        "on_refusal": rule.on_refusal.value,
        "always_hidden": rule.always_hidden,
        "by": by.account,
    }
    session.flush()
    codes = _differences(channel.rule, rule)
    log_channel(session, Event.CHANNEL_RULE_ASKED, channel, by, settings=codes)
    for officer in officers(session, channel.school_id):
        _write(session, "rule_asked", officer, channel, by, base_url=base_url)
    return True


def drop(session: Session, channel: Channel, by: By) -> bool:
    """Forget what was asked, if anything: whoever may set the rule has set another."""
    if channel.proposed is None:
        return False
    channel.proposed = None
    session.flush()
    log_channel(session, Event.CHANNEL_RULE_DROPPED, channel, by)
    return True


def confirm(
    session: Session, school_id: int, channel_id: int, by: By, on_change: OnChange
) -> Channel:
    """The privacy officer agrees: the stricter rule holds for what is out as well.

    Raises Conflict when nothing waits, or when whoever asked confirms.
    """
    channel, asked_by = _waiting(session, school_id, channel_id, by)
    rule, channel.proposed = channel.rule_for_new, None
    codes = put(channel, rule)
    session.flush()
    log_channel(session, Event.CHANNEL_CHANGED, channel, by, settings=codes)
    on_change(session, school_id, everybody(session, school_id), by.account, by.at)
    _tell(session, "rule_confirmed", asked_by, channel, by)
    return channel


def decline(
    session: Session,
    school_id: int,
    channel_id: int,
    reason: str,
    by: By,
    on_change: OnChange,
) -> Channel:
    """The privacy officer does not agree, and says why to whoever asked: the old rule stays.

    Raises BadInput without a reason, and Conflict as `confirm` does.
    """
    channel, asked_by = _waiting(session, school_id, channel_id, by)
    reason = reason.strip()
    if not reason or len(reason) > LONGEST_REASON:
        raise BadInput(
            N_("Say in at most %(limit)d characters why you decline."), limit=LONGEST_REASON
        )
    drop(session, channel, by)
    on_change(session, school_id, everybody(session, school_id), by.account, by.at)
    _tell(session, "rule_declined", asked_by, channel, by, reason=reason)
    return channel


def waiting(session: Session, school_id: int) -> list[Channel]:
    """The channels of a school about whose rule the privacy officer is asked."""
    rows = session.exec(
        select(Channel).where(Channel.school_id == school_id).order_by(col(Channel.id))
    )
    return [row for row in rows if row.proposed is not None]


def _waiting(session: Session, school_id: int, channel_id: int, by: By) -> tuple[Channel, int]:
    channel = channel_of(session, school_id, channel_id)
    if channel.proposed is None:
        raise Conflict(N_("Nothing waits here any more: it was decided, or taken back."))
    asked_by = int(channel.proposed["by"])
    if asked_by == by.account:
        raise Conflict(N_("You asked for this rule yourself. Somebody else has to decide."))
    return channel, asked_by


def _differences(now: Rule, wanted: Rule) -> list[str]:
    codes = []
    if now.on_refusal is not wanted.on_refusal:
        codes.append(f"on_refusal={wanted.on_refusal.value}")
    if now.always_hidden != wanted.always_hidden:
        codes.append(f"always_hidden={wanted.always_hidden}")
    return codes


def _tell(
    session: Session, letter: str, account_id: int, channel: Channel, by: By, **values: str
) -> None:
    account = session.get(Account, account_id)
    if account is not None and account.closed_at is None:
        _write(session, letter, account, channel, by, **values)


def _write(
    session: Session,
    name: str,
    account: Account,
    channel: Channel,
    by: By,
    *,
    base_url: str = "",
    **values: str,
) -> None:
    school = session.get_one(School, channel.school_id)
    code, _words = letters.words(name, account.language)
    subject, text = letters.letter(
        name,
        account.language,
        school,
        name=account.name,
        channel=channel.word("name", code),
        by=session.get_one(Account, by.account).name,
        link=f"{base_url}/beheer/kanalen/{channel.id}/voorstel" if base_url else school.name,
        **values,
    )
    write(session, to=account.email, subject=subject, text=text, at=by.at, school_id=school.id)
