"""What changing a channel would do, tried out and said before it is saved (R10, R26)."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from enum import Enum, auto
from functools import partial

from flask_babel import gettext as _
from flask_babel import ngettext
from sqlmodel import Session

from consent import channels, stricter
from consent.guards import change_listener, me
from consent.model import Audience, Medium
from consent.outside import About, before_and_after, would_go_offline
from consent.people import By
from consent.school import ChannelInput, everybody
from consent.store import Question, standings_now
from consent.tables import Channel, Role
from consent.tables_channels import Rule
from core.clock import now
from core.web import reading


class Officer(Enum):
    """What the privacy officer has to do with a change."""

    NOTHING = auto()  # no rule becomes stricter, or it takes nothing off
    ASKED = auto()
    SAVES = auto()  # is the one who saves it
    NOBODY = auto()  # the school has none


@dataclass(frozen=True, slots=True)
class Effects:
    """What is said before it is saved: how many photos go offline, and what else happens."""

    gone: int
    sentences: list[str]

    @property
    def to_say(self) -> bool:
        return bool(self.gone or self.sentences)


def officer(channel: Channel, wanted: ChannelInput) -> Officer:
    """Whether the privacy officer is asked whether what is out may stay."""
    if not stricter.is_stricter(channel.rule, Rule(wanted.on_refusal, wanted.always_hidden)):
        return Officer.NOTHING
    if not _by_rule(channel, wanted):
        return Officer.NOTHING
    if me().has(Role.PRIVACY_OFFICER):
        return Officer.SAVES
    there = stricter.officers(reading(), me().school_id)
    return Officer.ASKED if there else Officer.NOBODY


def effects(
    channel: Channel,
    wanted: ChannelInput,
    change: Callable[[Session], object],
    officer: Officer,
) -> Effects:
    """What `change` does, and what the privacy officer is asked."""
    about = About(me().school_id, channel=channel.id)
    sentences = []
    if _reaches_or_asks_otherwise(channel, wanted):
        before, after = before_and_after(change, partial(_counting, channel_id=channel.id or 0))
        sentences = _about_answers(channel, wanted, before - after)
    sentences += _about_officer(officer, channel, wanted)
    return Effects(would_go_offline(about, change), sentences)


def _by_rule(channel: Channel, wanted: ChannelInput) -> int:
    """How many photos the rule alone would take off."""
    only = replace(wanted, words=channel.words, audience=None, media=None)
    change = partial(
        channels.change_channel,
        school_id=me().school_id,
        channel_id=channel.id or 0,
        wanted=only,
        material=None,
        by=By(me().account_id, now()),
        on_change=change_listener(),
    )
    return would_go_offline(About(me().school_id, channel=channel.id), change)


def _reaches_or_asks_otherwise(channel: Channel, wanted: ChannelInput) -> bool:
    media = {Medium.PHOTO, *(wanted.media or ())}
    return wanted.audience != Audience(channel.audience) or media != set(channel.media)


def _counting(session: Session, channel_id: int) -> set[Question]:
    """The questions about this channel to which the answer now is yes."""
    school_id = me().school_id
    asked = [
        Question(person, channel_id, medium)
        for person in everybody(session, school_id)
        for medium in channels.MEDIA
    ]
    found = standings_now(session, school_id, asked, now())
    return {question for question, standing in found.items() if standing.may_publish.allowed}


def _about_answers(channel: Channel, wanted: ChannelInput, lost: Collection[Question]) -> list[str]:
    media = {Medium.PHOTO, *(wanted.media or ())}
    sentences = []
    if wanted.audience is Audience.PUBLIC and channel.audience != Audience.PUBLIC:
        again = {question.person for question in lost if question.medium in media}
        sentences.append(
            _("More people will see this channel than was asked about.")
            + " "
            + ngettext(
                "The yes about %(num)d person does not count any more; it is asked again.",
                "The yes about %(num)d people does not count any more; it is asked again.",
                len(again),
            )
        )
    elif wanted.audience != Audience(channel.audience):
        sentences.append(
            _("Fewer people will see this channel. Answers go on counting; nobody is asked again.")
        )
    if media - set(channel.media):
        sentences.append(
            _("Everybody gets a new question about this channel. Without an answer it is a no.")
        )
    if set(channel.media) - media:
        people = {question.person for question in lost if question.medium not in media}
        sentences.append(
            _("Something is not asked any more. The other answers go on counting.")
            + " "
            + ngettext(
                "What was allowed there about %(num)d person is not allowed any more.",
                "What was allowed there about %(num)d people is not allowed any more.",
                len(people),
            )
        )
    return sentences


def _about_officer(officer: Officer, channel: Channel, wanted: ChannelInput) -> list[str]:
    if officer is Officer.NOTHING:
        return []
    if officer is Officer.ASKED:
        photos = _by_rule(channel, wanted)
        return [
            ngettext(
                "The stricter rule would take %(num)d published photo off. The privacy officer is"
                " asked about that; until then it stays. For new photos the stricter rule holds at"
                " once.",
                "The stricter rule would take %(num)d published photos off. The privacy officer is"
                " asked about that; until then they stay. For new photos the stricter rule holds"
                " at once.",
                photos,
            )
        ]
    if officer is Officer.SAVES:
        return [_("You are a privacy officer: nobody else is asked about this stricter rule.")]
    return [
        _(
            "The privacy officer ought to be asked about this stricter rule, but your school has"
            " no account with that role. If you save it, you decide alone."
        )
    ]
