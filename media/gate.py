"""The gate: who is shown, hidden or blocks, for each appearance on each channel, at one moment.

`decide_many` is the only way to ask. It is asked again at every step: for a preview, at approval,
at publishing and at every request for a published file (R13); no earlier answer is ever reused.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlmodel import Session, col, select

from consent.model import Medium, OnRefusal, Standing
from consent.store import Question, standings_now
from consent.tables import Activity, Channel
from media.states import Identity
from media.tables import Appearance, Item


class Ask(StrEnum):
    """Which of the two questions: may it go out, or may what is out stay."""

    PUBLISH = "publish"
    STAY = "stay"


class Effect(StrEnum):
    SHOW = "show"
    HIDE = "hide"
    BLOCK = "block"


class Why(StrEnum):
    """Why an appearance is shown or not; in words in `media.words`."""

    CONSENT = "consent"
    NO_CONSENT = "no_consent"
    UNKNOWN = "unknown"
    UNCONFIRMED = "unconfirmed"
    BYSTANDER = "bystander"
    BYSTANDER_AGREED = "bystander_agreed"
    NOT_A_FACE = "not_a_face"
    NOT_A_FACE_AGREED = "not_a_face_agreed"
    ALWAYS_HIDDEN = "always_hidden"
    NOBODY_SUCH = "nobody_such"


@dataclass(frozen=True, slots=True)
class Verdict:
    """What happens to one appearance on one channel, why, and on which decisions it rests."""

    effect: Effect
    why: Why
    person: int | None = None
    basis: tuple[int, ...] = ()


Verdicts = dict[tuple[int, int], Verdict]


def decide_many(
    session: Session,
    appearances: Sequence[Appearance],
    channels: Sequence[Channel],
    moment: datetime,
    ask: Ask = Ask.PUBLISH,
) -> Verdicts:
    """The verdict of each (appearance id, channel id), in a handful of queries.

    All appearances and channels are of one school; those of another get no verdict, and whoever
    asks treats a missing verdict as a refusal.
    """
    return decide_both(session, appearances, channels, moment)[ask]


def decide_both(
    session: Session,
    appearances: Sequence[Appearance],
    channels: Sequence[Channel],
    moment: datetime,
) -> dict[Ask, Verdicts]:
    """As `decide_many`, for both questions at once: they rest on the same rows."""
    schools = {row.school_id for row in appearances} | {row.school_id for row in channels}
    if len(schools) != 1:
        return {ask: {} for ask in Ask}
    school_id = schools.pop()
    activities = _asking_activities(session, appearances)
    questions = {
        (appearance.id, channel.id): Question(
            appearance.person_id, channel.id, Medium.PHOTO, activities.get(appearance.item_id)
        )
        for appearance in appearances
        if appearance.person_id is not None and appearance.identity == Identity.CONFIRMED
        for channel in channels
    }
    stand = standings_now(session, school_id, set(questions.values()), moment)
    verdicts: dict[Ask, Verdicts] = {ask: {} for ask in Ask}
    for appearance in appearances:
        for channel in channels:
            assert appearance.id is not None and channel.id is not None  # noqa: S101 - stored
            key = (appearance.id, channel.id)
            own_consent = appearance.item_id in activities
            standing = stand.get(questions[key]) if key in questions else None
            for ask in Ask:
                verdicts[ask][key] = _verdict(appearance, channel, standing, ask, own_consent)
    return verdicts


def appearances_of(session: Session, item_ids: Iterable[int]) -> dict[int, list[Appearance]]:
    """The appearances of each item, in the order in which they were found."""
    found: dict[int, list[Appearance]] = {item_id: [] for item_id in item_ids}
    rows = session.exec(
        select(Appearance)
        .where(col(Appearance.item_id).in_(found), col(Appearance.removed_at).is_(None))
        .order_by(col(Appearance.id))
    )
    for row in rows:
        found[row.item_id].append(row)
    return found


def _verdict(
    appearance: Appearance,
    channel: Channel,
    standing: Standing | None,
    ask: Ask,
    own_consent: bool,
) -> Verdict:
    """One appearance on one channel; whatever is not plainly allowed is refused (R14)."""
    rule = channel.rule_for_new if ask is Ask.PUBLISH else channel.rule
    refused = Effect.BLOCK if rule.on_refusal is OnRefusal.BLOCK else Effect.HIDE
    hidden_here = rule.always_hidden and not own_consent  # R16
    if appearance.identity != Identity.CONFIRMED:
        return _unnamed(appearance, refused, hidden_here)
    person = appearance.person_id
    if standing is None or person is None:
        return Verdict(refused, Why.NOBODY_SUCH, person)
    ruling = standing.may_publish if ask is Ask.PUBLISH else standing.may_stay
    if ruling.allowed and hidden_here:
        return Verdict(Effect.HIDE, Why.ALWAYS_HIDDEN, person, ruling.basis)
    if ruling.allowed:
        return Verdict(Effect.SHOW, Why.CONSENT, person, ruling.basis)
    return Verdict(refused, Why.NO_CONSENT, person, ruling.basis)


def _unnamed(appearance: Appearance, refused: Effect, hidden_here: bool) -> Verdict:
    """An appearance that shows nobody in the registry, or nobody yet."""
    agreed = appearance.agreed_by is not None and appearance.agreed_by != appearance.named_by
    if appearance.identity == Identity.BYSTANDER and hidden_here:
        return Verdict(Effect.HIDE, Why.ALWAYS_HIDDEN)
    if appearance.identity == Identity.BYSTANDER:
        return _agreed(agreed, Why.BYSTANDER_AGREED, Verdict(refused, Why.BYSTANDER))
    if appearance.identity == Identity.NOT_A_FACE:
        # Probably a ball or a pattern: hiding it is enough, whatever the channel.
        return _agreed(agreed, Why.NOT_A_FACE_AGREED, Verdict(Effect.HIDE, Why.NOT_A_FACE))
    if appearance.identity == Identity.PROPOSED:
        return Verdict(refused, Why.UNCONFIRMED)
    return Verdict(refused, Why.UNKNOWN)


def _agreed(agreed: bool, why: Why, otherwise: Verdict) -> Verdict:
    """What one person set aside stays hidden until a second agrees."""
    return Verdict(Effect.SHOW, why) if agreed else otherwise


def _asking_activities(session: Session, appearances: Sequence[Appearance]) -> dict[int, int]:
    """The activity of each item for which only that activity's own answers count (R6), from the
    moment that it was asked: a clock that is behind does not undo that."""
    rows = session.exec(
        select(Item.id, Activity.id)
        .join(Activity, col(Activity.id) == Item.activity_id)
        .where(
            col(Item.id).in_({appearance.item_id for appearance in appearances}),
            col(Activity.asks_consent_since).is_not(None),
        )
    )
    return {item: activity for item, activity in rows if item is not None and activity is not None}
