"""The words of the registry as frozen values: what the policy reads and what it answers.

Nothing here knows the database, the web or the clock.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import NamedTuple


class Medium(StrEnum):
    """A kind of recording, or what is said with it (R5); recognition is a purpose apart (R12)."""

    PHOTO = "photo"
    VIDEO = "video"
    SOUND = "sound"
    NAME = "name"
    AI_IMAGE = "ai_image"
    RECOGNITION = "recognition"


class Answer(StrEnum):
    """What somebody decided; withdrawing is a no (R4)."""

    YES = "yes"
    NO = "no"


class Capacity(StrEnum):
    """As what somebody answered."""

    GUARDIAN = "guardian"
    PUPIL = "pupil"
    SELF = "self"  # staff and other adults, about themselves (R8)
    RECORDED = "recorded"  # entered by staff, with evidence (R8)


class PersonKind(StrEnum):
    PUPIL = "pupil"
    STAFF = "staff"
    OTHER = "other"


class Audience(StrEnum):
    PUBLIC = "public"
    CLOSED = "closed"


class OnRefusal(StrEnum):
    """What a channel does with an item that shows somebody without consent (R15)."""

    HIDE = "hide"
    BLOCK = "block"


class AtSixteen(StrEnum):
    """What a parental yes is worth from the 16th birthday on (R3)."""

    ASK_AGAIN = "ask_again"
    CARRY_OVER = "carry_over"


class AfterLeaving(StrEnum):
    """Until when what is out may stay after somebody has left the school."""

    AT_ONCE = "at_once"
    SCHOOL_YEAR = "school_year"
    ONE_MORE_YEAR = "one_more_year"


class GuardiansView(StrEnum):
    """How long guardians go on seeing what holds for a pupil who decides alone (R3)."""

    UNTIL_18 = "until_18"
    ENDED = "ended"
    KEPT = "kept"


class GuardiansNeeded(StrEnum):
    """How many guardians with authority must have said yes (R7)."""

    ONE = "one"
    ALL = "all"


class Recognise(StrEnum):
    """Where names may be proposed by face recognition (R12)."""

    OFF = "off"
    AGREED = "agreed"
    ANY = "any"


class HideAs(StrEnum):
    """How whoever may not be shown is made unrecognisable (R15)."""

    SOFT = "soft"  # face and hair, in the colours around them
    FIGURE = "figure"  # the whole of the person, likewise
    SOLID = "solid"  # face and hair, in plain grey


class Organisation(StrEnum):
    """What a school is called in the words of its form."""

    SCHOOL = "school"
    CHILD_CENTRE = "child_centre"


class PupilWord(StrEnum):
    """What a school calls those whom it teaches."""

    PUPIL = "pupil"
    CHILD = "child"


@dataclass(frozen=True, slots=True)
class SchoolRules:
    """The settings of a school that weigh on a standing."""

    at_sixteen: AtSixteen = AtSixteen.ASK_AGAIN
    guardians_needed: GuardiansNeeded = GuardiansNeeded.ONE
    after_leaving: AfterLeaving = AfterLeaving.SCHOOL_YEAR
    recognition_version: int = 1  # as `ChannelRules.material_version`, for recognition


@dataclass(frozen=True, slots=True)
class ChannelRules:
    """The part of a channel that weighs on a standing.

    `material_version` is the form version from which on an answer counts for new publications:
    that of the last material change of this row's text (R10). `audience_version` is that from which
    on it counts at all: when the channel was opened to more people than had been asked about.
    `media` are the kinds that are asked about; of another kind no answer counts.
    """

    id: int
    opened_at: datetime
    closed_at: datetime | None = None
    material_version: int = 1
    audience_version: int = 1
    media: frozenset[Medium] = frozenset(Medium)


@dataclass(frozen=True, slots=True)
class Guardian:
    """An account's parental authority over one person, and when it held."""

    account: int
    authority_from: datetime | None
    authority_until: datetime | None = None

    def has_authority(self, moment: datetime) -> bool:
        if self.authority_from is None or moment < self.authority_from:
            return False
        return self.authority_until is None or moment < self.authority_until

    def had_authority(self, moment: datetime) -> bool:
        """Whether it held at the last moment before `moment`."""
        if self.authority_from is None or moment <= self.authority_from:
            return False
        return self.authority_until is None or moment <= self.authority_until


class Decision(NamedTuple):
    """One answer, as it was given; append-only (R9).

    A tuple, since a question about a class reads a thousand: making one takes a third of the time.
    """

    id: int
    channel: int | None
    medium: Medium
    activity: int | None
    answer: Answer
    account: int | None
    capacity: Capacity
    form_version: int
    at: datetime


@dataclass(frozen=True, slots=True)
class Subject:
    """The person about whom it is decided, as far as it weighs on a standing."""

    id: int
    kind: PersonKind
    born: date | None = None
    left_on: date | None = None
    protected_since: datetime | None = None


class Reason(StrEnum):
    """Why a standing is what it is. Codes for the registry's own screens and its proofs;
    staff see only that somebody may not be shown, never why (R33)."""

    CONSENTED = "consented"
    CARRIED_OVER = "carried_over"
    NO_ANSWER = "no_answer"
    REFUSED = "refused"
    OBJECTED = "objected"
    NOT_ALL_GUARDIANS = "not_all_guardians"
    PUPIL_MUST_ANSWER = "pupil_must_answer"
    PROTECTED = "protected"
    LEFT = "left"
    TEXT_CHANGED = "text_changed"
    AGE_UNKNOWN = "age_unknown"
    CHANNEL_CLOSED = "channel_closed"
    NOT_ASKED = "not_asked"
    UNDECIDABLE = "undecidable"


@dataclass(frozen=True, slots=True)
class Ruling:
    """One answer with its reason and the decisions it rests on."""

    allowed: bool
    reason: Reason
    basis: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Standing:
    """What holds for one person, channel and medium at one moment: two questions, two answers."""

    may_publish: Ruling
    may_stay: Ruling


def both(ruling: Ruling) -> Standing:
    """The same answer to both questions."""
    return Standing(ruling, ruling)


class Seen(StrEnum):
    """What has become of a publication that shows, or showed, somebody (R26, R30)."""

    VISIBLE = "visible"
    HIDDEN = "hidden"
    BEING_REPLACED = "being_replaced"
    PAUSED = "paused"  # the gate is closed after a restore
    RETRACTED = "retracted"


@dataclass(frozen=True, slots=True)
class PublicationSeen:
    """A publication as the person in it, or their guardian, follows it (R26, R30).

    `url` is where it stands; `thumbnail_url` is served by the gate, or None when nothing may be
    shown any more. A POST to `ask_url` has it taken away from this channel (R30); None when there
    is nothing to take away.
    """

    channel_name: str
    title: str
    day: date
    url: str | None
    state: Seen
    thumbnail_url: str | None = None
    ask_url: str | None = None
